// SPDX-License-Identifier: Apache-2.0
#include "privacy/binomial.h"

#include <math.h>

#define TINY 1e-300

static double not_zero(double x)
{
    return fabs(x) < TINY ? TINY : x;
}

static double fraction(double a, double b, double x)
{
    double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), h = d;
    for (int i = 1; i < 500; i++) {
        double m = i, even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / not_zero(1 + even * d);
        c = not_zero(1 + even / c);
        h *= d * c;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / not_zero(1 + odd * d);
        c = not_zero(1 + odd / c);
        h *= d * c;
        if (fabs(d * c - 1) < 1e-14)
            break;
    }
    return h;
}

// The regularised incomplete beta function: P(X ≥ a) for X of a + b - 1 trials with chance x.
static double beta(double a, double b, double x)
{
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * fraction(a, b, x) / a;
    return 1 - front * fraction(b, a, 1 - x) / b;
}

// The x at which beta(a, b, x) is p.
static double inverse(double a, double b, double p)
{
    double low = 0, high = 1;
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        if (beta(a, b, middle) < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

void binomial_bounds(int64_t k, int64_t n, double *low, double *high)
{
    double tail = k == 0 || k == n ? 0.05 : 0.025;
    *low = k == 0 ? 0 : inverse((double)k, (double)(n - k) + 1, tail);
    *high = k == n ? 1 : inverse((double)k + 1, (double)(n - k), 1 - tail);
}
