// SPDX-License-Identifier: Apache-2.0
// For a row x and a centroid c, rounded to x' and c', and products summed in float32:
//
//     |x·c − fl(x'·c')| ≤ |x − x'|·|c| + |x'|·|c − c'| + n·2⁻²³·|x'|·|c'|
//
// (Cauchy and Schwarz; Higham 2002, section 3.1). The lengths on the right are measured, not
// assumed, so the bound holds for any data. The nearest centroid is then among those whose rounded
// product is within twice the bound of the best one. On unit vectors in bf16 that leaves one
// candidate for about 19 rows of 20.
#include "vec/assign.h"

#include "vec/dot.h"
#include "vec/gemm.h"
#include "vec/round.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#define TASK_ROWS ((size_t)512)
#define BLOCK_ROWS ((size_t)64)

struct assigning {
    const struct matrix *x, *centroids;
    struct gemm_weights *weights;
    bool rounded;
    double length, residue; // largest of a centroid, of its rounding
    uint32_t *index;
    unsigned char *dirty;
    size_t *n_moved; // of each task
    int *failed;     // of each task
    struct err first; // of the lowest failed task
};

struct bench_of_thread {
    float *products, *rows;
    uint32_t *candidates;
};

// Candidates: all j with s[j] >= max(s) - margin, ascending. Returns how many.
static size_t find_candidates_plain(const float *s, size_t k, float margin, uint32_t *candidates)
{
    float best = s[0];
    size_t n = 0;
    for (size_t j = 1; j < k; j++)
        best = s[j] > best ? s[j] : best;
    for (size_t j = 0; j < k; j++)
        if (s[j] >= best - margin)
            candidates[n++] = (uint32_t)j;
    return n;
}

#ifdef __x86_64__
__attribute__((target("avx512f"))) static size_t
find_candidates_avx512(const float *s, size_t k, float margin, uint32_t *candidates)
{
    __m512 low = _mm512_set1_ps(-INFINITY), best0 = low, best1 = low;
    size_t j = 0, n = 0;
    for (; j + 32 <= k; j += 32) {
        best0 = _mm512_max_ps(best0, _mm512_loadu_ps(s + j));
        best1 = _mm512_max_ps(best1, _mm512_loadu_ps(s + j + 16));
    }
    for (; j < k; j += 16) {
        __mmask16 mask = (__mmask16)(k - j >= 16 ? 0xFFFF : (1U << (k - j)) - 1);
        best0 = _mm512_max_ps(best0, _mm512_mask_loadu_ps(low, mask, s + j));
    }
    __m512 floor = _mm512_set1_ps(_mm512_reduce_max_ps(_mm512_max_ps(best0, best1)) - margin);
    for (j = 0; j < k; j += 16) {
        __mmask16 mask = (__mmask16)(k - j >= 16 ? 0xFFFF : (1U << (k - j)) - 1);
        __m512 v = _mm512_mask_loadu_ps(low, mask, s + j);
        unsigned hits = _mm512_mask_cmp_ps_mask(mask, v, floor, _CMP_GE_OQ);
        for (; hits; hits &= hits - 1)
            candidates[n++] = (uint32_t)j + (uint32_t)__builtin_ctz(hits);
    }
    return n;
}
#endif

static size_t find_candidates(const float *s, size_t k, float margin, uint32_t *candidates)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f"))
        return find_candidates_avx512(s, k, margin, candidates);
#endif
    return find_candidates_plain(s, k, margin, candidates);
}

// Length of a row and of what rounding it takes away.
static void measure(const float *x, size_t d, bool rounded, float *scratch, double *length,
                    double *residue)
{
    *length = sqrt(dot_floats(x, x, d));
    *residue = 0;
    if (!rounded)
        return;
    round_in_float(x, d, scratch);
    for (size_t j = 0; j < d; j++)
        scratch[j] = x[j] - scratch[j]; // exact: both have the same exponent or nearly
    *residue = sqrt(dot_floats(scratch, scratch, d));
}

// Twice the bound above. It is made larger by a hair for the rounding of its own arithmetic.
static float find_margin(const struct assigning *job, const float *x, float *scratch)
{
    size_t d = job->x->n_cols;
    double length, residue;
    measure(x, d, job->rounded, scratch, &length, &residue);
    double low = length + residue; // at least |x'|
    double bound = residue * job->length + low * job->residue +
                   (double)(d + 8) * 0x1p-23 * low * (job->length + job->residue);
    return (float)(2.001 * bound);
}

static uint32_t decide(const struct assigning *job, const float *x, const uint32_t *candidates,
                       size_t n)
{
    uint32_t best = candidates[0];
    if (n == 1)
        return best;
    double best_product = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        double product =
            dot_floats(x, matrix_row(job->centroids, candidates[i]), job->x->n_cols);
        if (product > best_product) {
            best_product = product;
            best = candidates[i];
        }
    }
    return best;
}

static void set_index(struct assigning *job, size_t i, uint32_t index, size_t *n_moved)
{
    uint32_t before = job->index[i];
    job->index[i] = index;
    if (before == index)
        return;
    ++*n_moved;
    if (!job->dirty)
        return;
    __atomic_store_n(&job->dirty[index], 1, __ATOMIC_RELAXED);
    if (before < job->centroids->n_rows)
        __atomic_store_n(&job->dirty[before], 1, __ATOMIC_RELAXED);
}

static int assign_block(struct assigning *job, size_t first, size_t n,
                        struct bench_of_thread *bench, size_t *n_moved, struct err *err)
{
    size_t k = job->centroids->n_rows, d = job->x->n_cols;
    const float *rows = matrix_row(job->x, first);
    if (job->x->stride != d) {
        for (size_t i = 0; i < n; i++)
            memcpy(bench->rows + (i + 1) * d, matrix_row(job->x, first + i), d * sizeof *rows);
        rows = bench->rows + d;
    }
    int rc = gemm_run(job->weights, rows, n, bench->products, err);
    for (size_t i = 0; i < n && !rc; i++) {
        const float *x = rows + i * d;
        float margin = find_margin(job, x, bench->rows);
        size_t n_found = find_candidates(bench->products + i * k, k, margin, bench->candidates);
        set_index(job, first + i, decide(job, x, bench->candidates, n_found), n_moved);
    }
    return rc;
}

static bool open_bench(struct bench_of_thread *bench, size_t k, size_t d)
{
    bench->products = malloc(BLOCK_ROWS * k * sizeof *bench->products);
    bench->rows = malloc((BLOCK_ROWS + 1) * d * sizeof *bench->rows);
    bench->candidates = malloc(k * sizeof *bench->candidates);
    return bench->products && bench->rows && bench->candidates;
}

static void assign_task(void *context, size_t i_task, size_t i_thread)
{
    struct assigning *job = context;
    struct bench_of_thread bench = { 0 };
    struct err err;
    size_t n_moved = 0, first = i_task * TASK_ROWS;
    size_t end = size_min(first + TASK_ROWS, job->x->n_rows);
    int rc = 0;
    (void)i_thread;
    if (!open_bench(&bench, job->centroids->n_rows, job->x->n_cols))
        rc = err_set(&err, ERR_UNAVAILABLE, "no memory to assign vectors to clusters");
    for (; first < end && !rc; first += BLOCK_ROWS)
        rc = assign_block(job, first, size_min(BLOCK_ROWS, end - first), &bench, &n_moved, &err);
    free(bench.products);
    free(bench.rows);
    free(bench.candidates);
    job->n_moved[i_task] = n_moved;
    job->failed[i_task] = rc;
    if (rc && i_task == 0)
        job->first = err;
}

static int open_weights(struct assigning *job, struct err *err)
{
    const struct matrix *c = job->centroids;
    size_t d = c->n_cols;
    float *plain = malloc(c->n_rows * d * sizeof *plain + d * sizeof *plain);
    if (!plain)
        return err_set(err, ERR_UNAVAILABLE, "no memory for %zu centroids", c->n_rows);
    float *scratch = plain + c->n_rows * d;
    job->rounded = gemm_has_fast_bf16();
    for (size_t i = 0; i < c->n_rows; i++) {
        double length, residue;
        measure(matrix_row(c, i), d, job->rounded, scratch, &length, &residue);
        job->length = fmax(job->length, length);
        job->residue = fmax(job->residue, residue);
        memcpy(plain + i * d, matrix_row(c, i), d * sizeof *plain);
    }
    int rc = gemm_weights_open(&job->weights, plain, c->n_rows, d, NULL,
                               job->rounded ? GEMM_BF16 : GEMM_FP32, GEMM_NOTHING, err);
    free(plain);
    return rc;
}

int assign_rows(const struct matrix *x, const struct matrix *centroids, struct pool *pool,
                uint32_t *index, unsigned char *dirty, size_t *n_moved, struct err *err)
{
    size_t n_tasks = size_round_up(x->n_rows, TASK_ROWS) / TASK_ROWS, total = 0;
    struct assigning job = { .x = x, .centroids = centroids, .index = index, .dirty = dirty };
    job.n_moved = calloc(n_tasks + 1, sizeof *job.n_moved);
    job.failed = calloc(n_tasks + 1, sizeof *job.failed);
    int rc = 0;
    if (!job.n_moved || !job.failed)
        rc = err_set(err, ERR_UNAVAILABLE, "no memory to assign vectors to clusters");
    if (!rc)
        rc = open_weights(&job, err);
    if (!rc)
        pool_run(pool, n_tasks, assign_task, &job);
    for (size_t i = 0; i < n_tasks && !rc; i++) {
        total += job.n_moved[i];
        if (job.failed[i])
            rc = err_set(err, job.failed[i], "%s",
                         i == 0 ? job.first.text : "no memory to assign vectors to clusters");
    }
    gemm_weights_close(job.weights);
    free(job.n_moved);
    free(job.failed);
    if (n_moved)
        *n_moved = total;
    return rc;
}

struct comparing {
    const struct matrix *x, *centroids;
    const uint32_t *index;
    float *similarity;
};

static void compare_task(void *context, size_t i_task, size_t i_thread)
{
    struct comparing *job = context;
    size_t first = i_task * TASK_ROWS, end = size_min(first + TASK_ROWS, job->x->n_rows);
    (void)i_thread;
    for (size_t i = first; i < end; i++)
        job->similarity[i] = (float)dot_floats(
            matrix_row(job->x, i), matrix_row(job->centroids, job->index[i]), job->x->n_cols);
}

void assign_similarity(const struct matrix *x, const struct matrix *centroids, struct pool *pool,
                       const uint32_t *index, float *similarity)
{
    struct comparing job = { x, centroids, index, similarity };
    pool_run(pool, size_round_up(x->n_rows, TASK_ROWS) / TASK_ROWS, compare_task, &job);
}
