// SPDX-License-Identifier: Apache-2.0
// The words of a text, for the rules about names. Where they are is found by masks of 64 bytes.
// Looked up in the table are only those with which a rule can begin: with a capital, an apostrophe
// or a byte past ASCII, and of words in small letters what may lead to a person (word_hints_lead):
// one of five. For words beside them the rules ask. Private to scan/.
#ifndef SCAN_TEXT_WORDS_H
#define SCAN_TEXT_WORDS_H

#include "scan/byte_mask.h"
#include "scan/word_table.h"

struct text_words {
    struct str text;
    const struct word_table *table;
    struct arena *arena;
    size_t n;
    uint32_t *starts, *ends; // of each word in the text
    uint16_t *bits;          // of word_table.h; 0: not asked, see text_words_bits
    // Bit i of number k is of byte 64 k + i: a word with bytes past ASCII begins there; a capital
    // behind a small letter.
    uint64_t *high, *inner;
    uint32_t *telling; // the words with which a rule can begin, in order
    size_t n_telling;
    bool english;
};

// Table and masks are borrowed, all that is made lives in the arena.
void text_words_read(struct text_words *words, const struct word_table *table,
                     const struct byte_masks *masks, struct arena *a);
// The same without AVX-512.
void text_words_read_plain(struct text_words *words, const struct word_table *table,
                           const struct byte_masks *masks, struct arena *a);
// In lower case, without accents and 's; in the arena.
struct str text_words_lower(const struct text_words *words, size_t i, struct arena *a);
size_t text_words_lower_len(const struct text_words *words, size_t i);
// No number, and nothing that begins with a letter that is none of ASCII without its accent.
bool text_words_is_letters(const struct text_words *words, size_t i);
bool text_words_has_inner(const struct text_words *words,
                          size_t i); // a capital behind a small letter

// One of the most common words of English, which are in a list; most of them are known as such.
bool text_words_is_common(const struct text_words *words, size_t i);

// What the table says of word i; asked now if it was not.
uint16_t text_words_ask(const struct text_words *words, size_t i);
static inline unsigned text_words_bits(const struct text_words *words, size_t i)
{
    return words->bits[i] ? words->bits[i] : text_words_ask(words, i);
}

static inline struct str text_words_str(const struct text_words *words, size_t i)
{
    return str_make(words->text.ptr + words->starts[i], words->ends[i] - words->starts[i]);
}

static inline bool text_words_is_ascii(const struct text_words *words, size_t i)
{
    return !bits_have(words->high, words->starts[i]);
}

// Where a word of ASCII stands, without 's.
static inline struct word_place text_words_place(const struct text_words *words, size_t i)
{
    const char *end = words->text.ptr + words->ends[i];
    uint32_t len = words->ends[i] - words->starts[i];
    bool own = len > 2 && end[-2] == '\'' && (end[-1] | 0x20) == 's';
    return (struct word_place){ words->starts[i], len - (own ? 2 : 0) };
}

// Whether a word begins with a capital; of one that begins past ASCII.
bool text_words_is_high_upper(const struct text_words *words, size_t i);
static inline bool text_words_is_upper(const struct text_words *words, size_t i)
{
    unsigned char first = (unsigned char)words->text.ptr[words->starts[i]];
    return first < 0x80 ? first >= 'A' && first <= 'Z' : text_words_is_high_upper(words, i);
}

#endif
