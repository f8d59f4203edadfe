// SPDX-License-Identifier: Apache-2.0
// Facets by rule, without any model: the profile `none`, and what stands in when a model gives no
// usable answer. Pure; texts still hold what the person wrote, so the stage scrubs them.
#ifndef FACET_FACET_RULE_H
#define FACET_FACET_RULE_H

#include "store/vault_conversation.h"

#define RULE_REQUEST_BYTES ((size_t)220)
#define RULE_TASK_BYTES ((size_t)90)
#define RULE_WHOLE_BYTES ((size_t)512)

enum rule_source { RULE_HUMAN, RULE_ASSISTANT, RULE_NOTHING };

// What the person asks: the first human turn without what was pasted; all of it when short, else
// its first asking sentence and those that follow, up to RULE_REQUEST_BYTES. A turn that only
// greets, asks to go on or holds only code gives way to the next human turn; without any the
// assistant's first sentence stands in; without any text *out is empty. *whole: the text that *out
// is the beginning of and what follows it, at most RULE_WHOLE_BYTES: a contact that the cut goes
// through is known by it.
enum rule_source rule_request(const struct turn *turns, size_t n, struct arena *a, struct str *out,
                              struct str *whole);
// The request as a short verb phrase: courtesy removed, first clause, questions as "explain …".
struct str rule_task(struct str request, struct arena *a);
// Full name of the language of the human turns; `given` (the corpus's own) wins when it is known.
struct str rule_language(const struct turn *turns, size_t n, struct str given, struct arena *a);
// 1 … 5 by a short list of English words in human turns; rough, misses other languages and
// whatever is put into other words. 1 = nothing found.
int rule_concern(const struct turn *turns, size_t n, struct arena *a);

#endif
