// SPDX-License-Identifier: Apache-2.0
// Vectors: kernels against the plain ones, whole models against recorded reference vectors
// (tests/quality/record_embed.py), and the promise that neighbours and threads change no bit.
#include "base/crypto.h"
#include "base/rng.h"
#include "embed/embedder.h"
#include "embed/kernel.h"
#include "embed/kernel_tiles.h"
#include "real_rows.h"
#include "vec/round.h"
#include "vec/tile.h"

static struct arena arena;

// kernels ----------------------------------------------------------------------------------------

static float *random_floats(struct rng *rng, size_t n, float scale)
{
    float *x = arena_array(&arena, n + 1, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(rng_unit(rng) - 0.5) * scale;
    return x;
}

static float farthest(const float *a, const float *b, size_t n)
{
    float most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmaxf(most, isnan(a[i]) ? INFINITY : fabsf(a[i] - b[i]));
    return most;
}

// How like tokens are: as they come; all the same; so that one outweighs all others.
enum likeness { RANDOM, ALIKE, FAR, N_LIKENESSES };

static void compare_attention(const struct kernel *kernel, struct rng *rng, size_t n, size_t width,
                              bool biased, enum likeness likeness)
{
    size_t heads = 3, dims = heads * width, max = n + 5;
    float scale = likeness == FAR ? 60.0F : 0.7F;
    struct attention a = { .n = n,
                           .dims = dims,
                           .n_heads = heads,
                           .scale = scale,
                           .bias_stride = 2 * max - 1,
                           .bias_zero = max - 1 };
    float *expected = arena_array(&arena, n * dims, sizeof *expected);
    float *got = arena_array(&arena, n * dims, sizeof *got);
    float *qkv = random_floats(rng, n * 3 * dims, 4);
    for (size_t i = 1; i < n && likeness == ALIKE; i++)
        memcpy(qkv + i * 3 * dims, qkv, 3 * dims * sizeof *qkv);
    a.qkv = qkv;
    a.bias = biased ? random_floats(rng, heads * a.bias_stride + KERNEL_BEHIND, 6) : NULL;
    a.scratch = arena_array(&arena, kernel_attention_scratch(n, width), sizeof *a.scratch);
    a.out = expected;
    kernel_plain.attend(&a);
    a.out = got;
    kernel->attend(&a);
    // Scores of hundreds are off by their last digits, and so are their exponentials.
    assert_true(farthest(got, expected, n * dims) < (likeness == FAR ? 5e-4F : 2e-5F));
}

// The first row is one number all along.
static void compare_add_norm(const struct kernel *kernel, struct rng *rng, size_t n, size_t dims)
{
    float *x = random_floats(rng, n * dims, 3), *y = random_floats(rng, n * dims, 3);
    for (size_t d = 0; d < dims; d++)
        x[d] = y[d] = 0.5F;
    float *gain = random_floats(rng, dims, 2), *bias = random_floats(rng, dims, 2);
    float *copy = arena_array(&arena, n * dims, sizeof *copy);
    memcpy(copy, x, n * dims * sizeof *copy);
    kernel_plain.add_norm(x, y, n, dims, gain, bias, 1e-6F);
    kernel->add_norm(copy, y, n, dims, gain, bias, 1e-6F);
    assert_true(farthest(copy, x, n * dims) < 2e-5F);
    kernel_plain.add_norm(x, NULL, n, dims, gain, bias, 1e-6F);
    kernel->add_norm(copy, NULL, n, dims, gain, bias, 1e-6F);
    assert_true(farthest(copy, x, n * dims) < 5e-5F);
}

static void compare_gelu(const struct kernel *kernel)
{
    float x[4096], want[4096];
    for (size_t i = 0; i < COUNT_OF(x); i++)
        x[i] = want[i] = ((float)i - 2048) / 200;
    kernel_plain.gelu(want, COUNT_OF(x));
    kernel->gelu(x, COUNT_OF(x));
    for (size_t i = 0; i < COUNT_OF(x); i++) {
        float from = fabsf(((float)i - 2048) / 200);
        assert_true(fabsf(x[i] - want[i]) < (from < 3.9F ? 2e-5F : 5.5e-5F * from));
    }
}

static void compare_gelu_at_its_ends(const struct kernel *kernel)
{
    static const float from[16] = { 0,   -0.0F, 3.9F,   -3.9F,   3.9001F, -3.9001F,
                                    5,   -5,    1e-38F, -1e-38F, 1e-45F,  0x1p-9F,
                                    100, -100,  1e30F,  -1e30F };
    float x[COUNT_OF(from)], want[COUNT_OF(from)];
    memcpy(x, from, sizeof x);
    memcpy(want, from, sizeof want);
    kernel_plain.gelu(want, COUNT_OF(want));
    kernel->gelu(x, COUNT_OF(x));
    for (size_t i = 0; i < COUNT_OF(x); i++)
        assert_true(fabsf(x[i] - want[i]) <= 2e-5F + 5.5e-5F * fabsf(from[i]));
}

static void compare_kernel(const struct kernel *kernel)
{
    static const size_t lengths[] = { 1,  2,  3,  4,  5,  7,   8,   9,   15,  16,  17, 31,
                                      33, 46, 63, 64, 65, 100, 127, 129, 256, 511, 512 };
    static const size_t widths[] = { 8, 16, 24, 32, 48, 64, 80 };
    struct rng rng;
    rng_init(&rng, 7, "kernels");
    compare_gelu(kernel);
    compare_gelu_at_its_ends(kernel);
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        for (size_t j = 0; j < COUNT_OF(widths); j++) {
            struct arena_mark start = arena_save(&arena);
            if (widths[j] % kernel->lanes)
                continue;
            for (enum likeness likeness = RANDOM; likeness < N_LIKENESSES; likeness++)
                if (likeness == RANDOM || lengths[i] < 70)
                    compare_attention(kernel, &rng, lengths[i], widths[j], (i + j) % 2, likeness);
            compare_add_norm(kernel, &rng, size_min(lengths[i], 9), widths[j] * 3);
            arena_rewind(&arena, start);
        }
}

static void test_avx512(void **state)
{
    (void)state;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512dq"))
        skip();
    compare_kernel(&kernel_avx512);
}

static void test_avx2(void **state)
{
    (void)state;
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        skip();
    compare_kernel(&kernel_avx2);
}

// Numbers that bf16 has, as floats and as such; 16 rows of NaN behind them.
static uint16_t *random_bf16(struct rng *rng, size_t n, size_t behind, float **floats)
{
    uint16_t *x = arena_array(&arena, n + behind, sizeof *x);
    *floats = random_floats(rng, n, 4);
    round_in_float(*floats, n, *floats);
    round_to_bf16(*floats, n, x);
    memset(x + n, 0xFF, behind * sizeof *x);
    return x;
}

// Of n rows from `first` on, `got` in pieces.
static float farthest_bf16(const uint16_t *got, const float *want, size_t first, size_t n,
                           size_t dims)
{
    float most = 0;
    for (size_t i = 0; i < n * dims; i++) {
        uint32_t bits = (uint32_t)got[tile_place_bf16(first + i / dims, i % dims, dims)] << 16;
        float value;
        memcpy(&value, &bits, sizeof value);
        most = fmaxf(most, isnan(value) ? INFINITY : fabsf(value - want[i]));
    }
    return most;
}

// Weights and what they give are rounded to 8 bits; values are below 2.
static void compare_tile_attention(struct rng *rng, size_t n, size_t width, bool biased)
{
    size_t heads = 3, dims = heads * width, max = n + 5;
    float *qkv, *expected = arena_array(&arena, n * dims, sizeof *expected);
    uint16_t *rounded = random_bf16(rng, n * 3 * dims, 16 * 3 * dims, &qkv);
    size_t first = n % 7;
    uint16_t *got = arena_array(&arena, (n + first + 32) * dims, sizeof *got);
    const float *bias = biased ? random_floats(rng, heads * (2 * max - 1), 6) : NULL;
    struct attention plain = { .n = n,
                               .dims = dims,
                               .n_heads = heads,
                               .scale = 0.7F,
                               .qkv = qkv,
                               .bias = bias,
                               .bias_stride = 2 * max - 1,
                               .bias_zero = max - 1,
                               .out = expected };
    struct tile_attention tiled = { .n = n,
                                    .dims = dims,
                                    .n_heads = heads,
                                    .scale = 0.7F,
                                    .qkv = rounded,
                                    .bias = bias,
                                    .bias_stride = 2 * max - 1,
                                    .bias_zero = max - 1,
                                    .out = got,
                                    .first = first };
    tiled.scratch = arena_alloc(&arena, kernel_tiles_scratch(n, width));
    plain.scratch = arena_array(&arena, kernel_attention_scratch(n, width), sizeof *plain.scratch);
    kernel_plain.attend(&plain);
    kernel_tiles_attend(&tiled);
    assert_true(farthest_bf16(got, expected, first, n, dims) < 0.02F);
}

static void compare_tile_norm(struct rng *rng, size_t n, size_t dims)
{
    float *x = random_floats(rng, n * dims, 3), *y = random_floats(rng, n * dims, 3);
    float *gain = random_floats(rng, dims, 2), *bias = random_floats(rng, dims, 2);
    float *copy = arena_array(&arena, n * dims, sizeof *copy);
    uint16_t *rounded = arena_array(&arena, (n + 32) * dims, sizeof *rounded);
    memcpy(copy, x, n * dims * sizeof *copy);
    for (int i = 0; i < 2; i++) {
        kernel_plain.add_norm(x, i ? NULL : y, n, dims, gain, bias, 1e-6F);
        kernel_tiles_add_norm(copy, i ? NULL : y, n, dims, gain, bias, 1e-6F, rounded);
        assert_true(farthest(copy, x, n * dims) < 5e-5F);
        assert_true(farthest_bf16(rounded, x, 0, n, dims) < 0.02F);
    }
}

static void test_tiles(void **state)
{
    static const size_t lengths[] = { 1, 2, 15, 16, 17, 31, 32, 33, 46, 48, 49, 64, 100, 512 };
    static const size_t widths[] = { 32, 64, 96, 128 };
    struct rng rng;
    (void)state;
    assert_false(kernel_tiles_can(24, 1));
    if (!kernel_tiles_can(32, 1))
        skip();
    rng_init(&rng, 7, "tiles");
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        for (size_t j = 0; j < COUNT_OF(widths); j++) {
            struct arena_mark start = arena_save(&arena);
            compare_tile_attention(&rng, lengths[i], widths[j], (i + j) % 2);
            compare_tile_norm(&rng, size_min(lengths[i], 9), widths[j] * 3);
            arena_rewind(&arena, start);
        }
}

// models -----------------------------------------------------------------------------------------

static struct str *texts;
static size_t n_texts;

static struct matrix encode(const char *dir, enum embedder_precision precision, size_t n_threads,
                            const struct str *from, size_t n)
{
    struct embedder *e = NULL;
    struct pool *pool = NULL;
    struct err err = { 0 };
    struct matrix out;
    int rc = pool_open(&pool, n_threads, &err);
    if (!rc)
        rc = embedder_open(&e, dir, precision, pool, &err);
    if (!rc)
        rc = matrix_make(&out, n, embedder_dims(e), &arena, "test", &err);
    if (!rc)
        rc = embedder_encode(e, from, n, &out, &err);
    if (rc)
        print_error("%s\n", err.text);
    assert_int_equal(rc, 0);
    embedder_close(e);
    pool_close(pool);
    return out;
}

static void compare_model(const char *dir, const char *recorded, enum embedder_precision precision,
                          double floor)
{
    struct matrix v = encode(dir, precision, 2, texts, n_texts);
    const float *reference = recorded_floats(&arena, recorded, n_texts * v.n_cols);
    double least = 1;
    for (size_t i = 0; i < n_texts; i++) {
        double product = 0, own = 0, square = 0;
        for (size_t d = 0; d < v.n_cols; d++) {
            double x = (double)matrix_row(&v, i)[d], y = (double)reference[i * v.n_cols + d];
            product += x * y;
            own += x * x;
            square += y * y;
        }
        assert_true(fabs(own - 1) < 1e-5);
        least = fmin(least, product / sqrt(own * square));
    }
    print_message("%s: least cosine to the reference %.7f\n", recorded, least);
    assert_true(least >= floor);
}

static void test_tiny_models(void **state)
{
    (void)state;
    compare_model(DATA_DIR "tiny-bert", "tiny-bert.f32", EMBEDDER_FP32, 0.999999);
    compare_model(DATA_DIR "tiny-mpnet", "tiny-mpnet.f32", EMBEDDER_FP32, 0.999999);
    compare_model(DATA_DIR "tiny-bert", "tiny-bert.f32", EMBEDDER_BF16, 0.99);
    compare_model(DATA_DIR "tiny-mpnet", "tiny-mpnet.f32", EMBEDDER_BF16, 0.99);
    compare_model(DATA_DIR "tiny-bert", "tiny-bert.f32", EMBEDDER_INT16, 0.9999);
    compare_model(DATA_DIR "tiny-mpnet", "tiny-mpnet.f32", EMBEDDER_INT16, 0.9999);
    compare_model(DATA_DIR "tiny-bert", "tiny-bert.f32", EMBEDDER_INT8, 0.98);
    compare_model(DATA_DIR "tiny-mpnet", "tiny-mpnet.f32", EMBEDDER_INT8, 0.98);
}

static void test_minilm(void **state)
{
    const char *dir = installed_model(&arena, false);
    (void)state;
    if (!dir)
        skip();
    compare_model(dir, "embed_minilm.f16", EMBEDDER_FP32, 0.9999);
    compare_model(dir, "embed_minilm.f16", EMBEDDER_BF16, 0.999);
    compare_model(dir, "embed_minilm.f16", EMBEDDER_INT16, 0.9999);
    compare_model(dir, "embed_minilm.f16", EMBEDDER_INT8, 0.99);
}

static void test_mpnet(void **state)
{
    const char *dir = installed_model(&arena, true);
    (void)state;
    if (!dir)
        skip();
    compare_model(dir, "embed_mpnet.f16", EMBEDDER_FP32, 0.9999);
    compare_model(dir, "embed_mpnet.f16", EMBEDDER_BF16, 0.999);
    compare_model(dir, "embed_mpnet.f16", EMBEDDER_INT16, 0.9999);
    compare_model(dir, "embed_mpnet.f16", EMBEDDER_INT8, 0.98);
}

static void assert_same_rows(const struct matrix *a, size_t i, const struct matrix *b, size_t j)
{
    assert_memory_equal(matrix_row(a, i), matrix_row(b, j), a->n_cols * sizeof(float));
}

static void check_invariance(const char *dir, enum embedder_precision precision, size_t n)
{
    struct arena_mark start = arena_save(&arena);
    struct str *shuffled = arena_array(&arena, 3 * n, sizeof *shuffled);
    for (size_t i = 0; i < 3 * n; i++)
        shuffled[i] = texts[i * 7 % n_texts % n];
    struct matrix all = encode(dir, precision, 1, texts, n);
    struct matrix other = encode(dir, precision, 3, shuffled, 3 * n);
    for (size_t i = 0; i < 3 * n; i++)
        assert_same_rows(&other, i, &all, i * 7 % n_texts % n);
    for (size_t i = 0; i < n; i += 5) {
        struct matrix one = encode(dir, precision, 1, &texts[i], 1);
        assert_same_rows(&one, 0, &all, i);
    }
    arena_rewind(&arena, start);
}

static void test_neighbours_change_nothing(void **state)
{
    const char *dir = installed_model(&arena, false);
    (void)state;
    check_invariance(DATA_DIR "tiny-bert", EMBEDDER_FP32, n_texts);
    check_invariance(DATA_DIR "tiny-bert", EMBEDDER_BF16, n_texts);
    check_invariance(DATA_DIR "tiny-mpnet", EMBEDDER_BF16, n_texts);
    check_invariance(DATA_DIR "tiny-bert", EMBEDDER_INT16, n_texts);
    check_invariance(DATA_DIR "tiny-bert", EMBEDDER_INT8, n_texts);
    if (!dir)
        skip();
    check_invariance(dir, EMBEDDER_FP32, 20);
    check_invariance(dir, EMBEDDER_BF16, n_texts);
    check_invariance(dir, EMBEDDER_INT16, n_texts);
    check_invariance(dir, EMBEDDER_INT8, n_texts);
    dir = installed_model(&arena, true);
    if (dir)
        check_invariance(dir, EMBEDDER_INT8, 12);
}

static void refuse(const char *weights, const char *vocab, const char *sentence)
{
    char dir[] = P_tmpdir "/clio-encoder-XXXXXX", command[512];
    struct embedder *e = NULL;
    struct err err = { 0 };
    assert_non_null(mkdtemp(dir));
    snprintf(command, sizeof command,
             "cp " DATA_DIR "%s/* %s && cp " DATA_DIR "%s/vocab.txt %s", weights, dir,
             vocab, dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(embedder_open(&e, dir, EMBEDDER_FP32, NULL, &err), ERR_DATA);
    assert_non_null(strstr(err.text, sentence));
    snprintf(command, sizeof command, "rm -r %s", dir);
    assert_int_equal(system(command), 0);
}

static void test_refusals(void **state)
{
    struct embedder *e = NULL;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(embedder_open(&e, DATA_DIR "none", EMBEDDER_FP32, NULL, &err), ERR_NO_INPUT);
    assert_non_null(strstr(err.text, "none/model.safetensors"));
    refuse("tiny-bert", "tiny-mpnet", "does not belong");
    refuse("tiny-mpnet", "tiny-bert", "does not belong");
}

static int read_texts(void **state)
{
    struct json *root = read_test_json(&arena, "embed_texts.json");
    struct err err = { 0 };
    (void)state;
    n_texts = json_length(root);
    texts = arena_array(&arena, n_texts, sizeof *texts);
    for (size_t i = 0; i < n_texts; i++)
        texts[i] = arena_str(&arena, json_str(json_element(root, i)));
    json_close(root);
    return n_texts == 50 ? crypto_start(&err) : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_avx512),
        cmocka_unit_test(test_avx2),
        cmocka_unit_test(test_tiles),
        cmocka_unit_test(test_tiny_models),
        cmocka_unit_test(test_minilm),
        cmocka_unit_test(test_mpnet),
        cmocka_unit_test(test_neighbours_change_nothing),
        cmocka_unit_test(test_refusals),
    };
    int rc = cmocka_run_group_tests(tests, read_texts, NULL);
    arena_release(&arena);
    return rc;
}
