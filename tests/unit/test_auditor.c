// SPDX-License-Identifier: Apache-2.0
// What the auditor and the release door let through, and what they do not.
#include "base/rng.h"
#include "base/utf8.h"
#include "privacy/auditor.h"
#include "privacy/release.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct scanner *scanner;
static struct support support;
static struct arena arena;
static struct err err;

static int setup(void **state)
{
    static const char *const phrases[] = { "business plan", "coffee shop",
                                           "story",         "create a list",
                                           "run",           "\xd0\xb4\xd0\xbe\xd0\xbc",
                                           "movie",         "cookies" };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(phrases); i++)
        support_add(&support, str_of(phrases[i]));
    support.numbers = (struct support_numbers){ STR_LIT("3.4"), 200, 3 };
    return scan_open(&scanner, &err);
}

static int teardown(void **state)
{
    (void)state;
    scan_close(scanner);
    support_release(&support);
    arena_release(&arena);
    return 0;
}

static int grade_of(const char *title, const char *summary, const char **reason)
{
    struct audit_subject subject = { .title = raw_of(str_of(title)),
                                     .summary = raw_of(str_of(summary)),
                                     .support = &support };
    struct audit_verdict verdict;
    assert_int_equal(auditor_judge(scanner, &subject, &arena, &verdict, &err), 0);
    *reason = verdict.reason;
    return verdict.grade;
}

static void supported_words_pass(void **state)
{
    static const char *const titles[] = {
        "Business plan \xc2\xb7 coffee shop",
        "Business plans for coffee shops",
        "Creating lists",
        "Running a coffee shop",
        "Stories",
        "Movies",
        "Cookie",
        "Varied requests (2)",
        "\xd0\x94\xd0\xbe\xd0\xbc",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(titles); i++) {
        const char *reason;
        int grade = grade_of(titles[i],
                             "What these conversations share: business plan; also story."
                             " About 3.4 % of all conversations, from at least 200 "
                             "accounts, mostly in Haitian Creole.",
                             &reason);
        if (grade != 5)
            print_error("%s: %s\n", titles[i], reason);
        assert_int_equal(grade, 5);
    }
}

static void other_words_fail(void **state)
{
    static const char *const titles[] = {
        "Business plan of Quorvath",
        "Coffee shop on Elm Street",
        "Diabetes",
        "Stormy",
        "Plan 483920",
        "Business p\xe2\x80\x8blan",
        "<b>Story</b>",
        "Story\nstory",
        "",
        "Ystr\xd0\xb4",
        "Story quorvath@example.org",
        "c3RvcnkgYWJvdXQgYSBwZXJzb24=",
        "nohtyp yrots",
        "sToRy",
        "Story  story",
        "Story .-. story",
        "17 21 15 18 22 1",
        "Story 12",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(titles); i++) {
        const char *reason;
        int grade = grade_of(titles[i], "Story.", &reason);
        if (grade >= AUDIT_PASSES)
            print_error("passed: %s\n", titles[i]);
        assert_true(grade < AUDIT_PASSES);
        assert_true(reason[0] != 0);
        assert_true(grade_of("Story", titles[i], &reason) < AUDIT_PASSES);
    }
}

// Numbers are the cluster's own, or the text does not pass: a model could write a PIN with them.
static void numbers_in_words_fail(void **state)
{
    struct tally *tally = tally_open(3, NULL);
    struct audit_subject subject = { .title = raw_of(STR_LIT("Seven stories of the tenth run")),
                                     .summary = raw_of(STR_LIT("One is about movies.")),
                                     .tally = tally };
    struct audit_verdict verdict;
    (void)state;
    assert_int_equal(auditor_judge(scanner, &subject, &arena, &verdict, &err), 0);
    assert_int_equal(verdict.grade, 5);
    subject.summary = raw_of(STR_LIT("One is about movies or two."));
    assert_int_equal(auditor_judge(scanner, &subject, &arena, &verdict, &err), 0);
    assert_int_equal(verdict.grade, 2);
    assert_string_equal(verdict.reason, "a number in words");
    subject.summary = raw_of(STR_LIT("Parts iv and viii are about movies."));
    assert_int_equal(auditor_judge(scanner, &subject, &arena, &verdict, &err), 0);
    assert_int_equal(verdict.grade, 2);
    subject.summary = raw_of(STR_LIT("Sieben oder neuf, siete o quattro."));
    assert_int_equal(auditor_judge(scanner, &subject, &arena, &verdict, &err), 0);
    assert_int_equal(verdict.grade, 2);
    subject.summary = raw_of(STR_LIT("Um dos un null due."));
    assert_int_equal(auditor_judge(scanner, &subject, &arena, &verdict, &err), 0);
    assert_int_equal(verdict.grade, 5);
    subject.summary = raw_of(STR_LIT("About a cv for ml by cli, with ci and cd."));
    assert_int_equal(auditor_judge(scanner, &subject, &arena, &verdict, &err), 0);
    assert_int_equal(verdict.grade, 5);
    tally_close(tally);
}

static void other_numbers_fail(void **state)
{
    static const char *const no[][2] = {
        { "Story (4)", "Story." },
        { "Story (47)", "Story." },
        { "Story (02)", "Story." },
        { "Story (1)", "Story." },
        { "Story", "Story. About 3.5 % of all conversations." },
        { "Story", "Story. About 3 % of all conversations." },
        { "Story", "Story. About 4 % of all conversations." },
        { "Story", "Story. About 33.4 % of all conversations." },
        { "Story", "Story. About 3.4 % of all. About 3.4 % of all." },
        { "Story", "Story, 34 % of all conversations." },
        { "Story", "Story. From at least 500 accounts." },
        { "Story", "Story. From at least 300 accounts." },
        { "Story", "Story. From at least 100 accounts, from at least 20 accounts." },
    };
    struct support_numbers own = support.numbers;
    const char *reason;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(no); i++)
        if (grade_of(no[i][0], no[i][1], &reason) >= AUDIT_PASSES)
            fail_msg("passed: %s: %s", no[i][0], no[i][1]);
    assert_int_equal(
        grade_of("Story (3)", "Story. About 3.4 % of all, from at least 100 accounts.", &reason),
        5);
    support.numbers = (struct support_numbers){ 0 };
    assert_true(grade_of("Story (2)", "Story.", &reason) < AUDIT_PASSES);
    assert_true(grade_of("Story", "Story. About 3.4 % of all.", &reason) < AUDIT_PASSES);
    assert_true(grade_of("Story", "Story. At least 10 accounts.", &reason) < AUDIT_PASSES);
    support.numbers = own;
}

// A name that enough accounts typed is still a person's name.
static void names_fail_even_with_support(void **state)
{
    const char *reason;
    (void)state;
    support_add(&support, str_of("Jennifer Kowalczyk"));
    assert_int_equal(grade_of("Jennifer Kowalczyk", "Story.", &reason), 2);
    assert_string_equal(reason, "name of a person");
}

// A number by how often a word comes, or a letter by which of two words comes next.
static void words_again_and_again_fail(void **state)
{
    static const char many[] = "The story of the run and the movie, of the list and of the coffee "
                               "shop. The run of the movie is the story of the shop.";
    struct audit_verdict verdict;
    struct tally *tally = tally_open(5, NULL);
    struct audit_subject subject = { .title = raw_of(STR_LIT("Story of a story")),
                                     .summary = raw_of(STR_LIT("Stories of a story.")),
                                     .support = &support,
                                     .tally = tally,
                                     .by_model = true };
    (void)state;
    assert_int_equal(auditor_judge(scanner, &subject, &arena, &verdict, &err), 0);
    assert_int_equal(verdict.grade, 5);
    subject.summary = raw_of(str_of(many));
    assert_int_equal(auditor_judge(scanner, &subject, &arena, &verdict, &err), 0);
    assert_string_equal(verdict.reason, "");
    subject.summary = raw_of(STR_LIT("Stories of a story, a story and a run. A story of stories."));
    assert_int_equal(auditor_judge(scanner, &subject, &arena, &verdict, &err), 0);
    assert_string_equal(verdict.reason, "words again and again");
    subject.summary = raw_of(STR_LIT("A run. Runs in a movie movie."));
    assert_int_equal(auditor_judge(scanner, &subject, &arena, &verdict, &err), 0);
    assert_string_equal(verdict.reason, "words again and again");
    subject.title = raw_of(STR_LIT("Run"));
    subject.summary = raw_of(STR_LIT("A the a a the a the the the a a the a a a a a."));
    assert_int_equal(auditor_judge(scanner, &subject, &arena, &verdict, &err), 0);
    assert_string_equal(verdict.reason, "words again and again");
    subject.by_model = false; // what our templates repeat are released phrases
    assert_int_equal(auditor_judge(scanner, &subject, &arena, &verdict, &err), 0);
    assert_int_equal(verdict.grade, 5);
    tally_close(tally);
}

static int grade_of_model(const struct support *own, struct audit_subject subject)
{
    struct audit_verdict verdict;
    subject.support = own;
    subject.by_model = true;
    assert_int_equal(auditor_judge(scanner, &subject, &arena, &verdict, &err), 0);
    if (verdict.grade < AUDIT_PASSES)
        assert_string_equal(verdict.reason, "name of a person");
    return verdict.grade;
}

static struct audit_subject subject_of(const char *above, const char *title, const char *summary)
{
    return (struct audit_subject){ .above = { raw_of(str_of(above)), raw_of(STR_LIT("")) },
                                   .title = raw_of(str_of(title)),
                                   .summary = raw_of(str_of(summary)) };
}

// Each word has its people; who puts them side by side tells a name: within a text, and where one
// text ends and the next begins as they are read: the parent's, the title, the summary, a phrase.
static void names_that_a_model_puts_together_fail(void **state)
{
    static const char *const rows[][3] = {
        { "", "Story of grace hopper", "Story." },
        { "", "Hopper grace story", "Story." },
        { "", "Story of grace. Hopper", "Story." },
        { "", "Story", "Create a story of grace. Hopper lists." },
        { "", "Story of grace's hopper", "Story." },
        { "", "Story of grace m hopper", "Story." },
        { "", "Stories of grace", "Hopper lists." },
        { "", "Stories of hopper", "Grace lists." },
        { "", "Grace", "Kowalczyk lists." },       // no word of a list, but of that of names
        { "", "Story", "Create lists of grace." }, // before the phrase "hopper"
        { "Stories of grace", "Hopper", "Story." },
        { "Grace", "Hopper story", "Story." },
    };
    static const char *const words[] = { "story",  "create", "lists",    "grace",
                                         "hopper", "m",      "kowalczyk" };
    const struct gate_phrase phrases[] = { { 0, raw_of(STR_LIT("hopper")), 9, 9 } };
    struct support own = { 0 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        support_add(&own, str_of(words[i]));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct audit_subject subject = subject_of(rows[i][0], rows[i][1], rows[i][2]);
        subject.phrases = phrases;
        subject.n_phrases = 1;
        if (grade_of_model(&own, subject) >= AUDIT_PASSES)
            fail_msg("passed: %s | %s | %s", rows[i][0], rows[i][1], rows[i][2]);
    }
    struct audit_subject below = subject_of("", "Hopper", "Story.");
    below.above.summary = raw_of(STR_LIT("Stories of grace."));
    assert_true(grade_of_model(&own, below) < AUDIT_PASSES);
    // With a word between it is none; nor where enough people wrote the two like that.
    assert_int_equal(grade_of_model(&own, subject_of("Grace", "Lists for hopper", "Story.")), 5);
    support_add(&own, STR_LIT("grace hopper"));
    assert_int_equal(grade_of_model(&own, subject_of("", "Story of grace", "Hopper lists.")), 5);
    assert_true(grade_of_model(&own, subject_of("", "Hopper", "Grace.")) < AUDIT_PASSES);
    support_release(&own);
}

static void long_texts_fail(void **state)
{
    const char *reason;
    (void)state;
    struct str s = STR_LIT("story");
    while (s.len < AUDIT_TITLE_CHARACTERS)
        s = arena_printf(&arena, "%.*s story", STR_ARG(s));
    assert_int_equal(grade_of(s.ptr, "Story.", &reason), 2);
    assert_string_equal(reason, "too long");
    // characters count, not bytes: these are 198 of three bytes each
    for (s = STR_LIT("旅"); utf8_count(s) < 198;)
        s = arena_printf(&arena, "%.*s旅", STR_ARG(s));
    grade_of(s.ptr, "Story.", &reason);
    assert_string_not_equal(reason, "too long");
}

static void the_door_wants_proof(void **state)
{
    struct release_proof good = { 5, 15, 5, 15, true, 5 }, bad = good;
    struct clean clean;
    struct raw text = raw_of(STR_LIT("story"));
    (void)state;
    assert_int_equal(release_text(text, &good, &arena, &clean, &err), 0);
    assert_true(str_equal(clean.s, text.s));
    bad.n_accounts = 4;
    assert_int_equal(release_text(text, &bad, &arena, &clean, &err), ERR_PRIVACY);
    assert_int_equal(release_phrase(text, &bad, &arena, &clean, &err), ERR_PRIVACY);
    bad.has_accounts = false;
    assert_int_equal(release_text(text, &bad, &arena, &clean, &err), 0);
    bad.n_conversations = 14;
    assert_int_equal(release_text(text, &bad, &arena, &clean, &err), ERR_PRIVACY);
    assert_int_equal(release_phrase(text, &bad, &arena, &clean, &err), ERR_PRIVACY);
    bad = good;
    bad.grade = 2;
    assert_int_equal(release_text(text, &bad, &arena, &clean, &err), ERR_PRIVACY);
    bad.grade = 0; // nobody judged it
    assert_int_equal(release_text(text, &bad, &arena, &clean, &err), ERR_PRIVACY);
    assert_int_equal(release_text(raw_of(STR_LIT("a\tb")), &good, &arena, &clean, &err),
                     ERR_PRIVACY);
    assert_null(strstr(err.text, "a\tb"));
    static const char *const list[] = { "en", "fr" };
    assert_int_equal(release_listed(STR_LIT("fr"), list, 2, &clean, &err), 0);
    assert_int_equal(release_listed(STR_LIT("frx"), list, 2, &clean, &err), ERR_PRIVACY);
    assert_int_equal(release_setting("/home/x/model-1.gguf", &arena, &clean, &err), 0);
    assert_true(str_equal(clean.s, STR_LIT("model-1.gguf")));
    assert_int_equal(release_setting("my model", &arena, &clean, &err), ERR_PRIVACY);
    assert_int_equal(release_day(1700000000, &arena, &clean, &err), 0);
    assert_true(str_equal(clean.s, STR_LIT("2023-11-14")));
}

#define BULLET " \xC2\xB7 "

// What a model wrote, and how its words are put.
static void separators_are_ours(void **state)
{
    static const struct {
        enum support_kind kind;
        const char *text, *put;
    } rows[] = {
        { SUPPORT_TITLE, "coffee-shop, story: run/movie & cookies",
          "Coffee shop story run movie "
          "cookies" },
        { SUPPORT_TITLE, "story" BULLET "about" BULLET "run" BULLET "the" BULLET "movie",
          "Story about run the movie" },
        { SUPPORT_TITLE, "Coffee" BULLET "shop for movie", "Coffee shop for movie" },
        { SUPPORT_TITLE, "The movie's story?", "The movie's story" },
        { SUPPORT_TITLE, "The movie\xE2\x80\x99s story", "The movie's story" },
        { SUPPORT_TITLE, "Coffee; story (2)", "Coffee story (2)" },
        { SUPPORT_SUMMARY, "People ask about a story, a movie; and more! they run. Run; again.",
          "People ask about a story a movie and more. They run Run again." },
        { SUPPORT_SUMMARY, "What these conversations share: coffee, shop, about, the, movie, run.",
          "What these conversations share coffee shop about the movie run." },
        { SUPPORT_SUMMARY,
          "People ask about a story and a movie. They run about the shop. They ask about movies.",
          "People ask about a story and a movie. They run about the shop They ask about movies." },
        // a template names each phrase once
        { SUPPORT_TITLE, "Story" BULLET "movie" BULLET "Story", "Story movie Story" },
        { SUPPORT_SUMMARY, "What these conversations share: story, movie, story, run.",
          "What these conversations share story movie story run." },
        { SUPPORT_SUMMARY, "Often about story; also movie; also run.",
          "Often about story also movie also run." },
        // refused as it stands
        { SUPPORT_TITLE, "Story@shop.run", NULL },
        // as our templates write them
        { SUPPORT_TITLE, "Business plan" BULLET "coffee shop (2)", NULL },
        { SUPPORT_TITLE, "Various requests" BULLET "story", NULL },
        { SUPPORT_TITLE, "Various requests (3)", NULL },
        { SUPPORT_SUMMARY,
          "What these conversations share: business plan, story; also movie. "
          "About 3.4 % of all conversations, from at least 200 accounts, mostly "
          "in Haitian Creole.",
          NULL },
        { SUPPORT_SUMMARY, "What these conversations share: business plan, story.", NULL },
        { SUPPORT_SUMMARY,
          "Often about coffee shop; they share: business plan; also movie, run. "
          "About 3.4 % of all conversations, from at least 200 accounts.",
          NULL },
        { SUPPORT_SUMMARY,
          "No phrase is shared by enough of these conversations to name them. "
          "Under 0.1 % of all conversations.",
          NULL },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *want = rows[i].put ? rows[i].put : rows[i].text;
        struct str once = support_punctuate(&support, str_of(rows[i].text), rows[i].kind, &arena);
        struct str again = support_punctuate(&support, once, rows[i].kind, &arena);
        if (!str_equal(once, str_of(want)) || !str_equal(again, once))
            fail_msg("%s: %.*s, then %.*s", rows[i].text, STR_ARG(once), STR_ARG(again));
    }
}

static struct str in_other_capitals(struct str text, struct rng *rng)
{
    char *out = arena_alloc(&arena, 4 * text.len + 1);
    size_t n = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = utf8_next(text, &at);
        n += utf8_put(rng_below(rng, 2) ? utf8_upper_char(c) : utf8_lower_char(c), out + n);
    }
    return str_make(out, n);
}

// Whatever capitals a model writes, the text is the same: how it wrote "python" tells nothing.
static void capitals_are_ours(void **state)
{
    static const char *const forms[] = { "Quorvia",  "quorvia", "garden",     "HVAC",
                                         "Rezepten", "write",   "code",       "polish",
                                         "python",   "apis",    "javascript", "sql",
                                         "consigli", "ai",      "genitori",   "with" };
    static const char *const phrases[] = { "story", "iPhone apps", "Databases and SQL",
                                           "Harry Potter" };
    static const struct {
        enum support_kind kind;
        const char *text;
    } rows[] = {
        { SUPPORT_TITLE, "Write Python code" }, // a well-known name
        { SUPPORT_TITLE, "Questions about JavaScript, SQL and APIs" },
        { SUPPORT_TITLE, "The garden of Quorvia" }, // the first form of a word stays
        { SUPPORT_TITLE, "Gardens and HVACs" },     // inflections are written alike
        { SUPPORT_TITLE, "Anfragen zu Rezepten der Leute" },
        { SUPPORT_TITLE, "Consigli ai genitori" },
        { SUPPORT_TITLE, "Ai genitori, AI code, code with AI" },
        { SUPPORT_TITLE, "Write code in Haitian Creole" },
        { SUPPORT_TITLE, "Write Bulgarian code" },
        { SUPPORT_TITLE, "Polish code (2)" },
        { SUPPORT_TITLE, "Write code in Polish" },
        { SUPPORT_TITLE, "iPhone apps" BULLET "story" BULLET "Databases and SQL" },
        { SUPPORT_TITLE, "Story" BULLET "Harry Potter" BULLET "Luo Kenya And Tanzania" },
        { SUPPORT_SUMMARY, "They write code. Users ask about Quorvia." },
        { SUPPORT_SUMMARY, "Often about Databases and SQL; they share: iPhone apps, story; also "
                           "Harry Potter. About 3.4 % of all conversations, from at least 200 "
                           "accounts, mostly in Luo Kenya And Tanzania." },
        { SUPPORT_SUMMARY, "Это история. Она об этом." },
    };
    struct support own = { .numbers = { STR_LIT("3.4"), 200, 3 } };
    struct rng rng;
    (void)state;
    rng_init(&rng, 1, "capitals");
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        support_add_form(&own, str_of(forms[i]));
    for (size_t i = 0; i < COUNT_OF(phrases); i++)
        support_add(&own, str_of(phrases[i]));
    support_add_form(&own, STR_LIT("это история она об этом"));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int j = 0; j < 100; j++) {
            struct str text = str_of(rows[i].text);
            struct str put = support_spell(&own, in_other_capitals(text, &rng), &arena);
            const char *fault = support_fault(&own, put, rows[i].kind);
            if (!str_equal(put, text) || fault)
                fail_msg("%s: %.*s: %s", rows[i].text, STR_ARG(put), fault ? fault : "");
        }
    support_release(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(supported_words_pass),
        cmocka_unit_test(capitals_are_ours),
        cmocka_unit_test(separators_are_ours),
        cmocka_unit_test(other_words_fail),
        cmocka_unit_test(numbers_in_words_fail),
        cmocka_unit_test(other_numbers_fail),
        cmocka_unit_test(names_fail_even_with_support),
        cmocka_unit_test(long_texts_fail),
        cmocka_unit_test(the_door_wants_proof),
        cmocka_unit_test(words_again_and_again_fail),
        cmocka_unit_test(names_that_a_model_puts_together_fail),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
