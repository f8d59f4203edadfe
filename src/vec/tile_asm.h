// SPDX-License-Identifier: Apache-2.0
// Intel's AMX as statements. A tile is a register of 16 rows of 64 bytes; there are eight. Written
// as assembly because the intrinsics of GCC 12 do not say that a store writes memory, so that what
// reads it may be moved before it. oneDNN and llama.cpp use the same tiles: tiles_begin comes after
// them and tiles_end before them, on the same thread. Only where isa_has(ISA_AMX).
#ifndef VEC_TILE_ASM_H
#define VEC_TILE_ASM_H

#include "base/prelude.h"

#define TILE_SIDE ((size_t)16)   // rows of a tile, and 32-bit numbers of its row
#define TILE_BYTES ((size_t)64)  // of a row
#define TILE_SIZE ((size_t)1024) // bytes of a tile

#if defined(__x86_64__)

#define tile_load(t, from, stride)                                                                 \
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #t                                               \
                     :                                                                             \
                     : "r"((const void *)(from)), "r"((size_t)(stride))                            \
                     : "memory")
#define tile_store(t, to, stride)                                                                  \
    __asm__ volatile("tilestored %%tmm" #t ", (%0,%1,1)"                                           \
                     :                                                                             \
                     : "r"((void *)(to)), "r"((size_t)(stride))                                    \
                     : "memory")
#define tile_zero(t) __asm__ volatile("tilezero %%tmm" #t ::)
// c += a · b in float32: a of 16 rows of 32 bf16 numbers, b of 16 pairs of rows of 16.
#define tile_add_bf16(c, a, b) __asm__ volatile("tdpbf16ps %%tmm" #b ", %%tmm" #a ", %%tmm" #c ::)
// The same of int8 in int32, exact: a of 16 rows of 64 numbers, b of 16 rows of 16 times four.
#define tile_add_int8(c, a, b) __asm__ volatile("tdpbssd %%tmm" #b ", %%tmm" #a ", %%tmm" #c ::)
// The same with b of 0 … 255.
#define tile_add_int8_uint8(c, a, b)                                                               \
    __asm__ volatile("tdpbsud %%tmm" #b ", %%tmm" #a ", %%tmm" #c ::)

// 32 floats to bf16 at `to`, `low` first.
#define put_bf16(to, high, low) _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(high, low))

// All eight tiles whole.
static inline void tiles_begin(void)
{
    struct {
        uint8_t palette, start, none[14];
        uint16_t n_bytes[16];
        uint8_t n_rows[16];
    } shape = { .palette = 1 };
    for (size_t i = 0; i < 8; i++) {
        shape.n_bytes[i] = TILE_BYTES;
        shape.n_rows[i] = TILE_SIDE;
    }
    __asm__ volatile("ldtilecfg %0" : : "m"(shape));
}

static inline void tiles_end(void)
{
    __asm__ volatile("tilerelease" ::);
}

// A block: 32 × 32 sums in the tiles 0 … 3. This adds the products of 32 rows, `stride` bytes
// apart, with the two tiles at b; `add` is one of the above.
#define tile_block_add(add, rows, stride, b)                                                       \
    do {                                                                                           \
        tile_load(6, (const char *)(b), TILE_BYTES);                                               \
        tile_load(4, (const char *)(rows), stride);                                                \
        add(0, 4, 6);                                                                              \
        tile_load(7, (const char *)(b) + TILE_SIZE, TILE_BYTES);                                   \
        add(1, 4, 7);                                                                              \
        tile_load(5, (const char *)(rows) + TILE_SIDE * (stride), stride);                         \
        add(2, 5, 6);                                                                              \
        add(3, 5, 7);                                                                              \
    } while (0)

// The block's numbers of 32 bits, row by row.
static inline void tile_block_store(void *to)
{
    char *rows = to;
    size_t stride = 2 * TILE_BYTES;
    tile_store(0, rows, stride);
    tile_store(1, rows + TILE_BYTES, stride);
    tile_store(2, rows + TILE_SIDE * stride, stride);
    tile_store(3, rows + TILE_SIDE * stride + TILE_BYTES, stride);
}
#else
static inline void tiles_begin(void)
{
}

static inline void tiles_end(void)
{
}

#endif
#endif
