// SPDX-License-Identifier: Apache-2.0
// Who counts in mode dp: of each account at most `most` different transcripts, drawn by a public
// order. Nothing here depends on what other accounts wrote: a transcript that several accounts sent
// counts for each of them, near-copies are not looked for. A conversation without an account stands
// for itself. What an earlier release drew stays drawn (`clio append`): an account fills its bound
// with conversations of earlier batches first. Memory: 56 bytes a conversation.
#ifndef DP_DP_SELECT_H
#define DP_DP_SELECT_H

#include "store/vault_released.h"

struct dp_selected {
    uint32_t account; // 0, 1, 2 …; those of an account stand together
    int64_t seq;      // the first conversation with this transcript: it has facets and a vector
};
// In the arena, by account. *n_over: those that were left out.
int dp_select(struct vault *vault, uint64_t most, uint64_t seed, struct arena *a,
              struct dp_selected **list, size_t *n, size_t *n_over, struct err *err) MUST_USE;

#endif
