// SPDX-License-Identifier: Apache-2.0
// How a release's budget is shared out. The shares are fixed: choosing them by looking at the data
// would cost, too. Centres get what the others leave.
//
// Counts of people are no more exact than they need be, whatever the budget allows. What a count of
// n people who come and go tells of one of them is some 1/(n + variance) of a deviation, squared:
// in a group of a hundred nothing else hides them. So each has a least variance; it costs next to
// nothing, and what it saves makes centres better, which nobody is shown (docs/privacy.md, and
// tests/privacy/dp.sh, which measures it).
#include "dp/dp_draw.h"

#define N_PASSES 3
#define SELECTION_PART 16.0 // of δ goes to the selection of words

static const struct {
    const char *what;
    int percent;    // of ρ, at most
    uint64_t least; // variance
} shares[DP_N_COSTS] = {
    { "centres", 0, 1 },    { "sizes", 12, 900 },  { "accounts", 8, 256 }, { "words", 22, 1 },
    { "language", 5, 400 }, { "concern", 5, 400 }, { "mean", 3, 1 },
};

static struct budget_cost cost_of(size_t i, uint64_t square, int64_t n_times, int64_t each)
{
    uint64_t variance = budget_variance(square, each > 0 ? each : 1);
    variance = variance > shares[i].least ? variance : shares[i].least;
    struct budget_cost cost = { shares[i].what, square, variance, 1, 0, 0 };
    for (int64_t t = 0; t < n_times; t++)
        cost.rho = budget_add(cost.rho, budget_rho(square, variance, 1));
    return cost;
}

static struct budget_cost share_out(size_t i, uint64_t square, int64_t rho)
{
    return cost_of(i, square, 1, rho / 100 * shares[i].percent);
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

static int64_t sum_of(const struct dp_plan *plan)
{
    struct budget_cost costs[DP_N_COSTS];
    int64_t total = 0;
    dp_plan_costs(plan, costs);
    for (size_t i = 0; i < DP_N_COSTS; i++)
        total = budget_add(total, costs[i].rho);
    return total;
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
    int64_t n = (int64_t)n_trees;
    int64_t selection = (int64_t)(delta / SELECTION_PART * (double)BUDGET_DELTA_UNITS) / n;
    int64_t rho = budget_rho_of(epsilon, delta - delta / SELECTION_PART) / n;
    *plan = (struct dp_plan){
        .n_passes = N_PASSES,
        .sizes = share_out(1, most * most, rho),
        .accounts = share_out(2, most, rho),
        .words = share_out(3, DP_PAIRS, rho),
        .values = { share_out(4, most * most, rho), share_out(5, most * most, rho) },
        .mean = share_out(6, (uint64_t)(2 * DP_MEAN_GRID * DP_MEAN_GRID), rho),
    };
    plan->centres =
        cost_of(0, (uint64_t)(DP_GRID * DP_GRID), N_PASSES, (rho - sum_of(plan)) / N_PASSES);
    plan->words.delta = selection;
    plan->least_words =
        selection > 0 ? budget_threshold(plan->words.num, plan->words.den, DP_PAIRS, selection)
                      : INT64_MAX;
    if (selection <= 0 || sum_of(plan) > rho)
        return err_set(
            err, ERR_USAGE,
            "an epsilon of %g at a delta of %g for %zu %s with %llu conversations an account is "
            "too little for any release; raise --epsilon or lower --max-per-account",
            epsilon, delta, n_trees, n_trees == 1 ? "tree" : "trees", (unsigned long long)most);
    return 0;
}
