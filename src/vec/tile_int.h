// SPDX-License-Identifier: Apache-2.0
// What tile.c, tile_pack.c and tile_round.c share. Private to vec/tile*.
#ifndef VEC_TILE_INT_H
#define VEC_TILE_INT_H

#include "vec/tile.h"
#include "vec/tile_asm.h"

struct tile_weights {
    size_t n_out, n_in, row_bytes; // row_bytes: of a row of A
    void *packed;                  // for each 32 columns and each 64 bytes of a row: two tiles
    float *bias;
    float *scale, *sum; // of int8, of each column: its scale, and scale · Σ v; else NULL
};

#endif
