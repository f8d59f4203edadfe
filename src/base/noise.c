// SPDX-License-Identifier: Apache-2.0
#include "base/noise.h"

#define LARGEST_RATIO ((uint64_t)1 << 40)
#define LARGEST_SCALE ((uint64_t)1 << 20)

struct noise noise_stream(const struct hash_key *key, struct str purpose)
{
    struct noise n = { .counter = 0 };
    struct hash_key halves = *key;
    uint64_t half = hash_bytes(&halves, purpose);
    memcpy(n.key.bytes, &half, sizeof half);
    for (size_t i = 0; i < sizeof halves.bytes; i++)
        halves.bytes[i] ^= 0xA5;
    half = hash_bytes(&halves, purpose);
    memcpy(n.key.bytes + sizeof half, &half, sizeof half);
    return n;
}

static uint64_t next(struct noise *n)
{
    uint64_t counter = n->counter++;
    return hash_bytes(&n->key, str_make((const char *)&counter, sizeof counter));
}

uint64_t noise_below(struct noise *n, uint64_t bound)
{
    assert(bound > 0);
    uint64_t most = UINT64_MAX - UINT64_MAX % bound, x; // a multiple of the bound
    do
        x = next(n);
    while (x >= most);
    return x % bound;
}

// exp(-num/den) for num ≤ den: the first K at which a coin of num/(den·K) falls the other way is
// odd with this probability (the alternating series of exp).
static bool small_exp(struct noise *n, uint64_t num, uint64_t den)
{
    uint64_t k = 1;
    while (noise_below(n, den * k) < num)
        k++;
    return k % 2 == 1;
}

bool noise_exp(struct noise *n, uint64_t num, uint64_t den)
{
    assert(den > 0 && num <= LARGEST_RATIO && den <= LARGEST_RATIO);
    for (uint64_t i = 0; i < num / den; i++)
        if (!small_exp(n, 1, 1))
            return false;
    return small_exp(n, num % den, den);
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

bool noise_meets_floor(const struct hash_key *key, struct str cell, int64_t n, int64_t floor)
{
    if (!key || n < floor)
        return n >= floor;
    struct noise stream = noise_stream(key, cell);
    return n + noise_laplace(&stream, 1, 1) >= floor + NOISE_MARGIN;
}

bool noise_meets_wide_floor(const struct hash_key *key, struct str cell, int64_t n, int64_t floor,
                            uint64_t scale)
{
    struct noise stream = noise_stream(key, cell);
    return n + noise_laplace(&stream, scale, 1) >= floor;
}
