// SPDX-License-Identifier: Apache-2.0
// Products of int8 on tiles: rounding gives the bits of plain C, so do products as floats; both are
// near float64 as far as eight bits go, and a row's bits do not depend on n or on its place.
#include "unit/draw.h"

#include "vec/gemm.h"
#include "vec/round.h"
#include "vec/tile.h"

struct rows {
    int8_t *a;
    struct tile_row *rows;
};

static void *take(size_t size)
{
    char *room = arena_alloc(&arena, size + 64);
    room += (64 - (uintptr_t)room % 64) % 64;
    memset(room, 0xFF, size); // NaN as floats: what stands behind n means nothing
    return room;
}

static float from_bf16(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static struct rows round_rows(const struct tile_rounding *r, const float *x, size_t n, size_t n_in)
{
    size_t room = size_round_up(n, TILE_ROWS);
    struct rows rows = { .a = take(room * n_in), .rows = take(room * sizeof *rows.rows) };
    for (size_t i = 0; i < n; i++)
        rows.rows[i] = tile_round(r, x + i * n_in, n_in, rows.a + tile_place(i, n_in));
    return rows;
}

// Like rows of an encoder: a few columns large everywhere, on one side of zero; told of them.
static struct tile_rounding make_rounding(float *x, size_t n, size_t n_in)
{
    float *middle = take(n_in * sizeof *middle), *inverse = take(n_in * sizeof *inverse);
    for (size_t k = 0; k < n_in; k++) {
        float spread = k % 61 == 7 ? 6 : 1;
        middle[k] = k % 61 == 7 ? -9 : 0.1F;
        inverse[k] = 1 / spread;
        for (size_t i = 0; i < n; i++)
            x[i * n_in + k] = middle[k] + spread * x[i * n_in + k];
    }
    return (struct tile_rounding){ .middle = middle, .inverse = inverse };
}

static void gelu(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = 0.5F * x[i] * (1 + erff(x[i] * 0.70710678F));
}

static const size_t shapes[][3] = {
    // n, n_out, n_in
    { 1, 32, 64 },     { 2, 64, 128 },    { 31, 32, 64 },   { 32, 96, 384 },  { 33, 384, 384 },
    { 64, 1152, 384 }, { 40, 384, 1536 }, { 45, 64, 3072 }, { 512, 32, 128 },
};

static void test_rows_are_those_of_plain_c(void **state)
{
    (void)state;
    if (!tile_can_int8(32, 64))
        skip();
    for (int kind = 0; kind < 4; kind++) // even, GELU's, told of, zeros
        for (size_t n_in = 64; n_in <= 768; n_in += 64) {
            float *x = draw(n_in, kind == 3 ? 0 : 2);
            struct tile_rounding r = { 0 };
            if (kind == 1)
                gelu(x, n_in);
            if (kind == 2)
                r = make_rounding(x, 1, n_in);
            uint16_t *half = take(TILE_ROWS * n_in * sizeof *half);
            int8_t *fast = take(TILE_ROWS * n_in), *plain = take(TILE_ROWS * n_in);
            struct tile_row row = tile_round(&r, x, n_in, fast);
            struct tile_row same = tile_round_plain(&r, x, n_in, plain);
            assert_memory_equal(&row, &same, sizeof row);
            assert_memory_equal(fast, plain, TILE_ROWS * n_in); // nothing between the pieces
            for (size_t k = 0; k < n_in; k++) {
                size_t at = k / TILE_PIECE * TILE_ROWS * TILE_PIECE + k % TILE_PIECE;
                float q = fast[at];
                float back = row.base + q * row.step;
                float want = kind == 2 ? (x[k] - r.middle[k]) * r.inverse[k] : x[k];
                assert_true(fabsf(back - want) <= 0.501F * row.step + 1e-6F);
            }
            if (kind == 2)
                continue;
            round_in_float(x, n_in, x);
            uint16_t *line = take(n_in * sizeof *line);
            round_to_bf16(x, n_in, line);
            for (size_t k = 0; k < n_in; k++)
                half[tile_place_bf16(0, k, n_in)] = line[k];
            same = tile_round_plain(&r, x, n_in, plain);
            row = tile_round_bf16(half, n_in, fast);
            assert_memory_equal(&row, &same, sizeof row);
            assert_memory_equal(fast, plain, TILE_ROWS * n_in);
        }
}

static double check_shape(size_t n, size_t n_out, size_t n_in, int kind)
{
    float *x = draw(n * n_in, 1), *b = draw(n_out * n_in, 0.1F), *bias = draw(n_out, 1);
    size_t room = size_round_up(n, TILE_ROWS);
    struct tile_rounding r = { 0 };
    if (kind == 1)
        gelu(x, n * n_in);
    if (kind == 2)
        r = make_rounding(x, n, n_in);
    struct rows rows = round_rows(&r, x, n, n_in);
    struct tile_weights *w;
    float *got = take(room * n_out * sizeof *got), *plain = take(n * n_out * sizeof *plain);
    float *want = take(n * n_out * sizeof *want);
    uint16_t *half = take(room * n_out * sizeof *half);
    assert_ok(tile_weights_open_int8(&w, b, n_out, n_in, bias, &r, &err));
    tile_run_int8(w, rows.a, rows.rows, n, TILE_FLOATS, got);
    tile_plain_int8(w, rows.a, rows.rows, n, plain);
    assert_memory_equal(got, plain, n * n_out * sizeof *got);
    tile_run_int8(w, rows.a, rows.rows, n, TILE_BF16, half);
    for (size_t i = 0; i < n * n_out; i++)
        assert_true(fabsf(from_bf16(half[i]) - got[i]) <= 0x1p-8F * fabsf(got[i]));
    tile_run_int8(w, rows.a, rows.rows, n, TILE_GELU, half);
    gelu(plain, n * n_out);
    for (size_t i = 0; i < n * n_out; i++)
        assert_true(fabsf(from_bf16(half[tile_place_bf16(i / n_out, i % n_out, n_out)]) -
                          plain[i]) <= 2e-5F + 6e-5F * fabsf(got[i]) + 0x1p-8F * fabsf(plain[i]));
    tile_weights_close(w);
    gemm_plain(x, n, b, n_out, n_in, bias, GEMM_NOTHING, want);
    return error_of(got, want, n * n_out);
}

static void test_products_are_those_of_plain_c(void **state)
{
    (void)state;
    if (!tile_can_int8(32, 64))
        skip();
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        for (int kind = 0; kind < 3; kind++) {
            struct arena_mark start = arena_save(&arena);
            double error = check_shape(shapes[i][0], shapes[i][1], shapes[i][2], kind);
            if (!(error > 0 && error < 0.025))
                fail_msg("shape %zu, kind %d: off by %g", i, kind, error);
            arena_rewind(&arena, start);
        }
}

static void test_a_row_does_not_depend_on_the_others(void **state)
{
    static const size_t counts[] = { 1, 3, 16, 17, 31, 32, 33, 64, 100, 300 };
    size_t n = 512, n_out = 96, n_in = 384;
    (void)state;
    if (!tile_can_int8(32, 64))
        skip();
    struct tile_rounding r = { 0 };
    float *x = draw(n * n_in, 1), *b = draw(n_out * n_in, 1);
    float *whole = take(n * n_out * sizeof *whole), *part = take(n * n_out * sizeof *part);
    struct tile_weights *w;
    struct rows all = round_rows(&r, x, n, n_in);
    assert_ok(tile_weights_open_int8(&w, b, n_out, n_in, b, &r, &err));
    tile_run_int8(w, all.a, all.rows, n, TILE_FLOATS, whole);
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        for (size_t first = 0; first + counts[i] <= n; first += 37) {
            struct rows some = round_rows(&r, x + first * n_in, counts[i], n_in);
            tile_run_int8(w, some.a, some.rows, counts[i], TILE_FLOATS, part);
            assert_memory_equal(part, whole + first * n_out, counts[i] * n_out * sizeof *part);
        }
    tile_weights_close(w);
}

// Rows and weights at their ends in the longest row that is allowed: no sum leaves int32.
static void test_ends(void **state)
{
    size_t n_in = 32768, n_out = 32;
    (void)state;
    if (!tile_can_int8(32, 64))
        skip();
    for (int kind = 0; kind < 4; kind++) {
        struct arena_mark start = arena_save(&arena);
        struct tile_rounding r = { 0 };
        float *x = draw(n_in, 0), *b = draw(n_out * n_in, 0), *bias = draw(n_out, 0);
        float got[TILE_ROWS * TILE_ROWS], plain[TILE_ROWS];
        struct tile_weights *w;
        for (size_t k = 0; k < n_in; k++)
            x[k] = kind % 2 ? 100 : k ? 100 : -100;
        for (size_t k = 0; k < n_in * n_out; k++)
            b[k] = kind < 2 ? 1 : -1;
        struct rows rows = round_rows(&r, x, 1, n_in);
        assert_ok(tile_weights_open_int8(&w, b, n_out, n_in, bias, &r, &err));
        tile_run_int8(w, rows.a, rows.rows, 1, TILE_FLOATS, got);
        tile_plain_int8(w, rows.a, rows.rows, 1, plain);
        assert_memory_equal(got, plain, n_out * sizeof *got);
        for (size_t j = 0; j < n_out; j++)
            assert_true(fabsf(got[j] / (100.0F * (float)n_in * b[0]) - 1) < 1e-3F);
        tile_weights_close(w);
        arena_rewind(&arena, start);
    }
}

static void test_sizes_that_do_not_fit(void **state)
{
    (void)state;
    assert_false(tile_can_int8(32, 32));
    assert_false(tile_can_int8(16, 64));
    assert_false(tile_can_int8(32, 96));
    assert_false(tile_can_int8(32, 32768 + 64));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_those_of_plain_c),
        cmocka_unit_test(test_products_are_those_of_plain_c),
        cmocka_unit_test(test_a_row_does_not_depend_on_the_others),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_sizes_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, open_draw, close_draw);
}
