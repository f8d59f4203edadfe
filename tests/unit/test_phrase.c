// SPDX-License-Identifier: Apache-2.0
// Released phrases: the floor in distinct accounts, near-copies, canaries, titles that differ.
#include "base/hash.h"
#include "base/rng.h"
#include "unit/phrase_fixture.h"

#define FLOOR 5

static void add(uint32_t group, int64_t account, const char *text)
{
    struct err err = { 0 };
    struct str texts[1] = { str_of(text) };
    assert_int_equal(phrase_corpus_add(corpus, group, account, texts, 1, STR_LIT("English"), &err),
                     0);
}

// `n` accounts from `first` on that each say `text` with a different tail.
static void add_many(uint32_t group, int64_t first, int n, const char *text)
{
    static const char *const tails[] = {
        "quickly",    "slowly",      "at home",    "in june",
        "for school", "for friends", "with music", "without sugar"
    };
    for (int i = 0; i < n; i++) {
        char line[200];
        snprintf(line, sizeof line, "%s, %s", text, tails[i % 8]);
        add(group, first + i, line);
    }
}

static struct phrase_list *find(size_t n_groups, bool has_accounts)
{
    struct phrase_params params = phrase_default_params();
    params.has_accounts = has_accounts;
    params.min_accounts = FLOOR;
    struct phrase_list *lists = arena_zero_array(&arena, n_groups, sizeof *lists);
    struct err err = { 0 };
    assert_int_equal(phrase_find(corpus, &params, NULL, n_groups, &arena, lists, &err), 0);
    return lists;
}

static bool holds(const struct phrase_list *list, const char *part)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_find(list->items[i].text, str_of(part), 0) != SIZE_MAX)
            return true;
    return false;
}

static void test_floor_counts_accounts(void **state)
{
    (void)state;
    add_many(0, 1, FLOOR, "bake sourdough");
    add_many(0, 1, FLOOR - 1, "paint watercolour");
    for (int i = 0; i < 40; i++) // one account, often
        add(0, 1, i % 2 ? "knit mittens now" : "knit mittens today");
    struct phrase_list *list = find(1, true);
    assert_true(holds(&list[0], "sourdough"));
    assert_false(holds(&list[0], "watercolour"));
    assert_false(holds(&list[0], "mittens"));
    for (size_t i = 0; i < list->n; i++)
        assert_true(list->items[i].n_accounts >= FLOOR);
}

static void test_floor_is_of_the_group(void **state)
{
    (void)state;
    add_many(0, 1, FLOOR - 1, "bake sourdough");
    add_many(1, 100, 20, "bake sourdough");
    struct phrase_list *lists = find(2, true);
    assert_false(holds(&lists[0], "sourdough"));
    assert_true(holds(&lists[1], "sourdough"));
}

static void test_parents_are_counted_anew(void **state)
{
    const uint32_t parent_of[3] = { 0, 0, PHRASE_NO_GROUP };
    struct phrase_params params = phrase_default_params();
    struct phrase_list list = { 0 };
    (void)state;
    // Three accounts in each of two groups, one of them in both: five in the parent.
    add_many(0, 1, 3, "bake sourdough");
    add_many(1, 3, 3, "eat sourdough");
    add_many(2, 50, 20, "paint watercolour");
    struct err err = { 0 };
    assert_int_equal(phrase_find(corpus, &params, parent_of, 1, &arena, &list, &err), 0);
    assert_true(holds(&list, "sourdough"));
    assert_int_equal(list.items[0].n_accounts, 5);
    assert_false(holds(&list, "watercolour"));
}

// Of three children of a size: what one alone says does not name the parent, what two say does.
// Where one child is nearly all of the parent, its words are the parent's.
static void test_one_child_does_not_name_its_parent(void **state)
{
    const uint32_t parent_of[5] = { 0, 0, 0, 1, 1 };
    struct phrase_params params = phrase_default_params();
    struct phrase_list lists[2] = { 0 };
    struct err err = { 0 };
    (void)state;
    add_many(0, 1, 20, "paint watercolour");
    add_many(1, 31, 20, "bake sourdough");
    add_many(2, 61, 20, "eat sourdough");
    add_many(3, 91, 40, "knit mittens");
    add_many(4, 141, 4, "sing hymns");
    params.min_accounts = FLOOR;
    assert_int_equal(phrase_find(corpus, &params, parent_of, 2, &arena, lists, &err), 0);
    assert_true(holds(&lists[0], "sourdough"));
    assert_false(holds(&lists[0], "watercolour"));
    assert_true(holds(&lists[1], "mittens"));
}

static bool is_in(const struct phrase_list *list, const char *phrase)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_equal(list->items[i].text, str_of(phrase)))
            return true;
    return false;
}

// "paint a wooden" is what all of them say, but in each it goes on. So does "sourdough bread".
static void test_a_phrase_is_not_cut(void **state)
{
    static const char *const things[] = { "paint a wooden mouse",   "paint a wooden robin",
                                          "paint a wooden otter",   "paint a wooden tiger",
                                          "paint a wooden zebra",   "paint a wooden horse",
                                          "sourdough bread slice",  "sourdough bread bun",
                                          "sourdough bread recipe", "sourdough bread loaf" };
    (void)state;
    for (int64_t i = 0; i < (int64_t)COUNT_OF(things); i++)
        add_many(i >= 6, 1 + 10 * i, 7, things[i]);
    struct phrase_list *lists = find(2, true);
    assert_true(holds(&lists[0], "paint a wooden "));
    assert_false(is_in(&lists[0], "paint a wooden"));
    assert_true(is_in(&lists[1], "sourdough bread"));
}

// On the upper levels a child is what the tree has there, of one base cluster or of four.
static void test_one_child_of_many_groups_does_not_name_its_parent(void **state)
{
    static const uint32_t parent_of[12] = { 0 };
    static const uint32_t child_of[12] = { 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2 };
    struct phrase_params params = phrase_default_params();
    struct phrase_list list = { 0 };
    struct err err = { 0 };
    (void)state;
    for (uint32_t g = 0; g < 12; g++)
        add_many(g, 1 + 100 * g, 8, g < 4 ? "paint watercolour" : "bake sourdough");
    params.min_accounts = FLOOR;
    assert_int_equal(phrase_find(corpus, &params, parent_of, 1, &arena, &list, &err), 0);
    assert_true(holds(&list, "sourdough"));
    assert_true(holds(&list, "watercolour")); // no base cluster has it nearly alone
    params.child_of = child_of;
    assert_int_equal(phrase_find(corpus, &params, parent_of, 1, &arena, &list, &err), 0);
    assert_true(holds(&list, "sourdough"));
    assert_false(holds(&list, "watercolour")); // a child has
}

static void test_no_account_supports_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++)
        add_many(0, PHRASE_NO_ACCOUNT, 1, "bake sourdough");
    struct phrase_list *list = find(1, true);
    assert_false(holds(&list[0], "sourdough"));
}

static void test_without_accounts_conversations_count(void **state)
{
    struct phrase_list *list;
    (void)state;
    for (int i = 0; i < 14; i++)
        add(0, PHRASE_NO_ACCOUNT, i % 2 ? "bake rye" : "bake rye today");
    list = find(1, false);
    assert_false(holds(&list[0], "rye"));
    again();
    for (int i = 0; i < 15; i++)
        add(0, PHRASE_NO_ACCOUNT, i % 2 ? "bake rye" : "bake rye today");
    list = find(1, false);
    assert_true(holds(&list[0], "rye"));
}

static void test_near_copies_count_once(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++) // one prompt, passed on; only numbers and capitals differ
        add(0, 1 + i,
            i % 2 ? "Act as a sommelier, and pair 3 wines with my dinner"
                  : "act as a sommelier and pair 12 wines with MY dinner!");
    add_many(0, 100, FLOOR, "choose a wine");
    struct phrase_list *list = find(1, true);
    assert_false(holds(&list[0], "sommelier"));
    assert_true(holds(&list[0], "wine"));
}

// 2,000 conversations of as many accounts, each with a secret of its own among shared words.
static void test_canaries_never_appear(void **state)
{
    static const char *const kinds[] = { "my bank password is", "write to my doctor",
                                         "call my neighbour", "the patient suffers from" };
    struct rng rng;
    char secrets[2000][12];
    (void)state;
    rng_init(&rng, 7, "canary");
    for (int i = 0; i < 2000; i++) {
        char line[200];
        for (int j = 0; j < 11; j++)
            secrets[i][j] = (char)('a' + rng_below(&rng, 26));
        secrets[i][11] = 0;
        snprintf(line, sizeof line, "%s %s and then plan a trip to the mountains %s", kinds[i % 4],
                 secrets[i], secrets[i]);
        add((uint32_t)(i % 10), i + 1, line);
    }
    struct phrase_list *lists = find(10, true);
    struct phrase_title titles[10];
    struct map used = { 0 };
    phrase_titles(lists, 10, &used, &arena, titles);
    for (int g = 0; g < 10; g++) {
        struct phrase_facts facts = { 200, 200, 2000, true };
        struct str summary = phrase_summary(&lists[g], &titles[g], &facts, &arena);
        assert_true(lists[g].n > 0);
        for (int i = 0; i < 2000; i++) {
            assert_false(holds(&lists[g], secrets[i]));
            assert_true(str_find(titles[g].text, str_of(secrets[i]), 0) == SIZE_MAX);
            assert_true(str_find(summary, str_of(secrets[i]), 0) == SIZE_MAX);
        }
    }
    map_release(&used);
}

static void test_account_numbers_do_not_matter(void **state)
{
    struct str first[2][20];
    size_t n[2];
    (void)state;
    for (int pass = 0; pass < 2; pass++) {
        struct rng rng;
        phrase_corpus_close(corpus);
        corpus = phrase_corpus_open();
        rng_init(&rng, 3, "words");
        for (int i = 0; i < 400; i++) {
            static const char *const words[] = { "tax",    "form",   "refund",   "income",
                                                 "salary", "office", "deadline", "advisor" };
            int64_t account = (int64_t)rng_below(&rng, 60) + 1;
            char line[100];
            snprintf(line, sizeof line, "%s %s %s %s", words[rng_below(&rng, 8)],
                     words[rng_below(&rng, 8)], words[rng_below(&rng, 8)],
                     words[rng_below(&rng, 8)]);
            add(0, pass ? account * -7919 : account, line);
        }
        struct phrase_list *list = find(1, true);
        n[pass] = list->n;
        for (size_t i = 0; i < list->n; i++)
            first[pass][i] = list->items[i].text;
    }
    assert_int_equal(n[0], n[1]);
    for (size_t i = 0; i < n[0]; i++)
        assert_true(str_equal(first[0][i], first[1][i]));
}

static void test_longer_phrase_takes_over(void **state)
{
    (void)state;
    add_many(0, 1, 8, "please write a cover letter");
    add_many(1, 1, 8, "sort a list");
    struct phrase_list *lists = find(2, true);
    assert_true(str_find(lists[0].items[0].text, STR_LIT("cover letter"), 0) != SIZE_MAX);
    for (size_t i = 0; i < lists[0].n; i++) {
        assert_false(str_equal(lists[0].items[i].text, STR_LIT("cover")));
        assert_false(str_equal(lists[0].items[i].text, STR_LIT("letter")));
    }
}

static void test_plurals_have_one_form(void **state)
{
    static const char *const pairs[][2] = {
        { "movies", "movie" },
        { "stories", "story" },
        { "headaches", "headache" },
        { "caches", "cache" },
        { "churches", "church" },
        { "calories", "calorie" },
        { "boxes", "box" },
        { "potatoes", "potato" },
        { "shoes", "shoe" },
        { "classes", "class" },
        { "cookies", "cookie" },
        { "tables", "table" },
        { "avalanches", "avalanche" },
        { "eclipses", "eclipse" },
    };
    (void)state;
    for (uint32_t i = 0; i < COUNT_OF(pairs); i++) {
        add_many(2 * i, 1, 3, pairs[i][0]);
        add_many(2 * i, 30, 2, pairs[i][1]);
        add_many(2 * i + 1, 1, 9, "bake sourdough");
    }
    struct phrase_list *lists = find(2 * COUNT_OF(pairs), true);
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        if (!holds(&lists[2 * i], pairs[i][0]) && !holds(&lists[2 * i], pairs[i][1]))
            fail_msg("\"%s\" and \"%s\" are counted apart", pairs[i][0], pairs[i][1]);
}

static void add_doors(void)
{
    struct err err = { 0 };
    add_many(0, 1, 8, "front door");
    for (int i = 0; i < 9; i++) {
        struct str texts[1] = { STR_LIT("het huis door de straat") };
        assert_int_equal(phrase_corpus_add(corpus, 1, 100 + i, texts, 1, STR_LIT("Dutch"), &err),
                         0);
    }
}

// English names things as other languages write their small words; the corpus tells which it is.
static void test_foreign_small_words_can_be_english(void **state)
{
    struct phrase_list *lists;
    (void)state;
    add_doors();
    lists = find(2, true);
    assert_false(holds(&lists[0], "door")); // more write Dutch
    again();
    add_doors();
    add_many(2, 200, 8, "camper van door");
    lists = find(3, true);
    assert_true(holds(&lists[0], "front door"));
    assert_true(holds(&lists[2], "camper van door"));
}

// A list as it might be found, best first.
static struct phrase_list *list_of(const char *const *subjects, const char *const *phrases)
{
    struct phrase_list *list = arena_zero_array(&arena, 1, sizeof *list);
    list->items = arena_zero_array(&arena, 8, sizeof *list->items);
    list->n_seen = 20;
    for (; *subjects; subjects++)
        list->subjects[list->n_subjects++] = (struct phrase){ str_of(*subjects), 9, 9, 9, 0 };
    for (; *phrases; phrases++)
        list->items[list->n++] = (struct phrase){ str_of(*phrases), 9, 9, 9, 1 };
    return list;
}

#define LIST(...)                                                                                  \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }
#define NONE                                                                                       \
    (const char *const[])                                                                          \
    {                                                                                              \
        NULL                                                                                       \
    }

static void expect_title(struct phrase_list *list, struct map *used, const char *wanted)
{
    struct phrase_title title;
    phrase_titles(list, 1, used, &arena, &title);
    if (!str_equal(title.text, str_of(wanted)))
        fail_msg("\"%.*s\" instead of \"%s\"", STR_ARG(title.text), wanted);
}

#define B " \xC2\xB7 "
static void test_titles_do_not_repeat_themselves(void **state)
{
    struct map used = { 0 };
    (void)state;
    expect_title(list_of(LIST("Economics"), LIST("economy", "economic growth", "inflation")), &used,
                 "Economics" B "inflation");
    expect_title(list_of(LIST("Computer security"), LIST("cyber", "cybersecurity", "attack")),
                 &used, "Computer security" B "cyber" B "attack");
    expect_title(list_of(LIST("Religion"), LIST("Bible", "biblical verse", "prayer")), &used,
                 "Religion" B "Bible" B "prayer");
    expect_title(list_of(LIST("Software"), LIST("auth", "authentication", "token")), &used,
                 "Software" B "auth" B "token");
    // What two subjects have in common is still said.
    expect_title(list_of(LIST("Python programming", "Java programming"), LIST("Java", "class")),
                 &used, "Python programming" B "Java programming" B "class");
    // And counts as words: ten are the most, with one left for a number.
    expect_title(list_of(LIST("Getting round the assistant's rules", "Testing the rules"),
                         LIST("ignore previous instructions", "prompt")),
                 &used, "Getting round the assistant's rules" B "Testing the rules" B "prompt");
    map_release(&used);
}

static void test_spare_subjects_tell_titles_apart(void **state)
{
    struct map used = { 0 };
    struct phrase_list *first = list_of(LIST("Society"), NONE);
    struct phrase_list *second = list_of(LIST("Society"), NONE), *none = list_of(NONE, NONE);
    (void)state;
    first->spares[0] = second->spares[0] = none->spares[0] =
        (struct phrase){ STR_LIT("Law"), 9, 9, 9, 0 };
    first->n_spares = second->n_spares = none->n_spares = 1;
    expect_title(first, &used, "Society");
    expect_title(second, &used, "Society" B "Law");
    assert_int_equal(second->n_subjects, 2); // so that it is released with the others
    expect_title(none, &used, "Various requests");
    expect_title(none, &used, "Various requests (2)");
    map_release(&used);
}

// Titles of the base are known to the level above in small letters.
static void test_numbers_differ_from_titles_of_the_base(void **state)
{
    struct map used = { 0 };
    (void)state;
    map_add(&used, phrase_title_key(STR_LIT("Various requests"), &arena), UINT64_MAX, NULL);
    map_add(&used, phrase_title_key(STR_LIT("Various requests (2)"), &arena), UINT64_MAX, NULL);
    expect_title(list_of(NONE, NONE), &used, "Various requests (3)");
    expect_title(list_of(NONE, NONE), &used, "Various requests (4)");
    map_release(&used);
}

// Floor - 1 accounts of an attacker and one person with a phrase of four words: ten grams, in the
// group and in its parent, are one draw, for the same people are behind all of them.
static void test_one_draw_for_one_set_of_people(void **state)
{
    enum { TRIES = 1000 };
    static const uint32_t parent_of[] = { 0, 0 };
    static const char *const words[] = { "purple", "zeppelin", "umbrella", "festival" };
    int n_shown = 0;
    (void)state;
    add_many(0, 1, FLOOR, "purple zeppelin umbrella festival");
    add_many(1, 20, 12, "knit a warm scarf");
    for (int i = 0; i < TRIES; i++) {
        struct hash_key key = hash_key_of_seed((uint64_t)i);
        struct phrase_params params = phrase_default_params();
        struct phrase_list lists[2] = { { 0 } }, parent = { 0 };
        struct err err = { 0 };
        bool shown = false;
        params.min_accounts = FLOOR;
        params.noise = &key;
        assert_int_equal(phrase_find(corpus, &params, NULL, 2, &arena, lists, &err), 0);
        assert_int_equal(phrase_find(corpus, &params, parent_of, 1, &arena, &parent, &err), 0);
        for (size_t w = 0; w < COUNT_OF(words); w++)
            shown = shown || holds(&lists[0], words[w]) || holds(&parent, words[w]);
        n_shown += shown;
    }
    print_message("a phrase of four words, floor - 1 and one person: shown %d times in %d\n",
                  n_shown, TRIES);
    assert_in_range(n_shown, TRIES / 5, TRIES / 3); // 0.269 by the noise
}

static void test_a_large_group_leaves_no_large_table(void **state)
{
    struct gram_table table;
    struct phrase_params params = phrase_default_params();
    struct phrase_doc doc = { .account = 1 };
    (void)state;
    gram_table_init(&table);
    for (uint32_t i = 0; i < 100000; i++)
        gram_count_doc(gram_add(&table, &i, 1), &doc, 0, &params);
    gram_table_clear(&table);
    for (uint32_t i = 0; i < 100; i++)
        gram_count_doc(gram_add(&table, &i, 1), &doc, 0, &params);
    assert_int_equal(table.n, 100);
    gram_table_clear(&table);
    assert_true(table.n_slots <= 4096);
    for (uint32_t i = 0; i < 100000; i++)
        assert_null(gram_find(&table, &i, 1));
    gram_table_release(&table);
}

static size_t count_words(struct str title)
{
    struct str rest = title, word;
    size_t n = 0;
    while (str_cut(&rest, ' ', &word))
        n += word.len && !str_equal(word, STR_LIT("\xC2\xB7"));
    return n;
}

static void test_titles_differ_and_are_short(void **state)
{
    struct phrase_title titles[12];
    struct map used = { 0 };
    (void)state;
    for (uint32_t g = 0; g < 12; g++) {
        add_many(g, 1, 8, "plan the long summer garden party");
        add_many(g, 20, 7, "invite many hungry garden guests");
        if (g % 2)
            add_many(g, 40, 6, "rent tables");
    }
    struct phrase_list *lists = find(12, true);
    phrase_titles(lists, 12, &used, &arena, titles);
    for (int i = 0; i < 12; i++) {
        assert_true(count_words(titles[i].text) <= PHRASE_TITLE_WORDS);
        assert_true(titles[i].n_picks > 0);
        for (int j = 0; j < i; j++)
            assert_false(str_equal_ci(titles[i].text, titles[j].text));
    }
    // A parent after them differs too.
    struct phrase_title again;
    phrase_titles(lists, 1, &used, &arena, &again);
    for (int i = 0; i < 12; i++)
        assert_false(str_equal_ci(titles[i].text, again.text));
    map_release(&used);
}

static void test_nothing_released_is_said(void **state)
{
    struct phrase_title titles[2];
    struct map used = { 0 };
    (void)state;
    add(0, 1, "hello");
    add(1, 2, "why");
    struct phrase_list *lists = find(2, true);
    phrase_titles(lists, 2, &used, &arena, titles);
    assert_int_equal(titles[0].n_picks, 0);
    assert_true(titles[0].text.len > 0);
    assert_false(str_equal(titles[0].text, titles[1].text));
    map_release(&used);
}

static void test_what_is_no_word_is_left_out(void **state)
{
    (void)state;
    add_many(0, 1, 8, "mail anna@mail.example about 4711 [name] /etc/passwd cats");
    struct phrase_list *list = find(1, true);
    assert_true(holds(&list[0], "cats"));
    assert_false(holds(&list[0], "anna"));
    assert_false(holds(&list[0], "4711"));
    assert_false(holds(&list[0], "name"));
    assert_false(holds(&list[0], "passwd"));
}

static void test_other_scripts(void **state)
{
    (void)state;
    add_many(0, 1, 8, "\u5E2E\u6211\u5199\u4E00\u4E2A\u5929\u6C14\u9884\u62A5");
    add_many(1, 1, 8, "\u0440\u0435\u0446\u0435\u043F\u0442 \u0431\u043E\u0440\u0449\u0430");
    struct phrase_list *lists = find(2, true);
    assert_true(lists[0].n > 0);
    assert_false(holds(&lists[0], " "));
    assert_true(holds(&lists[1], "\u0431\u043E\u0440\u0449\u0430"));
}

// "ai" is a name, but a small word of Italian before a word that English does not have.
static void test_a_name_that_is_a_small_word(void **state)
{
    (void)state;
    add_many(0, 1, 8, "consigli ai genitori");
    add_many(1, 1, 8, "write ai prompts");
    struct phrase_list *lists = find(2, true);
    assert_true(holds(&lists[0], "ai genitori"));
    assert_false(holds(&lists[0], "AI"));
    assert_true(holds(&lists[1], "AI prompts"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_floor_counts_accounts),
        TEST(test_floor_is_of_the_group),
        TEST(test_parents_are_counted_anew),
        TEST(test_one_child_does_not_name_its_parent),
        TEST(test_a_phrase_is_not_cut),
        TEST(test_no_account_supports_nothing),
        TEST(test_without_accounts_conversations_count),
        TEST(test_near_copies_count_once),
        TEST(test_canaries_never_appear),
        TEST(test_account_numbers_do_not_matter),
        TEST(test_longer_phrase_takes_over),
        TEST(test_titles_differ_and_are_short),
        TEST(test_nothing_released_is_said),
        TEST(test_what_is_no_word_is_left_out),
        TEST(test_other_scripts),
        TEST(test_a_name_that_is_a_small_word),
        TEST(test_one_child_of_many_groups_does_not_name_its_parent),
        TEST(test_plurals_have_one_form),
        TEST(test_foreign_small_words_can_be_english),
        TEST(test_titles_do_not_repeat_themselves),
        TEST(test_spare_subjects_tell_titles_apart),
        TEST(test_numbers_differ_from_titles_of_the_base),
        TEST(test_a_large_group_leaves_no_large_table),
        TEST(test_one_draw_for_one_set_of_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
