// SPDX-License-Identifier: Apache-2.0
// Exact bounds of a share, against values from tables and from scipy.stats.binomtest.
#include "unit/check.h"

#include "privacy/binomial.h"

#include <math.h>

static void test_bounds(void **state)
{
    static const struct {
        int64_t k, n;
        double low, high;
    } known[] = {
        { 0, 30000, 0, 9.98527e-05 },    { 0, 1, 0, 0.95 },
        { 5, 50, 0.033275, 0.218135 },   { 1, 10, 0.002529, 0.445016 },
        { 9, 10, 0.554984, 0.997471 },   { 10, 10, 0.741134, 1 },
        { 50, 100, 0.398321, 0.601679 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        double low, high;
        binomial_bounds(known[i].k, known[i].n, &low, &high);
        if (fabs(low - known[i].low) > 1e-6 || fabs(high - known[i].high) > 1e-6)
            fail_msg("%lld of %lld: %.7f … %.7f", (long long)known[i].k, (long long)known[i].n, low,
                     high);
    }
}

// What a share is with less than 2.5 % chance lies outside, summed up in the plainest way.
static void test_large(void **state)
{
    double low, high, below = 0, above = 0;
    (void)state;
    binomial_bounds(1500, 100000, &low, &high);
    for (int k = 0; k <= 3000; k++) {
        double choose = lgamma(100001) - lgamma(k + 1) - lgamma(100001 - k);
        if (k <= 1500)
            below += exp(choose + k * log(high) + (100000 - k) * log1p(-high));
        if (k >= 1500)
            above += exp(choose + k * log(low) + (100000 - k) * log1p(-low));
    }
    assert_true(fabs(below - 0.025) < 1e-6 && fabs(above - 0.025) < 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_bounds),
                                        cmocka_unit_test(test_large) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
