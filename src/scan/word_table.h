// SPDX-License-Identifier: Apache-2.0
// The public word lists as one table that answers in a few nanoseconds: words of up to 14 bytes are
// compared as two machine words, whole, so nothing passes for another word, with the four that
// stand in one cache line; longer ones are in a map. What it knows of a word is a set of bits,
// lists and roles together. 2 MiB. Private to scan/.
#ifndef SCAN_WORD_TABLE_H
#define SCAN_WORD_TABLE_H

#include "base/bits.h"
#include "base/err.h"
#include "base/text.h"

// Lists.
#define WORD_COMMON 1u // English
#define WORD_PUBLIC 2u // languages, places, technologies …
#define WORD_GIVEN 4u  // names
#define WORD_FAMILY 8u
#define WORD_LISTS 15u
#define WORD_KNOWN (WORD_COMMON | WORD_PUBLIC)
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
// Whether a word in small letters may lead to a person.
static inline bool word_leads(unsigned bits)
{
    return (bits & (WORD_TITLE | WORD_NAME)) || ((bits & WORD_GIVEN) && !(bits & WORD_KNOWN));
}
// What the first eight bytes of a word in small letters, zeros behind them, tell without a look at
// the table, which is slower: whether it may lead, which all do that lead, and a few percent of the
// others; and whether it is one of the most common words of English, which are known, and no names.
#define HINT_BYTES ((size_t)8)
#define LEAD_BITS 17u // of 131,072 places 4,900 are taken
#define COMMON_BITS 10u
#define HINT_FACTOR 0xD6E8FEB86659FD93ull
struct word_hints {
    uint64_t leads[((size_t)1 << LEAD_BITS) / 64]; // a bit each
    uint64_t common[(size_t)1 << COMMON_BITS];
};
const struct word_hints *word_table_hints(const struct word_table *table);
static inline size_t word_hint_place(uint64_t key, unsigned n_bits)
{
    return (size_t)((key * HINT_FACTOR) >> (64 - n_bits));
}
static inline bool word_hints_lead(const struct word_hints *hints, uint64_t key)
{
    return bits_have(hints->leads, word_hint_place(key, LEAD_BITS));
}
static inline bool word_hints_common(const struct word_hints *hints, uint64_t key)
{
    return hints->common[word_hint_place(key, COMMON_BITS)] == key;
}
// A letter of Latin in lower case and without its accent, as utf8_strip_accents makes it, ended by
// a zero; NULL for other characters.
#define LATIN_FIRST 0xC0u
#define LATIN_END 0x250u
const char *word_table_latin(const struct word_table *table, uint32_t c);
// Where a word of ASCII letters, digits and apostrophes stands, in any case; len 0: nowhere.
struct word_place {
    uint32_t start, len;
};
unsigned word_table_find_at(const struct word_table *table, struct str text,
                            struct word_place place);
// The bits of n of them, at most WORD_MANY, 0 where nothing is known and behind them: together, so
// that the memory of many is fetched at once, and with AVX-512, which takes a third of the time.
// word_table_find_each is the plain form that it must agree with.
#define WORD_MANY ((size_t)64)
bool word_table_is_wide(void); // whether this CPU has what is used of AVX-512
void word_table_find_many(const struct word_table *table, struct str text,
                          const struct word_place *places, size_t n, uint16_t bits[WORD_MANY]);
void word_table_find_each(const struct word_table *table, struct str text,
                          const struct word_place *places, size_t n, uint16_t bits[WORD_MANY]);
// Which of the WORD_MANY have one of `some`: bit i for word i.
uint64_t word_table_which(const uint16_t bits[WORD_MANY], unsigned some);

#endif
