// SPDX-License-Identifier: Apache-2.0
// Which parent each cluster of a level goes under (paper, G.7, step 5). The model chooses one title
// out of a list that is shuffled anew for every question, or none; a title that is not in the list
// is refused. Every cluster is asked for twice, and three times more when the two answers differ;
// most answers count. No parent ends with one child, and a child that fits nowhere, or under no
// parent that has others, stands apart.
#ifndef HIERARCHY_ASSIGN_PARENT_H
#define HIERARCHY_ASSIGN_PARENT_H

#include "hierarchy/propose.h"
#include "vec/matrix.h"

#define ASSIGN_VOTES 5
#define ASSIGN_TITLE_BYTES ((size_t)480) // of a parent in a question
#define ASSIGN_MOST_TOKENS 200           // of the answer
#define ASSIGN_SHOWN ((size_t)100) // parents in one question: the nearest, where there are more

struct assigner {
    struct llm_link *llm;
    const struct name *children;
    size_t n_children;
    const struct str *parents; // titles, distinct but for capitals
    size_t n_parents;
    struct matrix child_vectors, parent_vectors; // unit rows of one width
    uint64_t seed;                               // of the shuffles
    struct ask_counts *counts;
    bool given; // parents that stay, whoever comes under them: a lone child keeps its parent, and
                // one without an answer has none
};
struct assigned {
    uint32_t *parent;  // of each child: its place in `parents`, TREE_APART for none
    size_t n_invented; // answers that named no parent of the list
    size_t n_nearest;  // children without an answer, or lone where nothing else made a level: the
                       // nearest parent by vector
    size_t n_apart;
    size_t n_silent; // children without an answer
};
// Results in the arena.
int assign_parents(const struct assigner *assigner, struct arena *a, struct assigned *out,
                   struct err *err) MUST_USE;
struct votes {
    uint32_t parent[ASSIGN_VOTES]; // TREE_APART: none of them
    size_t n;
};
// A parent with one child gives it to the nearest to the child among the parents that have children
// and that the child's votes named, where `votes` is NULL among all that have children; when there
// is none the child stands apart. Pure.
void assign_without_lone(const struct matrix *child_vectors, const struct matrix *parent_vectors,
                         const struct votes *votes, uint32_t *parent, size_t n_children,
                         struct arena *scratch);

#endif
