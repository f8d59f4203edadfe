// SPDX-License-Identifier: Apache-2.0
// Labels of k-means for scripts that compare CPUs: `tool_kmeans FILE D K ITERATIONS`, FILE holds
// float32 rows of unit length; one label a line. Starts from K rows spread over the file.
#include "base/file.h"
#include "vec/kmeans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct kmeans_params params = kmeans_default_params();
    struct kmeans_result result;
    struct arena arena = { 0 };
    struct matrix x = { 0 }, start;
    struct str raw;
    struct err err = { 0 };
    if (argc != 5)
        return fprintf(stderr, "tool_kmeans FILE D K ITERATIONS\n"), 64;
    size_t d = strtoul(argv[2], NULL, 10);
    params.k = strtoul(argv[3], NULL, 10);
    params.max_iterations = (int)strtol(argv[4], NULL, 10);
    params.tolerance = -1;
    int rc = file_read(&arena, argv[1], (size_t)1 << 30, &raw, &err);
    if (!rc)
        rc = matrix_make(&x, raw.len / sizeof(float) / d, d, &arena, "vectors", &err);
    if (!rc)
        rc = matrix_make(&start, params.k, d, &arena, "start", &err);
    if (!rc) {
        params.start = &start;
        memcpy(x.data, raw.ptr, x.n_rows * d * sizeof *x.data);
        for (size_t c = 0; c < params.k; c++)
            memcpy(matrix_row(&start, c), matrix_row(&x, c * x.n_rows / params.k),
                   d * sizeof *x.data);
        rc = kmeans_fit(&x, &params, NULL, &arena, &result, &err);
    }
    for (size_t i = 0; i < x.n_rows && !rc; i++)
        printf("%u\n", result.assignment[i]);
    if (rc)
        fprintf(stderr, "tool_kmeans: %s\n", err.text);
    arena_release(&arena);
    return rc;
}
