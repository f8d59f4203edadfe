// SPDX-License-Identifier: Apache-2.0
#include "scan/anchor.h"

// Sets of bytes are arrays of numbers, a bit a byte. The bits of number k that many bytes later:
// the byte so far back is in the set; in one of two or three sets.
#define BACK(set, n_bytes) ((set)[k] << (n_bytes) | (set)[k - 1] >> (64 - (n_bytes)))
#define EITHER(x, y, n_bytes)                                                                      \
    (((x)[k] | (y)[k]) << (n_bytes) | ((x)[k - 1] | (y)[k - 1]) >> (64 - (n_bytes)))
#define LETTER(n_bytes) EITHER(m->capital, m->small, n_bytes)
// One of . - _
#define LINE(n_bytes)                                                                              \
    ((m->point[k] | m->hyphen[k] | (m->grouped[k] & m->run[k])) << (n_bytes) |                     \
     (m->point[k - 1] | m->hyphen[k - 1] | (m->grouped[k - 1] & m->run[k - 1])) >>                 \
         (64 - (n_bytes)))
// The loops below have no branch and no step that needs another one's, and n is a multiple of
// MASKS_EACH: with AVX-512 the compiler makes of eight steps one.
#define IN_LINE static inline __attribute__((always_inline)) void

const struct anchor_reach anchor_reach[N_SEARCHED] = {
    [GROUP_WORDS] = { 64, 80 },
    [GROUP_PRINTED] = { 32, 32 },
    [GROUP_STREET] = { 64, 112 },
    [GROUP_DATE] = { 64, 16 },
};

// Where bits are not enough, and a look at the bytes must say more.
struct looks {
    uint64_t number[ANCHORS_EACH], named[ANCHORS_EACH]; // of streets
    uint64_t year[ANCHORS_EACH], birth[ANCHORS_EACH];
    uint64_t part[ANCHORS_EACH], is[ANCHORS_EACH];
    uint64_t key[ANCHORS_EACH], dot[ANCHORS_EACH];
    uint64_t any[ANCHORS_EACH]; // and the field `sign`
};

// The sixth digit of what may be a number, with no more than two signs between two.
IN_LINE six_digits(const struct byte_masks *m, ptrdiff_t n, struct anchor_state *state,
                   uint64_t six[ANCHORS_EACH])
{
    uint64_t chains[COUNT_OF(state->chain) + 1][ANCHORS_EACH + 1]; // one before the first in front
#pragma GCC ivdep
    for (ptrdiff_t k = 0; k < n; k++)
        chains[0][k + 1] = m->digit[k];
    for (size_t i = 0; i < COUNT_OF(state->chain); i++) {
        uint64_t *chain = chains[i] + 1, *longer = chains[i + 1] + 1;
        chain[-1] = state->chain[i];
        state->chain[i] = chain[n - 1];
#pragma GCC ivdep
        for (ptrdiff_t k = 0; k < n; k++) {
            uint64_t one = BACK(m->joint, 1), two = one & BACK(m->joint, 2);
            longer[k] =
                m->digit[k] & (BACK(chain, 1) | (BACK(chain, 2) & one) | (BACK(chain, 3) & two));
        }
    }
    memcpy(six, chains[COUNT_OF(state->chain)] + 1, (size_t)n * sizeof *six);
}

// The last of so many bytes of SET_RUN: of ten; of RUN_LEAST.
IN_LINE find_runs(const struct byte_masks *m, ptrdiff_t n, struct anchor_state *state,
                  uint64_t ten[ANCHORS_EACH], uint64_t least[ANCHORS_EACH])
{
    uint64_t runs[COUNT_OF(state->run)][ANCHORS_EACH + 1]; // one before the first in front
    uint64_t *two = runs[0] + 1, *four = runs[1] + 1, *eight = runs[2] + 1;
    for (size_t i = 0; i < COUNT_OF(state->run); i++)
        runs[i][0] = state->run[i];
#pragma GCC ivdep
    for (ptrdiff_t k = 0; k < n; k++)
        two[k] = m->run[k] & BACK(m->run, 1);
#pragma GCC ivdep
    for (ptrdiff_t k = 0; k < n; k++)
        four[k] = two[k] & BACK(two, 2);
#pragma GCC ivdep
    for (ptrdiff_t k = 0; k < n; k++)
        eight[k] = four[k] & BACK(four, 4);
#pragma GCC ivdep
    for (ptrdiff_t k = 0; k < n; k++) {
        ten[k] = eight[k] & BACK(two, 8);
        least[k] = eight[k] & BACK(eight, 8);
    }
    for (size_t i = 0; i < COUNT_OF(state->run); i++)
        state->run[i] = runs[i][n];
}

IN_LINE find_digits(const struct byte_masks *m, ptrdiff_t n, const uint64_t six[ANCHORS_EACH],
                    struct anchors *out)
{
#pragma GCC ivdep
    for (ptrdiff_t k = 0; k < n; k++) {
        uint64_t letter = m->capital[k] | m->small[k], letter_1 = LETTER(1);
        uint64_t letter_2 = LETTER(2), letter_3 = LETTER(3);
        uint64_t digit = m->digit[k], digit_1 = BACK(m->digit, 1), digit_2 = BACK(m->digit, 2);
        uint64_t digit_3 = BACK(m->digit, 3), digit_4 = BACK(m->digit, 4);
        uint64_t letter_4 = LETTER(4), digit_5 = BACK(m->digit, 5);
        uint64_t point_1 = BACK(m->point, 1), point_3 = BACK(m->point, 3);
        uint64_t three = digit & digit_1 & digit_2, three_2 = digit_2 & digit_3 & digit_4;
        // 1_23; DE89; 1.1.1; 1.234; " 12345"
        uint64_t digits =
            digit & ((digit_1 & BACK(m->grouped, 2) & digit_3) | (digit_1 & letter_2 & letter_3) |
                     (point_1 & digit_2 & (point_3 | BACK(m->point, 4) | BACK(m->point, 5))) |
                     (three & digit_4 & (point_3 | (digit_3 & BACK(m->space, 5)))));
        // seven digits and a letter, with a space or a hyphen between or not
        uint64_t family = letter & three_2 & digit_5 & BACK(m->digit, 6) & BACK(m->digit, 7) &
                          (digit_1 | (BACK(m->joint, 1) & BACK(m->digit, 8)));
        // a123, a.123, 123a, 123.a
        uint64_t beside = (three & (letter_3 | (LINE(3) & letter_4))) |
                          (letter & digit_3 & digit_2 & digit_1) | (letter & three_2 & LINE(1));
        // a1a1, with up to two digits and three letters; 1a1a, with up to two of each
        uint64_t between =
            (letter_1 & digit_2 & (letter_3 | (digit_3 & letter_4))) |
            (letter_1 & letter_2 & digit_3 & (letter_4 | (digit_4 & LETTER(5)))) |
            (letter_1 & letter_2 & letter_3 & digit_4 & (LETTER(5) | (digit_5 & LETTER(6))));
        uint64_t among = digit_1 & ((letter_2 & (digit_3 | (letter_3 & digit_4))) |
                                    (digit_2 & letter_3 & (digit_4 | (letter_4 & digit_5))));
        out->number[k] = six[k];
        out->token[k] = beside | (digit & between) | (letter & among);
        out->form[k] = digits | family;
    }
}

IN_LINE find_printed(const struct byte_masks *m, ptrdiff_t n, struct anchors *out,
                     struct looks *looks)
{
#pragma GCC ivdep
    for (ptrdiff_t k = 0; k < n; k++) {
        uint64_t digit = m->digit[k], digit_1 = BACK(m->digit, 1), digit_2 = BACK(m->digit, 2);
        uint64_t digit_3 = BACK(m->digit, 3), digit_4 = BACK(m->digit, 4);
        uint64_t space_1 = BACK(m->space, 1), space_2 = BACK(m->space, 2);
        uint64_t capital_2 = BACK(m->capital, 2), capital_3 = BACK(m->capital, 3);
        uint64_t capital_4 = BACK(m->capital, 4), hyphen_2 = BACK(m->hyphen, 2);
        // AB12; "AB 12", "-A 12", "1 A 12"; ABC-12; "A 1AB", "1 1AB"
        uint64_t apart = capital_4 | BACK(m->hyphen, 4) | (BACK(m->space, 4) & BACK(m->digit, 5));
        out->of[GROUP_PRINTED][k] = (digit & digit_1 &
                                     ((capital_3 & (capital_2 | (space_2 & apart))) |
                                      (hyphen_2 & capital_3 & capital_4 & BACK(m->capital, 5)))) |
                                    (m->capital[k] & BACK(m->capital, 1) & digit_2 &
                                     BACK(m->space, 3) & (digit_4 | capital_4));
        looks->number[k] = (digit_2 | (digit_3 & ~BACK(m->point, 2)) | (digit_4 & LETTER(3))) &
                           space_1 & (m->word[k] | m->apostrophe[k] | m->point[k] | m->hyphen[k]);
        // behind a space, or a number sign, which is in no field
        looks->named[k] = digit & ((space_1 & (LETTER(2) | BACK(m->point, 2))) |
                                   (space_2 & ~EITHER(m->word, m->joint, 1) & ~BACK(m->tail, 1)));
        looks->year[k] = digit & digit_1 & digit_2 & digit_3 & BACK(m->space, 4);
        looks->birth[k] = digit & digit_1 & ~EITHER(m->word, m->colon, 2) &
                          ~EITHER(m->part, m->grouped, 2); // a space , . / -
    }
}

// Two of : and - with one to four bytes between, or "::"; "a.com", "www.a".
IN_LINE find_colons(const struct byte_masks *m, ptrdiff_t n, struct anchors *out)
{
#pragma GCC ivdep
    for (ptrdiff_t k = 0; k < n; k++) {
        uint64_t before = EITHER(m->colon, m->hyphen, 2) | EITHER(m->colon, m->hyphen, 3) |
                          EITHER(m->colon, m->hyphen, 4) | EITHER(m->colon, m->hyphen, 5);
        uint64_t letter = m->capital[k] | m->small[k], word_2 = EITHER(m->word, m->hyphen, 2);
        uint64_t gap = m->tail[k] & ~letter;
        out->form[k] |= ((m->colon[k] | m->hyphen[k]) & BACK(m->word, 1) & before) |
                        (m->colon[k] & BACK(m->colon, 1)) |
                        (BACK(m->point, 1) & ~gap & (LETTER(2) | (letter & word_2)));
    }
}

// What a label ends with stands right before, or one more of white space and quotes between.
#define BEHIND_LABEL(n_bytes)                                                                      \
    (BACK(m->tail, n_bytes) & (LETTER(n_bytes) | BACK(m->tail, (n_bytes) + 1)))

IN_LINE find_words(const struct byte_masks *m, ptrdiff_t n, const uint64_t ten[ANCHORS_EACH],
                   struct anchors *out, struct looks *looks)
{
#pragma GCC ivdep
    for (ptrdiff_t k = 0; k < n; k++) {
        uint64_t capitals = BACK(m->capital, 12) & BACK(m->capital, 13);
        uint64_t mixed = BACK(m->capital, 8) & BACK(m->small, 9) & BACK(m->small, 10);
        // "-----B"
        out->of[GROUP_WORDS][k] = m->capital[k] & BACK(m->hyphen, 1) & BACK(m->hyphen, 2) &
                                  BACK(m->hyphen, 3) & BACK(m->hyphen, 4) & BACK(m->hyphen, 5);
        // " dot "
        looks->dot[k] =
            m->space[k] & BACK(m->tail, 1) & BACK(m->o, 2) & BACK(m->tail, 3) & BACK(m->space, 4);
        // "password =", "[at]"; of `part` only = is in `run`
        looks->part[k] = ((m->colon[k] | (m->part[k] & m->run[k])) & BEHIND_LABEL(1)) |
                         (m->part[k] & BACK(m->tail, 1) & LETTER(2) & ~BACK(m->word, 3));
        looks->is[k] = m->s[k] & BACK(m->i, 1) & BEHIND_LABEL(2);
        looks->key[k] = ten[k] & ((LINE(10) & BACK(m->word, 11)) | capitals | mixed);
    }
}

IN_LINE find_bits(const struct byte_masks *m, ptrdiff_t n, struct anchor_state *state,
                  struct anchors *out, struct looks *looks)
{
    uint64_t six[ANCHORS_EACH], ten[ANCHORS_EACH];
    n = n / (ptrdiff_t)MASKS_EACH * (ptrdiff_t)MASKS_EACH; // as the compiler must see
    six_digits(m, n, state, six);
    find_runs(m, n, state, ten, out->run);
    find_digits(m, n, six, out);
    find_printed(m, n, out, looks);
    find_colons(m, n, out);
    find_words(m, n, ten, out, looks);
#pragma GCC ivdep
    for (ptrdiff_t k = 0; k < n; k++)
        looks->any[k] = looks->number[k] | looks->named[k] | looks->year[k] | looks->birth[k] |
                        looks->part[k] | looks->is[k] | looks->key[k] | looks->dot[k] | m->sign[k];
#pragma GCC ivdep
    for (ptrdiff_t k = 0; k < n; k++) {
        out->of[GROUP_STREET][k] = out->of[GROUP_DATE][k] = 0;
        out->any[k] = out->number[k] | out->token[k] | out->form[k] | out->run[k] |
                      out->of[GROUP_WORDS][k] | out->of[GROUP_PRINTED][k];
    }
}

static void find_bits_plain(const struct byte_masks *m, ptrdiff_t n, struct anchor_state *state,
                            struct anchors *out, struct looks *looks)
{
    find_bits(m, n, state, out, looks);
}

#ifdef __x86_64__
__attribute__((target("avx512f,avx512bw"))) static void
find_bits_wide(const struct byte_masks *m, ptrdiff_t n, struct anchor_state *state,
               struct anchors *out, struct looks *looks)
{
    find_bits(m, n, state, out, looks);
}

static bool is_wide(void)
{
    return __builtin_cpu_supports("avx512bw");
}
#else
#define find_bits_wide find_bits_plain
static bool is_wide(void)
{
    return false;
}
#endif

// Those of `some` that a look at the bytes confirms, `behind` bytes before each.
static uint64_t keep(uint64_t some, struct str text, size_t start, size_t behind,
                     bool (*holds)(struct str text, size_t at))
{
    uint64_t kept = 0;
    for (; some; some &= some - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(some);
        if (start + bit >= behind && holds(text, start + bit - behind))
            kept |= (uint64_t)1 << bit;
    }
    return kept;
}

// Signs, of which some tell of a form, and some are anchors.
static void look_at_signs(uint64_t sign, struct str text, size_t start, ptrdiff_t k,
                          struct anchors *out)
{
    for (; sign; sign &= sign - 1) {
        size_t at = start + (size_t)__builtin_ctzll(sign);
        uint64_t bit = sign & -sign;
        char c = text.ptr[at];
        if (c == '@' || (c == '/' && form_has_slash(text, at)))
            out->form[k] |= bit;
        if (anchor_is_sign(text, at))
            out->of[GROUP_WORDS][k] |= bit;
    }
}

// What a look at the bytes around the bits of number k confirms; the first is of byte `start`.
static void look(const struct looks *looks, ptrdiff_t k, struct str text, size_t start,
                 uint64_t sign, struct anchors *out)
{
    out->form[k] |= keep(looks->number[k], text, start, 0, form_has_street) |
                    keep(looks->year[k], text, start, 0, form_has_date);
    out->of[GROUP_STREET][k] = keep(looks->named[k], text, start, 0, anchor_is_number_of);
    out->of[GROUP_DATE][k] = keep(looks->birth[k], text, start, 0, anchor_is_birth);
    look_at_signs(sign, text, start, k, out);
    out->of[GROUP_WORDS][k] |= keep(looks->part[k], text, start, 0, anchor_is_part) |
                               keep(looks->is[k], text, start, 1, anchor_is_part) |
                               keep(looks->key[k], text, start, 9, anchor_is_key) |
                               keep(looks->dot[k], text, start, 3, anchor_is_dot);
    out->any[k] |=
        out->of[GROUP_STREET][k] | out->of[GROUP_DATE][k] | out->of[GROUP_WORDS][k] | out->form[k];
}

static void find(const struct byte_masks *masks, size_t first, size_t n, struct anchor_state *state,
                 bool wide, struct anchors *out)
{
    struct byte_masks m = *masks;
    struct looks looks;
    ptrdiff_t n_even = (ptrdiff_t)size_round_up(n, MASKS_EACH);
#define FIELD(name) m.name += first;
    BYTE_FIELDS(FIELD)
#undef FIELD
    (wide ? find_bits_wide : find_bits_plain)(&m, n_even, state, out, &looks);
    for (ptrdiff_t k = 0; k < (ptrdiff_t)n; k++)
        if (looks.any[k])
            look(&looks, k, m.text, (first + (size_t)k) * MASK_BYTES, m.sign[k], out);
}

void anchors_find(const struct byte_masks *masks, size_t first, size_t n,
                  struct anchor_state *state, struct anchors *out)
{
    find(masks, first, n, state, is_wide(), out);
}

void anchors_find_plain(const struct byte_masks *masks, size_t first, size_t n,
                        struct anchor_state *state, struct anchors *out)
{
    find(masks, first, n, state, false, out);
}
