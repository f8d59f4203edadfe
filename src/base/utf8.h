// SPDX-License-Identifier: Apache-2.0
// UTF-8. utf8.c is the one door to utf8proc.
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/arena.h"

// True when `s` is well-formed (no overlong forms, surrogates or values past U+10FFFF); else
// *bad is the offset of the first wrong byte. `bad` may be NULL.
bool utf8_is_valid(struct str s, size_t *bad);
uint32_t utf8_next_wide(struct str s, size_t *at); // as utf8_next, whatever stands there
// Decodes the character at *at and moves on; U+FFFD and one byte for a malformed one. 0 at the end.
static inline uint32_t utf8_next(struct str s, size_t *at)
{
    if (*at < s.len && (unsigned char)s.ptr[*at] < 0x80) // most
        return (unsigned char)s.ptr[(*at)++];
    return utf8_next_wide(s, at);
}
// Writes c (1 … 4 bytes) and returns how many; c must be a Unicode scalar value.
size_t utf8_put(uint32_t c, char out[4]);
uint32_t utf8_lower_char(uint32_t c); // simple mapping of one character
uint32_t utf8_upper_char(uint32_t c);
// The longest head of at most max bytes that ends on a character boundary.
struct str utf8_clip(struct str s, size_t max);
size_t utf8_count(struct str s); // characters

// Malformed bytes replaced by U+FFFD; returns `s` itself when there are none.
struct str utf8_repair(struct arena *a, struct str s);
// Lower case and NFKC with default-ignorable characters (zero-width …) removed. For comparing and
// scanning, not for showing.
struct str utf8_fold(struct arena *a, struct str s);
// For scanning with the case kept: characters that are another form of ASCII (full width, other
// digits and dashes, letters that look Latin, "。" between two of ASCII) become ASCII, invisible
// ones go, the rest stays.
// (*origin)[i] is the place in `s` of byte i of the result, and (*origin)[len] is s.len; NULL when
// nothing of `s` changes and it comes back as it is.
struct str utf8_plain(struct arena *a, struct str s, uint32_t **origin);
// Lower case only, other characters as they are.
struct str utf8_lower(struct arena *a, struct str s);
// The classic clean-up of BERT's uncased tokenizers: NFD without combining marks, lower case.
struct str utf8_strip_accents(struct arena *a, struct str s);

enum utf8_class { UTF8_OTHER, UTF8_LETTER, UTF8_MARK, UTF8_DIGIT, UTF8_SPACE, UTF8_PUNCTUATION,
                  UTF8_SYMBOL, UTF8_CONTROL };
bool utf8_is_stop(uint32_t c); // ends a sentence, and is none of Latin's: "。" "؟" "।" "։" …
enum utf8_class utf8_class(uint32_t c); // by Unicode general category; UTF8_CONTROL = Cc, Cf

#endif
