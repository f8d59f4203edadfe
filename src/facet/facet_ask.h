// SPDX-License-Identifier: Apache-2.0
// Facets by a model: the request is asked for, the task follows from it by rule, and language,
// concern and turns stay as the rules found them (docs/facet.md says why).
#ifndef FACET_FACET_ASK_H
#define FACET_FACET_ASK_H

#include "facet/facet_prompt.h"
#include "facet/facet_set.h"
#include "llm/llm.h"

struct facet_ask_counts {
    int64_t n_prompt_tokens, n_reply_tokens;
    int64_t n_copied; // answers equal to an example, asked again without it
};

// Puts the model's answers into n sets that hold the rules' values. A conversation without a usable
// answer keeps those and gets sets[i].gap. The group is asked in one call, in order.
int facet_ask(struct llm_link *llm, const struct facet_prompt *prompt,
              const struct conversation *conversations, struct facet_set *sets, size_t n,
              struct arena *a, struct facet_ask_counts *counts, struct err *err) MUST_USE;

#endif
