// SPDX-License-Identifier: Apache-2.0
// What counts as a yes or a no, and what becomes of conversations without either.
#include "check.h"
#include "facet/screen.h"
#include "llm/llm_remote.h"

static void test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *reply, *answer;
    } cases[] = {
        { "<answer>yes</answer>", "yes" },
        { "<answer> No. </answer>", "no" },
        { "Let me see: no.\n<answer>Yes</answer>", "yes" },
        { "yes</answer>", "yes" },
        { "No, it does not.", "no" },
        { "NO", "no" },
        { "nothing of that", NULL },
        { "yesterday", NULL },
        { "", NULL },
        { "<answer></answer>", NULL },
        { "<answer>maybe yes</answer>", NULL },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *got = screen_read(str_of(cases[i].reply));
        if (got != cases[i].answer && (!got || !cases[i].answer || strcmp(got, cases[i].answer)))
            fail_msg("\"%s\": %s", cases[i].reply, got ? got : "nothing");
    }
}

// Answers by the number of the question; keeps what it was asked.
struct fake {
    struct llm_link link;
    const char *replies[4];
    size_t n_asked, n_again;
    bool out_of_money, poor_again; // after the first answer; in the second round
    bool question_is_shown, text_is_shown;
};

static int fake_ask(struct llm_link *self, const struct llm_request *requests, size_t n,
                    struct arena *a, struct llm_reply *replies, struct err *err)
{
    struct fake *fake = (struct fake *)self;
    (void)a;
    for (size_t i = 0; i < n; i++) {
        struct str prompt = requests[i].prompt.s, prefix = requests[i].prefix;
        bool again = str_find(prompt, STR_LIT("neither yes nor no"), 0) != SIZE_MAX;
        fake->n_asked++;
        fake->n_again += again;
        fake->question_is_shown = str_find(prefix, STR_LIT("\nIs it ‹b› a test?\n"), 0) != SIZE_MAX;
        fake->text_is_shown = str_find(prompt, STR_LIT("<user>text"), 0) != SIZE_MAX;
        bool left = fake->out_of_money ? fake->n_asked > 1 : again && fake->poor_again;
        replies[i] = (struct llm_reply){ .text = raw_of(str_of(fake->replies[i])),
                                         .stop = left ? LLM_FAILED : LLM_FINISHED,
                                         .why = left ? WHY_NOT_ASKED : NULL };
    }
    bool over = fake->out_of_money || (fake->poor_again && fake->n_again);
    return over ? err_set(err, ERR_BUDGET, "no money") : 0;
}

static void test_many(void **state)
{
    (void)state;
    struct fake fake = { .link = { .name = "fake", .ask = fake_ask },
                         .replies = { "<answer>yes</answer>", "perhaps", "<answer>no</answer>" } };
    const struct conversation list[] = {
        { .seq = 1, .turns = STR_LIT("[[\"user\",\"text one\"]]") },
        { .seq = 2, .turns = STR_LIT("[[\"user\",\" \"]]") }, // says nothing: not asked about
        { .seq = 3, .turns = STR_LIT("[[\"user\",\"text two\"]]") },
        { .seq = 4, .turns = STR_LIT("[[\"user\",\"text three\"]]") },
    };
    const char *answers[COUNT_OF(list)];
    struct arena a = { 0 };
    struct err err = { 0 };
    struct ask_counts counts = { 0 };
    bool over = false;
    struct str question = STR_LIT("Is it\n<b> a test?");
    assert_ok(
        screen_ask(&fake.link, question, list, COUNT_OF(list), &a, answers, &counts, &over, &err));
    assert_string_equal(answers[0], "yes");
    assert_string_equal(answers[1], "no");
    assert_string_equal(answers[2], "yes"); // the repair is the first question of its round
    assert_string_equal(answers[3], "no");
    assert_int_equal(fake.n_asked, 4);
    assert_int_equal(fake.n_again, 1);
    assert_int_equal(counts.n_gaps, 0);
    assert_true(fake.question_is_shown && fake.text_is_shown);
    fake.replies[0] = fake.replies[1] = "perhaps";
    assert_ok(
        screen_ask(&fake.link, question, list, COUNT_OF(list), &a, answers, &counts, &over, &err));
    assert_string_equal(answers[0], "no-answer");
    assert_int_equal(counts.n_gaps, 2);
    // no more money: what is there is taken; the chain says so of all that comes afterwards
    fake = (struct fake){ .link = fake.link, .replies = { "yes", "", "" }, .out_of_money = true };
    assert_ok(
        screen_ask(&fake.link, question, list, COUNT_OF(list), &a, answers, &counts, &over, &err));
    assert_true(over);
    assert_string_equal(answers[0], "yes");
    assert_string_equal(answers[3], WHY_NOT_ASKED);
    assert_ok(
        screen_ask(&fake.link, question, list, COUNT_OF(list), &a, answers, &counts, &over, &err));
    assert_int_equal(fake.n_asked, 6);
    assert_string_equal(answers[0], WHY_NOT_ASKED);
    arena_release(&a);
}

// What is to be asked once more when money is used up is left to a later command.
static void test_repair_without_money(void **state)
{
    (void)state;
    const struct conversation list[] = {
        { .seq = 1, .turns = STR_LIT("[[\"user\",\"text one\"]]") },
        { .seq = 2, .turns = STR_LIT("[[\"user\",\"text two\"]]") },
    };
    const struct fake poor[] = { { .out_of_money = true }, { .poor_again = true } };
    for (size_t i = 0; i < COUNT_OF(poor); i++) {
        struct fake fake = poor[i];
        const char *answers[COUNT_OF(list)];
        struct arena a = { 0 };
        struct err err = { 0 };
        struct ask_counts counts = { 0 };
        bool over = false;
        fake.link = (struct llm_link){ .name = "fake", .ask = fake_ask };
        fake.replies[0] = "perhaps";
        fake.replies[1] = "yes";
        assert_ok(screen_ask(&fake.link, STR_LIT("A test?"), list, COUNT_OF(list), &a, answers,
                             &counts, &over, &err));
        assert_true(over);
        assert_string_equal(answers[0], WHY_NOT_ASKED);
        assert_string_equal(answers[1], poor[i].out_of_money ? WHY_NOT_ASKED : "yes");
        arena_release(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_answers), cmocka_unit_test(test_many),
                                        cmocka_unit_test(test_repair_without_money) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
