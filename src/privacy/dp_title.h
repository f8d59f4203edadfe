// SPDX-License-Identifier: Apache-2.0
// Titles of mode dp, of released words alone: the public subject that is nearest to a group's noisy
// centre, and the released words that set the group apart. Pure post-processing.
#ifndef PRIVACY_DP_TITLE_H
#define PRIVACY_DP_TITLE_H

#include "base/arena.h"
#include "store/released.h"

#define DP_TITLE_WORDS 3
#define DP_PHRASES 10
struct dp_title {
    struct raw title, summary;
    struct str phrases[DP_PHRASES]; // its words, what sets it apart first
    size_t n_phrases;
};
// One a cluster of the list, in the arena.
struct dp_title *dp_titles(const struct released *released, struct arena *a);

#endif
