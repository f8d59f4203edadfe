// SPDX-License-Identifier: Apache-2.0
// The budget of mode dp over all releases of a vault. A release is charged when it is published,
// before the atlas is written; the same release again costs nothing, as its noise is the same.
// Several trees are as many releases, and are charged together or not at all.
#ifndef PRIVACY_LEDGER_H
#define PRIVACY_LEDGER_H

#include "store/vault_released.h"

struct ledger_state {
    double epsilon_release, epsilon_spent, epsilon_budget; // release: of all trees of this atlas;
    double delta;                                          // spent: of all releases, with these
    size_t n_releases;
};
// Pure: what the ledger would say with these n releases (a tree each, n > 0, of one ε and δ) added
// to `before`. `budget` 0: that ε. ERR_PRIVACY when it is over.
int ledger_check(const struct released *released, size_t n, const struct ledger_sum *before,
                 double budget, struct ledger_state *state, struct err *err) MUST_USE;
// Charges those that were not charged before, all in one transaction. ERR_PRIVACY, and nothing is
// charged, when they are over the budget or the noise of one is from a seed.
int ledger_charge(struct vault *vault, const struct released *released, size_t n, double budget,
                  struct ledger_state *state, struct err *err) MUST_USE;

#endif
