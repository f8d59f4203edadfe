// SPDX-License-Identifier: Apache-2.0
// The public word lists as one table that answers in a few nanoseconds: words of up to 14 bytes are
// compared as two machine words, whole, so nothing passes for another word; longer ones are in a
// map. What it knows of a word is a set of bits, lists and roles together. 2 MiB. Private to scan/.
#ifndef SCAN_WORD_TABLE_H
#define SCAN_WORD_TABLE_H

#include "base/err.h"
#include "base/text.h"

// Lists.
#define WORD_COMMON 1u // English
#define WORD_PUBLIC 2u // languages, places, technologies …
#define WORD_GIVEN 4u  // names
#define WORD_FAMILY 8u
#define WORD_LISTS 15u
// Roles in the rules for names; a word may have one without being in a list.
#define WORD_TITLE 16u        // "mr", "frau"
#define WORD_BEFORE_PLACE 32u // "in", "near"
#define WORD_ORGANISATION 64u // "ltd", "university"
#define WORD_IS 128u
#define WORD_NAME 256u // the word "name"
#define WORD_NOT 512u

struct word_table;
int word_table_open(struct word_table **table, struct err *err) MUST_USE; // with all lists
void word_table_close(struct word_table *table);                          // accepts NULL
// Bits of a word in lower case; 0 when it is not known.
unsigned word_table_find(const struct word_table *table, struct str word);
// The same for n bytes of ASCII at `at` of the text, in any case. In two steps, so that the memory
// of many words is fetched at once: ask, then ask for others, then take the answer.
struct word_asked {
    uint64_t low, high; // the word, where it is short
    struct str text;    // a longer one
};
struct word_asked word_table_ask(const struct word_table *table, struct str text, size_t at,
                                 size_t n);
unsigned word_table_answer(const struct word_table *table, const struct word_asked *asked);

#endif
