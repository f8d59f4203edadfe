// SPDX-License-Identifier: Apache-2.0
#include "vec/row_scan.h"

#include "vec/isa.h"

#include <math.h>

static uint32_t best_float_plain(const float *s, size_t k)
{
    uint32_t best = 0;
    for (size_t j = 1; j < k; j++)
        best = s[j] > s[best] ? (uint32_t)j : best;
    return best;
}

static size_t above_float_plain(const float *s, size_t k, float floor, uint32_t *found)
{
    size_t n = 0;
    for (size_t j = 0; j < k; j++)
        if (s[j] >= floor)
            found[n++] = (uint32_t)j;
    return n;
}

static uint32_t best_int32_plain(const int32_t *p, const float *scale, size_t k)
{
    uint32_t best = 0;
    float best_value = (float)p[0] * scale[0];
    for (size_t j = 1; j < k; j++) {
        float value = (float)p[j] * scale[j];
        if (value > best_value) {
            best_value = value;
            best = (uint32_t)j;
        }
    }
    return best;
}

static size_t above_int32_plain(const int32_t *p, const float *scale, size_t k, float floor,
                                uint32_t *found)
{
    size_t n = 0;
    for (size_t j = 0; j < k; j++)
        if ((float)p[j] * scale[j] >= floor)
            found[n++] = (uint32_t)j;
    return n;
}

static void sixteens_above_plain(int32_t (*p)[16], size_t n, const int32_t *less,
                                 const float *scale, const float *floor, uint16_t *hits)
{
    for (size_t i = 0; i < n; i++) {
        hits[i] = 0;
        for (unsigned j = 0; j < 16; j++)
            hits[i] = (uint16_t)(hits[i] |
                                 (unsigned)((float)(p[i][j] - less[i]) * scale[j] > floor[i]) << j);
    }
}

#ifdef __x86_64__
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f")))
#define INLINE static inline __attribute__((always_inline))

AVX512 INLINE __mmask16 mask_of(size_t n_left)
{
    return (__mmask16)(n_left >= 16 ? 0xFFFF : (1U << n_left) - 1);
}

// scale NULL: `values` are float32; else int32 to be scaled.
AVX512 INLINE __m512 load(const void *values, const float *scale, size_t j, __mmask16 mask)
{
    if (!scale)
        return _mm512_maskz_loadu_ps(mask, (const float *)values + j);
    __m512 v = _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(mask, (const int32_t *)values + j));
    return _mm512_mul_ps(v, _mm512_maskz_loadu_ps(mask, scale + j));
}

AVX512 INLINE uint32_t best_avx512(const void *values, const float *scale, size_t k)
{
    __m512 best = _mm512_set1_ps(-INFINITY);
    __m512i at = _mm512_setzero_si512(), now = at, step = _mm512_set1_epi32(16);
    now = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    for (size_t j = 0; j < k; j += 16) {
        __mmask16 mask = mask_of(k - j);
        __m512 v = load(values, scale, j, mask);
        __mmask16 more = _mm512_mask_cmp_ps_mask(mask, v, best, _CMP_GT_OQ);
        best = _mm512_mask_mov_ps(best, more, v);
        at = _mm512_mask_mov_epi32(at, more, now);
        now = _mm512_add_epi32(now, step);
    }
    __mmask16 top =
        _mm512_cmp_ps_mask(best, _mm512_set1_ps(_mm512_reduce_max_ps(best)), _CMP_EQ_OQ);
    return (uint32_t)_mm512_mask_reduce_min_epu32(top, at);
}

AVX512 INLINE size_t above_avx512(const void *values, const float *scale, size_t k, float floor,
                                  uint32_t *found)
{
    __m512 low = _mm512_set1_ps(floor);
    size_t n = 0;
    for (size_t j = 0; j < k; j += 16) {
        __mmask16 mask = mask_of(k - j);
        __m512 v = load(values, scale, j, mask);
        unsigned hits = _mm512_mask_cmp_ps_mask(mask, v, low, _CMP_GE_OQ);
        for (; hits; hits &= hits - 1)
            found[n++] = (uint32_t)j + (uint32_t)__builtin_ctz(hits);
    }
    return n;
}

AVX512 static uint32_t best_float_avx512(const float *s, size_t k)
{
    return best_avx512(s, NULL, k);
}

AVX512 static uint32_t best_int32_avx512(const int32_t *p, const float *scale, size_t k)
{
    return best_avx512(p, scale, k);
}

AVX512 static size_t above_float_avx512(const float *s, size_t k, float floor, uint32_t *found)
{
    return above_avx512(s, NULL, k, floor, found);
}

AVX512 static size_t above_int32_avx512(const int32_t *p, const float *scale, size_t k,
                                        float floor, uint32_t *found)
{
    return above_avx512(p, scale, k, floor, found);
}

AVX512 static void sixteens_above_avx512(int32_t (*p)[16], size_t n, const int32_t *less,
                                         const float *scale, const float *floor, uint16_t *hits)
{
    __m512 scales = _mm512_loadu_ps(scale);
    for (size_t i = 0; i < n; i++) {
        __m512i whole = _mm512_sub_epi32(_mm512_loadu_si512(p[i]), _mm512_set1_epi32(less[i]));
        __m512 v = _mm512_mul_ps(_mm512_cvtepi32_ps(whole), scales);
        hits[i] = _mm512_cmp_ps_mask(v, _mm512_set1_ps(floor[i]), _CMP_GT_OQ);
    }
}

#define AVX2 __attribute__((target("avx2")))

AVX2 INLINE __m256 scale_eight(const int32_t *p, int32_t less, const float *scale)
{
    __m256i whole = _mm256_sub_epi32(_mm256_loadu_si256((const void *)p), _mm256_set1_epi32(less));
    return _mm256_mul_ps(_mm256_cvtepi32_ps(whole), _mm256_loadu_ps(scale));
}

AVX2 INLINE __m256 load_eight(const void *values, const float *scale, size_t j)
{
    if (!scale)
        return _mm256_loadu_ps((const float *)values + j);
    return scale_eight((const int32_t *)values + j, 0, scale + j);
}

INLINE float load_one(const void *values, const float *scale, size_t j)
{
    return scale ? (float)((const int32_t *)values)[j] * scale[j] : ((const float *)values)[j];
}

AVX2 INLINE uint32_t best_avx2(const void *values, const float *scale, size_t k)
{
    __m256 best = _mm256_set1_ps(-INFINITY);
    __m256i at = _mm256_setzero_si256(), now = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    size_t j = 0;
    for (; j + 8 <= k; j += 8) {
        __m256 v = load_eight(values, scale, j), more = _mm256_cmp_ps(v, best, _CMP_GT_OQ);
        best = _mm256_blendv_ps(best, v, more);
        at = _mm256_blendv_epi8(at, now, _mm256_castps_si256(more));
        now = _mm256_add_epi32(now, _mm256_set1_epi32(8));
    }
    float lanes[8], top = -INFINITY;
    uint32_t places[8], place = 0;
    _mm256_storeu_ps(lanes, best);
    _mm256_storeu_si256((void *)places, at);
    for (size_t l = 0; l < 8; l++)
        if (lanes[l] > top || (lanes[l] == top && places[l] < place)) {
            top = lanes[l];
            place = places[l];
        }
    for (; j < k; j++)
        if (load_one(values, scale, j) > top) {
            top = load_one(values, scale, j);
            place = (uint32_t)j;
        }
    return place;
}

AVX2 INLINE size_t above_avx2(const void *values, const float *scale, size_t k, float floor,
                              uint32_t *found)
{
    __m256 low = _mm256_set1_ps(floor);
    size_t n = 0, j = 0;
    for (; j + 8 <= k; j += 8) {
        __m256 v = load_eight(values, scale, j);
        unsigned hits = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(v, low, _CMP_GE_OQ));
        for (; hits; hits &= hits - 1)
            found[n++] = (uint32_t)j + (uint32_t)__builtin_ctz(hits);
    }
    for (; j < k; j++)
        if (load_one(values, scale, j) >= floor)
            found[n++] = (uint32_t)j;
    return n;
}

AVX2 static uint32_t best_float_avx2(const float *s, size_t k)
{
    return best_avx2(s, NULL, k);
}

AVX2 static uint32_t best_int32_avx2(const int32_t *p, const float *scale, size_t k)
{
    return best_avx2(p, scale, k);
}

AVX2 static size_t above_float_avx2(const float *s, size_t k, float floor, uint32_t *found)
{
    return above_avx2(s, NULL, k, floor, found);
}

AVX2 static size_t above_int32_avx2(const int32_t *p, const float *scale, size_t k, float floor,
                                    uint32_t *found)
{
    return above_avx2(p, scale, k, floor, found);
}

// A bit for each of sixteen lanes that a comparison found.
AVX2 INLINE unsigned bits_of(__m256 left, __m256 right)
{
    return (unsigned)_mm256_movemask_ps(left) | (unsigned)_mm256_movemask_ps(right) << 8;
}

AVX2 static void sixteens_above_avx2(int32_t (*p)[16], size_t n, const int32_t *less,
                                     const float *scale, const float *floor, uint16_t *hits)
{
    for (size_t i = 0; i < n; i++) {
        __m256 a = scale_eight(p[i], less[i], scale), b = scale_eight(p[i] + 8, less[i], scale + 8);
        __m256 low = _mm256_set1_ps(floor[i]);
        hits[i] =
            (uint16_t)bits_of(_mm256_cmp_ps(a, low, _CMP_GT_OQ), _mm256_cmp_ps(b, low, _CMP_GT_OQ));
    }
}

#define CHOOSE(name, ...)                                                                          \
    (isa_has(ISA_AVX512) ? name##_avx512(__VA_ARGS__)                                              \
     : isa_has(ISA_AVX2) ? name##_avx2(__VA_ARGS__)                                                \
                         : name##_plain(__VA_ARGS__))
#else
#define CHOOSE(name, ...) name##_plain(__VA_ARGS__)
#endif

uint32_t scan_best_float(const float *s, size_t k)
{
    return CHOOSE(best_float, s, k);
}

uint32_t scan_best_int32(const int32_t *p, const float *scale, size_t k)
{
    return CHOOSE(best_int32, p, scale, k);
}

size_t scan_above_float(const float *s, size_t k, float floor, uint32_t *found)
{
    return CHOOSE(above_float, s, k, floor, found);
}

size_t scan_above_int32(const int32_t *p, const float *scale, size_t k, float floor,
                        uint32_t *found)
{
    return CHOOSE(above_int32, p, scale, k, floor, found);
}

void scan_sixteens_above(int32_t (*p)[16], size_t n, const int32_t *less, const float scale[16],
                         const float *floor, uint16_t *hits)
{
    CHOOSE(sixteens_above, p, n, less, scale, floor, hits);
}
