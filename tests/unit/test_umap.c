// SPDX-License-Identifier: Apache-2.0
// The layout keeps planted groups together, is the same for any number of threads, and works for
// few rows, copies and rows of zeros. Its trustworthiness beside umap-learn's is measured by
// bench/vectors.sh.
#include "vec/umap.h"

#include "grouped_rows.h"

#include <math.h>

static struct arena arena;

static float *lay_out(const struct matrix *x, uint64_t seed, size_t n_threads)
{
    struct umap_params params = umap_default_params();
    struct pool *pool;
    struct err err = { 0 };
    float *xy = arena_array(&arena, x->n_rows * 2 + 1, sizeof *xy);
    params.seed = seed;
    assert_int_equal(pool_open(&pool, n_threads, &err), 0);
    assert_int_equal(umap_layout(x, &params, pool, &arena, xy, &err), 0);
    pool_close(pool);
    for (size_t i = 0; i < 2 * x->n_rows; i++)
        assert_true(isfinite(xy[i]));
    return xy;
}

static void test_groups_stay_together(void **state)
{
    enum { N = 300, GROUPS = 6 };
    struct matrix x = grouped_rows(&arena, N, 32, GROUPS, 0.25, 3);
    const float *xy = lay_out(&x, 1, 1);
    size_t n_same = 0;
    (void)state;
    for (size_t i = 0; i < N; i++) {
        double best = HUGE_VAL;
        size_t nearest = i;
        for (size_t j = 0; j < N; j++) {
            double dx = (double)(xy[2 * i] - xy[2 * j]);
            double dy = (double)(xy[2 * i + 1] - xy[2 * j + 1]);
            if (j != i && dx * dx + dy * dy < best) {
                best = dx * dx + dy * dy;
                nearest = j;
            }
        }
        n_same += nearest % GROUPS == i % GROUPS;
    }
    assert_true(n_same >= N * 99 / 100);
}

static void test_seed_decides_and_threads_do_not(void **state)
{
    struct matrix x = grouped_rows(&arena, 200, 16, 5, 0.5, 3);
    const float *one = lay_out(&x, 1, 1), *three = lay_out(&x, 1, 3), *other = lay_out(&x, 2, 1);
    (void)state;
    assert_memory_equal(one, three, 400 * sizeof *one);
    assert_true(memcmp(one, other, 400 * sizeof *one) != 0);
}

static void test_few_rows(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 20; n++) {
        struct matrix x = grouped_rows(&arena, size_max(n, 1), 8, 3, 0.5, 3);
        x.n_rows = n;
        const float *xy = lay_out(&x, 1, 1);
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += (double)xy[2 * i];
        assert_true(fabs(sum) < 1e-3);
        assert_true(n != 1 || (xy[0] == 0 && xy[1] == 0));
    }
}

// More rows than are compared exactly (vec/nearest.h).
static void test_many_rows(void **state)
{
    enum { N = 8400, GROUPS = 4 };
    struct umap_params params = umap_default_params();
    struct err err;
    struct matrix x = grouped_rows(&arena, N, 16, GROUPS, 0.2, 3);
    float *xy = arena_array(&arena, 2 * N, sizeof *xy);
    double mean[GROUPS][2] = { { 0 } }, spread = 0, apart = 0;
    (void)state;
    params.n_epochs = 60;
    assert_int_equal(umap_layout(&x, &params, NULL, &arena, xy, &err), 0);
    for (size_t i = 0; i < 2 * N; i++)
        mean[i / 2 % GROUPS][i % 2] += (double)xy[i] * GROUPS / N;
    for (size_t i = 0; i < 2 * N; i++)
        spread += pow((double)xy[i] - mean[i / 2 % GROUPS][i % 2], 2) / N;
    for (size_t g = 0; g < 2 * GROUPS; g++)
        apart += pow(mean[g / 2][g % 2], 2) / GROUPS;
    assert_true(apart > spread);
}

static void test_copies_and_zeros(void **state)
{
    struct matrix x = grouped_rows(&arena, 60, 8, 2, 0, 3);
    (void)state;
    (void)lay_out(&x, 1, 1);
    memset(x.data, 0, 60 * 8 * sizeof(float));
    (void)lay_out(&x, 1, 1);
}

static void test_bad_input_is_refused(void **state)
{
    struct umap_params params = umap_default_params();
    struct err err;
    float xy[20];
    struct matrix x = grouped_rows(&arena, 10, 4, 2, 0.1, 3);
    (void)state;
    x.data[7] = NAN;
    assert_int_equal(umap_layout(&x, &params, NULL, &arena, xy, &err), ERR_DATA);
    x.n_rows = 1;
    x.data[0] = INFINITY;
    assert_int_equal(umap_layout(&x, &params, NULL, &arena, xy, &err), ERR_DATA);
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
        cmocka_unit_test(test_groups_stay_together),
        cmocka_unit_test(test_seed_decides_and_threads_do_not),
        cmocka_unit_test(test_few_rows),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_copies_and_zeros),
        cmocka_unit_test(test_bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
