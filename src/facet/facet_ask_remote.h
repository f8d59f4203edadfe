// SPDX-License-Identifier: Apache-2.0
// Facets by a remote model: all of them in one structured answer a conversation, or one call a
// facet (Clio paper, B.1 and G.4; the paper asks one question a call).
#ifndef FACET_FACET_ASK_REMOTE_H
#define FACET_FACET_ASK_REMOTE_H

#include "facet/facet_ask.h"
#include "facet/facet_question.h"

// Puts the model's answers into n sets that hold the rules' values. An answer that cannot be used
// is asked for once more with a word on what was wrong; then its facets keep the rules' values and
// the conversation gets sets[i].gap. When money or time is used up, what is there is taken, the
// rest gets the gap WHY_NOT_ASKED, *over is set and 0 is returned.
int facet_ask_remote(struct llm_link *llm, const struct facet_questions *questions,
                     const struct conversation *conversations, struct facet_set *sets, size_t n,
                     struct arena *a, struct facet_ask_counts *counts, bool *over,
                     struct err *err) MUST_USE;

// Offers the same questions beforehand (llm_offer).
int facet_offer_remote(struct llm_link *llm, const struct facet_questions *questions,
                       const struct conversation *conversations, struct facet_set *sets, size_t n,
                       struct arena *a, struct err *err) MUST_USE;

// One question about one conversation, in the arena. `repair`: the answer before could not be read.
int facet_remote_request(const struct facet_question *question,
                         const struct conversation *conversation, bool repair, struct arena *a,
                         struct llm_request *request, struct err *err) MUST_USE;

extern const char facet_gap_not_asked[]; // the gap that money or time is the reason of

#endif
