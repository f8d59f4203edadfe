// SPDX-License-Identifier: Apache-2.0
// Drawn in batches, so that the work is matrix products and not one pass over the rows a centroid:
// candidates come from the distances as they were when the batch began, and one is accepted with
// chance (its distance now) / (its distance then). That is rejection sampling, so the accepted ones
// follow the rule exactly. The first of a batch is always accepted.
#include "vec/seeding.h"

#include "base/rng.h"
#include "base/stop.h"
#include "vec/dot.h"
#include "vec/gemm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BATCH ((size_t)64)
#define MIN_BATCH ((size_t)4)
#define TASK_ROWS ((size_t)1024)
#define BLOCK_ROWS ((size_t)256)
#define SURE 0.98F // above it bf16 cannot tell a near row from an equal one

struct seeding {
    const struct matrix *x, *centroids;
    size_t n_found;
    double *distance; // 1 - similarity to the nearest centroid: half the squared distance
    double *sums;     // running, of distance
    unsigned char *used;
    struct rng rng;
    // the batch being applied
    struct gemm_weights *weights;
    size_t first, n_new;
    int *failed;
};

static double distance_between(const struct matrix *x, size_t i, size_t j)
{
    double similarity = dot_floats(matrix_row(x, i), matrix_row(x, j), x->n_cols);
    return similarity < 1 - 1e-6 ? 1 - similarity : 0;
}

static void update_row(struct seeding *s, size_t i, const float *products)
{
    for (size_t j = 0; j < s->n_new; j++) {
        double similarity = (double)products[j];
        if (products[j] > SURE)
            similarity = dot_floats(matrix_row(s->x, i), matrix_row(s->centroids, s->first + j),
                                    s->x->n_cols);
        double distance = similarity < 1 - 1e-6 ? 1 - similarity : 0;
        if (distance < s->distance[i])
            s->distance[i] = distance;
    }
    if (s->used[i])
        s->distance[i] = 0;
}

static int update_block(struct seeding *s, size_t first, size_t n, float *rows, float *products,
                        struct err *err)
{
    size_t d = s->x->n_cols;
    const float *from = matrix_row(s->x, first);
    if (s->x->stride != d) {
        for (size_t i = 0; i < n; i++)
            memcpy(rows + i * d, matrix_row(s->x, first + i), d * sizeof *rows);
        from = rows;
    }
    int rc = gemm_run(s->weights, from, n, products, err);
    for (size_t i = 0; i < n && !rc; i++)
        update_row(s, first + i, products + i * s->n_new);
    return rc;
}

static void update_task(void *context, size_t i_task, size_t i_thread)
{
    struct seeding *s = context;
    struct err err;
    size_t first = i_task * TASK_ROWS, end = size_min(first + TASK_ROWS, s->x->n_rows);
    float *rows = malloc(BLOCK_ROWS * s->x->n_cols * sizeof *rows);
    float *products = malloc(BLOCK_ROWS * s->n_new * sizeof *products);
    int rc = rows && products ? 0 : ERR_UNAVAILABLE;
    (void)i_thread;
    for (; first < end && !rc; first += BLOCK_ROWS)
        rc = update_block(s, first, size_min(BLOCK_ROWS, end - first), rows, products, &err);
    free(rows);
    free(products);
    s->failed[i_task] = rc;
}

// Takes the centroids first … n_found - 1 into account.
static int update_distances(struct seeding *s, size_t first, struct pool *pool, struct err *err)
{
    size_t n_tasks = size_round_up(s->x->n_rows, TASK_ROWS) / TASK_ROWS;
    s->first = first;
    s->n_new = s->n_found - first;
    int rc = gemm_weights_open(&s->weights, matrix_row(s->centroids, first), s->n_new,
                               s->x->n_cols, NULL, gemm_has_fast_bf16() ? GEMM_BF16 : GEMM_FP32,
                               GEMM_NOTHING, err);
    if (rc)
        return rc;
    pool_run(pool, n_tasks, update_task, s);
    gemm_weights_close(s->weights);
    for (size_t i = 0; i < n_tasks; i++)
        if (s->failed[i])
            return err_set(err, s->failed[i], "no memory to draw the first centroids");
    return 0;
}

static void accept(struct seeding *s, size_t i)
{
    memcpy(matrix_row(s->centroids, s->n_found), matrix_row(s->x, i),
           s->x->n_cols * sizeof(float));
    s->used[i] = 1;
    s->n_found++;
}

static size_t draw_row(struct seeding *s)
{
    size_t low = 0, high = s->x->n_rows - 1;
    double place = rng_unit(&s->rng) * s->sums[high];
    while (low < high) { // the first whose running sum passes the place
        size_t middle = low + (high - low) / 2;
        if (s->sums[middle] > place)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

// When all rows equal centroids: the lowest rows that are not yet used.
static void accept_lowest(struct seeding *s)
{
    for (size_t i = 0; s->n_found < s->centroids->n_rows; i++)
        if (!s->used[i])
            accept(s, i);
}

static double sum_distances(struct seeding *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->x->n_rows; i++)
        s->sums[i] = sum += s->distance[i];
    return sum;
}

// Draws n candidates and accepts some of them; how many is the result.
static size_t draw_batch(struct seeding *s, size_t n)
{
    size_t accepted[MAX_BATCH], n_accepted = 0;
    for (size_t c = 0; c < n; c++) {
        size_t i = draw_row(s);
        double now = s->used[i] ? 0 : s->distance[i];
        for (size_t j = 0; j < n_accepted && now > 0; j++)
            now = fmin(now, distance_between(s->x, i, accepted[j]));
        if (now > 0 && rng_unit(&s->rng) * s->distance[i] < now) {
            accepted[n_accepted++] = i;
            accept(s, i);
        }
    }
    return n_accepted;
}

static int draw_all(struct seeding *s, struct pool *pool, struct err *err)
{
    size_t k = s->centroids->n_rows, n_batch = MAX_BATCH;
    accept(s, rng_below(&s->rng, s->x->n_rows));
    int rc = update_distances(s, 0, pool, err);
    while (!rc && s->n_found < k) {
        size_t first = s->n_found;
        rc = stop_check(err);
        if (rc)
            break;
        if (!(sum_distances(s) > 0)) {
            accept_lowest(s);
            break;
        }
        size_t n_accepted = draw_batch(s, size_min(n_batch, k - s->n_found));
        n_batch = size_min(MAX_BATCH, size_max(MIN_BATCH, 2 * n_accepted));
        if (n_accepted && s->n_found < k)
            rc = update_distances(s, first, pool, err);
    }
    return rc;
}

int seeding_draw(const struct matrix *x, uint64_t seed, struct pool *pool, struct arena *scratch,
                 const struct matrix *centroids, struct err *err)
{
    size_t n = x->n_rows, n_tasks = size_round_up(n, TASK_ROWS) / TASK_ROWS;
    assert(centroids->n_rows >= 1 && centroids->n_rows <= n);
    assert(centroids->stride == centroids->n_cols && centroids->n_cols == x->n_cols);
    struct arena_mark start = arena_save(scratch);
    struct seeding s = { .x = x, .centroids = centroids };
    rng_init(&s.rng, seed, "kmeans");
    s.distance = arena_array(scratch, n, sizeof *s.distance);
    s.sums = arena_array(scratch, n, sizeof *s.sums);
    s.used = arena_zero(scratch, n);
    s.failed = arena_zero_array(scratch, n_tasks, sizeof *s.failed);
    for (size_t i = 0; i < n; i++)
        s.distance[i] = INFINITY;
    int rc = draw_all(&s, pool, err);
    arena_rewind(scratch, start);
    return rc;
}
