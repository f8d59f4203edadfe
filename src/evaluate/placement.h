// SPDX-License-Identifier: Apache-2.0
// Where a run put each of the caller's conversations, and the tree above: what evaluations compare
// with labels, or with another run.
#ifndef EVALUATE_PLACEMENT_H
#define EVALUATE_PLACEMENT_H

#include "run/run.h"
#include "store/vault_assignment.h"

struct placement {
    const struct vault_assignment *list; // of each conversation, copies of transcripts too
    size_t n;
    const struct vault_tree_node *nodes; // at place i the node with id i + 1
    size_t n_nodes;
    int n_levels; // 1 when there is no tree above the base clusters
};
// Reads it from the run's vault into `a`.
int placement_read(struct run *run, struct arena *a, struct placement *out,
                   struct err *err) MUST_USE;
// The cluster at `level`, or the highest one below it, that holds base cluster `id`; 0 for 0.
int64_t placement_climb(const struct placement *p, int64_t id, int level);
// Whether base cluster `id` has no cluster above it although the tree has levels above the base.
bool placement_is_apart(const struct placement *p, int64_t id);

#endif
