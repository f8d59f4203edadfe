// SPDX-License-Identifier: Apache-2.0
// Neighbours by cells beside all pairs: how many are missed, that those found are true; copies,
// rows far from all others, threads, gaps between rows, bad input.
#include "base/rng.h"
#include "vec/dot.h"
#include "vec/near_cells.h"

#include "check.h"
#include "grouped_rows.h"

#include <math.h>

#define N (NEAR_CELLS_LEAST + 777)
#define D ((size_t)32)
#define K ((size_t)14)

static struct arena arena;

static float similarity(const struct matrix *x, size_t i, size_t j)
{
    return (float)dot_floats(matrix_row(x, i), matrix_row(x, j), x->n_cols);
}

// Falling, of equal ones the lower row first, none twice, none itself, each with its product.
static void check_rows(const struct matrix *x, const struct nearest *near)
{
    for (size_t i = 0; i < near->n; i++)
        for (size_t c = 0; c < near->k; c++) {
            const uint32_t *index = near->index + i * near->k;
            const float *value = near->similarity + i * near->k;
            assert_true(index[c] < near->n && index[c] != i);
            assert_true(value[c] == similarity(x, i, index[c]));
            assert_true(c == 0 || value[c] < value[c - 1] ||
                        (value[c] == value[c - 1] && index[c] > index[c - 1]));
        }
}

static double share_missed(const struct matrix *x, const struct nearest *near)
{
    size_t n_missed = 0, n_seen = 0;
    for (size_t i = 0; i < near->n; i += 97) {
        float last = near->similarity[i * K + K - 1];
        size_t n_better = 0, n_found = 0;
        for (size_t j = 0; j < near->n; j++)
            n_better += j != i && similarity(x, i, j) > last;
        for (size_t c = 0; c < K; c++)
            n_found += near->similarity[i * K + c] > last;
        n_missed += size_min(n_better - n_found, K);
        n_seen += K;
    }
    return (double)n_missed / (double)n_seen;
}

static struct nearest search(const struct matrix *x, size_t n_threads)
{
    struct nearest near;
    struct pool *pool;
    struct err err;
    assert_ok(pool_open(&pool, n_threads, &err));
    assert_ok(near_cells_search(x, K, pool, &arena, &near, &err));
    pool_close(pool);
    assert_int_equal(near.n, x->n_rows);
    assert_int_equal(near.k, K);
    return near;
}

static void test_few_are_missed(void **state)
{
    static const size_t widths[] = { D, 36, 29 }; // in no whole registers
    (void)state;
    for (size_t w = 0; w < COUNT_OF(widths); w++) {
        struct matrix x = grouped_rows(&arena, N, widths[w], 300, 0.6, 4);
        struct nearest near = search(&x, 1);
        check_rows(&x, &near);
        double missed = share_missed(&x, &near);
        print_message("%.4f of the neighbours missed\n", missed);
        assert_true(missed < 0.04);
    }
}

static void test_threads_do_not_matter(void **state)
{
    struct matrix x = grouped_rows(&arena, N, D, 100, 1, 4);
    struct nearest one = search(&x, 1), three = search(&x, 3);
    (void)state;
    assert_memory_equal(one.index, three.index, N * K * sizeof *one.index);
    assert_memory_equal(one.similarity, three.similarity, N * K * sizeof *one.similarity);
}

// Cells that hold fewer rows than are asked for: a few rows stand alone, all others are copies.
static void test_copies_and_hermits(void **state)
{
    struct matrix x = grouped_rows(&arena, N, D, 1, 0, 4);
    struct rng rng;
    (void)state;
    rng_init(&rng, 5, "hermits");
    for (size_t i = 0; i < N; i += N / 40)
        for (size_t j = 0; j < D; j++)
            matrix_row(&x, i)[j] = (float)rng_normal(&rng);
    matrix_normalize(&x);
    memset(matrix_row(&x, 5), 0, D * sizeof(float));
    struct nearest near = search(&x, 2);
    check_rows(&x, &near);
    for (size_t c = 0; c < K; c++) // a copy's are copies
        assert_true(near.similarity[K + c] > 0.9999F);
}

static void test_gaps_between_rows(void **state)
{
    struct matrix x = grouped_rows(&arena, N, D, 100, 1, 4), wide;
    struct err err;
    (void)state;
    assert_ok(matrix_make(&wide, N, D + 8, &arena, "test", &err));
    for (size_t i = 0; i < N * (D + 8); i++)
        wide.data[i] = NAN;
    for (size_t i = 0; i < N; i++)
        memcpy(matrix_row(&wide, i), matrix_row(&x, i), D * sizeof(float));
    wide.n_cols = D;
    struct nearest one = search(&x, 1), other = search(&wide, 1);
    assert_memory_equal(one.index, other.index, N * K * sizeof *one.index);
}

static void test_few_rows_are_compared_with_all(void **state)
{
    struct matrix x = grouped_rows(&arena, N, D, 100, 1, 4);
    struct nearest near, exact;
    struct err err;
    (void)state;
    x.n_rows = 900;
    assert_ok(near_cells_search(&x, K, NULL, &arena, &near, &err));
    assert_ok(nearest_search(&x, K, NULL, &arena, &exact, &err));
    assert_memory_equal(near.index, exact.index, 900 * K * sizeof *near.index);
}

static void test_bad_input_is_refused(void **state)
{
    struct matrix x = grouped_rows(&arena, N, D, 100, 1, 4);
    struct nearest near;
    struct err err;
    (void)state;
    assert_error(near_cells_search(&x, 0, NULL, &arena, &near, &err), ERR_DATA);
    matrix_row(&x, N - 1)[D - 1] = NAN;
    assert_error(near_cells_search(&x, K, NULL, &arena, &near, &err), ERR_DATA);
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_are_missed),
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_copies_and_hermits),
        cmocka_unit_test(test_gaps_between_rows),
        cmocka_unit_test(test_few_rows_are_compared_with_all),
        cmocka_unit_test(test_bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
