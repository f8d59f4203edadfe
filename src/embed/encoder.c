// SPDX-License-Identifier: Apache-2.0
// A layer: queries, keys and values as one product · attention per text · output product · residual
// and normalisation · two products with GELU between · residual and normalisation. The two wide
// products run over blocks of rows, so that what lies between them stays in the cache.
// Cost per token and layer: (4·dims² + 2·dims·n_ffn) multiply-adds, and n·dims·2 for attention.
#include "embed/encoder_int.h"
#include "embed/kernel_tiles.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define FFN_ROWS ((size_t)256)       // rows between the two wide products at a time
#define FFN_ROWS_WHOLE ((size_t)64)  // of whole numbers: our own products need no more
#define LAYER_NORM_SPREAD 3.0F       // what a normalised number seldom passes
#define MPNET_PAD 1                  // id of <pad>; positions start behind it
#define MPNET_FAR 128                // distance from which all share the last bucket
#define MPNET_BUCKETS ((size_t)256)  // at most: a fourth must stay below MPNET_FAR

// names of the parts of a layer in both families -----------------------------------------------
enum part { PART_QUERY, PART_KEY, PART_VALUE, PART_OUT, PART_OUT_NORM, PART_UP, PART_DOWN,
            PART_DOWN_NORM };
static const char *const part_names[][2] = {
    [PART_QUERY] = { "attention.self.query", "attention.attn.q" },
    [PART_KEY] = { "attention.self.key", "attention.attn.k" },
    [PART_VALUE] = { "attention.self.value", "attention.attn.v" },
    [PART_OUT] = { "attention.output.dense", "attention.attn.o" },
    [PART_OUT_NORM] = { "attention.output.LayerNorm", "attention.LayerNorm" },
    [PART_UP] = { "intermediate.dense", "intermediate.dense" },
    [PART_DOWN] = { "output.dense", "output.dense" },
    [PART_DOWN_NORM] = { "output.LayerNorm", "output.LayerNorm" },
};

// opening --------------------------------------------------------------------------------------

// A whole tensor as floats into `to` (n_rows 0: one dimension).
static int copy_tensor(const struct weights *w, const char *name, size_t n_rows, size_t n_cols,
                       float *to, struct err *err)
{
    const struct tensor *t;
    int rc = weights_need(w, name, n_rows, n_cols, &t, err);
    if (!rc)
        rc = tensor_check(t, err);
    if (!rc)
        tensor_read(t, 0, t->n_items, to);
    return rc;
}

static int read_norm(struct encoder *e, const struct weights *w, size_t i_layer, const char *part,
                     struct norm *norm, struct err *err)
{
    char name[SHAPE_NAME], full[SHAPE_NAME];
    size_t dims = e->shape.dims;
    norm->gain = arena_array(&e->arena, dims, sizeof *norm->gain);
    norm->bias = arena_array(&e->arena, dims, sizeof *norm->bias);
    snprintf(name, sizeof name, "%s.weight", part);
    int rc = copy_tensor(w, shape_name(&e->shape, i_layer, name, full), 0, dims, norm->gain, err);
    snprintf(name, sizeof name, "%s.bias", part);
    if (!rc)
        rc = copy_tensor(w, shape_name(&e->shape, i_layer, name, full), 0, dims, norm->bias, err);
    return rc;
}

struct product_parts {
    enum part first;
    size_t n_parts; // stacked: 3 for query, key, value
    size_t n_out, n_in; // of each part
    enum gemm_after after;
    const struct norm *norm; // of the rows that are multiplied; NULL: they come from elsewhere
    const struct columns *columns; // of the same
    const struct product *like; // of the first layer, which has the same sizes
};

// About how large the columns of normalised rows are, from gain and bias alone.
static const float *find_spread(struct encoder *e, const struct norm *norm)
{
    if (!norm)
        return NULL;
    float *spread = arena_array(&e->arena, e->shape.dims, sizeof *spread);
    for (size_t d = 0; d < e->shape.dims; d++)
        spread[d] = fabsf(norm->bias[d]) + LAYER_NORM_SPREAD * fabsf(norm->gain[d]);
    return spread;
}

static int pack_product(struct encoder *e, const struct product_parts *p, const float *b,
                        const float *bias, struct product *out, struct err *err)
{
    size_t n_out = p->n_parts * p->n_out;
    int rc = 0;
    out->n_out = p->n_out;
    if (e->way == WAY_TILES)
        return tile_weights_open(&out->tiles, b, n_out, p->n_in, bias, err);
    if (e->way == WAY_TILES_INT8)
        return encoder_int8_pack(p->columns, b, n_out, p->n_in, bias, &out->tiles, err);
    for (size_t i = 0; i < p->n_parts && e->products == ENCODER_INT8 && !rc; i++) {
        rc = quant_weights_open(&out->quant[i], b + i * p->n_out * p->n_in, p->n_out, p->n_in,
                                bias + i * p->n_out, find_spread(e, p->norm), err);
        out->n_quant += !rc;
    }
    if (e->products == ENCODER_INT8)
        return rc;
    if (e->products == ENCODER_INT16)
        return quant16_weights_open(&out->quant16, b, n_out, p->n_in, bias, err);
    enum gemm_type type = e->products == ENCODER_BF16 ? GEMM_BF16 : GEMM_FP32;
    enum gemm_after after = type == GEMM_FP32 ? p->after : GEMM_NOTHING;
    if (p->like->gemm)
        return gemm_weights_open_like(&out->gemm, p->like->gemm, b, bias, err);
    return gemm_weights_open(&out->gemm, b, n_out, p->n_in, bias, type, after, err);
}

static int open_product(struct encoder *e, const struct weights *w, size_t i_layer,
                        struct product_parts p, struct product *out, struct err *err)
{
    char name[SHAPE_NAME], full[SHAPE_NAME];
    struct arena_mark start = arena_save(&e->arena);
    size_t n_out = p.n_parts * p.n_out, n_items = p.n_out * p.n_in;
    float *b = arena_try(&e->arena, n_out, p.n_in * sizeof *b, "reading the embedder", err);
    float *bias = arena_array(&e->arena, n_out, sizeof *bias);
    int rc = b ? 0 : (int)err->code;
    for (size_t i = 0; i < p.n_parts && !rc; i++) {
        const char *part = part_names[p.first + i][e->shape.mpnet];
        snprintf(name, sizeof name, "%s.weight", part);
        rc = copy_tensor(w, shape_name(&e->shape, i_layer, name, full), p.n_out, p.n_in,
                         b + i * n_items, err);
        snprintf(name, sizeof name, "%s.bias", part);
        if (!rc)
            rc = copy_tensor(w, shape_name(&e->shape, i_layer, name, full), 0, p.n_out,
                             bias + i * p.n_out, err);
    }
    if (!rc)
        rc = pack_product(e, &p, b, bias, out, err);
    arena_rewind(&e->arena, start);
    return rc;
}

static int open_norms(struct encoder *e, const struct weights *w, size_t i, struct err *err)
{
    struct layer *l = &e->layers[i];
    bool mpnet = e->shape.mpnet;
    int rc = read_norm(e, w, i, part_names[PART_OUT_NORM][mpnet], &l->after_attention, err);
    return rc ? rc : read_norm(e, w, i, part_names[PART_DOWN_NORM][mpnet], &l->after_ffn, err);
}

static int open_products(struct encoder *e, const struct weights *w, size_t i, struct err *err)
{
    struct layer *l = &e->layers[i];
    size_t dims = e->shape.dims, n_ffn = e->shape.n_ffn;
    const struct norm *before = i ? &e->layers[i - 1].after_ffn : &e->first;
    const struct layer *f = &e->layers[0];
    const struct {
        struct product_parts parts;
        struct product *product;
    } products[] = {
        { { PART_QUERY, 3, dims, dims, GEMM_NOTHING, before, &l->before_qkv, &f->qkv }, &l->qkv },
        { { PART_OUT, 1, dims, dims, GEMM_NOTHING, NULL, NULL, &f->out }, &l->out },
        { { PART_UP, 1, n_ffn, dims, GEMM_GELU_ERF, &l->after_attention, &l->before_up, &f->up },
          &l->up },
        { { PART_DOWN, 1, dims, n_ffn, GEMM_NOTHING, NULL, NULL, &f->down }, &l->down },
    };
    int rc = 0;
    for (size_t p = 0; p < COUNT_OF(products) && !rc; p++)
        rc = open_product(e, w, i, products[p].parts, products[p].product, err);
    return rc;
}

static void close_product(struct product *p)
{
    gemm_weights_close(p->gemm);
    tile_weights_close(p->tiles);
    quant16_weights_close(p->quant16);
    for (size_t i = 0; i < p->n_quant; i++)
        quant_weights_close(p->quant[i]);
    *p = (struct product){ 0 };
}

static void close_products(struct layer *l)
{
    close_product(&l->qkv);
    close_product(&l->out);
    close_product(&l->up);
    close_product(&l->down);
}

static int open_layers(struct encoder *e, const struct weights *w, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; i < e->shape.n_layers && !rc; i++) {
        rc = open_norms(e, w, i, err);
        if (!rc)
            rc = open_products(e, w, i, err);
    }
    return rc;
}

// Each layer in bf16, to measure what comes into its products, then in int8.
static int open_measured(struct encoder *e, const struct weights *w, struct err *err)
{
    struct measured *m = NULL;
    e->way = WAY_TILES;
    int rc = encoder_int8_start(&m, e, err);
    for (size_t i = 0; i < e->shape.n_layers && !rc; i++) {
        e->way = WAY_TILES;
        rc = open_norms(e, w, i, err);
        if (!rc)
            rc = open_products(e, w, i, err);
        if (!rc)
            encoder_int8_measure(m, &e->layers[i]);
        close_products(&e->layers[i]);
        e->way = WAY_TILES_INT8;
        if (!rc)
            rc = open_products(e, w, i, err);
    }
    encoder_int8_end(m);
    return rc;
}

static int open_embeddings(struct encoder *e, const struct weights *w, struct err *err)
{
    const struct shape *s = &e->shape;
    char name[SHAPE_NAME];
    int rc = weights_need(w, shape_name(s, SIZE_MAX, "embeddings.word_embeddings.weight", name),
                          s->n_vocab, s->dims, &e->words, err);
    if (!rc)
        rc = tensor_check(e->words, err);
    if (rc)
        return rc;
    e->places = arena_try(&e->arena, s->n_positions, s->dims * sizeof *e->places,
                          "reading the embedder", err);
    rc = e->places ? 0 : (int)err->code;
    if (!rc)
        rc = copy_tensor(w, shape_name(s, SIZE_MAX, "embeddings.position_embeddings.weight", name),
                         s->n_positions, s->dims, e->places, err);
    if (!rc)
        rc = read_norm(e, w, SIZE_MAX, "embeddings.LayerNorm", &e->first, err);
    const struct tensor *segments =
        weights_find(w, shape_name(s, SIZE_MAX, "embeddings.token_type_embeddings.weight", name));
    if (rc || s->mpnet || !segments)
        return rc;
    rc = weights_need(w, name, 2, s->dims, &segments, err);
    if (!rc)
        rc = tensor_check(segments, err);
    float *segment = arena_array(&e->arena, s->dims, sizeof *segment);
    if (!rc)
        tensor_read(segments, 0, s->dims, segment);
    for (size_t i = 0; i < s->n_positions * s->dims && !rc; i++)
        e->places[i] += segment[i % s->dims];
    return rc;
}

// Which of the buckets a distance from query to key belongs to (T5's scheme, both directions).
static size_t bucket_of(ptrdiff_t distance, size_t n_buckets)
{
    size_t half = n_buckets / 2, exact = half / 2;
    size_t far = (size_t)(distance < 0 ? -distance : distance);
    size_t side = distance > 0 ? half : 0;
    if (far < exact)
        return side + far;
    float part = logf((float)far / (float)exact) / logf((float)MPNET_FAR / (float)exact);
    size_t bucket = exact + (size_t)(part * (float)(half - exact));
    return side + size_min(bucket, half - 1);
}

static int open_bias(struct encoder *e, const struct weights *w, struct err *err)
{
    const struct shape *s = &e->shape;
    char name[SHAPE_NAME];
    size_t width = 2 * s->max_tokens - 1;
    const struct tensor *t;
    int rc =
        weights_need(w, shape_name(s, SIZE_MAX, "encoder.relative_attention_bias.weight", name),
                     s->n_buckets, s->n_heads, &t, err);
    if (!rc)
        rc = tensor_check(t, err);
    if (!rc && (s->n_buckets < 4 || s->n_buckets > MPNET_BUCKETS))
        rc = err_set(err, ERR_DATA, "tensor %s has %zu rows; 4 to %zu work", name, s->n_buckets,
                     MPNET_BUCKETS);
    if (rc)
        return rc;
    e->bias = arena_zero_array(&e->arena, s->n_heads * width + KERNEL_BEHIND, sizeof *e->bias);
    for (size_t i = 0; i < width; i++) {
        ptrdiff_t distance = (ptrdiff_t)i - (ptrdiff_t)(s->max_tokens - 1);
        size_t bucket = bucket_of(distance, s->n_buckets);
        for (size_t head = 0; head < s->n_heads; head++)
            tensor_read(t, bucket * s->n_heads + head, 1, &e->bias[head * width + i]);
    }
    return 0;
}

static enum encoder_way choose_way(const struct shape *s, enum encoder_products products)
{
    if (products == ENCODER_BF16 && encoder_tiles_can(s))
        return WAY_TILES;
    return products == ENCODER_INT8 && encoder_int8_can(s) ? WAY_TILES_INT8 : WAY_GEMM;
}

int encoder_open(struct encoder **out, const struct shape *shape, const struct weights *weights,
                 enum encoder_products products, struct err *err)
{
    struct encoder *e = calloc(1, sizeof *e);
    if (!e)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    e->shape = *shape;
    e->products = products;
    e->way = choose_way(shape, products);
    e->kernel = kernel_choose(shape->dims / shape->n_heads, shape->n_ffn);
    e->layers = arena_zero_array(&e->arena, shape->n_layers, sizeof *e->layers);
    int rc = open_embeddings(e, weights, err);
    if (!rc && shape->mpnet)
        rc = open_bias(e, weights, err);
    if (!rc)
        rc = e->way == WAY_TILES_INT8 ? open_measured(e, weights, err)
                                      : open_layers(e, weights, err);
    if (rc)
        encoder_close(e);
    else
        *out = e;
    return rc;
}

void encoder_close(struct encoder *e)
{
    if (!e)
        return;
    for (size_t i = 0; i < e->shape.n_layers; i++)
        close_products(&e->layers[i]);
    arena_release(&e->arena);
    free(e);
}

// running --------------------------------------------------------------------------------------

static int open_bench(struct bench *b, struct arena *a, struct err *err)
{
    const struct shape *s = &b->e->shape;
    size_t longest = 0;
    for (size_t i = 0; i < b->n_texts; i++)
        longest = size_max(longest, b->starts[i + 1] - b->starts[i]);
    if (b->e->way == WAY_TILES)
        return encoder_tiles_open_bench(b, longest, a, err);
    if (b->e->way == WAY_TILES_INT8)
        return encoder_int8_open_bench(b, longest, a, err);
    size_t n_keys = kernel_attention_scratch(longest, s->dims / s->n_heads);
    bool whole = b->e->products == ENCODER_INT8 || b->e->products == ENCODER_INT16;
    b->ffn_rows = size_min(b->n, whole ? FFN_ROWS_WHOLE : FFN_ROWS);
    size_t n_rows = 6 * b->n * s->dims + b->ffn_rows * s->n_ffn;
    float *room = arena_try(a, n_rows + n_keys, sizeof *room, "embedding", err);
    if (!room)
        return err->code;
    b->x = room;
    b->qkv = b->x + b->n * s->dims;
    b->mixed = b->qkv + 3 * b->n * s->dims;
    b->change = b->mixed + b->n * s->dims;
    b->wide = b->change + b->n * s->dims;
    b->keys = room + n_rows;
    size_t (*scratch)(size_t, size_t) =
        b->e->products == ENCODER_INT16 ? quant16_scratch : quant_scratch;
    size_t n_scratch = size_max(scratch(b->n, s->dims), scratch(b->ffn_rows, s->n_ffn));
    b->rounded = whole ? arena_try(a, n_scratch, 1, "embedding", err) : NULL;
    return whole && !b->rounded ? (int)err->code : 0;
}

static void add_norm(const struct bench *b, const float *change, const struct norm *norm)
{
    const struct shape *s = &b->e->shape;
    if (b->e->way == WAY_TILES)
        kernel_tiles_add_norm(b->x, change, b->n, s->dims, norm->gain, norm->bias, s->eps, b->x16);
    else
        b->e->kernel->add_norm(b->x, change, b->n, s->dims, norm->gain, norm->bias, s->eps);
}

void encoder_look_up(const struct bench *b, const uint32_t *ids)
{
    const struct encoder *e = b->e;
    size_t dims = e->shape.dims, row = 0;
    for (size_t i = 0; i < b->n_texts; i++) {
        size_t place = e->shape.mpnet ? MPNET_PAD + 1 : 0;
        for (size_t t = b->starts[i]; t < b->starts[i + 1]; t++, row++) {
            bool pad = e->shape.mpnet && ids[t] == MPNET_PAD;
            const float *at = e->places + (pad ? MPNET_PAD : place++) * dims;
            float *x = b->x + row * dims;
            assert(ids[t] < e->shape.n_vocab && place <= e->shape.n_positions);
            tensor_read(e->words, ids[t] * dims, dims, x);
            for (size_t d = 0; d < dims; d++)
                x[d] += at[d];
        }
    }
    add_norm(b, NULL, &e->first);
}

static void attend(const struct bench *b)
{
    const struct shape *s = &b->e->shape;
    struct attention a = { .dims = s->dims, .n_heads = s->n_heads, .scratch = b->keys,
                           .scale = 1 / sqrtf((float)s->dims / (float)s->n_heads),
                           .bias = b->e->bias, .bias_stride = 2 * s->max_tokens - 1,
                           .bias_zero = s->max_tokens - 1 };
    for (size_t i = 0; i < b->n_texts; i++) {
        size_t first = b->starts[i] - b->starts[0];
        a.n = b->starts[i + 1] - b->starts[i];
        a.qkv = b->qkv + first * 3 * s->dims;
        a.out = b->mixed + first * s->dims;
        b->e->kernel->attend(&a);
    }
}

static int multiply(const struct bench *b, const struct product *p, const float *x, size_t n,
                    float *out, struct err *err)
{
    if (p->gemm)
        return gemm_run(p->gemm, x, n, out, err);
    if (p->quant16)
        quant16_run(p->quant16, x, n, out, b->rounded);
    for (size_t i = 0; i < p->n_quant; i++)
        quant_run(p->quant[i], x, n, out + i * p->n_out, p->n_quant * p->n_out, b->rounded);
    return 0;
}

static int run_ffn(const struct bench *b, const struct layer *l, struct err *err)
{
    size_t dims = b->e->shape.dims;
    int rc = 0;
    for (size_t i = 0; i < b->n && !rc; i += b->ffn_rows) {
        size_t n = size_min(b->ffn_rows, b->n - i);
        rc = multiply(b, &l->up, b->x + i * dims, n, b->wide, err);
        if (!rc && b->e->products != ENCODER_FP32)
            b->e->kernel->gelu(b->wide, n * b->e->shape.n_ffn);
        if (!rc)
            rc = multiply(b, &l->down, b->wide, n, b->change + i * dims, err);
    }
    return rc;
}

static int run_layer(const struct bench *b, size_t i, struct err *err)
{
    const struct layer *l = &b->e->layers[i];
    if (b->e->way == WAY_TILES_INT8) {
        encoder_int8_run_layer(b, l, i + 1 < b->e->shape.n_layers ? l + 1 : NULL);
        return 0;
    }
    if (b->e->way == WAY_TILES) {
        encoder_tiles_run_attention(b, l);
        encoder_tiles_run_ffn(b, l);
        return 0;
    }
    int rc = multiply(b, &l->qkv, b->x, b->n, b->qkv, err);
    if (!rc) {
        attend(b);
        rc = multiply(b, &l->out, b->mixed, b->n, b->change, err);
    }
    if (!rc) {
        add_norm(b, b->change, &l->after_attention);
        rc = run_ffn(b, l, err);
    }
    if (!rc)
        add_norm(b, b->change, &l->after_ffn);
    return rc;
}

// The mean of a text's tokens (or the first), scaled to unit length.
static void pool_text(const struct bench *b, size_t i, float *out)
{
    const struct shape *s = &b->e->shape;
    const float *x = b->x + (b->starts[i] - b->starts[0]) * s->dims;
    size_t n = s->pool_first ? 1 : b->starts[i + 1] - b->starts[i];
    double square = 0;
    for (size_t d = 0; d < s->dims; d++)
        out[d] = 0;
    for (size_t t = 0; t < n; t++)
        for (size_t d = 0; d < s->dims; d++)
            out[d] += x[t * s->dims + d];
    for (size_t d = 0; d < s->dims; d++)
        square += (double)out[d] * (double)out[d];
    float scale = square > 0 ? (float)(1 / sqrt(square)) : 0;
    for (size_t d = 0; d < s->dims; d++)
        out[d] *= scale;
}

int encoder_run(const struct encoder *e, const uint32_t *ids, const size_t *starts, size_t n,
                struct arena *scratch, float *out, size_t stride, struct err *err)
{
    struct bench b = { .e = e, .starts = starts, .n_texts = n, .n = starts[n] - starts[0] };
    struct arena_mark start = arena_save(scratch);
    int rc = open_bench(&b, scratch, err);
    if (!rc)
        encoder_look_up(&b, ids);
    if (!rc && e->way == WAY_TILES_INT8 && e->shape.n_layers)
        encoder_int8_first(&b);
    for (size_t i = 0; i < e->shape.n_layers && !rc; i++)
        rc = run_layer(&b, i, err);
    for (size_t i = 0; i < n && !rc; i++)
        pool_text(&b, i, out + i * stride);
    arena_rewind(scratch, start);
    return rc;
}
