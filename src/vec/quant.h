// SPDX-License-Identifier: Apache-2.0
// Products of float32 rows with weights in int8, C = A · Bᵀ + bias, for where VNNI multiplies twice
// as fast as bf16; with AVX2 alone a little faster than float32. Every row of A is rounded to 256
// steps between its own least and largest number (asymmetric: GELU's results are nearly all
// positive), every row of B to int8 with a scale of its own; whole-number products are exact.
// Columns of A that are large everywhere would cost the others their steps: they are divided by
// what they are said to be, the weights multiplied, before either is rounded (SmoothQuant, Xiao et
// al. 2022). A row's result does not depend on the other rows.
#ifndef VEC_QUANT_H
#define VEC_QUANT_H

#include "base/err.h"

struct quant_weights;
// b: n_out × n_in; n_in a multiple of 4, up to 32,768. bias: n_out. spread: about how large each
// column of A is, above 0 (n_in), or NULL: all alike. All are copied.
int quant_weights_open(struct quant_weights **w, const float *b, size_t n_out, size_t n_in,
                       const float *bias, const float *spread, struct err *err) MUST_USE;
void quant_weights_close(struct quant_weights *w); // accepts NULL
size_t quant_scratch(size_t n, size_t n_in);       // bytes for n rows
// a: n × n_in finite numbers without gaps; c: n × n_out, rows `stride` floats apart. Works on the
// calling thread.
void quant_run(const struct quant_weights *w, const float *a, size_t n, float *c, size_t stride,
               void *scratch);
// The same, number by number in plain C: what quant_run must give to the bit.
void quant_plain(const struct quant_weights *w, const float *a, size_t n, float *c, size_t stride,
                 void *scratch);

#endif
