// SPDX-License-Identifier: Apache-2.0
// Families of prompts and their joining by accounts, on sketches made of chosen elements.
#include "unit/check.h"

#include "base/rng.h"
#include "safety/family.h"

// A sketch of 30 elements of which n_own are this prompt's alone and the rest those of `set`.
static struct sketch make(uint32_t set, uint32_t prompt, uint32_t n_own)
{
    struct minhash h;
    struct sketch s = { .there = true };
    minhash_init(&h);
    for (uint32_t i = 0; i < 30; i++)
        minhash_add(&h, (uint32_t)mix_bits(i < n_own ? 1000000 + prompt * 100 + i : set * 100 + i));
    minhash_end(&h, &s);
    return s;
}

static void test_prompts_join_the_likest_leader(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct arena a = { 0 };
    struct sketch sketches[200];
    uint32_t leader[200];
    float likeness[200];
    size_t n_leaders = 0, n_wrong = 0;
    for (uint32_t i = 0; i < 199; i++)
        sketches[i] = make(i % 5, i, i < 5 ? 0 : 8); // likeness about 22/38 to leaders
    sketches[199] = (struct sketch){ .there = false };
    assert_ok(family_find(sketches, 200, &a, leader, likeness, &err));
    for (uint32_t i = 5; i < 199; i++) {
        n_wrong += leader[i] % 5 != i % 5;
        n_leaders += leader[i] == i;
    }
    assert_int_equal(n_wrong, 0);
    assert_true(n_leaders < 12); // a few miss all bands and lead families of their own
    assert_int_equal(leader[199], FAMILY_NONE);
    assert_true(likeness[0] == 1 && likeness[7] > 0.3f && likeness[7] < 0.9f);
    arena_release(&a);
}

static void test_unlike_prompts_stay_apart(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct arena a = { 0 };
    struct sketch sketches[100];
    uint32_t leader[100];
    float likeness[100];
    for (uint32_t i = 0; i < 100; i++)
        sketches[i] = make(0, i, 26); // 4 of 30 in common: likeness about 0.07
    assert_ok(family_find(sketches, 100, &a, leader, likeness, &err));
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(leader[i], i);
    arena_release(&a);
}

// 20 accounts that use both of two families are one group; families of accounts drawn at random
// are not joined, nor is what everybody uses.
static void test_joins_beyond_chance(void **state)
{
    (void)state;
    enum { N = 4000, ACCOUNTS = 1000 };
    static uint32_t leader[N], account[N], group[N];
    struct err err = { 0 };
    struct arena a = { 0 };
    struct rng rng;
    size_t n_groups;
    rng_init(&rng, 3, "test");
    for (uint32_t i = 0; i < N; i++) {
        leader[i] = i < 40 ? i % 2 : i < 400 ? 40 + i % 12 : i < 1000 ? 400 : FAMILY_NONE;
        account[i] = i < 40 ? i / 2 : (uint32_t)rng_below(&rng, ACCOUNTS);
    }
    struct family_params params = family_default_params(ACCOUNTS);
    assert_ok(family_join(leader, account, N, ACCOUNTS, &params, &a, group, &n_groups, &err));
    assert_int_equal(n_groups, 1 + 12 + 1);
    assert_true(group[0] == 0 && group[1] == 0); // in the order in which they come
    assert_true(group[400] != group[0] && group[40] != group[41]);
    assert_int_equal(group[N - 1], FAMILY_NONE);
    arena_release(&a);
}

static void test_few_accounts_are_no_group(void **state)
{
    (void)state;
    struct err err = { 0 };
    struct arena a = { 0 };
    uint32_t leader[] = { 0, 0, 0, 3, 3, 3 }, account[] = { 0, 0, 1, 0, 1, 2 }, group[6];
    struct family_params params = family_default_params(100);
    size_t n_groups;
    params.most_chance = 0; // nothing is joined
    assert_ok(family_join(leader, account, 6, 3, &params, &a, group, &n_groups, &err));
    assert_int_equal(n_groups, 1);
    assert_true(group[0] == FAMILY_NONE && group[3] == 0);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prompts_join_the_likest_leader),
        cmocka_unit_test(test_unlike_prompts_stay_apart),
        cmocka_unit_test(test_joins_beyond_chance),
        cmocka_unit_test(test_few_accounts_are_no_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
