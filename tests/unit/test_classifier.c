// SPDX-License-Identifier: Apache-2.0
// The audit of a classifier on made-up cells.
#include "unit/check.h"

#include "base/clock.h"
#include "base/rng.h"
#include "safety/classifier.h"

#include <math.h>

enum { CLUSTERS = 30, LANGUAGES = 4, N = CLUSTERS * (LANGUAGES + 1) + LANGUAGES };
static struct classifier_cell cells[N];

static const double rates[CLASSIFIER_GRADES] = { 0.02, 0.06, 0.4, 0.8, 0.95 };

static struct classifier_cell *at(int cluster, int language)
{
    if (!cluster)
        return &cells[CLUSTERS * (LANGUAGES + 1) + language - 1];
    return &cells[(cluster - 1) * (LANGUAGES + 1) + language];
}

// 200 conversations a cluster; cluster c has grades around 1 + c % 5. `rate` decides.
static void fill(uint64_t seed, double (*rate)(int cluster, int language, int grade))
{
    struct rng rng;
    rng_init(&rng, seed, "test");
    memset(cells, 0, sizeof cells);
    for (int c = 1; c <= CLUSTERS; c++)
        for (int l = 0; l <= LANGUAGES; l++)
            at(c, l)->cluster = c, at(c, l)->language = (uint32_t)l;
    for (int l = 1; l <= LANGUAGES; l++)
        at(0, l)->language = (uint32_t)l;
    for (int c = 1; c <= CLUSTERS; c++)
        for (int i = 0; i < 200; i++) {
            int l = 1 + (int)rng_below(&rng, LANGUAGES);
            int g = (c + (rng_unit(&rng) < 0.2)) % 5;
            bool flag = rng_unit(&rng) < rate(c, l, g);
            struct classifier_cell *in[] = { at(c, 0), at(c, l), at(0, l) };
            for (int j = 0; j < 3; j++) {
                in[j]->n_of_grade[g]++;
                in[j]->flagged_of[g] += flag;
            }
        }
}

static double fair(int cluster, int language, int grade)
{
    (void)cluster, (void)language;
    return rates[grade];
}

static double faulty(int cluster, int language, int grade)
{
    if (cluster == 4 || cluster == 9)
        return 0.05 * rates[grade]; // misses two clusters of high concern
    if (cluster == 5 || cluster == 15)
        return 0.5; // over-flags two of low concern
    return language == 3 ? 0.15 * rates[grade] : rates[grade];
}

static double perfect(int cluster, int language, int grade)
{
    (void)cluster, (void)language;
    return grade >= 2;
}

static size_t count_sides(void)
{
    size_t n = 0;
    for (size_t i = 0; i < N; i++)
        n += cells[i].side != CLASSIFIER_FAIR;
    return n;
}

static void test_planted_faults_are_listed(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct classifier_result r;
    fill(1, faulty);
    classifier_judge(cells, N, &a, &r);
    assert_int_equal(r.n, CLUSTERS * 200);
    assert_true(at(4, 0)->side == CLASSIFIER_MISSED && at(9, 0)->side == CLASSIFIER_MISSED);
    assert_true(at(5, 0)->side == CLASSIFIER_OVER && at(15, 0)->side == CLASSIFIER_OVER);
    assert_int_equal(at(0, 3)->side, CLASSIFIER_MISSED);
    for (int l = 1; l <= LANGUAGES; l++)
        assert_true(l == 3 || at(0, l)->side == CLASSIFIER_FAIR);
    assert_true(at(4, 0)->high < at(4, 0)->expected && at(4, 0)->low <= at(4, 0)->rate);
    // What a cluster that is not listed is expected to have is not pulled by those that are.
    assert_true(fabs(at(10, 0)->expected - 0.03) < 0.03);
    assert_true(r.has_r && r.r_low < r.r && r.r < r.r_high && r.r_fixed > r.r + 0.05);
    assert_true(r.n_missed > 100 && r.n_over > 100);
    arena_release(&a);
}

static void test_fair_and_perfect_classifiers(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct classifier_result r;
    size_t n_listed = 0;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        fill(seed, perfect);
        classifier_judge(cells, N, &a, &r);
        assert_int_equal(count_sides(), 0);
        assert_true(r.r > 0.85 && fabs(r.r_fixed - r.r) < 1e-9);
        fill(seed, fair);
        classifier_judge(cells, N, &a, &r);
        n_listed += count_sides() > 0;
    }
    assert_true(n_listed <= 5); // in 5 % of cases
    arena_release(&a);
}

// Grade 5 has twelve conversations in all, too few for a rate of its own: that all of them are
// flagged is no fault of a perfect classifier; what is flagged beside them is one.
static void test_rare_grades_are_no_fault(void **state)
{
    enum { OTHERS = 12, FINE = OTHERS + 2 };
    (void)state;
    struct arena a = { 0 };
    struct classifier_result r;
    struct classifier_cell rare[2 * FINE + 1] = { 0 };
    for (int i = 0; i < FINE; i++) {
        struct classifier_cell one = { .cluster = i + 1, .language = 1, .n_of_grade = { 60 } };
        if (i == OTHERS) { // concerning, and flagged
            one.n_of_grade[0] = 28;
            one.n_of_grade[4] = one.flagged_of[4] = 11;
        }
        if (i == OTHERS + 1) { // over-flagged
            one.n_of_grade[4] = one.flagged_of[4] = 1;
            one.flagged_of[0] = 40;
        }
        rare[2 * i] = rare[2 * i + 1] = one;
        rare[2 * i + 1].language = 0;
    }
    rare[2 * FINE].language = 1;
    classifier_judge(rare, COUNT_OF(rare), &a, &r);
    assert_int_equal(rare[2 * OTHERS + 1].side, CLASSIFIER_FAIR);
    assert_int_equal(rare[2 * OTHERS + 3].side, CLASSIFIER_OVER);
    arena_release(&a);
}

static void test_too_few_clusters(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct classifier_result r;
    struct classifier_cell few[2] = { { .cluster = 1, .n_of_grade = { 20 }, .flagged_of = { 3 } },
                                      { .cluster = 2, .n_of_grade = { 3 }, .flagged_of = { 3 } } };
    classifier_judge(few, 2, &a, &r);
    assert_false(r.has_r);
    assert_int_equal(r.n_clusters, 1); // the other is too small
    assert_int_equal(few[1].side, CLASSIFIER_FAIR);
    arena_release(&a);
}

// Of many clusters every seventh is planted: found as of few, in rounds as many as a logarithm.
static void test_many_clusters(void **state)
{
    enum { MANY = 3000 };
    (void)state;
    struct arena a = { 0 };
    struct classifier_result r;
    struct rng rng;
    struct classifier_cell *many = arena_zero_array(&a, 2 * MANY + 1, sizeof *many);
    size_t n_right = 0, n_wrong = 0;
    rng_init(&rng, 1, "many");
    for (int c = 0; c < MANY; c++) {
        struct classifier_cell one = { .cluster = c + 1, .language = 1 };
        for (int i = 0; i < 100; i++) {
            int g = (c + (rng_unit(&rng) < 0.2)) % 5;
            double rate = c % 15 == 4 ? 0.05 * rates[g] : c % 15 == 5 ? 0.5 : rates[g];
            one.n_of_grade[g]++;
            one.flagged_of[g] += rng_unit(&rng) < rate;
        }
        many[2 * c] = many[2 * c + 1] = one;
        many[2 * c + 1].language = 0;
    }
    many[(size_t)2 * MANY].language = 1;
    int64_t begin = clock_ms();
    classifier_judge(many, (size_t)2 * MANY + 1, &a, &r);
    print_message("%d clusters: %lld ms\n", MANY, (long long)(clock_ms() - begin));
    for (int c = 0; c < MANY; c++) {
        enum classifier_side want = c % 15 == 4   ? CLASSIFIER_MISSED
                                    : c % 15 == 5 ? CLASSIFIER_OVER
                                                  : CLASSIFIER_FAIR;
        enum classifier_side is = many[2 * c + 1].side;
        n_right += is == want && want != CLASSIFIER_FAIR;
        n_wrong += is != want && is != CLASSIFIER_FAIR;
    }
    print_message("%zu of 400 found, %zu listed wrongly\n", n_right, n_wrong);
    assert_true(n_right >= 395 && n_wrong <= 25);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted_faults_are_listed),
        cmocka_unit_test(test_fair_and_perfect_classifiers),
        cmocka_unit_test(test_rare_grades_are_no_fault),
        cmocka_unit_test(test_too_few_clusters),
        cmocka_unit_test(test_many_clusters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
