// SPDX-License-Identifier: Apache-2.0
// NMI, ARI and purity against values recorded from scikit-learn 1.x (normalized_mutual_info_score,
// adjusted_rand_score) for the same two lists.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "evaluate/agreement.h"

#define N 60

static void equals_scikit_learn(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct agreement m;
    uint32_t x[N], y[N];
    for (uint32_t i = 0; i < N; i++) {
        x[i] = i * 7919 % 13 % 4;
        y[i] = (x[i] + (i % 5 == 0 ? i % 3 : 0)) % 5;
    }
    agreement_measure(x, y, N, &a, &m);
    assert_float_equal(m.nmi, 0.7855046783690012, 1e-12);
    assert_float_equal(m.ari, 0.773684643799842, 1e-12);
    assert_float_equal(m.purity, 0.8666666666666667, 1e-12);
    assert_int_equal(m.n_clusters, 4);
    assert_int_equal(m.n_labels, 5);
    arena_release(&a);
}

static void ends_of_the_scale(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct agreement m;
    uint32_t same[6] = { 3, 3, 9, 9, 1, 1 }, renamed[6] = { 0, 0, 1, 1, 2, 2 },
             one[6] = { 0 };
    agreement_measure(same, renamed, 6, &a, &m);
    assert_float_equal(m.nmi, 1, 1e-12);
    assert_float_equal(m.ari, 1, 1e-12);
    assert_float_equal(m.purity, 1, 1e-12);
    agreement_measure(one, renamed, 6, &a, &m);
    assert_float_equal(m.nmi, 0, 1e-12);
    assert_float_equal(m.ari, 0, 1e-12);
    assert_float_equal(m.purity, 1.0 / 3, 1e-12);
    agreement_measure(one, one, 6, &a, &m);
    assert_float_equal(m.ari, 1, 1e-12);
    agreement_measure(one, one, 0, &a, &m); // nothing agrees with nothing
    assert_true(m.nmi <= 0 && m.ari <= 0 && m.purity <= 0);
    arena_release(&a);
}

// Labels 0 and 1 in one cluster each, label 2 in two: one label of three is split, one of its three
// conversations is not where most of it is.
static void spillover(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct agreement m;
    static const uint32_t cluster[8] = { 5, 5, 7, 7, 7, 9, 9, 7 };
    static const uint32_t label[8] = { 0, 0, 1, 1, 1, 2, 2, 2 };
    agreement_measure(cluster, label, 8, &a, &m);
    assert_float_equal(m.split, 1.0 / 3, 1e-12);
    assert_float_equal(m.outside, 1.0 / 8, 1e-12);
    assert_float_equal(m.purity, 7.0 / 8, 1e-12);
    agreement_measure(label, label, 8, &a, &m);
    assert_true(m.split <= 0 && m.outside <= 0);
    agreement_measure(label, label, 0, &a, &m);
    assert_true(m.split <= 0 && m.outside <= 0);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(equals_scikit_learn),
                                        cmocka_unit_test(ends_of_the_scale),
                                        cmocka_unit_test(spillover) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
