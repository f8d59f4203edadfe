// SPDX-License-Identifier: Apache-2.0
// The atlas of mode dp, made of what was released and of nothing else (store/released.h): clusters,
// titles, words, closed values, neighbours, places. What follows from it costs nothing; what is not
// in it is not in the atlas (turns, times, pairs, counts of stages).
//
// Parents are the groups of the public list of subjects. Their numbers are sums of their
// children's.
#ifndef PRIVACY_DP_ATLAS_H
#define PRIVACY_DP_ATLAS_H

#include "scan/scan.h"
#include "store/atlas_write.h"
#include "store/released.h"

struct dp_atlas_floors {
    int64_t min_accounts, min_conversations;
    int64_t least_cell; // of a closed value: above the noise
};
struct dp_atlas_sizes {
    size_t n_before; // given: clusters of other trees, which the numbers of these follow
    bool is_first;   // given: what the values of the whole corpus are is told by the first tree
    int64_t n_conversations, n_accounts, n_rest; // from here on: what was written
    size_t n_clusters, n_base, n_top, n_withheld;
};
int dp_atlas_write(const struct released *released, const struct dp_atlas_floors *floors,
                   struct scanner *scanner, struct atlas_writer *w, struct arena *a,
                   struct dp_atlas_sizes *sizes, struct err *err) MUST_USE;

#endif
