// SPDX-License-Identifier: Apache-2.0
// Asking a strong model many questions of one kind, with answers that are checked. An answer that
// cannot be used is asked for again, with one sentence on what was wrong, at most ASK_ROUNDS times;
// then it is a gap, which is counted by its reason and never ends the run. The answer of a gap is
// forgotten (llm_forget): the next command asks for it again.
#ifndef ASK_ASK_H
#define ASK_ASK_H

#include "llm/llm.h"

#define ASK_ROUNDS 3
#define ASK_COMPLAINT_BYTES ((size_t)400)
// The forms of answers that prompts/ ask for, in llama.cpp's GBNF. A thought has no tag in it.
#define ASK_LINE "line ::= [^<>\\n\\r]+\n"
#define ASK_NAME "root ::= \"<summary>\" line \"</summary>\\n<title>\" line \"</title>\"\n" ASK_LINE
#define ASK_GRADE "root ::= \"<reason>\" line \"</reason>\\n<grade>\" [1-5] \"</grade>\"\n" ASK_LINE
#define ASK_CHOICE "root ::= [^<>]* \"<answer>\" line \"</answer>\"\n" ASK_LINE
#define ASK_LIST                                                                                   \
    "root ::= [^<>]* \"<answer>\\n\" item+ \"</answer>\"\n"                                        \
    "item ::= [0-9]+ \". \" line \"\\n\"\n" ASK_LINE

// A text as a literal of GBNF, and ASK_CHOICE that lets nothing through but a short thought and one
// of these choices or "none". Both in the arena.
struct str ask_literal(struct str text, struct arena *a);
const char *ask_choice(const struct str *choices, size_t n, struct arena *a);

struct ask {
    struct llm_link *llm;
    struct str prefix;   // the same for all
    const char *grammar; // what bounds answers of a model in process: one of ASK_…; NULL = none
    int max_tokens;
    // Takes the answer to question i; called in the order of i in every round. Returns nothing when
    // it can be used, else a sentence for the model, in the arena.
    struct str (*take)(void *context, size_t i, struct str reply, struct arena *a);
    void *context;
    // Whether an answer to question i that was complained of is one all the same, which is judged
    // and told apart by who asks; NULL: none is.
    bool (*is_answer)(void *context, size_t i);
};
struct ask_counts {            // added up over calls
    int64_t n_asked, n_again;  // questions; asked again
    int64_t n_gaps;            // complained of, or without an answer, to the end
    int64_t n_silent;          // of them: no answer came at all
    int64_t n_why[LLM_N_WHYS]; // without an answer that can be used, by reason (llm_whys)
    int64_t n_prompt_tokens, n_reply_tokens;
};
// Behind a step between questions that comes under their ceiling (vectors of titles): 0 in place of
// ERR_BUDGET, which then counts as a question that was not asked.
int ask_pass_ceiling(struct ask_counts *counts, int rc, struct err *err) MUST_USE;
// gap[i] is true when question i has no answer; may be NULL. Replies are in the arena. An error is
// one of the whole call: a gap is none.
int ask_all(const struct ask *ask, const struct raw *questions, size_t n, struct arena *a,
            bool *gap, struct ask_counts *counts, struct err *err) MUST_USE;

#endif
