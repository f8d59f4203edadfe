// SPDX-License-Identifier: Apache-2.0
// Products in int8 with rounded rows: the fast kernel gives the bits of the plain one, results are
// near those of float64 as far as eight bits go, of vectors of texts too, the largest sums do not
// overflow, a row does not depend on its neighbours, and columns that are large everywhere do not
// cost the others.
#include "unit/draw.h"

#include "vec/gemm.h"
#include "vec/quant.h"

#define GAP ((size_t)3) // behind each row of C

// Runs A of n rows beside plain C, all bits; C's rows have a gap that must stay as it is.
static float *run(const float *a, size_t n, const float *b, size_t n_out, size_t n_in,
                  const float *bias)
{
    struct quant_weights *w;
    size_t stride = n_out + GAP;
    float *fast = draw(n * stride, 1), *plain = arena_array(&arena, n * stride, sizeof *plain);
    float *one = draw(n_out, 1);
    void *scratch = arena_alloc(&arena, quant_scratch(n, n_in));
    memcpy(plain, fast, n * stride * sizeof *fast);
    assert_ok(quant_weights_open(&w, b, n_out, n_in, bias, NULL, &err));
    quant_run(w, a, n, fast, stride, scratch);
    quant_plain(w, a, n, plain, stride, scratch);
    assert_memory_equal(fast, plain, n * stride * sizeof *fast);
    quant_run(w, a + n / 2 * n_in, 1, one, n_out, scratch);
    assert_memory_equal(one, fast + n / 2 * stride, n_out * sizeof *one);
    quant_weights_close(w);
    return fast;
}

static void test_the_bits_of_plain_c(void **state)
{
    static const size_t shapes[][3] = {
        // n, n_out, n_in
        { 1, 1, 4 },       { 7, 48, 384 },  { 9, 49, 32 }, { 8, 47, 12 },
        { 64, 384, 1536 }, { 33, 130, 20 }, { 2, 97, 68 },
    };
    (void)state;
    for (size_t s = 0; s < COUNT_OF(shapes); s++)
        draw_awkward(run, shapes[s][0], shapes[s][1], shapes[s][2]);
}

static void test_real_rows(void **state)
{
    (void)state;
    draw_real(run, GAP, 0.004F);
}

// Rows and weights at their ends in the longest row that is allowed: no sum leaves int32.
static void test_the_largest_sums(void **state)
{
    size_t d = 32768;
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        float *a = draw(d, 0), *b = draw(2 * d, 0), bias[2] = { 0 };
        for (size_t j = 0; j < d; j++) {
            a[j] = j ? 3 : -3;
            a[j] *= kind % 2 ? -1 : 1;
            b[j] = kind < 2 ? 0.7F : -0.7F;
            b[d + j] = j % 2 ? b[j] : -b[j];
        }
        float *c = run(a, 1, b, 2, d, bias);
        double most = (double)a[1] * (double)b[0] * (double)(d - 2);
        assert_true(fabs((double)c[0] / most - 1) < 1e-3);
        assert_true(fabs((double)c[1]) < 1e-3 * fabs(most)); // one by one they end each other
    }
}

// The relative error over all results.
static double find_error(const float *a, const float *b, const float *bias, size_t n, size_t n_out,
                         size_t n_in, const float *spread)
{
    struct quant_weights *w;
    float *got = draw(n * n_out, 1), *want = draw(n * n_out, 1);
    void *scratch = arena_alloc(&arena, quant_scratch(n, n_in));
    assert_ok(quant_weights_open(&w, b, n_out, n_in, bias, spread, &err));
    quant_run(w, a, n, got, n_out, scratch);
    quant_weights_close(w);
    gemm_plain(a, n, b, n_out, n_in, bias, GEMM_NOTHING, want);
    return error_of(got, want, n * n_out);
}

static void test_near_float64(void **state)
{
    size_t n = 40, n_out = 96, n_in = 384;
    (void)state;
    float *a = draw(n * n_in, 1), *b = draw(n_out * n_in, 0.05F), *bias = draw(n_out, 0.1F);
    double error = find_error(a, b, bias, n, n_out, n_in, NULL);
    assert_true(error > 0 && error < 0.015);
    // A few columns of A twenty times as large, as in BERT: told so, the product stays as good.
    float *spread = arena_array(&arena, n_in, sizeof *spread);
    for (size_t j = 0; j < n_in; j++) {
        spread[j] = j % 100 == 7 ? 20 : 1;
        for (size_t i = 0; i < n; i++)
            a[i * n_in + j] *= spread[j];
        for (size_t i = 0; i < n_out; i++)
            b[i * n_in + j] /= spread[j];
    }
    double blind = find_error(a, b, bias, n, n_out, n_in, NULL);
    double told = find_error(a, b, bias, n, n_out, n_in, spread);
    assert_true(told < 0.025 && blind > 2 * told);
}

static void test_refusals(void **state)
{
    struct quant_weights *w;
    static const size_t widths[] = { 0, 5, 32772 };
    float b[15] = { 0 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(widths); i++) {
        assert_error(quant_weights_open(&w, b, 3, widths[i], b, NULL, &err), ERR_DATA);
        assert_non_null(strstr(err.text, "--precision auto"));
    }
    quant_weights_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bits_of_plain_c),
        cmocka_unit_test(test_real_rows),
        cmocka_unit_test(test_the_largest_sums),
        cmocka_unit_test(test_near_float64),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, open_draw, close_draw);
}
