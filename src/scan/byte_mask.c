// SPDX-License-Identifier: Apache-2.0
#include "scan/byte_mask.h"

#ifdef __SSE2__
#include <emmintrin.h>

// Bytes from `first` to `last`, compared without a sign.
static __m128i between(__m128i x, char first, char last)
{
    __m128i from = _mm_sub_epi8(x, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8((char)(last - first))), from);
}

static uint64_t bits(__m128i x)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(x);
}

static void fill_some(const char *p, struct byte_mask *m)
{
    *m = (struct byte_mask){ 0 };
    for (unsigned i = 0; i < MASK_BYTES; i += 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        __m128i digit = between(x, '0', '9'), small = between(x, 'a', 'z');
        __m128i capital = between(x, 'A', 'Z');
        __m128i word = _mm_or_si128(digit, _mm_or_si128(small, capital));
        __m128i sign = _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('+')),
                                    _mm_cmpeq_epi8(x, _mm_set1_epi8('/')));
        sign = _mm_or_si128(sign, _mm_or_si128(_mm_cmpeq_epi8(x, _mm_set1_epi8('_')),
                                               _mm_cmpeq_epi8(x, _mm_set1_epi8('='))));
        sign = _mm_or_si128(sign, _mm_cmpeq_epi8(x, _mm_set1_epi8('-')));
        m->word |= bits(word) << i;
        m->capital |= bits(capital) << i;
        m->small |= bits(small) << i;
        m->digit |= bits(digit) << i;
        m->high |= bits(x) << i;
        m->apostrophe |= bits(_mm_cmpeq_epi8(x, _mm_set1_epi8('\''))) << i;
        m->run |= bits(_mm_or_si128(word, sign)) << i;
    }
}
#else
static void fill_some(const char *p, struct byte_mask *m)
{
    *m = (struct byte_mask){ 0 };
    for (unsigned i = 0; i < MASK_BYTES; i++) {
        unsigned char c = (unsigned char)p[i];
        uint64_t digit = c >= '0' && c <= '9', small = c >= 'a' && c <= 'z';
        uint64_t capital = c >= 'A' && c <= 'Z', word = digit | small | capital;
        uint64_t sign = c == '+' || c == '/' || c == '_' || c == '=' || c == '-';
        m->word |= word << i;
        m->capital |= capital << i;
        m->small |= small << i;
        m->digit |= digit << i;
        m->high |= (uint64_t)(c >> 7) << i;
        m->run |= (word | sign) << i;
        m->apostrophe |= (uint64_t)(c == '\'') << i;
    }
}
#endif

void byte_mask_fill_plain(const char *p, struct byte_mask *m, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fill_some(p + i * MASK_BYTES, &m[i]);
}

#ifdef __x86_64__
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw")))

WIDE static uint64_t wide_between(__m512i x, char first, char last)
{
    __m512i from = _mm512_sub_epi8(x, _mm512_set1_epi8(first));
    return _mm512_cmple_epu8_mask(from, _mm512_set1_epi8((char)(last - first)));
}

WIDE static uint64_t wide_is(__m512i x, char c)
{
    return _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8(c));
}

WIDE static void fill_wide(const char *p, struct byte_mask *m, size_t n)
{
    for (size_t i = 0; i < n; i++, p += MASK_BYTES, m++) {
        __m512i x = _mm512_loadu_si512(p);
        m->digit = wide_between(x, '0', '9');
        m->small = wide_between(x, 'a', 'z');
        m->capital = wide_between(x, 'A', 'Z');
        m->word = m->digit | m->small | m->capital;
        m->high = _mm512_movepi8_mask(x);
        m->run = m->word | wide_is(x, '+') | wide_is(x, '/') | wide_is(x, '_') | wide_is(x, '=') |
                 wide_is(x, '-');
        m->apostrophe = wide_is(x, '\'');
    }
}
#endif

static void fill(const char *p, struct byte_mask *m, size_t n)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512bw")) {
        fill_wide(p, m, n);
        return;
    }
#endif
    byte_mask_fill_plain(p, m, n);
}

struct byte_masks byte_masks_of(struct str text, struct arena *a)
{
    size_t n = text.len / MASK_BYTES + 1;
    struct byte_mask *items = arena_array(a, n + 2, sizeof *items);
    char rest[MASK_BYTES] = { 0 };
    fill(text.ptr, items, n - 1);
    if (text.len % MASK_BYTES)
        memcpy(rest, text.ptr + (n - 1) * MASK_BYTES, text.len % MASK_BYTES);
    fill(rest, &items[n - 1], 1);
    items[n] = items[n + 1] = (struct byte_mask){ 0 };
    return (struct byte_masks){ text, items, n };
}
