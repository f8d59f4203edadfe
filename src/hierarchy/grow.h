// SPDX-License-Identifier: Apache-2.0
// The tree from the base upwards by a strong model: the seven steps of the paper (G.7), level by
// level, until the top is no larger than wanted (docs/hierarchy.md). Progress is certain: a parent
// has two children or more, so a level has at most half the clusters of the one below.
#ifndef HIERARCHY_GROW_H
#define HIERARCHY_GROW_H

#include "ask/ask.h"
#include "hierarchy/parent_text.h"

struct grown {
    bool failed; // there were not two parents for the base: the model gave no tree
    size_t n_by_linkage; // levels at the top for which it gave none, built by linkage
    size_t n_invented, n_nearest, n_apart, n_by_phrases;
    struct ask_counts counts; // of all its questions
};
// `t` is open. Fills the tree, and the levels of t with what is shown. In t->run->scratch.
int grow_tree(struct parent_text *t, size_t n_top, struct tree *tree, struct grown *out,
              struct err *err) MUST_USE;

#endif
