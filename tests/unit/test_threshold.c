// SPDX-License-Identifier: Apache-2.0
// The floors count distinct accounts and conversations, both.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "privacy/threshold.h"

static struct vault_member member(int64_t cluster_id, int64_t account_id, float similarity)
{
    return (struct vault_member){ 0, cluster_id, account_id, account_id != 0, similarity };
}

static void counts_distinct_accounts(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct threshold_count counts[3];
    struct vault_member members[] = { member(1, 7, 0.5F), member(1, 7, 0.6F), member(2, 7, 0.7F),
                                      member(1, -9, 0.8F), member(2, 0, 0.9F), member(0, 5, 1) };
    threshold_count(members, COUNT_OF(members), 3, &a, counts);
    assert_int_equal(counts[0].n_conversations, 3);
    assert_int_equal(counts[0].n_accounts, 2);
    assert_int_equal(counts[1].n_conversations, 2);
    assert_int_equal(counts[1].n_accounts, 1); // the one without an account adds none
    assert_int_equal(counts[2].n_conversations, 0);
    arena_release(&a);
}

static void both_floors_hold(void **state)
{
    (void)state;
    struct threshold_floors floors = { 5, 15, true };
    assert_true(threshold_holds(&(struct threshold_count){ 15, 5, 0 }, &floors));
    assert_false(threshold_holds(&(struct threshold_count){ 14, 5, 0 }, &floors));
    assert_false(threshold_holds(&(struct threshold_count){ 1000, 4, 0 }, &floors));
    floors.has_accounts = false;
    assert_true(threshold_holds(&(struct threshold_count){ 15, 0, 0 }, &floors));
    assert_false(threshold_holds(&(struct threshold_count){ 14, 0, 0 }, &floors));
}

static void fit_is_the_lowest_tenth(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct vault_member members[21];
    float fit[2];
    for (int i = 0; i < 20; i++)
        members[i] = member(1, 1, (float)(i + 1) / 20);
    members[20] = member(0, 1, 0.01F);
    threshold_fit(members, 21, 2, &a, fit);
    assert_float_equal(fit[0], 3.0F / 20, 1e-6);
    assert_true(fit[1] > 1);
    arena_release(&a);
}

static void shown_counts_are_noisy_and_over_the_floors(void **state)
{
    (void)state;
    struct threshold_floors floors = { 5, 15, true };
    struct count_noise noise = { .is_on = true, .conversations = 5, .accounts = 2 };
    struct threshold_count counts[400], shown[400];
    bool kept[400];
    size_t n_kept = 0, n_same = 0;
    int64_t sum = 0;
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        counts[i] = (struct threshold_count){ 40, 6, noise_person((int64_t)i) };
        kept[i] = threshold_holds_noisily(&counts[i], &floors, &noise);
        n_kept += kept[i];
    }
    assert_true(n_kept > 200 && n_kept < 400); // one over the floor: not always
    threshold_blur(counts, kept, COUNT_OF(counts), &floors, &noise, shown);
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        if (!kept[i])
            continue;
        assert_true(shown[i].n_conversations >= 15 && shown[i].n_accounts >= 5);
        assert_true(shown[i].n_accounts <= shown[i].n_conversations);
        n_same += shown[i].n_conversations == 40;
        sum += shown[i].n_conversations - 40;
    }
    assert_true(n_same * 4 < n_kept);
    assert_true(sum < 2 * (int64_t)n_kept && sum > -2 * (int64_t)n_kept);
    // Where everybody has one conversation, as many are shown too many as too few.
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        counts[i].n_accounts = 40;
        kept[i] = true;
    }
    threshold_blur(counts, kept, COUNT_OF(counts), &floors, &noise, shown);
    sum = 0;
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        assert_true(shown[i].n_accounts <= shown[i].n_conversations);
        sum += shown[i].n_conversations - 40;
    }
    assert_true(sum < (int64_t)COUNT_OF(counts) && sum > -(int64_t)COUNT_OF(counts));
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        counts[i].n_accounts = 5;
    noise.is_on = false;
    threshold_blur(counts, kept, COUNT_OF(counts), &floors, &noise, shown);
    assert_memory_equal(counts, shown, sizeof counts);
    counts[0].n_accounts = 4;
    assert_false(threshold_holds_noisily(&counts[0], &floors, &noise));
}

// Whoever brings accounts enough, and one conversation too few, cannot tell by the cluster whether
// somebody else's are there: not for sure, however many one account may have of it.
static void the_floor_of_conversations_is_noisy(void **state)
{
    static const struct {
        int64_t n;
        size_t least, most;
    } cases[] = {
        { 14, 0, 0 }, { 15, 60, 160 }, { 17, 120, 220 }, { 18, 160, 260 }, { 60, 399, 400 },
    };
    struct threshold_floors floors = { 5, 15, true };
    struct count_noise noise = { .is_on = true, .conversations = 5, .accounts = 2 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t n_kept = 0;
        for (uint64_t j = 0; j < 400; j++) {
            struct threshold_count count = { cases[i].n, 14, noise_person(j) };
            n_kept += threshold_holds_noisily(&count, &floors, &noise);
        }
        if (n_kept < cases[i].least || n_kept > cases[i].most)
            fail_msg("%d conversations: %zu of 400 kept", (int)cases[i].n, n_kept);
    }
    noise.is_on = false;
    struct threshold_count count = { 15, 14, 1 };
    assert_true(threshold_holds_noisily(&count, &floors, &noise));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_distinct_accounts), cmocka_unit_test(both_floors_hold),
        cmocka_unit_test(shown_counts_are_noisy_and_over_the_floors),
        cmocka_unit_test(the_floor_of_conversations_is_noisy),
        cmocka_unit_test(fit_is_the_lowest_tenth)
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
