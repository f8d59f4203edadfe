// SPDX-License-Identifier: Apache-2.0
// Times kmeans_fit on vectors of a file:
//     bench_kmeans FILE N D K ITERATIONS THREADS [random|merged]
// FILE holds N × D float32, unit rows. Prints seconds, seconds of CPU and the mean similarity of
// the last iteration. "random" starts from K rows spread over the file, as faiss does, not from
// k-means++; "merged" from twice as many, which after two iterations of their own are merged by
// Ward's rule, as the stage cluster merges its fine clusters.
#include "cluster/ward_means.h"
#include "vec/gemm.h"
#include "vec/kmeans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int read_file(const char *path, struct matrix *x)
{
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(x->data, sizeof *x->data, x->n_rows * x->n_cols, f) : 0;
    if (f)
        fclose(f);
    return n == x->n_rows * x->n_cols ? 0 : -1;
}

static void spread_rows(const struct matrix *x, struct matrix *start)
{
    for (size_t c = 0; c < start->n_rows; c++)
        memcpy(matrix_row(start, c), matrix_row(x, c * x->n_rows / start->n_rows),
               x->n_cols * sizeof(float));
}

#define FINE_RATIO ((size_t)2)
#define FINE_ITERATIONS 2

static int start_random(const struct matrix *x, size_t k, struct arena *a, struct matrix *start,
                        struct err *err)
{
    int rc = matrix_make(start, k, x->n_cols, a, "start", err);
    if (!rc)
        spread_rows(x, start);
    return rc;
}

static int start_merged(const struct matrix *x, size_t k, struct pool *pool, struct arena *a,
                        struct matrix *start, struct err *err)
{
    struct kmeans_params params = kmeans_default_params();
    struct kmeans_result fine;
    struct ward_means ward;
    params.k = FINE_RATIO * k < x->n_rows ? FINE_RATIO * k : x->n_rows;
    params.max_iterations = FINE_ITERATIONS;
    params.tolerance = -1;
    params.start = start;
    int rc = start_random(x, params.k, a, start, err);
    if (!rc)
        rc = kmeans_fit(x, &params, pool, a, &fine, err);
    if (!rc)
        rc = ward_means_make(x, &fine, a, &ward, err);
    return rc ? rc : ward_means_cut(&ward, k, a, start, err);
}

static int measure(const struct matrix *x, struct kmeans_params *params, struct pool *pool,
                   struct arena *a, const char *from, struct err *err)
{
    struct kmeans_result r;
    struct matrix start;
    double begin = seconds(CLOCK_MONOTONIC), begin_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    int rc = 0;
    if (*from)
        params->start = &start;
    if (strcmp(from, "merged") == 0)
        rc = start_merged(x, params->k, pool, a, &start, err);
    else if (*from)
        rc = start_random(x, params->k, a, &start, err);
    if (!rc)
        rc = kmeans_fit(x, params, pool, a, &r, err);
    if (!rc)
        printf("%.3f s %.3f cpu-s %d iterations objective %.6f kernel %s\n",
               seconds(CLOCK_MONOTONIC) - begin, seconds(CLOCK_PROCESS_CPUTIME_ID) - begin_cpu,
               r.n_iterations, r.iterations[r.n_iterations - 1].objective, gemm_kernel());
    return rc;
}

int main(int argc, char **argv)
{
    struct kmeans_params params = kmeans_default_params();
    struct arena arena = { 0 };
    struct pool *pool = NULL;
    struct matrix x;
    struct err err;
    const char *from = argc > 7 ? argv[7] : "";
    if (argc < 7 || (*from && strcmp(from, "random") != 0 && strcmp(from, "merged") != 0))
        return fprintf(stderr, "bench_kmeans FILE N D K ITERATIONS THREADS [random|merged]\n"), 64;
    params.k = strtoull(argv[4], NULL, 10);
    params.max_iterations = (int)strtol(argv[5], NULL, 10);
    params.tolerance = -1; // all iterations, as the peers
    int rc = matrix_make(&x, strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10), &arena,
                         "vectors", &err);
    if (!rc && read_file(argv[1], &x))
        rc = err_set(&err, ERR_NO_INPUT, "%s cannot be read", argv[1]);
    if (!rc)
        rc = pool_open(&pool, strtoull(argv[6], NULL, 10), &err);
    if (!rc)
        rc = measure(&x, &params, pool, &arena, from, &err);
    if (rc)
        fprintf(stderr, "bench_kmeans: %s\n", err.text);
    pool_close(pool);
    arena_release(&arena);
    return rc;
}
