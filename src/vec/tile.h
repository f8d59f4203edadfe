// SPDX-License-Identifier: Apache-2.0
// Products on Intel's AMX, what follows them done while the next numbers are multiplied:
// C = after(A · Bᵀ + bias), B packed once. Beside gemm.h because there A comes as floats and C goes
// as floats: what an encoder does between two products then costs as much as they do. A is of bf16,
// or of int8, which the tiles multiply twice as fast. Sums are kept in float32, in an order that
// depends on n_in alone, or are whole numbers, so a row's result does not depend on the other rows
// or on n. gemm_plain (gemm.h) is the oracle; of int8, tile_plain_int8.
#ifndef VEC_TILE_H
#define VEC_TILE_H

#include "base/err.h"

#define TILE_ROWS ((size_t)32)  // A and C have rows for a multiple of it, n_in and n_out are such
#define TILE_PIECE ((size_t)64) // bytes of a row of A that stand together

// Where row i of A begins, in bytes: rows stand 32 together, of those the first pieces of all, then
// the second … So tiles are read one line after the other.
static inline size_t tile_place(size_t i, size_t row_bytes)
{
    return i / TILE_ROWS * TILE_ROWS * row_bytes + i % TILE_ROWS * TILE_PIECE;
}
// The same of number k of row i, of bf16, in numbers.
static inline size_t tile_place_bf16(size_t i, size_t k, size_t n_in)
{
    size_t piece = TILE_PIECE / sizeof(uint16_t);
    return tile_place(i, n_in * sizeof(uint16_t)) / sizeof(uint16_t) +
           k / piece * TILE_ROWS * piece + k % piece;
}

enum tile_after {
    TILE_FLOATS, // C: floats
    TILE_BF16,   // C: rounded to bf16
    TILE_GELU,   // C: x · Φ(x) as in embed/kernel.h, rounded to bf16, in pieces as A
};

struct tile_weights;

bool tile_can(size_t n_out, size_t n_in); // AMX is there, and both are multiples of TILE_ROWS
// b: n_out × n_in, bias: n_out; both copied. tile_can() must have said yes.
int tile_weights_open(struct tile_weights **w, const float *b, size_t n_out, size_t n_in,
                      const float *bias, struct err *err) MUST_USE;
void tile_weights_close(struct tile_weights *w); // accepts NULL; of either kind
// a: n × n_in of bf16 in pieces; c: n × n_out, row-major without gaps; of both n is rounded up to
// whole TILE_ROWS, and what stands in the rows behind n is read and written, and means nothing.
// Several threads may use one w at a time.
void tile_run(const struct tile_weights *w, const uint16_t *a, size_t n, enum tile_after after,
              void *c);

// int8 -----------------------------------------------------------------------------------------

// How rows are rounded: x' = (x - middle) · inverse is about base + step · q, q in -127 … 127,
// where base and step are the row's own: halfway between its least and largest number.
struct tile_rounding {
    const float *middle, *inverse; // of each column; NULL: 0 and 1
};
struct tile_row {
    float step, base;
};

bool tile_can_int8(size_t n_out, size_t n_in); // as tile_can(), whole pieces, n_in up to 32,768
// Weights have a scale for each row of b, which is divided by `inverse` before; `middle` goes into
// the bias, so C is that of the numbers as they were before.
int tile_weights_open_int8(struct tile_weights **w, const float *b, size_t n_out, size_t n_in,
                           const float *bias, const struct tile_rounding *rounding,
                           struct err *err) MUST_USE;
// One row from x to a + tile_place(). Of bf16, x is a row in pieces, too.
struct tile_row tile_round(const struct tile_rounding *r, const float *x, size_t n_in, int8_t *a);
struct tile_row tile_round_bf16(const uint16_t *x, size_t n_in, int8_t *a);
// As tile_run; rows: one a row, for n in whole TILE_ROWS, too.
void tile_run_int8(const struct tile_weights *w, const int8_t *a, const struct tile_row *rows,
                   size_t n, enum tile_after after, void *c);
// The same in plain C: tile_round to the bit, and so the products as floats.
struct tile_row tile_round_plain(const struct tile_rounding *r, const float *x, size_t n_in,
                                 int8_t *a);
void tile_plain_int8(const struct tile_weights *w, const int8_t *a, const struct tile_row *rows,
                     size_t n, float *c);

#endif
