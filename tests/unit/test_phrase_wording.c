// SPDX-License-Identifier: Apache-2.0
// A model's wording of a title: what may take the title's place, and what may not.
#include "llm/llm.h"
#include "phrase/phrase.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena arena;
static struct phrase items[] = {
    { .text = { "plan a trip", sizeof "plan a trip" - 1 },
      .n_accounts = 9,
      .n_conversations = 20,
      .score = 0.9 },
    { .text = { "city", sizeof "city" - 1 }, .n_accounts = 9, .n_conversations = 20, .score = 0.5 },
    { .text = { "HTML5", sizeof "HTML5" - 1 },
      .n_accounts = 9,
      .n_conversations = 20,
      .score = 0.4 },
    { .text = { "hotel", sizeof "hotel" - 1 },
      .n_accounts = 9,
      .n_conversations = 20,
      .score = 0.3 },
};
static const struct phrase_list list = { .items = items, .n = COUNT_OF(items), .n_seen = 40 };
static const struct phrase_title title = { .picks = { 0, 1, 2 }, .n_picks = 3 };

static void expect(const char *line, const char *wanted)
{
    struct str out = { 0 };
    bool taken = phrase_wording(&list, &title, str_of(line), &arena, &out);
    if (taken != (wanted != NULL) || (wanted && !str_equal(out, str_of(wanted))))
        fail_msg("\"%s\" gave \"%.*s\"", line, STR_ARG(out));
}

static void test_takes_inflections_and_small_words(void **state)
{
    (void)state;
    expect("Planning a trip to a city", "Planning a trip to a city");
    expect("  planned TRIPS for the city\n", "Planned trips for the city");
    expect("city trip plan with html5", "City trip plan with HTML5");
    expect("Plan a trip, city", "Plan a trip, city");
}

static void test_spelling_is_ours(void **state)
{
    (void)state;
    // Capitals could carry bits of a message.
    expect("pLaN a tRiP to a ciTY", "Plan a trip to a city");
    expect("Plan  a trip -  city", "Plan a trip, city");
}

static void test_refuses_other_words(void **state)
{
    (void)state;
    expect("Planning a trip to Paris", NULL);
    expect("Planning a trip to a hotel", NULL); // released, but not in this title
    expect("Plan a trip to a city for Anna", NULL);
    expect("Credit card terms and conditions", NULL);
    expect("Plan a trip to a city diagnosis", NULL);
}

static void test_refuses_disguises(void **state)
{
    static const char *const hostile[] = {
        "cGxhbiBhIHRyaXA=",                               // base64
        "cyna n gevc gb n pvgl",                          // rot13
        "plan a trip to a city 4711",                     // a number behind
        "plan a trip to a city \xEF\xBC\x94\xEF\xBC\x97", // full-width digits
        "plan a trip\xE2\x80\x8B to a city",              // zero-width space
        "pl\xD0\xB0n a trip to a city",                   // Cyrillic a
        "plan a trip to a city\nsecret",                  // second line
        "plan a trip to a city. secret",                  //
        "plan a trip to a city (s-e-c-r-e-t)",            //
        "plan a trip to a city s e c r e t",              // letter by letter
        "plan trip city plan trip city",                  // repetition as code
        "plan of to in trip city",                        // small words as code
        "plan a trip to a",                               // ends nowhere
        "plan a trip to a city [x](http://x)",            // markup
        "<b>plan a trip to a city</b>",                   //
        "plan a trip to a city \xF0\x9F\x98\x80",         // a picture
        "plan a trip to a city\x01",                      //
        "plan a trip to a city\xFF",                      // malformed
        "www.plan-trip-city plan a trip to a city",       // left out by the word cutter
        "plan_secret a trip to a city plan",              //
        "a",
        "",
        "city", // the first phrase is missing
        "trip to a city",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(hostile); i++)
        expect(hostile[i], NULL);
}

// Whatever comes, nothing but words of the title and small words gets through.
static void test_random_lines(void **state)
{
    static const char *const pieces[] = { "plan", "trip", "city",   "a",        "to",   " ",
                                          " ",    " ",    "secret", "\xC3\xA9", "7",    ",",
                                          "-",    ".",    "S",      "planning", "HTML5" };
    static const char allowed[] = " plan plans planning plannings trip trips city html5 a to as ";
    uint64_t x = 88172645463325252u;
    size_t n_taken = 0;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        char line[128] = "";
        size_t n = 0;
        for (int j = 0; j < 9; j++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            n += (size_t)snprintf(line + n, sizeof line - n, "%s", pieces[x % COUNT_OF(pieces)]);
        }
        struct str out;
        if (!phrase_wording(&list, &title, str_make(line, n), &arena, &out))
            continue;
        struct str rest = out, word;
        n_taken++;
        while (str_cut(&rest, ' ', &word)) {
            char key[40];
            if (str_ends(word, STR_LIT(",")))
                word.len--;
            int len = snprintf(key, sizeof key, " %.*s ", STR_ARG(word));
            for (int j = 0; j < len; j++)
                key[j] |= key[j] >= 'A' && key[j] <= 'Z' ? 32 : 0;
            if (!strstr(allowed, key))
                fail_msg("%s", key);
        }
    }
    assert_true(n_taken > 0);
    arena_release(&arena);
}

static int answer(struct llm_link *self, const struct llm_request *requests, size_t n,
                  struct arena *a, struct llm_reply *replies, struct err *err)
{
    (void)self, (void)requests, (void)a, (void)err;
    for (size_t i = 0; i < n; i++)
        replies[i] = (struct llm_reply){ .text = raw_of(STR_LIT("Plan a trip with city")) };
    return 0;
}

static void ask_with(struct phrase_list *asked_list, const char *wanted)
{
    struct llm_link link = { .name = "fixed", .ask = answer };
    struct phrase_title asked_title = { .text = STR_LIT("x") };
    struct phrase_asked asked;
    struct map used = { 0 };
    struct err err = { 0 };
    asked_title.picks[1] = 1;
    asked_title.n_picks = 2;
    assert_int_equal(
        phrase_word_titles(&link, asked_list, 1, &used, &arena, &asked_title, &asked, &err), 0);
    if (!str_equal(asked_title.text, str_of(wanted)))
        fail_msg("\"%.*s\" instead of \"%s\"", STR_ARG(asked_title.text), wanted);
    map_release(&used);
    arena_release(&arena);
}

// The line takes the place of the phrases; what the cluster is about stays in front.
static void test_subjects_stay(void **state)
{
    struct phrase_list with = list;
    (void)state;
    ask_with(&with, "Plan a trip with city");
    with.subjects[0] = (struct phrase){ STR_LIT("Travel plans"), 9, 20, 20, 0 };
    with.n_subjects = 1;
    ask_with(&with, "Travel plans \xC2\xB7 Plan a trip with city");
    with.subjects[0].text = STR_LIT("Board games, chess and puzzles in town");
    ask_with(&with, "x"); // twelve words
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subjects_stay),
        cmocka_unit_test(test_takes_inflections_and_small_words),
        cmocka_unit_test(test_spelling_is_ours),
        cmocka_unit_test(test_refuses_other_words),
        cmocka_unit_test(test_refuses_disguises),
        cmocka_unit_test(test_random_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
