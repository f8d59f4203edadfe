// SPDX-License-Identifier: Apache-2.0
#include "scan/anchor.h"

// A field k bytes before each byte.
#define BACK(field, k) (m->field << (k) | m[-1].field >> (64 - (k)))

const struct anchor_reach anchor_reach[N_GROUPS] = {
    [GROUP_WORDS] = { 64, 80 },   [GROUP_DIGITS] = { 32, 32 }, [GROUP_MIXED] = { 16, 16 },
    [GROUP_COLON] = { 24, 24 },   [GROUP_ZIP] = { 16, 16 },    [GROUP_PRINTED] = { 32, 32 },
    [GROUP_STREET] = { 64, 112 }, [GROUP_DATE] = { 64, 16 },
};

static uint64_t back(uint64_t now, uint64_t before, unsigned k)
{
    return now << k | before >> (64 - k);
}

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

// The sixth digit of what may be a number, with no more than two signs between two.
static uint64_t six_digits(const struct byte_mask *m, struct anchor_state *state)
{
    uint64_t one = BACK(joint, 1), two = one & BACK(joint, 2), chain = m->digit;
    for (size_t i = 0; i < COUNT_OF(state->chain); i++) {
        uint64_t before = state->chain[i];
        state->chain[i] = chain;
        chain = m->digit & (back(chain, before, 1) | (back(chain, before, 2) & one) |
                            (back(chain, before, 3) & two));
    }
    return chain;
}

static void find_digits(const struct byte_mask *m, struct str text, size_t start, uint64_t six,
                        struct anchors *out)
{
    uint64_t letter = m->capital | m->small, letter_1 = BACK(capital, 1) | BACK(small, 1);
    uint64_t letter_2 = BACK(capital, 2) | BACK(small, 2);
    uint64_t letter_3 = BACK(capital, 3) | BACK(small, 3);
    uint64_t digit = m->digit, digit_1 = BACK(digit, 1), digit_2 = BACK(digit, 2);
    uint64_t digit_3 = BACK(digit, 3), digit_4 = BACK(digit, 4);
    uint64_t capital_1 = BACK(capital, 1), capital_2 = BACK(capital, 2);
    uint64_t capital_3 = BACK(capital, 3), space_1 = BACK(space, 1), point_1 = BACK(point, 1);
    uint64_t point_3 = BACK(point, 3), line_1 = point_1 | BACK(hyphen, 1) | BACK(grouped, 1);
    uint64_t line_3 = point_3 | BACK(hyphen, 3) | BACK(grouped, 3);
    uint64_t three = digit & digit_1 & digit_2;
    // 1_23; DE89; 1.1.1; 1.234
    out->of[GROUP_DIGITS] =
        six | (digit & digit_1 & BACK(grouped, 2) & digit_3) |
        (digit & digit_1 & letter_2 & letter_3) |
        (digit & point_1 & digit_2 & (point_3 | BACK(point, 4) | BACK(point, 5))) |
        (three & point_3 & digit_4);
    // a123, a.123, 123a, 123.a, and a digit on both sides of one to three letters
    out->of[GROUP_MIXED] =
        (three & (letter_3 | (line_3 & (BACK(capital, 4) | BACK(small, 4))))) |
        (letter & digit_1 & digit_2 & digit_3) | (letter & line_1 & digit_2 & digit_3 & digit_4) |
        (digit & letter_1 & (digit_2 | (letter_2 & (digit_3 | (letter_3 & digit_4)))));
    out->of[GROUP_ZIP] = three & digit_3 & digit_4 & BACK(space, 5);
    // AB12, AB 12, A-12; " 1AB"
    out->of[GROUP_PRINTED] =
        (digit & digit_1 & (capital_2 | ((BACK(space, 2) | BACK(hyphen, 2)) & capital_3))) |
        (m->capital & capital_1 & digit_2 & BACK(space, 3));
    uint64_t number = (digit_2 | (digit_3 & ~BACK(point, 2)) | (digit_4 & letter_3)) & space_1;
    uint64_t named = digit & (space_1 | (BACK(space, 2) & ~BACK(word, 1)));
    out->of[GROUP_STREET] = keep(number & ~m->space, text, start, 0, anchor_is_street) |
                            keep(named, text, start, 0, anchor_is_number_of);
    uint64_t year = three & digit_3 & BACK(space, 4);
    out->of[GROUP_DATE] = keep(year, text, start, 0, anchor_is_year) |
                          keep(digit & digit_1 & ~BACK(word, 2), text, start, 0, anchor_is_birth);
}

// The last of so many bytes of SET_RUN: of ten; and of RUN_LEAST, which is returned.
static uint64_t find_runs(const struct byte_mask *m, struct anchor_state *state, uint64_t *ten)
{
    uint64_t two = m->run & BACK(run, 1), four = two & back(two, state->run[0], 2);
    uint64_t eight = four & back(four, state->run[1], 4);
    uint64_t all = eight & back(eight, state->run[2], 8);
    *ten = eight & back(two, state->run[0], 8);
    state->run[0] = two;
    state->run[1] = four;
    state->run[2] = eight;
    return all;
}

static uint64_t find_keys(const struct byte_mask *m, struct str text, size_t start, uint64_t ten)
{
    uint64_t capitals = BACK(capital, 12) & BACK(capital, 13);
    uint64_t line = BACK(hyphen, 10) | BACK(grouped, 10) | BACK(point, 10);
    uint64_t mixed = BACK(capital, 8) & BACK(small, 9) & BACK(small, 10);
    return keep(ten & (line | capitals | mixed), text, start, 9, anchor_is_key);
}

// "-----B", " dot ".
static uint64_t find_literals(const struct byte_mask *m, struct str text, size_t start)
{
    uint64_t rule = m->capital & BACK(hyphen, 1);
    uint64_t dot = m->space & BACK(o, 2) & BACK(space, 4);
    if (rule)
        rule &= BACK(hyphen, 2) & BACK(hyphen, 3) & BACK(hyphen, 4) & BACK(hyphen, 5);
    return rule | keep(dot, text, start, 3, anchor_is_dot);
}

static uint64_t find_words(const struct byte_mask *m, struct str text, size_t start, uint64_t ten)
{
    uint64_t part = (m->colon | m->part) & BACK(tail, 1);
    uint64_t gap = m->tail & ~(m->capital | m->small); // white space and quotes
    uint64_t is = m->s & BACK(i, 1) & BACK(tail, 2);
    return keep(m->sign, text, start, 0, anchor_is_sign) |
           keep(BACK(point, 1) & ~gap, text, start, 1, anchor_is_point) |
           keep(part, text, start, 0, anchor_is_part) | keep(is, text, start, 1, anchor_is_part) |
           (ten ? find_keys(m, text, start, ten) : 0) | find_literals(m, text, start);
}

// Two of : and - with one to four bytes between, or "::".
static uint64_t find_colons(const struct byte_mask *m)
{
    uint64_t part = m->colon | m->hyphen;
    if (!part)
        return 0;
    uint64_t before = BACK(colon, 2) | BACK(hyphen, 2) | BACK(colon, 3) | BACK(hyphen, 3) |
                      BACK(colon, 4) | BACK(hyphen, 4) | BACK(colon, 5) | BACK(hyphen, 5);
    return (part & BACK(word, 1) & before) | (m->colon & BACK(colon, 1));
}

void anchors_find(const struct byte_masks *masks, size_t i_mask, struct anchor_state *state,
                  struct anchors *out)
{
    const struct byte_mask *m = &masks->items[i_mask];
    size_t start = i_mask * MASK_BYTES;
    uint64_t ten;
    *out = (struct anchors){ 0 };
    out->run = find_runs(m, state, &ten);
    if (m->digit | m[-1].digit)
        find_digits(m, masks->text, start, six_digits(m, state), out);
    out->of[GROUP_COLON] = find_colons(m);
    out->of[GROUP_WORDS] = find_words(m, masks->text, start, ten);
}
