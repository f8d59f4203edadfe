// SPDX-License-Identifier: Apache-2.0
// Any bytes as vectors: k-means must refuse them or give a whole, consistent result. Built with
// clang's -fsanitize=fuzzer, or with a main that replays files (tests/fuzz/replay.c).
#include "vec/kmeans.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct matrix *x, size_t k, const struct kmeans_result *r)
{
    size_t total = 0;
    for (size_t c = 0; c < k; c++) {
        if (r->sizes[c] == 0)
            BUG("cluster %zu is empty", c);
        total += r->sizes[c];
    }
    if (total != x->n_rows)
        BUG("%zu rows went in, %zu came out", x->n_rows, total);
    for (size_t i = 0; i < x->n_rows; i++)
        if (r->assignment[i] >= k)
            BUG("row %zu went nowhere", i);
}

// First two bytes: width and k; the rest: float32 as they come, made unit rows on every other
// input.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kmeans_params params = kmeans_default_params();
    struct arena arena = { 0 };
    struct kmeans_result result;
    struct matrix x;
    struct err err;
    if (size < 2)
        return 0;
    size_t d = 1 + data[0] % 40, n = size_min((size - 2) / sizeof(float) / d, 200);
    if (matrix_make(&x, n, d, &arena, "fuzz", &err))
        return 0;
    memcpy(x.data, data + 2, n * d * sizeof(float));
    if (data[0] & 0x80)
        matrix_normalize(&x);
    params.k = data[1];
    params.max_iterations = 1 + data[1] % 5;
    if (!kmeans_fit(&x, &params, NULL, &arena, &result, &err))
        check(&x, params.k, &result);
    arena_release(&arena);
    return 0;
}
