// SPDX-License-Identifier: Apache-2.0
// Lloyd's iterations (Lloyd 1982) in their spherical form (Dhillon and Modha 2001): every row goes
// to its nearest centroid, every centroid becomes the mean of its rows, scaled to unit length.
// Neither step, nor splitting a cluster in two, can lower the objective. Sums are whole numbers in
// fixed point, so rows that come or go are added or taken away without a trace, in any order: the
// same for any number of threads, and the work is that of the rows that moved.
#include "vec/kmeans.h"

#include "vec/assign.h"
#include "vec/dot.h"
#include "vec/seeding.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// A row that came into a cluster or left it.
struct change {
    uint32_t row;
    bool left;
};

#define AHEAD ((size_t)2) // rows between asking for memory and reading it
#define MOST_BITS 40 // behind the point of a sum, for up to 4 million rows; fewer for more

struct fit {
    const struct matrix *x;
    struct pool *pool;
    struct assigner *assigner;
    struct kmeans_result *r;
    int64_t *sums; // k × d, in units of 1 / unit
    double unit;
    uint32_t *before;     // of each row, the cluster whose sum it is in
    double *gain;         // of each cluster: sum · centroid
    unsigned char *split; // of each cluster: made or halved in the last iteration
    uint32_t *order;      // rows, cluster by cluster, ascending inside
    size_t *start;        // of each cluster in order
    struct change *changes;
    size_t *first_change; // of each cluster, k + 1
};

struct kmeans_params kmeans_default_params(void)
{
    return (struct kmeans_params){
        .k = 100,
        .seed = 1,
        .max_iterations = 100,
        .tolerance = 1e-4,
    };
}

static int check_arguments(const struct matrix *x, const struct kmeans_params *p,
                           struct err *err)
{
    size_t n = x->n_rows;
    if (n == 0 || x->n_cols == 0)
        return err_set(err, ERR_DATA, "there are no vectors to cluster");
    if (p->k == 0 || p->k > n || n > UINT32_MAX)
        return err_set(err, ERR_DATA, "%zu vectors cannot make %zu clusters", n, p->k);
    if (p->start && (p->start->n_rows != p->k || p->start->n_cols != x->n_cols))
        return err_set(err, ERR_DATA, "the first centroids are %zu x %zu instead of %zu x %zu",
                       p->start->n_rows, p->start->n_cols, p->k, x->n_cols);
    int rc = matrix_check_unit(x, "vectors", err);
    if (!rc && p->start)
        rc = matrix_check_finite(p->start, "first centroids", err);
    return rc;
}

static int allocate(struct fit *fit, const struct kmeans_params *p, struct arena *a,
                    struct err *err)
{
    struct kmeans_result *r = fit->r;
    size_t n = fit->x->n_rows, k = p->k, n_iterations = size_max(1, (size_t)p->max_iterations);
    *r = (struct kmeans_result){ 0 };
    int rc = matrix_make(&r->centroids, k, fit->x->n_cols, a, "clustering", err);
    if (rc)
        return rc;
    r->assignment = arena_try(a, n, sizeof *r->assignment, "clustering", err);
    if (r->assignment)
        r->similarity = arena_try(a, n, sizeof *r->similarity, "clustering", err);
    if (!r->similarity)
        return err->code;
    r->sizes = arena_zero_array(a, k, sizeof *r->sizes);
    r->iterations = arena_zero_array(a, n_iterations, sizeof *r->iterations);
    memset(r->assignment, 0xFF, n * sizeof *r->assignment); // nowhere yet
    return 0;
}

static int allocate_scratch(struct fit *fit, struct arena *a, struct err *err)
{
    size_t n = fit->x->n_rows, d = fit->x->n_cols, k = fit->r->centroids.n_rows;
    fit->sums = arena_try(a, k * d, sizeof *fit->sums, "clustering", err);
    if (fit->sums)
        fit->order = arena_try(a, n, sizeof *fit->order, "clustering", err);
    if (fit->order)
        fit->before = arena_try(a, n, sizeof *fit->before, "clustering", err);
    if (fit->before)
        fit->changes = arena_try(a, 2 * n, sizeof *fit->changes, "clustering", err);
    if (!fit->changes)
        return err->code;
    memset(fit->sums, 0, k * d * sizeof *fit->sums);
    memset(fit->before, 0xFF, n * sizeof *fit->before);
    fit->unit = ldexp(1, MOST_BITS);
    for (size_t rows = n; rows > (size_t)1 << (62 - MOST_BITS); rows /= 2)
        fit->unit /= 2;
    fit->first_change = arena_array(a, k + 1, sizeof *fit->first_change);
    fit->gain = arena_zero_array(a, k, sizeof *fit->gain);
    fit->split = arena_zero(a, k);
    fit->start = arena_array(a, k, sizeof *fit->start);
    return 0;
}

static void count_sizes(struct kmeans_result *r, size_t n)
{
    memset(r->sizes, 0, r->centroids.n_rows * sizeof *r->sizes);
    for (size_t i = 0; i < n; i++)
        r->sizes[r->assignment[i]]++;
}

void kmeans_group(const struct kmeans_result *r, size_t n, size_t *start, uint32_t *order)
{
    size_t k = r->centroids.n_rows, sum = 0;
    for (size_t c = 0; c < k; c++) {
        start[c] = sum;
        sum += r->sizes[c];
    }
    for (size_t i = 0; i < n; i++)
        order[start[r->assignment[i]]++] = (uint32_t)i;
    for (size_t c = 0; c < k; c++)
        start[c] -= r->sizes[c];
}

// Who came and who left since the sums were made, cluster by cluster.
static void list_changes(struct fit *fit)
{
    const uint32_t *now = fit->r->assignment;
    size_t n = fit->x->n_rows, k = fit->r->centroids.n_rows, *at = fit->first_change, sum = 0;
    memset(at, 0, (k + 1) * sizeof *at);
    for (size_t i = 0; i < n; i++)
        if (now[i] != fit->before[i]) {
            at[now[i]]++;
            if (fit->before[i] < k)
                at[fit->before[i]]++;
        }
    for (size_t c = 0; c <= k; c++) {
        size_t n_here = at[c];
        at[c] = sum;
        sum += n_here;
    }
    for (size_t i = 0; i < n; i++) {
        if (now[i] == fit->before[i])
            continue;
        fit->changes[at[now[i]]++] = (struct change){ (uint32_t)i, false };
        if (fit->before[i] < k)
            fit->changes[at[fit->before[i]]++] = (struct change){ (uint32_t)i, true };
        fit->before[i] = now[i];
    }
    for (size_t c = k; c > 0; c--)
        at[c] = at[c - 1];
    at[0] = 0;
}

static void sum_task(void *context, size_t i_task, size_t i_thread)
{
    struct fit *fit = context;
    size_t d = fit->x->n_cols;
    int64_t *sum = fit->sums + i_task * d;
    (void)i_thread;
    size_t end = fit->first_change[i_task + 1];
    for (size_t i = fit->first_change[i_task]; i < end; i++) {
        const struct change *change = &fit->changes[i];
        if (i + AHEAD < end)
            dot_fetch(matrix_row(fit->x, change[AHEAD].row), d * sizeof(float));
        dot_add_whole(sum, matrix_row(fit->x, change->row), d,
                      change->left ? -fit->unit : fit->unit);
    }
    const float *centroid = matrix_row(&fit->r->centroids, i_task);
    double gain = 0;
    for (size_t j = 0; j < d; j++)
        gain += (double)sum[j] * (double)centroid[j];
    fit->gain[i_task] = gain / fit->unit;
}

static double find_objective(struct fit *fit)
{
    double sum = 0;
    for (size_t c = 0; c < fit->r->centroids.n_rows; c++)
        sum += fit->gain[c];
    return sum / (double)fit->x->n_rows;
}

static void move_centroid(struct fit *fit, size_t c)
{
    size_t d = fit->x->n_cols;
    const int64_t *sum = fit->sums + c * d;
    float *centroid = matrix_row(&fit->r->centroids, c);
    double square = 0;
    for (size_t j = 0; j < d; j++)
        square += (double)sum[j] * (double)sum[j];
    if (!(square > 0))
        return; // rows that cancel out: any direction is as good, so it stays
    double scale = 1 / sqrt(square);
    for (size_t j = 0; j < d; j++)
        centroid[j] = (float)((double)sum[j] * scale);
}

static void move_task(void *context, size_t i_task, size_t i_thread)
{
    (void)i_thread;
    move_centroid(context, i_task);
}

struct near {
    double similarity;
    uint32_t row;
};

static int compare_near(const void *x, const void *y)
{
    const struct near *a = x, *b = y;
    if (a->similarity != b->similarity)
        return a->similarity < b->similarity ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

static int compare_rows(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return a < b ? -1 : a > b;
}

// The half of `from` that is least like its centroid becomes the empty cluster `to`.
static void split(struct fit *fit, size_t from, size_t to, struct arena *a)
{
    struct kmeans_result *r = fit->r;
    struct arena_mark mark = arena_save(a);
    size_t n = r->sizes[from], n_far = n / 2, d = fit->x->n_cols;
    uint32_t *rows = fit->order + fit->start[from];
    struct near *near = arena_array(a, n, sizeof *near);
    float *centroid = matrix_row(&r->centroids, from);
    for (size_t i = 0; i < n; i++)
        near[i] = (struct near){ dot_floats(matrix_row(fit->x, rows[i]), centroid, d), rows[i] };
    qsort(near, n, sizeof *near, compare_near);
    for (size_t i = 0; i < n; i++)
        rows[i] = near[i].row;
    qsort(rows, n_far, sizeof *rows, compare_rows);
    qsort(rows + n_far, n - n_far, sizeof *rows, compare_rows);
    for (size_t i = 0; i < n_far; i++)
        r->assignment[rows[i]] = (uint32_t)to;
    fit->start[to] = fit->start[from];
    fit->start[from] += n_far;
    r->sizes[to] = n_far;
    r->sizes[from] = n - n_far;
    memcpy(matrix_row(&r->centroids, to), centroid, d * sizeof *centroid);
    fit->split[from] = fit->split[to] = 1;
    arena_rewind(a, mark);
}

// Returns how many clusters were empty. One with two rows is there as long as k <= n.
static size_t fill_empty(struct fit *fit, struct arena *a)
{
    size_t n_split = 0, k = fit->r->centroids.n_rows;
    memset(fit->split, 0, k);
    for (size_t to = 0; to < k; to++) {
        if (fit->r->sizes[to])
            continue;
        if (!n_split)
            kmeans_group(fit->r, fit->x->n_rows, fit->start, fit->order);
        size_t largest = 0;
        for (size_t c = 1; c < k; c++)
            if (fit->r->sizes[c] > fit->r->sizes[largest])
                largest = c;
        assert(fit->r->sizes[largest] >= 2);
        split(fit, largest, to, a);
        n_split++;
    }
    return n_split;
}

// Whether more iterations bring little. What a split gains is seen one iteration later.
static bool has_settled(const struct kmeans_iteration *iterations, int i, double tolerance)
{
    if (i == 0)
        return false;
    const struct kmeans_iteration *now = &iterations[i], *before = &iterations[i - 1];
    if (now->n_split && !before->n_split)
        return false;
    return now->n_moved == 0 ||
           now->objective - before->objective < tolerance * fabs(before->objective);
}

static int iterate(struct fit *fit, const struct kmeans_params *p, struct arena *a,
                   struct err *err)
{
    struct kmeans_result *r = fit->r;
    size_t k = r->centroids.n_rows;
    int last = p->max_iterations > 1 ? p->max_iterations - 1 : 0, rc = 0;
    for (int i = 0; !rc; i++) {
        struct kmeans_iteration *it = &r->iterations[i];
        rc = assigner_run(fit->assigner, &r->centroids, r->assignment, &it->n_moved, err);
        if (rc)
            break;
        count_sizes(r, fit->x->n_rows);
        it->n_split = p->keep_empty ? 0 : fill_empty(fit, a);
        list_changes(fit);
        pool_run(fit->pool, k, sum_task, fit);
        it->objective = find_objective(fit);
        r->n_iterations = i + 1;
        if (i == last || has_settled(r->iterations, i, p->tolerance))
            break;
        pool_run(fit->pool, k, move_task, fit);
    }
    for (size_t c = 0; c < k && !rc; c++)
        if (fit->split[c])
            move_centroid(fit, c);
    return rc;
}

int kmeans_fit(const struct matrix *x, const struct kmeans_params *params, struct pool *pool,
               struct arena *a, struct kmeans_result *result, struct err *err)
{
    struct fit fit = { .x = x, .pool = pool, .r = result };
    int rc = check_arguments(x, params, err);
    if (!rc)
        rc = allocate(&fit, params, a, err);
    if (rc)
        return rc;
    struct arena_mark start = arena_save(a);
    rc = allocate_scratch(&fit, a, err);
    if (!rc && params->start)
        for (size_t c = 0; c < params->k; c++)
            memcpy(matrix_row(&result->centroids, c), matrix_row(params->start, c),
                   x->n_cols * sizeof(float));
    else if (!rc)
        rc = seeding_draw(x, params->seed, pool, a, &result->centroids, err);
    if (!rc)
        matrix_normalize(&result->centroids);
    if (!rc)
        rc = assigner_make(&fit.assigner, x, params->k, params->max_iterations > 2, pool, a, err);
    if (!rc)
        rc = iterate(&fit, params, a, err);
    if (!rc)
        assigner_compare(fit.assigner, &result->centroids, result->assignment,
                         result->similarity);
    arena_rewind(a, start);
    return rc;
}

int kmeans_assign(const struct matrix *x, const struct matrix *centroids, struct pool *pool,
                  uint32_t *assignment, float *similarity, struct err *err)
{
    struct arena arena = { 0 };
    struct assigner *assigner;
    size_t n_moved;
    if (centroids->n_rows == 0 || centroids->n_cols != x->n_cols)
        return err_set(err, ERR_DATA, "vectors of %zu numbers do not fit %zu centroids of %zu",
                       x->n_cols, centroids->n_rows, centroids->n_cols);
    int rc = matrix_check_unit(x, "vectors", err);
    if (!rc)
        rc = matrix_check_finite(centroids, "centroids", err);
    if (!rc)
        rc = assigner_make(&assigner, x, centroids->n_rows, false, pool, &arena, err);
    if (!rc) {
        memset(assignment, 0xFF, x->n_rows * sizeof *assignment);
        rc = assigner_run(assigner, centroids, assignment, &n_moved, err);
    }
    if (!rc)
        assigner_compare(assigner, centroids, assignment, similarity);
    arena_release(&arena);
    return rc;
}
