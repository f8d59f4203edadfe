// SPDX-License-Identifier: Apache-2.0
// Languages that are more common in a cluster than in the whole corpus (the paper, section 3.3 and
// figure 7, gives ratios; the test, the interval and the false-discovery control are ours). Counts
// are of accounts, since one account's conversations are mostly in one language and are no
// independent evidence; of conversations where the corpus has no accounts. Pure.
#ifndef SAFETY_LANGUAGES_H
#define SAFETY_LANGUAGES_H

#include "base/arena.h"

struct language_cell { // of one cluster and one language
    int64_t cluster;   // any number
    uint32_t language; // < n_languages
    int64_t n;         // conversations
    int64_t n_units;   // accounts, or conversations again
    // Filled by languages_judge:
    double ratio, low, high; // share of the cluster's units over the share of all, 95 %
    double p, q;             // of so many by chance; false discoveries among cells with q as small
};
#define LANGUAGE_MOST_Q 0.05 // cells up to here are over-represented
#define LANGUAGE_LEAST 5     // units; fewer are never judged: q 1

// cells: in the order of clusters, all of a cluster's cells in one run. all[l]: units of language l
// in the corpus, n_all of them in all.
void languages_judge(struct language_cell *cells, size_t n, const int64_t *all, int64_t n_all,
                     struct arena *scratch);

#endif
