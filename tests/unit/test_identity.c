// SPDX-License-Identifier: Apache-2.0
// Who is who in the next release: by the conversations two clusters share, one to one, the most
// alike first, and nobody who shares too few.
#include "unit/check.h"

#include "hierarchy/identity.h"

static struct arena arena;

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void match(struct identity_pair *pairs, size_t n_pairs, const int64_t *past,
                  const int64_t *now, size_t n_now, size_t *found)
{
    identity_match(pairs, n_pairs, past, now, n_now, &arena, found);
}

static void test_the_same_stay(void **state)
{
    (void)state;
    struct identity_pair pairs[] = { { 0, 1, 30 }, { 1, 0, 20 }, { 0, 0, 2 } };
    int64_t past[] = { 32, 20 }, now[] = { 22, 30 };
    size_t found[2];
    match(pairs, 3, past, now, 2, found);
    assert_int_equal(found[0], 1);
    assert_int_equal(found[1], 0);
}

static void test_a_half_that_leaves_is_new(void **state)
{
    (void)state;
    struct identity_pair pairs[] = { { 0, 0, 60 }, { 0, 1, 40 } };
    int64_t past[] = { 100 }, now[] = { 60, 40 };
    size_t found[2];
    match(pairs, 2, past, now, 2, found);
    assert_int_equal(found[0], 0);
    assert_true(found[1] == SIZE_MAX);
}

static void test_two_that_join_are_the_larger_one(void **state)
{
    (void)state;
    struct identity_pair pairs[] = { { 0, 0, 40 }, { 1, 0, 60 } };
    int64_t past[] = { 40, 60 }, now[] = { 100 };
    size_t found[1];
    match(pairs, 2, past, now, 1, found);
    assert_int_equal(found[0], 1);
}

static void test_no_one_is_claimed_twice(void **state)
{
    (void)state; // exactly half each: the lower place first
    struct identity_pair pairs[] = { { 0, 1, 50 }, { 0, 0, 50 } };
    int64_t past[] = { 100 }, now[] = { 50, 50 };
    size_t found[2];
    match(pairs, 2, past, now, 2, found);
    assert_int_equal(found[0], 0);
    assert_true(found[1] == SIZE_MAX);
}

static void test_below_the_least_nobody_is_who_they_were(void **state)
{
    (void)state;
    struct identity_pair pairs[] = { { 0, 0, 49 } };
    int64_t past[] = { 74 }, now[] = { 74 };
    size_t found[1];
    match(pairs, 1, past, now, 1, found); // 49 of 99
    assert_true(found[0] == SIZE_MAX);
    pairs[0].n = 50; // 50 of 98
    match(pairs, 1, past, now, 1, found);
    assert_int_equal(found[0], 0);
}

static void test_pairs_of_the_same_two_are_summed(void **state)
{
    (void)state;
    struct identity_pair pairs[] = { { 0, 0, 30 }, { 1, 0, 10 }, { 0, 0, 30 } };
    int64_t past[] = { 60, 10 }, now[] = { 70 };
    size_t found[1];
    match(pairs, 3, past, now, 1, found);
    assert_int_equal(found[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_stay),
        cmocka_unit_test(test_a_half_that_leaves_is_new),
        cmocka_unit_test(test_two_that_join_are_the_larger_one),
        cmocka_unit_test(test_no_one_is_claimed_twice),
        cmocka_unit_test(test_below_the_least_nobody_is_who_they_were),
        cmocka_unit_test(test_pairs_of_the_same_two_are_summed),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
