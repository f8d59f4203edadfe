// SPDX-License-Identifier: Apache-2.0
// The exact interval of a share (Clopper and Pearson 1934), by the incomplete beta function as a
// continued fraction (Lentz). Pure.
#ifndef PRIVACY_BINOMIAL_H
#define PRIVACY_BINOMIAL_H

#include "base/prelude.h"

// 95 % bounds of the share of which k of n (n > 0) were seen; one-sided where k is 0 or n.
void binomial_bounds(int64_t k, int64_t n, double *low, double *high);

#endif
