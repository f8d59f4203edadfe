// SPDX-License-Identifier: Apache-2.0
// The samplers against the laws they promise (chi-square), and the noisy floor against an attacker
// who owns one account less than the floor. Everything is seeded: the figures never change.
#include "base/crypto.h"
#include "base/noise.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DRAWS 200000

static struct noise stream_of(const char *purpose)
{
    static const struct hash_key key = { "a key of a test" };
    return noise_stream(&key, str_of(purpose));
}

static void uniform_is_even(void **state)
{
    struct noise n = stream_of("below");
    double chi = 0;
    int64_t counts[10] = { 0 };
    (void)state;
    for (int i = 0; i < DRAWS; i++)
        counts[noise_below(&n, 10)]++;
    for (int i = 0; i < 10; i++)
        chi += pow((double)counts[i] - DRAWS / 10.0, 2) / (DRAWS / 10.0);
    assert_true(chi < 27.9); // 9 degrees, p = 0.001
}

static void exp_has_its_probability(void **state)
{
    static const uint64_t cases[][2] = { { 0, 1 }, { 1, 1 }, { 1, 3 }, { 5, 2 }, { 7, 7 } };
    (void)state;
    for (size_t c = 0; c < COUNT_OF(cases); c++) {
        struct noise n = stream_of("exp");
        int64_t hits = 0;
        for (int i = 0; i < DRAWS; i++)
            hits += noise_exp(&n, cases[c][0], cases[c][1]);
        double p = exp(-(double)cases[c][0] / (double)cases[c][1]);
        double deviation = sqrt(DRAWS * p * (1 - p)) + 1e-9;
        assert_true(fabs((double)hits - DRAWS * p) <= 4 * deviation);
    }
}

// P(x) = (1 - q) / (1 + q) · q^|x| with q = exp(-den/num).
static double chi_of_laplace(uint64_t num, uint64_t den, double told_scale)
{
    enum { REACH = 6, CELLS = 2 * REACH + 1 };
    struct noise n = stream_of("laplace");
    double q = exp(-1 / told_scale), chi = 0, rest = 1;
    int64_t counts[CELLS] = { 0 }, n_rest = 0;
    for (int i = 0; i < DRAWS; i++) {
        int64_t x = noise_laplace(&n, num, den);
        if (x >= -REACH && x <= REACH)
            counts[x + REACH]++;
        else
            n_rest++;
    }
    for (int x = -REACH; x <= REACH; x++) {
        double p = (1 - q) / (1 + q) * pow(q, abs(x));
        rest -= p;
        chi += pow((double)counts[x + REACH] - DRAWS * p, 2) / (DRAWS * p);
    }
    return chi + pow((double)n_rest - DRAWS * rest, 2) / (DRAWS * rest);
}

static void laplace_has_its_law(void **state)
{
    (void)state;
    assert_true(chi_of_laplace(1, 1, 1.0) < 34.5); // 13 degrees, p = 0.001
    assert_true(chi_of_laplace(2, 1, 2.0) < 34.5);
    assert_true(chi_of_laplace(3, 2, 1.5) < 34.5);
    // The test can fail: noise that is a tenth too small is seen.
    assert_true(chi_of_laplace(9, 10, 1.0) > 34.5);
}

// P(x) in proportion to exp(-x² / 2·variance).
static double chi_of_gauss(uint64_t num, uint64_t den, double told_variance)
{
    enum { REACH = 6, CELLS = 2 * REACH + 1 };
    struct noise n = stream_of("gauss");
    double all = 0, chi = 0, rest = 1;
    int64_t counts[CELLS] = { 0 }, n_rest = 0;
    for (int x = -200; x <= 200; x++)
        all += exp(-x * x / (2 * told_variance));
    for (int i = 0; i < DRAWS; i++) {
        int64_t x = noise_gauss(&n, num, den);
        if (x >= -REACH && x <= REACH)
            counts[x + REACH]++;
        else
            n_rest++;
    }
    for (int x = -REACH; x <= REACH; x++) {
        double p = exp(-x * x / (2 * told_variance)) / all;
        rest -= p;
        chi += pow((double)counts[x + REACH] - DRAWS * p, 2) / (DRAWS * p);
    }
    return chi + pow((double)n_rest - DRAWS * rest, 2) / (DRAWS * rest);
}

static void gauss_has_its_law(void **state)
{
    (void)state;
    assert_true(chi_of_gauss(4, 1, 4) < 34.5); // 13 degrees, p = 0.001
    assert_true(chi_of_gauss(9, 2, 4.5) < 34.5);
    assert_true(chi_of_gauss(25, 1, 25) < 34.5);
    assert_true(chi_of_gauss(9, 2, 4.5 / (0.95 * 0.95)) > 34.5); // a twentieth too small is seen
}

static void wide_gauss_has_its_spread(void **state)
{
    struct noise n = stream_of("wide gauss");
    double sum = 0, squares = 0, wanted = (1U << 31) + 12345.0;
    (void)state;
    for (int i = 0; i < DRAWS / 4; i++) {
        double x = (double)noise_gauss(&n, ((uint64_t)1 << 31) + 12345, 1);
        sum += x;
        squares += x * x;
    }
    assert_true(fabs(sum / (DRAWS / 4)) < 4 * sqrt(wanted / (DRAWS / 4)));
    assert_true(fabs(squares / (DRAWS / 4) / wanted - 1) < 4 * sqrt(2.0 / (DRAWS / 4)));
}

// Made by tests/privacy/noise_reference.py, which is written from the papers.
static const struct {
    const char *kind;
    uint64_t num, den;
    int64_t values[16];
} known[] = {
    // clang-format off
    { "laplace", 1, 1, { 0, -1, -1, -1, 0, 0, -1, -1, 1, 0, 5, 0, -1, 4, 1, 0 } },
    { "laplace", 7, 2, { -2, 3, 1, -1, -4, 1, -3, 6, -2, -3, 1, 1, 1, 0, -6, -1 } },
    { "gauss", 1, 1, { 2, 1, 0, 2, 0, 0, 1, 1, 1, -1, -1, 0, 2, 0, -1, 3 } },
    { "gauss", 9, 2, { 2, 1, 0, -2, 0, -3, 2, -2, 1, -1, 0, 1, -1, -1, -2, -3 } },
    { "gauss", 160000, 7, { 
        -41, -68, 106, 292, -66, 15, -58, 60, 259, 55, 61, 184, -60, 55, 233, -88 } },
    { "gauss", 2147495993, 1, { 
        -59477, -72254, 6578, 4380, 14744, 84914, 8034, 6727, -33159, 27235, -5317,
        -20446, 51689, 20822, -10063, 69534 } },
    // clang-format on
};

static void known_answers(void **state)
{
    (void)state;
    for (size_t c = 0; c < COUNT_OF(known); c++) {
        char purpose[80];
        snprintf(purpose, sizeof purpose, "known %s %llu/%llu", known[c].kind,
                 (unsigned long long)known[c].num, (unsigned long long)known[c].den);
        struct noise n = stream_of(purpose);
        for (size_t i = 0; i < COUNT_OF(known[c].values); i++) {
            int64_t x = strcmp(known[c].kind, "gauss") == 0
                            ? noise_gauss(&n, known[c].num, known[c].den)
                            : noise_laplace(&n, known[c].num, known[c].den);
            assert_int_equal(x, known[c].values[i]);
        }
    }
}

static void one_cell_one_draw(void **state)
{
    static const struct hash_key one = { "one key" }, other = { "other key" };
    size_t n_other = 0;
    (void)state;
    for (int64_t i = 0; i < 200; i++) {
        uint64_t people = noise_person(i) + noise_person(i + 1);
        bool first = noise_meets_floor(&one, people, 6, 5);
        for (int again = 0; again < 5; again++)
            assert_true(noise_meets_floor(&one, people, 6, 5) == first);
        n_other += noise_meets_floor(&other, people, 6, 5) != first;
        assert_false(noise_meets_floor(&one, people, 4, 5)); // the floor itself always holds
        assert_true(noise_meets_floor(NULL, people, 5, 5));
    }
    assert_true(n_other > 50 && n_other < 150);
}

// An attacker adds `mine` accounts with a word and looks whether it is shown, with and without one
// person who has it too. Advantage = difference of the two rates.
static double advantage(int64_t mine, int64_t floor, bool with_noise)
{
    enum { TRIES = 20000 };
    int64_t shown[2] = { 0 };
    for (int i = 0; i < TRIES; i++) {
        struct hash_key key = { { 0 } };
        memcpy(key.bytes, &i, sizeof i);
        for (int target = 0; target < 2; target++)
            shown[target] += noise_meets_floor(with_noise ? &key : NULL, 3, mine + target, floor);
    }
    return (double)(shown[1] - shown[0]) / TRIES;
}

static void sybils_learn_little(void **state)
{
    double bound = (exp(1) - 1) / (exp(1) + 1), most = 0;
    (void)state;
    for (int64_t mine = 0; mine < 20; mine++) {
        double a = advantage(mine, 5, true);
        assert_true(a <= bound + 3 * 0.5 / sqrt(20000));
        most = fmax(most, a);
    }
    double at_floor = advantage(4, 5, true);
    print_message("advantage: %.3f at floor - 1, %.3f at most, bound %.3f\n", at_floor, most,
                  bound);
    assert_true(at_floor < 0.30);
    assert_true(advantage(4, 5, false) == 1.0); // without noise the attack always works
}

// Counts in pieces are the same set; off, they are read by nobody.
static void pieces_are_one_set(void **state)
{
    struct count_noise noise = { .is_on = true, .key = hash_key_of_seed(1) }, own;
    int64_t counts[100];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        counts[i] = (int64_t)(i * i);
    for (size_t piece = 1; piece <= COUNT_OF(counts); piece += 7) {
        struct noise_set set;
        noise_set_init(&set, &noise, STR_LIT("set"));
        for (size_t i = 0; i < COUNT_OF(counts); i += piece)
            noise_set_add(&set, counts + i, size_min(piece, COUNT_OF(counts) - i) * sizeof *counts);
        own = noise_set_end(&set);
        struct count_noise whole = noise_of_counts(&noise, STR_LIT("set"), counts, sizeof counts);
        assert_memory_equal(&own.key, &whole.key, sizeof own.key);
        assert_memory_not_equal(&own.key, &noise.key, sizeof own.key);
    }
    noise.is_on = false;
    own = noise_of_counts(&noise, STR_LIT("set"), NULL, 8);
    assert_memory_equal(&own.key, &noise.key, sizeof own.key);
}

int main(void)
{
    struct err err = { 0 };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_is_even),           cmocka_unit_test(exp_has_its_probability),
        cmocka_unit_test(laplace_has_its_law),       cmocka_unit_test(gauss_has_its_law),
        cmocka_unit_test(wide_gauss_has_its_spread), cmocka_unit_test(known_answers),
        cmocka_unit_test(pieces_are_one_set),        cmocka_unit_test(one_cell_one_draw),
        cmocka_unit_test(sybils_learn_little),
    };
    return crypto_start(&err) ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
