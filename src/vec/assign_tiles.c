// SPDX-License-Identifier: Apache-2.0
// Products of 32 rows with 32 columns are looked through while the tiles make the next ones. What a
// row's centroid of the last call comes to, in float32, says what another must reach; while the
// centroids move little, what it came to before and how far it moved say it as well, and the row
// is not read. What does reach it is kept in a short list (assign_row.c).
#include "vec/assign_int.h"
#include "vec/isa.h"
#include "vec/tile.h"
#include "vec/tile_asm.h"

#include <math.h>
#include <string.h>

#define STEP ((size_t)64)             // numbers of a row at a time
#define COLUMN_BYTES ((size_t)524288) // of centroids that stay in the second cache
#define AHEAD ((size_t)2)             // rows between asking for memory and reading it
#define DRIFT 0.5F                    // of a row's bound, before it is read again

struct assign_tiles {
    const struct assigner *as;
    size_t k_padded, n_columns; // n_columns: that are multiplied at a time
    int8_t *packed;             // for each 32 columns and each 64 numbers two tiles
    float *scale;               // k_padded; NAN behind the last
    struct matrix before;       // centered centroids of the last call
    float *moved;               // k: how far from there, times the longest row; INFINITY: not known
    uint32_t *own;              // of each row, after the last call
    float *least, *drift;       // its product with that, at least; how much of it is drift
    size_t n_calls;
    struct assign_row **rows; // of each thread, ASSIGN_TASK_ROWS
};

bool assign_tiles_can(size_t d)
{
    return isa_has(ISA_AMX) && d % STEP == 0;
}

int assign_tiles_make(struct assign_tiles **out, const struct assigner *as, struct arena *a,
                      struct err *err)
{
    static const char what[] = "clustering";
    struct assign_tiles *t = arena_zero(a, sizeof *t);
    size_t d = as->x->n_cols, n_threads = pool_threads(as->pool);
    t->as = as;
    t->k_padded = size_round_up(as->k, TILE_ROWS);
    t->n_columns = size_max(TILE_ROWS, COLUMN_BYTES / d / TILE_ROWS * TILE_ROWS);
    t->n_columns = size_min(t->n_columns, t->k_padded);
    t->packed = arena_try(a, t->k_padded, d, what, err);
    if (!t->packed)
        return err->code;
    t->own = arena_try(a, as->x->n_rows, sizeof *t->own, what, err);
    if (t->own)
        t->least = arena_try(a, as->x->n_rows, sizeof *t->least, what, err);
    if (t->least)
        t->drift = arena_try(a, as->x->n_rows, sizeof *t->drift, what, err);
    if (!t->drift)
        return err->code;
    memset(t->own, 0xFF, as->x->n_rows * sizeof *t->own);
    int rc = matrix_make(&t->before, as->k, d, a, what, err);
    if (rc)
        return rc;
    t->moved = arena_array(a, as->k, sizeof *t->moved);
    t->scale = arena_array(a, t->k_padded, sizeof *t->scale);
    t->rows = arena_array(a, n_threads, sizeof *t->rows);
    for (size_t i = 0; i < n_threads; i++) {
        t->rows[i] = arena_try(a, ASSIGN_TASK_ROWS, sizeof **t->rows, what, err);
        if (!t->rows[i])
            return err->code;
    }
    *out = t;
    return 0;
}

// Row i of a tile: of sixteen centroids the numbers 4i … 4i + 3.
static void pack_tile(const struct assigner *as, size_t first, size_t from, int8_t *to)
{
    size_t d = as->x->n_cols;
    memset(to, 0, TILE_SIZE);
    for (size_t j = 0; j < TILE_SIDE && first + j < as->k; j++)
        for (size_t i = 0; i < TILE_SIDE; i++)
            memcpy(to + i * TILE_BYTES + 4 * j,
                   as->rounded_centroids + (first + j) * d + from + 4 * i, 4);
}

bool assign_tiles_recenters(const struct assign_tiles *t)
{
    return t->n_calls < 2;
}

static void find_moves(struct assign_tiles *t)
{
    size_t d = t->as->x->n_cols;
    for (size_t c = 0; c < t->as->k; c++) {
        const float *now = matrix_row(&t->as->centered, c);
        float *before = matrix_row(&t->before, c);
        t->moved[c] = assign_tiles_recenters(t)
                          ? INFINITY
                          : (float)(assign_moved(now, before, d) * (1 + 1e-6));
        memcpy(before, now, d * sizeof *now);
    }
}

void assign_tiles_begin(struct assign_tiles *t)
{
    const struct assigner *as = t->as;
    int8_t *to = t->packed;
    size_t d = as->x->n_cols;
    for (size_t j = 0; j < t->k_padded; j += TILE_ROWS)
        for (size_t from = 0; from < d; from += STEP)
            for (size_t half = 0; half < 2; half++, to += TILE_SIZE)
                pack_tile(as, j + half * TILE_SIDE, from, to);
    for (size_t c = 0; c < t->k_padded; c++)
        t->scale[c] = c < as->k ? as->scale[c] : NAN;
    find_moves(t);
    t->n_calls++;
}

// Some rows at a time, since they stand in the first cache only now.
struct block {
    const struct assign_tiles *t;
    const struct assign_call *call;
    struct assign_row *states;
    size_t first, n_rows;
};

#ifdef __x86_64__
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f")))

// 32 × 32 products that wait to be looked through.
struct waiting {
    const int32_t *products;
    size_t column, n_done; // rows
};

static void find(const struct block *b, size_t r, const struct waiting *w, unsigned hits)
{
    struct assign_row *s = &b->states[r];
    for (; hits; hits &= hits - 1) {
        size_t at = (size_t)__builtin_ctz(hits);
        float product = (float)w->products[r * TILE_ROWS + at] * b->t->scale[w->column + at];
        if (product >= s->floor)
            assign_row_keep(b->call, s, b->first + r, (uint32_t)(w->column + at), product);
    }
}

WIDE static inline __attribute__((always_inline)) void look(const struct block *b,
                                                            struct waiting *w, size_t n)
{
    __m512 left = _mm512_loadu_ps(b->t->scale + w->column);
    __m512 right = _mm512_loadu_ps(b->t->scale + w->column + TILE_SIDE);
    size_t end = size_min(w->n_done + n, b->n_rows);
    for (; w->n_done < end; w->n_done++) {
        const int32_t *p = w->products + w->n_done * TILE_ROWS;
        __m512 floor = _mm512_set1_ps(b->states[w->n_done].floor);
        __m512 x = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_load_si512(p)), left);
        __m512 y = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_load_si512(p + TILE_SIDE)), right);
        unsigned hits = _mm512_cmp_ps_mask(x, floor, _CMP_GE_OQ) |
                        (unsigned)_mm512_cmp_ps_mask(y, floor, _CMP_GE_OQ) << TILE_SIDE;
        if (__builtin_expect(hits != 0, 0))
            find(b, w->n_done, w, hits);
    }
}

// The columns first … end of a block.
WIDE static void run_block(const struct block *block, const int8_t *rows, size_t first, size_t end)
{
    _Alignas(64) int32_t products[2][TILE_ROWS * TILE_ROWS];
    size_t d = block->t->as->x->n_cols, turn = 0, part = TILE_ROWS * STEP / d + 1;
    const int8_t *b = block->t->packed + first * d;
    struct waiting last = { NULL, first, TILE_ROWS }; // nothing is left of it
    for (size_t j = first; j < end; j += TILE_ROWS, turn = !turn) {
        int32_t *to = products[turn];
        tile_zero(0);
        tile_zero(1);
        tile_zero(2);
        tile_zero(3);
        for (size_t at = 0; at < d; at += STEP, b += 2 * TILE_SIZE) {
            tile_block_add(tile_add_int8, rows + at, d, b);
            look(block, &last, part);
        }
        look(block, &last, TILE_ROWS);
        tile_block_store(to);
        last = (struct waiting){ to, j, 0 };
    }
    look(block, &last, TILE_ROWS);
}
#else
static void run_block(const struct block *block, const int8_t *rows, size_t first, size_t end)
{
    (void)block, (void)rows, (void)first, (void)end;
    BUG("assign_tiles without AMX");
}
#endif

// Whatever is nearest, the row's own centroid of before says what it reaches at least.
static void open_row(const struct assign_tiles *t, const struct assign_call *call, size_t i,
                     struct assign_row *s)
{
    uint32_t own = call->index[i];
    assign_row_open(s, (float)(1.0001 * assign_bound(call, i)));
    s->fresh = own >= t->as->k;
    t->drift[i] = !s->fresh && t->own[i] == own ? t->drift[i] + t->moved[own] : INFINITY;
    if (s->fresh || !isfinite(s->bound))
        return;
    if (t->drift[i] > DRIFT * s->bound * t->as->row_scale[i]) {
        t->least[i] = assign_row_rough(call, i, own);
        t->drift[i] = 0;
    } else {
        t->least[i] -= t->moved[own];
    }
    assign_row_raise(call, s, i, t->least[i]);
}

static uint32_t close_row(const struct assign_tiles *t, const struct assign_call *call, size_t i,
                          struct assign_row *s, struct assign_desk *desk)
{
    if (s->n > 1 && !s->many)
        t->drift[i] = 0;
    uint32_t nearest = assign_row_close(call, s, i, desk);
    t->least[i] = (float)((double)s->best - (s->n_sorted ? 2 * call->slack : 0));
    return nearest;
}

size_t assign_tiles_task(const struct assign_tiles *t, struct assign_call *call, size_t i_task,
                         size_t i_thread)
{
    const struct assigner *as = t->as;
    size_t d = as->x->n_cols, first = i_task * ASSIGN_TASK_ROWS, n_moved = 0;
    size_t n = size_min(ASSIGN_TASK_ROWS, as->x->n_rows - first);
    struct assign_row *rows = t->rows[i_thread];
    for (size_t at = 0; at < n; at++)
        open_row(t, call, first + at, &rows[at]);
    tiles_begin();
    for (size_t j = 0; j < t->k_padded; j += t->n_columns) {
        size_t end = size_min(j + t->n_columns, t->k_padded);
        for (size_t at = 0; at < n; at += TILE_ROWS) {
            struct block block = { t, call, rows + at, first + at, size_min(TILE_ROWS, n - at) };
            run_block(&block, as->rounded + (first + at) * d, j, end);
        }
    }
    tiles_end();
    for (size_t at = 0; at < n; at++) {
        if (at + AHEAD < n)
            assign_row_fetch(call, &rows[at + AHEAD], first + at + AHEAD);
        uint32_t nearest = close_row(t, call, first + at, &rows[at], &as->desks[i_thread]);
        t->own[first + at] = nearest;
        assign_set_index(call, first + at, nearest, &n_moved);
    }
    return n_moved;
}
