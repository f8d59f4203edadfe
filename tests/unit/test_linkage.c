// SPDX-License-Identifier: Apache-2.0
// Ward's linkage against the greedy rule written out, of vectors of texts too, and against scipy.
#include "base/rng.h"
#include "vec/linkage.h"

#include "real_rows.h"

static struct arena arena;

static struct matrix random_points(size_t n, size_t d, uint64_t seed)
{
    struct rng rng;
    struct matrix x;
    struct err err;
    rng_init(&rng, seed, "points");
    assert_int_equal(matrix_make(&x, n, d, &arena, "test", &err), 0);
    for (size_t i = 0; i < n * d; i++)
        x.data[i] = (float)rng_normal(&rng);
    return x;
}

static double *random_weights(size_t n, uint64_t seed)
{
    struct rng rng;
    double *w = arena_array(&arena, n, sizeof *w);
    rng_init(&rng, seed, "weights");
    for (size_t i = 0; i < n; i++)
        w[i] = (double)(1 + rng_below(&rng, 50));
    return w;
}

// The rule itself: at every step the pair that adds least, from means kept in float64.
static double *greedy_costs(const struct matrix *x, const double *weights)
{
    size_t n = x->n_rows, d = x->n_cols;
    double *mean = arena_array(&arena, n * d, sizeof *mean);
    double *w = arena_array(&arena, n, sizeof *w), *costs = arena_array(&arena, n, sizeof *costs);
    for (size_t i = 0; i < n * d; i++)
        mean[i] = (double)x->data[i];
    memcpy(w, weights, n * sizeof *w);
    for (size_t step = 0; step + 1 < n; step++) {
        size_t a = 0, b = 0;
        costs[step] = INFINITY;
        for (size_t i = 0; i < n; i++)
            for (size_t j = i + 1; j < n; j++) {
                double square = 0;
                if (w[i] == 0 || w[j] == 0)
                    continue;
                for (size_t c = 0; c < d; c++)
                    square += (mean[i * d + c] - mean[j * d + c]) *
                              (mean[i * d + c] - mean[j * d + c]);
                double cost = w[i] * w[j] / (w[i] + w[j]) * square;
                if (cost < costs[step]) {
                    costs[step] = cost;
                    a = i;
                    b = j;
                }
            }
        for (size_t c = 0; c < d; c++)
            mean[a * d + c] =
                (w[a] * mean[a * d + c] + w[b] * mean[b * d + c]) / (w[a] + w[b]);
        w[a] += w[b];
        w[b] = 0;
    }
    return costs;
}

static void check_greedy(const struct matrix *x, const double *w)
{
    struct err err;
    struct linkage_merge *merges;
    size_t n = x->n_rows;
    double *want = greedy_costs(x, w), total = 0;
    assert_int_equal(linkage_ward(x, w, &arena, &merges, &err), 0);
    for (size_t i = 0; i + 1 < n; i++) {
        assert_true(fabs(merges[i].cost - want[i]) <= 1e-5 * want[i] + 1e-9);
        assert_true(i == 0 || merges[i].cost >= merges[i - 1].cost);
        assert_true(merges[i].left < merges[i].right && merges[i].right < n + i);
    }
    for (size_t i = 0; i < n; i++)
        total += w[i];
    assert_true(n == 1 || fabs(merges[n - 2].weight - total) < 1e-9);
}

static void test_follows_the_greedy_rule(void **state)
{
    static const size_t sizes[] = { 1, 2, 3, 5, 17, 61, 100 };
    (void)state;
    for (size_t s = 0; s < COUNT_OF(sizes); s++) {
        struct matrix x = random_points(sizes[s], s + 1, s);
        check_greedy(&x, random_weights(sizes[s], s));
    }
    for (int mpnet = 0; mpnet < 2; mpnet++) {
        struct matrix x = real_rows(&arena, mpnet);
        check_greedy(&x, random_weights(REAL_ROWS, 5));
    }
}

// scipy.cluster.hierarchy.linkage(x, "ward"), version 1.17.1: half of each height squared.
static void test_equals_scipy(void **state)
{
    static const double want[] = {
        0.025,  0.175,    0.33,     0.9833333, 1.245,    2.7375,   2.98,     3.025,
        3.465,  4.015,    4.893333, 6.9025,    8.921667, 9.805,    12.485,   12.76167,
        22.655, 26.36167, 42.68208, 57.92167,  91.50197, 153.7007, 211.6594,
    };
    static const uint32_t five[] = { 0, 0, 1, 2, 0, 0, 0, 1, 2, 2, 3, 3,
                                     1, 1, 4, 0, 0, 4, 2, 2, 0, 3, 1, 3 };
    enum { N = 24, D = 3 };
    struct err err;
    struct linkage_merge *merges;
    struct matrix x = random_points(N, D, 0);
    double w[N];
    uint32_t label[N];
    (void)state;
    for (size_t i = 0; i < N; i++) {
        w[i] = 1;
        for (size_t j = 0; j < D; j++)
            matrix_row(&x, i)[j] = (float)((i * 7 + j * 13) * (i * 7 + j * 13) % 101) / 10;
    }
    assert_int_equal(linkage_ward(&x, w, &arena, &merges, &err), 0);
    for (size_t i = 0; i + 1 < N; i++)
        assert_true(fabs(merges[i].cost - want[i]) < 1e-5 * want[i]);
    linkage_cut(merges, N, 5, label, &arena);
    assert_memory_equal(label, five, sizeof five);
}

static void test_copies_merge_first(void **state)
{
    struct err err;
    struct linkage_merge *merges;
    struct matrix x = random_points(30, 8, 1);
    double *w = random_weights(30, 1);
    (void)state;
    for (size_t i = 10; i < 30; i++)
        memcpy(matrix_row(&x, i), matrix_row(&x, i % 10), 8 * sizeof(float));
    assert_int_equal(linkage_ward(&x, w, &arena, &merges, &err), 0);
    for (size_t i = 0; i < 29; i++)
        assert_true((merges[i].cost < 1e-6) == (i < 20));
    uint32_t label[30];
    linkage_cut(merges, 30, 10, label, &arena);
    for (size_t i = 0; i < 30; i++)
        assert_int_equal(label[i], i % 10);
}

static void test_cut(void **state)
{
    static const float data[] = { 0, 10, 0.1F, 10.1F, 50, 0.3F };
    static const uint32_t three[] = { 0, 1, 0, 1, 2, 0 }, two[] = { 0, 0, 0, 0, 1, 0 };
    static const double w[] = { 1, 1, 1, 1, 1, 1 };
    struct err err;
    struct linkage_merge *merges;
    struct matrix x = matrix_view((float *)(uintptr_t)data, 6, 1);
    uint32_t label[6];
    (void)state;
    assert_int_equal(linkage_ward(&x, w, &arena, &merges, &err), 0);
    linkage_cut(merges, 6, 3, label, &arena);
    assert_memory_equal(label, three, sizeof label);
    linkage_cut(merges, 6, 2, label, &arena);
    assert_memory_equal(label, two, sizeof label);
    linkage_cut(merges, 6, 1, label, &arena);
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(label[i], 0);
    linkage_cut(merges, 6, 6, label, &arena);
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(label[i], i);
}

static void test_all_points_alike(void **state)
{
    struct err err;
    struct linkage_merge *merges;
    struct matrix x = random_points(40, 8, 3);
    double *w = random_weights(40, 3);
    uint32_t label[40];
    (void)state;
    for (size_t i = 1; i < 40; i++)
        memcpy(matrix_row(&x, i), matrix_row(&x, 0), 8 * sizeof(float));
    assert_int_equal(linkage_ward(&x, w, &arena, &merges, &err), 0);
    for (size_t i = 0; i < 39; i++)
        assert_true(merges[i].cost >= 0 && merges[i].cost < 1e-4);
    linkage_cut(merges, 40, 7, label, &arena);
    for (size_t i = 0; i < 40; i++)
        assert_true(label[i] < 7);
}

static void test_bad_input_is_refused(void **state)
{
    static const float bad[] = { NAN, INFINITY, -INFINITY };
    struct err err;
    struct linkage_merge *merges;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct matrix x = random_points(9, 5, 4);
        matrix_row(&x, 8)[3] = bad[i];
        assert_int_equal(linkage_ward(&x, random_weights(9, 4), &arena, &merges, &err), ERR_DATA);
    }
    struct matrix none = matrix_view(NULL, 0, 5);
    assert_int_equal(linkage_ward(&none, NULL, &arena, &merges, &err), ERR_DATA);
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
        cmocka_unit_test(test_follows_the_greedy_rule), cmocka_unit_test(test_equals_scipy),
        cmocka_unit_test(test_copies_merge_first),      cmocka_unit_test(test_cut),
        cmocka_unit_test(test_all_points_alike),        cmocka_unit_test(test_bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
