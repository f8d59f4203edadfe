// SPDX-License-Identifier: Apache-2.0
// One yes-or-no question about each conversation (Clio paper, G.3). The wording is ours.
#ifndef FACET_SCREEN_H
#define FACET_SCREEN_H

#include "ask/ask_twice.h"
#include "store/vault_conversation.h"

#define SCREEN_MOST_TOKENS 24 // of an answer

// answers[i] becomes "yes", "no", or one of our words for why there is none (all static). A
// conversation without any text is a "no" and is not asked about. `question` is fenced as data.
int screen_ask(struct llm_link *llm, struct str question, const struct conversation *conversations,
               size_t n, struct arena *a, const char **answers, struct ask_counts *counts,
               bool *over, struct err *err) MUST_USE;

// Offers the same questions beforehand (llm_offer).
int screen_offer(struct llm_link *llm, struct str question,
                 const struct conversation *conversations, size_t n, struct arena *a,
                 struct err *err) MUST_USE;

// Offers it to all conversations that it was not put to yet (facet/screen_stage.c).
struct run;
int screen_offer_rest(struct run *run, struct llm_link *llm, struct err *err) MUST_USE;

// Reads "yes" or "no" out of a reply: in its tag, or as its first word. NULL when it is neither.
const char *screen_read(struct str reply);

#endif
