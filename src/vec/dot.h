// SPDX-License-Identifier: Apache-2.0
// Inner products of float32 vectors, summed in float64 in one fixed order: the same bits on every
// CPU, whatever registers it has. They settle what faster, rounded products leave open. A product
// of two float32 is exact in float64, so only the sums are rounded (relative error below n·2⁻⁵³).
#ifndef VEC_DOT_H
#define VEC_DOT_H

#include "base/prelude.h"

double dot_floats(const float *a, const float *b, size_t n);
void dot_add(double *sum, const float *x, size_t n); // sum += x, item by item
// sum += x · unit cut to whole numbers, item by item: what is added can be taken away again with
// -unit, in any order, to the bit.
void dot_add_whole(int64_t *sum, const float *x, size_t n, double unit);
// In float32, in any order: off by (n + 16) · 2⁻²⁴ · |a| · |b| at most. For bounds alone.
float dot_rough(const float *a, const float *b, size_t n);
// |a − b|² in float32: off by (n + 16) · 2⁻²³ of itself at most. For bounds alone.
float dot_apart(const float *a, const float *b, size_t n);
int32_t dot_int8(const int8_t *a, const int8_t *b, size_t n); // exact, n up to 100,000
// Asks for n_bytes that will be read soon.
static inline void dot_fetch(const void *row, size_t n_bytes)
{
    for (size_t at = 0; at < n_bytes; at += 64)
        __builtin_prefetch((const char *)row + at);
}

#endif
