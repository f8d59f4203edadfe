// SPDX-License-Identifier: Apache-2.0
// Answers of a model in process that are kept: given back without asking, also after a call that
// broke off; a failure is asked again; the ceiling of time holds between two calls of the model.
#include "base/crypto.h"
#include "check.h"
#include "llm/llm_remote.h"

static struct arena a;
static char dir[256], path[300];
static size_t n_calls, n_asked, most_at_once, fails_from;
static int sleep_ms;

static int ask_fake(struct llm_link *self, const struct llm_request *requests, size_t n,
                    struct arena *arena, struct llm_reply *replies, struct err *err)
{
    (void)self;
    if (++n_calls >= fails_from)
        return err_set(err, ERR_TRY_AGAIN, "the model broke");
    usleep((useconds_t)sleep_ms * 1000);
    most_at_once = n > most_at_once ? n : most_at_once;
    for (size_t i = 0; i < n; i++) {
        bool mute = str_equal(requests[i].prompt.s, STR_LIT("mute"));
        replies[i] = (struct llm_reply){ .text = raw_of(arena_printf(
                                             arena, "to %.*s", STR_ARG(requests[i].prompt.s))),
                                         .stop = mute ? LLM_FAILED : LLM_FINISHED,
                                         .n_prompt_tokens = 3,
                                         .n_reply_tokens = 2 };
        n_asked++;
    }
    return 0;
}

static void close_fake(struct llm_link *self)
{
    (void)self;
}

static struct llm_link *open_kept(const char *model, bool replay, int64_t max_ms)
{
    static struct llm_link fake;
    struct llm_remote_options options = llm_remote_defaults();
    struct llm_link *llm = NULL;
    struct err err = { 0 };
    fake = (struct llm_link){ "fake", ask_fake, close_fake, NULL, NULL, NULL };
    options.model = model;
    options.answers = path;
    options.max_ms = max_ms;
    options.dialect = replay ? LLM_REPLAY : LLM_OPENAI;
    if (!replay)
        llm = &fake;
    assert_ok(llm_keep(&llm, &options, 2, &err));
    return llm;
}

static void fill(struct llm_request *requests, size_t n)
{
    for (size_t i = 0; i < n; i++)
        requests[i] = (struct llm_request){ .prefix = STR_LIT("p"),
                                            .max_tokens = 8,
                                            .prompt = raw_of(arena_printf(&a, "q%zu", i)) };
}

static int setup(void **state)
{
    struct err err = { 0 };
    (void)state;
    make_dir(dir);
    snprintf(path, sizeof path, "%s/answers.jsonl", dir);
    n_calls = n_asked = most_at_once = 0;
    fails_from = SIZE_MAX;
    sleep_ms = 0;
    return crypto_start(&err);
}

static int teardown(void **state)
{
    (void)state;
    remove_dir(dir);
    arena_release(&a);
    return 0;
}

static void test_asked_once(void **state)
{
    struct llm_request requests[5];
    struct llm_reply first[5], again[5];
    struct llm_spend spend;
    struct err err = { 0 };
    (void)state;
    fill(requests, 5);
    requests[4].prompt = raw_of(STR_LIT("mute"));
    struct llm_link *llm = open_kept("m", false, 0);
    assert_ok(llm_ask(llm, requests, 5, &a, first, &err));
    assert_true(llm_spent(llm, &spend));
    assert_int_equal(spend.n_sent, 5);
    assert_int_equal(spend.n_prompt_tokens, 12); // of answers
    llm_close(llm);
    assert_int_equal(most_at_once, 2);
    llm = open_kept("m", false, 0);
    assert_ok(llm_ask(llm, requests, 5, &a, again, &err));
    assert_int_equal(n_asked, 6); // what failed, again
    for (size_t i = 0; i < 4; i++)
        assert_true(str_equal(first[i].text.s, again[i].text.s));
    assert_int_equal(again[4].stop, LLM_FAILED);
    requests[0].grammar = "root ::= \"x\"\n";
    assert_ok(llm_ask(llm, requests, 1, &a, again, &err));
    assert_int_equal(n_asked, 7); // another form is another question
    llm_close(llm);
    llm = open_kept("other", false, 0);
    assert_ok(llm_ask(llm, requests + 1, 1, &a, again, &err));
    assert_int_equal(n_asked, 8);
    llm_close(llm);
    llm = open_kept("m", true, 0); // a replay has the failure as it was
    requests[0].grammar = NULL;
    assert_ok(llm_ask(llm, requests, 5, &a, again, &err));
    assert_int_equal(again[4].stop, LLM_FAILED);
    assert_int_equal(n_asked, 8);
    llm_close(llm);
}

static void test_a_broken_call_loses_little(void **state)
{
    struct llm_request requests[6];
    struct llm_reply replies[6];
    struct err err = { 0 };
    (void)state;
    fill(requests, 6);
    fails_from = 3;
    struct llm_link *llm = open_kept("m", false, 0);
    assert_error(llm_ask(llm, requests, 6, &a, replies, &err), ERR_TRY_AGAIN);
    assert_int_equal(replies[3].stop, LLM_FINISHED);
    assert_string_equal(replies[4].why, WHY_NOT_ASKED);
    llm_close(llm);
    fails_from = SIZE_MAX;
    llm = open_kept("m", false, 0);
    assert_ok(llm_ask(llm, requests, 6, &a, replies, &err));
    assert_int_equal(n_asked, 6);
    llm_close(llm);
    llm = open_kept("m", true, 0);
    assert_ok(llm_ask(llm, requests, 6, &a, replies, &err));
    assert_text(replies[5].text.s, "to q5");
    requests[0].max_tokens = 9;
    assert_error(llm_ask(llm, requests, 1, &a, replies, &err), ERR_NO_INPUT);
    llm_close(llm);
}

static void test_time_is_up(void **state)
{
    struct llm_request requests[6];
    struct llm_reply replies[6];
    struct llm_spend spend;
    struct err err = { 0 };
    (void)state;
    fill(requests, 6);
    sleep_ms = 60;
    struct llm_link *llm = open_kept("m", false, 50);
    assert_error(llm_ask(llm, requests, 6, &a, replies, &err), ERR_BUDGET);
    assert_true(llm_spent(llm, &spend));
    assert_int_equal(spend.n_not_asked, 4);
    assert_int_equal(replies[1].stop, LLM_FINISHED);
    assert_string_equal(replies[2].why, WHY_NOT_ASKED);
    llm_close(llm);
    // what was not asked stays so in a replay, and is asked by a later command
    llm = open_kept("m", true, 0);
    assert_ok(llm_ask(llm, requests, 6, &a, replies, &err));
    assert_int_equal(replies[1].stop, LLM_FINISHED);
    assert_int_equal(replies[5].stop, LLM_FAILED);
    assert_string_equal(replies[5].why, WHY_NOT_ASKED);
    llm_close(llm);
    llm = open_kept("m", false, 0);
    assert_ok(llm_ask(llm, requests, 6, &a, replies, &err));
    assert_int_equal(replies[5].stop, LLM_FINISHED);
    llm_close(llm);
    llm = open_kept("m", true, 0);
    assert_ok(llm_ask(llm, requests, 6, &a, replies, &err));
    assert_int_equal(replies[5].stop, LLM_FINISHED);
    llm_close(llm);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_asked_once),
        TEST(test_a_broken_call_loses_little),
        TEST(test_time_is_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
