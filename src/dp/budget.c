// SPDX-License-Identifier: Apache-2.0
#include "dp/budget.h"

#include <float.h>
#include <math.h>

#define STEPS 200     // of the search for the best order
#define UPWARD 1e-9   // more than all roundings of a formula of a dozen operations
#define MOST_LOG 46.0 // orders from 1 + e^-46 to 1 + e^46
#define LARGEST_VARIANCE ((uint64_t)1 << 34)

__extension__ typedef unsigned __int128 wide;

int64_t budget_rho(uint64_t square, uint64_t num, uint64_t den)
{
    assert(num > 0 && square <= (uint64_t)1 << 40 && den <= (uint64_t)1 << 16);
    wide top = (wide)square * den * (wide)BUDGET_RHO_UNITS, below = (wide)2 * num;
    wide rho = (top + below - 1) / below;
    return rho > INT64_MAX ? INT64_MAX : (int64_t)rho;
}

uint64_t budget_variance(uint64_t square, int64_t rho)
{
    assert(rho > 0 && square > 0 && square <= (uint64_t)1 << 40);
    wide top = (wide)square * (wide)BUDGET_RHO_UNITS, below = (wide)2 * (wide)rho;
    wide variance = (top + below - 1) / below;
    return variance > LARGEST_VARIANCE ? LARGEST_VARIANCE : (uint64_t)variance;
}

int64_t budget_add(int64_t a, int64_t b)
{
    assert(a >= 0 && b >= 0);
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

// Of order α = 1 + e^x; any order gives a true bound.
static double bound(double rho, double log_delta, double x)
{
    double less = exp(x), order = 1 + less; // α - 1, α
    // log(1 - 1/α) = log((α - 1)/α) = x - log(α)
    return rho * order + (-log_delta - log1p(less)) / less + x - log1p(less);
}

double budget_epsilon(int64_t rho, double delta)
{
    assert(rho >= 0 && delta > 0 && delta < 1);
    if (rho == 0)
        return 0;
    if (rho == INT64_MAX)
        return INFINITY;
    double r = (double)rho / (double)BUDGET_RHO_UNITS * (1 + DBL_EPSILON), l = log(delta);
    double low = -MOST_LOG, high = MOST_LOG, least = INFINITY;
    const double golden = 0.6180339887498949;
    for (int i = 0; i < STEPS; i++) {
        double a = high - golden * (high - low), b = low + golden * (high - low);
        double at_a = bound(r, l, a), at_b = bound(r, l, b);
        least = fmin(least, fmin(at_a, at_b));
        if (at_a < at_b)
            high = b;
        else
            low = a;
    }
    return fmax(0, least) * (1 + UPWARD) + UPWARD;
}

int64_t budget_rho_of(double epsilon, double delta)
{
    int64_t low = 0, high = INT64_MAX; // ε(low) ≤ epsilon < ε(high)
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (budget_epsilon(middle, delta) <= epsilon)
            low = middle;
        else
            high = middle;
    }
    return low;
}

// The discrete Gaussian's tail is at most the continuous one's a step nearer: P(Z ≥ x) ≤ P(N ≥ x -
// 1) (Canonne, Kamath and Steinke 2020, proposition 25).
int64_t budget_threshold(uint64_t num, uint64_t den, uint64_t most, int64_t delta)
{
    assert(num > 0 && den > 0 && most > 0 && delta > 0);
    double sigma = sqrt((double)num / (double)den);
    double room = (double)delta / (double)BUDGET_DELTA_UNITS * (1 - UPWARD);
    int64_t low = 1, high = 1 + (int64_t)(40 * sigma) + 2; // above `high` there is nothing
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2; // a lone account: 1 + Z ≥ middle
        double tail = 0.5 * erfc((double)(middle - 2) / (sigma * M_SQRT2));
        if ((double)most * tail * (1 + UPWARD) <= room)
            high = middle;
        else
            low = middle;
    }
    return high;
}
