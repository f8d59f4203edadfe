// SPDX-License-Identifier: Apache-2.0
// With x ≈ step · q, |q| <= 4095, and b ≈ scale · v, |v| <= 32767:
//
//     x · b = step · scale · Σ q v
//
// Σ |q v| <= 4095 · Σ |v|, which a row's scale keeps below 2³¹; so no sum overflows, whatever its
// order. Weights stand in panels of sixteen columns, two numbers of each side by side, as
// vpdpwssd and vpmaddwd want them.
#include "vec/quant16.h"

#include "vec/isa.h"
#include "vec/take.h"
#include "vec/vnni_tile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS 4095.0F // of a row of A, to either side
#define LARGEST 32767.0
#define MOST_IN ((size_t)32768)
#define PAIR ((size_t)2)
#define COLUMNS ((size_t)16) // of a panel
#define WIDE (VNNI_PANELS * COLUMNS) // multiplied at a time; they stay in the first cache
#define BLOCK ((size_t)48)           // rows
#define LEAST 1e-30F // a row whose numbers are smaller is one of zeros

struct quant16_weights {
    size_t n_out, n_in, depth, n_columns; // n_in in whole pairs, n_out in whole WIDEs
    int16_t *panels;
    float *scale, *bias; // of each column
};

bool quant16_is_fast(void)
{
    return isa_has(ISA_VNNI) || (isa_has(ISA_AVX2) && !isa_has(ISA_AVX512));
}

static int16_t *place_of(const struct quant16_weights *w, size_t column, size_t j)
{
    int16_t *panel = w->panels + column / COLUMNS * COLUMNS * w->depth;
    return panel + j / PAIR * PAIR * COLUMNS + column % COLUMNS * PAIR + j % PAIR;
}

static void pack_row(struct quant16_weights *w, size_t i, const float *b)
{
    double most = 0, sum = 0, room = 0x1p31 - 1 - (double)STEPS * (double)w->n_in / 2;
    for (size_t j = 0; j < w->n_in; j++) {
        most = fmax(most, fabs((double)b[j]));
        sum += fabs((double)b[j]);
    }
    float scale = (float)(fmax(most / LARGEST, (double)STEPS * sum / room) * (1 + 1e-6));
    w->scale[i] = scale > LEAST ? scale : 0;
    for (size_t j = 0; j < w->n_in && scale > LEAST; j++)
        *place_of(w, i, j) = (int16_t)lrint((double)b[j] / (double)scale);
}

int quant16_weights_open(struct quant16_weights **out, const float *b, size_t n_out, size_t n_in,
                         const float *bias, struct err *err)
{
    assert(n_out && n_in && n_in <= MOST_IN);
    struct quant16_weights *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    w->n_out = n_out;
    w->n_in = n_in;
    w->depth = size_round_up(n_in, PAIR);
    w->n_columns = size_round_up(n_out, WIDE);
    w->panels = take(w->n_columns, w->depth * sizeof *w->panels);
    w->scale = take(w->n_columns, sizeof *w->scale);
    w->bias = take(w->n_columns, sizeof *w->bias);
    if (!w->panels || !w->scale || !w->bias) {
        quant16_weights_close(w);
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    }
    memset(w->panels, 0, w->n_columns * w->depth * sizeof *w->panels);
    for (size_t i = 0; i < w->n_columns; i++)
        w->scale[i] = w->bias[i] = 0;
    for (size_t i = 0; i < n_out; i++) {
        pack_row(w, i, b + i * n_in);
        w->bias[i] = bias[i];
    }
    *out = w;
    return 0;
}

void quant16_weights_close(struct quant16_weights *w)
{
    if (!w)
        return;
    free(w->panels);
    free(w->scale);
    free(w->bias);
    free(w);
}

size_t quant16_scratch(size_t n, size_t n_in)
{
    n = size_min(n, BLOCK);
    return size_round_up(n * sizeof(float), TAKE_ALIGNMENT) +
           n * size_round_up(n_in, PAIR) * sizeof(int16_t);
}

// Where a row's largest number is `most`, how many steps 1 is.
static float find_fine(float most)
{
    return most > LEAST ? STEPS / most : 0;
}

static void round_rest(const float *x, size_t first, size_t n, size_t depth, float fine,
                       int16_t *to)
{
    for (size_t j = first; j < depth; j++)
        to[j] = (int16_t)(j < n ? nearbyintf(x[j] * fine) : 0);
}

void quant16_plain(const struct quant16_weights *w, const float *a, size_t n, float *c,
                   void *scratch)
{
    int16_t *row = scratch;
    for (size_t i = 0; i < n; i++, a += w->n_in) {
        float most = 0;
        for (size_t j = 0; j < w->n_in; j++)
            most = fmaxf(most, fabsf(a[j]));
        round_rest(a, 0, w->n_in, w->depth, find_fine(most), row);
        for (size_t o = 0; o < w->n_out; o++) {
            int32_t sum = 0;
            for (size_t j = 0; j < w->n_in; j++)
                sum += row[j] * *place_of(w, o, j);
            c[i * w->n_out + o] = fmaf((float)sum * (most / STEPS), w->scale[o], w->bias[o]);
        }
    }
}

#ifdef __x86_64__
#include <immintrin.h>

#define NARROW __attribute__((target("avx2,fma")))
#define AT_ONCE ((size_t)4) // vectors of a row

// Rows as they are multiplied: n of them, `depth` numbers apart, each with its step. Handed on by
// address: a copy on the stack would be read in one piece while its halves are still being written,
// and wait for all stores before them.
struct rows {
    const int16_t *at;
    const float *step;
    size_t n;
};

// Up to 8 rows and 48 columns from `first` on; behind the last row stands the last one again.
VNNI static void multiply_vnni(const struct quant16_weights *w, const struct rows *rows,
                               size_t first, float *c)
{
    __m512i sum[VNNI_ROWS][VNNI_PANELS];
    const char *row[VNNI_ROWS];
    EACH for (size_t i = 0; i < VNNI_ROWS; i++) row[i] =
        (const char *)(rows->at + size_min(i, rows->n - 1) * w->depth);
    vnni_tile((const char *)(w->panels + first * w->depth), w->depth * COLUMNS * sizeof *w->panels,
              row, w->depth * sizeof *rows->at, true, sum);
    EACH for (size_t p = 0; p < VNNI_PANELS; p++)
    {
        size_t at = first + p * COLUMNS;
        __mmask16 mask = vnni_mask(w->n_out > at ? w->n_out - at : 0);
        __m512 scale = _mm512_load_ps(w->scale + at), bias = _mm512_load_ps(w->bias + at);
        EACH for (size_t i = 0; i < VNNI_ROWS; i++)
        {
            if (i >= rows->n)
                continue;
            __m512 whole =
                _mm512_mul_ps(_mm512_cvtepi32_ps(sum[i][p]), _mm512_set1_ps(rows->step[i]));
            _mm512_mask_storeu_ps(c + i * w->n_out + at, mask, _mm512_fmadd_ps(whole, scale, bias));
        }
    }
}

VNNI static float round_vnni(const float *x, size_t n, size_t depth, int16_t *to)
{
    __m512 most[AT_ONCE];
    size_t j = 0;
    EACH for (size_t l = 0; l < AT_ONCE; l++) most[l] = _mm512_setzero_ps();
    for (; j + AT_ONCE * COLUMNS <= n; j += AT_ONCE * COLUMNS)
        EACH for (size_t l = 0; l < AT_ONCE; l++) most[l] =
            _mm512_max_ps(most[l], _mm512_abs_ps(_mm512_loadu_ps(x + j + l * COLUMNS)));
    for (; j < n; j += COLUMNS) {
        __m512 last = _mm512_maskz_loadu_ps(vnni_mask(n - j), x + j);
        most[0] = _mm512_max_ps(most[0], _mm512_abs_ps(last));
    }
    most[0] = _mm512_max_ps(_mm512_max_ps(most[0], most[1]), _mm512_max_ps(most[2], most[3]));
    float largest = _mm512_reduce_max_ps(most[0]);
    float fine = find_fine(largest);
    __m512 finer = _mm512_set1_ps(fine);
    for (j = 0; j + COLUMNS <= n; j += COLUMNS)
        _mm256_storeu_si256((void *)(to + j), _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(
                                                  _mm512_mul_ps(_mm512_loadu_ps(x + j), finer))));
    round_rest(x, j, n, depth, fine, to);
    return largest / STEPS;
}

#define NARROW_ROWS ((size_t)4)
#define HALVES ((size_t)2) // of a panel's sixteen columns
#define LANES ((size_t)8)

NARROW static void put_narrow(const struct quant16_weights *w, __m256i sum, float step, size_t at,
                              float *c)
{
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    __m256 whole = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_set1_ps(step));
    whole = _mm256_fmadd_ps(whole, _mm256_load_ps(w->scale + at), _mm256_load_ps(w->bias + at));
    if (at + LANES <= w->n_out)
        _mm256_storeu_ps(c + at, whole);
    else if (at < w->n_out)
        _mm256_maskstore_ps(
            c + at, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(w->n_out - at)), lanes), whole);
}

// Up to 4 rows and 16 columns from `first` on.
NARROW static void multiply_narrow(const struct quant16_weights *w, const struct rows *rows,
                                   size_t first, float *c)
{
    __m256i sum[NARROW_ROWS][HALVES];
    const int16_t *row[NARROW_ROWS], *panel = w->panels + first * w->depth;
    EACH for (size_t i = 0; i < NARROW_ROWS; i++)
    {
        row[i] = rows->at + size_min(i, rows->n - 1) * w->depth;
        EACH for (size_t h = 0; h < HALVES; h++) sum[i][h] = _mm256_setzero_si256();
    }
    _Pragma("GCC unroll 4") // or GCC 12 copies every sum in every step
        for (size_t k = 0; k < w->depth; k += PAIR, panel += PAIR * COLUMNS)
    {
        __m256i left = _mm256_load_si256((const void *)panel);
        __m256i right = _mm256_load_si256((const void *)(panel + COLUMNS));
        EACH for (size_t i = 0; i < NARROW_ROWS; i++)
        {
            __m256i some = _mm256_set1_epi32(*(const vnni_four_bytes *)(row[i] + k));
            sum[i][0] = _mm256_add_epi32(sum[i][0], _mm256_madd_epi16(left, some));
            sum[i][1] = _mm256_add_epi32(sum[i][1], _mm256_madd_epi16(right, some));
        }
    }
    for (size_t i = 0; i < rows->n; i++)
        for (size_t h = 0; h < HALVES; h++)
            put_narrow(w, sum[i][h], rows->step[i], first + h * LANES, c + i * w->n_out);
}

// Up to 6 rows and 16 columns from `first` on.
VNNI_NARROW static void multiply_vnni_narrow(const struct quant16_weights *w,
                                             const struct rows *rows, size_t first, float *c)
{
    __m256i sum[VNNI_NARROW_ROWS][VNNI_HALVES];
    const char *row[VNNI_NARROW_ROWS];
    EACH for (size_t i = 0; i < VNNI_NARROW_ROWS; i++)
    {
        row[i] = (const char *)(rows->at + size_min(i, rows->n - 1) * w->depth);
        EACH for (size_t h = 0; h < VNNI_HALVES; h++) sum[i][h] = _mm256_setzero_si256();
    }
    vnni_narrow_tile((const char *)(w->panels + first * w->depth), row, w->depth * sizeof *rows->at,
                     true, sum);
    EACH for (size_t i = 0; i < VNNI_NARROW_ROWS; i++)
        EACH for (size_t h = 0; h < VNNI_HALVES; h++) if (i < rows->n)
            put_narrow(w, sum[i][h], rows->step[i], first + h * LANES, c + i * w->n_out);
}

NARROW static float round_narrow(const float *x, size_t n, size_t depth, int16_t *to)
{
    const __m256 sign = _mm256_set1_ps(-0.0F);
    __m256 most[AT_ONCE];
    float lanes[LANES], largest = 0;
    size_t j = 0;
    EACH for (size_t l = 0; l < AT_ONCE; l++) most[l] = _mm256_setzero_ps();
    for (; j + AT_ONCE * LANES <= n; j += AT_ONCE * LANES)
        EACH for (size_t l = 0; l < AT_ONCE; l++) most[l] =
            _mm256_max_ps(most[l], _mm256_andnot_ps(sign, _mm256_loadu_ps(x + j + l * LANES)));
    for (; j < n; j++)
        largest = fmaxf(largest, fabsf(x[j]));
    most[0] = _mm256_max_ps(_mm256_max_ps(most[0], most[1]), _mm256_max_ps(most[2], most[3]));
    _mm256_storeu_ps(lanes, most[0]);
    for (size_t l = 0; l < LANES; l++)
        largest = fmaxf(largest, lanes[l]);
    float fine = find_fine(largest);
    __m256 finer = _mm256_set1_ps(fine);
    for (j = 0; j + LANES <= n; j += LANES) {
        __m256i whole = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x + j), finer));
        _mm_storeu_si128((void *)(to + j), _mm_packs_epi32(_mm256_castsi256_si128(whole),
                                                           _mm256_extracti128_si256(whole, 1)));
    }
    round_rest(x, j, n, depth, fine, to);
    return largest / STEPS;
}

// How this CPU multiplies.
struct way {
    size_t n_rows, n_columns; // at a time
    float (*round)(const float *x, size_t n, size_t depth, int16_t *to);
    void (*multiply)(const struct quant16_weights *w, const struct rows *rows, size_t first,
                     float *c);
};

static struct way find_way(void)
{
    if (isa_has(ISA_VNNI))
        return (struct way){ VNNI_ROWS, WIDE, round_vnni, multiply_vnni };
    if (isa_has(ISA_AVX_VNNI))
        return (struct way){ VNNI_NARROW_ROWS, COLUMNS, round_narrow, multiply_vnni_narrow };
    return (struct way){ NARROW_ROWS, COLUMNS, round_narrow, multiply_narrow };
}

static void run_tiles(const struct quant16_weights *w, const float *a, size_t n, float *c,
                      void *scratch)
{
    struct way way = find_way();
    float *step = scratch;
    int16_t *rows = (int16_t *)((char *)scratch + size_round_up(n * sizeof *step, TAKE_ALIGNMENT));
    for (size_t i = 0; i < n; i++)
        step[i] = way.round(a + i * w->n_in, w->n_in, w->depth, rows + i * w->depth);
    for (size_t first = 0; first < w->n_out; first += way.n_columns)
        for (size_t i = 0; i < n; i += way.n_rows) {
            struct rows some = { rows + i * w->depth, step + i, size_min(way.n_rows, n - i) };
            way.multiply(w, &some, first, c + i * w->n_out);
        }
}
#endif

// Some rows at a time, which stay in the second cache while all panels pass by.
void quant16_run(const struct quant16_weights *w, const float *a, size_t n, float *c, void *scratch)
{
#ifdef __x86_64__
    if (isa_has(ISA_VNNI) || isa_has(ISA_AVX2)) {
        for (size_t i = 0; i < n; i += BLOCK)
            run_tiles(w, a + i * w->n_in, size_min(BLOCK, n - i), c + i * w->n_out, scratch);
        return;
    }
#endif
    quant16_plain(w, a, n, c, scratch);
}
