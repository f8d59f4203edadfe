// SPDX-License-Identifier: Apache-2.0
// A roofline in text (Williams, Waterman and Patterson 2009), with the roof measured: the fastest
// of a few well-shaped products of each kind. k-means counts all products that Lloyd's rule asks
// for, so leaving products out (vec/prune) can lift it over the roof.
#include "run/bench_machine.h"

#include "base/clock.h"
#include "base/rng.h"
#include "embed/embedder.h"
#include "run/model_path.h"
#include "vec/gemm.h"
#include "vec/isa.h"
#include "vec/kmeans.h"
#include "vec/nearest.h"
#include "vec/quant.h"
#include "vec/quant16.h"
#include "vec/round.h"
#include "vec/tile.h"

#include <string.h>

#define ROWS ((size_t)1024) // of a product
#define LEAST_US 150000     // of a measurement
#define TEXTS ((size_t)192)
#define VECTORS ((size_t)20000)
#define NEAR_VECTORS ((size_t)4000)
#define DIMS ((size_t)384)
#define CLUSTERS ((size_t)500)
#define ITERATIONS 8
#define BAR 25

enum kind { FP32, BF16, INT16, INT8, N_KINDS };
static const char *const kind_names[] = { "float32", "bf16", "int16", "int8" };

struct bench {
    const struct config *config;
    struct arena arena;
    struct buf *out;
    float *a, *b, *c; // ROWS × 2048, 2048 × 2048, ROWS × 2048
    int8_t *whole_a, *whole_b;
    double peak[N_KINDS];
};

// One kind of work, done again and again.
struct work {
    const struct bench *bench;
    const struct gemm_weights *weights;
    const struct quant_weights *quant;
    const struct tile_weights *tiles; // of rows that are bf16 in scratch
    const struct quant16_weights *quant16;
    size_t n_in, n_out;
    void *scratch;
};

static int do_product(const struct work *w, enum kind kind, struct err *err)
{
    const struct bench *b = w->bench;
    if (w->quant) {
        quant_run(w->quant, b->a, ROWS, b->c, w->n_out, w->scratch);
        return 0;
    }
    if (w->tiles) {
        tile_run(w->tiles, w->scratch, ROWS, TILE_FLOATS, b->c);
        return 0;
    }
    if (w->quant16) {
        quant16_run(w->quant16, b->a, ROWS, b->c, w->scratch);
        return 0;
    }
    if (kind == INT8)
        return gemm_run_int8(w->weights, b->whole_a, ROWS, (int32_t *)(void *)b->c, err);
    return gemm_run(w->weights, b->a, ROWS, b->c, err);
}

// GFLOP/s of the best of the rounds.
static int time_product(const struct work *w, enum kind kind, double *speed, struct err *err)
{
    double flop = 2.0 * (double)ROWS * (double)w->n_in * (double)w->n_out;
    int64_t begin = clock_cpu_us(), before = begin, best = INT64_MAX;
    int rc = do_product(w, kind, err); // warms up
    for (before = clock_cpu_us(); !rc && before - begin < LEAST_US;) {
        rc = do_product(w, kind, err);
        int64_t now = clock_cpu_us();
        best = now - before < best && now > before ? now - before : best;
        before = now;
    }
    *speed = best < INT64_MAX ? flop / (double)best / 1e3 : 0;
    return rc;
}

static int measure_product(struct bench *b, enum kind kind, bool rounded, size_t n_in, size_t n_out,
                           double *speed, struct err *err)
{
    struct gemm_weights *weights = NULL;
    struct quant_weights *quant = NULL;
    struct arena_mark start = arena_save(&b->arena);
    int rc = rounded ? quant_weights_open(&quant, b->b, n_out, n_in, b->b, NULL, err)
             : kind == INT8
                 ? gemm_weights_open_int8(&weights, b->whole_b, n_out, n_in, err)
                 : gemm_weights_open(&weights, b->b, n_out, n_in, NULL,
                                     kind == BF16 ? GEMM_BF16 : GEMM_FP32, GEMM_NOTHING, err);
    struct work w = { b, weights, quant, NULL, NULL, n_in, n_out, NULL };
    w.scratch = arena_alloc(&b->arena, quant_scratch(ROWS, n_in));
    if (!rc)
        rc = time_product(&w, kind, speed, err);
    gemm_weights_close(weights);
    quant_weights_close(quant);
    arena_rewind(&b->arena, start);
    return rc;
}

// The same of bf16 by our own kernel for AMX, which does not round rows first.
static int measure_tiles(struct bench *b, size_t n_in, size_t n_out, double *speed, struct err *err)
{
    struct tile_weights *tiles;
    struct arena_mark start = arena_save(&b->arena);
    uint16_t *rows = arena_alloc(&b->arena, ROWS * n_in * sizeof *rows);
    int rc = tile_weights_open(&tiles, b->b, n_out, n_in, b->b, err);
    if (rc)
        return rc;
    round_to_bf16(b->a, ROWS * n_in, rows);
    struct work w = { b, NULL, NULL, tiles, NULL, n_in, n_out, rows };
    rc = time_product(&w, BF16, speed, err);
    tile_weights_close(tiles);
    arena_rewind(&b->arena, start);
    return rc;
}

// Of int16, rounding of the rows included: no library has the products alone.
static int measure_int16(struct bench *b, size_t n_in, size_t n_out, double *speed, struct err *err)
{
    struct quant16_weights *weights;
    struct arena_mark start = arena_save(&b->arena);
    void *scratch = arena_alloc(&b->arena, quant16_scratch(ROWS, n_in));
    int rc = quant16_weights_open(&weights, b->b, n_out, n_in, b->b, err);
    if (rc)
        return rc;
    struct work w = { b, NULL, NULL, NULL, weights, n_in, n_out, scratch };
    rc = time_product(&w, INT16, speed, err);
    quant16_weights_close(weights);
    arena_rewind(&b->arena, start);
    return rc;
}

static int put_row(struct bench *b, const char *name, double speed, enum kind kind, struct err *err)
{
    char bar[BAR + 1];
    double share = b->peak[kind] > 0 ? speed / b->peak[kind] : 0;
    size_t n = (size_t)(share * BAR + 0.5);
    memset(bar, ' ', BAR);
    memset(bar, '#', n < BAR ? n : BAR);
    bar[BAR] = 0;
    return buf_printf(b->out, err, "%-44s %9.1f  %-8s %s %4.0f %%\n", name, speed, kind_names[kind],
                      bar, 100 * share);
}

static bool is_here(enum kind kind)
{
    switch (kind) {
    case FP32:
        return true;
    case BF16:
        return gemm_multiplies_bf16();
    case INT16:
        return isa_has(ISA_AVX2);
    default:
        return gemm_has_int8();
    }
}

static int find_peaks(struct bench *b, struct err *err)
{
    static const size_t shapes[][2] = {
        { 384, 1536 }, { 1536, 384 }, { 1024, 1024 }, { 768, 2048 }
    };
    int rc = buf_printf(b->out, err, "matrix products here, one core    peak GFLOP/s\n");
    for (enum kind kind = FP32; kind < N_KINDS && !rc; kind++) {
        bool here = is_here(kind);
        for (size_t s = 0; s < COUNT_OF(shapes) && here && !rc; s++) {
            double speed = 0, tiled = 0;
            if (kind == INT16)
                rc = measure_int16(b, shapes[s][0], shapes[s][1], &speed, err);
            else
                rc = measure_product(b, kind, false, shapes[s][0], shapes[s][1], &speed, err);
            if (!rc && kind == BF16 && tile_can(shapes[s][1], shapes[s][0]))
                rc = measure_tiles(b, shapes[s][0], shapes[s][1], &tiled, err);
            speed = tiled > speed ? tiled : speed;
            b->peak[kind] = speed > b->peak[kind] ? speed : b->peak[kind];
        }
        if (!rc && here)
            rc = buf_printf(b->out, err, "%-32s %14.1f\n", kind_names[kind], b->peak[kind]);
        else if (!rc)
            rc = buf_printf(b->out, err, "%-32s %14s\n", kind_names[kind], "not here");
    }
    if (!rc)
        rc = buf_printf(b->out, err, "\n%-44s %9s  %s\n", "our kernels", "GFLOP/s",
                        "of the peak of the same products");
    return rc;
}

static int bench_rounded(struct bench *b, struct err *err)
{
    double speed = 0;
    if (!gemm_has_int8())
        return 0;
    int rc = measure_product(b, INT8, true, 384, 1536, &speed, err);
    if (!rc)
        rc = put_row(b, "rows rounded to int8, 1024 x 384 x 1536", speed, INT8, err);
    return rc;
}

static void fill_clusters(struct matrix *x)
{
    struct rng rng;
    float centers[64][DIMS];
    rng_init(&rng, 1, "bench");
    for (size_t i = 0; i < COUNT_OF(centers); i++)
        for (size_t j = 0; j < DIMS; j++)
            centers[i][j] = (float)rng_normal(&rng);
    for (size_t i = 0; i < x->n_rows; i++) {
        const float *center = centers[rng_below(&rng, COUNT_OF(centers))];
        for (size_t j = 0; j < DIMS; j++)
            matrix_row(x, i)[j] = center[j] + (float)rng_normal(&rng);
    }
    matrix_normalize(x);
}

static int bench_kmeans(struct bench *b, const struct matrix *x, struct err *err)
{
    struct kmeans_params p = kmeans_default_params();
    struct kmeans_result r;
    struct matrix first = matrix_rows(x, 0, CLUSTERS);
    enum kind kind = gemm_has_int8() ? INT8 : FP32;
    p.k = CLUSTERS;
    p.start = &first;
    p.max_iterations = ITERATIONS;
    p.tolerance = -1;
    int64_t begin = clock_cpu_us();
    int rc = kmeans_fit(x, &p, NULL, &b->arena, &r, err);
    double us = (double)(clock_cpu_us() - begin);
    double flop = 2.0 * (double)(VECTORS * CLUSTERS * DIMS) * ITERATIONS;
    return rc ? rc
              : put_row(b, "k-means, 20000 x 384, k 500, 8 iterations", flop / us / 1e3, kind, err);
}

static int bench_nearest(struct bench *b, const struct matrix *x, struct err *err)
{
    struct nearest near;
    struct matrix some = matrix_rows(x, 0, NEAR_VECTORS);
    int64_t begin = clock_cpu_us();
    int rc = nearest_search(&some, 15, NULL, &b->arena, &near, err);
    double us = (double)(clock_cpu_us() - begin);
    double flop = 2.0 * (double)NEAR_VECTORS * (double)NEAR_VECTORS * (double)DIMS;
    return rc ? rc : put_row(b, "15 nearest of 4000 x 384", flop / us / 1e3, FP32, err);
}

static int bench_vectors(struct bench *b, struct err *err)
{
    struct matrix x;
    int rc = matrix_make(&x, VECTORS, DIMS, &b->arena, "clio bench", err);
    if (rc)
        return rc;
    fill_clusters(&x);
    rc = bench_kmeans(b, &x, err);
    return rc ? rc : bench_nearest(b, &x, err);
}

// Texts of 20 to 60 words.
static void make_texts(struct bench *b, struct str *texts)
{
    static const char *const words[] = { "plan",  "a",     "trip", "to",   "the", "sea", "for",
                                         "two",   "with",  "good", "food", "and", "old", "towns",
                                         "write", "table", "of",   "what", "it",  "may", "cost" };
    struct rng rng;
    rng_init(&rng, 2, "bench texts");
    for (size_t i = 0; i < TEXTS; i++) {
        struct str text = str_of("");
        for (size_t n = 20 + rng_below(&rng, 41); n > 0; n--)
            text = arena_printf(&b->arena, "%.*s%s ", STR_ARG(text),
                                words[rng_below(&rng, COUNT_OF(words))]);
        texts[i] = text;
    }
}

static int bench_embedder(struct bench *b, const char *dir, enum kind kind, struct err *err)
{
    static const enum embedder_precision precisions[] = { EMBEDDER_FP32, EMBEDDER_BF16,
                                                          EMBEDDER_INT16, EMBEDDER_INT8 };
    struct embedder *e = NULL;
    struct matrix v;
    struct str texts[TEXTS];
    make_texts(b, texts);
    int rc = embedder_open(&e, dir, precisions[kind], NULL, err);
    if (!rc)
        rc = matrix_make(&v, TEXTS, embedder_dims(e), &b->arena, "clio bench", err);
    if (!rc)
        rc = embedder_encode(e, texts, TEXTS / 4,
                             &(struct matrix){ v.data, TEXTS / 4, v.n_cols, v.stride }, err);
    int64_t begin = clock_cpu_us();
    if (!rc)
        rc = embedder_encode(e, texts, TEXTS, &v, err);
    double us = (double)(clock_cpu_us() - begin);
    struct str name =
        arena_printf(&b->arena, "texts to vectors, %.0f texts/s", (double)TEXTS / us * 1e6);
    if (!rc)
        rc = put_row(b, name.ptr, embedder_flop(e, texts, TEXTS) / us / 1e3, kind, err);
    embedder_close(e);
    return rc;
}

static int bench_embedders(struct bench *b, struct err *err)
{
    struct str path;
    struct err missing = { 0 };
    int rc = 0;
    if (model_path_embedder(&b->arena, b->config, &path, &missing))
        return buf_printf(b->out, err, "texts to vectors: left out (%s)\n", missing.text);
    for (enum kind kind = FP32; kind < N_KINDS && !rc; kind++) {
        struct arena_mark start = arena_save(&b->arena);
        if (b->peak[kind] > 0)
            rc = bench_embedder(b, path.ptr, kind, err);
        arena_rewind(&b->arena, start);
    }
    return rc;
}

int bench_machine(const struct config *config, struct buf *out, struct err *err)
{
    struct bench b = { .config = config, .out = out };
    size_t n = (size_t)2048 * 2048;
    b.a = arena_zero_array(&b.arena, ROWS * 2048, sizeof *b.a);
    b.b = arena_array(&b.arena, n, sizeof *b.b);
    b.c = arena_zero_array(&b.arena, ROWS * 2048, sizeof *b.c);
    b.whole_a = arena_zero(&b.arena, ROWS * 2048);
    b.whole_b = arena_alloc(&b.arena, n);
    for (size_t i = 0; i < n; i++) {
        b.whole_b[i] = (int8_t)(i * 37 % 251);
        b.b[i] = (float)b.whole_b[i] / 128;
        if (i < ROWS * 2048) {
            b.whole_a[i] = b.whole_b[i];
            b.a[i] = b.b[i];
        }
    }
    int rc = find_peaks(&b, err);
    if (!rc)
        rc = bench_rounded(&b, err);
    if (!rc)
        rc = bench_embedders(&b, err);
    if (!rc)
        rc = bench_vectors(&b, err);
    arena_release(&b.arena);
    return rc;
}
