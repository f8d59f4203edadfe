// SPDX-License-Identifier: Apache-2.0
// Labels of k-means for scripts that compare CPUs: `tool_kmeans FILE D K ITERATIONS [SEEN]`, FILE
// holds float32 rows of unit length; one label a line. Starts from K rows spread over the file.
// SEEN gets of each iteration the K × D float32 that rows were assigned by and the uint32 label of
// each row, before empty clusters are filled: for kmeans_labels.py, which makes all products.
#include "base/file.h"
#include "vec/assign.h"
#include "vec/kmeans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *seen;
static size_t n_rows;

// The linker puts the second where kmeans_fit calls the first (cmake/tests.cmake), so the run is
// kmeans_fit's own, bounds of earlier iterations and all.
int __real_assigner_run(struct assigner *as, const struct matrix *centroids, uint32_t *index,
                        size_t *n_moved, struct err *err);
int __wrap_assigner_run(struct assigner *as, const struct matrix *centroids, uint32_t *index,
                        size_t *n_moved, struct err *err);

int __wrap_assigner_run(struct assigner *as, const struct matrix *centroids, uint32_t *index,
                        size_t *n_moved, struct err *err)
{
    int rc = __real_assigner_run(as, centroids, index, n_moved, err);
    for (size_t c = 0; c < centroids->n_rows && seen; c++)
        fwrite(matrix_row(centroids, c), sizeof(float), centroids->n_cols, seen);
    if (seen)
        fwrite(index, sizeof *index, n_rows, seen);
    return rc;
}

static int close_seen(const char *path, struct err *err)
{
    bool failed = seen && ferror(seen);
    if (seen && (fclose(seen) || failed))
        return err_set(err, ERR_CANNOT_CREATE, "%s cannot be written", path);
    return 0;
}

int main(int argc, char **argv)
{
    struct kmeans_params params = kmeans_default_params();
    struct kmeans_result result;
    struct arena arena = { 0 };
    struct matrix x = { 0 }, start;
    struct str raw;
    struct err err = { 0 };
    if (argc != 5 && argc != 6)
        return fprintf(stderr, "tool_kmeans FILE D K ITERATIONS [SEEN]\n"), 64;
    size_t d = strtoul(argv[2], NULL, 10);
    params.k = strtoul(argv[3], NULL, 10);
    params.max_iterations = (int)strtol(argv[4], NULL, 10);
    params.tolerance = -1;
    int rc = file_read(&arena, argv[1], (size_t)1 << 30, &raw, &err);
    if (!rc)
        rc = matrix_make(&x, raw.len / sizeof(float) / d, d, &arena, "vectors", &err);
    if (!rc)
        rc = matrix_make(&start, params.k, d, &arena, "start", &err);
    if (!rc && argc > 5 && !(seen = fopen(argv[5], "wb")))
        rc = err_set(&err, ERR_CANNOT_CREATE, "%s cannot be written", argv[5]);
    if (!rc) {
        n_rows = x.n_rows;
        params.start = &start;
        memcpy(x.data, raw.ptr, x.n_rows * d * sizeof *x.data);
        for (size_t c = 0; c < params.k; c++)
            memcpy(matrix_row(&start, c), matrix_row(&x, c * x.n_rows / params.k),
                   d * sizeof *x.data);
        rc = kmeans_fit(&x, &params, NULL, &arena, &result, &err);
    }
    if (!rc)
        rc = close_seen(argv[5], &err);
    for (size_t i = 0; i < x.n_rows && !rc; i++)
        printf("%u\n", result.assignment[i]);
    if (rc)
        fprintf(stderr, "tool_kmeans: %s\n", err.text);
    arena_release(&arena);
    return rc;
}
