// SPDX-License-Identifier: Apache-2.0
// float32 to bf16: the upper half of the bits, rounded to nearest, ties to even. NaN stays NaN.
// float32 to int8: with one scale for n numbers, from -127 to 127.
#ifndef VEC_ROUND_H
#define VEC_ROUND_H

#include "base/prelude.h"

void round_to_bf16(const float *from, size_t n, uint16_t *to);
void round_in_float(const float *from, size_t n, float *to); // the rounded values as float32
// Returns the scale: from[i] is about scale × to[i], within half a scale. Only finite numbers.
float round_to_int8(const float *from, size_t n, int8_t *to);
// What that left: from[i] is about scale × (to[i] + rest[i] / ROUND_FINER), within 1.01 times half
// a scale / ROUND_FINER.
#define ROUND_FINER 254
void round_finer(const float *from, size_t n, float scale, const int8_t *to, int8_t *rest);

#endif
