// SPDX-License-Identifier: Apache-2.0
// Texts -> tokens -> packed batches -> vectors. Texts are taken in blocks; in each, tokens are made
// by the pool, then cut into batches of about BATCH_TOKENS in the order of the texts, so that what
// is worked together does not depend on the threads (and would not change a bit if it did).
#include "embed/embedder_int.h"

#include "base/file.h"
#include "base/known_sha256.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "embed/encoder.h"
#include "embed/kept_vectors.h"
#include "embed/wordpiece.h"
#include "vec/dot.h"
#include "vec/gemm.h"
#include "vec/quant16.h"

#include <stdio.h>
#include <stdlib.h>

#define BLOCK_TEXTS ((size_t)4096)   // tokens of this many are held
#define BATCH_TOKENS ((size_t)1024)  // what a batch works on should stay in the cache
#define TOKENIZE_TEXTS ((size_t)64)  // texts a task
#define MAX_VOCAB ((size_t)64 << 20)
#define N_PROBES ((size_t)4) // vectors of a file that are made again, to see whether it is right

struct local {
    struct embedder embedder;
    struct weights *weights;
    struct wordpiece *wordpiece;
    struct encoder *encoder;
    struct shape shape;
    struct pool *pool;
    struct arena *scratch; // one a thread
    enum encoder_products products;
    char weights_sum[DIGEST_HEX], vocab_sum[DIGEST_HEX];
};

static void sum_text(struct str text, char hex[DIGEST_HEX])
{
    struct digest d;
    digest_init(&d);
    digest_add(&d, text);
    digest_hex(&d, hex);
}

static int open_parts(struct local *e, const char *dir, struct arena *a, struct err *err)
{
    struct str vocab, vocab_path = path_join(a, str_of(dir), "vocab.txt");
    struct str path = path_join(a, str_of(dir), "model.safetensors");
    int rc = weights_open(&e->weights, path.ptr, err);
    if (!rc)
        rc = shape_read(&e->shape, dir, e->weights, err);
    if (!rc)
        rc = file_read(a, vocab_path.ptr, MAX_VOCAB, &vocab, err);
    if (!rc)
        rc = wordpiece_open(&e->wordpiece, vocab, err);
    if (!rc)
        sum_text(vocab, e->vocab_sum);
    if (!rc && (wordpiece_size(e->wordpiece) > e->shape.n_vocab ||
                wordpiece_is_mpnet(e->wordpiece) != e->shape.mpnet))
        rc = err_set(err, ERR_DATA, "%s does not belong to %s", vocab_path.ptr, path.ptr);
    if (!rc)
        rc = encoder_open(&e->encoder, &e->shape, e->weights, e->products, err);
    return rc;
}

// By enum encoder_products.
static const struct {
    const char *name;
    enum embedder_precision precision;
} products[] = {
    [ENCODER_FP32] = { "fp32", EMBEDDER_FP32 },
    [ENCODER_BF16] = { "bf16", EMBEDDER_BF16 },
    [ENCODER_INT16] = { "int16", EMBEDDER_INT16 },
    [ENCODER_INT8] = { "int8", EMBEDDER_INT8 },
};

static int make_name(struct local *e, const char *dir, struct arena *a, struct err *err)
{
    struct str path = path_join(a, str_of(dir), "model.safetensors"), model = str_of(dir);
    int rc = known_sha256(path.ptr, e->weights_sum, err);
    if (rc)
        return rc;
    while (model.len > 1 && model.ptr[model.len - 1] == '/')
        model.len--;
    for (size_t i = model.len; i > 0; i--)
        if (model.ptr[i - 1] == '/') {
            model = str_from(model, i);
            break;
        }
    model = utf8_clip(model, 100);
    snprintf(e->embedder.name, sizeof e->embedder.name, "%.*s %s %.16s", STR_ARG(model),
             products[e->products].name, e->weights_sum);
    return 0;
}

static enum encoder_products choose_products(enum embedder_precision precision)
{
    for (size_t i = 0; i < COUNT_OF(products); i++)
        if (products[i].precision == precision)
            return (enum encoder_products)i;
    if (gemm_has_fast_bf16())
        return ENCODER_BF16;
    return quant16_is_fast() ? ENCODER_INT16 : ENCODER_FP32;
}

enum embedder_precision embedder_precision_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(products); i++)
        if (strcmp(name, products[i].name) == 0)
            return products[i].precision;
    return EMBEDDER_AUTO;
}

const char *embedder_products(enum embedder_precision precision)
{
    return products[choose_products(precision)].name;
}

// One block of texts.
struct block {
    struct local *e;
    const struct str *texts;
    size_t n;
    uint32_t *ids;    // first max_tokens a text, then packed
    size_t *lengths;  // of each text
    size_t *starts;   // n + 1, into packed ids
    size_t *batches;  // n_batches + 1 indexes of texts
    size_t n_batches;
    struct matrix *out;
    size_t first_row; // of out
    struct err *errors; // one a batch
};

static void tokenize(void *context, size_t i_task, size_t i_thread)
{
    struct block *b = context;
    size_t max = b->e->shape.max_tokens, first = i_task * TOKENIZE_TEXTS;
    for (size_t i = first; i < size_min(first + TOKENIZE_TEXTS, b->n); i++)
        b->lengths[i] = wordpiece_encode(b->e->wordpiece, b->texts[i], &b->e->scratch[i_thread],
                                         b->ids + i * max, max);
}

static void pack(struct block *b)
{
    size_t max = b->e->shape.max_tokens, n = 0, batch_start = 0;
    b->n_batches = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (n - batch_start + b->lengths[i] > BATCH_TOKENS || i == 0) {
            b->batches[b->n_batches++] = i;
            batch_start = n;
        }
        memmove(b->ids + n, b->ids + i * max, b->lengths[i] * sizeof *b->ids);
        b->starts[i] = n;
        n += b->lengths[i];
    }
    b->starts[b->n] = n;
    b->batches[b->n_batches] = b->n;
}

static void encode_batch(void *context, size_t i_batch, size_t i_thread)
{
    struct block *b = context;
    size_t first = b->batches[i_batch], n = b->batches[i_batch + 1] - first;
    struct err *err = &b->errors[i_batch];
    if (encoder_run(b->e->encoder, b->ids, b->starts + first, n, &b->e->scratch[i_thread],
                    matrix_row(b->out, b->first_row + first), b->out->stride, err) != 0)
        assert(err->code);
}

static int encode_block(struct block *b, struct arena *a, struct err *err)
{
    size_t max = b->e->shape.max_tokens;
    b->ids = arena_try(a, b->n, max * sizeof *b->ids, "embedding", err);
    if (!b->ids)
        return err->code;
    b->lengths = arena_array(a, b->n, sizeof *b->lengths);
    b->starts = arena_array(a, b->n + 1, sizeof *b->starts);
    b->batches = arena_array(a, b->n + 1, sizeof *b->batches);
    pool_run(b->e->pool, (b->n + TOKENIZE_TEXTS - 1) / TOKENIZE_TEXTS, tokenize, b);
    pack(b);
    b->errors = arena_zero_array(a, b->n_batches, sizeof *b->errors);
    pool_run(b->e->pool, b->n_batches, encode_batch, b);
    for (size_t i = 0; i < b->n_batches; i++)
        if (b->errors[i].code) {
            *err = b->errors[i];
            return err->code;
        }
    return 0;
}

// A model of numbers that no training gave can give a text no direction.
static int check_directions(const struct local *e, const struct matrix *out, struct err *err)
{
    for (size_t i = 0; i < out->n_rows; i++) {
        const float *row = matrix_row(out, i);
        double square = dot_floats(row, row, out->n_cols);
        if (!(square > 0.98 && square < 1.02))
            return err_set(err, ERR_DATA, "%s gives a text no vector; take another embedder",
                           e->embedder.name);
    }
    return 0;
}

static int encode_local(struct embedder *embedder, const struct str *texts, size_t n,
                        struct matrix *out, bool *has, struct err *err)
{
    struct local *e = (struct local *)embedder;
    struct arena a = { 0 };
    int rc = 0;
    (void)has; // nothing here costs money
    assert(out->n_rows == n && out->n_cols == e->shape.dims);
    for (size_t i = 0; i < n && !rc; i += BLOCK_TEXTS) {
        struct arena_mark start = arena_save(&a);
        struct block b = { .e = e, .texts = texts + i, .n = size_min(BLOCK_TEXTS, n - i),
                           .out = out, .first_row = i };
        rc = encode_block(&b, &a, err);
        arena_rewind(&a, start);
    }
    arena_release(&a);
    return rc ? rc : check_directions(e, out, err);
}

static void close_local(struct embedder *embedder)
{
    struct local *e = (struct local *)embedder;
    encoder_close(e->encoder);
    wordpiece_close(e->wordpiece);
    weights_close(e->weights);
    for (size_t i = 0; e->scratch && i < pool_threads(e->pool); i++)
        arena_release(&e->scratch[i]);
    free(e->scratch);
    free(e);
}

int embedder_open(struct embedder **out, const char *dir, enum embedder_precision precision,
                  struct pool *pool, struct err *err)
{
    struct arena a = { 0 };
    struct local *e = calloc(1, sizeof *e);
    if (!e)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    e->embedder = (struct embedder){ .encode = encode_local, .close = close_local };
    e->pool = pool;
    e->products = choose_products(precision);
    e->scratch = calloc(pool_threads(pool), sizeof *e->scratch);
    int rc = e->scratch ? 0 : err_set(err, ERR_TRY_AGAIN, "out of memory");
    if (!rc)
        rc = open_parts(e, dir, &a, err);
    if (!rc)
        rc = make_name(e, dir, &a, err);
    arena_release(&a);
    if (rc) {
        close_local(&e->embedder);
        return err_add(err, "embedder");
    }
    e->embedder.dims = e->shape.dims;
    *out = &e->embedder;
    return 0;
}

void embedder_close(struct embedder *e)
{
    if (e)
        e->close(e);
}

size_t embedder_dims(const struct embedder *e)
{
    return e->dims;
}

int64_t embedder_tokens(const struct embedder *e)
{
    return e ? e->n_tokens : 0;
}

const char *embedder_name(const struct embedder *e)
{
    return e->name;
}

int embedder_encode(struct embedder *e, const struct str *texts, size_t n, struct matrix *out,
                    struct err *err)
{
    return e->encode(e, texts, n, out, NULL, err);
}

int embedder_encode_some(struct embedder *e, const struct str *texts, size_t n, struct matrix *out,
                         bool *has, struct err *err)
{
    return e->encode(e, texts, n, out, has, err);
}

// All that the vectors depend on but the code itself, for which there are probes.
static void make_key(const struct local *e, const struct str *texts, size_t n, char key[DIGEST_HEX])
{
    const struct shape *s = &e->shape;
    char head[256];
    struct digest d;
    int len = snprintf(head, sizeof head, "%d %s %d %d %zu %zu %zu %zu %zu %zu %zu %zu %a %s",
                       (int)e->products, gemm_kernel(), (int)s->mpnet, (int)s->pool_first,
                       s->n_layers, s->dims, s->n_heads, s->n_ffn, s->n_vocab, s->n_positions,
                       s->n_buckets, s->max_tokens, (double)s->eps, s->prefix);
    assert(len > 0 && (size_t)len < sizeof head);
    digest_init(&d);
    digest_add(&d, str_make(head, (size_t)len));
    digest_add(&d, str_of(e->weights_sum));
    digest_add(&d, str_of(e->vocab_sum));
    for (size_t i = 0; i < n; i++)
        digest_add(&d, texts[i]);
    digest_hex(&d, key);
}

// Makes a few of the vectors anew. A build, library or CPU that computes otherwise shows in any of
// them, and then the file is of no use: what a run finds never depends on what was kept.
static int check_probes(struct local *e, const struct str *texts, const struct matrix *kept,
                        bool *same, struct err *err)
{
    struct arena a = { 0 };
    struct matrix made;
    struct str probes[N_PROBES];
    size_t at[N_PROBES];
    for (size_t i = 0; i < N_PROBES; i++) {
        at[i] = i * (kept->n_rows - 1) / (N_PROBES - 1);
        probes[i] = texts[at[i]];
    }
    int rc = matrix_make(&made, N_PROBES, kept->n_cols, &a, "vectors", err);
    if (!rc)
        rc = encode_local(&e->embedder, probes, N_PROBES, &made, NULL, err);
    *same = !rc;
    for (size_t i = 0; i < N_PROBES && *same; i++)
        *same = memcmp(matrix_row(&made, i), matrix_row(kept, at[i]),
                       kept->n_cols * sizeof(float)) == 0;
    arena_release(&a);
    return rc;
}

int embedder_encode_public(struct embedder *embedder, const struct str *texts, size_t n,
                           struct matrix *out, struct err *err)
{
    struct local *e = (struct local *)embedder;
    char key[DIGEST_HEX];
    bool same = false;
    if (embedder->encode != encode_local || n <= N_PROBES)
        return embedder_encode(embedder, texts, n, out, err);
    make_key(e, texts, n, key);
    int rc = kept_vectors_read(key, out) ? check_probes(e, texts, out, &same, err) : 0;
    if (rc || same)
        return rc;
    rc = embedder_encode(embedder, texts, n, out, err);
    if (!rc)
        kept_vectors_write(key, out);
    return rc;
}

double embedder_flop(struct embedder *embedder, const struct str *texts, size_t n)
{
    if (embedder->encode != encode_local)
        return 0;
    const struct local *e = (const struct local *)embedder;
    const struct shape *s = &e->shape;
    struct arena a = { 0 };
    double dims = (double)s->dims, wide = (double)s->n_ffn, sum = 0;
    uint32_t *ids = arena_array(&a, s->max_tokens, sizeof *ids);
    for (size_t i = 0; i < n; i++) {
        double len = (double)wordpiece_encode(e->wordpiece, texts[i], &a, ids, s->max_tokens);
        sum += 2 * len * (4 * dims * dims + 2 * dims * wide + 2 * len * dims);
    }
    arena_release(&a);
    return sum * (double)s->n_layers;
}
