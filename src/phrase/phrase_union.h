// SPDX-License-Identifier: Apache-2.0
// Subjects that stand together where none has enough conversations of its own: "Python programming,
// Statistics or Charts and plots". Only where there are no accounts, so that the floor counts
// conversations and is some times as high. The names are of the public list; the conversations that
// have any of them meet the floor together, and each one meets the floor of accounts, counted in
// conversations (docs/describe.md). Private to phrase/.
#ifndef PHRASE_PHRASE_UNION_H
#define PHRASE_PHRASE_UNION_H

#include "phrase/phrase_int.h"

#define PHRASE_UNION_PARTS 3

struct subject_count { // of a subject, or of a group of them, in one group of conversations
    struct str text;
    int64_t n_conversations, n_supporters;
    int64_t n_seen;   // of these (phrase_seen): what names are chosen by
    uint64_t people;  // who these are (noise_person)
    uint32_t subject; // its number, from 1
};
struct subject_counts {                  // of one group of conversations, most first
    struct subject_count *items, *parts; // that meet the floor; that may stand with others
    size_t n, n_parts;
};

// Whether n conversations make a subject a part of such a name. False where there are accounts.
bool phrase_may_be_part(const struct phrase_params *params, struct str key, uint64_t people,
                        int64_t n);

struct union_wish {
    struct str inside; // only subjects of this group of subjects; empty: all
    double n_seen;     // of the group of conversations
    double least;      // share of them that the name has to stand for
};
// The fewest of the largest parts that do it, none of them akin to what the list has; false when
// there are no two that do, or the title would have too many words. *found's text is in the arena.
bool phrase_find_union(const struct phrase_params *params, const struct subject_counts *counts,
                       const struct union_wish *wish, const struct phrase_list *list,
                       struct arena *a, struct phrase *found);

#endif
