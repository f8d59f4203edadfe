// SPDX-License-Identifier: Apache-2.0
// Words with masked slots, and what prompts share.
#include "unit/check.h"

#include "safety/prompt_words.h"

static const char *joined(const char *text, struct arena *a)
{
    struct prompt_words words;
    struct str all = STR_LIT("");
    prompt_words_read(str_of(text), a, &words);
    for (size_t i = 0; i < words.n; i++)
        all = arena_printf(a, "%.*s%s%.*s", STR_ARG(all), i ? " " : "", STR_ARG(words.text[i]));
    return arena_copy(a, all);
}

static void test_masks(void **state)
{
    (void)state;
    struct arena a = { 0 };
    assert_string_equal(joined("Buy 12 CARS, now!", &a), "buy # cars now");
    assert_string_equal(joined("see https://a.example/x?y=1 or www.b.example", &a), "see @ or @");
    assert_string_equal(joined("Write to jo@mail.example today", &a), "write to @ today");
    assert_string_equal(joined("the word \"very special\" and “more”", &a), "the word \" and \"");
    assert_string_equal(joined("shop.example/best is e.g. fine", &a), "@ is e g fine");
    assert_string_equal(joined("ab3c Ünïcode", &a), "# ünïcode");
    assert_string_equal(joined("写文章 now", &a), "写 文 章 now");
    assert_string_equal(joined("", &a), "");
    assert_string_equal(joined("\"not closed for a long time", &a), "not closed for a long time");
    arena_release(&a);
}

static double likeness(const char *x, const char *y, struct arena *a)
{
    struct prompt_counts counts;
    struct prompt_words words;
    struct sketch s[2];
    float rarity;
    prompt_counts_make(&counts, a);
    prompt_words_read(str_of(x), a, &words);
    prompt_sketch(&words, &counts, 1, &s[0], &rarity, a);
    prompt_words_read(str_of(y), a, &words);
    prompt_sketch(&words, &counts, 1, &s[1], &rarity, a);
    return s[0].there && s[1].there ? sketch_likeness(&s[0], &s[1]) : -1;
}

static void test_filled_slots_stay_alike(void **state)
{
    (void)state;
    struct arena a = { 0 };
    const char *one = "Write an article about cheap car insurance with 900 words, repeat the "
                      "phrase in every heading and put a link to https://x.example behind it";
    const char *two = "Write an article about the best hair clinic with 750 words, repeat the "
                      "phrase in every heading and put a link to https://y.example behind it";
    const char *other = "My cat sleeps all day and does not eat what I buy for her, should I be "
                        "worried or is that usual at her age in the summer months";
    assert_true(likeness(one, two, &a) > 0.5);
    assert_true(likeness(one, other, &a) < 0.1);
    assert_true(likeness("tell me a joke", "tell me a joke", &a) < 0); // too short to say
    arena_release(&a);
}

static void test_common_pairs_say_nothing(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct prompt_counts counts;
    struct prompt_words words;
    struct sketch s;
    float rarity;
    prompt_counts_make(&counts, &a);
    prompt_words_read(STR_LIT("can you please help me to write a good text about my day"), &a,
                      &words);
    for (int i = 0; i < 10; i++)
        prompt_counts_add(&counts, &words, 1, &a);
    assert_true(prompt_share(&counts, prompt_pair(&words, 0)) >= 1);
    prompt_sketch(&words, &counts, 0.05, &s, &rarity, &a);
    assert_false(s.there);
    prompt_sketch(&words, &counts, 1, &s, &rarity, &a);
    assert_true(s.there && rarity < 0.01f);
    arena_release(&a);
}

static void test_template(void **state)
{
    (void)state;
    struct arena a = { 0 };
    static const char *const texts[] = { "praise the casino red mill and name a bonus of 20 euros",
                                         "praise the casino gold bay and name a bonus of 50 euros",
                                         "praise the casino top win and name a bonus of 10 euros" };
    struct prompt_words words[3];
    for (size_t i = 0; i < 3; i++)
        prompt_words_read(str_of(texts[i]), &a, &words[i]);
    assert_text(prompt_template(words, 3, 0.6, &a),
                "praise the casino … and name a bonus of # euros");
    assert_text(prompt_template(words, 0, 0.6, &a), "");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_filled_slots_stay_alike),
        cmocka_unit_test(test_common_pairs_say_nothing),
        cmocka_unit_test(test_template),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
