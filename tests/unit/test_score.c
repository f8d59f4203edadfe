// SPDX-License-Identifier: Apache-2.0
// The score of a ring, of copies and of an organisation among 3,000 ordinary prompts; of chance.
#include "unit/check.h"

#include "base/rng.h"
#include "safety/score.h"

enum { N = 3200, ACCOUNTS = 800, ORDINARY = 3000, DAY = 1440, MONDAY = 28401120 };
static uint32_t account[N], address[N], agent[N], cluster[N], text[N], items[N];
static int32_t minute[N];
static float likeness[N], rarity[N];

// Prompts ORDINARY … N-1 are those of the group that a test looks at.
static struct score_world make(struct arena *a)
{
    struct rng rng;
    rng_init(&rng, 5, "test");
    for (uint32_t i = 0; i < N; i++) {
        account[i] = (uint32_t)rng_below(&rng, 700);
        address[i] = 1 + account[i];
        agent[i] = 1 + (uint32_t)rng_below(&rng, 20);
        cluster[i] = 1 + (uint32_t)rng_below(&rng, 40);
        minute[i] = MONDAY + (int32_t)rng_below(&rng, 360 * DAY);
        text[i] = i;
        likeness[i] = 0.6f;
        rarity[i] = 3;
        items[i] = ORDINARY + i;
    }
    return (struct score_world){ .account = account,
                                 .address = address,
                                 .agent = agent,
                                 .cluster = cluster,
                                 .text = text,
                                 .minute = minute,
                                 .likeness = likeness,
                                 .rarity = rarity,
                                 .n = N,
                                 .n_accounts = ACCOUNTS };
    (void)a;
}

static struct score score_of(struct score_world *world, const uint32_t *list, size_t n,
                             struct arena *a)
{
    struct score score;
    struct score_chance chance;
    uint8_t *seen = arena_zero_array(a, world->n, 1);
    score_world_make(world, a);
    score_draw(world, score_n_drawn(n, world->n), 1, seen, a, &chance);
    for (size_t i = 0; i < world->n; i++)
        assert_int_equal(seen[i], 0);
    score_group(world, list, n, &chance, a, &score);
    return score;
}

static struct score scored(struct score_world *world, size_t n, struct arena *a)
{
    struct score score = score_of(world, items, n, a);
    double sum = 0;
    for (int part = 0; part < SCORE_N_PARTS; part++)
        sum += score.points[part];
    assert_true(score.total >= 0 && score.total <= 100);
    assert_true(sum < 0 ? score.total < 1e-9
                        : score.total - sum < 1e-9 && sum - score.total < 1e-9);
    return score;
}

// A draw holds nobody twice: of all, in a small corpus, there is one draw, and nothing about the
// group that is all of them is beyond chance.
static void test_draws_hold_nobody_twice(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct score_world w = make(&a);
    uint32_t all[40];
    w.n = COUNT_OF(all);
    for (uint32_t i = 0; i < w.n; i++)
        all[i] = i;
    struct score score = score_of(&w, all, w.n, &a);
    for (int part = 0; part < SCORE_N_PARTS; part++)
        if (part != SCORE_TEMPLATE && part != SCORE_RARE)
            assert_true(score.p[part] == 1 && score.value[part] - score.chance[part] < 1e-9 &&
                        score.chance[part] - score.value[part] < 1e-9);
    arena_release(&a);
}

static void test_ring(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct score_world w = make(&a);
    for (uint32_t i = 0; i < 120; i++) { // 20 accounts of their own, six each, four addresses
        account[ORDINARY + i] = 700 + i % 20;
        address[ORDINARY + i] = 5000 + i % 4;
        minute[ORDINARY + i] = MONDAY + 100 * DAY + (int32_t)(i * 97 % (5 * DAY));
    }
    struct score s = scored(&w, 120, &a);
    assert_true(s.total > 75 && s.p_total <= 0.005);
    assert_int_equal(score_kind_of(&s), SCORE_RING);
    assert_int_equal(s.n_accounts, 20);
    assert_true(s.value[SCORE_REPEAT] == 1 && s.chance[SCORE_REPEAT] < 0.3);
    assert_true(s.value[SCORE_CLIENT] == 1 && s.first_minute == MONDAY + 100 * DAY);
    arena_release(&a);
}

static void test_chance_scores_low(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct score_world w = make(&a);
    struct score s = scored(&w, 120, &a); // ordinary accounts that happen to use one wording
    assert_true(s.total < 35 && s.p_total > 0.01);
    arena_release(&a);
}

static void test_copies(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct score_world w = make(&a);
    for (uint32_t i = 0; i < 100; i++) { // a sheet: everybody once, in three days
        account[ORDINARY + i] = i * 7;
        minute[ORDINARY + i] = MONDAY + 100 * DAY + (int32_t)(i * 37);
        likeness[ORDINARY + i] = 1;
    }
    struct score s = scored(&w, 100, &a);
    assert_int_equal(score_kind_of(&s), SCORE_COPIES);
    assert_true(s.total < SCORE_DEFAULT);
    arena_release(&a);
}

// Half of a class asks again, with the same sheet: that is no coming back. With a sheet of its own
// each time, or a third time, it is.
static void test_a_second_try_is_no_repeat(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct score_world w = make(&a);
    for (uint32_t i = 0; i < 90; i++) { // 60 accounts, from one school, in three days
        account[ORDINARY + i] = i % 60 * 7;
        address[ORDINARY + i] = 6000;
        minute[ORDINARY + i] = MONDAY + 100 * DAY + (int32_t)(i * 41);
        likeness[ORDINARY + i] = 1;
        text[ORDINARY + i] = 9;
    }
    struct score s = scored(&w, 90, &a);
    assert_int_equal(score_kind_of(&s), SCORE_COPIES);
    assert_true(s.value[SCORE_REPEAT] == 0 && s.value[SCORE_ONE_OFF] == 1);
    assert_int_equal(s.n_repeating, 0);
    for (uint32_t i = 0; i < 90; i++)
        text[ORDINARY + i] = 1000 + i;
    struct score other = scored(&w, 90, &a);
    assert_true(other.value[SCORE_REPEAT] == 0.5 && other.total > s.total + 10);
    for (uint32_t i = 0; i < 90; i++) {
        account[ORDINARY + i] = i % 30 * 7;
        text[ORDINARY + i] = 9;
    }
    struct score thrice = scored(&w, 90, &a);
    assert_true(thrice.value[SCORE_REPEAT] == 1);
    arena_release(&a);
}

static void test_organisation(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct score_world w = make(&a);
    for (uint32_t i = 0; i < 150; i++) { // 15 people, one office, from nine to five
        account[ORDINARY + i] = 700 + i % 15;
        address[ORDINARY + i] = 6000;
        minute[ORDINARY + i] = MONDAY + (int32_t)(i % 36 * 7 * DAY + i % 5 * DAY + 540 + i * 3);
    }
    struct score s = scored(&w, 150, &a);
    assert_int_equal(score_kind_of(&s), SCORE_OFFICE);
    assert_true(s.total < SCORE_DEFAULT);
    for (uint32_t i = 0; i < 150; i++) // the same by night and on Sundays is no office
        minute[ORDINARY + i] = MONDAY + (int32_t)(i * 3457 % (250 * DAY));
    s = scored(&w, 150, &a);
    assert_int_equal(score_kind_of(&s), SCORE_RING);
    assert_true(s.total > SCORE_DEFAULT);
    arena_release(&a);
}

static void test_missing_columns_are_no_evidence(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct score_world w = make(&a);
    memset(address, 0, sizeof address);
    memset(agent, 0, sizeof agent);
    memset(cluster, 0, sizeof cluster);
    for (uint32_t i = 0; i < N; i++)
        minute[i] = SCORE_NO_TIME;
    struct score s = scored(&w, 50, &a);
    assert_false(w.has_time || w.has_address || w.has_agent || w.has_cluster);
    assert_true(s.points[SCORE_CLIENT] == 0 && s.points[SCORE_BURST] == 0 &&
                s.points[SCORE_CLUSTER] == 0 && s.points[SCORE_ORGANISATION] == 0);
    assert_int_equal(s.first_minute, SCORE_NO_TIME);
    arena_release(&a);
}

// A popular wording: 10,000 of 20,000 prompts, dealt at random to 2,000 accounts. What so many
// draws give is nearly all of it, whatever the parts are.
static void test_a_large_group_by_chance(void **state)
{
    enum { MANY = 20000, HALF = MANY / 2 };
    static uint32_t whose[MANY], none[MANY], other[MANY], half[HALF];
    static int32_t when[MANY];
    static float flat[MANY];
    (void)state;
    struct arena a = { 0 };
    struct rng rng;
    rng_init(&rng, 7, "test");
    for (uint32_t i = 0; i < MANY; i++) {
        whose[i] = (uint32_t)rng_below(&rng, 2000);
        when[i] = MONDAY + (int32_t)rng_below(&rng, 360 * DAY);
        flat[i] = 0.6f;
        other[i] = i;
    }
    for (uint32_t i = 0; i < HALF; i++)
        half[i] = 2 * i;
    struct score_world w = { .account = whose,
                             .address = none,
                             .agent = none,
                             .cluster = none,
                             .text = other,
                             .minute = when,
                             .likeness = flat,
                             .rarity = flat,
                             .n = MANY,
                             .n_accounts = 2000 };
    assert_true(score_n_drawn(HALF, MANY) >= HALF && score_n_drawn(HALF, MANY) <= HALF + HALF / 16);
    struct score s = score_of(&w, half, HALF, &a);
    assert_true(s.value[SCORE_REPEAT] > 0.9 && s.points[SCORE_REPEAT] < 6 &&
                s.points[SCORE_USE] < 2 && s.p_total > 0.01);
    arena_release(&a);
}

static void test_sizes_that_are_drawn(void **state)
{
    (void)state;
    for (size_t n = 1; n < 70000; n += 1 + n / 7) {
        size_t drawn = score_n_drawn(n, 65000);
        assert_true(n <= 4096 ? drawn == n : n > 65000 ? drawn == 65000 : drawn >= n);
        assert_true(drawn <= n + n / 16);
    }
}

// Few of a group's prompts have a time: nothing is said of when it was sent, nor of an office.
static void test_a_few_times_are_no_evidence(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct score_world w = make(&a);
    for (uint32_t i = 0; i < 100; i++) {
        account[ORDINARY + i] = 700 + i % 10;
        address[ORDINARY + i] = 6000; // one office, as it seems
        minute[ORDINARY + i] = i < 3 ? MONDAY + (int32_t)i : SCORE_NO_TIME;
    }
    struct score s = scored(&w, 100, &a);
    assert_true(w.has_time && s.points[SCORE_TOGETHER] <= 0 && s.points[SCORE_BURST] <= 0);
    assert_true(s.points[SCORE_ORGANISATION] >= 0 && score_kind_of(&s) == SCORE_RING);
    minute[ORDINARY] = SCORE_NO_TIME, minute[ORDINARY + 1] = SCORE_NO_TIME;
    s = scored(&w, 100, &a); // one time
    assert_true(s.points[SCORE_ORGANISATION] >= 0);
    arena_release(&a);
}

// From the first to the last minute that can be is more than an int32_t holds.
static void test_times_at_both_ends(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct score_world w = make(&a);
    for (uint32_t i = 0; i < 100; i++)
        minute[ORDINARY + i] = i % 2 ? INT32_MAX - 1 : INT32_MIN + 1;
    struct score s = scored(&w, 100, &a);
    assert_true(s.value[SCORE_BURST] > 0.49 && s.value[SCORE_BURST] < 0.51);
    arena_release(&a);
}

// Accounts that send little make a core by chance; a ring's core is larger than any such.
static void test_cores_by_chance(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct score_world w = make(&a);
    struct score_chance chance;
    struct score score;
    uint8_t *seen = arena_zero_array(&a, N, 1);
    for (uint32_t i = 0; i < N; i++)
        account[i] = i % 100;
    for (uint32_t i = 0; i < 60; i++)
        account[ORDINARY + i] = 700 + i % 12; // five each, and nothing else
    for (uint32_t i = 0; i < 600; i++)
        items[i] = N - 600 + i;
    score_world_make(&w, &a);
    score_draw(&w, 1600, 1, seen, &a, &chance);
    assert_true(chance.most_core > 0); // half of all prompts is half of somebody's
    score_draw(&w, 600, 1, seen, &a, &chance);
    score_group(&w, items, 600, &chance, &a, &score);
    assert_int_equal(score.n_core, 12);
    assert_true(score.n_core > chance.most_core);
    for (uint32_t i = 0; i < 600; i++)
        items[i] = i;
    score_group(&w, items, 600, &chance, &a, &score);
    assert_true(score.n_core <= chance.most_core);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draws_hold_nobody_twice),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_chance_scores_low),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_a_second_try_is_no_repeat),
        cmocka_unit_test(test_organisation),
        cmocka_unit_test(test_missing_columns_are_no_evidence),
        cmocka_unit_test(test_a_large_group_by_chance),
        cmocka_unit_test(test_sizes_that_are_drawn),
        cmocka_unit_test(test_a_few_times_are_no_evidence),
        cmocka_unit_test(test_times_at_both_ends),
        cmocka_unit_test(test_cores_by_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
