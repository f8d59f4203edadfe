// SPDX-License-Identifier: Apache-2.0
// Titles for the parents of a level (paper, G.7, steps 3 and 4): each neighborhood proposes, then
// one question over all proposals merges what is alike. Both keep within 0.5 and 1.5 times the
// wanted number; a list that is too long after all tries is cut, never made longer.
#ifndef HIERARCHY_PROPOSE_H
#define HIERARCHY_PROPOSE_H

#include "ask/ask.h"
#include "ask/name_check.h"
#include "hierarchy/neighborhood.h"

#define PROPOSE_LINE_BYTES ((size_t)400) // of a title and its summary in a prompt
#define PROPOSE_TOKENS_A_TITLE 20        // of the answer, behind its thoughts
#define PROPOSE_TOKENS_TO_THINK 1000
#define PROPOSE_MOST_MERGED ((size_t)200) // titles that one question over proposals is to leave

struct titles {
    struct str *items; // distinct but for capitals
    size_t n;
};
struct proposer {
    struct llm_link *llm;
    const struct name *children; // of the level
    size_t n_children, n_wanted; // n_wanted: parents of the level
    struct ask_counts *counts;
    const char *language; // of the titles
};
int propose_titles(const struct proposer *p, const struct neighborhoods *places, struct arena *a,
                   struct titles *out, struct err *err) MUST_USE;
// Without an answer the proposals stay, as far as they may be as many. Where more titles are wanted
// than one answer holds, the proposals are merged in parts; neighbors stand side by side in them.
int propose_merge(const struct proposer *p, const struct titles *proposed, struct arena *a,
                  struct titles *out, struct err *err) MUST_USE;

size_t propose_count_parts(size_t n_wanted); // questions that a merge takes, at least 1

// "Title: summary" as data for a prompt, one line.
struct str name_as_data(const struct name *name, struct arena *a);

#endif
