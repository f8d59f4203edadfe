// SPDX-License-Identifier: Apache-2.0
// Recorded answers: recorded once, given back without the link behind, refused when not there. And
// the facet questions over them: an answer equal to an example is asked again without it.
#include "base/crypto.h"
#include "base/file.h"
#include "facet/facet_ask.h"
#include "facet/prompt_files.h"
#include "llm/llm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena a;
static char path[64] = P_tmpdir "/clio-replay-XXXXXX";
static size_t n_asked;
static struct str seen_prefix;

// Answers with the prompt's length, an example's answer when the prompt says so, or nothing.
static int ask_fake(struct llm_link *self, const struct llm_request *requests, size_t n,
                    struct arena *arena, struct llm_reply *replies, struct err *err)
{
    (void)self, (void)err;
    for (size_t i = 0; i < n; i++) {
        struct str prompt = requests[i].prompt.s;
        struct str text = arena_printf(arena, " count to %zu.", prompt.len);
        if (str_find(prompt, STR_LIT("COPY"), 0) != SIZE_MAX) {
            struct str marker = STR_LIT("The user asks the assistant to");
            struct str rest = str_from(requests[i].prefix, str_find(requests[i].prefix, marker, 0));
            struct str answer;
            str_cut(&rest, LLM_TURN[0], &answer);
            text = arena_str(arena, str_from(answer, marker.len));
        }
        if (str_find(prompt, STR_LIT("NOTHING"), 0) != SIZE_MAX)
            text = STR_LIT(" ...");
        replies[i] = (struct llm_reply){
            .text = raw_of(text), .stop = LLM_FINISHED, .n_prompt_tokens = 1, .n_reply_tokens = 1
        };
        seen_prefix = requests[i].prefix;
        n_asked++;
    }
    return 0;
}

static void close_fake(struct llm_link *self)
{
    (void)self;
}

static struct llm_link fake = { "fake", ask_fake, close_fake, NULL, NULL, NULL };

static void test_record_and_replay(void **state)
{
    struct llm_request requests[] = {
        { .prefix = STR_LIT("p"), .prompt = { STR_LIT("one") }, .max_tokens = 8 },
        { .prefix = STR_LIT("p"), .prompt = { STR_LIT("three\n\"\\") }, .max_tokens = 8 },
    };
    struct llm_reply live[2], played[2];
    struct llm_link *llm;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(llm_open_replay(&llm, path, NULL, &err), ERR_NO_INPUT);
    assert_int_equal(llm_open_replay(&llm, path, &fake, &err), 0);
    assert_int_equal(llm_ask(llm, requests, 2, &a, live, &err), 0);
    assert_int_equal(llm_ask(llm, requests, 2, &a, live, &err), 0);
    assert_int_equal(n_asked, 2);
    llm_close(llm);
    assert_int_equal(llm_open_replay(&llm, path, NULL, &err), 0);
    assert_int_equal(llm_ask(llm, requests, 2, &a, played, &err), 0);
    for (size_t i = 0; i < 2; i++)
        assert_true(str_equal(live[i].text.s, played[i].text.s));
    requests[1].max_tokens = 9;
    assert_int_equal(llm_ask(llm, requests, 2, &a, played, &err), ERR_NO_INPUT);
    llm_close(llm);
    assert_int_equal(n_asked, 2);
    assert_int_equal(file_write(path, STR_LIT("{\"key\":1}\n"), &err), 0);
    assert_int_equal(llm_open_replay(&llm, path, NULL, &err), ERR_DATA);
    unlink(path);
}

static void test_copied_and_missing_answers(void **state)
{
    static const char *const turns[] = { "[[\"user\",\"tell me how the tides work in detail\"]]",
                                         "[[\"user\",\"COPY what the example says, please do\"]]",
                                         "[[\"user\",\"NOTHING comes out of this one, does it\"]]",
                                         "[]" };
    struct conversation conversations[4] = { 0 };
    struct facet_set sets[4];
    struct facet_prompt prompt;
    struct facet_ask_counts counts = { 0 };
    struct err err = { 0 };
    (void)state;
    assert_int_equal(facet_prompt_read(str_of(prompt_facet_request()),
                                       facet_catalog(FACET_REQUEST)->stem, &prompt, &err),
                     0);
    for (int i = 0; i < 4; i++) {
        conversations[i].seq = i + 1;
        conversations[i].turns = str_of(turns[i]);
        assert_int_equal(facet_set_by_rule(&conversations[i], &a, &sets[i], &err), 0);
    }
    n_asked = 0;
    assert_int_equal(facet_ask(&fake, &prompt, conversations, sets, 4, &a, &counts, &err), 0);
    assert_int_equal(n_asked, 4); // three, and the copied one again
    assert_int_equal(counts.n_copied, 1);
    assert_int_equal(str_find(seen_prefix, prompt.answers[0], 0), SIZE_MAX);
    assert_true(str_starts(sets[0].values[FACET_REQUEST].s, STR_LIT("count to ")));
    assert_null(sets[0].gap);
    // Without the first example the fake gives the second one back: no answer, the rule's value.
    assert_string_equal(sets[1].gap, "copied");
    assert_true(str_starts(sets[1].values[FACET_REQUEST].s, STR_LIT("COPY what")));
    assert_string_equal(sets[2].gap, "empty");
    assert_true(str_starts(sets[2].values[FACET_REQUEST].s, STR_LIT("NOTHING comes")));
    assert_null(sets[3].gap);
    assert_true(str_equal(sets[3].values[FACET_REQUEST].s, STR_LIT(FACET_NO_REQUEST)));
}

static int setup(void **state)
{
    struct err err = { 0 };
    int file = mkstemp(path);
    (void)state;
    close(file);
    unlink(path);
    return file < 0 ? -1 : crypto_start(&err);
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_and_replay),
        cmocka_unit_test(test_copied_and_missing_answers),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
