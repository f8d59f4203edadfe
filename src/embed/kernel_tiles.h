// SPDX-License-Identifier: Apache-2.0
// What kernel.h does, between bf16 products on Intel's AMX (vec/tile.h): queries, keys, values and
// what goes into the next product are bf16. kernel_plain is the oracle. A text's numbers do not
// depend on its neighbours. Private to embed/.
#ifndef EMBED_KERNEL_TILES_H
#define EMBED_KERNEL_TILES_H

#include "base/prelude.h"

// As struct attention. The rows behind the text up to the next multiple of 16 are read and mean
// nothing.
struct tile_attention {
    const uint16_t *qkv; // n rows of q | k | v of bf16, each dims wide
    uint16_t *out; // of bf16, in pieces (vec/tile.h); the text's rows are first … first + n - 1
    size_t first, n, dims, n_heads;
    float scale;
    const float *bias;
    size_t bias_stride, bias_zero;
    void *scratch; // kernel_tiles_scratch bytes, 64-byte aligned
};

bool kernel_tiles_can(size_t dims, size_t n_heads); // AMX; a head's width a multiple of 32, ≤ 128
size_t kernel_tiles_scratch(size_t max_tokens, size_t head_dims); // bytes
void kernel_tiles_attend(const struct tile_attention *a);
// As kernel.add_norm, and the result in bf16 to `rounded` beside, in pieces (NULL: not); dims a
// multiple of 32.
void kernel_tiles_add_norm(float *x, const float *y, size_t n, size_t dims, const float *gain,
                           const float *bias, float eps, uint16_t *rounded);

#endif
