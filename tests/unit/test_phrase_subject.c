// SPDX-License-Identifier: Apache-2.0
// What names a parent: two subjects that are nearly half of it, else its group of subjects with the
// subjects that tell it from the corpus; only such as enough accounts have, and never the same as
// another title.
#include "unit/phrase_fixture.h"

static int64_t next_account;

// n conversations of an account each about `subject` in `group`, all of which share one phrase.
static void add(int n, uint32_t group, const char *subject)
{
    for (int i = 0; i < n; i++) {
        char text[80];
        struct err err = { 0 };
        snprintf(text, sizeof text, "kubernetes cluster. number%c%c%c", 'a' + i / 26 % 26,
                 'a' + i % 26, 'a' + (char)group);
        struct str line = str_of(text);
        int rc =
            phrase_corpus_add(corpus, group, ++next_account, &line, 1, STR_LIT("English"), &err);
        assert_int_equal(rc, 0);
        phrase_corpus_subject(corpus, str_of(subject));
    }
}

// The title of parent 0, made of groups 0 and 1; group 2 is the rest of the corpus.
static struct str title_of_parent(struct phrase_list *lists, struct map *used)
{
    static const uint32_t parent_of[] = { 0, 0, 1 };
    struct phrase_params params = phrase_default_params();
    struct phrase_title title;
    struct err err = { 0 };
    assert_int_equal(phrase_find(corpus, &params, parent_of, 2, &arena, lists, &err), 0);
    phrase_titles(lists, 1, used, &arena, &title);
    return title.text;
}

static void expect(const char *wanted)
{
    struct phrase_list lists[2] = { 0 };
    struct map used = { 0 };
    struct str title = title_of_parent(lists, &used);
    if (!str_equal(title, str_of(wanted)))
        fail_msg("\"%.*s\" instead of \"%s\"", STR_ARG(title), wanted);
    map_release(&used);
}

#define B " \xC2\xB7 "

static void test_two_subjects_name_a_parent(void **state)
{
    (void)state;
    add(30, 0, "Software: Cloud services");
    add(25, 1, "Software: Containers");
    add(30, 1, "Software: Testing");
    add(35, 0, "Writing: Essays");
    add(200, 2, "Writing: Essays");
    expect("Essays" B "Cloud services"); // 54 of 100, and not a word of "kubernetes cluster"
}

static void test_one_subject_names_a_parent(void **state)
{
    (void)state;
    add(30, 0, "Software: Cloud services");
    add(30, 1, "Software: Cloud services");
    add(12, 1, "Software: Testing");
    add(8, 0, "Writing: Essays");
    add(200, 2, "Writing: Essays");
    expect("Cloud services" B "Testing");
}

// "Fixing errors" is a larger part than "Containers", but of all the corpus.
static void test_a_group_of_subjects_with_what_tells_it(void **state)
{
    (void)state;
    add(20, 0, "Software: Cloud services");
    add(16, 1, "Software: Fixing errors");
    add(14, 1, "Software: Containers");
    add(12, 1, "Software: Testing");
    add(12, 0, "Software: Networks");
    add(12, 0, "Software: Databases");
    add(18, 0, "Writing: Essays");
    add(200, 2, "Writing: Essays");
    add(60, 2, "Software: Fixing errors");
    expect("Software" B "Cloud services" B "Containers");
}

static void test_subjects_of_few_accounts_are_not_named(void **state)
{
    struct phrase_list lists[2] = { 0 };
    struct map used = { 0 };
    (void)state;
    add(5, 0, "Software: Cloud services");
    add(4, 1, "Software: Containers"); // a tenth, of four accounts
    add(4, 1, "Software: Testing");
    add(4, 1, "Software: Networks");
    add(4, 1, "Software: Databases");
    add(4, 1, "Writing: Essays");
    add(4, 1, "Writing: Letters");
    add(4, 1, "Writing: Poems");
    add(200, 2, "Writing: Essays");
    struct str title = title_of_parent(lists, &used);
    assert_true(str_equal(title, STR_LIT("Software" B "Cloud services")));
    for (size_t i = 0; i < lists[0].n_subjects; i++)
        assert_true(lists[0].subjects[i].n_accounts >= 5);
    map_release(&used);
}

// The level above has the same three: then two name it.
static void test_levels_are_told_apart(void **state)
{
    struct phrase_list lists[2] = { 0 };
    struct map used = { 0 };
    (void)state;
    add(20, 0, "Software: Cloud services");
    add(20, 1, "Software: Containers");
    add(20, 1, "Software: Testing");
    add(20, 0, "Software: Networks");
    add(20, 0, "Software: Databases");
    add(200, 2, "Writing: Essays");
    struct str title = title_of_parent(lists, &used);
    assert_true(str_equal(title, STR_LIT("Software" B "Cloud services" B "Containers")));
    assert_int_equal(lists[0].n_subjects, 3);
    title = title_of_parent(lists, &used);
    assert_true(str_equal(title, STR_LIT("Software" B "Cloud services")));
    assert_int_equal(lists[0].n_subjects, 2); // so that the third is not released
    map_release(&used);
}

// Two subjects of so many words that no phrase fits behind them: one goes, and a phrase comes.
static void test_long_names_are_told_apart(void **state)
{
    struct phrase_list lists[2] = { 0 };
    struct map used = { 0 };
    (void)state;
    add(30, 0, "Work: Resumes and cover letters");
    add(6, 1, "Business: Sales and customers"); // and others: too small to tell anything
    add(6, 1, "Society: Law");
    add(6, 1, "Health: Medicine");
    add(35, 0, "Writing: Essays");
    add(200, 2, "Writing: Essays");
    struct str title = title_of_parent(lists, &used);
    assert_true(str_equal(title, STR_LIT("Essays" B "Resumes and cover letters")));
    map_add(&used,
            phrase_title_key(STR_LIT("Essays" B "Resumes and cover letters" B "kubernetes cluster"),
                             &arena),
            UINT64_MAX, NULL);
    title = title_of_parent(lists, &used);
    if (!str_equal(title, STR_LIT("Essays" B "Kubernetes cluster")))
        fail_msg("\"%.*s\"", STR_ARG(title));
    map_release(&used);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_two_subjects_name_a_parent),
        TEST(test_one_subject_names_a_parent),
        TEST(test_a_group_of_subjects_with_what_tells_it),
        TEST(test_subjects_of_few_accounts_are_not_named),
        TEST(test_levels_are_told_apart),
        TEST(test_long_names_are_told_apart),
    };
    return cmocka_run_group_tests_name("phrase_subject", tests, NULL, NULL);
}
