// SPDX-License-Identifier: Apache-2.0
// The first breath splits half of all clusters, the second a quarter. What a split gains is the
// length of the sums of both halves less that of the whole, in which k-means counts (vec/kmeans.h).
#include "cluster/split_merge.h"

#include "base/stop.h"
#include "cluster/ward_means.h"
#include "vec/dot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BREATHS 2
#define ITERATIONS 2   // of k-means with the halves, and of it without them
#define HALVE_ROUNDS 4 // of 2-means in one cluster

struct half {
    double gain;
    uint32_t cluster;
};

struct halving {
    const struct matrix *x;
    const struct kmeans_result *fit;
    uint32_t *order; // rows, cluster by cluster, ascending inside
    size_t *start;   // of each cluster in order
    struct half *halves;
    struct matrix means; // 2k × d, of each cluster's halves, unit length
    double *sums;        // of each thread, 2 × d
    float *lines;        // of each thread, d
};

static double find_length(const double *sum, size_t d)
{
    double square = 0;
    for (size_t j = 0; j < d; j++)
        square += sum[j] * sum[j];
    return sqrt(square);
}

// The line from the row least like the centroid to the row least like that one.
static void find_first_line(const struct halving *h, const uint32_t *rows, size_t n, float *line)
{
    size_t d = h->x->n_cols;
    uint32_t far = rows[0], other = rows[0];
    double least = INFINITY;
    for (size_t i = 1; i < n; i++)
        if (h->fit->similarity[rows[i]] < h->fit->similarity[far])
            far = rows[i];
    for (size_t i = 0; i < n; i++) {
        double product = dot_floats(matrix_row(h->x, far), matrix_row(h->x, rows[i]), d);
        if (product < least) {
            least = product;
            other = rows[i];
        }
    }
    for (size_t j = 0; j < d; j++)
        line[j] = matrix_row(h->x, far)[j] - matrix_row(h->x, other)[j];
}

// One round of 2-means: who is on which side of the line. Returns false when one side is empty.
static bool take_sides(const struct halving *h, const uint32_t *rows, size_t n, const float *line,
                       double *sums)
{
    size_t d = h->x->n_cols, n_above = 0;
    memset(sums, 0, 2 * d * sizeof *sums);
    for (size_t i = 0; i < n; i++) {
        const float *row = matrix_row(h->x, rows[i]);
        bool above = dot_floats(row, line, d) > 0;
        dot_add(sums + (above ? d : 0), row, d);
        n_above += above;
    }
    return n_above > 0 && n_above < n;
}

static void halve_task(void *context, size_t c, size_t i_thread)
{
    struct halving *h = context;
    size_t d = h->x->n_cols, n = h->fit->sizes[c];
    const uint32_t *rows = h->order + h->start[c];
    double *sums = h->sums + 2 * d * i_thread, lengths[2] = { 0 }, whole = 0;
    float *line = h->lines + d * i_thread, *means[2];
    h->halves[c] = (struct half){ 0, (uint32_t)c };
    if (n < 2 || stop_asked())
        return;
    find_first_line(h, rows, n, line);
    for (int round = 0; round < HALVE_ROUNDS; round++) {
        if (!take_sides(h, rows, n, line, sums))
            return;
        for (size_t s = 0; s < 2; s++) {
            lengths[s] = find_length(sums + s * d, d);
            means[s] = matrix_row(&h->means, 2 * c + s);
            if (!(lengths[s] > 0))
                return;
            for (size_t j = 0; j < d; j++)
                means[s][j] = (float)(sums[s * d + j] / lengths[s]);
        }
        for (size_t j = 0; j < d; j++)
            line[j] = means[1][j] - means[0][j];
    }
    for (size_t j = 0; j < d; j++)
        sums[j] += sums[d + j];
    whole = find_length(sums, d);
    h->halves[c].gain = lengths[0] + lengths[1] - whole;
}

static int compare_gain(const void *x, const void *y)
{
    const struct half *a = x, *b = y;
    if (a->gain != b->gain)
        return a->gain > b->gain ? -1 : 1;
    return a->cluster < b->cluster ? -1 : a->cluster > b->cluster;
}

// The centroids of the fit with the m clusters in halves that gain most by it.
static int split_most(const struct matrix *x, const struct kmeans_result *fit, size_t m,
                      struct pool *pool, struct arena *a, struct matrix *split, struct err *err)
{
    size_t k = fit->centroids.n_rows, d = x->n_cols, n_split = 0;
    struct halving h = { .x = x, .fit = fit };
    int rc = matrix_make(&h.means, 2 * k, d, a, "halves of clusters", err);
    if (!rc)
        rc = matrix_make(split, k + m, d, a, "halves of clusters", err);
    h.order = rc ? NULL : arena_try(a, x->n_rows, sizeof *h.order, "halves of clusters", err);
    if (!h.order)
        return (int)err->code;
    h.start = arena_array(a, k, sizeof *h.start);
    h.halves = arena_array(a, k, sizeof *h.halves);
    h.sums = arena_array(a, 2 * d * pool_threads(pool), sizeof *h.sums);
    h.lines = arena_array(a, d * pool_threads(pool), sizeof *h.lines);
    kmeans_group(fit, x->n_rows, h.start, h.order);
    pool_run(pool, k, halve_task, &h);
    rc = stop_check(err);
    qsort(h.halves, k, sizeof *h.halves, compare_gain);
    memcpy(split->data, fit->centroids.data, k * d * sizeof(float));
    for (; n_split < m && h.halves[n_split].gain > 0; n_split++) {
        size_t c = h.halves[n_split].cluster;
        memcpy(matrix_row(split, c), matrix_row(&h.means, 2 * c), d * sizeof(float));
        memcpy(matrix_row(split, k + n_split), matrix_row(&h.means, 2 * c + 1), d * sizeof(float));
    }
    split->n_rows = k + n_split;
    return rc;
}

static int fit_few(const struct matrix *x, const struct matrix *start, struct pool *pool,
                   struct arena *a, struct kmeans_result *fit, struct err *err)
{
    struct kmeans_params p = kmeans_default_params();
    p.k = start->n_rows;
    p.max_iterations = ITERATIONS;
    p.start = start;
    p.keep_empty = true;
    return kmeans_fit(x, &p, pool, a, fit, err);
}

static double find_objective(const struct kmeans_result *fit)
{
    return fit->iterations[fit->n_iterations - 1].objective;
}

// One breath over m clusters, in two arenas: of what is split, and of what comes of it.
static int breathe(const struct matrix *x, const struct kmeans_result *before, size_t m,
                   struct pool *pool, struct arena *a, struct kmeans_result *after, struct err *err)
{
    struct arena work = { 0 };
    struct matrix split, merged;
    struct kmeans_result fine;
    struct ward_means ward;
    int rc = split_most(x, before, m, pool, &work, &split, err);
    if (!rc)
        rc = fit_few(x, &split, pool, &work, &fine, err);
    if (!rc)
        rc = ward_means_make(x, &fine, &work, &ward, err);
    if (!rc)
        rc = ward_means_cut(&ward, before->centroids.n_rows, a, &merged, err);
    arena_release(&work);
    return rc ? rc : fit_few(x, &merged, pool, a, after, err);
}

int split_merge(const struct matrix *x, struct matrix *centroids, struct pool *pool,
                struct err *err)
{
    struct arena arenas[2] = { { 0 }, { 0 } }; // of the best so far, and of what is tried
    struct kmeans_result best, tried;
    size_t m = centroids->n_rows;
    int rc = fit_few(x, centroids, pool, &arenas[0], &best, err);
    for (int breath = 0, i_best = 0; breath < BREATHS && !rc; breath++) {
        m = size_min(m / 2, x->n_rows - best.centroids.n_rows);
        if (!m)
            break;
        rc = breathe(x, &best, m, pool, &arenas[!i_best], &tried, err);
        if (!rc && find_objective(&tried) > find_objective(&best)) {
            best = tried;
            i_best = !i_best;
        }
        arena_release(&arenas[!i_best]);
    }
    if (!rc) {
        centroids->n_rows = best.centroids.n_rows;
        memcpy(centroids->data, best.centroids.data,
               best.centroids.n_rows * x->n_cols * sizeof(float));
    }
    arena_release(&arenas[0]);
    arena_release(&arenas[1]);
    return rc;
}
