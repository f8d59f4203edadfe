// SPDX-License-Identifier: Apache-2.0
// The layers in int8 by AMX's tiles; attention stays in bf16. Every token's row is rounded in steps
// of its own: after a normalisation, after attention, after GELU.
//
// A few columns of BERT's rows are large everywhere, on one side of zero: they would cost the
// others their steps. What gain and bias of a normalisation say of them (SmoothQuant, vec/quant.h)
// is too little where a row is rounded once for queries, keys and values. So when a model is opened
// some tokens, drawn by chance from its vocabulary, run through it in bf16, and each column's
// middle and how far it goes from there are kept: rows are rounded less the middle, and the large
// columns smaller. No text is needed for it, and none of a run's is used.
#include "base/rng.h"
#include "embed/encoder_int.h"
#include "embed/kernel_tiles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_TEXTS ((size_t)16) // that are drawn
#define N_TOKENS ((size_t)32)
#define STRENGTH 0.7F // of the smoothing: weights carry less than half
#define LEAST 1e-6F

struct measured {
    struct encoder *e;
    struct bench bench;
    struct arena arena;
};

bool encoder_int8_can(const struct shape *s)
{
    return encoder_tiles_can(s) && tile_can_int8(s->dims, s->dims) &&
           tile_can_int8(s->dims, s->n_ffn);
}

int encoder_int8_start(struct measured **out, struct encoder *e, struct err *err)
{
    const struct shape *s = &e->shape;
    struct measured *m = calloc(1, sizeof *m);
    struct rng rng;
    if (!m)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    size_t n_tokens = size_min(N_TOKENS, s->max_tokens);
    size_t *starts = arena_array(&m->arena, N_TEXTS + 1, sizeof *starts);
    uint32_t *ids = arena_array(&m->arena, N_TEXTS * n_tokens, sizeof *ids);
    m->e = e;
    m->bench = (struct bench){ .e = e, .starts = starts, .n_texts = N_TEXTS };
    m->bench.n = N_TEXTS * n_tokens;
    for (size_t i = 0; i <= N_TEXTS; i++)
        starts[i] = i * n_tokens;
    rng_init(&rng, 1, "tokens");
    for (size_t i = 0; i < m->bench.n; i++)
        ids[i] = (uint32_t)rng_below(&rng, s->n_vocab);
    int rc = encoder_tiles_open_bench(&m->bench, n_tokens, &m->arena, err);
    if (rc) {
        encoder_int8_end(m);
        return rc;
    }
    encoder_look_up(&m->bench, ids);
    *out = m;
    return 0;
}

void encoder_int8_end(struct measured *m)
{
    if (!m)
        return;
    arena_release(&m->arena);
    free(m);
}

static void measure(struct measured *m, struct columns *c)
{
    size_t n = m->bench.n, dims = m->e->shape.dims;
    c->middle = arena_array(&m->e->arena, dims, sizeof *c->middle);
    c->inverse = arena_array(&m->e->arena, dims, sizeof *c->inverse);
    for (size_t d = 0; d < dims; d++) {
        const float *x = m->bench.x + d;
        double sum = 0;
        float most = 0;
        for (size_t i = 0; i < n; i++)
            sum += (double)x[i * dims];
        c->middle[d] = (float)(sum / (double)n);
        for (size_t i = 0; i < n; i++)
            most = fmaxf(most, fabsf(x[i * dims] - c->middle[d]));
        c->inverse[d] = most;
    }
}

void encoder_int8_measure(struct measured *m, struct layer *l)
{
    measure(m, &l->before_qkv);
    encoder_tiles_run_attention(&m->bench, l);
    measure(m, &l->before_up);
    encoder_tiles_run_ffn(&m->bench, l);
}

int encoder_int8_pack(const struct columns *columns, const float *b, size_t n_out, size_t n_in,
                      const float *bias, struct tile_weights **w, struct err *err)
{
    struct tile_rounding r = { 0 };
    for (size_t d = 0; d < n_in && columns; d++) {
        float most = 0, spread = columns->inverse[d];
        for (size_t j = 0; j < n_out; j++)
            most = fmaxf(most, fabsf(b[j * n_in + d]));
        bool usable = most > LEAST && spread > LEAST;
        columns->inverse[d] = usable ? powf(most, 1 - STRENGTH) / powf(spread, STRENGTH) : 1;
    }
    if (columns) {
        r.middle = columns->middle;
        r.inverse = columns->inverse;
    }
    return tile_weights_open_int8(w, b, n_out, n_in, bias, &r, err);
}

int encoder_int8_open_bench(struct bench *b, size_t longest, struct arena *a, struct err *err)
{
    const struct shape *s = &b->e->shape;
    size_t n = size_round_up(b->n, TILE_ROWS);
    size_t n_bytes = n * (s->dims + s->n_ffn + sizeof *b->rows);
    int rc = encoder_tiles_open_bench(b, longest, a, err);
    if (rc)
        return rc;
    b->x8 = arena_try(a, n_bytes, 1, "embedding", err);
    if (!b->x8)
        return err->code;
    b->wide8 = b->x8 + n * s->dims;
    b->rows = (struct tile_row *)(void *)(b->wide8 + n * s->n_ffn);
    // Rows behind the tokens are multiplied with the rest of their block.
    memset(b->x8 + (n - TILE_ROWS) * s->dims, 0, TILE_ROWS * s->dims);
    memset(b->rows, 0, n * sizeof *b->rows);
    return 0;
}

static void round_x(const struct bench *b, size_t i, const struct columns *c)
{
    struct tile_rounding r = { .middle = c->middle, .inverse = c->inverse };
    size_t dims = b->e->shape.dims;
    b->rows[i] = tile_round(&r, b->x + i * dims, dims, b->x8 + tile_place(i, dims));
}

void encoder_int8_first(const struct bench *b)
{
    for (size_t i = 0; i < b->n; i++)
        round_x(b, i, &b->e->layers[0].before_qkv);
}

// What stands in `change` is added to the tokens; they are normalised, and rounded for `next`.
static void add_norm(const struct bench *b, const struct norm *norm, const struct columns *next)
{
    const struct shape *s = &b->e->shape;
    for (size_t i = 0; i < b->n; i++) {
        kernel_tiles_add_norm(b->x + i * s->dims, b->change + i * s->dims, 1, s->dims, norm->gain,
                              norm->bias, s->eps, NULL);
        if (next)
            round_x(b, i, next);
    }
}

// Rows of bf16 in pieces to rows of int8.
static void round_all(const uint16_t *from, size_t n, size_t n_in, int8_t *to,
                      struct tile_row *rows)
{
    for (size_t i = 0; i < n; i++)
        rows[i] =
            tile_round_bf16(from + tile_place_bf16(i, 0, n_in), n_in, to + tile_place(i, n_in));
}

void encoder_int8_run_layer(const struct bench *b, const struct layer *l, const struct layer *next)
{
    const struct shape *s = &b->e->shape;
    tile_run_int8(l->qkv.tiles, b->x8, b->rows, b->n, TILE_BF16, b->qkv16);
    encoder_tiles_attend(b);
    round_all(b->mixed16, b->n, s->dims, b->x8, b->rows);
    tile_run_int8(l->out.tiles, b->x8, b->rows, b->n, TILE_FLOATS, b->change);
    add_norm(b, &l->after_attention, &l->before_up);
    tile_run_int8(l->up.tiles, b->x8, b->rows, b->n, TILE_GELU, b->wide16);
    round_all(b->wide16, b->n, s->n_ffn, b->wide8, b->rows);
    tile_run_int8(l->down.tiles, b->wide8, b->rows, b->n, TILE_FLOATS, b->change);
    add_norm(b, &l->after_ffn, next ? &next->before_qkv : NULL);
}
