// SPDX-License-Identifier: Apache-2.0
// Times umap_layout on vectors of a file: bench_umap FILE N D THREADS OUT [EPOCHS [NEGATIVE]]
// FILE holds N × D float32, unit rows; OUT gets N × 2 float32. Prints seconds, of CPU too.
#include "vec/umap.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int copy_file(const char *path, const char *mode, float *data, size_t n)
{
    FILE *f = fopen(path, mode);
    size_t done = 0;
    if (f)
        done = *mode == 'r' ? fread(data, sizeof *data, n, f) : fwrite(data, sizeof *data, n, f);
    return f && fclose(f) == 0 && done == n ? 0 : -1;
}

static int lay_out(const struct matrix *x, char **words, struct pool *pool, struct arena *a,
                   float *xy, struct err *err)
{
    struct umap_params params = umap_default_params();
    if (words[0])
        params.n_epochs = (int)strtol(words[0], NULL, 10);
    if (words[0] && words[1])
        params.n_negative = (int)strtol(words[1], NULL, 10);
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    int rc = umap_layout(x, &params, pool, a, xy, err);
    if (!rc)
        printf("%.3f s %.3f cpu-s\n", seconds(CLOCK_MONOTONIC) - wall,
               seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
    return rc;
}

int main(int argc, char **argv)
{
    struct arena arena = { 0 };
    struct pool *pool = NULL;
    struct matrix x, xy;
    struct err err;
    if (argc < 6)
        return fprintf(stderr, "bench_umap FILE N D THREADS OUT [EPOCHS [NEGATIVE]]\n"), 64;
    size_t n = strtoull(argv[2], NULL, 10);
    int rc = matrix_make(&x, n, strtoull(argv[3], NULL, 10), &arena, "vectors", &err);
    if (!rc)
        rc = matrix_make(&xy, n, 2, &arena, "places", &err);
    if (!rc && copy_file(argv[1], "rb", x.data, n * x.n_cols))
        rc = err_set(&err, ERR_NO_INPUT, "%s cannot be read", argv[1]);
    if (!rc)
        rc = pool_open(&pool, strtoull(argv[4], NULL, 10), &err);
    if (!rc)
        rc = lay_out(&x, argv + 6, pool, &arena, xy.data, &err);
    if (!rc && copy_file(argv[5], "wb", xy.data, n * 2))
        rc = err_set(&err, ERR_CANNOT_CREATE, "%s cannot be written", argv[5]);
    if (rc)
        fprintf(stderr, "bench_umap: %s\n", err.text);
    pool_close(pool);
    arena_release(&arena);
    return rc;
}
