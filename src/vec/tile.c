// SPDX-License-Identifier: Apache-2.0
// Four tiles hold a block of 32 × 32 results. Its sums go to a buffer, and while the tiles work on
// the next block, a few rows of that buffer at each step are finished (GELU, rounding): the tiles
// and the vector units work side by side.
#include "vec/tile_int.h"

#include "vec/gelu.h"

#define COLUMN_BYTES ((size_t)786432) // of B that stay in the second cache while all rows pass

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw,avx512bf16")))
#define INLINE WIDE static inline __attribute__((always_inline))

// A block whose sums are there and wait to be finished.
struct waiting {
    const void *sums;                // 32 × 32
    char *to;                        // first row's place in C
    size_t n_done;                   // rows; 32: nothing waits
    const struct tile_row *rows;     // of int8, from the first row on
    const float *scale, *sum, *bias; // and from the first column on
};

// What a run does; every member is known where it is compiled.
struct job {
    bool is_int8;
    enum tile_after after;
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

INLINE __m512 take_sums(const struct waiting *w, size_t i, size_t j, struct job job)
{
    const int32_t *at = (const int32_t *)w->sums + i * TILE_ROWS + j;
    if (!job.is_int8)
        return _mm512_load_ps(at);
    __m512 scale = _mm512_mul_ps(_mm512_set1_ps(w->rows[i].step), _mm512_load_ps(w->scale + j));
    __m512 rest = _mm512_fmadd_ps(_mm512_set1_ps(w->rows[i].base), _mm512_load_ps(w->sum + j),
                                  _mm512_load_ps(w->bias + j));
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_load_si512(at)), scale, rest);
}

INLINE void finish_row(const struct waiting *w, size_t i, struct job job, char *to)
{
    __m512 low = take_sums(w, i, 0, job), high = take_sums(w, i, TILE_SIDE, job);
    if (job.after == TILE_FLOATS) {
        _mm512_storeu_ps(to, low);
        _mm512_storeu_ps(to + TILE_BYTES, high);
        return;
    }
    if (job.after == TILE_GELU) {
        low = gelu(low);
        high = gelu(high);
    }
    put_bf16(to, high, low);
}

INLINE void finish(struct waiting *w, size_t n_rows, struct job job, size_t stride)
{
    for (size_t i = 0; i < n_rows && w->n_done < TILE_ROWS; i++, w->n_done++)
        finish_row(w, w->n_done, job, w->to + w->n_done * stride);
}

// Rows that come next are asked for while these are multiplied: n lines at each step.
struct ahead {
    const char *next;
    size_t n;
};

// A block: 32 rows from `rows` on with the columns j … j + 31; meanwhile the last one is finished,
// n_rows of it at each step.
INLINE void multiply(const struct tile_weights *w, const char *rows, size_t j, struct waiting *last,
                     size_t n_rows, struct job job, size_t stride, float *to, struct ahead *ahead)
{
    const char *b = (const char *)w->packed + j * w->row_bytes;
    static _Alignas(64) const int32_t none[2 * TILE_SIDE];
    const void *start = job.is_int8 ? (const void *)none : w->bias + j;
    tile_load(0, start, 0); // sixteen times the same row
    tile_load(1, (const char *)start + TILE_BYTES, 0);
    tile_load(2, start, 0);
    tile_load(3, (const char *)start + TILE_BYTES, 0);
    for (size_t k = 0; k < w->row_bytes; k += TILE_BYTES, b += 2 * TILE_SIZE) {
        if (job.is_int8)
            tile_block_add(tile_add_int8, rows + k * TILE_ROWS, TILE_BYTES, b);
        else
            tile_block_add(tile_add_bf16, rows + k * TILE_ROWS, TILE_BYTES, b);
        finish(last, n_rows, job, stride);
        for (size_t i = 0; i < ahead->n; i++, ahead->next += TILE_BYTES)
            __builtin_prefetch(ahead->next, 0, 2);
    }
    finish(last, TILE_ROWS, job, stride);
    tile_block_store(to);
}

INLINE void run(const struct tile_weights *w, const char *a, const struct tile_row *rows, size_t n,
                struct job job, char *c)
{
    _Alignas(64) float sums[2][TILE_ROWS * TILE_ROWS];
    size_t item = job.after == TILE_FLOATS ? sizeof(float) : sizeof(uint16_t);
    size_t out_bytes = w->n_out * item, turn = 0;
    bool pieces = job.after == TILE_GELU;
    size_t stride = pieces ? TILE_PIECE : out_bytes;
    size_t n_steps = w->row_bytes / TILE_BYTES, a_step = (TILE_ROWS + n_steps - 1) / n_steps;
    struct waiting last = { .n_done = TILE_ROWS };
    size_t some = size_max(TILE_ROWS, COLUMN_BYTES / w->row_bytes / TILE_ROWS * TILE_ROWS);
    size_t n_ahead = (TILE_ROWS * TILE_ROWS + some - 1) / some;
    for (size_t first = 0; first < w->n_out; first += some)
        for (size_t i = 0; i < n; i += TILE_ROWS) {
            struct ahead ahead = { a + (i + TILE_ROWS < n ? i + TILE_ROWS : 0) * w->row_bytes,
                                   n_ahead };
            for (size_t j = first; j < size_min(first + some, w->n_out); j += TILE_ROWS) {
                float *to = sums[turn];
                multiply(w, a + i * w->row_bytes, j, &last, a_step, job, stride, to, &ahead);
                size_t column = j * item * (pieces ? TILE_ROWS : 1);
                last = (struct waiting){ .sums = to, .to = c + i * out_bytes + column };
                if (job.is_int8) {
                    last.rows = rows + i;
                    last.scale = w->scale + j;
                    last.sum = w->sum + j;
                    last.bias = w->bias + j;
                }
                turn = !turn;
            }
        }
    finish(&last, TILE_ROWS, job, stride);
}

#define RUN(name, is_int8, after)                                                                  \
    WIDE static void name(const struct tile_weights *w, const char *a,                             \
                          const struct tile_row *rows, size_t n, char *c)                          \
    {                                                                                              \
        run(w, a, rows, n, (struct job){ is_int8, after }, c);                                     \
    }
RUN(run_floats, false, TILE_FLOATS)
RUN(run_bf16, false, TILE_BF16)
RUN(run_gelu, false, TILE_GELU)
RUN(run_int8_floats, true, TILE_FLOATS)
RUN(run_int8_bf16, true, TILE_BF16)
RUN(run_int8_gelu, true, TILE_GELU)

typedef void run_fn(const struct tile_weights *w, const char *a, const struct tile_row *rows,
                    size_t n, char *c);

void tile_run(const struct tile_weights *w, const uint16_t *a, size_t n, enum tile_after after,
              void *c)
{
    static run_fn *const runs[] = { run_floats, run_bf16, run_gelu };
    assert(!w->scale);
    tiles_begin();
    runs[after](w, (const char *)a, NULL, n, c);
    tiles_end();
}

void tile_run_int8(const struct tile_weights *w, const int8_t *a, const struct tile_row *rows,
                   size_t n, enum tile_after after, void *c)
{
    static run_fn *const runs[] = { run_int8_floats, run_int8_bf16, run_int8_gelu };
    assert(w->scale);
    tiles_begin();
    runs[after](w, (const char *)a, rows, n, c);
    tiles_end();
}
#else
void tile_run(const struct tile_weights *w, const uint16_t *a, size_t n, enum tile_after after,
              void *c)
{
    (void)w, (void)a, (void)n, (void)after, (void)c;
    BUG("tile_run without AMX");
}

void tile_run_int8(const struct tile_weights *w, const int8_t *a, const struct tile_row *rows,
                   size_t n, enum tile_after after, void *c)
{
    (void)w, (void)a, (void)rows, (void)n, (void)after, (void)c;
    BUG("tile_run_int8 without AMX");
}
#endif
