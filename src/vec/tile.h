// SPDX-License-Identifier: Apache-2.0
// Products of bf16 numbers on Intel's AMX, what follows them done while the next numbers are
// multiplied: C = after(A · Bᵀ + bias), B packed once. Beside gemm.h because there A comes as
// floats and C goes as floats: what an encoder does between two products then costs as much as
// they do. Sums are kept in float32, in an order that depends on n_in alone, so a row's result does
// not depend on the other rows or on n. gemm_plain (gemm.h) is the oracle.
#ifndef VEC_TILE_H
#define VEC_TILE_H

#include "base/err.h"

#define TILE_ROWS ((size_t)32) // A and C have rows for a multiple of it, n_in and n_out are such

enum tile_after {
    TILE_FLOATS, // C: floats
    TILE_BF16,   // C: rounded to bf16
    TILE_GELU,   // C: x · Φ(x) as in embed/kernel.h, rounded to bf16
};

struct tile_weights;

bool tile_can(size_t n_out, size_t n_in); // AMX is there, and both are multiples of TILE_ROWS
// b: n_out × n_in, bias: n_out; both copied. tile_can() must have said yes.
int tile_weights_open(struct tile_weights **w, const float *b, size_t n_out, size_t n_in,
                      const float *bias, struct err *err) MUST_USE;
void tile_weights_close(struct tile_weights *w); // accepts NULL
// a: n × n_in of bf16, c: n × n_out, row-major without gaps; of both n is rounded up to whole
// TILE_ROWS, and what stands in the rows behind n is read and written, and means nothing. Several
// threads may use one w at a time.
void tile_run(const struct tile_weights *w, const uint16_t *a, size_t n, enum tile_after after,
              void *c);

#endif
