// SPDX-License-Identifier: Apache-2.0
// rng.c: the generator's published first numbers, the same numbers always, uniform and normal.
#include "unit/check.h"

#include "base/rng.h"

#include <math.h>

// xoshiro256** from the state 1, 2, 3, 4: its definition worked out by hand for the first two
// (rotl(2 * 5, 7) * 9 = 11520; then s[1] is 0).
static void test_generator(void **state)
{
    struct rng r = { { 1, 2, 3, 4 } };
    (void)state;
    assert_true(rng_next(&r) == 11520);
    assert_true(rng_next(&r) == 0);
    assert_true(rng_next(&r) == 1509978240);
}

static void test_streams_differ_and_repeat(void **state)
{
    struct rng a, b, c, d;
    (void)state;
    rng_init(&a, 1, "kmeans");
    rng_init(&b, 1, "kmeans");
    rng_init(&c, 1, "umap");
    rng_init(&d, 2, "kmeans");
    for (int i = 0; i < 100; i++) {
        uint64_t x = rng_next(&a);
        assert_true(x == rng_next(&b));
        assert_true(x != rng_next(&c));
        assert_true(x != rng_next(&d));
    }
}

// Chi-squared of 7 cells at 70,000 draws: 6 degrees of freedom, 22.5 is passed once in a thousand.
static void test_below_is_uniform(void **state)
{
    struct rng r;
    int cells[7] = { 0 };
    double chi = 0;
    (void)state;
    rng_init(&r, 11, "below");
    for (int i = 0; i < 70000; i++)
        cells[rng_below(&r, 7)]++;
    for (int i = 0; i < 7; i++)
        chi += (cells[i] - 10000) * (cells[i] - 10000) / 10000.0;
    assert_true(chi < 22.5);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(rng_below(&r, 1), 0);
        assert_true(rng_below(&r, UINT64_MAX) < UINT64_MAX);
    }
}

static void test_unit_and_normal(void **state)
{
    struct rng r;
    double sum = 0, squares = 0, unit = 0;
    int n = 200000;
    (void)state;
    rng_init(&r, 12, "normal");
    for (int i = 0; i < n; i++) {
        double u = rng_unit(&r), x = rng_normal(&r);
        assert_true(u >= 0 && u < 1 && isfinite(x));
        unit += u;
        sum += x;
        squares += x * x;
    }
    assert_true(fabs(unit / n - 0.5) < 0.005);
    assert_true(fabs(sum / n) < 0.01);
    assert_true(fabs(squares / n - 1) < 0.02);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generator),
        cmocka_unit_test(test_streams_differ_and_repeat),
        cmocka_unit_test(test_below_is_uniform),
        cmocka_unit_test(test_unit_and_normal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
