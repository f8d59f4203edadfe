// SPDX-License-Identifier: Apache-2.0
// Base clusters in the vault: written by the stage cluster, read by threshold; and those that are
// kept with what counts in them now, read by hierarchy.
#ifndef STORE_VAULT_CLUSTER_H
#define STORE_VAULT_CLUSTER_H

#include "store/vault.h"
#include "vec/matrix.h"

// For the stage cluster, inside a transaction. Ids are 1 … k.
int vault_clear_clusters(struct vault *vault, struct err *err) MUST_USE;
int vault_add_cluster(struct vault *vault, int64_t id, int64_t n_members, const float *centroid,
                      size_t n_dims, struct err *err) MUST_USE;
int vault_add_member(struct vault *vault, int64_t seq, int64_t cluster_id, float similarity,
                     struct err *err) MUST_USE;
int vault_count_clusters(struct vault *vault, int64_t *n, struct err *err) MUST_USE;

// A digest of the cluster's centroid: the same as long as the number names this cluster. Filing new
// conversations leaves it; *found false when there is no such cluster.
int vault_digest_cluster(struct vault *vault, int64_t id, char hex[DIGEST_HEX], bool *found,
                         struct err *err) MUST_USE;

// For a run that grows: every conversation that has a vector or will have none, with where it is.
struct vault_filed {
    int64_t seq, account_id;
    bool has_account;
    bool is_member;     // it was clustered or filed before
    int64_t cluster_id; // 0: emerging
    float similarity;
    double fit; // -1: the cluster was made of it
};
// Of conversations that count, in the order of seq.
int vault_read_filed(struct vault *vault, struct arena *a, struct vault_filed **list, size_t *n,
                     struct err *err) MUST_USE;
// Writes one over. Inside a transaction.
int vault_put_filed(struct vault *vault, const struct vault_filed *filed, struct err *err) MUST_USE;
// Counts the members of every base cluster anew.
int vault_count_members(struct vault *vault, struct err *err) MUST_USE;

// Clusters over the floors, by id, in the arena. centroids: n × d, unit length.
struct kept_clusters {
    size_t n;
    int64_t *id, *n_conversations, *n_accounts;
    struct matrix centroids; // data NULL when n is 0
};
// What stands for all placed conversations where counts are noisy (threshold stage); n_placed where
// they are exact.
int vault_shown_total(struct vault *vault, int64_t n_placed, int64_t *total,
                      struct err *err) MUST_USE;
int vault_read_kept(struct vault *vault, struct arena *a, struct kept_clusters *out,
                    struct err *err) MUST_USE;

#endif
