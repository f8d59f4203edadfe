// SPDX-License-Identifier: Apache-2.0
// How a released word is shown, singular or plural, small or large: an account has one vote, and
// with noisy floors nobody can tell by it whether one more account is there.
#include "base/hash.h"
#include "unit/phrase_fixture.h"

#include <math.h>

// With a word of its own behind, so that no two are near-copies.
static void add(int64_t account, const char *text)
{
    static int n;
    struct err err = { 0 };
    char line[200];
    n++;
    snprintf(line, sizeof line, "%s, qx%c%c%c tail", text, 'a' + n % 26, 'a' + n / 26 % 26,
             'a' + n / 676 % 26);
    struct str texts[1] = { str_of(line) };
    assert_int_equal(phrase_corpus_add(corpus, 0, account, texts, 1, STR_LIT("English"), &err), 0);
}

static bool shows(const char *word, const struct hash_key *noise, bool has_accounts)
{
    struct phrase_params params = phrase_default_params();
    struct phrase_words words = { 0 };
    struct err err = { 0 };
    params.noise = noise;
    params.has_accounts = has_accounts;
    assert_int_equal(phrase_shared(corpus, &params, NULL, 1, 100, &arena, &words, &err), 0);
    for (size_t i = 0; i < words.n; i++)
        if (str_equal(words.items[i].shown, str_of(word)))
            return true;
    return false;
}

// Six accounts write one way, five the other, one of which writes much.
static void fill(int64_t n_of_one)
{
    again();
    for (int64_t i = 0; i < 6; i++)
        add(1 + i, "bake a recipe with quorvia");
    for (int64_t i = 0; i < 4; i++)
        add(10 + i, "bake recipes with Quorvia");
    for (int64_t i = 0; i < n_of_one; i++)
        add(20, "Recipes with Quorvia, recipes of Quorvia, QUORVIA recipes");
}

static void test_an_account_has_one_vote(void **state)
{
    (void)state;
    fill(40);
    assert_true(shows("recipe", NULL, true));
    assert_true(shows("quorvia", NULL, true));
    assert_false(shows("recipes", NULL, true));
    fill(40); // without accounts each conversation is one
    assert_true(shows("recipes", NULL, false));
    assert_true(shows("Quorvia", NULL, false));
    fill(0);
    add(PHRASE_NO_ACCOUNT, "recipes"); // signed out: none
    add(PHRASE_NO_ACCOUNT, "recipes with Quorvia");
    add(PHRASE_NO_ACCOUNT, "fine recipes with Quorvia");
    assert_true(shows("recipe", NULL, true));
    assert_true(shows("quorvia", NULL, true));
}

// How often, of as many keys, a corpus of n and m accounts shows the plural, and a capital.
static void try_keys(int n, int m, int tries, double *plural, double *capital)
{
    int n_plural = 0, n_capital = 0;
    for (int i = 0; i < tries; i++) {
        struct hash_key key = hash_key_of_seed((uint64_t)i);
        again();
        for (int64_t j = 0; j < n; j++)
            add(1 + j, "bake a recipe with quorvia");
        for (int64_t j = 0; j < m; j++)
            add(100 + j, "bake recipes with Quorvia");
        bool has_plural = shows("recipes", &key, true), has_capital = shows("Quorvia", &key, true);
        n_plural += has_plural;
        n_capital += has_capital;
    }
    *plural = (double)n_plural / tries;
    *capital = (double)n_capital / tries;
}

static void test_one_more_cannot_be_told(void **state)
{
    enum { TRIES = 2000, N = 40 };
    double plural[2], capital[2], far_plural, far_capital;
    (void)state;
    try_keys(N, N, TRIES, &plural[0], &capital[0]);
    try_keys(N, N + 1, TRIES, &plural[1], &capital[1]);
    print_message("%d and %d accounts: plural %.3f, capital %.3f; one more: %.3f, %.3f\n", N, N,
                  plural[0], capital[0], plural[1], capital[1]);
    // exact counts would say 0 and 1; Laplace noise of scale 1 tells (e - 1)/(e + 1) = 0.46 at most
    assert_true(plural[0] > 0.3 && plural[1] < 0.9 && fabs(plural[1] - plural[0]) < 0.5);
    assert_true(capital[0] > 0.1 && capital[1] < 0.9 && fabs(capital[1] - capital[0]) < 0.5);
    try_keys(N, N - 15, TRIES / 10, &far_plural, &far_capital);
    assert_true(far_plural == 0 && far_capital == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_account_has_one_vote),
        TEST(test_one_more_cannot_be_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
