// SPDX-License-Identifier: Apache-2.0
// Looks at single bytes of a text; what lies before or behind it is a zero. Private to scan/.
#ifndef SCAN_BYTE_AT_H
#define SCAN_BYTE_AT_H

#include "base/text.h"

static inline unsigned char byte_at(struct str text, size_t at)
{
    return at < text.len ? (unsigned char)text.ptr[at] : 0;
}

static inline unsigned char lower_at(struct str text, size_t at)
{
    return byte_at(text, at) | 0x20;
}

static inline bool is_digit_at(struct str text, size_t at)
{
    return (unsigned char)(byte_at(text, at) - '0') < 10;
}

static inline bool is_capital_at(struct str text, size_t at)
{
    return (unsigned char)(byte_at(text, at) - 'A') < 26;
}

static inline bool is_letter_at(struct str text, size_t at)
{
    return (unsigned char)(lower_at(text, at) - 'a') < 26;
}

static inline bool is_alnum_at(struct str text, size_t at)
{
    return is_digit_at(text, at) || is_letter_at(text, at);
}

// As \w of patterns says.
static inline bool is_word_at(struct str text, size_t at)
{
    return is_alnum_at(text, at) || byte_at(text, at) == '_';
}

static inline bool is_hex_at(struct str text, size_t at)
{
    return is_digit_at(text, at) || (unsigned char)(lower_at(text, at) - 'a') < 6;
}

// Letters as a set.
#define L(c) (1u << ((c) - 'a'))
static inline bool is_among(unsigned char lower, uint32_t letters)
{
    unsigned i = lower - 'a';
    return i < 26 && letters >> i & 1;
}

// How many digits end right before `at`, which goes to the first of them; more than `most` are one
// more than that.
static inline size_t digits_before(struct str text, size_t *at, size_t most)
{
    size_t n = 0;
    for (; n <= most && is_digit_at(text, *at - 1); n++)
        *at -= 1;
    return n;
}

// Second letters by the first.
#define AT(c) [(c) - 'a']
static inline bool is_pair_at(struct str text, size_t at, const uint32_t seconds[26])
{
    unsigned first = lower_at(text, at) - 'a';
    return first < 26 && is_among(lower_at(text, at + 1), seconds[first]);
}

// In any case of letters. A few other bytes that differ in one bit pass as well.
static inline bool begins_at(struct str text, size_t at, const char *word)
{
    for (; *word; word++, at++)
        if (lower_at(text, at) != ((unsigned char)*word | 0x20))
            return false;
    return true;
}

// The last byte first: it seldom fits.
static inline bool ends_at(struct str text, size_t at, const char *word)
{
    size_t n = strlen(word);
    return at >= n && lower_at(text, at - 1) == ((unsigned char)word[n - 1] | 0x20) &&
           begins_at(text, at - n, word);
}

#endif
