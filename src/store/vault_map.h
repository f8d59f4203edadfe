// SPDX-License-Identifier: Apache-2.0
// Where the clusters lie on the map, and the density grid: written by the stage map.
#ifndef STORE_VAULT_MAP_H
#define STORE_VAULT_MAP_H

#include "store/vault.h"

struct map_node {
    int64_t id, parent_id; // parent_id 0: none
    int level;             // 0 = base
    int64_t n_conversations, n_accounts;
};
// The whole tree by level, base first, then by id. In the arena.
int vault_read_map_nodes(struct vault *vault, struct arena *a, struct map_node **nodes, size_t *n,
                         struct err *err) MUST_USE;
// Places of the release before: of nodes that are the same cluster. n 0 where nothing is kept.
struct map_place {
    int64_t node_id;
    double x, y;
};
int vault_read_places(struct vault *vault, struct arena *a, struct map_place **list, size_t *n,
                      struct err *err) MUST_USE;
// Inside a transaction.
int vault_clear_map(struct vault *vault, struct err *err) MUST_USE;
int vault_put_position(struct vault *vault, int64_t node_id, double x, double y,
                       struct err *err) MUST_USE;
int vault_put_density(struct vault *vault, int i_x, int i_y, double n_conversations,
                      struct err *err) MUST_USE;

#endif
