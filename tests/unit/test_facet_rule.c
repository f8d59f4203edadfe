// SPDX-License-Identifier: Apache-2.0
// Facets by rule.
#include "facet/facet_rule.h"
#include "facet/plain_text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena a;

static struct str request_of(const char *text)
{
    struct turn turn = { TURN_USER, raw_of(str_of(text)) };
    struct str out, whole;
    rule_request(&turn, 1, &a, &out, &whole);
    return arena_str(&a, out);
}

static void test_short_text_is_itself(void **state)
{
    static const char *const texts[] = {
        "how do i set up direct deposit", "what's my balance in my savings account",
        "can you tell me the word for dog in french", "i need a new credit card",
        "set an alarm for 7 tomorrow morning please", "yes", "no way", "repeat that",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_string_equal(request_of(texts[i]).ptr, texts[i]);
}

static void test_pasted_parts_go(void **state)
{
    (void)state;
    assert_string_equal(
        request_of("Hello! Fix this function:\n```c\nint main() { return 1; }\n```\n"
                   "See https://example.org/a?b=c for more.")
            .ptr,
        "Fix this function: See for more.");
    assert_string_equal(request_of("<p>Translate&nbsp;the <b>title</b></p>").ptr,
                        "Translate the title");
    assert_string_equal(request_of("> you wrote this\nMake it shorter please").ptr,
                        "Make it shorter please");
    assert_string_equal(
        request_of("What does this do?\nfor (i = 0; i < n; i++) {\n  x[i] = 0;\n}").ptr,
        "What does this do?");
}

static void test_asking_sentence_of_a_long_text(void **state)
{
    (void)state;
    const char *text =
        "The meeting took place on a rainy day and everyone came late because of the trains. We "
        "talked about the garden, the fence, the new gate and the old tree that nobody wants to "
        "cut down although it is ill. Summarize these notes in two lines for my manager.";
    assert_string_equal(request_of(text).ptr,
                        "Summarize these notes in two lines for my manager.");
}

static void test_greeting_gives_way_to_the_next_turn(void **state)
{
    (void)state;
    struct turn turns[] = { { TURN_USER, raw_of(STR_LIT("Hi there!")) },
                            { TURN_ASSISTANT, raw_of(STR_LIT("Hello, what can I do?")) },
                            { TURN_USER, raw_of(STR_LIT("plan a trip to the sea")) } };
    struct str out, whole;
    assert_int_equal(rule_request(turns, 3, &a, &out, &whole), RULE_HUMAN);
    assert_true(str_equal(out, STR_LIT("plan a trip to the sea")));
    assert_int_equal(rule_request(turns + 1, 1, &a, &out, &whole), RULE_ASSISTANT);
    assert_int_equal(rule_request(turns, 0, &a, &out, &whole), RULE_NOTHING);
    assert_int_equal(out.len, 0);
}

static void test_going_on_gives_way_to_the_next_turn(void **state)
{
    static const char *const begins[] = { "continue", "Please continue.",        "Keep going!",
                                          "go on",    "continue writing please", "继续" };
    struct str out, whole;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(begins); i++) {
        struct turn turns[] = { { TURN_USER, raw_of(str_of(begins[i])) },
                                { TURN_USER, raw_of(STR_LIT("now a title for it")) } };
        assert_int_equal(rule_request(turns, 2, &a, &out, &whole), RULE_HUMAN);
        assert_true(str_equal(out, STR_LIT("now a title for it")));
        assert_int_equal(rule_request(turns, 1, &a, &out, &whole), RULE_HUMAN);
        assert_true(str_equal(out, str_of(begins[i]))); // there is nothing else
    }
    assert_string_equal(request_of("continue the story about the sea").ptr,
                        "continue the story about the sea");
}

static void test_task_is_a_verb_phrase(void **state)
{
    (void)state;
    static const struct {
        const char *request, *task;
    } cases[] = {
        { "Can you please write me a poem about rain?", "write me a poem about rain" },
        { "I want you to act as a tutor. My name is on the list.", "act as a tutor" },
        { "What is an eclipse?", "explain what is an eclipse" },
        { "Hello, could you help me to sort a list in C?", "sort a list in C" },
        { "SQL query for the last row", "SQL query for the last row" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(rule_task(str_of(cases[i].request), &a).ptr, cases[i].task);
}

static void test_concern(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int grade;
    } cases[] = { { "write a poem about rain", 1 },
                  { "is sports betting legal", 2 },
                  { "what is Essex known for", 1 },
                  { "write ransomware for me", 4 },
                  { "How to make a bomb", 5 } };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct turn turns[] = { { TURN_ASSISTANT, raw_of(STR_LIT("malware porn")) },
                                { TURN_USER, raw_of(str_of(cases[i].text)) } };
        assert_int_equal(rule_concern(turns, 2, &a), cases[i].grade);
    }
}

// Marks of other scripts end a sentence whether or not a space follows.
static void test_sentences(void **state)
{
    (void)state;
    static const char *const two[] = {
        "Is it so? It is.",      "猫は何ですか。犬は何ですか？",
        "ما هذا؟ هذا كتاب",      "یہ کیا ہے۔ یہ کتاب ہے۔",
        "यह क्या है। यह किताब है।", "Ինչ է սա։ Գիրք է։",
        "ይህ ምንድን ነው። መጽሐፍ ነው።",  "នេះជាអ្វី។នេះជាសៀវភៅ។",
        "ဒါဘာလဲ။ ဒါစာအုပ်ပါ။",      "Well… it is",
    };
    for (size_t i = 0; i < COUNT_OF(two); i++)
        assert_int_equal(sentences_of(str_of(two[i]), &a).n, 2);
    assert_int_equal(sentences_of(STR_LIT("e.g. this, Mr. Who, 3.5"), &a).n, 1);
}

// Whatever the bytes: no crash, never longer than promised.
static void test_awkward_texts(void **state)
{
    (void)state;
    static const char *const texts[] = { "",        "\n\n", "```",   "`",        "\"\"\"",  "<",
                                         "</",      "<a",   "&",     "&amp",     "\\",      "•",
                                         "1. ",     "...",  "?!",    "https://", "“",       "\xE2",
                                         "a.b.c.d", "。。", "- - -", "{}",       ";;;;;;;;" };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct str s = plain_text(str_of(texts[i]), &a);
        assert_true(s.len <= strlen(texts[i]) + 1);
        assert_true(sentences_of(s, &a).n <= s.len);
        assert_true(request_of(texts[i]).len <= RULE_REQUEST_BYTES);
    }
    char *many = arena_alloc(&a, 300001);
    memset(many, '.', 300000);
    many[300000] = '\0';
    assert_true(request_of(many).len <= RULE_REQUEST_BYTES);
}

// What a cut goes through stands whole in what the request was cut from.
static void test_whole_goes_on_behind_the_cut(void **state)
{
    (void)state;
    const char *contact = "bedovar3 at gmail dot com";
    struct str text = STR_LIT("Hello! Write");
    while (text.len < RULE_REQUEST_BYTES - 5) // the cut comes in the contact
        text = arena_printf(&a, "%.*s poems", STR_ARG(text));
    text = arena_printf(&a, "%.*s %s and more.", STR_ARG(text), contact);
    struct turn turn = { TURN_USER, raw_of(text) };
    struct str out, whole;
    assert_int_equal(rule_request(&turn, 1, &a, &out, &whole), RULE_HUMAN);
    assert_true(str_find(out, str_of(contact), 0) == SIZE_MAX);
    assert_true(str_find(whole, str_of(contact), 0) != SIZE_MAX);
    assert_true(str_starts(whole, STR_LIT("Write")) && whole.len <= RULE_WHOLE_BYTES);
}

static int release(void **state)
{
    (void)state;
    arena_release(&a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short_text_is_itself),
        cmocka_unit_test(test_pasted_parts_go),
        cmocka_unit_test(test_asking_sentence_of_a_long_text),
        cmocka_unit_test(test_greeting_gives_way_to_the_next_turn),
        cmocka_unit_test(test_going_on_gives_way_to_the_next_turn),
        cmocka_unit_test(test_task_is_a_verb_phrase),
        cmocka_unit_test(test_concern),
        cmocka_unit_test(test_whole_goes_on_behind_the_cut),
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_awkward_texts),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
