// SPDX-License-Identifier: Apache-2.0
// Sets of small whole numbers, a bit each, 64 to a number.
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include "base/prelude.h"

static inline bool bits_have(const uint64_t *set, size_t i)
{
    return set[i / 64] >> i % 64 & 1;
}
static inline void bits_add(uint64_t *set, size_t i)
{
    set[i / 64] |= (uint64_t)1 << i % 64;
}

#endif
