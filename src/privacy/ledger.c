// SPDX-License-Identifier: Apache-2.0
#include "privacy/ledger.h"

#include "dp/budget.h"

#include <math.h>

// ε of costs at what the selections have left of δ; infinite when they have left nothing.
static double epsilon_of(int64_t rho, int64_t selected, double delta)
{
    double rest = delta - (double)selected / (double)BUDGET_DELTA_UNITS * (1 + 1e-12);
    return rest > 0 ? budget_epsilon(rho, rest) : (double)INFINITY;
}

int ledger_check(const struct released *released, size_t n, const struct ledger_sum *before,
                 double budget, struct ledger_state *state, struct err *err)
{
    int64_t rho = 0, delta = 0;
    assert(n > 0);
    for (size_t tree = 0; tree < n; tree++) {
        for (size_t i = 0; i < released[tree].n_costs; i++) {
            rho = budget_add(rho, released[tree].costs[i].rho);
            delta = budget_add(delta, released[tree].costs[i].delta);
        }
    }
    *state = (struct ledger_state){
        .epsilon_release = epsilon_of(rho, delta, released->delta),
        .epsilon_spent = epsilon_of(budget_add(rho, before->rho), budget_add(delta, before->delta),
                                    released->delta),
        .epsilon_budget = budget > 0 ? budget : released->epsilon,
        .delta = released->delta,
        .n_releases = before->n_releases + n,
    };
    if (state->epsilon_spent <= state->epsilon_budget)
        return 0;
    return err_set(err, ERR_PRIVACY,
                   "with this release the accounts in here would have been measured at epsilon "
                   "%.3g, over the budget of %.3g; %zu %s published before. Keep to what is "
                   "published, or allow more with --budget",
                   state->epsilon_spent, state->epsilon_budget, before->n_releases,
                   before->n_releases == 1 ? "release was" : "releases were");
}

static int charge(struct vault *vault, const struct released *released, size_t n, double budget,
                  struct ledger_state *state, struct err *err)
{
    struct ledger_sum before;
    int rc = vault_begin(vault, err);
    if (!rc)
        rc = vault_ledger_sum(vault, released, n, &before, err);
    if (!rc)
        rc = ledger_check(released, n, &before, budget, state, err);
    if (rc && err->code == ERR_PRIVACY && before.has_mine) { // they are out already
        *err = (struct err){ 0 };
        rc = 0;
    }
    for (size_t tree = 0; !rc && tree < n; tree++)
        rc = vault_ledger_add(vault, &released[tree], err);
    if (!rc)
        rc = vault_commit(vault, err);
    if (rc)
        vault_rollback(vault);
    return rc;
}

// The rows, and the releases' secrets that were committed before them, are on the disk before there
// is an atlas: else a power cut would leave the atlas out and the budget whole.
int ledger_charge(struct vault *vault, const struct released *released, size_t n, double budget,
                  struct ledger_state *state, struct err *err)
{
    struct err other;
    for (size_t tree = 0; tree < n; tree++) {
        if (released[tree].seeded)
            return err_set(err, ERR_PRIVACY,
                           "the noise was drawn from --noise-seed, which anybody can do again, so "
                           "it protects nobody; leave the flag out to publish");
    }
    int rc = vault_set_durable(vault, true, err);
    if (!rc)
        rc = charge(vault, released, n, budget, state, err);
    int after = vault_set_durable(vault, false, rc ? &other : err);
    return rc ? rc : after;
}
