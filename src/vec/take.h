// SPDX-License-Identifier: Apache-2.0
// Memory for what vector instructions read, private to vec/.
#ifndef VEC_TAKE_H
#define VEC_TAKE_H

#include "base/prelude.h"

#include <stdlib.h>

#define TAKE_ALIGNMENT ((size_t)64)

// n items of `size` bytes and some behind them, 64-byte aligned, the caller's to free; n may be 0.
// NULL: no memory.
static inline void *take(size_t n, size_t size)
{
    return aligned_alloc(TAKE_ALIGNMENT, size_round_up(n * size + 1, TAKE_ALIGNMENT));
}

#endif
