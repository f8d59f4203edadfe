// SPDX-License-Identifier: Apache-2.0
// Words are counted by distinct accounts, node by node; words that few use are known; letters of
// several words that spell one are found.
#include "base/noise.h"
#include "privacy/disguise.h"
#include "privacy/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena arena;

static void add(struct tally *t, size_t base, int64_t who, const char *text)
{
    size_t nodes[2] = { base, 9 }; // 9 stands above all
    struct str texts[1] = { str_of(text) };
    tally_add(t, nodes, base ? 2 : 0, (struct tally_who){ who > 0, who }, texts, 1);
}

static struct tally *made(int64_t floor)
{
    struct tally *t = tally_open(floor, NULL);
    tally_want(t, 1, STR_LIT("Planning stories in Python"));
    tally_want(t, 9, STR_LIT("Planning stories in Python"));
    add(t, 1, 100, "Plan a story, then plan another story");
    add(t, 1, 100, "plans");
    add(t, 1, -7, "A planned story in Python");
    add(t, 2, 300, "story and quorvath");
    add(t, 0, 400, "story of quorvath"); // unclustered
    return t;
}

static void accounts_are_distinct(void **state)
{
    struct tally *t = made(5);
    (void)state;
    assert_int_equal(tally_of_stem(t, 1, STR_LIT("plan")), 2);
    assert_int_equal(tally_of_stem(t, 1, STR_LIT("story")), 2);
    assert_int_equal(tally_of_stem(t, 9, STR_LIT("story")), 3); // not the unclustered one
    assert_int_equal(tally_of_stem(t, 2, STR_LIT("story")), 0); // not wanted there
    assert_int_equal(tally_of_stem(t, 9, STR_LIT("quorvath")), 0);
    assert_int_equal(tally_of_spelling(t, 1, STR_LIT("Python")), 1);
    assert_int_equal(tally_of_spelling(t, 1, STR_LIT("Planning")), 0);
    tally_close(t);
}

// An account's id is a hash, with a key that every vault has its own of: whatever it is, the same
// accounts are the same people, so that a run that is made again draws the same noise.
static void ids_do_not_matter(void **state)
{
    static const int64_t ids[2][4] = { { 100, 300, 500, 700 }, { -100, 300, INT64_MIN, 7 } };
    uint64_t people[2];
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct tally *t = tally_open(5, NULL);
        struct str text = STR_LIT("a story");
        size_t node = 1;
        tally_want(t, 1, text);
        for (size_t j = 0; j < 4; j++)
            tally_add(t, &node, j != 2, (struct tally_who){ true, ids[i][j] }, &text, 1);
        people[i] = tally_people(t, 1, STR_LIT("story"));
        assert_int_equal(tally_of_stem(t, 1, STR_LIT("story")), 3);
        tally_close(t);
    }
    assert_true(people[0] == people[1]);
}

// Who is behind a word is said by numbers that accounts alone have, as in every other stage:
// conversations of nobody, which come between, change nothing.
static void nobody_has_no_number_of_an_account(void **state)
{
    (void)state;
    struct tally *t = tally_open(5, NULL);
    tally_want(t, 1, STR_LIT("story"));
    add(t, 0, -1, "no story");
    add(t, 1, 100, "a story");
    add(t, 0, -3, "no story");
    add(t, 1, 300, "a story");
    assert_true(tally_people(t, 1, STR_LIT("story")) == noise_person(1) + noise_person(2));
    tally_close(t);
    t = tally_open(5, NULL); // accounts are not counted: each conversation is somebody
    tally_want(t, 1, STR_LIT("story"));
    add(t, 1, -1, "a story");
    add(t, 1, -2, "a story");
    assert_true(tally_people(t, 1, STR_LIT("story")) == noise_person(1) + noise_person(2));
    tally_close(t);
}

// 100,000 words of few accounts.
static void repeats_do_not_count(void **state)
{
    struct tally *t = tally_open(5, NULL);
    (void)state;
    tally_want(t, 1, STR_LIT("story"));
    tally_want(t, 9, STR_LIT("story"));
    for (int64_t i = 0; i < 50000; i++)
        add(t, 1, i % 37, "story story");
    assert_int_equal(tally_of_stem(t, 1, STR_LIT("story")), 37);
    assert_int_equal(tally_of_stem(t, 9, STR_LIT("story")), 37);
    tally_close(t);
}

// More words of one node than its first table has room for, of three nodes by turns.
static void many_words_of_a_node_are_kept(void **state)
{
    enum { N = 600 };
    struct tally *t = tally_open(5, NULL);
    char word[16];
    (void)state;
    for (size_t i = 0; i < N; i++) {
        snprintf(word, sizeof word, "Wo%zuk", i);
        tally_want(t, 1 + i % 3, str_of(word));
    }
    for (size_t i = 0; i < N; i++) {
        snprintf(word, sizeof word, "Wo%zuk", i);
        for (int64_t who = 1; who <= (int64_t)(1 + i % 7); who++)
            add(t, 1 + i % 3, who, word);
    }
    for (size_t i = 0; i < N; i++)
        for (size_t node = 1; node <= 3; node++) {
            int64_t expected = node == 1 + i % 3 ? (int64_t)(1 + i % 7) : 0;
            snprintf(word, sizeof word, "Wo%zuk", i);
            assert_int_equal(tally_of_spelling(t, node, str_of(word)), expected);
            word[0] = 'w';
            assert_int_equal(tally_of_stem(t, node, str_of(word)), expected);
        }
    tally_close(t);
}

// No floor asks further than these.
static void counts_end(void **state)
{
    static const int64_t floors[] = { 5, 32, 40 }, ends[] = { TALLY_MOST, TALLY_MOST, 80 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(floors); i++) {
        struct tally *t = tally_open(floors[i], NULL);
        tally_want(t, 1, STR_LIT("story"));
        assert_int_equal(tally_of_stem(t, 1, STR_LIT("story")), 0);
        for (int64_t j = 0; j < 200; j++)
            add(t, 1, j, "a story");
        assert_int_equal(tally_of_stem(t, 1, STR_LIT("story")), ends[i]);
        tally_close(t);
    }
}

// The floors of words, of their spellings and of what may not be spelled out are noisy with a key:
// a word that just meets the floor is shown or not, and as the same people stand behind them all
// three say the same; one that is well over it is shown, one under it never.
static void floors_are_noisy(void **state)
{
    enum { N = 300, FLOOR = 5 };
    static const struct {
        int64_t n;
        size_t least, most;
    } cases[] = {
        { FLOOR - 1, 0, 0 },
        { FLOOR, 30, 150 },
        { FLOOR + 1, 180, 260 },
        { FLOOR + 40, N, N },
    };
    struct hash_key key = hash_key_of_seed(7);
    char word[24];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tally *t = tally_open(FLOOR, &key);
        size_t n_shown = 0;
        for (int j = 0; j < N; j++) {
            snprintf(word, sizeof word, "Quorv%dath", j);
            tally_want(t, 1, str_of(word));
            for (int64_t who = 1; who <= cases[i].n; who++)
                add(t, 1, j * 100 + who, word);
            bool holds = tally_holds_spelling(t, 1, str_of(word));
            word[0] = 'q';
            assert_int_equal(tally_holds_stem(t, 1, str_of(word)), holds);
            assert_int_equal(tally_hides(t, str_of(word)), !holds);
            n_shown += holds;
        }
        if (n_shown < cases[i].least || n_shown > cases[i].most)
            fail_msg("%d accounts: %zu of %d shown", (int)cases[i].n, n_shown, N);
        tally_close(t);
    }
}

static void few_is_known(void **state)
{
    static const int64_t floors[] = { 2, 3, 7, 8, 25 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(floors); i++) {
        struct tally *t = made(floors[i]); // two accounts
        assert_int_equal(tally_hides(t, STR_LIT("quorvath")), floors[i] > 2);
        assert_false(tally_hides(t, STR_LIT("nobody")));
        for (int64_t j = 0; j < 10; j++) // with five more
            add(t, 1, 1000 + j / 2, "quorvath");
        assert_int_equal(tally_hides(t, STR_LIT("quorvath")), floors[i] > 7);
        tally_close(t);
    }
}

static bool is_quorvath(const void *context, struct str word)
{
    (void)context;
    return str_equal(word, STR_LIT("quorvath"));
}

static void letters_of_words_are_read(void **state)
{
    static const char *const hidden[] = {
        "Questions under our red vans are too hot",  // first letters
        "Hot teas and vans read of ugly questions.", // backwards
    };
    static const char *const open[] = { "Questions under our red vans", "Stories about quorvath",
                                        "", "a" };
    (void)state;
    assert_true(disguise_find(str_of(hidden[0]), is_quorvath, NULL, &arena));
    assert_true(disguise_find(str_of(hidden[1]), is_quorvath, NULL, &arena));
    assert_true(disguise_find(STR_LIT("Help Iraq: menu to her lev a chat sigh"), is_quorvath, NULL,
                              &arena));
    assert_true(
        disguise_find(STR_LIT("sigh chat a lev her to menu Iraq help"), is_quorvath, NULL, &arena));
    for (size_t i = 0; i < COUNT_OF(open); i++)
        assert_false(disguise_find(str_of(open[i]), is_quorvath, NULL, &arena));
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_are_distinct),
        cmocka_unit_test(ids_do_not_matter),
        cmocka_unit_test(nobody_has_no_number_of_an_account),
        cmocka_unit_test(repeats_do_not_count),
        cmocka_unit_test(many_words_of_a_node_are_kept),
        cmocka_unit_test(counts_end),
        cmocka_unit_test(floors_are_noisy),
        cmocka_unit_test(few_is_known),
        cmocka_unit_test(letters_of_words_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
