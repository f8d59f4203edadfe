// SPDX-License-Identifier: Apache-2.0
// Tails, intervals and false discoveries against values from tables and other programs.
#include "unit/check.h"

#include "base/rng.h"
#include "safety/statistics.h"

#include <math.h>

static void near(double got, double want, double tolerance)
{
    if (fabs(got - want) > tolerance) {
        print_error("%.12g instead of %.12g\n", got, want);
        fail();
    }
}

static void test_tails(void **state)
{
    (void)state;
    near(poisson_tail(0, 3), 1, 0);
    near(poisson_tail(1, 3), 1 - exp(-3), 1e-12);
    near(poisson_tail(5, 2), 0.052653017344, 1e-10);          // scipy.stats.poisson.sf(4, 2)
    near(poisson_tail(300, 200) * 1e11, 2.71146844334, 1e-8); // summed term by term
    near(poisson_tail(2, 0), 0, 0);
    near(binomial_upper(8, 10, 0.5), 0.0546875, 1e-12);
    near(binomial_lower(2, 10, 0.5), 0.0546875, 1e-12);
    near(binomial_upper(0, 10, 0.5), 1, 0);
    near(binomial_upper(11, 10, 0.5), 0, 0);
    double sum = 0; // by the definition
    for (int k = 40; k <= 500; k++)
        sum += exp(lgamma(501) - lgamma(k + 1) - lgamma(501 - k) + k * log(0.05) +
                   (500 - k) * log(0.95));
    near(binomial_upper(40, 500, 0.05), sum, 1e-12);
    near(normal_tail(Z_95), 0.025, 1e-12);
    assert_true(spread_upper(40, 500, 0.05, 0.01) > 5 * sum); // days that vary surprise less
    near(spread_upper(40, 500, 0.05, 0), sum, 1e-12);
}

static void test_intervals(void **state)
{
    (void)state;
    struct interval i = wilson(10, 50); // R: prop.test(10, 50, correct = FALSE)
    near(i.low, 0.112437, 1e-6);
    near(i.high, 0.330371, 1e-6);
    i = wilson(0, 20);
    near(i.low, 0, 1e-12);
    near(i.high, 0.161125, 1e-6);
    i = wilson(0, 0);
    near(i.high, 1, 0);
    i = fisher(0.71, 100); // atanh(0.71) ± 1.96 / sqrt(97)
    near(i.low, tanh(atanh(0.71) - Z_95 / sqrt(97.0)), 1e-12);
    assert_true(i.low < 0.71 && i.high > 0.71);
    i = ratio_interval(20, 100, 50, 1000);
    near(sqrt(i.low * i.high), 4, 1e-9);
    i = ratio_interval(0, 1000, 50, 1000);
    assert_true(i.low > 0 && i.high < 1);
}

static void test_pearson(void **state)
{
    (void)state;
    double x[] = { 1, 2, 3, 4 }, y[] = { 2, 4, 6, 8.5 }, flat[] = { 1, 1, 1, 1 }, r = 0;
    assert_true(pearson(x, y, 4, &r));
    near(r, 0.998381439, 1e-8);
    assert_false(pearson(x, flat, 4, &r));
    assert_false(pearson(x, y, 2, &r));
}

// Of true nulls with some real effects, at most about the promised share of what is taken is false.
static void test_false_discovery(void **state)
{
    (void)state;
    double p[] = { 0.01, 0.04, 0.03, 0.5 }, q[1000], many[1000];
    size_t order[1000], n_false = 0, n_taken = 0;
    false_discovery(p, 4, order, q);
    near(q[0], 0.04, 1e-12);
    near(q[1], 0.04 * 4 / 3, 1e-12);
    near(q[2], 0.04 * 4 / 3, 1e-12); // never more than that of a larger p
    near(q[3], 0.5, 1e-12);
    struct rng rng;
    rng_init(&rng, 7, "test");
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < 1000; i++)
            many[i] = i < 100 ? normal_tail(rng_normal(&rng) + 4) : rng_unit(&rng);
        false_discovery(many, 1000, order, q);
        for (size_t i = 0; i < 1000; i++) {
            n_taken += q[i] <= 0.05;
            n_false += q[i] <= 0.05 && i >= 100;
        }
    }
    assert_true(n_taken > 200 * 80);
    assert_true((double)n_false / (double)n_taken < 0.055);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tails),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_pearson),
        cmocka_unit_test(test_false_discovery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
