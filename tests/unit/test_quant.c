// SPDX-License-Identifier: Apache-2.0
// Products in int8 with rounded rows: the fast kernel gives the bits of the plain one, results are
// near those of float64 as far as eight bits go, a row does not depend on its neighbours, and
// columns that are large everywhere do not cost the others.
#include "unit/check.h"

#include "base/arena.h"
#include "base/rng.h"
#include "vec/gemm.h"
#include "vec/quant.h"

#include <math.h>

static struct arena arena;
static struct rng rng;
static struct err err;

static float *draw(size_t n, float scale)
{
    float *x = arena_array(&arena, n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = scale * (float)rng_normal(&rng);
    return x;
}

static void test_the_bits_of_plain_c(void **state)
{
    static const size_t shapes[][3] = {
        // n, n_out, n_in
        { 1, 1, 4 }, { 7, 48, 384 }, { 9, 49, 32 }, { 64, 384, 1536 }, { 33, 130, 20 },
    };
    (void)state;
    for (size_t s = 0; s < COUNT_OF(shapes); s++) {
        size_t n = shapes[s][0], n_out = shapes[s][1], n_in = shapes[s][2], stride = n_out + 3;
        struct quant_weights *w;
        float *a = draw(n * n_in, 1), *b = draw(n_out * n_in, 0.1F), *bias = draw(n_out, 1);
        float *fast = draw(n * stride, 1), *plain = arena_array(&arena, n * stride, sizeof *plain);
        float *one = draw(n_out, 1);
        void *scratch = arena_alloc(&arena, quant_scratch(n, n_in));
        memcpy(plain, fast, n * stride * sizeof *fast);
        for (size_t j = 0; j < n_in; j++) // rows of one number, of zeros
            a[j] = n > 1 ? 0.25F : a[j], a[(n - 1) * n_in + j] *= n > 2 ? 0 : 1;
        assert_ok(quant_weights_open(&w, b, n_out, n_in, bias, NULL, &err));
        quant_run(w, a, n, fast, stride, scratch);
        quant_plain(w, a, n, plain, stride, scratch);
        assert_memory_equal(fast, plain, n * stride * sizeof *fast); // nothing between the rows
        quant_run(w, a + n / 2 * n_in, 1, one, n_out, scratch);
        assert_memory_equal(one, fast + n / 2 * stride, n_out * sizeof *one);
        quant_weights_close(w);
    }
}

// The relative error over all results.
static double find_error(const float *a, const float *b, const float *bias, size_t n, size_t n_out,
                         size_t n_in, const float *spread)
{
    struct quant_weights *w;
    double wrong = 0, all = 0;
    float *got = draw(n * n_out, 1), *want = draw(n * n_out, 1);
    void *scratch = arena_alloc(&arena, quant_scratch(n, n_in));
    assert_ok(quant_weights_open(&w, b, n_out, n_in, bias, spread, &err));
    quant_run(w, a, n, got, n_out, scratch);
    quant_weights_close(w);
    gemm_plain(a, n, b, n_out, n_in, bias, GEMM_NOTHING, want);
    for (size_t i = 0; i < n * n_out; i++) {
        wrong += pow((double)got[i] - (double)want[i], 2);
        all += pow((double)want[i], 2);
    }
    return sqrt(wrong / all);
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
    float b[15] = { 0 };
    (void)state;
    assert_error(quant_weights_open(&w, b, 3, 5, b, NULL, &err), ERR_DATA);
    assert_non_null(strstr(err.text, "--precision auto"));
    quant_weights_close(NULL);
}

static int open_group(void **state)
{
    (void)state;
    rng_init(&rng, 3, "quant");
    return 0;
}

static int close_group(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bits_of_plain_c),
        cmocka_unit_test(test_near_float64),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, open_group, close_group);
}
