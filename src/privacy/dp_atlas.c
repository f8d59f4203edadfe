// SPDX-License-Identifier: Apache-2.0
#include "privacy/dp_atlas.h"

#include "phrase/subject.h"
#include "privacy/dp_title.h"
#include "privacy/release.h"
#include "scan/public_list.h"
#include "vec/pca.h"

#include <math.h>
#include <stdlib.h>

#define N_NEAR 5
#define N_CELLS 64 // of the density grid, a side
#define APART 0.01
#define TURN 2.399963 // the golden angle
#define PASSES 5
#define FAILS 1

// A cluster of the atlas: a parent, or one of the list.
struct node {
    struct str group;
    size_t base; // place in the list; SIZE_MAX: a parent
    int64_t n_conversations, n_accounts;
    size_t id, parent; // 1, 2, 3 … in the order of the atlas; 0: none
};
struct atlas_work {
    const struct released *r;
    const struct dp_atlas_floors *floors;
    struct scanner *scanner;
    struct atlas_writer *w;
    struct arena *a;
    struct dp_title *titles;
    struct node *nodes; // in the order of the atlas
    size_t n_nodes, n_parents;
    size_t *id_of; // of each cluster of the list: its node's
    double *xy;    // places of the list, 0 … 1
    int64_t total;
    size_t n_before; // clusters of other trees
    size_t n_withheld;
};

static int by_size(const void *x, const void *y)
{
    const struct node *a = x, *b = y;
    if (a->n_conversations != b->n_conversations)
        return a->n_conversations > b->n_conversations ? -1 : 1;
    int order = str_compare(a->group, b->group);
    return order ? order : (a->base > b->base) - (a->base < b->base);
}

// Of a node's number in this tree; 0: none, or the whole.
static int64_t atlas_id(const struct atlas_work *work, size_t id)
{
    return id ? (int64_t)(work->n_before + id) : 0;
}

static size_t find_parent(const struct atlas_work *work, struct str group)
{
    size_t i = 0;
    while (i < work->n_parents && !str_equal(work->nodes[i].group, group))
        i++;
    return i;
}

// Parents first, each level by size.
static void make_nodes(struct atlas_work *work)
{
    const struct released *r = work->r;
    work->nodes = arena_zero_array(work->a, 2 * r->n_clusters + 1, sizeof *work->nodes);
    work->id_of = arena_zero_array(work->a, r->n_clusters + 1, sizeof *work->id_of);
    for (size_t i = 0; i < r->n_clusters; i++) {
        struct str group = subject_group(r->clusters[i].subject);
        size_t p = find_parent(work, group);
        struct node *parent = &work->nodes[p];
        if (p == work->n_parents)
            work->nodes[work->n_parents++] = (struct node){ .group = group, .base = SIZE_MAX };
        parent->n_conversations += r->clusters[i].n_conversations;
        parent->n_accounts += r->clusters[i].n_accounts;
    }
    if (work->n_parents)
        qsort(work->nodes, work->n_parents, sizeof *work->nodes, by_size);
    work->n_nodes = work->n_parents;
    for (size_t i = 0; i < r->n_clusters; i++) {
        struct str group = subject_group(r->clusters[i].subject);
        work->nodes[work->n_nodes++] = (struct node){ group,
                                                      i,
                                                      r->clusters[i].n_conversations,
                                                      r->clusters[i].n_accounts,
                                                      0,
                                                      find_parent(work, group) + 1 };
    }
    if (work->n_nodes > work->n_parents)
        qsort(work->nodes + work->n_parents, r->n_clusters, sizeof *work->nodes, by_size);
    for (size_t i = 0; i < work->n_nodes; i++) {
        work->nodes[i].id = i + 1;
        if (work->nodes[i].base != SIZE_MAX)
            work->id_of[work->nodes[i].base] = i + 1;
    }
}

// Groups may have one public place: those behind the first stand around it, on a spiral.
static void set_apart(struct atlas_work *work, const struct matrix *x, size_t i)
{
    int n = 0;
    for (size_t j = 0; j < i; j++)
        n += memcmp(matrix_row(x, j), matrix_row(x, i), x->n_cols * sizeof(float)) == 0;
    work->xy[2 * i] += APART * sqrt(n) * cos(n * TURN);
    work->xy[2 * i + 1] += APART * sqrt(n) * sin(n * TURN);
    for (int d = 0; d < 2; d++)
        work->xy[2 * i + (size_t)d] = fmin(1, fmax(0, work->xy[2 * i + (size_t)d]));
}

static void make_places(struct atlas_work *work)
{
    const struct released *r = work->r;
    size_t n = r->n_clusters;
    work->xy = arena_zero_array(work->a, 2 * n + 2, sizeof *work->xy);
    if (!n)
        return;
    float *rows = arena_array(work->a, n * r->n_dims, sizeof *rows);
    for (size_t i = 0; i < n; i++)
        memcpy(rows + i * r->n_dims, r->clusters[i].centre, r->n_dims * sizeof *rows);
    struct matrix x = matrix_view(rows, n, r->n_dims);
    double reach = 1e-9;
    pca_plane(&x, 1, work->a, work->xy);
    for (size_t i = 0; i < 2 * n; i++)
        reach = fmax(reach, fabs(work->xy[i]));
    for (size_t i = 0; i < 2 * n; i++)
        work->xy[i] = 0.5 + 0.45 * work->xy[i] / reach;
    for (size_t i = 0; i < n; i++)
        set_apart(work, &x, i);
}

// Released words are public ones; the scanner judges what they say together.
static int grade(struct atlas_work *work, struct raw text, int *out, struct err *err)
{
    struct scan_span *spans;
    size_t n;
    int rc = scan_find(work->scanner, text.s, SCAN_PATTERNS, work->a, &spans, &n, err);
    *out = n ? FAILS : PASSES;
    return rc;
}

static int release_one(struct atlas_work *work, const struct node *node, struct raw text,
                       struct clean *out, bool *held, struct err *err)
{
    struct err refused = { 0 };
    struct release_proof proof = { node->n_accounts,           node->n_conversations,
                                   work->floors->min_accounts, work->floors->min_conversations,
                                   work->r->has_accounts,      0 };
    int rc = grade(work, text, &proof.grade, err);
    if (!rc && release_text(text, &proof, work->a, out, &refused))
        *held = true;
    return rc;
}

static struct raw summary_of_parent(struct atlas_work *work, const struct node *node)
{
    return raw_of(arena_printf(work->a,
                               "Conversations near the subjects of \"%.*s\" in a public "
                               "list. The numbers are sums of those below.",
                               STR_ARG(node->group)));
}

static void place_parent(struct atlas_work *work, const struct node *node, double *x, double *y)
{
    double all = 0;
    *x = *y = 0;
    for (size_t i = work->n_parents; i < work->n_nodes; i++) {
        const struct node *child = &work->nodes[i];
        if (child->parent != node->id)
            continue;
        *x += (double)child->n_conversations * work->xy[2 * child->base];
        *y += (double)child->n_conversations * work->xy[2 * child->base + 1];
        all += (double)child->n_conversations;
    }
    *x /= fmax(all, 1);
    *y /= fmax(all, 1);
}

static int write_cluster(struct atlas_work *work, const struct node *node, struct err *err)
{
    bool is_parent = node->base == SIZE_MAX;
    struct raw title = raw_of(node->group), summary = summary_of_parent(work, node);
    struct atlas_new_cluster cluster = {
        .id = atlas_id(work, node->id),
        .parent_id = atlas_id(work, node->parent),
        .level = is_parent,
        .n_conversations = node->n_conversations,
        .n_accounts = work->r->has_accounts ? node->n_accounts : -1,
        .share = (double)node->n_conversations / (double)work->total,
        .placed = true,
    };
    if (is_parent) {
        place_parent(work, node, &cluster.x, &cluster.y);
    } else {
        title = work->titles[node->base].title;
        summary = work->titles[node->base].summary;
        cluster.x = work->xy[2 * node->base];
        cluster.y = work->xy[2 * node->base + 1];
    }
    int rc = release_one(work, node, title, &cluster.title, &cluster.withheld, err);
    if (!rc)
        rc = release_one(work, node, summary, &cluster.summary, &cluster.withheld, err);
    work->n_withheld += cluster.withheld;
    return rc ? rc : atlas_add_cluster(work->w, &cluster, err);
}

static int write_phrases(struct atlas_work *work, const struct node *node, struct err *err)
{
    const struct dp_title *title = &work->titles[node->base];
    int rank = 0, rc = 0;
    for (size_t i = 0; !rc && i < title->n_phrases; i++) {
        bool held = false;
        struct clean clean;
        rc = release_one(work, node, raw_of(title->phrases[i]), &clean, &held, err);
        if (!rc && !held)
            rc = atlas_add_phrase(work->w, atlas_id(work, node->id), ++rank, clean, 0, err);
    }
    return rc;
}

// Closed values
// ------------------------------------------------------------------------------------

static int write_cell(struct atlas_work *work, size_t id, struct str facet, struct str value,
                      int64_t n, int64_t of, struct err *err)
{
    struct clean clean;
    bool is_language = str_equal(facet, STR_LIT("language"));
    const char *const *list = is_language ? public_languages : public_concerns;
    int rc = release_listed(value, list, is_language ? n_public_languages : n_public_concerns,
                            &clean, err);
    double share = n < of ? (double)n / (double)of : 1;
    return rc ? rc
              : atlas_add_facet(work->w, atlas_id(work, id), is_language ? "language" : "concern",
                                clean, n, share, err);
}

// What may be shown of a noisy cell: nothing under the floor, never more than there is around it.
static int64_t shown(const struct atlas_work *work, const struct released_cell *cell)
{
    int64_t n = cell->n_conversations;
    if (n < work->floors->least_cell)
        return 0;
    if (cell->cluster >= 0 && n > work->r->clusters[cell->cluster].n_conversations)
        n = work->r->clusters[cell->cluster].n_conversations;
    return n;
}

static int by_value(const void *x, const void *y)
{
    const struct released_cell *a = x, *b = y;
    int order = str_compare(a->facet, b->facet);
    return order ? order : str_compare(a->value, b->value);
}

// Of one value: cells of a parent's groups, or of everything.
struct sum {
    int64_t shown, all; // of the cells that are shown; of every one, with their noise
};

// Cells too small to be shown one by one may be enough together: the noise of k is √k times that of
// one. Never less than what is shown of them.
static int64_t told(const struct atlas_work *work, struct sum sum, size_t k, int64_t of)
{
    bool enough = (double)sum.all >= sqrt((double)k) * (double)work->floors->least_cell;
    int64_t n = enough && sum.all > sum.shown ? sum.all : sum.shown;
    return n < of ? n : of;
}

static int write_sums(struct atlas_work *work, const struct released_cell *cell, struct sum *sums,
                      const size_t *k, bool is_first, struct err *err)
{
    int rc = 0;
    for (size_t p = 0; !rc && p <= work->n_parents; p++) {
        int64_t of = p ? work->nodes[p - 1].n_conversations : work->total;
        int64_t n = told(work, sums[p], k[p], of);
        if (n > 0 && (p || is_first))
            rc = write_cell(work, p, cell->facet, cell->value, n, of, err);
        sums[p] = (struct sum){ 0 };
    }
    return rc;
}

// Cells of a base, and sums of them for its parent and, where it is told, the whole.
static int write_cells(struct atlas_work *work, bool is_first, struct err *err)
{
    const struct released *r = work->r;
    size_t n = r->n_cells, n_sums = work->n_parents + 1;
    struct released_cell *cells = arena_array(work->a, n + 1, sizeof *cells);
    struct sum *sums = arena_zero_array(work->a, n_sums, sizeof *sums);
    size_t *k = arena_zero_array(work->a, n_sums, sizeof *k);
    int rc = 0;
    k[0] = r->n_clusters + 1; // and what is in none
    for (size_t i = work->n_parents; i < work->n_nodes; i++)
        k[work->nodes[i].parent]++;
    if (n) {
        memcpy(cells, r->cells, n * sizeof *cells);
        qsort(cells, n, sizeof *cells, by_value);
    }
    for (size_t i = 0; !rc && i < n; i++) {
        const struct released_cell *cell = &cells[i];
        int64_t count = shown(work, cell);
        sums[0].shown += count;
        sums[0].all += cell->n_conversations;
        if (cell->cluster >= 0) {
            const struct node *node = &work->nodes[work->id_of[cell->cluster] - 1];
            sums[node->parent].shown += count;
            sums[node->parent].all += cell->n_conversations;
            if (count)
                rc = write_cell(work, node->id, cell->facet, cell->value, count,
                                node->n_conversations, err);
        }
        if (!rc && (i + 1 == n || by_value(cell, &cells[i + 1]) != 0))
            rc = write_sums(work, cell, sums, k, is_first, err);
    }
    return rc;
}

// Pictures
// -----------------------------------------------------------------------------------------

static double cosine(const struct released *r, size_t i, size_t j)
{
    double sum = 0;
    for (size_t d = 0; d < r->n_dims; d++)
        sum += (double)r->clusters[i].centre[d] * (double)r->clusters[j].centre[d];
    return sum;
}

static int write_near(struct atlas_work *work, size_t i, struct err *err)
{
    const struct released *r = work->r;
    size_t near[N_NEAR], n = 0;
    int rc = 0;
    for (size_t j = 0; j < r->n_clusters; j++) {
        if (j == i)
            continue;
        size_t at = n < N_NEAR ? n++ : N_NEAR;
        for (; at > 0 && cosine(r, i, near[at - 1]) < cosine(r, i, j); at--)
            if (at < N_NEAR)
                near[at] = near[at - 1];
        if (at < N_NEAR)
            near[at] = j;
    }
    for (size_t k = 0; !rc && k < n; k++)
        rc = atlas_add_near(work->w, atlas_id(work, work->id_of[i]), (int)k + 1,
                            atlas_id(work, work->id_of[near[k]]), err);
    return rc;
}

static int write_density(struct atlas_work *work, struct err *err)
{
    double *grid = arena_zero_array(work->a, N_CELLS * N_CELLS, sizeof *grid), most = 0;
    int rc = 0;
    for (size_t i = 0; i < work->r->n_clusters; i++) {
        size_t x = size_min((size_t)(work->xy[2 * i] * N_CELLS), N_CELLS - 1);
        size_t y = size_min((size_t)(work->xy[2 * i + 1] * N_CELLS), N_CELLS - 1);
        grid[y * N_CELLS + x] += (double)work->r->clusters[i].n_conversations;
        most = fmax(most, grid[y * N_CELLS + x]);
    }
    for (int c = 0; !rc && c < N_CELLS * N_CELLS; c++)
        if (grid[c] > 0)
            rc = atlas_add_density(work->w, c % N_CELLS, c / N_CELLS, grid[c] / most, err);
    return rc;
}

int dp_atlas_write(const struct released *released, const struct dp_atlas_floors *floors,
                   struct scanner *scanner, struct atlas_writer *w, struct arena *a,
                   struct dp_atlas_sizes *sizes, struct err *err)
{
    struct arena_mark start = arena_save(a);
    struct atlas_work work = {
        .r = released,
        .floors = floors,
        .scanner = scanner,
        .w = w,
        .a = a,
        .n_before = sizes->n_before,
    };
    int rc = 0;
    *sizes =
        (struct dp_atlas_sizes){ sizes->n_before, sizes->is_first, .n_rest = released->n_rest };
    make_nodes(&work);
    make_places(&work);
    work.titles = dp_titles(released, a);
    for (size_t i = 0; i < work.n_parents; i++) {
        sizes->n_conversations += work.nodes[i].n_conversations;
        sizes->n_accounts += work.nodes[i].n_accounts;
    }
    sizes->n_conversations += released->n_rest;
    work.total = sizes->n_conversations > 0 ? sizes->n_conversations : 1;
    for (size_t i = 0; !rc && i < work.n_nodes; i++) {
        rc = write_cluster(&work, &work.nodes[i], err);
        if (!rc && work.nodes[i].base != SIZE_MAX)
            rc = write_phrases(&work, &work.nodes[i], err);
    }
    if (!rc)
        rc = write_cells(&work, sizes->is_first, err);
    for (size_t i = 0; !rc && i < released->n_clusters; i++)
        rc = write_near(&work, i, err);
    if (!rc)
        rc = write_density(&work, err);
    sizes->n_clusters = work.n_nodes;
    sizes->n_base = released->n_clusters;
    sizes->n_top = work.n_parents;
    sizes->n_withheld = work.n_withheld;
    arena_rewind(a, start);
    return rc;
}
