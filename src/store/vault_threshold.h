// SPDX-License-Identifier: Apache-2.0
// What the threshold stage reads and writes: members of base clusters with their accounts, and
// where each conversation counts in the end.
#ifndef STORE_VAULT_THRESHOLD_H
#define STORE_VAULT_THRESHOLD_H

#include "store/vault.h"
#include "vec/matrix.h"

struct vault_member {
    int64_t seq;
    int64_t cluster_id; // 1 … k
    int64_t account_id; // keyed hash; meaningless when has_account is false
    bool has_account;
    float similarity; // cosine to the centroid
};
// All members in the order of seq, in the arena.
int vault_read_members(struct vault *vault, struct arena *a, struct vault_member **members,
                       size_t *n, struct err *err) MUST_USE;
// Row i is the centroid of the cluster with id i + 1. ERR_DATA when a row has another width.
int vault_read_centroids(struct vault *vault, size_t n_dims, struct arena *a,
                         struct matrix *centroids, struct err *err) MUST_USE;

// Empties what the stage writes, for a start after an interruption.
int vault_clear_placed(struct vault *vault, struct err *err) MUST_USE;
// Inside a transaction. cluster_id 0 = unclustered.
int vault_put_placed(struct vault *vault, int64_t seq, int64_t cluster_id, struct err *err)
    MUST_USE;
int vault_put_kept(struct vault *vault, int64_t id, int64_t n_conversations, int64_t n_accounts,
                   bool kept, const float *centroid, size_t n_dims, struct err *err) MUST_USE;

#endif
