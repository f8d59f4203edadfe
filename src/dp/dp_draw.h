// SPDX-License-Identifier: Apache-2.0
// The measurements of mode dp, after Urania (arXiv 2506.04681) with the account as unit: the mean
// of all vectors, centres of groups, sizes, words and closed values a group. Each is one query of
// whole numbers with a stated L2 sensitivity, to which discrete Gaussian noise is added
// (base/noise.h); what comes after a measurement sees its noisy numbers only. Pure: no store, no
// clock.
//
// An account adds at most `most` conversations (dp_select.h). A conversation's vector, words and
// values depend on nothing but its own text, and which centre it belongs to on the released mean
// and released centres. What a whole corpus has in common is no topic: groups are made of what is
// left of a vector without the mean.
#ifndef DP_DP_DRAW_H
#define DP_DP_DRAW_H

#include "base/arena.h"
#include "base/hash.h"
#include "dp/budget.h"

#define DP_DIMS 24                   // of the vectors measured
#define DP_WORDS 5                   // most words of a conversation
#define DP_PAIRS 8                   // most (group, word) pairs of an account
#define DP_GRID ((int64_t)4096)      // an account's whole weight; steps of a coordinate
#define DP_MEAN_GRID ((int64_t)1024) // the same in the mean

// One conversation as its account adds it. Those of an account stand together.
struct dp_item {
    uint32_t account; // 0, 1, 2 …
    uint32_t row;     // its vector in dp_input.vectors
    uint32_t group;   // where it counts; DP_NO_GROUP: in no group that is shown
    uint32_t words[DP_WORDS];
    unsigned n_words;
    unsigned char values[2]; // of dp_input.n_values
};
#define DP_NO_GROUP UINT32_MAX
struct dp_input {
    struct dp_item *items;
    size_t n_items;
    const float *vectors; // rows of DP_DIMS, unit length
    size_t n_rows;
    uint64_t most;             // conversations of an account
    size_t n_values[2];        // of the closed lists
    const uint64_t *word_rank; // a public order of the words, for who has more than DP_PAIRS pairs
    size_t n_words;            // different ones
};

// What each measurement costs, and its noise. dp_plan fills it.
struct dp_plan {
    int n_passes; // over the centres
    struct budget_cost centres, sizes, accounts, words, values[2], mean;
    int64_t least_words; // a word of a group is shown from this noisy count of accounts on
};
#define DP_N_COSTS 7
// Shares out what one of `n_trees` trees of the same accounts may cost when all of them together
// stay within ε at δ: ρ adds up over trees, and so does what selections take of δ, so each has an
// equal part of both (Bun and Steinke 2016, lemma 1.7). ERR_USAGE when it is too little for any
// noise that fits.
int dp_plan_make(struct dp_plan *plan, double epsilon, double delta, size_t n_trees, uint64_t most,
                 struct err *err) MUST_USE;
// The costs as a list; the sum of their rho is what the release costs.
void dp_plan_costs(const struct dp_plan *plan, struct budget_cost costs[DP_N_COSTS]);

// Exact answers, before noise: for the tests of the sensitivities. sums: k × DP_DIMS. Items' groups
// are set to the nearest centre (rows of DP_DIMS, unit).
void dp_assign(struct dp_input *input, const float *centres, size_t k);
void dp_count_sums(const struct dp_input *input, size_t k, int64_t *sums);
// The sum of all vectors, and behind it that of their weights (DP_MEAN_GRID an account).
void dp_count_mean(const struct dp_input *input, int64_t sums[DP_DIMS + 1]);
void dp_count_sizes(const struct dp_input *input, size_t k, int64_t *conversations,
                    int64_t *accounts);
// counts: a list of (group, word) pairs that somebody has, in the arena, by group, then word.
struct dp_pair {
    uint32_t group, word;
    int64_t n;
};
void dp_count_words(const struct dp_input *input, struct arena *a, struct dp_pair **pairs,
                    size_t *n);
// (k + 1) × n_values[which]; the last row is of items in no group.
void dp_count_values(const struct dp_input *input, size_t k, size_t which, int64_t *counts);

struct dp_group {
    int64_t n_conversations, n_accounts; // noisy
    float centre[DP_DIMS];               // noisy, unit length; not for showing, see place
    size_t place;                        // of the public centre (start) that is nearest to it
};
struct dp_result {
    struct dp_group *groups; // those that may be shown
    size_t n_groups;
    float mean[DP_DIMS];   // noisy; it is taken off every vector, so centres are without it
    int64_t n_rest;        // noisy: conversations in groups that are not shown
    struct dp_pair *words; // noisy, from plan->least_words on; by group, most first
    size_t n_words;
    int64_t *values[2]; // noisy, (n_groups + 1) × n_values
};
// All of it, in the order of the plan. `key` is the release's own secret: the same input, plan and
// key give the same result. `start`: n_start public centres. Items' groups are left as they count
// in the end. Results are in the arena.
int dp_draw(struct dp_input *input, const struct dp_plan *plan, const struct hash_key *key,
            const float *start, size_t n_start, int64_t min_accounts, int64_t min_conversations,
            struct arena *a, struct dp_result *result, struct err *err) MUST_USE;
// n rows of DP_DIMS without the mean, of unit length again (zeros stay).
void dp_centre(const float mean[DP_DIMS], float *rows, size_t n);
// What may be told of the words: their counts in steps of least_words times 1, DP_STEP, DP_STEP² …,
// and those of a group that are on one step in the order of their texts (by word number). Exact
// counts would tell of everybody who has one, as would their order; word numbers say who wrote one
// first.
#define DP_STEP 4
void dp_tell_words(struct dp_result *result, int64_t least_words, const struct str *texts);

#endif
