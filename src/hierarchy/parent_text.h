// SPDX-License-Identifier: Apache-2.0
// Numbers and texts of the parents of a tree. Accounts and phrases are counted anew from the
// conversations below a parent, never from its children's counts: an account in two children is one
// account.
#ifndef HIERARCHY_PARENT_TEXT_H
#define HIERARCHY_PARENT_TEXT_H

#include "hierarchy/tree.h"
#include "phrase/phrase.h"
#include "run/run.h"
#include "store/vault_cluster.h"

struct level_text {
    int64_t *n_conversations, *n_accounts; // of each node
    struct phrase_list *lists;
    struct phrase_title *titles;
};
struct parent_text {
    struct level_text level[TREE_LEVELS]; // level 0 is not filled: the base has its texts
    struct phrase_params params;
    int64_t n_total; // placed conversations
};
// kept: the base clusters of the tree, in its order. Titles differ from each other and from those
// of the base. In profiles with a model it puts the phrases into words, as for base clusters.
// Results in run->scratch; tokens are added to run->record.
int parent_text_make(struct run *run, const struct kept_clusters *kept, const struct tree *tree,
                     struct parent_text *out, struct err *err) MUST_USE;

#endif
