// SPDX-License-Identifier: Apache-2.0
#include "vec/prune_bounds.h"

#include "vec/isa.h"

#include <string.h>

#define LEAST (-1e30F) // of a column that does not count

static unsigned limit(unsigned sum)
{
    return sum < BOUND_UNKNOWN ? sum : BOUND_UNKNOWN;
}

static size_t list_plain(uint16_t *first, uint16_t *rest, const struct bound_drift *drift,
                         const uint16_t *low, size_t n, unsigned now, uint16_t *found)
{
    size_t n_found = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned one = first[i], all = rest[i];
        unsigned one_now = limit(one + drift->first[one % BOUND_FIRSTS]);
        unsigned all_now = limit(all + drift->rest[all % BOUND_SLOTS]);
        if (one % BOUND_SLOTS == now) // and of the same lane
            first[i] = (uint16_t)limit(one_now + (one - one_now) % BOUND_FIRSTS);
        if (all % BOUND_SLOTS == now)
            rest[i] = (uint16_t)limit(all_now + (all - all_now) % BOUND_SLOTS);
        found[n_found] = (uint16_t)i;
        n_found += one_now > low[i] || all_now > low[i];
    }
    return n_found;
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float with_lane(float value, unsigned lane)
{
    uint32_t bits = (bits_of(value) & ~(BOUND_LANES - 1)) | lane;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

// `first` tells its lane in its last four bits: so it is off by a few units in the last place.
static void put_pair(const struct bound_row *row, float first, float rest, unsigned now,
                     struct bound_pairs *pairs, size_t i)
{
    unsigned code = bits_of(first) % BOUND_LANES * BOUND_SLOTS + now;
    pairs->first[i] = bound_up(first * row->scale + row->error, code, BOUND_FIRSTS);
    pairs->rest[i] = bound_up(rest * row->scale + row->error, now, BOUND_SLOTS);
}

static unsigned mask_of(const struct bound_columns *columns, const struct bound_row *row)
{
    unsigned all = (1U << columns->n) - 1;
    uint32_t own = row->own - columns->first; // wraps where it stands before
    return own < BOUND_LANES ? all & ~(1U << own) : all;
}

static void scan_plain(int32_t (*p)[BOUND_LANES], const struct bound_row *rows,
                       const uint16_t *list, size_t n, const struct bound_columns *columns,
                       unsigned now, uint16_t *hits, struct bound_pairs *pairs)
{
    for (size_t i = 0; i < n; i++) {
        const struct bound_row *row = &rows[list[i]];
        unsigned mask = mask_of(columns, row), found = 0;
        float first = 2 * LEAST, rest = first;
        for (unsigned j = 0; j < BOUND_LANES; j++) {
            bool counts = mask >> j & 1;
            float value = (float)(p[i][j] - row->less) * columns->scale[j];
            found |= (unsigned)(counts && value >= row->floor) << j;
            value = with_lane(counts ? value : LEAST, j);
            float lower = value < first ? value : first;
            rest = lower > rest ? lower : rest;
            first = value > first ? value : first;
        }
        hits[i] = (uint16_t)found;
        put_pair(row, first, rest, now, pairs, i);
    }
}

#ifdef __x86_64__
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw")))
#define AVX2 __attribute__((target("avx2")))
#define INLINE static inline __attribute__((always_inline))

// The numbers from `first` on of which the bit is set go behind the n found before.
AVX512 INLINE size_t put_found(uint16_t *found, size_t n, size_t first, unsigned hits)
{
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i row = _mm512_add_epi32(lane, _mm512_set1_epi32((int)first));
    row = _mm512_maskz_compress_epi32((__mmask16)hits, row);
    _mm256_storeu_si256((void *)(found + n), _mm512_cvtepi32_epi16(row));
    return n + (size_t)__builtin_popcount(hits);
}

AVX512 static size_t list_avx512(uint16_t *first, uint16_t *rest, const struct bound_drift *drift,
                                 const uint16_t *low, size_t n, unsigned now, uint16_t *found)
{
    const __m512i slots = _mm512_set1_epi16(BOUND_SLOTS - 1);
    const __m512i codes = _mm512_set1_epi16(BOUND_FIRSTS - 1);
    const __m512i oldest = _mm512_set1_epi16((short)now), half = _mm512_set1_epi16(64);
    const __m512i drifts = _mm512_loadu_si512(drift->rest);
    const __m512i a = _mm512_loadu_si512(drift->first), b = _mm512_loadu_si512(drift->first + 32);
    const __m512i c = _mm512_loadu_si512(drift->first + 64);
    const __m512i d = _mm512_loadu_si512(drift->first + 96);
    size_t n_found = 0;
    for (size_t i = 0; i < n; i += 32) {
        __m512i one = _mm512_loadu_si512(first + i), all = _mm512_loadu_si512(rest + i);
        __m512i moved = _mm512_mask_blend_epi16(_mm512_test_epi16_mask(one, half),
                                                _mm512_permutex2var_epi16(a, one, b),
                                                _mm512_permutex2var_epi16(c, one, d));
        __m512i one_now = _mm512_adds_epu16(one, moved);
        __m512i all_now = _mm512_adds_epu16(all, _mm512_permutexvar_epi16(all, drifts));
        __mmask32 old_one = _mm512_cmpeq_epi16_mask(_mm512_and_si512(one, slots), oldest);
        __mmask32 old_all = _mm512_cmpeq_epi16_mask(_mm512_and_si512(all, slots), oldest);
        if (old_one | old_all) {
            __m512i up = _mm512_and_si512(_mm512_sub_epi16(one, one_now), codes);
            _mm512_mask_storeu_epi16(first + i, old_one, _mm512_adds_epu16(one_now, up));
            up = _mm512_and_si512(_mm512_sub_epi16(all, all_now), slots);
            _mm512_mask_storeu_epi16(rest + i, old_all, _mm512_adds_epu16(all_now, up));
        }
        unsigned hits = _mm512_cmpgt_epu16_mask(_mm512_max_epu16(one_now, all_now),
                                                _mm512_loadu_si512(low + i));
        n_found = put_found(found, n_found, i, hits & 0xFFFF);
        n_found = put_found(found, n_found, i + BOUND_LANES, hits >> BOUND_LANES);
    }
    return n_found;
}

// Of two sets of numbers the largest and the largest of the others, lane by lane.
#define JOIN(max, min, one, one_rest, other, other_rest)                                           \
    (one_rest) = max(min(one, other), max(one_rest, other_rest));                                  \
    (one) = max(one, other)

// Sixteen rows of sixteen lanes become one row, in which every lane is a row's; of two rows each
// time halves of their lanes are put side by side.
AVX512 INLINE void find_firsts(__m512 *v, __m512 *first, __m512 *rest)
{
    const __m512i order = _mm512_setr_epi32(0, 2, 1, 3, 8, 10, 9, 11, 4, 6, 5, 7, 12, 14, 13, 15);
    __m512 w[BOUND_LANES / 2];
    for (size_t i = 0; i < 8; i++) {
        __m512 a = _mm512_shuffle_f32x4(v[i], v[i + 8], 0x44);
        __m512 b = _mm512_shuffle_f32x4(v[i], v[i + 8], 0xEE);
        v[i] = _mm512_max_ps(a, b);
        w[i] = _mm512_min_ps(a, b);
    }
#define HALVE(n, left, right)                                                                      \
    for (size_t i = 0; i < (n); i++) {                                                             \
        __m512 a = left(v[i], v[i + (n)]), b = right(v[i], v[i + (n)]);                            \
        __m512 c = left(w[i], w[i + (n)]), d = right(w[i], w[i + (n)]);                            \
        JOIN(_mm512_max_ps, _mm512_min_ps, a, c, b, d);                                            \
        v[i] = a;                                                                                  \
        w[i] = c;                                                                                  \
    }
#define EVEN_QUARTERS(x, y) _mm512_shuffle_f32x4(x, y, 0x88)
#define ODD_QUARTERS(x, y) _mm512_shuffle_f32x4(x, y, 0xDD)
#define EVEN(x, y) _mm512_shuffle_ps(x, y, 0x88)
#define ODD(x, y) _mm512_shuffle_ps(x, y, 0xDD)
    HALVE(4, EVEN_QUARTERS, ODD_QUARTERS)
    HALVE(2, EVEN, ODD)
    HALVE(1, EVEN, ODD)
    *first = _mm512_permutexvar_ps(order, v[0]);
    *rest = _mm512_permutexvar_ps(order, w[0]);
}

// bound_up of sixteen products, with a code of each.
AVX512 INLINE __m256i up_avx512(__m512 product, __m512i code, unsigned n_codes)
{
    const __m512 most = _mm512_set1_ps((float)(BOUND_UNKNOWN - n_codes));
    const __m512 zero = _mm512_set1_ps(BOUND_ZERO), unit = _mm512_set1_ps(BOUND_UNIT);
    __m512 units = _mm512_mul_ps(_mm512_add_ps(product, zero), unit);
    units = _mm512_add_ps(units, _mm512_set1_ps(2));
    units = _mm512_max_ps(units, _mm512_set1_ps(1));
    __m512i least = _mm512_cvttps_epi32(_mm512_min_ps(units, most));
    __m512i up =
        _mm512_and_si512(_mm512_sub_epi32(code, least), _mm512_set1_epi32((int)n_codes - 1));
    __mmask16 known = _mm512_cmp_ps_mask(units, most, _CMP_LT_OQ);
    least = _mm512_mask_add_epi32(_mm512_set1_epi32(BOUND_UNKNOWN), known, least, up);
    return _mm512_cvtepi32_epi16(least);
}

AVX512 static void scan_avx512(int32_t (*p)[BOUND_LANES], const struct bound_row *rows,
                               const uint16_t *list, size_t n, const struct bound_columns *columns,
                               unsigned now, uint16_t *hits, struct bound_pairs *pairs)
{
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i column = _mm512_add_epi32(lane, _mm512_set1_epi32((int)columns->first));
    const __m512i keep = _mm512_set1_epi32(~(int)(BOUND_LANES - 1));
    const __m512 scales = _mm512_loadu_ps(columns->scale), least = _mm512_set1_ps(LEAST);
    const __mmask16 all = (__mmask16)((1U << columns->n) - 1);
    __m512 v[BOUND_LANES], first, rest;
    float scale[BOUND_LANES], error[BOUND_LANES];
    for (size_t i = 0; i < BOUND_LANES; i++) {
        const struct bound_row *row = &rows[list[i < n ? i : n - 1]];
        __m512i whole = _mm512_sub_epi32(_mm512_loadu_si512(p[i]), _mm512_set1_epi32(row->less));
        __m512 value = _mm512_mul_ps(_mm512_cvtepi32_ps(whole), scales);
        __mmask16 mask =
            _mm512_mask_cmpneq_epi32_mask(all, column, _mm512_set1_epi32((int)row->own));
        hits[i] = _mm512_mask_cmp_ps_mask(mask, value, _mm512_set1_ps(row->floor), _CMP_GE_OQ);
        value = _mm512_mask_mov_ps(least, mask, value);
        v[i] = _mm512_castsi512_ps(
            _mm512_ternarylogic_epi32(_mm512_castps_si512(value), keep, lane, 0xEA));
        scale[i] = row->scale;
        error[i] = row->error;
    }
    find_firsts(v, &first, &rest);
    const __m512 scale_of = _mm512_loadu_ps(scale), error_of = _mm512_loadu_ps(error);
    __m512i code = _mm512_andnot_si512(keep, _mm512_castps_si512(first));
    code = _mm512_add_epi32(_mm512_mullo_epi32(code, _mm512_set1_epi32(BOUND_SLOTS)),
                            _mm512_set1_epi32((int)now));
    first = _mm512_add_ps(_mm512_mul_ps(first, scale_of), error_of);
    rest = _mm512_add_ps(_mm512_mul_ps(rest, scale_of), error_of);
    _mm256_storeu_si256((void *)pairs->first, up_avx512(first, code, BOUND_FIRSTS));
    _mm256_storeu_si256((void *)pairs->rest,
                        up_avx512(rest, _mm512_set1_epi32((int)now), BOUND_SLOTS));
}

// A bit for each of sixteen lanes that is not below the floor.
AVX2 INLINE unsigned not_below(__m256 a, __m256 b, __m256 floor)
{
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a, floor, _CMP_GE_OQ)) |
           (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(b, floor, _CMP_GE_OQ)) << 8;
}

// Eight products, LEAST where the mask has none, with their lanes.
AVX2 INLINE __m256 with_lanes(__m256 value, unsigned mask, int from)
{
    const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    const __m256i keep = _mm256_set1_epi32(~(int)(BOUND_LANES - 1));
    __m256i here = _mm256_and_si256(_mm256_set1_epi32((int)mask), bits);
    __m256i lane =
        _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(from));
    value = _mm256_blendv_ps(_mm256_set1_ps(LEAST), value,
                             _mm256_castsi256_ps(_mm256_cmpeq_epi32(here, bits)));
    __m256i whole = _mm256_and_si256(_mm256_castps_si256(value), keep);
    return _mm256_castsi256_ps(_mm256_or_si256(whole, lane));
}

AVX2 INLINE __m256 scale_eight(const int32_t *p, int32_t less, const float *scale)
{
    __m256i whole = _mm256_sub_epi32(_mm256_loadu_si256((const void *)p), _mm256_set1_epi32(less));
    return _mm256_mul_ps(_mm256_cvtepi32_ps(whole), _mm256_loadu_ps(scale));
}

AVX2 static void scan_avx2(int32_t (*p)[BOUND_LANES], const struct bound_row *rows,
                           const uint16_t *list, size_t n, const struct bound_columns *columns,
                           unsigned now, uint16_t *hits, struct bound_pairs *pairs)
{
    for (size_t i = 0; i < n; i++) {
        const struct bound_row *row = &rows[list[i]];
        unsigned mask = mask_of(columns, row);
        __m256 a = scale_eight(p[i], row->less, columns->scale);
        __m256 b = scale_eight(p[i] + 8, row->less, columns->scale + 8);
        hits[i] = (uint16_t)(not_below(a, b, _mm256_set1_ps(row->floor)) & mask);
        a = with_lanes(a, mask, 0);
        b = with_lanes(b, mask >> 8, 8);
        __m256 most = _mm256_max_ps(a, b), less = _mm256_min_ps(a, b);
        __m128 x = _mm256_castps256_ps128(most), y = _mm256_extractf128_ps(most, 1);
        __m128 z = _mm256_castps256_ps128(less), w = _mm256_extractf128_ps(less, 1);
        JOIN(_mm_max_ps, _mm_min_ps, x, z, y, w);
        y = _mm_movehl_ps(x, x), w = _mm_movehl_ps(z, z);
        JOIN(_mm_max_ps, _mm_min_ps, x, z, y, w);
        y = _mm_movehdup_ps(x), w = _mm_movehdup_ps(z);
        JOIN(_mm_max_ps, _mm_min_ps, x, z, y, w);
        put_pair(row, _mm_cvtss_f32(x), _mm_cvtss_f32(z), now, pairs, i);
    }
}
#endif

size_t bound_list(uint16_t *first, uint16_t *rest, const struct bound_drift *drift,
                  const uint16_t *low, size_t n, unsigned now, uint16_t *found)
{
#ifdef __x86_64__
    if (isa_has(ISA_AVX512))
        return list_avx512(first, rest, drift, low, n, now, found);
#endif
    return list_plain(first, rest, drift, low, n, now, found);
}

void bound_scan(int32_t (*p)[BOUND_LANES], const struct bound_row *rows, const uint16_t *list,
                size_t n, const struct bound_columns *columns, unsigned now, uint16_t *hits,
                struct bound_pairs *pairs)
{
#ifdef __x86_64__
    if (isa_has(ISA_AVX512)) {
        scan_avx512(p, rows, list, n, columns, now, hits, pairs);
        return;
    }
    if (isa_has(ISA_AVX2)) {
        scan_avx2(p, rows, list, n, columns, now, hits, pairs);
        return;
    }
#endif
    scan_plain(p, rows, list, n, columns, now, hits, pairs);
}

void bound_join(struct bound_pairs *pairs, const struct bound_pairs *more, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint16_t one = pairs->first[i], other = more->first[i];
        uint16_t lower = one < other ? one : other;
        uint16_t rest = pairs->rest[i] > more->rest[i] ? pairs->rest[i] : more->rest[i];
        pairs->first[i] = one > other ? one : other;
        pairs->rest[i] = lower > rest ? lower : rest;
    }
}
