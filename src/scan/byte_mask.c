// SPDX-License-Identifier: Apache-2.0
#include "scan/byte_mask.h"

struct byte_mask { // of 64 bytes
#define FIELD(name) uint64_t name;
    BYTE_FIELDS(FIELD)
#undef FIELD
};

#ifdef __SSE2__
#include <emmintrin.h>

// Bytes from `first` to `last`, compared without a sign.
static __m128i between(__m128i x, char first, char last)
{
    __m128i from = _mm_sub_epi8(x, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8((char)(last - first))), from);
}

static __m128i is(__m128i x, char c)
{
    return _mm_cmpeq_epi8(x, _mm_set1_epi8(c));
}

static __m128i either(__m128i x, __m128i y)
{
    return _mm_or_si128(x, y);
}

static uint64_t bits(__m128i x)
{
    return (uint64_t)(unsigned)_mm_movemask_epi8(x);
}

static void fill_letters(__m128i x, struct byte_mask *m, unsigned i)
{
    __m128i digit = between(x, '0', '9'), small = between(x, 'a', 'z');
    __m128i capital = between(x, 'A', 'Z'), word = either(digit, either(small, capital));
    __m128i hyphen = is(x, '-'), equal = is(x, '='), slash = is(x, '/'), plus = is(x, '+');
    __m128i line = is(x, '_'), point = is(x, '.'), space = is(x, ' '), shut = is(x, ')');
    __m128i run = either(either(word, hyphen), either(either(equal, slash), either(plus, line)));
    __m128i joint = either(either(space, hyphen), either(either(point, slash), plus));
    __m128i back = is(either(x, _mm_set1_epi8(0x20)), '|'); // of which \ is one
    __m128i sign = either(either(is(x, '@'), is(x, '%')), either(is(x, '&'), is(x, '<')));
    sign = _mm_andnot_si128(is(x, '|'), either(sign, either(slash, back)));
    __m128i part = either(either(equal, shut), either(is(x, ']'), is(x, '}')));
    m->word |= bits(word) << i;
    m->capital |= bits(capital) << i;
    m->small |= bits(small) << i;
    m->digit |= bits(digit) << i;
    m->high |= bits(x) << i;
    m->run |= bits(run) << i;
    m->space |= bits(space) << i;
    m->point |= bits(point) << i;
    m->hyphen |= bits(hyphen) << i;
    m->part |= bits(part) << i;
    m->joint |= bits(either(joint, either(is(x, '('), shut))) << i;
    m->grouped |= bits(either(line, is(x, '*'))) << i;
    m->sign |= bits(sign) << i;
}

static void fill_others(__m128i x, struct byte_mask *m, unsigned i)
{
    __m128i lower = either(x, _mm_set1_epi8(0x20)), apostrophe = is(x, '\'');
    __m128i tail =
        either(either(is(lower, 'd'), is(lower, 'e')), either(is(lower, 'n'), is(lower, 't')));
    tail = either(either(tail, is(lower, 'y')), either(apostrophe, is(x, '"')));
    m->apostrophe |= bits(apostrophe) << i;
    m->colon |= bits(is(x, ':')) << i;
    m->tail |= bits(either(tail, either(is(x, ' '), between(x, '\t', '\r')))) << i;
    m->i |= bits(is(lower, 'i')) << i;
    m->s |= bits(is(lower, 's')) << i;
    m->o |= bits(is(lower, 'o')) << i;
}

static void fill_some(const char *p, struct byte_mask *m)
{
    *m = (struct byte_mask){ 0 };
    for (unsigned i = 0; i < MASK_BYTES; i += 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        fill_letters(x, m, i);
        fill_others(x, m, i);
    }
}
#endif

// The classes of a byte below 128, two tables of eight bits.
#define IN(c, a, b) ((c) >= (a) && (c) <= (b))
#define IS_LETTER(c, a) (((c) | 0x20) == (a) && (c) >= 'A')
#define FIRST_CLASSES(c)                                                                           \
    (IN(c, '0', '9') | IN(c, 'A', 'Z') << 1 | IN(c, 'a', 'z') << 2 |                               \
     ((c) == '+' || (c) == '/' || (c) == '_' || (c) == '=' || (c) == '-') << 3 |                   \
     ((c) == '\'') << 4 | ((c) == ' ') << 5 | ((c) == '.') << 6 | ((c) == '-') << 7)
#define IS_TAIL(c)                                                                                 \
    ((c) == ' ' || IN(c, '\t', '\r') || (c) == '"' || (c) == '\'' || IS_LETTER(c, 'd') ||          \
     IS_LETTER(c, 'e') || IS_LETTER(c, 'n') || IS_LETTER(c, 't') || IS_LETTER(c, 'y'))
#define IS_SIGN(c)                                                                                 \
    ((c) == '@' || (c) == '%' || (c) == '&' || (c) == '<' || (c) == '/' || (c) == '\\')
#define IS_PART(c) ((c) == '=' || (c) == ')' || (c) == ']' || (c) == '}')
#define SECOND_CLASSES(c)                                                                          \
    (((c) == ':') | IS_PART(c) << 1 |                                                              \
     ((c) == ' ' || (c) == '(' || (c) == ')' || (c) == '+' || (c) == '-' || (c) == '.' ||          \
      (c) == '/')                                                                                  \
         << 2 |                                                                                    \
     ((c) == '_' || (c) == '*') << 3 | IS_SIGN(c) << 4 | IS_TAIL(c) << 5 |                         \
     IS_LETTER(c, 'i') << 6 | IS_LETTER(c, 's') << 7)
#define FOUR(f, c) f(c), f((c) + 1), f((c) + 2), f((c) + 3)
#define MANY(f, c) FOUR(f, c), FOUR(f, (c) + 4), FOUR(f, (c) + 8), FOUR(f, (c) + 12)
#define ALL(f)                                                                                     \
    MANY(f, 0), MANY(f, 16), MANY(f, 32), MANY(f, 48), MANY(f, 64), MANY(f, 80), MANY(f, 96),      \
        MANY(f, 112)
static const uint8_t first_classes[128] = { ALL(FIRST_CLASSES) };
static const uint8_t second_classes[128] = { ALL(SECOND_CLASSES) };

#ifndef __SSE2__
static void fill_some(const char *p, struct byte_mask *m)
{
    *m = (struct byte_mask){ 0 };
    for (unsigned i = 0; i < MASK_BYTES; i++) {
        unsigned char c = (unsigned char)p[i];
        uint64_t a = c < 0x80 ? first_classes[c] : 0, b = c < 0x80 ? second_classes[c] : 0;
        m->digit |= (a & 1) << i;
        m->capital |= (a >> 1 & 1) << i;
        m->small |= (a >> 2 & 1) << i;
        m->word |= (uint64_t)((a & 7) != 0) << i;
        m->run |= (uint64_t)((a & 15) != 0) << i;
        m->apostrophe |= (a >> 4 & 1) << i;
        m->space |= (a >> 5 & 1) << i;
        m->point |= (a >> 6 & 1) << i;
        m->hyphen |= (a >> 7) << i;
        m->colon |= (b & 1) << i;
        m->part |= (b >> 1 & 1) << i;
        m->joint |= (b >> 2 & 1) << i;
        m->grouped |= (b >> 3 & 1) << i;
        m->sign |= (b >> 4 & 1) << i;
        m->tail |= (b >> 5 & 1) << i;
        m->i |= (b >> 6 & 1) << i;
        m->s |= (b >> 7) << i;
        m->o |= (uint64_t)((c | 0x20) == 'o') << i;
        m->high |= (uint64_t)(c >> 7) << i;
    }
}
#endif

void byte_masks_fill_plain(struct byte_masks *masks, const char *p, size_t first, size_t n)
{
    struct byte_mask m;
    for (size_t k = first; k < first + n; k++, p += MASK_BYTES) {
        fill_some(p, &m);
#define FIELD(name) masks->name[k] = m.name;
        BYTE_FIELDS(FIELD)
#undef FIELD
    }
}

void byte_places_plain(const uint64_t *bits, size_t n, uint32_t *places)
{
    for (size_t i = 0; i < n; i++)
        for (uint64_t left = bits[i]; left; left &= left - 1)
            *places++ = (uint32_t)(i * MASK_BYTES + (size_t)__builtin_ctzll(left));
}

#ifdef __x86_64__
#include <immintrin.h>

#define AHEAD 1024 // bytes: a text that was just read is not near yet
#define WIDE __attribute__((target("avx512f,avx512bw,avx512vbmi")))

WIDE static uint64_t has(__m512i classes, int bit)
{
    return _mm512_test_epi8_mask(classes, _mm512_set1_epi8((char)(1 << bit)));
}

WIDE static void fill_wide(struct byte_masks *masks, const char *p, size_t first, size_t n)
{
    __m512i one[] = { _mm512_loadu_si512(first_classes), _mm512_loadu_si512(first_classes + 64) };
    __m512i two[] = { _mm512_loadu_si512(second_classes), _mm512_loadu_si512(second_classes + 64) };
    for (size_t k = first; k < first + n; k++, p += MASK_BYTES) {
        __builtin_prefetch(p + AHEAD);
        __m512i x = _mm512_loadu_si512(p);
        __mmask64 high = _mm512_movepi8_mask(x);
        __m512i a = _mm512_maskz_permutex2var_epi8(~high, one[0], x, one[1]);
        __m512i b = _mm512_maskz_permutex2var_epi8(~high, two[0], x, two[1]);
        __m512i lower = _mm512_or_si512(x, _mm512_set1_epi8(0x20));
        masks->high[k] = high;
        masks->digit[k] = has(a, 0);
        masks->capital[k] = has(a, 1);
        masks->small[k] = has(a, 2);
        masks->word[k] = _mm512_test_epi8_mask(a, _mm512_set1_epi8(7));
        masks->run[k] = _mm512_test_epi8_mask(a, _mm512_set1_epi8(15));
        masks->apostrophe[k] = has(a, 4);
        masks->space[k] = has(a, 5);
        masks->point[k] = has(a, 6);
        masks->hyphen[k] = has(a, 7);
        masks->colon[k] = has(b, 0);
        masks->part[k] = has(b, 1);
        masks->joint[k] = has(b, 2);
        masks->grouped[k] = has(b, 3);
        masks->sign[k] = has(b, 4);
        masks->tail[k] = has(b, 5);
        masks->i[k] = has(b, 6);
        masks->s[k] = has(b, 7);
        masks->o[k] = _mm512_cmpeq_epi8_mask(lower, _mm512_set1_epi8('o'));
    }
}

#define PRESS __attribute__((target("avx512f,avx512bw,avx512vbmi2,popcnt")))
PRESS static void places_wide(const uint64_t *bits, size_t n, uint32_t *places)
{
    char count[MASK_BYTES];
    for (unsigned i = 0; i < sizeof count; i++)
        count[i] = (char)i;
    __m512i all = _mm512_loadu_si512(count);
    for (size_t i = 0; i < n; i++) {
        __m512i base = _mm512_set1_epi32((int)(i * MASK_BYTES));
        __m512i here = _mm512_maskz_compress_epi8(bits[i], all);
        size_t n_bits = (size_t)__builtin_popcountll(bits[i]);
        __m512i four = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(here));
        _mm512_storeu_si512(places, _mm512_add_epi32(base, four));
        for (size_t k = 16; k < n_bits; k += 16) { // seldom
            here = _mm512_shuffle_i64x2(here, here, 0x39);
            four = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(here));
            _mm512_storeu_si512(places + k, _mm512_add_epi32(base, four));
        }
        places += n_bits;
    }
}
#endif

static void fill(struct byte_masks *masks, const char *p, size_t first, size_t n)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw")) {
        fill_wide(masks, p, first, n);
        return;
    }
#endif
    byte_masks_fill_plain(masks, p, first, n);
}

void byte_places(const uint64_t *bits, size_t n, uint32_t *places)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bw")) {
        places_wide(bits, n, places);
        return;
    }
#endif
    byte_places_plain(bits, n, places);
}

struct byte_masks byte_masks_of(struct str text, struct arena *a)
{
    size_t n = text.len / MASK_BYTES + 1, room = size_round_up(n, MASKS_EACH), n_fields = 0;
    struct byte_masks masks = { .text = text, .n = n };
#define FIELD(name) n_fields++;
    BYTE_FIELDS(FIELD)
#undef FIELD
    uint64_t *numbers = arena_array(a, n_fields * (room + 1), sizeof *numbers);
#define FIELD(name)                                                                                \
    masks.name = numbers + 1;                                                                      \
    masks.name[-1] = 0;                                                                            \
    memset(masks.name + n, 0, (room - n) * sizeof *numbers);                                       \
    numbers += room + 1;
    BYTE_FIELDS(FIELD)
#undef FIELD
    char rest[MASK_BYTES] = { 0 };
    fill(&masks, text.ptr, 0, n - 1);
    if (text.len % MASK_BYTES)
        memcpy(rest, text.ptr + (n - 1) * MASK_BYTES, text.len % MASK_BYTES);
    fill(&masks, rest, n - 1, 1);
    return masks;
}
