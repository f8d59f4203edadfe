// SPDX-License-Identifier: Apache-2.0
// The tree of clusters in the vault, written by the stage hierarchy: base clusters keep their id,
// parents go on from there.
#ifndef STORE_VAULT_NODE_H
#define STORE_VAULT_NODE_H

#include "store/vault_describe.h"

struct vault_node {
    int64_t id, parent_id; // parent_id 0: none
    int level;             // 0 = base
    struct raw title, summary;
    int64_t n_conversations, n_accounts;
};
// Inside a transaction; parents may come after their children.
int vault_clear_nodes(struct vault *vault, struct err *err) MUST_USE;
int vault_put_node(struct vault *vault, const struct vault_node *node, struct err *err) MUST_USE;
int vault_put_node_phrase(struct vault *vault, int64_t node_id, int rank,
                          const struct vault_phrase *phrase, struct err *err) MUST_USE;
int vault_put_node_word(struct vault *vault, int64_t node_id, struct str word, int64_t n_supporters,
                        struct err *err) MUST_USE;
// The largest id of a base cluster, kept or not; 0 when there is none.
int vault_find_last_cluster(struct vault *vault, int64_t *id, struct err *err) MUST_USE;

#endif
