// SPDX-License-Identifier: Apache-2.0
// The user's own facets by the model in this process: one short call a facet, its answer held to
// the facet's values by a grammar.
#ifndef FACET_FACET_ASK_OWN_H
#define FACET_FACET_ASK_OWN_H

#include "facet/facet_ask.h"

// Puts answers into n sets behind facet_set_own. What cannot be used keeps what stands there; the
// conversation gets sets[i].gap when it has none yet.
int facet_ask_own(struct llm_link *llm, const struct facet_list *list, const char *language,
                  const struct conversation *conversations, struct facet_set *sets, size_t n,
                  struct arena *a, struct facet_ask_counts *counts, struct err *err) MUST_USE;

#endif
