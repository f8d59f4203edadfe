// SPDX-License-Identifier: Apache-2.0
// float32 to bf16: the upper half of the bits, rounded to nearest, ties to even. NaN stays NaN.
#ifndef VEC_ROUND_H
#define VEC_ROUND_H

#include "base/prelude.h"

void round_to_bf16(const float *from, size_t n, uint16_t *to);
void round_in_float(const float *from, size_t n, float *to); // the rounded values as float32

#endif
