// SPDX-License-Identifier: Apache-2.0
// gemm.c against the oracle on random and awkward shapes; a row's bits must not depend on n, on
// its place or on its neighbours, whatever stands there; several threads may use one weights
// object.
#include "base/pool.h"
#include "base/rng.h"
#include "vec/gemm.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static float *random_floats(size_t n, const char *stream)
{
    struct rng rng;
    float *x = malloc(n * sizeof *x);
    assert_non_null(x);
    rng_init(&rng, 7, stream);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(rng_unit(&rng) * 2 - 1);
    return x;
}

static void make_absolute(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = fabsf(x[i]);
}

// Weights opened like others of these sizes give the same bits.
static void check_like(const float *a, size_t n, const float *b, size_t n_out, size_t n_in,
                       const float *bias, enum gemm_type type, enum gemm_after after,
                       const float *want)
{
    struct err err;
    struct gemm_weights *other, *w;
    float *of_other = random_floats(n_out * n_in, "other"), *c = calloc(n * n_out, sizeof *c);
    assert_int_equal(gemm_weights_open(&other, of_other, n_out, n_in, bias, type, after, &err), 0);
    assert_int_equal(gemm_weights_open_like(&w, other, b, bias, &err), 0);
    gemm_weights_close(other);
    assert_int_equal(gemm_run(w, a, n, c, &err), 0);
    assert_memory_equal(c, want, n * n_out * sizeof *c);
    gemm_weights_close(w);
    free(of_other);
    free(c);
}

// Rounding each factor to bf16 changes a product by at most 2^-7 of its size; GELU's slope is
// below 1.13. The sum of the products' sizes is again a product, of the absolute values.
static void check_shape(size_t n, size_t n_out, size_t n_in, bool with_bias, enum gemm_type type,
                        enum gemm_after after)
{
    struct err err;
    struct gemm_weights *w;
    float *a = random_floats(n * n_in, "a"), *b = random_floats(n_out * n_in, "b");
    float *bias = with_bias ? random_floats(n_out, "bias") : NULL;
    float *c = calloc(n * n_out, sizeof *c), *want = calloc(n * n_out, sizeof *want);
    assert_int_equal(gemm_weights_open(&w, b, n_out, n_in, bias, type, after, &err), 0);
    assert_int_equal(gemm_run(w, a, n, c, &err), 0);
    check_like(a, n, b, n_out, n_in, bias, type, after, c);
    gemm_plain(a, n, b, n_out, n_in, bias, after, want);
    float *size = calloc(n * n_out, sizeof *size);
    make_absolute(a, n * n_in);
    make_absolute(b, n_out * n_in);
    gemm_plain(a, n, b, n_out, n_in, NULL, GEMM_NOTHING, size);
    double share = (type == GEMM_BF16 ? 0x1p-7 + 0x1p-15 : 0) + 0x1p-23 * (double)(n_in + 4);
    for (size_t i = 0; i < n * n_out; i++)
        if (!(fabs((double)c[i] - (double)want[i]) <= 1.13 * share * ((double)size[i] + 1)))
            fail_msg("%zu x %zu x %zu type %d after %d: [%zu] %g instead of %g", n, n_out, n_in,
                     (int)type, (int)after, i, (double)c[i], (double)want[i]);
    gemm_weights_close(w);
    free(a);
    free(b);
    free(bias);
    free(c);
    free(want);
    free(size);
}

static void test_agrees_with_the_oracle(void **state)
{
    static const size_t shapes[][3] = { { 1, 1, 1 },      { 1, 1, 384 },  { 2, 3, 5 },
                                        { 7, 13, 11 },    { 17, 97, 383 }, { 64, 384, 384 },
                                        { 65, 127, 768 }, { 257, 31, 33 }, { 300, 1, 2 },
                                        { 31, 1000, 16 } };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        for (int options = 0; options < 8; options++)
            check_shape(shapes[i][0], shapes[i][1], shapes[i][2], options & 1,
                        options & 2 ? GEMM_BF16 : GEMM_FP32,
                        options & 4 ? GEMM_GELU_ERF : GEMM_NOTHING);
}

static void check_rows_alone(size_t n_out, size_t n_in, enum gemm_type type)
{
    static const size_t counts[] = { 1, 3, 7, 16, 17, 63, 64, 100, 255, 300, 1000, 2048 };
    struct err err;
    struct gemm_weights *w;
    size_t n = 2048;
    float *a = random_floats(n * n_in, "a"), *b = random_floats(n_out * n_in, "b");
    float *whole = calloc(n * n_out, sizeof *whole), *part = calloc(n * n_out, sizeof *part);
    assert_int_equal(gemm_weights_open(&w, b, n_out, n_in, b, type, GEMM_GELU_ERF, &err), 0);
    assert_int_equal(gemm_run(w, a, n, whole, &err), 0);
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        for (size_t first = 0; first + counts[i] <= n; first += 331) {
            assert_int_equal(gemm_run(w, a + first * n_in, counts[i], part, &err), 0);
            assert_memory_equal(part, whole + first * n_out, counts[i] * n_out * sizeof *part);
        }
    gemm_weights_close(w);
    free(a);
    free(b);
    free(whole);
    free(part);
}

static void test_a_row_does_not_depend_on_the_others(void **state)
{
    (void)state;
    check_rows_alone(384, 384, GEMM_FP32);
    check_rows_alone(384, 384, GEMM_BF16);
    check_rows_alone(97, 383, GEMM_FP32);
    check_rows_alone(97, 383, GEMM_BF16);
    check_rows_alone(96, 1536, GEMM_BF16);
}

static void test_bf16_rounds_to_nearest_even(void **state)
{
    // 1 + 2^-8 lies half way between two bf16 values: to even is 1. 1 + 3 * 2^-8 goes up.
    static const float a[] = { 1 + 0x1p-8F, 1 + 3 * 0x1p-8F, -1 - 0x1p-8F, 0x1p-7F };
    static const float want[] = { 1, 1 + 0x1p-6F, -1, 0x1p-7F };
    const float one = 1;
    struct err err;
    struct gemm_weights *w;
    float c[4];
    (void)state;
    assert_int_equal(gemm_weights_open(&w, &one, 1, 1, NULL, GEMM_BF16, GEMM_NOTHING, &err), 0);
    assert_int_equal(gemm_run(w, a, 4, c, &err), 0);
    for (int i = 0; i < 4; i++)
        assert_float_equal(c[i], want[i], 0);
    gemm_weights_close(w);
}

static void check_whole_numbers(size_t n, size_t n_out, size_t n_in)
{
    struct rng rng;
    struct err err;
    struct gemm_weights *w;
    int8_t *a = malloc(n * n_in), *b = malloc(n_out * n_in);
    int32_t *c = malloc(n * n_out * sizeof *c);
    rng_init(&rng, n, "whole");
    for (size_t i = 0; i < n * n_in; i++)
        a[i] = (int8_t)((int)rng_below(&rng, 255) - 127);
    for (size_t i = 0; i < n_out * n_in; i++)
        b[i] = i < n_in ? 127 : (int8_t)((int)rng_below(&rng, 255) - 127);
    memset(a, 127, n_in); // the largest sums there are, and the lowest
    memset(a + (n - 1) * n_in, n > 1 ? -127 : 127, n_in);
    assert_int_equal(gemm_weights_open_int8(&w, b, n_out, n_in, &err), 0);
    assert_int_equal(gemm_run_int8(w, a, n, c, &err), 0);
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < n_out; o++) {
            int32_t sum = 0;
            for (size_t j = 0; j < n_in; j++)
                sum += a[i * n_in + j] * b[o * n_in + j];
            assert_int_equal(c[i * n_out + o], sum);
        }
    gemm_weights_close(w);
    free(a);
    free(b);
    free(c);
}

static void test_whole_numbers_are_exact(void **state)
{
    (void)state;
    if (!gemm_has_int8())
        skip();
    check_whole_numbers(1, 1, 1);
    check_whole_numbers(17, 97, 383);
    check_whole_numbers(80, 64, 384);
    check_whole_numbers(300, 33, 768);
    check_whole_numbers(9, 70, 1531);
    check_whole_numbers(2, 17, 100000); // the longest
}

// Numbers that are not finite stay in their row, where they are seen; rows beside it are as ever.
static void test_what_is_not_finite_stays_in_its_row(void **state)
{
    static const float bad[] = { NAN, INFINITY, -INFINITY };
    size_t n = 70, n_out = 33, n_in = 50, row = 17;
    struct err err;
    (void)state;
    float *a = random_floats(n * n_in, "a"), *b = random_floats(n_out * n_in, "b");
    float *want = calloc(n * n_out, sizeof *want), *c = calloc(n * n_out, sizeof *c);
    for (size_t t = 0; t < 2 * COUNT_OF(bad); t++) {
        struct gemm_weights *w;
        float was = a[row * n_in + 49];
        enum gemm_type type = t % 2 ? GEMM_BF16 : GEMM_FP32;
        assert_int_equal(gemm_weights_open(&w, b, n_out, n_in, NULL, type, GEMM_NOTHING, &err), 0);
        assert_int_equal(gemm_run(w, a, n, want, &err), 0);
        a[row * n_in + 49] = bad[t / 2];
        assert_int_equal(gemm_run(w, a, n, c, &err), 0);
        a[row * n_in + 49] = was;
        for (size_t i = row * n_out; i < (row + 1) * n_out; i++) {
            assert_false(isfinite(c[i]));
            want[i] = c[i];
        }
        assert_memory_equal(c, want, n * n_out * sizeof *c);
        gemm_weights_close(w);
    }
    free(a);
    free(b);
    free(want);
    free(c);
}

static void test_zero_rows(void **state)
{
    const int8_t whole = 1;
    const float one = 1;
    struct err err;
    struct gemm_weights *w;
    (void)state;
    for (enum gemm_type type = GEMM_FP32; type <= GEMM_BF16; type++) {
        assert_int_equal(gemm_weights_open(&w, &one, 1, 1, NULL, type, GEMM_NOTHING, &err), 0);
        assert_int_equal(gemm_run(w, NULL, 0, NULL, &err), 0);
        gemm_weights_close(w);
    }
    gemm_weights_close(NULL);
    if (!gemm_has_int8())
        skip();
    assert_int_equal(gemm_weights_open_int8(&w, &whole, 1, 1, &err), 0);
    assert_int_equal(gemm_run_int8(w, NULL, 0, NULL, &err), 0);
    gemm_weights_close(w);
}

struct shared {
    const struct gemm_weights *w;
    const float *a, *want;
    float *c;
    int n_wrong;
};

#define SHARED_ROWS ((size_t)100)
#define SHARED_DIMS ((size_t)128)

static void run_shared(void *context, size_t i_task, size_t i_thread)
{
    struct shared *s = context;
    struct err err;
    size_t first = i_task * SHARED_ROWS * SHARED_DIMS;
    (void)i_thread;
    if (gemm_run(s->w, s->a + first, SHARED_ROWS, s->c + first, &err) ||
        memcmp(s->c + first, s->want + first, SHARED_ROWS * SHARED_DIMS * sizeof *s->c) != 0)
        __atomic_add_fetch(&s->n_wrong, 1, __ATOMIC_RELAXED);
}

static size_t count_threads(void)
{
    size_t n = 0;
    DIR *dir = opendir("/proc/self/task");
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void test_threads_share_weights_and_none_appear(void **state)
{
    struct err err;
    struct gemm_weights *w;
    struct pool *pool;
    size_t n = 64 * SHARED_ROWS * SHARED_DIMS;
    float *a = random_floats(n, "a"), *b = random_floats(SHARED_DIMS * SHARED_DIMS, "b");
    float *want = calloc(n, sizeof *want), *c = calloc(n, sizeof *c);
    (void)state;
    assert_int_equal(pool_open(&pool, 3, &err), 0);
    for (int type = GEMM_FP32; type <= GEMM_BF16; type++) {
        assert_int_equal(gemm_weights_open(&w, b, SHARED_DIMS, SHARED_DIMS, NULL, type,
                                           GEMM_NOTHING, &err), 0);
        assert_int_equal(gemm_run(w, a, 64 * SHARED_ROWS, want, &err), 0);
        struct shared shared = { w, a, want, c, 0 };
        pool_run(pool, 64, run_shared, &shared);
        assert_int_equal(shared.n_wrong, 0);
        gemm_weights_close(w);
    }
    assert_int_equal(count_threads(), 3);
    pool_close(pool);
    free(a);
    free(b);
    free(want);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_the_oracle),
        cmocka_unit_test(test_a_row_does_not_depend_on_the_others),
        cmocka_unit_test(test_bf16_rounds_to_nearest_even),
        cmocka_unit_test(test_whole_numbers_are_exact),
        cmocka_unit_test(test_what_is_not_finite_stays_in_its_row),
        cmocka_unit_test(test_zero_rows),
        cmocka_unit_test(test_threads_share_weights_and_none_appear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
