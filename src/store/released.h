// SPDX-License-Identifier: Apache-2.0
// What mode dp releases: noisy numbers and public words, and nothing else. Titles and the atlas are
// made of this alone, so they are post-processing and cost nothing. It holds no store and no run:
// what takes a `const struct released *` and nothing else cannot reach a person's words, and
// tests/gates/test_gate_released.sh holds that on the compiled objects.
#ifndef STORE_RELEASED_H
#define STORE_RELEASED_H

#include "base/text.h"

struct released_cluster {
    int64_t n_conversations, n_accounts; // noisy
    struct str subject;                  // of the public list, nearest to the noisy centre
    const float *centre;                 // public, nearest to the noisy one; n_dims
};
struct released_word {
    int64_t cluster;    // place in the list
    struct str word;    // of the public lists
    int64_t n_accounts; // noisy, in steps
};
struct released_cell {
    int64_t cluster; // -1: conversations that are in no cluster of the list
    struct str facet, value;
    int64_t n_conversations; // noisy, may be below zero
};
struct released_cost { // as struct budget_cost of dp/budget.h
    struct str what;
    int64_t square, num, den, rho, delta;
};
struct released {
    struct str release; // its name: a digest of all that it was made of
    bool seeded;        // drawn from a seed for a test: protects nobody
    double epsilon, delta;
    int64_t max_per_account, n_rest; // n_rest noisy
    bool has_accounts;
    size_t n_dims, n_clusters, n_words, n_cells, n_costs;
    struct released_cluster *clusters;
    struct released_word *words; // by cluster, most first
    struct released_cell *cells;
    struct released_cost *costs;
};

#endif
