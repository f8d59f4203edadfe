// SPDX-License-Identifier: Apache-2.0
// With x ≈ low + step · q, q in 0 … 255, and b ≈ scale · v:
//
//     x · b = step · scale · Σ q v + low · scale · Σ v
//
// panel.h multiplies q − 128 with v + 128, so its sums are less by terms of the row and the column
// alone. With VNNI tiles are 8 rows by 48 columns, whose sums stand in registers until they are
// floats; a group of 48 columns stays in the first cache while all rows pass by.
#include "vec/quant.h"

#include "vec/isa.h"
#include "vec/panel.h"
#include "vec/round.h"
#include "vec/take.h"
#include "vec/vnni_tile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STRENGTH 0.5F // of the smoothing: both sides carry half
#define TILE_COLUMNS (VNNI_PANELS * PANEL_COLUMNS)

struct quant_weights {
    size_t n_out, n_in, n_columns; // n_columns: n_out in whole tiles
    uint8_t *panels;
    float *scale, *sum, *bias; // of each column: scale, scale · Σ v, bias
    float *inverse;            // of each column of A
};

// A rounded row: x ≈ base' + step · q', q' = q − 128 in the scratch behind.
struct rounded {
    float step, base; // base = low + 128 · step
    int32_t less;     // 128 · Σ q'
};

// What columns of A are divided by.
static void find_inverse(struct quant_weights *w, const float *b, const float *spread)
{
    for (size_t j = 0; j < w->n_in; j++) {
        float most = 0;
        for (size_t i = 0; i < w->n_out; i++)
            most = fmaxf(most, fabsf(b[i * w->n_in + j]));
        bool usable = spread && most > 1e-6F && spread[j] > 1e-6F;
        w->inverse[j] = usable ? powf(most, 1 - STRENGTH) / powf(spread[j], STRENGTH) : 1;
    }
}

static void pack(struct quant_weights *w, const float *b, const float *bias, float *row,
                 int8_t *rounded)
{
    size_t d = w->n_in;
    for (size_t i = 0; i < w->n_out; i++) {
        int32_t sum = 0;
        for (size_t j = 0; j < d; j++)
            row[j] = b[i * d + j] / w->inverse[j];
        w->scale[i] = round_to_int8(row, d, rounded + i * d);
        for (size_t j = 0; j < d; j++)
            sum += rounded[i * d + j];
        w->sum[i] = w->scale[i] * (float)sum;
        w->bias[i] = bias[i];
    }
    for (size_t p = 0; p < w->n_columns / PANEL_COLUMNS; p++) {
        const int8_t *columns[PANEL_COLUMNS];
        for (size_t j = 0; j < PANEL_COLUMNS; j++) {
            size_t i = p * PANEL_COLUMNS + j;
            columns[j] = i < w->n_out ? rounded + i * d : NULL;
        }
        panel_pack(columns, d, w->panels + p * panel_size(d));
    }
}

int quant_weights_open(struct quant_weights **out, const float *b, size_t n_out, size_t n_in,
                       const float *bias, const float *spread, struct err *err)
{
    struct quant_weights *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    if (n_in % 4 || n_in > 32768 || !n_in || !n_out) {
        quant_weights_close(w);
        return err_set(err, ERR_DATA,
                       "weights of %zu numbers a row cannot be rounded to int8; take --precision "
                       "auto",
                       n_in);
    }
    w->n_out = n_out;
    w->n_in = n_in;
    w->n_columns = size_round_up(n_out, TILE_COLUMNS);
    w->panels = take(w->n_columns, n_in);
    w->scale = take(w->n_columns, sizeof *w->scale);
    w->sum = take(w->n_columns, sizeof *w->sum);
    w->bias = take(w->n_columns, sizeof *w->bias);
    w->inverse = take(n_in, sizeof *w->inverse);
    float *row = take(n_in, sizeof *row);
    int8_t *rounded = take(n_out, n_in);
    bool room = w->panels && w->scale && w->sum && w->bias && w->inverse && row && rounded;
    if (room) {
        for (size_t i = n_out; i < w->n_columns; i++)
            w->scale[i] = w->sum[i] = w->bias[i] = 0;
        find_inverse(w, b, spread);
        pack(w, b, bias, row, rounded);
    }
    free(row);
    free(rounded);
    if (!room) {
        quant_weights_close(w);
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    }
    *out = w;
    return 0;
}

void quant_weights_close(struct quant_weights *w)
{
    if (!w)
        return;
    free(w->panels);
    free(w->scale);
    free(w->sum);
    free(w->bias);
    free(w->inverse);
    free(w);
}

size_t quant_scratch(size_t n, size_t n_in)
{
    return size_round_up(n * sizeof(struct rounded), TAKE_ALIGNMENT) + n * n_in;
}

static inline void extend(float v, float *low, float *high)
{
    *low = v < *low ? v : *low;
    *high = v > *high ? v : *high;
}

// Rounds the numbers first … d - 1 of a row whose lowest is `low`; their sum.
static int32_t round_rest(const float *x, const float *inverse, size_t first, size_t d, float low,
                          float fine, int8_t *to)
{
    int32_t sum = 0;
    for (size_t j = first; j < d; j++) {
        int whole = (int)nearbyintf((x[j] * inverse[j] - low) * fine) - 128;
        to[j] = (int8_t)(whole > 127 ? 127 : whole);
        sum += to[j];
    }
    return sum;
}

static struct rounded round_plain(const float *x, const float *inverse, size_t d, int8_t *to)
{
    struct rounded r = { 0 };
    float low = INFINITY, high = -INFINITY;
    for (size_t j = 0; j < d; j++)
        extend(x[j] * inverse[j], &low, &high);
    r.step = (high - low) / 255;
    float fine = r.step > 1e-30F ? 1 / r.step : 0;
    r.base = low + 128 * r.step;
    r.less = 128 * round_rest(x, inverse, 0, d, low, fine, to);
    return r;
}

static float put(const struct quant_weights *w, const struct rounded *r, int32_t product, size_t j)
{
    float near = (float)(product - r->less) * r->step;
    return fmaf(near, w->scale[j], fmaf(r->base, w->sum[j], w->bias[j]));
}

void quant_plain(const struct quant_weights *w, const float *a, size_t n, float *c, size_t stride,
                 void *scratch)
{
    size_t d = w->n_in;
    int8_t *row = scratch;
    for (size_t i = 0; i < n; i++) {
        struct rounded r = round_plain(a + i * d, w->inverse, d, row);
        const int8_t *rows[1] = { row };
        int32_t products[1][PANEL_COLUMNS];
        for (size_t j = 0; j < w->n_out; j++) {
            if (j % PANEL_COLUMNS == 0)
                panel_multiply_plain(w->panels + j * d, d, rows, 1, products);
            c[i * stride + j] = put(w, &r, products[0][j % PANEL_COLUMNS], j);
        }
    }
}

#ifdef __x86_64__
#include <immintrin.h>

#define LANES ((size_t)16)
#define AT_ONCE ((size_t)4)
#define WIDE __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma")))
#define NARROW __attribute__((target("avx2,fma")))

WIDE static __m512 smooth(const float *x, const float *inverse, size_t j, __mmask16 mask)
{
    return _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x + j),
                         _mm512_maskz_loadu_ps(mask, inverse + j));
}

// The least and the largest number of a row, four vectors side by side: one alone would wait for
// the comparison before.
WIDE static void find_ends(const float *x, const float *inverse, size_t d, float *least,
                           float *largest)
{
    __m512 low[AT_ONCE], high[AT_ONCE];
    for (size_t l = 0; l < AT_ONCE; l++) {
        low[l] = _mm512_set1_ps(INFINITY);
        high[l] = _mm512_set1_ps(-INFINITY);
    }
    size_t j = 0;
    for (; j + AT_ONCE * LANES <= d; j += AT_ONCE * LANES)
        for (size_t l = 0; l < AT_ONCE; l++) {
            __m512 v = smooth(x, inverse, j + l * LANES, 0xFFFF);
            low[l] = _mm512_min_ps(low[l], v);
            high[l] = _mm512_max_ps(high[l], v);
        }
    for (; j < d; j += LANES) {
        __mmask16 mask = vnni_mask(d - j);
        __m512 v = smooth(x, inverse, j, mask);
        low[0] = _mm512_mask_min_ps(low[0], mask, low[0], v);
        high[0] = _mm512_mask_max_ps(high[0], mask, high[0], v);
    }
    for (size_t l = 1; l < AT_ONCE; l++) {
        low[0] = _mm512_min_ps(low[0], low[l]);
        high[0] = _mm512_max_ps(high[0], high[l]);
    }
    *least = _mm512_reduce_min_ps(low[0]);
    *largest = _mm512_reduce_max_ps(high[0]);
}

WIDE static struct rounded round_wide(const float *x, const float *inverse, size_t d, int8_t *to)
{
    struct rounded r;
    float least, largest;
    find_ends(x, inverse, d, &least, &largest);
    r.step = (largest - least) / 255;
    float fine = r.step > 1e-30F ? 1 / r.step : 0;
    __m512 finer = _mm512_set1_ps(fine), low = _mm512_set1_ps(least);
    __m512i sum = _mm512_setzero_si512();
    size_t j = 0;
    for (; j + LANES <= d; j += LANES) {
        __m512 v = _mm512_mul_ps(_mm512_sub_ps(smooth(x, inverse, j, 0xFFFF), low), finer);
        __m512i whole = _mm512_sub_epi32(_mm512_cvtps_epi32(v), _mm512_set1_epi32(128));
        whole = _mm512_min_epi32(whole, _mm512_set1_epi32(127));
        sum = _mm512_add_epi32(sum, whole);
        _mm_storeu_si128((void *)(to + j), _mm512_cvtepi32_epi8(whole));
    }
    r.base = least + 128 * r.step;
    int32_t rest = round_rest(x, inverse, j, d, least, fine, to);
    r.less = 128 * (_mm512_reduce_add_epi32(sum) + rest);
    return r;
}

// Rounded rows: n of them, n_in numbers apart. Handed on by address: a copy on the stack would be
// read in one piece while its halves are still being written, and wait for all stores before them.
struct rows {
    const int8_t *at;
    const struct rounded *how;
    size_t n;
};

// Up to 8 rows and 48 columns from `first` on; behind the last row stands the last one again.
VNNI static void multiply_vnni(const struct quant_weights *w, const struct rows *rows, size_t first,
                               float *c, size_t stride)
{
    __m512i sum[VNNI_ROWS][VNNI_PANELS];
    const char *row[VNNI_ROWS];
    EACH for (size_t i = 0; i < VNNI_ROWS; i++) row[i] =
        (const char *)(rows->at + size_min(i, rows->n - 1) * w->n_in);
    vnni_tile((const char *)(w->panels + first * w->n_in), panel_size(w->n_in), row, w->n_in, false,
              sum);
    EACH for (size_t p = 0; p < VNNI_PANELS; p++)
    {
        size_t at = first + p * PANEL_COLUMNS;
        __mmask16 mask = vnni_mask(w->n_out > at ? w->n_out - at : 0);
        __m512 scale = _mm512_loadu_ps(w->scale + at), all = _mm512_loadu_ps(w->sum + at);
        __m512 bias = _mm512_loadu_ps(w->bias + at);
        EACH for (size_t i = 0; i < VNNI_ROWS; i++)
        {
            if (i >= rows->n)
                continue;
            const struct rounded *r = rows->how + i;
            __m512i whole = _mm512_sub_epi32(sum[i][p], _mm512_set1_epi32(r->less));
            __m512 near = _mm512_mul_ps(_mm512_cvtepi32_ps(whole), _mm512_set1_ps(r->step));
            __m512 rest = _mm512_fmadd_ps(_mm512_set1_ps(r->base), all, bias);
            _mm512_mask_storeu_ps(c + i * stride + at, mask, _mm512_fmadd_ps(near, scale, rest));
        }
    }
}

// The same with eight lanes; n_in is a multiple of 4 only, so a last half is done one by one.
NARROW static struct rounded round_narrow(const float *x, const float *inverse, size_t d,
                                          int8_t *to)
{
    struct rounded r;
    __m256 lows = _mm256_set1_ps(INFINITY), highs = _mm256_set1_ps(-INFINITY);
    size_t j = 0, n_whole = d / 8 * 8;
    for (; j < n_whole; j += 8) {
        __m256 v = _mm256_mul_ps(_mm256_loadu_ps(x + j), _mm256_loadu_ps(inverse + j));
        lows = _mm256_min_ps(lows, v);
        highs = _mm256_max_ps(highs, v);
    }
    float low_lanes[8], high_lanes[8], low = INFINITY, high = -INFINITY;
    _mm256_storeu_ps(low_lanes, lows);
    _mm256_storeu_ps(high_lanes, highs);
    for (size_t l = 0; l < 8; l++) {
        low = low_lanes[l] < low ? low_lanes[l] : low;
        high = high_lanes[l] > high ? high_lanes[l] : high;
    }
    for (; j < d; j++)
        extend(x[j] * inverse[j], &low, &high);
    r.step = (high - low) / 255;
    float fine = r.step > 1e-30F ? 1 / r.step : 0;
    __m256i sums = _mm256_setzero_si256();
    for (j = 0; j < n_whole; j += 8) {
        __m256 v = _mm256_mul_ps(_mm256_loadu_ps(x + j), _mm256_loadu_ps(inverse + j));
        v = _mm256_mul_ps(_mm256_sub_ps(v, _mm256_set1_ps(low)), _mm256_set1_ps(fine));
        __m256i whole = _mm256_sub_epi32(_mm256_cvtps_epi32(v), _mm256_set1_epi32(128));
        whole = _mm256_min_epi32(whole, _mm256_set1_epi32(127));
        sums = _mm256_add_epi32(sums, whole);
        __m128i half =
            _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
        _mm_storel_epi64((void *)(to + j), _mm_packs_epi16(half, half));
    }
    int32_t sum_lanes[8], sum = round_rest(x, inverse, n_whole, d, low, fine, to);
    _mm256_storeu_si256((void *)sum_lanes, sums);
    for (size_t l = 0; l < 8; l++)
        sum += sum_lanes[l];
    r.base = low + 128 * r.step;
    r.less = 128 * sum;
    return r;
}

NARROW static void put_narrow(const struct quant_weights *w, const struct rounded *r, size_t n,
                              size_t first, int32_t (*products)[TILE_COLUMNS], float *c,
                              size_t stride)
{
    size_t end = size_min(first + TILE_COLUMNS, w->n_out), n_whole = (end - first) / 8 * 8;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = first; j < first + n_whole; j += 8) {
            __m256i whole = _mm256_loadu_si256((const void *)(products[i] + (j - first)));
            whole = _mm256_sub_epi32(whole, _mm256_set1_epi32(r[i].less));
            __m256 near = _mm256_mul_ps(_mm256_cvtepi32_ps(whole), _mm256_set1_ps(r[i].step));
            __m256 rest = _mm256_fmadd_ps(_mm256_set1_ps(r[i].base), _mm256_loadu_ps(w->sum + j),
                                          _mm256_loadu_ps(w->bias + j));
            _mm256_storeu_ps(c + i * stride + j,
                             _mm256_fmadd_ps(near, _mm256_loadu_ps(w->scale + j), rest));
        }
        for (size_t j = first + n_whole; j < end; j++)
            c[i * stride + j] = put(w, &r[i], products[i][j - first], j);
    }
}

static void run_vnni(const struct quant_weights *w, const int8_t *rows, const struct rounded *r,
                     size_t n, float *c, size_t stride)
{
    for (size_t first = 0; first < w->n_columns; first += TILE_COLUMNS)
        for (size_t i = 0; i < n; i += VNNI_ROWS) {
            struct rows some = { rows + i * w->n_in, r + i, size_min(VNNI_ROWS, n - i) };
            multiply_vnni(w, &some, first, c + i * stride, stride);
        }
}

static void run_narrow(const struct quant_weights *w, const int8_t *rows, const struct rounded *r,
                       size_t n, float *c, size_t stride)
{
    int32_t products[VNNI_ROWS][TILE_COLUMNS];
    for (size_t first = 0; first < w->n_columns; first += TILE_COLUMNS)
        for (size_t i = 0; i < n; i += VNNI_ROWS) {
            size_t n_rows = size_min(VNNI_ROWS, n - i);
            panel_multiply_all(w->panels + first * w->n_in, VNNI_PANELS, w->n_in,
                               rows + i * w->n_in, n_rows, products[0], TILE_COLUMNS);
            put_narrow(w, r + i, n_rows, first, products, c + i * stride, stride);
        }
}

static void run_tiles(const struct quant_weights *w, const float *a, size_t n, float *c,
                      size_t stride, void *scratch)
{
    bool wide = isa_has(ISA_VNNI);
    struct rounded *r = scratch;
    int8_t *rows = (int8_t *)scratch + size_round_up(n * sizeof *r, TAKE_ALIGNMENT);
    for (size_t i = 0; i < n; i++)
        r[i] = (wide ? round_wide : round_narrow)(a + i * w->n_in, w->inverse, w->n_in,
                                                  rows + i * w->n_in);
    (wide ? run_vnni : run_narrow)(w, rows, r, n, c, stride);
}
#endif

void quant_run(const struct quant_weights *w, const float *a, size_t n, float *c, size_t stride,
               void *scratch)
{
#ifdef __x86_64__
    if (panel_is_fast()) {
        run_tiles(w, a, n, c, stride, scratch);
        return;
    }
#endif
    quant_plain(w, a, n, c, stride, scratch);
}
