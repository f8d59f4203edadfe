// SPDX-License-Identifier: Apache-2.0
// The budget of mode dp over all releases of a vault. A release is charged when it is published,
// before the atlas is written; the same release again costs nothing, as its noise is the same.
#ifndef PRIVACY_LEDGER_H
#define PRIVACY_LEDGER_H

#include "store/vault_released.h"

struct ledger_state {
    double epsilon_release, epsilon_spent, epsilon_budget; // spent: all, with this one
    double delta;
    size_t n_releases; // with this one
};
// Pure: what the ledger would say with `mine` added to `before`. `budget` 0: what one release may
// cost. ERR_PRIVACY when it is over.
int ledger_check(const struct released *released, const struct ledger_sum *before, double budget,
                 struct ledger_state *state, struct err *err) MUST_USE;
// Charges it, unless that was done. ERR_PRIVACY, and nothing is charged, when it is over the budget
// or its noise is from a seed.
int ledger_charge(struct vault *vault, const struct released *released, double budget,
                  struct ledger_state *state, struct err *err) MUST_USE;

#endif
