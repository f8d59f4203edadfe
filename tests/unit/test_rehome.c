// SPDX-License-Identifier: Apache-2.0
// Places of conversations of clusters that are not kept, beside one product after the other.
#include "privacy/rehome.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define K 300
#define N 700
#define D 384

static double product(const float *a, const float *b)
{
    double sum = 0;
    for (size_t i = 0; i < D; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

static int64_t place_slowly(const struct matrix *centroids, const bool *is_kept, const float *fit,
                            const float *row)
{
    int64_t best = 0;
    double most = -2;
    for (size_t i = 0; i < K; i++) {
        double similarity = is_kept[i] ? product(row, matrix_row(centroids, i)) : -3;
        if (similarity > most) {
            most = similarity;
            best = (int64_t)i + 1;
        }
    }
    return best && most >= (double)fit[best - 1] ? best : 0;
}

static void fill(struct matrix *m, size_t n, struct rng *rng, struct arena *a)
{
    struct err err;
    assert_int_equal(matrix_make(m, n, D, a, "test", &err), 0);
    for (size_t i = 0; i < n * D; i++)
        m->data[i] = (float)rng_unit(rng) - 0.5F;
    matrix_normalize(m);
}

// Rows beside a centroid and far from all, two centroids that are the same, one that is not kept
// and the same as a kept one, and a fit that one row has to the last bit.
static void test_places(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct rng rng;
    struct matrix centroids, rows;
    struct pool *pool = NULL;
    struct rehome r;
    struct err err;
    bool is_kept[K];
    float fit[K];
    int64_t places[N];
    size_t n_placed = 0;
    assert_int_equal(pool_open(&pool, 2, &err), 0);
    rng_init(&rng, 3, "rehome");
    fill(&centroids, K, &rng, &a);
    fill(&rows, N, &rng, &a);
    memcpy(matrix_row(&centroids, 9), matrix_row(&centroids, 4), D * sizeof(float));
    memcpy(matrix_row(&centroids, 1), matrix_row(&centroids, 20), D * sizeof(float));
    for (size_t i = 0; i < K; i++) {
        is_kept[i] = i % 7 != 1;
        fit[i] = 0.2F;
    }
    for (size_t i = 0; i < N; i += 2) { // between one centroid and another
        const float *c = matrix_row(&centroids, i % 10 ? i % K : 4);
        const float *other = matrix_row(&centroids, (i + 13) % K);
        float *row = matrix_row(&rows, i);
        for (size_t j = 0; j < D; j++)
            row[j] = 0.1F * row[j] + c[j] + (float)(i % 3) * 0.5F * other[j];
    }
    matrix_normalize(&rows);
    is_kept[30] = true;
    memset(matrix_row(&centroids, 30), 0, D * sizeof(float)); // an axis: the product is 1 itself
    matrix_row(&centroids, 30)[7] = fit[30] = 1;
    memcpy(matrix_row(&rows, 1), matrix_row(&centroids, 30), D * sizeof(float));
    assert_int_equal(rehome_open(&r, &centroids, is_kept, fit, pool, &a, &err), 0);
    assert_int_equal(rehome_rows(&r, &rows, &a, places, &err), 0);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(places[i], place_slowly(&centroids, is_kept, fit, matrix_row(&rows, i)));
        n_placed += places[i] != 0;
    }
    assert_int_equal(places[1], 31);
    assert_true(n_placed > N / 4 && n_placed < N);
    memset(is_kept, 0, sizeof is_kept); // nowhere to go
    assert_int_equal(rehome_open(&r, &centroids, is_kept, fit, pool, &a, &err), 0);
    assert_int_equal(rehome_rows(&r, &rows, &a, places, &err), 0);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(places[i], 0);
    pool_close(pool);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_places) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
