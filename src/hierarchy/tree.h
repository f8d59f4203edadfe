// SPDX-License-Identifier: Apache-2.0
// The levels above the base clusters (paper, G.7): how many there are and who belongs to whom.
// Sizes follow the paper's ratio n(l)/n(l-1) = (n_top/n_base)^(1/(L-1)), L being the fewest levels
// with which a parent has ten children on average or fewer.
#ifndef HIERARCHY_TREE_H
#define HIERARCHY_TREE_H

#include "vec/matrix.h"

#define TREE_APART UINT32_MAX // no node: what is below a node that stands apart
#define TREE_LEVELS 8 // with more than enough room: ten children each make 10^7 base clusters

struct tree_sizes {
    size_t n_levels;          // 0 without base clusters; 1: the base needs no parents
    size_t size[TREE_LEVELS]; // wanted at each level, size[0] = n_base
};
// A base no larger than n_top, or of fewer than 6, has no level above; else the top has n_top or
// n_base / 3, whichever is smaller.
struct tree_sizes tree_plan(size_t n_base, size_t n_top);

struct tree {
    size_t n_levels;
    size_t size[TREE_LEVELS];      // nodes at each level
    uint32_t *label[TREE_LEVELS];  // of each base cluster: its node at that level; label[0][i] = i
    uint32_t *parent[TREE_LEVELS]; // of each node of a level: its node one level up; top: NULL
};
// A tree by model may hold nodes that fit under no parent: parent and, above it, label are then
// TREE_APART, and the node stands at the top by itself.
// x: n × d unit centroids, weights: conversations in each. Every parent has two children or more;
// every node but those at the top has one parent, one level up. Results in the arena.
int tree_build(const struct matrix *x, const double *weights, size_t n_top, struct arena *a,
               struct tree *tree, struct err *err) MUST_USE;

#endif
