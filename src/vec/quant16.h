// SPDX-License-Identifier: Apache-2.0
// Products of float32 rows with weights in int16, C = A · Bᵀ + bias: nearly as exact as float32
// (1e-3 of a product's size), for where bf16 is slow or not there; twice as fast as float32 with
// VNNI, with AVX2 alone by half faster (docs/decisions/0018). Every row of A is rounded to 4,095
// steps between 0 and its largest number, every row of B to as many as no sum of int32 can overflow
// with; whole-number products are exact. A row's result does not depend on the other rows.
#ifndef VEC_QUANT16_H
#define VEC_QUANT16_H

#include "base/err.h"

struct quant16_weights;
bool quant16_is_fast(void); // whether this CPU multiplies so faster than in float32
// b: n_out × n_in, n_in up to 32,768; bias: n_out. Both are copied.
int quant16_weights_open(struct quant16_weights **w, const float *b, size_t n_out, size_t n_in,
                         const float *bias, struct err *err) MUST_USE;
void quant16_weights_close(struct quant16_weights *w); // accepts NULL
size_t quant16_scratch(size_t n, size_t n_in);         // bytes for n rows
// a: n × n_in finite numbers, c: n × n_out, both without gaps. Works on the calling thread.
void quant16_run(const struct quant16_weights *w, const float *a, size_t n, float *c,
                 void *scratch);
// The same, number by number in plain C: what quant16_run must give to the bit.
void quant16_plain(const struct quant16_weights *w, const float *a, size_t n, float *c,
                   void *scratch);

#endif
