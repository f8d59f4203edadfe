// SPDX-License-Identifier: Apache-2.0
// What noise costs: zero-concentrated differential privacy (Bun and Steinke 2016). Costs are whole
// numbers of small units, rounded up, so that sums are exact and never too small; only the last
// step, to ε, uses floating point, and is rounded up, too. Pure.
//
// Unit of privacy: the account. Neighbours differ by all conversations of one account.
#ifndef DP_BUDGET_H
#define DP_BUDGET_H

#include "base/prelude.h"

#define BUDGET_RHO_UNITS ((int64_t)1 << 40)   // ρ = 1
#define BUDGET_DELTA_UNITS ((int64_t)1 << 60) // δ = 1

// One thing that was measured with discrete Gaussian noise of variance num/den (base/noise.h).
struct budget_cost {
    const char *what; // "sizes", "words" …
    uint64_t square;  // of the L2 sensitivity: most that one account changes
    uint64_t num, den;
    int64_t rho;   // in units, rounded up
    int64_t delta; // in units: what selection adds (0: nothing is selected)
};
// square·den / (2·num) in units, rounded up; INT64_MAX when it is more than fits.
int64_t budget_rho(uint64_t square, uint64_t num, uint64_t den);
// The least whole variance that costs at most `rho` units for this sensitivity; at least 1.
uint64_t budget_variance(uint64_t square, int64_t rho);
int64_t budget_add(int64_t a, int64_t b); // no less than 0 each; stays at INT64_MAX

// ε of a sum of costs at δ, never below the true value and at most 10^-8 (in parts) above the
// least that the conversion can give (Canonne, Kamath and Steinke 2020, proposition 12, the best of
// all orders). δ between 0 and 1. rho 0 gives 0; rho INT64_MAX gives infinity.
double budget_epsilon(int64_t rho, double delta);
// The most units whose ε at this δ is at most `epsilon`; 0 when there are none.
int64_t budget_rho_of(double epsilon, double delta);

// The least count from which a noisy count of accounts may be shown where only what somebody has
// is looked at (partition selection): with it, one account makes something appear that no other
// has with probability at most delta units, when it adds to at most `most` counts.
int64_t budget_threshold(uint64_t num, uint64_t den, uint64_t most, int64_t delta);

#endif
