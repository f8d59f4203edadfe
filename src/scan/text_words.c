// SPDX-License-Identifier: Apache-2.0
#include "scan/text_words.h"

#include "base/bits.h"
#include "base/utf8.h"

#define ASKED 0x8000u // of `bits`: they are there
#define N_ENGLISH 4   // a text of more words than this is English by its words

// What is known of every 64 bytes, a bit each.
struct reader {
    const struct byte_masks *masks;
    uint64_t *inside;          // bytes of words; zeros before the first 64 and behind the last
    uint64_t *first, *past;    // the first byte of each word, the first one behind each
    uint64_t *odd;             // a bit a word: an inner capital, an apostrophe, bytes past ASCII
    uint64_t *high, *inner;    // see struct text_words
    bool any_high;             // bytes past ASCII
    size_t n_letters, n_known; // see text_words_is_letters; words that are known
    uint32_t *rest;            // words that were not looked up, and may be known
    size_t n_rest;
};

// Where words are --------------------------------------------------------------------------------

static bool is_word_char(uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    enum utf8_class class = utf8_class(c);
    return class == UTF8_LETTER || class == UTF8_MARK || class == UTF8_DIGIT;
}

static bool is_word_at(struct str text, size_t at)
{
    return at < text.len && is_word_char(utf8_next(text, &at));
}

// Letters past ASCII from `at` on, and the apostrophe U+2019 between two characters of a word.
// Returns the end of what is past ASCII.
static size_t add_high(struct reader *r, size_t at)
{
    struct str text = r->masks->text;
    while (at < text.len && (unsigned char)text.ptr[at] >= 0x80) {
        size_t start = at;
        uint32_t c = utf8_next(text, &at);
        bool joins = c == 0x2019 && start > 0 && bits_have(r->inside, start - 1);
        if (is_word_char(c) || (joins && is_word_at(text, at)))
            for (size_t i = start; i < at; i++)
                bits_add(r->inside, i);
    }
    return at;
}

static void find_inside(struct reader *r)
{
    const struct byte_masks *masks = r->masks;
    uint64_t *inside = r->inside;
    size_t high_end = 0;
    for (size_t i = 0; i < masks->n; i++) {
        inside[i] |= masks->word[i];
        r->any_high = r->any_high || masks->high[i];
        for (uint64_t high = masks->high[i]; high; high &= high - 1) {
            size_t at = i * MASK_BYTES + (size_t)__builtin_ctzll(high);
            if (at >= high_end)
                high_end = add_high(r, at);
        }
    }
    for (size_t i = 0; i < masks->n; i++) {
        uint64_t before = inside[i] << 1 | inside[(ptrdiff_t)i - 1] >> 63;
        uint64_t behind = inside[i] >> 1 | inside[i + 1] << 63;
        inside[i] |= masks->apostrophe[i] & before & behind;
    }
}

// Where words begin and end, and which are odd. Returns how many there are.
static inline __attribute__((always_inline)) size_t find_words(struct reader *r)
{
    const struct byte_masks *m = r->masks;
    size_t n = 0, last = 0; // where the last word began
    for (size_t i = 0; i < m->n; i++) {
        uint64_t inside = r->inside[i], before = inside << 1 | r->inside[(ptrdiff_t)i - 1] >> 63;
        uint64_t inner = m->capital[i] & (m->small[i] << 1 | m->small[(ptrdiff_t)i - 1] >> 63);
        r->inner[i] = inner;
        uint64_t marks = inside & (inner | m->apostrophe[i] | m->high[i]), first = inside & ~before;
        r->first[i] = first;
        r->past[i] = ~inside & before;
        r->high[i] = 0;
        for (; marks; marks &= marks - 1) {
            uint64_t here = first & (marks ^ (marks - 1));
            size_t start = here ? i * MASK_BYTES + 63 - (size_t)__builtin_clzll(here) : last;
            bits_add(r->odd, n + (size_t)__builtin_popcountll(here) - 1); // n: words before
            if (m->high[i] & marks & -marks)
                bits_add(r->high, start);
        }
        if (first)
            last = i * MASK_BYTES + 63 - (size_t)__builtin_clzll(first);
        n += (size_t)__builtin_popcountll(first);
    }
    return n;
}

// Reading one ------------------------------------------------------------------------------------

static bool has_high(const struct text_words *words, size_t i)
{
    return !text_words_is_ascii(words, i);
}

static bool begins_high(const struct text_words *words, size_t i)
{
    return (unsigned char)words->text.ptr[words->starts[i]] >= 0x80;
}

// "I\u2019m" as the lists spell it.
static struct str with_plain_apostrophe(struct arena *a, struct str s)
{
    size_t at = str_find(s, STR_LIT("\xe2\x80\x99"), 0);
    if (at == SIZE_MAX)
        return s;
    return arena_printf(a, "%.*s'%.*s", (int)at, s.ptr, STR_ARG(str_from(s, at + 3)));
}

// Without accents whatever happens: ASCII, and letters of scripts of which no word is in a list.
static bool is_plain(struct str s)
{
    for (size_t at = 0; at < s.len;) {
        uint32_t c = (unsigned char)s.ptr[at];
        if (c < 0x80) {
            at++;
            continue;
        }
        c = utf8_next(s, &at);
        bool other =
            (c >= 0x400 && c < 0x530) || (c > 0x3040 && c < 0x3100) || (c >= 0x4E00 && c < 0xA000);
        if (!other && c != 0x2019)
            return false;
    }
    return true;
}

static struct str lower_plain(struct arena *a, struct str s)
{
    char *out = arena_array(a, s.len + 1, 1);
    size_t len = 0;
    for (size_t at = 0; at < s.len;) {
        unsigned char c = (unsigned char)s.ptr[at];
        bool apostrophe = c == 0xE2 && at + 3 <= s.len; // the only one of three bytes from there
        out[len++] = (char)(apostrophe ? '\'' : c >= 'A' && c <= 'Z' ? c | 0x20 : c);
        at += apostrophe ? 3 : 1;
    }
    out[len] = 0;
    return str_make(out, len);
}

// Of ASCII and letters of Latin; false when there is something else.
static bool lower_latin(const struct word_table *table, struct arena *a, struct str s,
                        struct str *lower)
{
    char *out = arena_array(a, 2 * s.len + 1, 1); // no letter of two bytes becomes more than three
    size_t len = 0;
    for (size_t at = 0; at < s.len;) {
        unsigned char c = (unsigned char)s.ptr[at];
        if (c < 0x80) {
            out[len++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
            at++;
            continue;
        }
        const char *plain = (c & 0xE0) == 0xC0 ? word_table_latin(table, utf8_next(s, &at)) : NULL;
        if (!plain)
            return false;
        for (; *plain; plain++)
            out[len++] = *plain;
    }
    out[len] = 0;
    *lower = str_make(out, len);
    return true;
}

struct str text_words_lower(const struct text_words *words, size_t i, struct arena *a)
{
    struct str s = text_words_str(words, i), lower;
    if (is_plain(s))
        lower = lower_plain(a, s);
    else if (!lower_latin(words->table, a, s, &lower))
        lower = with_plain_apostrophe(a, utf8_strip_accents(a, s));
    if (str_ends(lower, STR_LIT("'s")))
        lower.len -= 2;
    return lower;
}

// Of what a word in lower case can begin with.
static bool is_letter(unsigned char c)
{
    return c > '9' && c < 0x80;
}

// What is asked of a word with bytes past ASCII.
struct high_word {
    size_t lower_len;
    unsigned bits;
    bool is_letters;
};

static struct high_word read_high(const struct text_words *words, size_t i)
{
    struct arena_mark mark = arena_save(words->arena);
    struct str lower = text_words_lower(words, i, words->arena);
    struct high_word word = { .lower_len = lower.len,
                              .bits = word_table_find(words->table, lower),
                              .is_letters = !lower.len || is_letter((unsigned char)*lower.ptr) };
    arena_rewind(words->arena, mark);
    return word;
}

uint16_t text_words_ask(const struct text_words *words, size_t i)
{
    unsigned bits = has_high(words, i)
                        ? read_high(words, i).bits
                        : word_table_find_at(words->table, words->text, text_words_place(words, i));
    words->bits[i] = (uint16_t)(ASKED | bits);
    return words->bits[i];
}

size_t text_words_lower_len(const struct text_words *words, size_t i)
{
    return has_high(words, i) ? read_high(words, i).lower_len : text_words_place(words, i).len;
}

bool text_words_is_high_upper(const struct text_words *words, size_t i)
{
    struct arena_mark mark = arena_save(words->arena);
    struct str first = text_words_str(words, i);
    size_t next = 0;
    utf8_next(first, &next);
    first.len = next;
    bool capital = !str_equal(first, utf8_lower(words->arena, first));
    arena_rewind(words->arena, mark);
    return capital;
}

bool text_words_has_inner(const struct text_words *words, size_t i)
{
    size_t at = words->starts[i], end = words->ends[i];
    uint64_t any = 0;
    for (; at / MASK_BYTES < end / MASK_BYTES; at = (at / MASK_BYTES + 1) * MASK_BYTES)
        any |= words->inner[at / MASK_BYTES] >> at % MASK_BYTES;
    uint64_t before_end = ((uint64_t)1 << end % MASK_BYTES) - 1;
    return any | ((words->inner[end / MASK_BYTES] & before_end) >> at % MASK_BYTES);
}

bool text_words_is_letters(const struct text_words *words, size_t i)
{
    char first = words->text.ptr[words->starts[i]];
    return begins_high(words, i) ? read_high(words, i).is_letters : is_letter((unsigned char)first);
}

// Reading all ------------------------------------------------------------------------------------

// The first bytes of a word, the first of all as a small letter: of common ones and leads.
static uint64_t hint_of(const struct text_words *words, size_t i)
{
    uint32_t start = words->starts[i], len = words->ends[i] - start;
    uint64_t key = 0;
    memcpy(&key, words->text.ptr + start, size_min(HINT_BYTES, words->text.len - start));
    if (len < HINT_BYTES)
        key &= ((uint64_t)1 << 8 * len) - 1;
    return key | 0x20;
}

bool text_words_is_common(const struct text_words *words, size_t i)
{
    return word_hints_common(word_table_hints(words->table), hint_of(words, i));
}

// The words to look up, in order: the odd ones, and those that may lead to a person, but not the
// most common ones. Words from `first` on, where the last few bytes cannot be read eight at a time.
static void choose(struct text_words *words, struct reader *r, size_t first)
{
    const struct word_hints *hints = word_table_hints(words->table);
    for (size_t i = first; i < words->n; i++) {
        uint64_t key = hint_of(words, i); // the common ones with a capital, too
        char c = words->text.ptr[words->starts[i]];
        bool common = word_hints_common(hints, key);
        bool odd = bits_have(r->odd, i) | (c >= 'A' && c <= 'Z');
        bool ask = (odd | word_hints_lead(hints, key)) & !common;
        words->telling[words->n_telling] = (uint32_t)i;
        r->rest[r->n_rest] = (uint32_t)i;
        words->n_telling += ask;
        r->n_rest += !(ask | common);
        r->n_known += common;
        r->n_letters += is_letter((unsigned char)key);
    }
}

#ifdef __x86_64__
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")))
#define LANES ((size_t)8)

WIDE static __m512i load_places(const uint32_t *places)
{
    return _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)(const void *)places));
}

// Whether the bit of a set is there, for each place.
WIDE static __mmask8 have_bits(const uint64_t *set, __m512i at)
{
    __m512i numbers = _mm512_i64gather_epi64(_mm512_srli_epi64(at, 6), set, 8);
    __m512i places = _mm512_and_si512(at, _mm512_set1_epi64(63));
    return _mm512_test_epi64_mask(numbers, _mm512_sllv_epi64(_mm512_set1_epi64(1), places));
}

WIDE static size_t add_indexes(uint32_t *list, size_t n, __mmask8 which, __m256i indexes)
{
    _mm256_storeu_si256((__m256i *)(void *)(list + n), _mm256_maskz_compress_epi32(which, indexes));
    return n + (size_t)__builtin_popcount(which);
}

// Of the first n, a multiple of LANES, eight at once.
WIDE static void choose_wide(struct text_words *words, struct reader *r, size_t n)
{
    const struct word_hints *hints = word_table_hints(words->table);
    __m512i factor = _mm512_set1_epi64((long long)HINT_FACTOR);
    __m256i indexes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const uint32_t *starts = words->starts, *ends = words->ends;
    uint32_t *telling = words->telling, *rest = r->rest;
    size_t n_telling = 0, n_rest = 0, n_known = 0, n_letters = 0;
    for (size_t i = 0; i < n; i += LANES) {
        __m512i start = load_places(starts + i), end = load_places(ends + i);
        __m512i len = _mm512_min_epu64(_mm512_sub_epi64(end, start), _mm512_set1_epi64(8));
        __m512i unused = _mm512_sub_epi64(_mm512_set1_epi64(64), _mm512_slli_epi64(len, 3));
        __m512i key = _mm512_i64gather_epi64(start, words->text.ptr, 1);
        key = _mm512_and_si512(key, _mm512_srlv_epi64(_mm512_set1_epi64(-1), unused));
        __m512i from_a = _mm512_sub_epi64(_mm512_and_si512(key, _mm512_set1_epi64(0xFF)),
                                          _mm512_set1_epi64('A'));
        __mmask8 odd = _mm512_cmplt_epu64_mask(from_a, _mm512_set1_epi64(26)) |
                       (__mmask8)(r->odd[i / 64] >> i % 64);
        key = _mm512_or_si512(key, _mm512_set1_epi64(0x20));
        __m512i hash = _mm512_mullo_epi64(key, factor);
        __m512i commons =
            _mm512_i64gather_epi64(_mm512_srli_epi64(hash, 64 - COMMON_BITS), hints->common, 8);
        __mmask8 lead = have_bits(hints->leads, _mm512_srli_epi64(hash, 64 - LEAD_BITS));
        __m512i byte = _mm512_and_si512(key, _mm512_set1_epi64(0xFF));
        __mmask8 common = _mm512_cmpeq_epi64_mask(commons, key);
        __mmask8 asked = (__mmask8)((odd | lead) & ~common);
        __mmask8 letter = _mm512_cmpgt_epi64_mask(byte, _mm512_set1_epi64('9'));
        letter = _mm512_mask_cmplt_epi64_mask(letter, byte, _mm512_set1_epi64(0x80));
        n_telling = add_indexes(telling, n_telling, asked, indexes);
        n_rest = add_indexes(rest, n_rest, (__mmask8) ~(asked | common), indexes);
        n_known += (size_t)__builtin_popcount(common);
        n_letters += (size_t)__builtin_popcount(letter);
        indexes = _mm256_add_epi32(indexes, _mm256_set1_epi32((int)LANES));
    }
    words->n_telling = n_telling;
    r->n_rest = n_rest;
    r->n_known = n_known;
    r->n_letters = n_letters;
}

WIDE static size_t find_words_wide(struct reader *r)
{
    return find_words(r);
}

static size_t choose_many(struct text_words *words, struct reader *r)
{
    size_t n = words->n;
    while (n > 0 && words->starts[n - 1] + HINT_BYTES > words->text.len)
        n--;
    n -= n % LANES;
    choose_wide(words, r, n);
    return n;
}
#else
#define find_words_wide find_words
static size_t choose_many(struct text_words *words, struct reader *r)
{
    (void)words, (void)r;
    return 0;
}
#endif

// Asks about up to WORD_MANY words.
static void ask(const struct text_words *words, const uint32_t *asked, size_t n,
                uint16_t bits[WORD_MANY])
{
    struct word_place places[WORD_MANY];
    for (size_t k = 0; k < n; k++)
        places[k] = text_words_place(words, asked[k]);
    word_table_find_many(words->table, words->text, places, n, bits);
}

// The same for those with bytes past ASCII, each for itself.
static void ask_high(const struct text_words *words, const uint32_t *asked, size_t n,
                     uint16_t bits[WORD_MANY], struct reader *r)
{
    for (size_t k = 0; k < n; k++) {
        if (!has_high(words, asked[k]))
            continue;
        struct high_word word = read_high(words, asked[k]);
        bits[k] = (uint16_t)word.bits;
        r->n_letters += begins_high(words, asked[k]) && word.is_letters;
    }
}

// Looks up the chosen words. Those stay that are not known, or lead to a person.
static void look_up(struct text_words *words, struct reader *r)
{
    uint16_t bits[WORD_MANY];
    size_t n_asked = words->n_telling;
    words->n_telling = 0;
    for (size_t from = 0; from < n_asked; from += WORD_MANY) {
        const uint32_t *asked = words->telling + from;
        size_t n = size_min(n_asked - from, WORD_MANY);
        ask(words, asked, n, bits);
        if (r->any_high)
            ask_high(words, asked, n, bits, r);
        uint64_t known = word_table_which(bits, WORD_KNOWN), all = ~(uint64_t)0 >> (WORD_MANY - n);
        uint64_t telling = ~known | word_table_which(bits, WORD_GIVEN | WORD_TITLE | WORD_NAME);
        r->n_known += (size_t)__builtin_popcountll(known);
        for (telling &= all; telling; telling &= telling - 1) {
            size_t k = (size_t)__builtin_ctzll(telling);
            words->bits[asked[k]] = (uint16_t)(ASKED | bits[k]);
            words->telling[words->n_telling++] = asked[k];
        }
    }
}

// Enough words that are English ones; short texts only when all bytes are ASCII.
static bool is_english(const struct text_words *words, const struct reader *r)
{
    uint16_t bits[WORD_MANY];
    size_t n_known = r->n_known, needed = (2 * r->n_letters + 4) / 5; // 40 %
    if (r->n_letters <= N_ENGLISH)
        return !r->any_high;
    for (size_t i = 0; i < r->n_rest && n_known < needed; i += WORD_MANY) {
        ask(words, r->rest + i, size_min(r->n_rest - i, WORD_MANY), bits);
        n_known += (size_t)__builtin_popcountll(word_table_which(bits, WORD_KNOWN));
    }
    return n_known >= needed;
}

static void read_words(struct text_words *words, const struct word_table *table,
                       const struct byte_masks *masks, struct arena *a, bool wide)
{
    struct reader r = { .masks = masks };
    size_t n = masks->n;
    r.inside = (uint64_t *)arena_zero_array(a, n + 2, sizeof *r.inside) + 1;
    r.odd = arena_zero_array(a, masks->text.len / 2 / 64 + 1, sizeof *r.odd);
    r.first = arena_array(a, 4 * n, sizeof *r.first);
    r.past = r.first + n;
    r.high = r.past + n;
    r.inner = r.high + n;
    find_inside(&r);
    *words = (struct text_words){ .text = masks->text,
                                  .table = table,
                                  .arena = a,
                                  .n = (wide ? find_words_wide : find_words)(&r),
                                  .high = r.high,
                                  .inner = r.inner };
    words->starts = arena_array(a, words->n + PLACES_MORE, sizeof *words->starts);
    words->ends = arena_array(a, words->n + PLACES_MORE, sizeof *words->ends);
    words->bits = arena_zero_array(a, words->n, sizeof *words->bits);
    words->telling = arena_array(a, words->n + PLACES_MORE, sizeof *words->telling);
    r.rest = arena_array(a, words->n + PLACES_MORE, sizeof *r.rest);
    byte_places(r.first, n, words->starts);
    byte_places(r.past, n, words->ends);
    choose(words, &r, wide ? choose_many(words, &r) : 0);
    look_up(words, &r);
    words->english = is_english(words, &r);
}

void text_words_read(struct text_words *words, const struct word_table *table,
                     const struct byte_masks *masks, struct arena *a)
{
    read_words(words, table, masks, a, word_table_is_wide());
}

void text_words_read_plain(struct text_words *words, const struct word_table *table,
                           const struct byte_masks *masks, struct arena *a)
{
    read_words(words, table, masks, a, false);
}
