// SPDX-License-Identifier: Apache-2.0
// Questions about clusters that got no answer that can be used, counted by reason in notes of the
// stage that asked them. A stage with such questions has work left: the next command asks them.
#ifndef RUN_UNANSWERED_H
#define RUN_UNANSWERED_H

#include "llm/llm.h"
#include "run/run.h"

// The key of such a note, "unanswered_no_room", by its place in llm_whys.
#define UNANSWERED_KEY 48
void unanswered_key(char key[UNANSWERED_KEY], size_t i);
// Inside the transaction of the stage's rows; `n` by the places of llm_whys.
int unanswered_put(struct run *run, const char *stage, const int64_t n[LLM_N_WHYS],
                   struct err *err) MUST_USE;
int unanswered_get(struct run *run, const char *stage, int64_t n[LLM_N_WHYS],
                   struct err *err) MUST_USE;
// Whether asking again may bring more: of a server always; a model in this process answers the same
// question in the same way, so of it only what was not asked is left.
int unanswered_is_open(struct run *run, const char *stage, bool *yes, struct err *err) MUST_USE;

#endif
