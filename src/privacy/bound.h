// SPDX-License-Identifier: Apache-2.0
// How much one account may add: a bound on its conversations in a release, and a cap on its part
// of one cluster. Pure: numbers in, numbers out.
#ifndef PRIVACY_BOUND_H
#define PRIVACY_BOUND_H

#include "store/vault_threshold.h"

struct bound_item {
    int64_t account;
    bool has_account;
    bool counts;   // false from the start: a near-copy; false afterwards: over the bound
    uint64_t rank; // drawn with the seed: the lowest of an account stay
};
// At most `most` of each account keep `counts`; 0 = no bound. Conversations without an account are
// not bounded. Ties of rank go by place. Returns how many were left out.
size_t bound_accounts(struct bound_item *items, size_t n, int64_t most, struct arena *scratch);

// What each account has left of its bound: one number an account that counts anywhere; in `a`.
struct bound_room;
struct bound_room *bound_room_make(const struct bound_item *items, size_t n, int64_t most,
                                   struct arena *a);
// Whether the item's account has room for it, which is then taken. Without an account there is.
bool bound_room_take(struct bound_room *room, const struct bound_item *item);

// What one account may have of a cluster of n conversations: a fifth, at most 5, in a small one, a
// fiftieth in a large one, always 1.
int64_t bound_share(int64_t n);
// Moves what is over bound_share out of every cluster 1 … k (cluster_id becomes 0), the least
// similar first, until it holds with the sizes that are left. Returns how many moved.
size_t bound_clusters(struct vault_member *members, size_t n, size_t k, struct arena *scratch);

#endif
