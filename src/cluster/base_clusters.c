// SPDX-License-Identifier: Apache-2.0
// Cost: the fine clusters, 2.5 to 5 times as many in 10 iterations, are one k-means of 25 or two;
// Ward is the square of their number; splits and merges are ten iterations; then one k-means that
// starts so near its end that few are left. The sample keeps the first part bounded: 40 rows a fine
// cluster.
#include "cluster/base_clusters.h"

#include "base/rng.h"
#include "cluster/split_merge.h"
#include "vec/assign.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FINE_RATIO 5 // fine clusters for one, up to FINE_PLENTY of them …
#define FINE_RATIO_LEAST 2.5
#define FINE_PLENTY ((size_t)1500)
#define FINE_ITERATIONS 10
#define FINE_TOLERANCE 1e-3
#define SAMPLE_PER_FINE ((size_t)40)
#define SAMPLE_LEAST ((size_t)50000)
#define MEASURED_ROWS ((size_t)8192) // rows that choose_k looks at
#define ITERATIONS 25

// m of n rows, drawn with equal chance, in their order (selection sampling, Knuth 3.4.2 S). Borrows
// x when that is all of it.
static int draw_rows(const struct matrix *x, size_t m, uint64_t seed, const char *stream,
                     struct arena *a, struct matrix *out, struct err *err)
{
    size_t n = x->n_rows, n_drawn = 0;
    struct rng rng;
    if (m >= n) {
        *out = *x;
        return 0;
    }
    int rc = matrix_make(out, m, x->n_cols, a, "a sample of the vectors", err);
    rng_init(&rng, seed, stream);
    for (size_t i = 0; i < n && n_drawn < m && !rc; i++)
        if (rng_below(&rng, n - i) < m - n_drawn)
            memcpy(matrix_row(out, n_drawn++), matrix_row(x, i), x->n_cols * sizeof(float));
    return rc;
}

// The more fine clusters, the less their seed shows in what Ward makes of them; beyond some number
// time grows faster than that.
static size_t count_fine(size_t n, size_t largest)
{
    size_t least = (size_t)ceil(FINE_RATIO_LEAST * (double)largest);
    return size_min(n, size_max(least, size_min(FINE_RATIO * largest, FINE_PLENTY)));
}

static int merge_fine(const struct matrix *x, const struct base_clusters_params *params,
                      size_t n_fine, struct pool *pool, struct arena *a, struct choose_tree *tree,
                      struct err *err)
{
    struct kmeans_params p = kmeans_default_params();
    struct kmeans_result fine;
    struct matrix sample;
    struct ward_means *ward = arena_alloc(a, sizeof *ward);
    struct arena work = { 0 }; // what is gone before all rows are clustered
    size_t n_sample = size_max(SAMPLE_LEAST, SAMPLE_PER_FINE * n_fine);
    int rc = draw_rows(x, n_sample, params->seed, "fine clusters", &work, &sample, err);
    p.k = n_fine;
    p.seed = params->seed;
    p.max_iterations = FINE_ITERATIONS;
    p.tolerance = FINE_TOLERANCE;
    if (!rc)
        rc = kmeans_fit(&sample, &p, pool, &work, &fine, err);
    if (!rc)
        rc = ward_means_make(&sample, &fine, a, ward, err);
    arena_release(&work);
    if (!rc)
        *tree = (struct choose_tree){ ward, (double)x->n_rows / (double)sample.n_rows };
    return rc;
}

struct by_size {
    int64_t size; // as it is, or with noise
    uint32_t index;
};

static int compare_size(const void *x, const void *y)
{
    const struct by_size *a = x, *b = y;
    if (a->size != b->size)
        return a->size > b->size ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

// The numbers that are not empty. Their order is seen: titles are told apart in it, and clusters
// that show the same size stand in it, so that where counts are noisy it is, too.
static size_t order_by_size(const struct kmeans_result *fit, const struct count_noise *noise,
                            struct arena *a, struct by_size *order)
{
    size_t k = fit->centroids.n_rows, n_used = 0;
    struct count_noise own = { 0 };
    uint64_t *sizes = arena_array(a, k + 1, sizeof *sizes);
    for (size_t c = 0; c < k; c++)
        sizes[c] = fit->sizes[c];
    if (noise)
        own = noise_of_counts(noise, STR_LIT("order of clusters"), sizes, k * sizeof *sizes);
    for (size_t c = 0; c < k; c++)
        if (fit->sizes[c])
            order[n_used++] = (struct by_size){ noise_count(&own, own.conversations, c,
                                                            (int64_t)fit->sizes[c], INT64_MIN),
                                                (uint32_t)c };
    qsort(order, n_used, sizeof *order, compare_size);
    return n_used;
}

// Largest first, ties as they were, empty ones left out.
static int number_by_size(const struct kmeans_result *fit, size_t n,
                          const struct count_noise *noise, struct arena *a,
                          struct base_clusters *result, struct err *err)
{
    size_t k = fit->centroids.n_rows, d = fit->centroids.n_cols;
    struct by_size *order = arena_array(a, k, sizeof *order);
    uint32_t *number = arena_array(a, k, sizeof *number);
    size_t n_used = order_by_size(fit, noise, a, order);
    int rc = matrix_make(&result->centroids, n_used, d, a, "centroids", err);
    if (rc)
        return rc;
    result->sizes = arena_array(a, n_used, sizeof *result->sizes);
    for (size_t c = 0; c < n_used; c++) {
        number[order[c].index] = (uint32_t)c;
        result->sizes[c] = fit->sizes[order[c].index];
        memcpy(matrix_row(&result->centroids, c), matrix_row(&fit->centroids, order[c].index),
               d * sizeof(float));
    }
    result->assignment = fit->assignment;
    result->similarity = fit->similarity;
    for (size_t i = 0; i < n; i++)
        result->assignment[i] = number[result->assignment[i]];
    return 0;
}

static int choose(const struct matrix *x, const struct base_clusters_params *params,
                  const struct choose_tree *tree, size_t largest, struct pool *pool,
                  struct arena *a, struct choose_result *choice, struct err *err)
{
    struct matrix rows;
    *choice = (struct choose_result){ .k = size_min(params->n_clusters, tree->ward->means.n_rows) };
    if (params->n_clusters)
        return 0;
    int rc = draw_rows(x, MEASURED_ROWS, params->seed, "choose k", a, &rows, err);
    if (!rc)
        rc = choose_k(tree, &rows, largest, params->floor, pool, a, choice, err);
    return rc;
}

// Nearest row of `to` of each row of x.
static int find_nearest(const struct matrix *x, const struct matrix *to, struct pool *pool,
                        struct arena *a, uint32_t **near, struct err *err)
{
    struct assigner *as;
    size_t n_moved;
    *near = arena_zero_array(a, x->n_rows + 1, sizeof **near);
    int rc = assigner_make(&as, x, to->n_rows, false, pool, a, err);
    return rc ? rc : assigner_run(as, to, *near, &n_moved, err);
}

// A seed gives way to the cluster that was there when each is the nearest to the other.
static int keep_start(const struct matrix *start, struct matrix *seeds, struct pool *pool,
                      struct arena *a, struct err *err)
{
    uint32_t *of_seed, *of_start;
    int rc = find_nearest(seeds, start, pool, a, &of_seed, err);
    if (!rc)
        rc = find_nearest(start, seeds, pool, a, &of_start, err);
    for (size_t i = 0; !rc && i < seeds->n_rows; i++)
        if (of_start[of_seed[i]] == i)
            memcpy(matrix_row(seeds, i), matrix_row(start, of_seed[i]),
                   seeds->n_cols * sizeof(float));
    return rc;
}

static int fit_from(const struct matrix *x, const struct matrix *start,
                    const struct base_clusters_params *params, struct pool *pool, struct arena *a,
                    struct base_clusters *result, struct err *err)
{
    struct kmeans_params p = kmeans_default_params();
    struct kmeans_result fit;
    p.k = start->n_rows;
    p.seed = params->seed;
    p.max_iterations = ITERATIONS;
    p.start = start;
    p.keep_empty = true;
    int rc = kmeans_fit(x, &p, pool, a, &fit, err);
    return rc ? rc : number_by_size(&fit, x->n_rows, params->noise, a, result, err);
}

int base_clusters_fit(const struct matrix *x, const struct base_clusters_params *params,
                      struct pool *pool, struct arena *a, struct base_clusters *result,
                      struct err *err)
{
    struct choose_tree tree;
    struct matrix seeds;
    size_t n = x->n_rows;
    *result = (struct base_clusters){ 0 };
    if (!n)
        return 0;
    size_t largest =
        params->n_clusters ? size_min(params->n_clusters, n) : choose_largest(n, params->floor);
    if (params->most && !params->n_clusters)
        largest = size_min(largest, params->most);
    result->n_fine = count_fine(n, largest);
    int rc = merge_fine(x, params, result->n_fine, pool, a, &tree, err);
    if (!rc)
        rc = choose(x, params, &tree, largest, pool, a, &result->choice, err);
    if (!rc)
        rc = ward_means_cut(tree.ward, result->choice.k, a, &seeds, err);
    if (!rc)
        rc = split_merge(x, &seeds, pool, err);
    if (!rc && params->start && params->start->n_rows)
        rc = keep_start(params->start, &seeds, pool, a, err);
    return rc ? rc : fit_from(x, &seeds, params, pool, a, result, err);
}
