// SPDX-License-Identifier: Apache-2.0
// Four tiles hold a block of 32 × 32 results. Its sums go to a buffer, and while the tiles work on
// the next block, a few rows of that buffer at each step are finished (GELU, rounding): the tiles
// and the vector units work side by side.
#include "vec/tile.h"

#include "vec/gelu.h"
#include "vec/isa.h"
#include "vec/round.h"
#include "vec/tile_asm.h"

#include <stdlib.h>
#include <string.h>

#define STEP ((size_t)32)         // numbers of A's rows at a time
#define PACKED (STEP * TILE_SIDE) // bf16 numbers of a tile of B
#define ALIGNMENT ((size_t)64)
#define COLUMN_BYTES ((size_t)786432) // of B that stay in the second cache while all rows pass

struct tile_weights {
    size_t n_out, n_in;
    uint16_t *packed; // for each 32 columns and each 32 of n_in: two tiles
    float *bias;
};

bool tile_can(size_t n_out, size_t n_in)
{
    return isa_has(ISA_AMX) && n_out > 0 && n_in > 0 && n_out % TILE_ROWS == 0 && n_in % STEP == 0;
}

// Column j of the tile: row j of b. Two numbers that follow each other stand side by side.
static void pack_tile(const float *b, size_t n_in, uint16_t *to)
{
    uint16_t row[STEP];
    for (size_t j = 0; j < TILE_SIDE; j++) {
        round_to_bf16(b + j * n_in, STEP, row);
        for (size_t k = 0; k < STEP; k++)
            to[k / 2 * STEP + 2 * j + k % 2] = row[k];
    }
}

int tile_weights_open(struct tile_weights **out, const float *b, size_t n_out, size_t n_in,
                      const float *bias, struct err *err)
{
    assert(tile_can(n_out, n_in));
    struct tile_weights *w = calloc(1, sizeof *w);
    if (w) {
        w->n_out = n_out;
        w->n_in = n_in;
        w->packed = aligned_alloc(ALIGNMENT, n_out * n_in * sizeof *w->packed);
        w->bias = aligned_alloc(ALIGNMENT, size_round_up(n_out * sizeof *w->bias, ALIGNMENT));
    }
    if (!w || !w->packed || !w->bias) {
        tile_weights_close(w);
        return err_set(err, ERR_UNAVAILABLE, "no memory for a matrix product");
    }
    memcpy(w->bias, bias, n_out * sizeof *bias);
    uint16_t *to = w->packed;
    for (size_t j = 0; j < n_out; j += 2 * TILE_SIDE)
        for (size_t k = 0; k < n_in; k += STEP)
            for (size_t half = 0; half < 2; half++, to += PACKED)
                pack_tile(b + (j + half * TILE_SIDE) * n_in + k, n_in, to);
    *out = w;
    return 0;
}

void tile_weights_close(struct tile_weights *w)
{
    if (!w)
        return;
    free(w->packed);
    free(w->bias);
    free(w);
}

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw,avx512bf16")))
#define INLINE WIDE static inline __attribute__((always_inline))

// A block whose sums are there and wait to be finished.
struct waiting {
    const float *sums; // 32 × 32
    char *to;          // first row's place in C
    size_t n_done;     // rows; 32: nothing waits
};

INLINE __m512 gelu(__m512 x)
{
    __m512 half = _mm512_mul_ps(x, _mm512_set1_ps(0.5F)), end = _mm512_set1_ps(GELU_END);
    __m512 near = _mm512_min_ps(_mm512_max_ps(x, _mm512_sub_ps(_mm512_setzero_ps(), end)), end);
    __m512 square = _mm512_mul_ps(near, near), p = _mm512_set1_ps(gelu_terms[0]);
    for (size_t k = 1; k < COUNT_OF(gelu_terms); k++)
        p = _mm512_fmadd_ps(p, square, _mm512_set1_ps(gelu_terms[k]));
    return _mm512_fmadd_ps(half, _mm512_mul_ps(near, p), half);
}

INLINE void finish_row(const float *sums, enum tile_after after, char *to)
{
    __m512 low = _mm512_load_ps(sums), high = _mm512_load_ps(sums + TILE_SIDE);
    if (after == TILE_FLOATS) {
        _mm512_storeu_ps(to, low);
        _mm512_storeu_ps(to + TILE_BYTES, high);
        return;
    }
    if (after == TILE_GELU) {
        low = gelu(low);
        high = gelu(high);
    }
    __m512bh both = _mm512_cvtne2ps_pbh(high, low);
    memcpy(to, &both, sizeof both);
}

INLINE void finish(struct waiting *w, size_t n_rows, enum tile_after after, size_t stride)
{
    for (size_t i = 0; i < n_rows && w->n_done < TILE_ROWS; i++, w->n_done++)
        finish_row(w->sums + w->n_done * TILE_ROWS, after, w->to + w->n_done * stride);
}

// Rows that come next are asked for while these are multiplied: n lines at each step.
struct ahead {
    const char *next;
    size_t n;
};

// A block: 32 rows from `rows` on with the columns j … j + 31; meanwhile the last one is finished,
// n_rows of it at each step.
INLINE void multiply(const struct tile_weights *w, const uint16_t *rows, size_t j,
                     struct waiting *last, size_t n_rows, enum tile_after after, size_t stride,
                     float *to, struct ahead *ahead)
{
    const uint16_t *b = w->packed + j * w->n_in;
    size_t n_bytes = w->n_in * sizeof *rows;
    tile_load(0, w->bias + j, 0); // sixteen times the same row
    tile_load(1, w->bias + j + TILE_SIDE, 0);
    tile_load(2, w->bias + j, 0);
    tile_load(3, w->bias + j + TILE_SIDE, 0);
    for (size_t k = 0; k < w->n_in; k += STEP, b += 2 * PACKED) {
        tile_block_add(tile_add_bf16, rows + k, n_bytes, b);
        finish(last, n_rows, after, stride);
        for (size_t i = 0; i < ahead->n; i++, ahead->next += TILE_BYTES)
            __builtin_prefetch(ahead->next, 0, 2);
    }
    finish(last, TILE_ROWS, after, stride);
    tile_block_store(to);
}

INLINE void run_after(const struct tile_weights *w, const uint16_t *a, size_t n,
                      enum tile_after after, char *c)
{
    _Alignas(64) float sums[2][TILE_ROWS * TILE_ROWS];
    size_t item = after == TILE_FLOATS ? sizeof(float) : sizeof(uint16_t);
    size_t stride = w->n_out * item, a_stride = w->n_in * sizeof *a, turn = 0;
    size_t n_steps = w->n_in / STEP, a_step = (TILE_ROWS + n_steps - 1) / n_steps;
    struct waiting last = { .n_done = TILE_ROWS };
    size_t some = size_max(TILE_ROWS, COLUMN_BYTES / a_stride / TILE_ROWS * TILE_ROWS);
    size_t n_ahead = (TILE_ROWS * STEP + some - 1) / some;
    for (size_t first = 0; first < w->n_out; first += some)
        for (size_t i = 0; i < n; i += TILE_ROWS) {
            const uint16_t *next = a + (i + TILE_ROWS < n ? i + TILE_ROWS : 0) * w->n_in;
            struct ahead ahead = { (const char *)next, n_ahead };
            for (size_t j = first; j < size_min(first + some, w->n_out); j += TILE_ROWS) {
                float *to = sums[turn];
                multiply(w, a + i * w->n_in, j, &last, a_step, after, stride, to, &ahead);
                last = (struct waiting){ to, c + i * stride + j * item, 0 };
                turn = !turn;
            }
        }
    finish(&last, TILE_ROWS, after, stride);
}

WIDE static void run_floats(const struct tile_weights *w, const uint16_t *a, size_t n, char *c)
{
    run_after(w, a, n, TILE_FLOATS, c);
}

WIDE static void run_bf16(const struct tile_weights *w, const uint16_t *a, size_t n, char *c)
{
    run_after(w, a, n, TILE_BF16, c);
}

WIDE static void run_gelu(const struct tile_weights *w, const uint16_t *a, size_t n, char *c)
{
    run_after(w, a, n, TILE_GELU, c);
}

void tile_run(const struct tile_weights *w, const uint16_t *a, size_t n, enum tile_after after,
              void *c)
{
    tiles_begin();
    (after == TILE_FLOATS ? run_floats : after == TILE_BF16 ? run_bf16 : run_gelu)(w, a, n, c);
    tiles_end();
}
#else
void tile_run(const struct tile_weights *w, const uint16_t *a, size_t n, enum tile_after after,
              void *c)
{
    (void)w, (void)a, (void)n, (void)after, (void)c;
    BUG("tile_run without AMX");
}
#endif
