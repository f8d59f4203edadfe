// SPDX-License-Identifier: Apache-2.0
// Inner products and rounding beside plain C in wider numbers, as far off as their headers say and
// no further: none, one and many numbers, all equal, tiny beside huge, NaN. What says that it has
// the same bits on every CPU prints them; tests/cli/test_masked_cpu.sh compares.
#include "unit/check.h"

#include "base/hash.h"
#include "base/minhash.h"
#include "base/rng.h"
#include "vec/dot.h"
#include "vec/matrix.h"
#include "vec/round.h"

#include <float.h>
#include <math.h>

#define MOST ((size_t)1100)

enum kind { RANDOM, EQUAL, ZEROS, MIXED, N_KINDS }; // MIXED: 1e-15 … 1e15, both signs

static const size_t lengths[] = { 0,  1,  2,  7,   8,   15,  16,  17,  31,  32,  33,
                                  63, 64, 65, 127, 128, 383, 384, 768, 771, 1100 };
static struct rng rng;
static uint64_t bits; // of all that has the same ones everywhere

static void note(const void *data, size_t size)
{
    bits = mix_bits(bits ^ hash_text(str_make(data, size)));
}

static void fill(float *x, size_t n, enum kind kind)
{
    for (size_t i = 0; i < n; i++) {
        double value = kind == EQUAL ? 0.3 : kind == ZEROS ? 0 : 2 * rng_unit(&rng) - 1;
        x[i] = (float)(kind == MIXED ? value * pow(10, 30 * rng_unit(&rng) - 15) : value);
    }
}

static void check_products(const float *a, const float *b, size_t n)
{
    long double sum = 0, size = 0, square_a = 0, square_b = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (long double)a[i] * (long double)b[i];
        size += fabsl((long double)a[i] * (long double)b[i]);
        square_a += (long double)a[i] * (long double)a[i];
        square_b += (long double)b[i] * (long double)b[i];
    }
    double exact = dot_floats(a, b, n);
    assert_true(fabsl((long double)exact - sum) <= size * (long double)n * 0x1p-53L);
    note(&exact, sizeof exact);
    long double off = fabsl((long double)dot_rough(a, b, n) - sum);
    assert_true(off <= (long double)(n + 16) * 0x1p-24L * sqrtl(square_a) * sqrtl(square_b));
    long double apart = 0;
    for (size_t i = 0; i < n; i++)
        apart += ((long double)a[i] - (long double)b[i]) * ((long double)a[i] - (long double)b[i]);
    off = fabsl((long double)dot_apart(a, b, n) - apart);
    assert_true(off <= (long double)(n + 16) * 0x1p-23L * apart + (long double)FLT_MIN);
    assert_true(dot_apart(a, a, n) == 0);
}

static void check_sums(const float *a, size_t n)
{
    double sum[MOST], want[MOST];
    int64_t whole[MOST], wanted[MOST];
    double unit = 0x1p30;
    for (size_t i = 0; i < n; i++) {
        sum[i] = want[i] = (double)i / 3;
        whole[i] = wanted[i] = (int64_t)i - 500;
        want[i] += (double)a[i];
        wanted[i] += (int64_t)(fmax(-1, fmin(1, (double)a[i])) * unit);
    }
    dot_add(sum, a, n);
    assert_memory_equal(sum, want, n * sizeof *sum);
    float short_a[MOST]; // no longer than a unit row
    for (size_t i = 0; i < n; i++)
        short_a[i] = fmaxf(-1, fminf(1, a[i]));
    dot_add_whole(whole, short_a, n, unit);
    assert_memory_equal(whole, wanted, n * sizeof *whole);
    dot_add_whole(whole, short_a, n, -unit);
    for (size_t i = 0; i < n; i++)
        assert_true(whole[i] == (int64_t)i - 500);
}

static void test_products_and_sums(void **state)
{
    (void)state;
    for (size_t l = 0; l < COUNT_OF(lengths); l++)
        for (enum kind kind = RANDOM; kind < N_KINDS; kind++) {
            float a[MOST + 1], b[MOST + 1]; // from an odd place on: nothing need be aligned
            size_t n = lengths[l];
            fill(a + 1, n, kind);
            fill(b + 1, n, kind == EQUAL ? EQUAL : RANDOM);
            check_products(a + 1, b + 1, n);
            check_products(a + 1, a + 1, n);
            check_sums(a + 1, n);
        }
}

// Whatever is not finite is seen wherever it stands, and refused in a row of a matrix.
static void test_what_is_not_finite_is_seen(void **state)
{
    static const float bad[] = { NAN, INFINITY, -INFINITY };
    float a[200], b[200];
    struct err err;
    (void)state;
    fill(b, 200, EQUAL);
    for (size_t n = 1; n <= 200; n += n < 70 ? 1 : 65)
        for (size_t at = 0; at < n; at++) {
            fill(a, n, RANDOM);
            a[at] = bad[at % COUNT_OF(bad)];
            assert_false(isfinite(dot_floats(a, b, n)));
            assert_false(isfinite(dot_rough(a, b, n)));
            assert_false(isfinite(dot_apart(a, b, n)));
            struct matrix m = matrix_view(a, 1, n);
            assert_error(matrix_check_finite(&m, "vectors", &err), ERR_DATA);
            assert_error(matrix_check_unit(&m, "vectors", &err), ERR_DATA);
        }
}

// By the two values that bf16 has around it.
static uint16_t nearest_bf16(float value)
{
    uint32_t all;
    memcpy(&all, &value, sizeof all);
    uint32_t low = all & 0xFFFF0000U, high = low + 0x10000U; // further from zero
    float below, above;
    memcpy(&below, &low, sizeof below);
    memcpy(&above, &high, sizeof above);
    // What lies above the largest is as far off as if there were one more value.
    double up = isinf(above) ? copysign(0x1p128, (double)value) : (double)above;
    double under = fabs((double)value - (double)below), over = fabs(up - (double)value);
    bool odd = low >> 16 & 1U;
    return (uint16_t)((over < under || (over == under && odd) ? high : low) >> 16);
}

static void test_bf16_is_the_nearest(void **state)
{
    static const float awkward[] = { 0.0F,    -0.0F,    FLT_MIN,     FLT_TRUE_MIN, -FLT_TRUE_MIN,
                                     FLT_MAX, -FLT_MAX, 0x1.01p0F,   0x1.03p0F,    0x1.0101p0F,
                                     1.0F,    -1.0F,    0x1.FFp127F, 0x1.FEFFp127F };
    float x[MOST], in_float[MOST];
    uint16_t half[MOST];
    (void)state;
    for (size_t l = 0; l < COUNT_OF(lengths); l++)
        for (enum kind kind = RANDOM; kind < N_KINDS; kind++) {
            size_t n = lengths[l];
            fill(x, n, kind);
            for (size_t i = 0; i < n && kind == MIXED; i++)
                x[i] = i < COUNT_OF(awkward) ? awkward[i] : x[i];
            round_to_bf16(x, n, half);
            round_in_float(x, n, in_float);
            note(half, n * sizeof *half);
            for (size_t i = 0; i < n; i++) {
                uint32_t wide = (uint32_t)half[i] << 16;
                assert_int_equal(half[i], nearest_bf16(x[i]));
                assert_memory_equal(&wide, &in_float[i], sizeof wide);
            }
        }
    for (size_t i = 0; i < 64; i++) // one whose payload would be rounded away, among others
        x[i] = i % 3 ? 1 : NAN;
    uint32_t quiet = 0x7F800001U, endless = 0xFF800000U;
    memcpy(&x[3], &quiet, sizeof quiet);
    memcpy(&x[5], &endless, sizeof endless);
    round_to_bf16(x, 64, half);
    for (size_t i = 0; i < 64; i++) {
        bool is_nan = (half[i] & 0x7FFFU) > 0x7F80U;
        assert_int_equal(is_nan, i % 3 == 0);
    }
    assert_int_equal(half[5], 0xFF80U);
}

static void test_int8_is_within_half_a_step(void **state)
{
    float x[MOST];
    int8_t whole[MOST], finer[MOST];
    (void)state;
    for (size_t l = 0; l < COUNT_OF(lengths); l++)
        for (enum kind kind = RANDOM; kind < N_KINDS; kind++) {
            size_t n = lengths[l];
            fill(x, n, kind);
            float scale = round_to_int8(x, n, whole), largest = 0;
            for (size_t i = 0; i < n; i++) {
                double off = fabs((double)x[i] - (double)scale * whole[i]);
                assert_true(off <= (0.5 + 1e-5) * (double)scale);
                largest = fmaxf(largest, fabsf(x[i]));
            }
            round_finer(x, n, scale, whole, finer);
            for (size_t i = 0; i < n; i++) {
                double both = whole[i] + (double)finer[i] / ROUND_FINER;
                double off = fabs((double)x[i] - (double)scale * both);
                assert_true(scale == 0 || off <= 1.01 / 2 / ROUND_FINER * (double)scale);
            }
            for (size_t i = 0; i < n && largest > 0; i++)
                assert_true(fabsf(x[i]) < largest || abs(whole[i]) == 127);
            assert_true(largest > 0 || scale == 0);
            note(whole, n);
            note(&scale, sizeof scale);
        }
    for (size_t i = 0; i < 40; i++) // their inverse would not be finite
        x[i] = i % 2 ? 1e-38F : -FLT_TRUE_MIN;
    assert_true(round_to_int8(x, 40, whole) == 0);
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(whole[i], 0);
}

static int print_bits(void **state)
{
    (void)state;
    print_message("bits %016llx\n", (unsigned long long)bits);
    return 0;
}

static int open_group(void **state)
{
    (void)state;
    rng_init(&rng, 11, "dot");
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products_and_sums),
        cmocka_unit_test(test_what_is_not_finite_is_seen),
        cmocka_unit_test(test_bf16_is_the_nearest),
        cmocka_unit_test(test_int8_is_within_half_a_step),
    };
    return cmocka_run_group_tests(tests, open_group, print_bits);
}
