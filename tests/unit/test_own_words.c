// SPDX-License-Identifier: Apache-2.0
// What a model may write about a conversation: its own words, by stem, and those of public lists.
#include "unit/check.h"

#include "scan/own_words.h"

static struct arena arena;
static struct err err;
static struct scanner *scanner;

static struct own_cut cut(const char *turn, const char *answer)
{
    struct own_words own = { 0 };
    struct own_cut out;
    own_words_want(&own, str_of(answer));
    own_words_read(&own, str_of(turn));
    own_words_cut(&own, scanner, str_of(answer), &arena, &out);
    own_words_release(&own);
    return out;
}

// A turn, an answer, what is left of it.
static void test_what_stays(void **state)
{
    static const char *const rows[][3] = {
        { "Fix my Kwiatscript parser", "repair a kwiatscript parser",
          "repair a kwiatscript parser" },
        { "parsing kwiats", "explain how kwiat parses, in short",
          "explain how kwiat parses, in short" },
        { "Hilf mir mit einem Brief", "write a letter", "write a letter" },
        { "don't", "explain why it doesn't work", "explain why it doesn't work" },
        { "sort it in c++", "sort a list in C++ (quickly)", "sort a list in C++ (quickly)" },
        { "2 items", "compare two items", "compare two items" },
        { "l'histoire d'un chien", "raconter l'histoire d'un chien", "l'histoire d'un chien" },
        { "un resumen", "write a summary of three sentences",
          "write a summary of three sentences" },
        // what others said
        { "a letter", "write a letter to kwiatkovska", "write a letter" },
        { "a letter", "write a letter to the kwiatkovska, about tax", "write a letter, about tax" },
        { "a letter", "kwiatkovska and write a letter", "write a letter" },
        { "a letter", "a letter (kwiatkovska) in short", "a letter in short" },
        { "a letter", "write a letter, dial seven one five", "write a letter, dial" },
        { "a letter", "write a letter, dial seven or one or five", "write a letter, dial" },
        { "a letter", "seven letters, one about tax, five in short", "letters about tax in short" },
        { "a letter", "a tenth letter, first to sixth in short", "a letter in short" },
        { "a letter", "two letters about tax, one in short", "two letters about tax in short" },
        { "one to five", "count from one to five", "count from one to five" },
        { "seven 1 five", "seven one five times", "seven five times" },
        { "a letter", "write a letter to grace baker", "write a letter" },
        { "a letter", "write a letter to Will King, about tax", "write a letter, about tax" },
        { "a letter", "write a letter to Baker, Grace", "write a letter" },
        { "a letter", "write a letter to grace's baker", "write a letter" },
        { "a letter", "write a letter to Grace\xE2\x80\x99s Baker", "write a letter" },
        { "my friend Sam", "write a letter to a friend's cousin",
          "write a letter to a friend's cousin" },
        // what is dropped brings nothing together
        { "a letter", "write a letter to grace qqq baker", "write a letter" },
        { "a plan", "a plan i qqq u qqq i", "a plan i" }, // letters that words stood between
        { "a letter", "write a letter to hope 7155 hunter, about tax",
          "write a letter, about tax" },
        { "a letter", "write a letter to grace b. baker", "write a letter" },
        { "five", "write five 7155 seven letters", "write five letters" },
        { "a letter",
          "write a letter to table\xE6\x9D\x8E"
          "cloth",
          "write a letter to table cloth" },
        { "\xE6\x9D\x8E\xE5\xAD\x90 \xE6\x98\x8E\xE5\xA4\xA9",
          "\xE6\x9D\x8Eqq\xE6\x98\x8E \xE6\x98\x8E\xE5\xA4\xA9",
          "\xE6\x9D\x8E \xE6\x98\x8E \xE6\x98\x8E\xE5\xA4\xA9" },
        { "a letter", "write kwiatkovska's letter", "write letter" },
        { "a letter", "write a letter, dial iv viii ii ix", "write a letter, dial" },
        { "a letter", "write a letter, dial CLIX, XCII", "write a letter, dial" },
        { "a letter", "write a letter about world war ii", "write a letter about world war ii" },
        { "ii or iii", "write ii and iii", "write ii and iii" },
        { "a letter", "a cv with ml, ci and cd", "a cv with ml, ci and cd" },
        { "will you write a letter", "will king write a letter", "will write a letter" },
        { "I am Grace Baker", "a letter of Grace Baker", "a letter of Grace Baker" },
        { "a baker", "write with grace about the baker", "write with grace about the baker" },
        { "a letter", "write a letter 71555", "write a letter" },
        { "a letter", "write a letter k w i a t", "write a letter" },
        { "a letter", "write a LeTteR", "write a letter" },
        { "a letter", "write a letter \xE2\x93\x9A\xE2\x93\xA6\xE2\x93\x98 now",
          "write a letter now" },
        // special categories: only where the conversation itself says so
        { "a letter", "write a letter about asthma", "write a letter" },
        { "my asthma", "write about asthma", "write about asthma" },
        { "an aid", "write a letter about aids", "write a letter" },
        { "Ich habe Krebs", "help with cancer treatment letters", "help with treatment letters" },
        // scripts without spaces, by pairs of characters
        { "请帮我写一个程序", "写一个程序", "写一个程序" },
        { "请帮我写一个程序", "王小明写一个程序", "写一个程序" },
        { "王小 小二 明日 写程序", "写程序王小明", "写程序王小" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_text(cut(rows[i][0], rows[i][1]).text, rows[i][2]);
}

static void test_what_counts(void **state)
{
    (void)state;
    assert_int_equal(cut("a letter", "write a letter to kwiatkovska").n_dropped, 1);
    assert_int_equal(cut("a letter", "write a letter").n_dropped, 0);
    assert_false(cut("a letter", "write a letter to kwiatkovska").is_poor);
    assert_true(cut("a letter", "help kwiatkovska of bydgoszcz").is_poor);
    assert_true(cut("a letter", "kwiatkovska").is_poor);
    assert_false(cut("a letter", "ask").is_poor);
}

static int open_scanner(void **state)
{
    (void)state;
    return scan_open(&scanner, &err);
}

static int close_scanner(void **state)
{
    (void)state;
    scan_close(scanner);
    arena_release(&arena);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_stays),
        cmocka_unit_test(test_what_counts),
    };
    return cmocka_run_group_tests(tests, open_scanner, close_scanner);
}
