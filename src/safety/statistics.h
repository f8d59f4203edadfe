// SPDX-License-Identifier: Apache-2.0
// The statistics behind every signal: tails, intervals, correlation, false discoveries. Pure; no
// memory but the caller's. Sources stand at each function.
#ifndef SAFETY_STATISTICS_H
#define SAFETY_STATISTICS_H

#include "base/prelude.h"

#define Z_95 1.959963984540054

// P(X ≥ k) for X ~ Poisson(mean); k need not be whole. 1 for k ≤ 0.
double poisson_tail(double k, double mean);
// P(X ≥ k) and P(X ≤ k) for X ~ Binomial(n, share).
double binomial_upper(double k, double n, double share);
double binomial_lower(double k, double n, double share);
// The same for beta-binomial X: shares that vary around `share` with overdispersion rho (0 ≤ rho <
// 1: the correlation of two draws of one batch); by the normal with its variance where rho > 0.
double spread_upper(double k, double n, double share, double rho);
double spread_lower(double k, double n, double share, double rho);
double normal_tail(double z); // P(Z ≥ z)

struct interval {
    double low, high;
};
// Share k / n with its 95 % interval (Wilson 1927); 0 … 1 when n is 0.
struct interval wilson(double k, double n);
// Ratio of two shares, (a / n_a) / (b / n_b), by its logarithm (Katz et al. 1978), 95 %, with half
// an event added to each where one is 0.
struct interval ratio_interval(double a, double n_a, double b, double n_b);

// Pearson's r of n pairs; false when n < 3 or one side is all alike.
bool pearson(const double *x, const double *y, size_t n, double *r);
// Its 95 % interval (Fisher's z); n > 3.
struct interval fisher(double r, size_t n);

// False-discovery control (Benjamini and Hochberg 1995): q[i] is the smallest rate at which i would
// be taken. `order` is room for n.
void false_discovery(const double *p, size_t n, size_t *order, double *q);

#endif
