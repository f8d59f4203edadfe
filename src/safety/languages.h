// SPDX-License-Identifier: Apache-2.0
// Languages that are more common in a cluster than elsewhere (the paper, section 3.3 and figure 7,
// gives ratios; the test, the interval and the false-discovery control are ours). Pure.
//
// Null hypothesis: which language a conversation is in has nothing to do with the cluster it lies
// in, whatever mix of languages its account has and however much that account sends.
// Unit: the account. In a cluster it counts 1, split over languages as its conversations there are;
// what is expected of it is the mean mix of accounts that send about as much (from a power of two
// to the next), where each counts 1, split over languages as all its conversations are. Both are
// means of the same mixes, so that under the null they agree; a share of pairs of account and
// language would not: over many conversations an account has rare languages that it lacks in the
// one that lies in a cluster. (Weight of 1 for each account where the number of its conversations
// tells something: Williamson, Datta and Satten 2003; strata for what goes with that number.)
// Chance: the sum over accounts, each between 0 and 1, spreads at most as far as a binomial count
// of the same mean does (Hoeffding 1956), so the binomial tail is on the safe side.
#ifndef SAFETY_LANGUAGES_H
#define SAFETY_LANGUAGES_H

#include "base/arena.h"

struct language_row {           // one conversation
    int64_t account;            // a number of its own where the corpus has no accounts
    uint32_t cluster, language; // any numbers; memory goes with the largest
};
struct language_cell { // of one cluster and one language
    uint32_t cluster, language;
    int64_t n, n_accounts;   // conversations; accounts with one or more of them
    double units, expected;  // sum over accounts of their shares
    double ratio, low, high; // units over expected, 95 %
    double p, q;             // of so many by chance; false discoveries with q as small
};
#define LANGUAGE_MOST_Q 0.05 // cells up to here are over-represented
#define LANGUAGE_LEAST 5     // accounts; fewer are never judged: q 1

// Cells with a conversation, in the order of cluster and language. Sorts the rows.
void languages_judge(struct language_row *rows, size_t n, struct arena *a,
                     struct language_cell **cells, size_t *n_cells);

#endif
