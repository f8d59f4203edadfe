// SPDX-License-Identifier: Apache-2.0
// Cost: n² · d for Ward's trees, n · n_parts · d a pass of the rest; n is a number of clusters, not
// of conversations. All sums are in float64 and in the order of the rows, ties go to the lower
// index.
#include "hierarchy/partition.h"

#include "vec/dot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PASSES 20
// Cuts that are asked for their opinion, in fifths of the wanted number.
static const size_t opinions[] = { 4, 5, 6, 7, 8, 10 };
enum { N_OPINIONS = COUNT_OF(opinions) };
#define LARGEST_OPINION 10
#define NO_PART UINT32_MAX

struct parts {
    const struct matrix *x;
    const double *weights;
    const struct partition_params *params;
    struct arena *scratch;
    uint32_t *label;
    size_t n;            // parts there are
    struct matrix means; // room for n_parts + 1; unit length
    size_t *members;
    double *weight, total;
};

static void find_means(struct parts *p)
{
    size_t d = p->x->n_cols;
    struct arena_mark start = arena_save(p->scratch);
    double *sums = arena_zero_array(p->scratch, p->n * d + 1, sizeof *sums);
    memset(p->members, 0, p->n * sizeof *p->members);
    memset(p->weight, 0, p->n * sizeof *p->weight);
    for (size_t i = 0; i < p->x->n_rows; i++) {
        double *sum = sums + p->label[i] * d;
        for (size_t j = 0; j < d; j++)
            sum[j] += p->weights[i] * (double)matrix_row(p->x, i)[j];
        p->members[p->label[i]]++;
        p->weight[p->label[i]] += p->weights[i];
    }
    for (size_t c = 0; c < p->n; c++) {
        double square = 0;
        for (size_t j = 0; j < d; j++)
            square += sums[c * d + j] * sums[c * d + j];
        double scale = square > 0 ? 1 / sqrt(square) : 0;
        for (size_t j = 0; j < d; j++)
            matrix_row(&p->means, c)[j] = (float)(sums[c * d + j] * scale);
    }
    arena_rewind(p->scratch, start);
}

static uint32_t find_nearest(const struct parts *p, size_t i, uint32_t but)
{
    uint32_t best = NO_PART;
    double most = -2;
    for (uint32_t c = 0; c < p->n; c++) {
        if (c == but)
            continue;
        double s = dot_floats(matrix_row(p->x, i), matrix_row(&p->means, c), p->x->n_cols);
        if (s > most) {
            most = s;
            best = c;
        }
    }
    return best;
}

// The last part takes the number of one that is gone.
static void drop_number(struct parts *p, uint32_t gone)
{
    p->n--;
    for (size_t i = 0; i < p->x->n_rows; i++)
        if (p->label[i] == p->n)
            p->label[i] = gone;
}

static void drop_empty(struct parts *p)
{
    for (uint32_t c = (uint32_t)p->n; c-- > 0;)
        if (!p->members[c])
            drop_number(p, c);
    find_means(p);
}

// Every row to its nearest mean, until nothing moves.
static void refine(struct parts *p)
{
    find_means(p);
    for (int pass = 0; pass < MOST_PASSES; pass++) {
        size_t n_moved = 0;
        for (size_t i = 0; i < p->x->n_rows; i++) {
            uint32_t to = find_nearest(p, i, NO_PART);
            n_moved += to != p->label[i];
            p->label[i] = to;
        }
        if (!n_moved)
            break;
        find_means(p);
        drop_empty(p);
    }
}

// Rows of part c go to their nearest other parts.
static void dissolve(struct parts *p, uint32_t c)
{
    for (size_t i = 0; i < p->x->n_rows; i++)
        if (p->label[i] == c)
            p->label[i] = find_nearest(p, i, c);
    drop_number(p, c);
    find_means(p);
}

// Lightest part that is too small, NO_PART when all are large enough.
static uint32_t find_crumb(const struct parts *p)
{
    uint32_t found = NO_PART;
    for (uint32_t c = 0; c < p->n; c++)
        if ((p->members[c] < p->params->least_members ||
             p->weight[c] < p->params->least_share * p->total) &&
            (found == NO_PART || p->weight[c] < p->weight[found]))
            found = c;
    return found;
}

static uint32_t find_lightest(const struct parts *p)
{
    uint32_t found = 0;
    for (uint32_t c = 1; c < p->n; c++)
        if (p->weight[c] < p->weight[found])
            found = c;
    return found;
}

// Heaviest part that has enough members for two.
static uint32_t find_divisible(const struct parts *p)
{
    uint32_t found = NO_PART;
    for (uint32_t c = 0; c < p->n; c++)
        if (p->members[c] >= 2 * p->params->least_members &&
            (found == NO_PART || p->weight[c] > p->weight[found]))
            found = c;
    return found;
}

struct lean {
    double difference; // nearer to the left half when larger
    uint32_t row, half;
};

static int compare_lean(const void *x, const void *y)
{
    const struct lean *a = x, *b = y;
    if (a->difference != b->difference)
        return a->difference > b->difference ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

// Where Ward's halves are too uneven, rows are ordered by how much nearer they are to one than to
// the other, and the border moves until both sides have enough.
static void even_out(const struct parts *p, struct lean *rows, size_t n)
{
    size_t n_left = 0, least = p->params->least_members;
    for (size_t i = 0; i < n; i++)
        n_left += rows[i].half == 0;
    if (n_left >= least && n - n_left >= least)
        return;
    n_left = n_left < least ? least : n - least;
    qsort(rows, n, sizeof *rows, compare_lean);
    for (size_t i = 0; i < n; i++)
        rows[i].half = i >= n_left;
}

static void find_leaning(struct parts *p, uint32_t c, struct lean *rows, size_t n)
{
    size_t d = p->x->n_cols;
    for (size_t i = 0; i < n; i++)
        p->label[rows[i].row] = rows[i].half ? (uint32_t)p->n : c;
    p->n++;
    find_means(p);
    for (size_t i = 0; i < n; i++) {
        const float *row = matrix_row(p->x, rows[i].row);
        rows[i].difference = dot_floats(row, matrix_row(&p->means, c), d) -
                             dot_floats(row, matrix_row(&p->means, p->n - 1), d);
    }
}

// Halves part c by Ward's tree of its rows.
static int split(struct parts *p, uint32_t c, struct err *err)
{
    struct arena_mark start = arena_save(p->scratch);
    size_t n = p->members[c], d = p->x->n_cols, k = 0;
    struct lean *rows = arena_array(p->scratch, n, sizeof *rows);
    double *weights = arena_array(p->scratch, n, sizeof *weights);
    uint32_t *half = arena_array(p->scratch, n, sizeof *half);
    struct linkage_merge *merges;
    struct matrix x;
    int rc = matrix_make(&x, n, d, p->scratch, "parts of the tree", err);
    for (size_t i = 0; i < p->x->n_rows && !rc; i++)
        if (p->label[i] == c) {
            memcpy(matrix_row(&x, k), matrix_row(p->x, i), d * sizeof(float));
            weights[k] = p->weights[i];
            rows[k++].row = (uint32_t)i;
        }
    if (!rc)
        rc = linkage_ward(&x, weights, p->scratch, &merges, err);
    if (!rc) {
        linkage_cut(merges, n, 2, half, p->scratch);
        for (size_t i = 0; i < n; i++)
            rows[i].half = half[i];
        find_leaning(p, c, rows, n);
        even_out(p, rows, n);
        for (size_t i = 0; i < n; i++)
            p->label[rows[i].row] = rows[i].half ? (uint32_t)p->n - 1 : c;
        find_means(p);
    }
    arena_rewind(p->scratch, start);
    return rc;
}

static double heaviest_share(const struct parts *p)
{
    double most = 0;
    for (size_t c = 0; c < p->n; c++)
        most = fmax(most, p->weight[c]);
    return most / p->total;
}

static void dissolve_crumbs(struct parts *p)
{
    uint32_t crumb;
    while (p->n > 1 && (crumb = find_crumb(p)) != NO_PART)
        dissolve(p, crumb);
}

// One more part out of the heaviest. Taken back, and *done set, when that leaves a crumb.
static int try_split(struct parts *p, bool *done, struct err *err)
{
    struct arena_mark start = arena_save(p->scratch);
    size_t n_rows = p->x->n_rows, n_before = p->n;
    uint32_t *before = arena_array(p->scratch, n_rows, sizeof *before), c = find_divisible(p);
    int rc = 0;
    memcpy(before, p->label, n_rows * sizeof *before);
    if (c != NO_PART)
        rc = split(p, c, err);
    if (!rc && c != NO_PART) {
        refine(p);
        dissolve_crumbs(p);
    }
    if (!rc && p->n <= n_before) {
        *done = true;
        p->n = n_before;
        memcpy(p->label, before, n_rows * sizeof *before);
        find_means(p);
    }
    arena_rewind(p->scratch, start);
    return rc;
}

// A part above most_share is halved in the place of the lightest one, as long as that helps.
static int even_shares(struct parts *p, struct err *err)
{
    struct arena_mark start = arena_save(p->scratch);
    size_t n_rows = p->x->n_rows;
    uint32_t *before = arena_array(p->scratch, n_rows, sizeof *before);
    int rc = 0;
    for (size_t i = 0; i < p->params->n_parts && !rc; i++) {
        double share = heaviest_share(p);
        size_t n_before = p->n;
        bool done = false;
        if (p->n < 3 || share <= p->params->most_share)
            break;
        memcpy(before, p->label, n_rows * sizeof *before);
        dissolve(p, find_lightest(p));
        rc = try_split(p, &done, err);
        if (!rc && (done || heaviest_share(p) >= share)) {
            p->n = n_before;
            memcpy(p->label, before, n_rows * sizeof *before);
            find_means(p);
            break;
        }
    }
    arena_rewind(p->scratch, start);
    return rc;
}

static int balance(struct parts *p, struct err *err)
{
    int rc = 0;
    bool done = false;
    dissolve_crumbs(p);
    while (!rc && !done && p->n < p->params->n_parts)
        rc = try_split(p, &done, err);
    if (!rc)
        rc = even_shares(p, err);
    // Moving to the nearest mean may undo every split; what was asked for comes first.
    if (!rc && p->n == 1 && p->params->n_parts > 1 && find_divisible(p) != NO_PART)
        rc = split(p, 0, err);
    return rc;
}

struct by_weight {
    double weight;
    uint32_t part;
};

static int compare_weight(const void *x, const void *y)
{
    const struct by_weight *a = x, *b = y;
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    return a->part < b->part ? -1 : a->part > b->part;
}

static void number_by_weight(struct parts *p)
{
    struct arena_mark start = arena_save(p->scratch);
    struct by_weight *order = arena_array(p->scratch, p->n, sizeof *order);
    uint32_t *number = arena_array(p->scratch, p->n, sizeof *number);
    uint32_t *first = arena_array(p->scratch, p->n, sizeof *first);
    for (size_t i = p->x->n_rows; i-- > 0;)
        first[p->label[i]] = (uint32_t)i; // ties by the first row, not by how parts came to be
    for (size_t c = 0; c < p->n; c++)
        order[c] = (struct by_weight){ p->weight[c], first[c] };
    qsort(order, p->n, sizeof *order, compare_weight);
    for (size_t c = 0; c < p->n; c++)
        number[p->label[order[c].part]] = (uint32_t)c;
    for (size_t i = 0; i < p->x->n_rows; i++)
        p->label[i] = number[p->label[i]];
    arena_rewind(p->scratch, start);
}

// Each row with its vector and, for each opinion, a 1 at the part it has there: their inner product
// is half the similarity and half the share of opinions that put two rows together.
static int find_opinions(struct parts *p, const struct linkage_merge *merges, struct matrix *out,
                         struct err *err)
{
    size_t n = p->x->n_rows, d = p->x->n_cols, wanted = p->n, used = d;
    size_t room = d + N_OPINIONS * (wanted * LARGEST_OPINION / 5 + 1);
    int rc = matrix_make(out, n, room, p->scratch, "parts of the tree", err);
    if (rc)
        return rc;
    memset(out->data, 0, n * room * sizeof(float));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            matrix_row(out, i)[j] = matrix_row(p->x, i)[j] * sqrtf(0.5F);
    for (size_t o = 0; o < N_OPINIONS; o++) {
        p->n = size_min(n, size_max(1, wanted * opinions[o] / 5));
        linkage_cut(merges, n, p->n, p->label, p->scratch);
        refine(p);
        for (size_t i = 0; i < n; i++)
            matrix_row(out, i)[used + p->label[i]] = sqrtf(0.5F / (float)N_OPINIONS);
        used += p->n;
    }
    p->n = wanted;
    return 0;
}

// Where cuts of different fineness agree is where a cut is safe (Fred and Jain 2005).
static int cut_by_agreement(struct parts *p, struct err *err)
{
    struct linkage_merge *merges = NULL;
    struct matrix rows;
    int rc = linkage_ward(p->x, p->weights, p->scratch, &merges, err);
    if (!rc)
        rc = find_opinions(p, merges, &rows, err);
    if (!rc)
        rc = linkage_ward(&rows, p->weights, p->scratch, &merges, err);
    if (!rc)
        linkage_cut(merges, p->x->n_rows, p->n, p->label, p->scratch);
    return rc;
}

int partition_fit(const struct matrix *x, const double *weights,
                  const struct partition_params *params, struct arena *scratch, uint32_t *label,
                  size_t *n_parts, struct err *err)
{
    struct arena_mark start = arena_save(scratch);
    size_t n = x->n_rows, room = size_min(params->n_parts * LARGEST_OPINION / 5, n) + 2;
    struct parts p = {
        .x = x, .weights = weights, .params = params, .scratch = scratch, .label = label
    };
    *n_parts = 0;
    if (!n)
        return 0;
    p.n = size_min(params->n_parts, n);
    p.members = arena_array(scratch, room, sizeof *p.members);
    p.weight = arena_array(scratch, room, sizeof *p.weight);
    for (size_t i = 0; i < n; i++)
        p.total += weights[i];
    int rc = matrix_make(&p.means, room, x->n_cols, scratch, "parts of the tree", err);
    if (!rc)
        rc = cut_by_agreement(&p, err);
    if (!rc) {
        refine(&p);
        rc = balance(&p, err);
    }
    if (!rc) {
        number_by_weight(&p);
        *n_parts = p.n;
    }
    arena_rewind(scratch, start);
    return rc;
}
