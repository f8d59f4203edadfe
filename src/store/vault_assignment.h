// SPDX-License-Identifier: Apache-2.0
// Where each of the caller's conversations went, with the caller's own ids: the documented view
// `assignment`, and the tree above its clusters.
#ifndef STORE_VAULT_ASSIGNMENT_H
#define STORE_VAULT_ASSIGNMENT_H

#include "store/vault.h"

struct vault_assignment {
    struct str conversation_id; // the caller's, in the arena
    int64_t base_id;            // 0 = unclustered
};
// All of them, copies of transcripts too, in the order they were read.
int vault_read_assignments(struct vault *vault, struct arena *a, struct vault_assignment **list,
                           size_t *n, struct err *err) MUST_USE;

// A facet's value of each of the caller's conversations that has one, copies of transcripts too.
struct facet_label {
    struct str conversation_id; // the caller's, in the arena, as the value
    struct raw value;
};
struct facet_labels {
    struct facet_label *items;
    size_t n;
};
int vault_read_facet_labels(struct vault *vault, const char *facet, struct arena *a,
                            struct facet_labels *out, struct err *err) MUST_USE;

// Level and parent of the node with id i + 1 at place i; level -1 where there is no such node,
// parent_id 0 at the top.
struct vault_tree_node {
    int level;
    int64_t parent_id;
};
int vault_read_tree(struct vault *vault, struct arena *a, struct vault_tree_node **nodes,
                    size_t *n, struct err *err) MUST_USE;

#endif
