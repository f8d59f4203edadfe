// SPDX-License-Identifier: Apache-2.0
// Texts that are nearly the same, by MinHash (Broder 1997) over runs of 16 bytes of the letters and
// digits, lower case. A text joins the first earlier one that it is near to; that one stands for
// the whole family, so families do not grow from neighbour to neighbour. Pure: no store, no clock.
// Cost: 64 steps a byte for a sketch, sixteen look-ups a text to find families.
#ifndef PRIVACY_NEAR_COPY_H
#define PRIVACY_NEAR_COPY_H

#include "base/arena.h"
#include "base/minhash.h"

#define SKETCH_TEXT_BYTES ((size_t)4096) // of the plain form; what is behind does not count
#define SKETCH_LEAST_BYTES ((size_t)80)  // shorter texts are alike by chance: "tell me a joke"
#define NEAR_VALUES 51                   // of 64 that agree: shingles in common / in either ≥ 0.8
#define NEAR_NONE UINT32_MAX

void sketch_make(struct sketch *sketch, struct str text, struct arena *scratch);
// first[i] is the text that i is a near-copy of, itself no copy of any; NEAR_NONE when i is none.
// Takes 190 to 320 bytes a text while it works. Errors: no memory (ERR_UNAVAILABLE), the stop; then
// `first` is not whole.
int near_copy_find(const struct sketch *sketches, size_t n, struct arena *scratch, uint32_t *first,
                   struct err *err) MUST_USE;

#endif
