// SPDX-License-Identifier: Apache-2.0
// Numbers and texts of the parents of a tree. Accounts, phrases and words are counted anew from the
// conversations below a parent, never from its children's counts: an account in two children is one
// account.
#ifndef HIERARCHY_PARENT_TEXT_H
#define HIERARCHY_PARENT_TEXT_H

#include "ask/name_check.h"
#include "hierarchy/tree.h"
#include "phrase/phrase.h"
#include "run/run.h"
#include "store/vault_cluster.h"

struct level_text {
    int64_t *n_conversations, *n_accounts; // of each node
    struct phrase_list *lists;
    struct phrase_title *titles;
    struct phrase_words *words; // NULL where no model writes titles
    struct name *names;         // what is shown: title and summary, whoever wrote them
};
struct owner;
struct parent_text {
    struct run *run;
    const struct kept_clusters *kept;
    struct level_text level[TREE_LEVELS]; // level 0 has words and names only
    struct phrase_params params;
    int64_t n_total, n_shown; // placed conversations; the number that stands for them
    // private
    struct hash_key noise_key;
    struct count_noise counts;
    struct phrase_corpus *corpus;
    struct owner *owners; // one entry a placed conversation of a known account, by account
    size_t n_owners, n_owners_room;
    struct map used; // lower-case titles of the tree
};
// kept: the base clusters, in the order of the tree. Reads the placed conversations and the
// descriptions of the base. Results of all calls are in run->scratch; tokens are added to
// run->record. Close is to be called whatever open returned.
int parent_text_open(struct parent_text *t, struct run *run, const struct kept_clusters *kept,
                     struct err *err) MUST_USE;
// Numbers, phrases and titles by phrases of level l >= 1. Titles differ from each other, from those
// of the base and from those of levels before. With --titles worded the model puts them into words.
int parent_text_level(struct parent_text *t, const struct tree *tree, size_t l,
                      struct err *err) MUST_USE;
// When all levels are there: no parent shows fewer accounts than one of its children (noise).
void parent_text_fit(struct parent_text *t, const struct tree *tree);
void parent_text_close(struct parent_text *t);

#endif
