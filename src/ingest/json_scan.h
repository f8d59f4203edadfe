// SPDX-License-Identifier: Apache-2.0
// The inner loop of writing JSON strings: to the next byte that means something. 16 bytes a step
// with SSE2, which every x86-64 has; elsewhere byte by byte.
#ifndef INGEST_JSON_SCAN_H
#define INGEST_JSON_SCAN_H

#include "base/prelude.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// The first '"', '\\' or control byte (below 0x20) from `at` on; `end` when there is none.
// *high collects whether a byte of 0x80 or more came before it.
static inline const char *scan_text(const char *at, const char *end, unsigned *high)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
    const __m128i low = _mm_set1_epi8(0x1F);
    while (end - at >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash));
        hit = _mm_or_si128(hit, _mm_cmpeq_epi8(_mm_min_epu8(v, low), v));
        unsigned mask = (unsigned)_mm_movemask_epi8(hit), tops = (unsigned)_mm_movemask_epi8(v);
        if (mask) {
            unsigned n = (unsigned)__builtin_ctz(mask);
            *high |= tops & ((1u << n) - 1);
            return at + n;
        }
        *high |= tops;
        at += 16;
    }
#endif
    for (; at < end; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\' || c < 0x20)
            break;
        *high |= c & 0x80u;
    }
    return at;
}

#endif
