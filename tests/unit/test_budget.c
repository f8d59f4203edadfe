// SPDX-License-Identifier: Apache-2.0
// What noise costs: sums are exact and rounded up, ε is never under what the definition gives, the
// shares of a release stay within what it may cost, and selection keeps its part of δ.
#include "base/rng.h"
#include "check.h"
#include "dp/dp_draw.h"

#include <math.h>

#define UNITS ((double)BUDGET_RHO_UNITS)

static void costs_are_rounded_up(void **state)
{
    (void)state;
    assert_int_equal(budget_rho(1, 1, 2), BUDGET_RHO_UNITS); // 1·2/(2·1)
    assert_int_equal(budget_rho(2, 3, 1), BUDGET_RHO_UNITS / 3 + 1);
    struct rng rng;
    rng_init(&rng, 1, "costs");
    for (int i = 0; i < 10000; i++) {
        uint64_t square = 1 + rng_below(&rng, 1 << 24), num = 1 + rng_below(&rng, 1 << 30);
        uint64_t den = 1 + rng_below(&rng, 1 << 10);
        double exact = (double)square * (double)den / (2.0 * (double)num) * UNITS;
        double got = (double)budget_rho(square, num, den);
        assert_true(got >= exact * (1 - 1e-14) && got <= exact * (1 + 1e-14) + 1);
        int64_t rho = 1 + (int64_t)rng_below(&rng, (uint64_t)BUDGET_RHO_UNITS);
        uint64_t variance = budget_variance(square, rho);
        if (variance < (uint64_t)1 << 34)
            assert_true(budget_rho(square, variance, 1) <= rho);
        if (variance > 1)
            assert_true(budget_rho(square, variance - 1, 1) > rho);
    }
}

static void sums_stay_at_the_most(void **state)
{
    (void)state;
    assert_int_equal(budget_add(3, 4), 7);
    assert_true(budget_add(INT64_MAX - 1, 2) == INT64_MAX);
    assert_true(isinf(budget_epsilon(INT64_MAX, 1e-6)));
    assert_true(budget_epsilon(0, 1e-6) == 0);
}

// δ(ε) of an order, the definition that budget_epsilon inverts.
static double delta_of(double rho, double epsilon)
{
    double least = INFINITY;
    for (double x = -20; x < 20; x += 0.001) {
        double order = 1 + exp(x);
        least = fmin(least, (order - 1) * (order * rho - epsilon) - log(order) +
                                (order - 1) * log1p(-1 / order));
    }
    return exp(least);
}

static void epsilon_is_a_bound(void **state)
{
    static const double rhos[] = { 1e-4, 0.0066, 0.0244, 0.0881, 0.311, 1.052, 5, 40 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rhos); i++) {
        double epsilon = budget_epsilon((int64_t)(rhos[i] * UNITS), 1e-6);
        assert_true(delta_of(rhos[i], epsilon) <= 1e-6 * (1 + 1e-5));
        assert_true(delta_of(rhos[i], epsilon * 0.999 - 1e-6) > 1e-6);
    }
    // Figures of Canonne, Kamath and Steinke's conversion, known from elsewhere.
    assert_true(fabs(budget_epsilon((int64_t)(1.052 * UNITS), 1e-6) - 8) < 0.1);
    assert_true(fabs(budget_epsilon((int64_t)(0.0244 * UNITS), 1e-6) - 1) < 0.02);
}

static void rho_is_found_back(void **state)
{
    (void)state;
    for (double epsilon = 0.1; epsilon < 50; epsilon *= 1.7) {
        int64_t rho = budget_rho_of(epsilon, 1e-7);
        assert_true(budget_epsilon(rho, 1e-7) <= epsilon);
        assert_true(budget_epsilon(rho + 1 + rho / 1000000, 1e-7) > epsilon);
    }
    assert_int_equal(budget_rho_of(1e-10, 1e-6), 0);
}

static void releases_compose(void **state)
{
    (void)state;
    int64_t one = budget_rho_of(1, 1e-6), all = 0;
    for (int i = 0; i < 43; i++)
        all = budget_add(all, one);
    assert_true(budget_epsilon(all, 1e-6) < 8.2); // not 43
}

static void selection_keeps_its_delta(void **state)
{
    (void)state;
    for (uint64_t variance = 1; variance < 1000; variance *= 3)
        for (uint64_t most = 1; most <= 64; most *= 8) {
            int64_t delta = (int64_t)(1e-7 * (double)BUDGET_DELTA_UNITS);
            int64_t t = budget_threshold(variance, 1, most, delta);
            double all = 0, over = 0, below = 0, v = (double)variance;
            for (int64_t x = -4000; x <= 4000; x++) {
                double p = exp(-(double)(x * x) / (2 * v));
                all += p;
                over += 1 + x >= t ? p : 0; // one account alone
                below += 1 + x >= t - 2 ? p : 0;
            }
            assert_true((double)most * over / all <= 1e-7);
            assert_true((double)most * below / all > 1e-7); // and wastes little
        }
}

static void a_plan_costs_what_it_may(void **state)
{
    struct err err = { 0 };
    struct dp_plan plan;
    struct budget_cost costs[DP_N_COSTS];
    (void)state;
    for (double epsilon = 0.5; epsilon <= 16; epsilon *= 2)
        for (uint64_t most = 1; most <= 20; most += 4) {
            int64_t rho = 0, delta = 0;
            assert_ok(dp_plan_make(&plan, epsilon, 1e-6, 1, most, &err));
            dp_plan_costs(&plan, costs);
            for (size_t i = 0; i < DP_N_COSTS; i++) {
                uint64_t times = i == 0 ? (uint64_t)plan.n_passes : 1;
                assert_true(costs[i].rho >=
                            (int64_t)times * budget_rho(costs[i].square, costs[i].num, 1));
                rho = budget_add(rho, costs[i].rho);
                delta = budget_add(delta, costs[i].delta);
            }
            double rest = 1e-6 - (double)delta / (double)BUDGET_DELTA_UNITS;
            assert_true(delta > 0 && budget_epsilon(rho, rest) <= epsilon);
            assert_true(budget_epsilon(rho, rest) > 0.9 * epsilon); // and leaves little unused
        }
    assert_error(dp_plan_make(&plan, 0.01, 1e-12, 1, 100, &err), ERR_USAGE);
}

// All trees of a run together cost what one release may, and no tree waits for another.
static void trees_share_what_one_release_may_cost(void **state)
{
    struct err err = { 0 };
    struct budget_cost costs[DP_N_COSTS];
    (void)state;
    for (double epsilon = 1; epsilon <= 16; epsilon *= 2)
        for (size_t n_trees = 1; n_trees <= 6; n_trees++) {
            struct dp_plan plan, alone;
            int64_t rho = 0, delta = 0;
            assert_ok(dp_plan_make(&alone, epsilon, 1e-6, 1, 3, &err));
            assert_ok(dp_plan_make(&plan, epsilon, 1e-6, n_trees, 3, &err));
            dp_plan_costs(&plan, costs);
            for (size_t i = 0; i < n_trees * DP_N_COSTS; i++) {
                rho = budget_add(rho, costs[i % DP_N_COSTS].rho);
                delta = budget_add(delta, costs[i % DP_N_COSTS].delta);
            }
            double spent = budget_epsilon(rho, 1e-6 - (double)delta / (double)BUDGET_DELTA_UNITS);
            assert_true(spent <= epsilon && spent > 0.9 * epsilon);
            assert_true((double)delta <= 1e-6 / 16 * (double)BUDGET_DELTA_UNITS);
            // √n_trees of the deviation, and words need more accounts
            assert_true(plan.words.num + n_trees >= alone.words.num * n_trees);
            assert_true(plan.sizes.num >= alone.sizes.num);
            assert_true(n_trees == 1 || plan.least_words > alone.least_words);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_are_rounded_up),
        cmocka_unit_test(sums_stay_at_the_most),
        cmocka_unit_test(epsilon_is_a_bound),
        cmocka_unit_test(rho_is_found_back),
        cmocka_unit_test(releases_compose),
        cmocka_unit_test(selection_keeps_its_delta),
        cmocka_unit_test(a_plan_costs_what_it_may),
        cmocka_unit_test(trees_share_what_one_release_may_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
