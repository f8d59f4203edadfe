// SPDX-License-Identifier: Apache-2.0
// Times kmeans_fit on vectors of a file: bench_kmeans FILE N D K ITERATIONS THREADS [random]
// FILE holds N × D float32, unit rows. Prints seconds, seconds of CPU and the mean similarity of
// the last iteration. "random" starts from K rows spread over the file, as faiss does, not from
// k-means++.
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

static int measure(const struct matrix *x, struct kmeans_params *params, struct pool *pool,
                   struct arena *a, bool random, struct err *err)
{
    struct kmeans_result r;
    struct matrix start;
    double begin = seconds(CLOCK_MONOTONIC), begin_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    int rc = matrix_make(&start, params->k, x->n_cols, a, "start", err);
    if (!rc && random) {
        spread_rows(x, &start);
        params->start = &start;
    }
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
    if (argc < 7)
        return fprintf(stderr, "bench_kmeans FILE N D K ITERATIONS THREADS [random]\n"), 64;
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
        rc = measure(&x, &params, pool, &arena, argc > 7, &err);
    if (rc)
        fprintf(stderr, "bench_kmeans: %s\n", err.text);
    pool_close(pool);
    arena_release(&arena);
    return rc;
}
