// SPDX-License-Identifier: Apache-2.0
// Sketches of sets (MinHash, Broder 1997): 64 small numbers by which the share of elements that two
// sets have in common is estimated, with a standard error of at most 1/16. Elements are given as
// hashes; what an element is, is the caller's business. Cost: 64 steps an element.
#ifndef BASE_MINHASH_H
#define BASE_MINHASH_H

#include "base/prelude.h"

#define SKETCH_VALUES 64

struct sketch {
    bool there; // false: the set is too small to say
    uint16_t values[SKETCH_VALUES];
};

struct minhash { // the set that is read now
    uint32_t m[SKETCH_VALUES], c[SKETCH_VALUES], least[SKETCH_VALUES];
};
// The same functions on every machine; an element may be added twice. end leaves `there` alone.
void minhash_init(struct minhash *set);
void minhash_add(struct minhash *set, uint32_t element);
void minhash_end(const struct minhash *set, struct sketch *sketch);

// How many of the 64 agree, and the estimate: elements in common / in either, 0 … 1.
size_t sketch_equal(const struct sketch *a, const struct sketch *b);
double sketch_likeness(const struct sketch *a, const struct sketch *b); // both are there

// Scatters the bits of a number (the finaliser of SplitMix64).
static inline uint64_t mix_bits(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

#endif
