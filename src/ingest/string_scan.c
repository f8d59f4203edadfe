// SPDX-License-Identifier: Apache-2.0
// 64 bytes a step, a bit a byte, whatever escapes are in them: by the masks of AVX-512, or with
// SSE2, which every x86-64 has; elsewhere in plain C.
#include "ingest/string_scan.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define STEP 64

struct string_block { // a bit a byte
    uint64_t quotes, slashes, controls, high;
    uint64_t letters; // those that stand behind the '\\' of a plain escape
};
typedef void block_reader(const char *at, struct string_block *b);

// The bytes that stand behind a '\\' which no other '\\' takes away. A run of them is taken two by
// two: adding its first bit to the run carries to behind its end, and tells by the parity of both
// ends whether the last one is free (Langdale and Lemire 2019, section 3.1.1).
INLINE uint64_t find_escaped(uint64_t slashes, uint64_t *carry)
{
    const uint64_t even = 0x5555555555555555u;
    slashes &= ~*carry;
    uint64_t follows = slashes << 1 | *carry, odd_starts = slashes & ~even & ~follows, sum;
    *carry = __builtin_add_overflow(odd_starts, slashes, &sum);
    return (even ^ sum << 1) & follows;
}

// What was seen so far, any bit for yes: without a branch, as escapes come as they like.
struct seen {
    uint64_t high, escapes, odd;
};

// Where in 64 bytes the text ends, 64 if nowhere.
INLINE unsigned scan_block(const char *at, block_reader *read, uint64_t *carry, struct seen *seen)
{
    struct string_block b;
    read(at, &b);
    uint64_t escaped = find_escaped(b.slashes, carry);
    uint64_t stops = (b.quotes | b.controls) & ~escaped;
    uint64_t before = (stops & -stops) - 1; // all of them without a stop
    seen->high |= b.high & before;
    seen->escapes |= b.slashes & before;
    seen->odd |= escaped & ~b.letters & before;
    return stops ? (unsigned)__builtin_ctzll(stops) : STEP;
}

// The last bytes, with quotes behind them.
INLINE const char *scan_tail(const char *at, const char *end, uint64_t carry, struct seen *seen,
                             block_reader *read)
{
    char tail[STEP];
    size_t left = (size_t)(end - at);
    memset(tail, '"', sizeof tail);
    if (left)
        memcpy(tail, at, left);
    size_t n = scan_block(tail, read, &carry, seen);
    if (n < left)
        return at + n;
    bool cut = n > left; // the byte behind the end is the escaped one
    return cut ? end - 1 : end;
}

INLINE const char *scan(const char *at, const char *end, unsigned *marks, block_reader *read)
{
    uint64_t carry = 0;
    unsigned n = STEP;
    struct seen seen = { 0 };
    while (n == STEP && end - at >= STEP)
        at += n = scan_block(at, read, &carry, &seen);
    if (n == STEP)
        at = scan_tail(at, end, carry, &seen, read);
    *marks |= (seen.high ? STRING_HIGH : 0u) | (seen.escapes ? STRING_ESCAPES : 0u) |
              (seen.odd ? STRING_ODD : 0u);
    return at;
}

static inline void read_plain(const char *at, struct string_block *b)
{
    *b = (struct string_block){ 0 };
    for (unsigned i = 0; i < STEP; i++) {
        unsigned char c = (unsigned char)at[i];
        b->quotes |= (uint64_t)(c == '"') << i;
        b->slashes |= (uint64_t)(c == '\\') << i;
        b->controls |= (uint64_t)(c < 0x20) << i;
        b->high |= (uint64_t)(c >= 0x80) << i;
        b->letters |= (uint64_t)(c && strchr("\"\\nrt", c)) << i;
    }
}

static const char *scan_plain(const char *at, const char *end, unsigned *marks)
{
    return scan(at, end, marks, read_plain);
}

#ifdef __x86_64__
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,bmi,bmi2")))

static inline uint64_t bits(__m128i x)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(x);
}

static inline __m128i is(__m128i x, char c)
{
    return _mm_cmpeq_epi8(x, _mm_set1_epi8(c));
}

static inline void read_sse2(const char *at, struct string_block *b)
{
    *b = (struct string_block){ 0 };
    for (unsigned i = 0; i < STEP; i += 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
        __m128i nrt = _mm_or_si128(is(x, 'n'), _mm_or_si128(is(x, 'r'), is(x, 't')));
        b->quotes |= bits(is(x, '"')) << i;
        b->slashes |= bits(is(x, '\\')) << i;
        b->controls |= bits(_mm_cmpeq_epi8(_mm_min_epu8(x, _mm_set1_epi8(0x1F)), x)) << i;
        b->high |= bits(x) << i;
        b->letters |= bits(nrt) << i;
    }
    b->letters |= b->quotes | b->slashes;
}

static const char *scan_sse2(const char *at, const char *end, unsigned *marks)
{
    return scan(at, end, marks, read_sse2);
}

AVX512 static inline uint64_t is_wide(__m512i x, char c)
{
    return _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8(c));
}

AVX512 static inline void read_avx512(const char *at, struct string_block *b)
{
    __m512i x = _mm512_loadu_si512(at);
    *b = (struct string_block){
        .quotes = is_wide(x, '"'),
        .slashes = is_wide(x, '\\'),
        .controls = _mm512_cmple_epu8_mask(x, _mm512_set1_epi8(0x1F)),
        .high = _mm512_movepi8_mask(x),
        .letters = is_wide(x, 'n') | is_wide(x, 'r') | is_wide(x, 't'),
    };
    b->letters |= b->quotes | b->slashes;
}

AVX512 static const char *scan_avx512(const char *at, const char *end, unsigned *marks)
{
    return scan(at, end, marks, read_avx512);
}

size_t scan_string_ways(string_scan *ways[3])
{
    ways[0] = scan_plain;
    ways[1] = scan_sse2;
    ways[2] = scan_avx512;
    return __builtin_cpu_supports("avx512bw") ? 3 : 2;
}

const char *scan_string(const char *at, const char *end, unsigned *marks)
{
    return __builtin_cpu_supports("avx512bw") ? scan_avx512(at, end, marks)
                                              : scan_sse2(at, end, marks);
}
#else
size_t scan_string_ways(string_scan *ways[3])
{
    ways[0] = scan_plain;
    return 1;
}

const char *scan_string(const char *at, const char *end, unsigned *marks)
{
    return scan_plain(at, end, marks);
}
#endif
