// SPDX-License-Identifier: Apache-2.0
// The inner loop of reading JSON strings: to the quote that closes a text. 64 bytes a step with
// SSE2, which every x86-64 has, whatever escapes are in them; elsewhere byte by byte.
#ifndef INGEST_STRING_SCAN_H
#define INGEST_STRING_SCAN_H

#include "base/prelude.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// What scan_string saw before it stopped.
enum string_marks {
    STRING_HIGH = 1,    // a byte of 0x80 or more
    STRING_ESCAPES = 2, // a '\\'
    STRING_ODD = 4, // an escape that is none of \" \\ \n \r \t: those that value_put_text writes
};

#ifdef __SSE2__
struct string_block { // a bit a byte
    uint64_t quotes, slashes, controls, high;
};

static inline struct string_block read_string_block(const char *at)
{
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
    const __m128i low = _mm_set1_epi8(0x1F);
    struct string_block b = { 0 };
    for (unsigned i = 0; i < 64; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
        __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(v, low), v);
        b.quotes |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, quote)) << i;
        b.slashes |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, slash)) << i;
        b.controls |= (uint64_t)(unsigned)_mm_movemask_epi8(is_control) << i;
        b.high |= (uint64_t)(unsigned)_mm_movemask_epi8(v) << i;
    }
    return b;
}

// The bytes that stand behind a '\\' which no other '\\' takes away. A run of them is taken two by
// two: adding its first bit to the run carries to behind its end, and tells by the parity of both
// ends whether the last one is free (Langdale and Lemire 2019, section 3.1.1).
static inline uint64_t find_escaped(uint64_t slashes, uint64_t *carry)
{
    const uint64_t even = 0x5555555555555555u;
    slashes &= ~*carry;
    uint64_t follows = slashes << 1 | *carry, odd_starts = slashes & ~even & ~follows, sum;
    *carry = __builtin_add_overflow(odd_starts, slashes, &sum);
    return (even ^ sum << 1) & follows;
}

static inline uint64_t find_plain_escapes(const char *at)
{
    static const char letters[] = "\"\\nrt";
    uint64_t found = 0;
    for (unsigned i = 0; i < 64; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
        __m128i hit = _mm_cmpeq_epi8(v, _mm_set1_epi8(letters[0]));
        for (unsigned k = 1; k < 5; k++)
            hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8(letters[k])));
        found |= (uint64_t)(unsigned)_mm_movemask_epi8(hit) << i;
    }
    return found;
}

// Where in 64 bytes the text ends, 64 if nowhere.
static inline unsigned scan_string_block(const char *at, uint64_t *carry, unsigned *marks)
{
    struct string_block b = read_string_block(at);
    uint64_t escaped = 0;
    if (b.slashes | *carry)
        escaped = find_escaped(b.slashes, carry);
    uint64_t stops = (b.quotes | b.controls) & ~escaped;
    uint64_t before = stops ? (stops & -stops) - 1 : ~(uint64_t)0;
    *marks |= b.high & before ? STRING_HIGH : 0u;
    *marks |= b.slashes & before ? STRING_ESCAPES : 0u;
    if (escaped & before && escaped & before & ~find_plain_escapes(at))
        *marks |= STRING_ODD;
    return stops ? (unsigned)__builtin_ctzll(stops) : 64;
}
#endif

// From inside a text to the '"' that closes it or the control byte that may not be in it, whichever
// comes first; else to the '\\' whose escape is cut off by the end, else to `end`.
static inline const char *scan_string(const char *at, const char *end, unsigned *marks)
{
#ifdef __SSE2__
    uint64_t carry = 0;
    while (end - at >= 64) {
        unsigned n = scan_string_block(at, &carry, marks);
        at += n;
        if (n < 64)
            return at;
    }
    char tail[64];
    size_t left = (size_t)(end - at);
    memset(tail, '"', sizeof tail);
    if (left)
        memcpy(tail, at, left);
    size_t n = scan_string_block(tail, &carry, marks);
    if (n < left)
        return at + n;
    bool cut = n > left; // the byte behind the end is the escaped one
    return cut ? end - 1 : end;
#else
    for (; at < end; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c < 0x20)
            return at;
        *marks |= c & 0x80 ? STRING_HIGH : 0u;
        if (c != '\\')
            continue;
        *marks |= STRING_ESCAPES;
        if (at + 1 == end)
            return at;
        *marks |= at[1] && strchr("\"\\nrt", at[1]) ? 0u : STRING_ODD;
        *marks |= at[1] & 0x80 ? STRING_HIGH : 0u;
        at++;
    }
    return end;
#endif
}

#endif
