// SPDX-License-Identifier: Apache-2.0
// Where a pattern is, or can be. Masks of bytes (byte_mask.h) show for 64 bytes at once where the
// forms of exact_form.h may end, and those of numbers and tokens do. Every match of a group of the
// other recognisers (recogniser.h) has an anchor in it: a sign, the head of a key, "box" before a
// digit; where bits say too little a look at the bytes says more. Vectorscan is run only around
// anchors. There are more anchors than matches, never fewer: a pattern that is added or changed
// needs its anchor here, and SCAN_WHOLE, which needs none, finds the same. Private to scan/.
#ifndef SCAN_ANCHOR_H
#define SCAN_ANCHOR_H

#include "scan/byte_mask.h"
#include "scan/recogniser.h"

#define ANCHORS_EACH ((size_t)64) // numbers of byte_masks at once; a multiple of MASKS_EACH
struct anchors {                  // bit b of number k: byte 64 k + b of those
    uint64_t of[N_SEARCHED][ANCHORS_EACH];
    uint64_t number[ANCHORS_EACH]; // the last bytes of FORM_NUMBER
    uint64_t token[ANCHORS_EACH];  // of FORM_TOKEN
    uint64_t form[ANCHORS_EACH];   // what form_find may say something of
    uint64_t run[ANCHORS_EACH];    // the last of RUN_LEAST bytes of SET_RUN
    uint64_t any[ANCHORS_EACH]; // one of these
};
struct anchor_state { // what is left by the bytes before; zeroed at the start of a text
    uint64_t chain[5], run[3];
};
// Of numbers `first` to first + n, at most ANCHORS_EACH.
void anchors_find(const struct byte_masks *masks, size_t first, size_t n,
                  struct anchor_state *state, struct anchors *out);
void anchors_find_plain(const struct byte_masks *masks, size_t first, size_t n,
                        struct anchor_state *state, struct anchors *out); // without AVX-512
// No match begins further before an anchor or ends further behind it.
extern const struct anchor_reach {
    unsigned char before, behind;
} anchor_reach[N_SEARCHED];

// For groups where bits do not say enough: whether the bytes around `at` are an anchor.
bool anchor_is_sign(struct str text, size_t at);  // one of the field `sign`
bool anchor_is_dot(struct str text, size_t at);   // the word "dot"
// One of : = or "is" behind "password" and the like; ) ] } behind "at".
bool anchor_is_part(struct str text, size_t at);
bool anchor_is_key(struct str text, size_t start);    // of ten bytes behind the head of a key
bool anchor_is_number_of(struct str text, size_t at); // a digit behind a space: "unit 5"
bool anchor_is_birth(struct str text, size_t at);     // two digits that end here

#endif
