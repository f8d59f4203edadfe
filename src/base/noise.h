// SPDX-License-Identifier: Apache-2.0
// Noise that protects people: exact samplers on integers, after Canonne, Kamath and Steinke 2020
// (arXiv 2004.00010); no floating point between the true count and what is released. Bits come from
// ChaCha20 under a secret key, one stream a purpose: one key and one purpose give one draw, so that
// looking twice at the same cell does not average its noise away. How long a draw takes depends on
// what is drawn: draw in the batch job only (docs/privacy.md), never where a viewer can time it.
#ifndef BASE_NOISE_H
#define BASE_NOISE_H

#include "base/hash.h"

struct noise {
    unsigned char key[32];
    uint64_t counter;  // of the next block of the stream
    uint64_t words[8]; // of this block
    unsigned n_bits;   // of it not used yet
};
// A stream of its own for every purpose ("phrase", the cluster, the text …).
struct noise noise_stream(const struct hash_key *key, struct str purpose);
uint64_t noise_below(struct noise *n, uint64_t bound); // uniform on 0 … bound-1; bound > 0
// True with probability exp(-num/den); num and den at most 2^40, den > 0.
bool noise_exp(struct noise *n, uint64_t num, uint64_t den);
// x with probability proportional to exp(-|x|·den/num): discrete Laplace of scale num/den, both
// from 1 to 2^20.
int64_t noise_laplace(struct noise *n, uint64_t num, uint64_t den);
// x with probability proportional to exp(-x²·den/(2·num)): discrete Gaussian, num/den is its
// variance up to rounding; num from 1 to 2^38, den from 1 to 2^16, num/den at most 2^34. With an L2
// sensitivity D, the release of true + x is ρ-zCDP for ρ = D²·den/(2·num). More than 512 scales
// away (probability below exp(-131000)) nothing is drawn.
int64_t noise_gauss(struct noise *n, uint64_t num, uint64_t den);

// Who stands behind a count: the sum of this over its people, in any order. `number`: 1, 2, 3 … as
// accounts come in the order of conversations, the same in all stages, whatever the vault's key. A
// draw that decides whether a count is shown belongs to these people and to no name: whatever else
// the same people have in common, at whichever level, in whichever tree and release, is shown or
// hidden with it, so that a phrase of ten parts is one draw and not ten.
uint64_t noise_person(uint64_t number);
// Whether a count of n people may be shown. key NULL: n ≥ floor. Else n ≥ floor, and n + Laplace(1)
// ≥ floor + NOISE_MARGIN: whoever brings floor - 1 accounts of their own cannot tell whether one
// more is there. Any two neighbouring counts are told apart with an advantage of at most
// (e-1)/(e+1) = 0.46.
#define NOISE_MARGIN 1
#define NOISE_REACH 24 // a draw of scale 1 that is larger comes once in 10^10
// n + Laplace(scale), drawn for these people; key NULL: n. What noise_meets_floor looks at, with
// scale 1, and noise_meets_wide_floor: whoever asks for more of the same count looks at this one.
int64_t noise_of_people(const struct hash_key *key, uint64_t people, int64_t n, uint64_t scale);
bool noise_meets_floor(const struct hash_key *key, uint64_t people, int64_t n, int64_t floor);

// Noise on counts that are shown: discrete Laplace of these scales, in whole conversations and
// accounts. Off where counts are exact.
struct count_noise {
    bool is_on;
    struct hash_key key;    // of the counts of one tree
    struct hash_key people; // of the floors of people, in all trees
    uint64_t conversations, accounts;
};
// The noise of one set of counts under a name: its key is made of all of them, so that the same
// counts give the same noise whenever they are drawn, and any other counts noise of their own (one
// draw can never be taken away from another).
struct count_noise noise_of_counts(const struct count_noise *noise, struct str name,
                                   const void *counts, size_t size);
// The same of counts in pieces. Off: nothing is read, and the end is `noise` itself.
struct noise_set {
    struct count_noise noise;
    struct digest counts;
};
void noise_set_init(struct noise_set *set, const struct count_noise *noise, struct str name);
void noise_set_add(struct noise_set *set, const void *counts, size_t size);
struct count_noise noise_set_end(struct noise_set *set);
// n + Laplace(scale), no less than `low`; cells of a set have different numbers. Off: n.
int64_t noise_count(const struct count_noise *noise, uint64_t scale, uint64_t cell, int64_t n,
                    int64_t low);
double noise_deviation(uint64_t scale); // standard deviation of Laplace(scale)

// For words by which nobody should be found: n + Laplace(scale) ≥ floor. One account more or less
// changes the odds of the answer by at most exp(1 / scale), whatever n is.
bool noise_meets_wide_floor(const struct hash_key *key, uint64_t people, int64_t n, int64_t floor,
                            uint64_t scale);

#endif
