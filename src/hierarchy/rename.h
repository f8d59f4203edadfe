// SPDX-License-Identifier: Apache-2.0
// Names the parents of one level anew from the children they have (paper, G.7, step 6). What does
// not pass the gate for names leaves the title by phrases.
#ifndef HIERARCHY_RENAME_H
#define HIERARCHY_RENAME_H

#include "ask/ask.h"
#include "hierarchy/parent_text.h"

#define RENAME_SHOWN_CHILDREN ((size_t)60) // the first, which are the largest

struct renamed {
    size_t n, n_by_phrases; // parents; those that kept the title by phrases
    struct ask_counts *counts;
};
// t->level[l] is made and t->level[l - 1] has its names. `proposed`: the title that each parent was
// proposed under, NULL = none. Replaces names in t->level[l].
int rename_level(struct parent_text *t, const struct tree *tree, size_t l,
                 const struct str *proposed, struct renamed *out, struct err *err) MUST_USE;

#endif
