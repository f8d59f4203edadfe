// SPDX-License-Identifier: Apache-2.0
#include "base/minhash.h"

#include <string.h>

// 64 hash functions h ↦ h·m + c over 32 bits, m odd; both drawn once by mix_bits.
void minhash_init(struct minhash *set)
{
    for (uint32_t i = 0; i < SKETCH_VALUES; i++) {
        uint64_t x = mix_bits(0x9E3779B97F4A7C15u * (i + 1));
        set->m[i] = (uint32_t)x | 1u;
        set->c[i] = (uint32_t)(x >> 32);
    }
    memset(set->least, 0xFF, sizeof set->least);
}

void minhash_add(struct minhash *set, uint32_t element)
{
    for (size_t j = 0; j < SKETCH_VALUES; j++) {
        uint32_t value = element * set->m[j] + set->c[j];
        set->least[j] = value < set->least[j] ? value : set->least[j];
    }
}

void minhash_end(const struct minhash *set, struct sketch *sketch)
{
    for (size_t j = 0; j < SKETCH_VALUES; j++)
        sketch->values[j] =
            (uint16_t)mix_bits(set->least[j]); // the low bits of a minimum are not even
}

size_t sketch_equal(const struct sketch *a, const struct sketch *b)
{
    size_t n = 0;
    for (size_t j = 0; j < SKETCH_VALUES; j++)
        n += a->values[j] == b->values[j];
    return n;
}

double sketch_likeness(const struct sketch *a, const struct sketch *b)
{
    assert(a->there && b->there);
    return (double)sketch_equal(a, b) / SKETCH_VALUES;
}
