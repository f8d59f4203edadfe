// SPDX-License-Identifier: Apache-2.0
// What a strong model is asked about a conversation: all facets of the catalogue in one call, or
// one call a facet (the paper asks one question a call; G.4). Each call is a prompt, the form of
// the answer and what is taken out of it.
#ifndef FACET_FACET_QUESTION_H
#define FACET_FACET_QUESTION_H

#include "facet/facet_set.h"
#include "llm/llm.h"

struct facet_question {
    size_t ids[FACET_MOST]; // places in the list of the facets that it asks for
    size_t n;
    struct str before, after; // the conversation, in the prompt
    const char *schema;
    const char *grammar; // the same in llama.cpp's GBNF, for a model in process
    int max_tokens;
};
struct facet_questions {
    const struct facet_list *list;
    struct facet_question *items;
    size_t n;
};

// `each`: one call a facet. `language`: of texts, by its English name. In the arena.
struct facet_questions facet_questions_make(const struct facet_list *list, bool each,
                                            const char *language, struct arena *a);
// A facet's question with the language of texts in it, and the values it may have. In the arena.
struct str facet_question_text(const struct facet *facet, const char *language, struct arena *a);

#endif
