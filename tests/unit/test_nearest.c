// SPDX-License-Identifier: Apache-2.0
// Nearest neighbours against all pairs in float64, of vectors of texts too; copies, threads, bad
// input.
#include "base/rng.h"
#include "vec/dot.h"
#include "vec/nearest.h"

#include "real_rows.h"

static struct arena arena;

static struct matrix unit_rows(size_t n, size_t d, uint64_t seed)
{
    struct rng rng;
    struct matrix x;
    struct err err;
    rng_init(&rng, seed, "rows");
    assert_int_equal(matrix_make(&x, n, d, &arena, "test", &err), 0);
    for (size_t i = 0; i < n * d; i++)
        x.data[i] = (float)rng_normal(&rng);
    matrix_normalize(&x);
    return x;
}

static void check_all_pairs(const struct matrix *x, size_t k, const struct nearest *near)
{
    assert_int_equal(near->n, x->n_rows);
    assert_int_equal(near->k, k);
    for (size_t i = 0; i < x->n_rows; i++)
        for (size_t c = 0; c < k; c++) {
            uint32_t j = near->index[i * k + c];
            float value = near->similarity[i * k + c];
            size_t n_before = 0;
            assert_true(j < x->n_rows && j != i);
            for (uint32_t o = 0; o < x->n_rows; o++) {
                float other =
                    (float)dot_floats(matrix_row(x, i), matrix_row(x, o), x->n_cols);
                if (o == j)
                    assert_true(other == value);
                else if (o != i)
                    n_before += other > value || (other == value && o < j);
            }
            assert_int_equal(n_before, c);
        }
}

static void test_equals_all_pairs(void **state)
{
    static const size_t shapes[][3] = { // n, d, k
        { 2, 1, 1 }, { 3, 5, 2 }, { 31, 384, 30 }, { 257, 17, 15 }, { 1200, 24, 15 },
    };
    (void)state;
    for (size_t s = 0; s < COUNT_OF(shapes); s++) {
        struct err err;
        struct nearest near;
        struct matrix x = unit_rows(shapes[s][0], shapes[s][1], s);
        assert_int_equal(nearest_search(&x, shapes[s][2], NULL, &arena, &near, &err), 0);
        check_all_pairs(&x, shapes[s][2], &near);
    }
}

static void test_copies_go_by_index(void **state)
{
    struct err err;
    struct nearest near;
    struct matrix x = unit_rows(40, 12, 9);
    (void)state;
    for (size_t i = 1; i < 40; i++)
        memcpy(matrix_row(&x, i), matrix_row(&x, 0), 12 * sizeof(float));
    assert_int_equal(nearest_search(&x, 3, NULL, &arena, &near, &err), 0);
    check_all_pairs(&x, 3, &near);
}

// Two of these texts are the same.
static void test_real_rows(void **state)
{
    (void)state;
    for (int mpnet = 0; mpnet < 2; mpnet++)
        for (size_t k = 1; k < REAL_ROWS; k += 16) {
            struct err err;
            struct nearest near;
            struct matrix x = real_rows(&arena, mpnet);
            memcpy(matrix_row(&x, 20), matrix_row(&x, 30), x.n_cols * sizeof(float));
            assert_int_equal(nearest_search(&x, k, NULL, &arena, &near, &err), 0);
            check_all_pairs(&x, k, &near);
        }
}

static void test_threads_do_not_matter(void **state)
{
    struct err err;
    struct nearest one, many;
    struct pool *pool;
    struct matrix x = unit_rows(1500, 48, 5);
    (void)state;
    assert_int_equal(nearest_search(&x, 10, NULL, &arena, &one, &err), 0);
    assert_int_equal(pool_open(&pool, 3, &err), 0);
    assert_int_equal(nearest_search(&x, 10, pool, &arena, &many, &err), 0);
    pool_close(pool);
    assert_memory_equal(one.index, many.index, 15000 * sizeof *one.index);
    assert_memory_equal(one.similarity, many.similarity, 15000 * sizeof *one.similarity);
}

// More rows than are looked at exactly: the similarities of those found beside those of all pairs.
static void check_recall(size_t n, size_t d)
{
    enum { K = 15 };
    struct err err;
    struct nearest near;
    struct matrix x = unit_rows(n, d, 6);
    size_t n_missed = 0, n_seen = 0;
    for (size_t i = 0; i < n; i++) // a few directions in common, as vectors of texts have
        for (size_t j = 0; j < 8; j++)
            matrix_row(&x, i)[j] += 0.4F * matrix_row(&x, i % 50)[j + 8];
    matrix_normalize(&x);
    assert_int_equal(nearest_search(&x, K, NULL, &arena, &near, &err), 0);
    for (size_t i = 0; i < n; i += n / 200) {
        float last = near.similarity[i * K + K - 1];
        size_t n_better = 0;
        for (size_t j = 0; j < n; j++)
            n_better += j != i && (float)dot_floats(matrix_row(&x, i), matrix_row(&x, j), d) > last;
        n_missed += n_better - size_min(n_better, K - 1);
        n_seen += K;
        for (size_t c = 1; c < K; c++)
            assert_true(near.similarity[i * K + c - 1] >= near.similarity[i * K + c]);
    }
    print_message("%zu of %zu neighbours missed\n", n_missed, n_seen);
    assert_true(n_missed * 1000 <= n_seen);
}

static void test_recall_of_many_rows(void **state)
{
    (void)state;
    check_recall(2048, 96);
    check_recall(9000, 96);
    check_recall(2049, 67); // no whole registers
}

// Of rows that are rounded first, too, each has as many neighbours as were asked for, none twice.
static void test_many_copies(void **state)
{
    enum { N = 2050, D = 20, K = 15 };
    struct err err;
    struct nearest near;
    struct matrix x = unit_rows(N, D, 9);
    (void)state;
    for (size_t i = 1; i < N; i++)
        memcpy(matrix_row(&x, i), matrix_row(&x, 0), D * sizeof(float));
    memset(matrix_row(&x, 1000), 0, D * sizeof(float));
    assert_int_equal(nearest_search(&x, K, NULL, &arena, &near, &err), 0);
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < K; c++) {
            uint32_t j = near.index[i * K + c];
            assert_true(j < N && j != i && (i == 1000 || j != 1000));
            assert_true(c == 0 || j > near.index[i * K + c - 1]);
            float exact = (float)dot_floats(matrix_row(&x, i), matrix_row(&x, j), D);
            assert_true(near.similarity[i * K + c] == exact);
        }
}

static void test_bad_input_is_refused(void **state)
{
    struct err err;
    struct nearest near;
    struct matrix x = unit_rows(5, 4, 1);
    (void)state;
    assert_int_equal(nearest_search(&x, 5, NULL, &arena, &near, &err), ERR_DATA);
    assert_int_equal(nearest_search(&x, 0, NULL, &arena, &near, &err), ERR_DATA);
    static const float bad[] = { NAN, INFINITY, -INFINITY };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        x.data[3] = bad[i];
        assert_int_equal(nearest_search(&x, 2, NULL, &arena, &near, &err), ERR_DATA);
    }
    x = unit_rows(5, 4, 1);
    for (size_t n = 0; n < 2; n++) { // none has a neighbour
        x.n_rows = n;
        assert_int_equal(nearest_search(&x, 1, NULL, &arena, &near, &err), ERR_DATA);
    }
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
        cmocka_unit_test(test_equals_all_pairs),
        cmocka_unit_test(test_copies_go_by_index),
        cmocka_unit_test(test_real_rows),
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_recall_of_many_rows),
        cmocka_unit_test(test_many_copies),
        cmocka_unit_test(test_bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
