// SPDX-License-Identifier: Apache-2.0
// Asking a model many short questions about conversations, with answers that are checked: as
// ask.h, but of any model, with one more try instead of two, without a sentence on what was wrong,
// and with one of our words for why a question has no answer.
#ifndef ASK_ASK_TWICE_H
#define ASK_ASK_TWICE_H

#include "ask/ask.h"

struct ask_twice {
    struct llm_link *llm;
    // Question i. `repair`: the answer before could not be read.
    int (*make)(void *context, size_t i, bool repair, struct arena *a, struct llm_request *request,
                struct err *err);
    // Takes the answer to question i: NULL, or why it cannot be used (static).
    const char *(*take)(void *context, size_t i, struct str reply, struct arena *a);
    void *context;
    const char *otherwise; // what becomes of questions without an answer, for the person
};
// gaps[i] is NULL where question i was answered. When money or time is used up, what is there is
// taken, the rest, what was to be asked once more too, gets the gap WHY_NOT_ASKED, *over is set and
// 0 is returned. With *over set before, the person is not told again; what is kept of answers is
// still taken. Answers lie in the arena.
int ask_twice(const struct ask_twice *ask, size_t n, struct arena *a, const char **gaps,
              struct ask_counts *counts, bool *over, struct err *err) MUST_USE;

// Offers the same questions beforehand (llm_offer); arena as above.
int ask_twice_offer(const struct ask_twice *ask, size_t n, struct arena *a,
                    struct err *err) MUST_USE;

// Gaps of questions that were never answered; a later run asks these again.
extern const char *const ask_open_gaps[]; // ended by NULL
bool ask_is_open(const char *gap);        // NULL is not

#endif
