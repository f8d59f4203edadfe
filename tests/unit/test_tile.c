// SPDX-License-Identifier: Apache-2.0
// tile.c against the oracle on rows that are rounded beforehand; a row's bits must not depend on n
// or on its place.
#include "base/rng.h"
#include "vec/gemm.h"
#include "vec/round.h"
#include "vec/tile.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// n numbers of -1 … 1 that bf16 has; in bf16 too.
static float *random_floats(size_t n, const char *stream, uint16_t *rounded)
{
    struct rng rng;
    float *x = malloc(n * sizeof *x);
    assert_non_null(x);
    rng_init(&rng, 7, stream);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(rng_unit(&rng) * 2 - 1);
    round_in_float(x, n, x);
    if (rounded)
        round_to_bf16(x, n, rounded);
    return x;
}

static float from_bf16(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static struct tile_weights *open_weights(const float *b, size_t n_out, size_t n_in,
                                         const float *bias)
{
    struct err err = { 0 };
    struct tile_weights *w;
    assert_int_equal(tile_weights_open(&w, b, n_out, n_in, bias, &err), 0);
    return w;
}

static void *take(size_t size)
{
    void *room = aligned_alloc(64, size_round_up(size, 64));
    assert_non_null(room);
    memset(room, 0xFF, size); // NaN, in bf16 too: what stands behind n means nothing
    return room;
}

// Rows of n_in numbers, in pieces.
static uint16_t *in_pieces(const uint16_t *rows, size_t n, size_t n_in)
{
    uint16_t *a = take(size_round_up(n, TILE_ROWS) * n_in * sizeof *a);
    for (size_t i = 0; i < n * n_in; i++)
        a[tile_place_bf16(i / n_in, i % n_in, n_in)] = rows[i];
    return a;
}

static void check_shape(size_t n, size_t n_out, size_t n_in, enum tile_after after)
{
    size_t rows = size_round_up(n, TILE_ROWS);
    uint16_t *a16 = take(rows * n_in * sizeof *a16);
    float *a = random_floats(n * n_in, "a", a16), *b = random_floats(n_out * n_in, "b", NULL);
    uint16_t *pieces = in_pieces(a16, n, n_in);
    float *bias = random_floats(n_out, "bias", NULL), *want = calloc(n * n_out, sizeof *want);
    float *before = calloc(n * n_out, sizeof *before);
    void *c = take(rows * n_out * sizeof(float));
    struct tile_weights *w = open_weights(b, n_out, n_in, bias);
    tile_run(w, pieces, n, after, c);
    gemm_plain(a, n, b, n_out, n_in, bias, after == TILE_GELU ? GEMM_GELU_ERF : GEMM_NOTHING, want);
    gemm_plain(a, n, b, n_out, n_in, bias, GEMM_NOTHING, before);
    double sums = 0x1p-23 * (double)(n_in + 4) * (double)(n_in + 1) / 3; // mean product: 1 / 4
    for (size_t i = 0; i < n * n_out; i++) {
        bool whole = after == TILE_FLOATS;
        size_t place = after == TILE_GELU ? tile_place_bf16(i / n_out, i % n_out, n_out) : i;
        float got = whole ? ((float *)c)[i] : from_bf16(((uint16_t *)c)[place]);
        double off = sums + 2e-5 + (whole ? 0 : fabs((double)want[i]) * 0x1p-8);
        if (after == TILE_GELU)
            off += 5.5e-5 * fabs((double)before[i]);
        if (!(fabs((double)got - (double)want[i]) <= off))
            fail_msg("%zu x %zu x %zu after %d: [%zu] %g instead of %g", n, n_out, n_in, (int)after,
                     i, (double)got, (double)want[i]);
    }
    tile_weights_close(w);
    free(pieces);
    free(a16);
    free(a);
    free(b);
    free(bias);
    free(want);
    free(before);
    free(c);
}

static void test_agrees_with_the_oracle(void **state)
{
    static const size_t shapes[][3] = { { 1, 32, 32 },      { 2, 64, 32 },    { 31, 32, 64 },
                                        { 32, 96, 384 },    { 33, 384, 384 }, { 64, 1152, 384 },
                                        { 100, 384, 1536 }, { 257, 64, 1024 } };
    (void)state;
    if (!tile_can(32, 32))
        skip();
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        for (enum tile_after after = TILE_FLOATS; after <= TILE_GELU; after++)
            check_shape(shapes[i][0], shapes[i][1], shapes[i][2], after);
}

static void test_a_row_does_not_depend_on_the_others(void **state)
{
    static const size_t counts[] = { 1, 3, 16, 17, 31, 32, 33, 64, 100, 300 };
    size_t n = 512, n_out = 96, n_in = 384;
    (void)state;
    if (!tile_can(32, 32))
        skip();
    uint16_t *a16 = take((n + TILE_ROWS) * n_in * sizeof *a16);
    float *a = random_floats(n * n_in, "a", a16), *b = random_floats(n_out * n_in, "b", NULL);
    float *whole = take(n * n_out * sizeof *whole), *part = take(n * n_out * sizeof *part);
    struct tile_weights *w = open_weights(b, n_out, n_in, b);
    uint16_t *pieces = in_pieces(a16, n, n_in);
    tile_run(w, pieces, n, TILE_FLOATS, whole);
    free(pieces);
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        for (size_t first = 0; first + counts[i] <= n; first += 37) {
            uint16_t *some = in_pieces(a16 + first * n_in, counts[i], n_in);
            tile_run(w, some, counts[i], TILE_FLOATS, part);
            free(some);
            assert_memory_equal(part, whole + first * n_out, counts[i] * n_out * sizeof *part);
        }
    tile_weights_close(w);
    free(a16);
    free(a);
    free(b);
    free(whole);
    free(part);
}

static void test_sizes_that_do_not_fit(void **state)
{
    (void)state;
    assert_false(tile_can(16, 32));
    assert_false(tile_can(32, 48));
    assert_false(tile_can(0, 32));
    tile_weights_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_the_oracle),
        cmocka_unit_test(test_a_row_does_not_depend_on_the_others),
        cmocka_unit_test(test_sizes_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
