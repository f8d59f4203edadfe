// SPDX-License-Identifier: Apache-2.0
#include "base/noise.h"

#include "base/crypto.h"

#include <math.h>

#define LARGEST_RATIO ((uint64_t)1 << 40)
#define LARGEST_SCALE ((uint64_t)1 << 20)
#define LARGEST_SQUARE ((uint64_t)1 << 38)
#define LARGEST_PART ((uint64_t)1 << 16)
#define LARGEST_VARIANCE ((uint64_t)1 << 34)
#define FAR ((uint64_t)512)

// All that is drawn fits: see noise_gauss for the largest, 2^118.
__extension__ typedef unsigned __int128 wide;

struct noise noise_stream(const struct hash_key *key, struct str purpose)
{
    struct noise n = { .counter = 0 };
    crypto_derive(key, purpose, n.key);
    return n;
}

static uint64_t next_bit(struct noise *n)
{
    if (!n->n_bits) {
        crypto_stream_block(n->key, n->counter++, n->words);
        n->n_bits = 64 * COUNT_OF(n->words);
    }
    size_t at = 64 * COUNT_OF(n->words) - n->n_bits--;
    return n->words[at / 64] >> (at % 64) & 1;
}

// As few bits as the bound needs, drawn again when they are over it: no division, no bias.
static wide below(struct noise *n, wide bound)
{
    int n_bits = 0;
    while (n_bits < 127 && (wide)1 << n_bits < bound)
        n_bits++;
    for (;;) {
        wide x = 0;
        for (int i = 0; i < n_bits; i++)
            x = x << 1 | next_bit(n);
        if (x < bound)
            return x;
    }
}

uint64_t noise_below(struct noise *n, uint64_t bound)
{
    assert(bound > 0);
    return (uint64_t)below(n, bound);
}

// exp(-num/den) for num ≤ den: the first K at which a coin of num/(den·K) falls the other way is
// odd with this probability (the alternating series of exp).
static bool small_exp(struct noise *n, wide num, wide den)
{
    uint64_t k = 1;
    while (below(n, den * k) < num)
        k++;
    return k % 2 == 1;
}

static bool wide_exp(struct noise *n, wide num, wide den)
{
    for (wide i = 0; i < num / den; i++)
        if (!small_exp(n, 1, 1))
            return false;
    return small_exp(n, num % den, den);
}

bool noise_exp(struct noise *n, uint64_t num, uint64_t den)
{
    assert(den > 0 && num <= LARGEST_RATIO && den <= LARGEST_RATIO);
    return wide_exp(n, num, den);
}

int64_t noise_laplace(struct noise *n, uint64_t num, uint64_t den)
{
    assert(num > 0 && den > 0 && num <= LARGEST_SCALE && den <= LARGEST_SCALE);
    for (;;) {
        uint64_t u = noise_below(n, num), v = 0;
        if (!noise_exp(n, u, num))
            continue;
        while (noise_exp(n, 1, 1))
            v++;
        uint64_t size = (u + num * v) / den;
        bool negative = noise_below(n, 2) == 1;
        if (negative && size == 0) // 0 has one sign
            continue;
        return negative ? -(int64_t)size : (int64_t)size;
    }
}

// floor(sqrt(num/den)) + 1: the least t with t²·den > num.
static uint64_t scale_of(uint64_t num, uint64_t den)
{
    uint64_t low = 0, high = (uint64_t)1 << 18; // low² · den ≤ num < high² · den
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if ((wide)middle * middle * den <= num)
            low = middle;
        else
            high = middle;
    }
    return high;
}

// A Laplace proposal y of scale t = floor(σ) + 1 is taken with probability
// exp(-(|y| - σ²/t)² / 2σ²). With σ² = num/den that is exp(-(|y|·t·den - num)² / (2·num·den·t²)):
// |y| ≤ 2^9·t and t ≤ 2^17 + 1 keep the square under 2^119 and the divisor under 2^90.
int64_t noise_gauss(struct noise *n, uint64_t num, uint64_t den)
{
    assert(num > 0 && den > 0 && num <= LARGEST_SQUARE && den <= LARGEST_PART);
    assert(num / den <= LARGEST_VARIANCE);
    uint64_t t = scale_of(num, den);
    wide divisor = (wide)2 * num * den * t * t;
    for (;;) {
        int64_t y = noise_laplace(n, t, 1);
        uint64_t size = (uint64_t)(y < 0 ? -y : y);
        if (size > FAR * t)
            continue;
        wide reach = (wide)size * t * den;
        wide off = reach > num ? reach - num : num - reach;
        if (wide_exp(n, off * off, divisor))
            return y;
    }
}

// The finalizer of SplitMix64 (Steele, Lea and Flood 2014): sums of it are alike for like sets.
uint64_t noise_person(uint64_t number)
{
    uint64_t x = number + 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

int64_t noise_of_people(const struct hash_key *key, uint64_t people, int64_t n, uint64_t scale)
{
    char purpose[6 + sizeof people];
    if (!key)
        return n;
    memcpy(purpose, "people", 6);
    memcpy(purpose + 6, &people, sizeof people);
    struct noise stream = noise_stream(key, str_make(purpose, sizeof purpose));
    return n + noise_laplace(&stream, scale, 1);
}

bool noise_meets_floor(const struct hash_key *key, uint64_t people, int64_t n, int64_t floor)
{
    if (!key || n < floor)
        return n >= floor;
    return noise_of_people(key, people, n, 1) >= floor + NOISE_MARGIN;
}

bool noise_meets_wide_floor(const struct hash_key *key, uint64_t people, int64_t n, int64_t floor,
                            uint64_t scale)
{
    return noise_of_people(key, people, n, scale) >= floor;
}

void noise_set_init(struct noise_set *set, const struct count_noise *noise, struct str name)
{
    struct hash_key named;
    unsigned char whole[32];
    set->noise = *noise;
    if (!noise->is_on)
        return;
    crypto_derive(&noise->key, name, whole);
    memcpy(named.bytes, whole, sizeof named.bytes);
    crypto_derive_init(&set->counts, &named);
}

void noise_set_add(struct noise_set *set, const void *counts, size_t size)
{
    if (set->noise.is_on)
        crypto_derive_add(&set->counts, counts, size);
}

struct count_noise noise_set_end(struct noise_set *set)
{
    unsigned char whole[32];
    if (!set->noise.is_on)
        return set->noise;
    crypto_derive_end(&set->counts, whole);
    memcpy(set->noise.key.bytes, whole, sizeof set->noise.key.bytes);
    return set->noise;
}

struct count_noise noise_of_counts(const struct count_noise *noise, struct str name,
                                   const void *counts, size_t size)
{
    struct noise_set set;
    noise_set_init(&set, noise, name);
    noise_set_add(&set, counts, size);
    return noise_set_end(&set);
}

int64_t noise_count(const struct count_noise *noise, uint64_t scale, uint64_t cell, int64_t n,
                    int64_t low)
{
    if (!noise->is_on)
        return n;
    struct noise stream = noise_stream(&noise->key, str_make((const char *)&cell, sizeof cell));
    int64_t noisy = n + noise_laplace(&stream, scale, 1);
    return noisy > low ? noisy : low;
}

// The variance is 2p / (1 - p)^2 for p = exp(-1 / scale).
double noise_deviation(uint64_t scale)
{
    double p = exp(-1 / (double)scale);
    return sqrt(2 * p) / (1 - p);
}
