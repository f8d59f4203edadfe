// SPDX-License-Identifier: Apache-2.0
// How a release's budget is shared out. The shares are fixed: choosing them by looking at the data
// would cost, too.
#include "dp/dp_draw.h"

#define N_PASSES 3
#define SELECTION_PART 16.0 // of δ goes to the selection of words

static const struct {
    const char *what;
    int percent;
} shares[DP_N_COSTS] = {
    { "centres", 45 }, { "sizes", 12 },  { "accounts", 8 }, { "words", 22 },
    { "language", 5 }, { "concern", 5 }, { "mean", 3 },
};

static struct budget_cost share_out(size_t i, uint64_t square, uint64_t n_times, int64_t rho)
{
    int64_t each = rho / 100 * shares[i].percent / (int64_t)n_times;
    uint64_t variance = budget_variance(square, each > 0 ? each : 1);
    struct budget_cost cost = { shares[i].what, square, variance, 1, 0, 0 };
    for (uint64_t t = 0; t < n_times; t++)
        cost.rho = budget_add(cost.rho, budget_rho(square, variance, 1));
    return cost;
}

void dp_plan_costs(const struct dp_plan *plan, struct budget_cost costs[DP_N_COSTS])
{
    costs[0] = plan->centres;
    costs[1] = plan->sizes;
    costs[2] = plan->accounts;
    costs[3] = plan->words;
    costs[4] = plan->values[0];
    costs[5] = plan->values[1];
    costs[6] = plan->mean;
}

// L2 sensitivities, squared. Sums: an account's whole weight is DP_GRID, shared by its
// conversations, and each adds a vector no longer than its part: DP_GRID in all. Counts of
// conversations: most, when all of an account are in one group. Counts of accounts: 1 in each of at
// most `most` groups. Words: 1 in each of DP_PAIRS pairs. Mean: a vector as long as the account's
// weight, and the weight.
int dp_plan_make(struct dp_plan *plan, double epsilon, double delta, size_t n_trees, uint64_t most,
                 struct err *err)
{
    assert(n_trees > 0);
    int64_t n = (int64_t)n_trees, total = 0;
    int64_t selection = (int64_t)(delta / SELECTION_PART * (double)BUDGET_DELTA_UNITS) / n;
    int64_t rho = budget_rho_of(epsilon, delta - delta / SELECTION_PART) / n;
    struct budget_cost costs[DP_N_COSTS];
    *plan = (struct dp_plan){
        .n_passes = N_PASSES,
        .centres = share_out(0, (uint64_t)(DP_GRID * DP_GRID), N_PASSES, rho),
        .sizes = share_out(1, most * most, 1, rho),
        .accounts = share_out(2, most, 1, rho),
        .words = share_out(3, DP_PAIRS, 1, rho),
        .values = { share_out(4, most * most, 1, rho), share_out(5, most * most, 1, rho) },
        .mean = share_out(6, (uint64_t)(2 * DP_MEAN_GRID * DP_MEAN_GRID), 1, rho),
    };
    plan->words.delta = selection;
    plan->least_words =
        selection > 0 ? budget_threshold(plan->words.num, plan->words.den, DP_PAIRS, selection)
                      : INT64_MAX;
    dp_plan_costs(plan, costs);
    for (size_t i = 0; i < DP_N_COSTS; i++)
        total = budget_add(total, costs[i].rho);
    if (selection <= 0 || total > rho)
        return err_set(
            err, ERR_USAGE,
            "an epsilon of %g at a delta of %g for %zu %s with %llu conversations an account is "
            "too little for any release; raise --epsilon or lower --max-per-account",
            epsilon, delta, n_trees, n_trees == 1 ? "tree" : "trees", (unsigned long long)most);
    return 0;
}
