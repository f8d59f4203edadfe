// SPDX-License-Identifier: Apache-2.0
// Subjects: the public list is well-formed, a group is named by what enough of its accounts have,
// parents by the wider name, and a text finds its subject with the real embedder.
#include "base/crypto.h"
#include "cluster/subject_match.h"
#include "embed/embedder.h"
#include "embed_models.h"
#include "unit/phrase_fixture.h"

static void test_the_list(void **state)
{
    struct subject_list list;
    struct map seen = { 0 };
    (void)state;
    subject_read(&arena, &list);
    assert_true(list.n > 150);
    for (size_t i = 0; i < list.n; i++) {
        bool is_new;
        struct str value = list.items[i].value, name = subject_name(value);
        map_add(&seen, name, 0, &is_new);
        assert_true(is_new);
        assert_true(name.len > 2 && name.len < 48 && name.ptr > value.ptr);
        assert_true(str_starts(list.items[i].hint, name));
        assert_true(list.items[i].hint.len > name.len + 4);
        assert_true(memchr(value.ptr, '\n', value.len) == NULL);
    }
    map_release(&seen);
}

// n conversations of as many accounts, from `first` on; one account when `first` is negative.
static void add(uint32_t group, int64_t first, int n, const char *subject)
{
    struct err err = { 0 };
    for (int i = 0; i < n; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s %d", "words", i);
        struct str texts[1] = { str_of(text) };
        assert_int_equal(phrase_corpus_add(corpus, group, first < 0 ? 1 : first + i, texts, 1,
                                           STR_LIT("English"), &err),
                         0);
        phrase_corpus_subject(corpus, str_of(subject));
    }
}

static struct phrase_list *find(size_t n_groups, const uint32_t *parent_of)
{
    struct phrase_params params = phrase_default_params();
    struct phrase_list *lists = arena_zero_array(&arena, n_groups, sizeof *lists);
    struct err err = { 0 };
    params.has_accounts = true;
    params.min_accounts = 5;
    assert_int_equal(phrase_find(corpus, &params, parent_of, n_groups, &arena, lists, &err), 0);
    return lists;
}

static void assert_subjects(const struct phrase_list *list, const char *first, const char *second)
{
    const char *wanted[] = { first, second };
    size_t n = first ? second ? 2 : 1 : 0;
    assert_int_equal(list->n_subjects, n);
    for (size_t i = 0; i < n; i++)
        assert_true(str_equal(list->subjects[i].text, str_of(wanted[i])));
}

static void test_groups_are_named(void **state)
{
    (void)state;
    add(0, 1, 10, "Software: Databases and SQL"); // one clear subject
    add(0, 11, 2, "Health: Pets");
    add(1, 100, 4, "Software: Databases and SQL"); // too few accounts
    add(1, 110, 30, "");
    add(2, -1, 30, "Health: Pets");     // one account
    add(3, 200, 10, "Writing: Essays"); // two of a size
    add(3, 220, 9, "Health: Pets");
    for (int i = 0; i < 10; i++) { // many of one group of subjects
        char subject[40];
        snprintf(subject, sizeof subject, "Law: Part %d", i);
        add(4, 300 + 10 * i, 2, subject);
    }
    struct phrase_list *lists = find(5, NULL);
    assert_subjects(&lists[0], "Databases and SQL", NULL);
    assert_int_equal(lists[0].subjects[0].n_accounts, 10);
    assert_int_equal(lists[0].subjects[0].n_conversations, 10);
    assert_subjects(&lists[1], NULL, NULL);
    assert_subjects(&lists[2], NULL, NULL);
    assert_subjects(&lists[3], "Essays", "Pets");
    assert_int_equal(lists[3].n_spares, 0); // their groups say no more
    assert_subjects(&lists[4], "Law", NULL);
}

// No subject of it has enough accounts. Who is in both clusters counts once.
static void test_parents_have_the_wider_name(void **state)
{
    static const uint32_t parent_of[] = { 0, 0, 1 };
    char subject[40];
    (void)state;
    for (int i = 0; i < 10; i++) {
        snprintf(subject, sizeof subject, "Software: Part %d", i % 5);
        add((uint32_t)i / 5, 1 + 2 * (i % 5), 2, subject);
    }
    add(2, 50, 40, "Health: Pets");
    struct phrase_list *lists = find(2, parent_of);
    assert_subjects(&lists[0], "Software", NULL);
    assert_int_equal(lists[0].subjects[0].n_accounts, 10); // not 20
    assert_int_equal(lists[0].subjects[0].n_conversations, 20);
}

// A parent over several things is named by the largest of them, when they are much of it.
static void test_parents_over_several_things(void **state)
{
    static const uint32_t parent_of[] = { 0, 0, 0, 1, 2 };
    (void)state;
    add(0, 1, 11, "Software: Databases and SQL");
    add(0, 31, 10, "Software: Version control");
    add(1, 101, 10, "Health: Pets");
    add(1, 131, 10, "Health: Sleep");
    add(2, 201, 15, "Law: Contracts");
    add(2, 251, 60, "");
    add(3, 301, 60, "Software: Version control"); // so that none of these is more than usual
    add(3, 401, 60, "Health: Sleep");
    add(4, 501, 11, "Law: Contracts"); // not much of it
    add(4, 551, 89, "");
    struct phrase_list *lists = find(3, parent_of);
    assert_int_equal(lists[0].n_subjects, 3);
    assert_true(str_equal(lists[0].subjects[0].text, STR_LIT("Software")));
    assert_true(str_equal(lists[0].subjects[1].text, STR_LIT("Health")));
    assert_true(str_equal(lists[0].subjects[2].text, STR_LIT("Law")));
    assert_subjects(&lists[2], NULL, NULL);
}

// "Health · Health care systems", "Writing · Creative writing": one of them says it.
static void test_no_word_twice(void **state)
{
    static const char *const others[] = { "A", "B", "C", "D", "E", "F", "G", "H" };
    char subject[40];
    (void)state;
    for (int i = 0; i < 8; i++) { // groups of subjects
        snprintf(subject, sizeof subject, "Health: %s", others[i]);
        add(0, 1 + 10 * i, 5, subject);
        snprintf(subject, sizeof subject, "Data and AI: %s", others[i]);
        add(1, 301 + 10 * i, 5, subject);
        snprintf(subject, sizeof subject, "Writing: %s", others[i]);
        add(2, 601 + 10 * i, 5, subject);
        snprintf(subject, sizeof subject, "Creative writing: %s", others[i]);
        add(2, 701 + 10 * i, 5, subject);
    }
    add(0, 201, 8, "Health: Health care systems");
    add(1, 501, 6, "Data and AI: Data analysis");
    add(2, 801, 40, "");
    add(3, 901, 300, "Society: History");
    struct phrase_list *lists = find(4, NULL);
    assert_subjects(&lists[0], "Health care systems", NULL);
    assert_subjects(&lists[1], "Data and AI", NULL); // too little of it
    assert_subjects(&lists[2], "Creative writing", NULL);
}

static void test_titles_begin_with_subjects(void **state)
{
    struct map used = { 0 };
    struct phrase_title titles[2];
    struct phrase_facts facts = { 10, 10, 20, true };
    (void)state;
    add(0, 1, 10, "Software: Databases and SQL");
    add(1, 30, 10, "Software: Databases and SQL");
    struct phrase_list *lists = find(2, NULL);
    lists[0].n = lists[1].n = lists[1].n_spares = 0;
    phrase_titles(lists, 2, &used, &arena, titles);
    assert_true(str_equal(titles[0].text, STR_LIT("Databases and SQL")));
    assert_true(str_equal(titles[1].text, STR_LIT("Databases and SQL (2)"))); // never alike
    struct str summary = phrase_summary(&lists[0], &titles[0], &facts, &arena);
    assert_true(str_starts(summary, STR_LIT("Often about Databases and SQL. ")));
    assert_true(str_equal(phrase_title_key(STR_LIT("Story \xC2\xB7 scene"), &arena),
                          phrase_title_key(STR_LIT("Scene \xC2\xB7 story"), &arena)));
    map_release(&used);
}

static void test_a_summary_says_nothing_twice(void **state)
{
    struct phrase items[] = {
        { .text = STR_LIT("business") }, { .text = STR_LIT("write a company analysis") },
        { .text = STR_LIT("market") },   { .text = STR_LIT("analysis of a rival") },
        { .text = STR_LIT("rivals") },   { .text = STR_LIT("markets in Asia") }
    };
    struct phrase_list list = { .items = items,
                                .n = COUNT_OF(items),
                                .subjects = { { .text = STR_LIT("Business") },
                                              { .text = STR_LIT("Company analysis") } },
                                .n_subjects = 2 };
    struct phrase_title title = { .picks = { 2 }, .n_picks = 1 };
    struct phrase_facts facts = { 10, 10, 20, true };
    (void)state;
    struct str summary = phrase_summary(&list, &title, &facts, &arena);
    assert_true(
        str_starts(summary, STR_LIT("Often about Business, Company analysis; they share: "
                                    "market; also analysis of a rival, markets in Asia. ")));
    list.n = 3;
    summary = phrase_summary(&list, &title, &facts, &arena);
    assert_true(str_starts(
        summary, STR_LIT("Often about Business, Company analysis; they share: market. ")));
}

static void test_texts_find_their_subject(void **state)
{
    static const struct {
        const char *text, *language, *value;
    } cases[] = {
        { "which ingredients do I need to cook lasagna", "English",
          "Everyday life: Recipes and cooking" },
        { "join two tables and count the rows with a SELECT query", "Korean",
          "Software: Databases and SQL" },
        { "write a cover letter for a nursing job", "",
          "Work and careers: Resumes and cover letters" },
        { "plan five days in Lisbon with children", "Unknown", "Everyday life: Travel plans" },
        { "\xE8\xAF\xA6\xE7\xBB\x86\xE4\xBB\x8B\xE7\xBB\x8D\xE9\xA6\x99\xE5\x86\x9C", "Chinese",
          "" }, // without the bar "Translation", as all texts in Chinese
        { "explica los primeros pasos de la jardiner\xC3\xAD"
          "a en casa",
          "Spanish", "" },
    };
    struct err err = { 0 };
    struct pool *pool = NULL;
    struct embedder *embedder = NULL;
    struct subject_match match;
    struct matrix vectors;
    struct str texts[COUNT_OF(cases)], found[COUNT_OF(cases)];
    float least[COUNT_OF(cases)];
    (void)state;
    const char *dir = installed_model(&arena, false);
    if (!dir)
        skip();
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        least[i] = subject_least(texts[i] = str_of(cases[i].text), str_of(cases[i].language));
    assert_int_equal(crypto_start(&err), 0);
    assert_int_equal(pool_open(&pool, 1, &err), 0);
    assert_int_equal(embedder_open(&embedder, dir, EMBEDDER_FP32, pool, &err), 0);
    assert_int_equal(
        matrix_make(&vectors, COUNT_OF(cases), embedder_dims(embedder), &arena, "x", &err), 0);
    assert_int_equal(embedder_encode(embedder, texts, COUNT_OF(cases), &vectors, &err), 0);
    assert_int_equal(subject_match_open(&match, embedder, &arena, &err), 0);
    assert_int_equal(subject_match_rows(&match, &vectors, least, &arena, found, &err), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (!str_equal(found[i], str_of(cases[i].value)))
            fail_msg("\"%s\" is about \"%.*s\"", cases[i].text, STR_ARG(found[i]));
    subject_match_close(&match);
    embedder_close(embedder);
    pool_close(pool);
}

static void test_foreign_texts_need_more(void **state)
{
    struct str russian = STR_LIT("\xD0\xBA\xD0\xB0\xD0\xBA SQL \xD0\xB4\xD0\xB0");
    struct str german = STR_LIT("wie verbinde ich zwei Tabellen miteinander und was ist schneller");
    (void)state;
    assert_true(subject_least(STR_LIT("how do I join tables"), STR_LIT("English")) ==
                SUBJECT_LEAST);
    assert_true(subject_least(german, STR_LIT("English")) == SUBJECT_LEAST); // as the facet says
    assert_true(subject_least(STR_LIT("123"), STR_LIT("")) == SUBJECT_LEAST);
    float more = subject_least(german, STR_LIT("German"));
    assert_true(more > SUBJECT_LEAST && more < 1);
    assert_true(subject_least(STR_LIT("sdf"), STR_LIT("Unknown")) == more);
    // English inside of a conversation that is not
    assert_true(subject_least(STR_LIT("write the first chapter of a story about the sea"),
                              STR_LIT("Korean")) == SUBJECT_LEAST);
    assert_true(subject_least(russian, STR_LIT("Russian")) > 1);
    assert_true(subject_least(russian, STR_LIT("Unknown")) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_list),
        TEST(test_groups_are_named),
        TEST(test_parents_have_the_wider_name),
        TEST(test_parents_over_several_things),
        TEST(test_no_word_twice),
        TEST(test_titles_begin_with_subjects),
        TEST(test_a_summary_says_nothing_twice),
        TEST(test_texts_find_their_subject),
        TEST(test_foreign_texts_need_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
