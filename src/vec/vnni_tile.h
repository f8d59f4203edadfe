// SPDX-License-Identifier: Apache-2.0
// The loops that products of 8 and of 16 bits share, by VNNI: some rows times panels of 16 columns,
// whose sums stand in registers until they are whole. Private to panel.c, quant.c and quant16.c.
#ifndef VEC_VNNI_TILE_H
#define VEC_VNNI_TILE_H

#include "base/prelude.h"

#define VNNI_ROWS ((size_t)8)
#define VNNI_PANELS ((size_t)3)
#define VNNI_NARROW_ROWS ((size_t)6) // in 256 bits
#define VNNI_HALVES ((size_t)2)      // of a panel

#ifdef __x86_64__
#include <immintrin.h>

// Of AVX-512, ISA_VNNI; and in 256 bits, ISA_AVX_VNNI, whose instructions stand in VNNI_ADD alone.
#define VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,fma")))
#define VNNI_NARROW __attribute__((target("avx2,fma")))
// Before loops of few steps: unrolled, all sums stand in registers.
#define EACH _Pragma("GCC unroll 8")

typedef int32_t __attribute__((may_alias, aligned(1))) vnni_four_bytes;

// Of sixteen lanes those that hold one of the last n_left numbers.
static inline __mmask16 vnni_mask(size_t n_left)
{
    return (__mmask16)(n_left >= 16 ? 0xFFFF : (1U << n_left) - 1);
}

// sum += columns × some: two of 16 bits, or four of 8 bits, of each column. Written out, because
// GCC 12 copies every sum before it adds.
#define VNNI_ADD(instruction, sum, columns, some)                                                  \
    __asm__(instruction " %2, %1, %0" : "+v"(sum) : "v"(columns), "v"(some))

// sum[i][p]: of the n_bytes at row[i] with panel p, whose pieces of 64 bytes hold four bytes of
// each column; panels stand `size` bytes apart, aligned to 64 bytes. Four bytes of a row are loaded
// once for three panels: more loads than products would have to wait for them.
VNNI static inline __attribute__((always_inline)) void
vnni_tile(const char *panel, size_t size, const char *const row[VNNI_ROWS], size_t n_bytes,
          bool is_16_bits, __m512i sum[VNNI_ROWS][VNNI_PANELS])
{
    EACH for (size_t i = 0; i < VNNI_ROWS; i++) EACH for (size_t p = 0; p < VNNI_PANELS; p++)
        sum[i][p] = _mm512_setzero_si512();
    for (size_t k = 0; k < n_bytes; k += 4, panel += 64) {
        __m512i columns[VNNI_PANELS];
        EACH for (size_t p = 0; p < VNNI_PANELS; p++) columns[p] =
            _mm512_load_si512(panel + p * size);
        EACH for (size_t i = 0; i < VNNI_ROWS; i++)
        {
            __m512i some = _mm512_set1_epi32(*(const vnni_four_bytes *)(row[i] + k));
            EACH for (size_t p = 0; p < VNNI_PANELS; p++)
            {
                if (is_16_bits)
                    VNNI_ADD("vpdpwssd", sum[i][p], columns[p], some);
                else
                    VNNI_ADD("vpdpbusd", sum[i][p], columns[p], some);
            }
        }
    }
}

// The same of 6 rows and the two halves of one panel; added to what is in `sum`.
VNNI_NARROW static inline __attribute__((always_inline)) void
vnni_narrow_tile(const char *panel, const char *const row[VNNI_NARROW_ROWS], size_t n_bytes,
                 bool is_16_bits, __m256i sum[VNNI_NARROW_ROWS][VNNI_HALVES])
{
    for (size_t k = 0; k < n_bytes; k += 4, panel += 64) {
        __m256i left = _mm256_load_si256((const __m256i *)panel);
        __m256i right = _mm256_load_si256((const __m256i *)panel + 1);
        EACH for (size_t i = 0; i < VNNI_NARROW_ROWS; i++)
        {
            __m256i some = _mm256_set1_epi32(*(const vnni_four_bytes *)(row[i] + k));
            if (is_16_bits) {
                VNNI_ADD("%{vex%} vpdpwssd", sum[i][0], left, some);
                VNNI_ADD("%{vex%} vpdpwssd", sum[i][1], right, some);
            } else {
                VNNI_ADD("%{vex%} vpdpbusd", sum[i][0], left, some);
                VNNI_ADD("%{vex%} vpdpbusd", sum[i][1], right, some);
            }
        }
    }
}
#endif

#endif
