// SPDX-License-Identifier: Apache-2.0
// An oracle: answers every kind of prompt from planted truth, with a rate of errors and a rate of
// malformed answers that can be set. Truth is a list of topics, each in a field; a conversation's
// facet value is "topic in field: …". A title that names no field, as the gates leave some, is read
// as a person would who knows the fields: by the words of their texts. What is drawn depends on the
// seed and the prompt alone, so an answer does not depend on when it is asked for. Used as a link
// in unit tests and behind HTTP in tests/tool/tool_oracle.c.
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "base/map.h"

struct oracle_topic {
    struct str topic, field; // lower case
    size_t i_field, i_chunk; // chunks are numbered through
};
struct oracle {
    struct arena arena;
    struct map fields; // lower case
    struct map texts;  // letters of a conversation's text → topic
    struct map words;  // a word of the texts → how often it is there
    struct map spoken; // "field:word" → how often texts of that field have it
    struct oracle_topic *topics;
    size_t n_topics, n_chunks;
    double errors, facet_errors, malformed; // rates, 0 … 1
    struct str privates;                    // lines: a text with one of them has a private detail
    uint64_t seed;
    size_t n_asked, n_wrong, n_malformed;
};

// Topics and texts of a TSV with a header: field, topic, text and perhaps language and the text in
// English, which `each` is told (NULL: nobody).
int oracle_read(struct oracle *o, const char *path,
                void (*each)(void *context, size_t i_text, struct str language, struct str english),
                void *context, struct err *err) MUST_USE;
// The texts of all messages in the body of a request for chat completions; empty when it is none.
struct str oracle_prompt(struct str body, struct arena *a);
// The first turn of the person in a facet prompt; empty for another prompt.
struct str oracle_turn(struct str prompt);
// A zeroed oracle is ready for topics; close frees all.
void oracle_close(struct oracle *o);
// Both in lower case. Returns the topic's number.
size_t oracle_add(struct oracle *o, struct str topic, struct str field);
// A conversation's text, for oracle_facet. Returns its number, that of the first with its letters.
size_t oracle_add_text(struct oracle *o, struct str text, size_t topic);
// The facet value of a conversation: what its text is about, and the text. Empty when the text is
// none of the truth's; else *i_text is its number. In the arena, as all answers are.
struct str oracle_facet(struct oracle *o, struct str text, size_t *i_text, struct arena *a);
// The answer to a prompt of describe, hierarchy or audit; empty when it is none of these.
struct str oracle_answer(struct oracle *o, struct str prompt, struct arena *a);

#endif
