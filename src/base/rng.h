// SPDX-License-Identifier: Apache-2.0
// Seeded random numbers for sampling and mathematics (xoshiro256**, Blackman and Vigna 2018). The
// same seed and stream give the same numbers on every machine. Never for secrets (base/crypto.h) or
// for noise that protects people (base/noise.h).
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include "base/prelude.h"

struct rng {
    uint64_t s[4];
};

// `stream` keeps uses of one seed apart: rng_init(&r, seed, "kmeans").
void rng_init(struct rng *r, uint64_t seed, const char *stream);
uint64_t rng_next(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n); // uniform on 0 … n-1, without bias; n > 0
double rng_unit(struct rng *r);                // uniform on [0, 1)
double rng_normal(struct rng *r);              // mean 0, variance 1

#endif
