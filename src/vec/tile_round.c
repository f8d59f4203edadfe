// SPDX-License-Identifier: Apache-2.0
// Rows of A to int8. Two passes over a row that stands in the first cache: its ends, then the whole
// numbers.
#include "vec/tile_int.h"

#include <math.h>

#define FINEST 1e-30F // a step below it is none: its inverse would not be finite

// The row whose numbers lie between low and high; `fine`: the inverse of its step.
static inline struct tile_row find_row(float low, float high, float *fine)
{
    struct tile_row row = { .step = (high - low) / 254, .base = low + (high - low) / 2 };
    *fine = row.step > FINEST ? 1 / row.step : 0;
    return row;
}

static float smooth(const struct tile_rounding *r, const float *x, size_t k)
{
    float v = r->middle ? x[k] - r->middle[k] : x[k];
    return r->inverse ? v * r->inverse[k] : v;
}

struct tile_row tile_round_plain(const struct tile_rounding *r, const float *x, size_t n_in,
                                 int8_t *a)
{
    float low = smooth(r, x, 0), high = low, fine;
    for (size_t k = 1; k < n_in; k++) {
        float v = smooth(r, x, k);
        low = v < low ? v : low;
        high = v > high ? v : high;
    }
    struct tile_row row = find_row(low, high, &fine);
    for (size_t k = 0; k < n_in; k++) {
        int whole = (int)nearbyintf((smooth(r, x, k) - row.base) * fine);
        a[k / TILE_PIECE * TILE_ROWS * TILE_PIECE + k % TILE_PIECE] =
            (int8_t)(whole > 127    ? 127
                     : whole < -128 ? -128
                                    : whole);
    }
    return row;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define LANES ((size_t)16)
#define WIDE __attribute__((target("avx512f,avx512bw,avx512dq")))
#define INLINE WIDE static inline __attribute__((always_inline))

// r NULL: x is of bf16.
INLINE __m512 take(const struct tile_rounding *r, const void *x, size_t k)
{
    if (!r) {
        const uint16_t *at = (const uint16_t *)x + tile_place_bf16(0, k, 0);
        __m256i half = _mm256_loadu_si256((const void *)at);
        return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
    }
    __m512 v = _mm512_loadu_ps((const float *)x + k);
    if (r->middle)
        v = _mm512_sub_ps(v, _mm512_loadu_ps(r->middle + k));
    return r->inverse ? _mm512_mul_ps(v, _mm512_loadu_ps(r->inverse + k)) : v;
}

INLINE struct tile_row round_row(const struct tile_rounding *r, const void *x, size_t n_in,
                                 int8_t *a)
{
    __m512 low = take(r, x, 0), high = low;
    float fine;
    for (size_t k = LANES; k < n_in; k += LANES) {
        __m512 v = take(r, x, k);
        low = _mm512_min_ps(low, v);
        high = _mm512_max_ps(high, v);
    }
    struct tile_row row = find_row(_mm512_reduce_min_ps(low), _mm512_reduce_max_ps(high), &fine);
    __m512 base = _mm512_set1_ps(row.base), times = _mm512_set1_ps(fine);
    for (size_t k = 0; k < n_in; k += TILE_PIECE, a += TILE_ROWS * TILE_PIECE)
        for (size_t i = 0; i < TILE_PIECE; i += LANES) {
            __m512 v = _mm512_mul_ps(_mm512_sub_ps(take(r, x, k + i), base), times);
            _mm_store_si128((void *)(a + i), _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(v)));
        }
    return row;
}

WIDE struct tile_row tile_round(const struct tile_rounding *r, const float *x, size_t n_in,
                                int8_t *a)
{
    return round_row(r, x, n_in, a);
}

WIDE struct tile_row tile_round_bf16(const uint16_t *x, size_t n_in, int8_t *a)
{
    return round_row(NULL, x, n_in, a);
}
#else
struct tile_row tile_round(const struct tile_rounding *r, const float *x, size_t n_in, int8_t *a)
{
    return tile_round_plain(r, x, n_in, a);
}

struct tile_row tile_round_bf16(const uint16_t *x, size_t n_in, int8_t *a)
{
    (void)x, (void)n_in, (void)a;
    BUG("tile_round_bf16 without AMX");
}
#endif
