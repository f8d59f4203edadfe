// SPDX-License-Identifier: Apache-2.0
// Products in int16 with rounded rows: the fast kernel gives the bits of the plain one, results are
// near those of float64, of vectors of texts too, the largest sums that weights allow do not
// overflow, and a row does not depend on its neighbours.
#include "unit/draw.h"

#include "vec/gemm.h"
#include "vec/quant16.h"

// Runs A of n rows beside plain C, all bits; C is followed by what must stay as it is.
static float *run(const float *a, size_t n, const float *b, size_t n_out, size_t n_in,
                  const float *bias)
{
    struct quant16_weights *w;
    size_t n_behind = 40;
    float *fast = draw(n * n_out + n_behind, 1), *plain = draw(n * n_out, 1);
    float *behind = arena_array(&arena, n_behind, sizeof *behind);
    float *one = draw(n_out, 1);
    void *scratch = arena_alloc(&arena, quant16_scratch(n, n_in));
    memcpy(behind, fast + n * n_out, n_behind * sizeof *behind);
    assert_ok(quant16_weights_open(&w, b, n_out, n_in, bias, &err));
    quant16_run(w, a, n, fast, scratch);
    quant16_plain(w, a, n, plain, scratch);
    assert_memory_equal(fast, plain, n * n_out * sizeof *fast);
    assert_memory_equal(fast + n * n_out, behind, n_behind * sizeof *behind);
    quant16_run(w, a + n / 2 * n_in, 1, one, scratch);
    assert_memory_equal(one, fast + n / 2 * n_out, n_out * sizeof *one);
    quant16_weights_close(w);
    return fast;
}

static void test_the_bits_of_plain_c(void **state)
{
    static const size_t shapes[][3] = {
        // n, n_out, n_in
        { 1, 1, 1 },  { 2, 3, 7 },       { 7, 48, 384 },  { 9, 49, 33 },
        { 5, 20, 6 }, { 64, 384, 1536 }, { 33, 130, 21 }, { 70, 56, 40 },
    };
    (void)state;
    for (size_t s = 0; s < COUNT_OF(shapes); s++)
        draw_awkward(run, shapes[s][0], shapes[s][1], shapes[s][2]);
}

static void test_near_float64(void **state)
{
    size_t n = 40, n_out = 96, n_in = 384;
    (void)state;
    float *a = draw(n * n_in, 1), *b = draw(n_out * n_in, 0.05F), *bias = draw(n_out, 0.1F);
    for (size_t i = 0; i < n; i++) // as in BERT
        a[i * n_in + 7] *= 20;
    float *got = run(a, n, b, n_out, n_in, bias), *want = draw(n * n_out, 1);
    gemm_plain(a, n, b, n_out, n_in, bias, GEMM_NOTHING, want);
    double error = error_of(got, want, n * n_out);
    assert_true(error > 0 && error < 1.5e-3);
}

static void test_real_rows(void **state)
{
    (void)state;
    draw_real(run, 0, 1.2e-4F);
}

// All numbers as large as the largest, with one sign and with two. The wider, the fewer steps a
// weight has, so that no sum overflows: a wrong one would be off by more than itself.
static void test_the_largest_sums(void **state)
{
    static const size_t widths[] = { 1, 2, 16, 17, 1536, 32767, 32768 };
    (void)state;
    for (size_t s = 0; s < COUNT_OF(widths); s++) {
        size_t n = 2, n_out = 3, d = widths[s];
        float *a = draw(n * d, 1), *b = draw(n_out * d, 1), bias[3] = { 0 };
        for (size_t j = 0; j < d; j++) {
            a[j] = 3;
            a[d + j] = j % 2 ? -3 : 3;
            b[j] = 0.7F;
            b[d + j] = -0.7F;
            b[2 * d + j] = j % 2 ? -0.7F : 0.7F;
        }
        float *c = run(a, n, b, n_out, d, bias);
        double most = 2.1 * (double)d, off = most * (1e-3 + 1e-6 * (double)d);
        assert_true(fabs((double)c[0] - most) < off);
        assert_true(fabs((double)c[1] + most) < off);
        assert_true(fabs((double)c[5] - most) < off);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bits_of_plain_c),
        cmocka_unit_test(test_near_float64),
        cmocka_unit_test(test_real_rows),
        cmocka_unit_test(test_the_largest_sums),
    };
    return cmocka_run_group_tests(tests, open_draw, close_draw);
}
