// SPDX-License-Identifier: Apache-2.0
// llama.cpp in process, with the real model: answers do not depend on threads nor on what else is
// asked; whole prompts are read whole or fail alone; control tokens of a conversation are text;
// embedding between two answers does no harm; our grammars bound answers.
#include "ask/ask.h"
#include "ask/prompt.h"
#include "base/crypto.h"
#include "facet/facet_json.h"
#include "vec/gemm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define N 20

static struct arena a;
static char dir[4096], model[4200];

static const char prefix[] =
    "Say in one short line what the user wants.\n\nhow do i drop empty rows in "
    "pandas" LLM_TURN "The user asks the assistant to remove empty rows "
    "from a table in Python." LLM_TURN;
static const char grammar[] = "root ::= \" \"? char+ \".\"\nchar ::= [^.\\n\\r]\n";

static void fill(struct llm_request *requests)
{
    static const char *const asked[] = {
        "write a poem about the sea",       "sort a list of names in Java",
        "plan a week in Portugal",          "explain how vaccines work",
        "translate good morning to French", "fix my CSS, the menu is too wide",
        "give me a recipe with leeks",      "summarize this article on bees",
        "what is a monad",                  "help me write a cover letter",
    };
    for (size_t i = 0; i < N; i++) {
        struct str text = arena_printf(&a, "<user>%s%s</user>", asked[i % 10],
                                       i < 10 ? "" : " and be brief");
        requests[i] =
            (struct llm_request){ .prefix = STR_LIT(prefix), .prompt = raw_of(text),
                                  .stem = STR_LIT("The user asks the assistant to"),
                                  .grammar = grammar, .max_tokens = 16 };
    }
}

static void ask(size_t n_threads, const struct llm_request *requests, size_t n,
                struct llm_reply *replies)
{
    struct llm_link *llm;
    struct err err = { 0 };
    if (llm_open_llama(&llm, model, n_threads, 1, &err) ||
        llm_ask(llm, requests, n, &a, replies, &err))
        fail_msg("%s", err.text);
    llm_close(llm);
}

static void assert_same(const struct llm_reply *x, const struct llm_reply *y)
{
    if (!str_equal(x->text.s, y->text.s))
        fail_msg("\"%.*s\" is not \"%.*s\"", STR_ARG(x->text.s), STR_ARG(y->text.s));
    assert_int_equal(x->stop, y->stop);
    assert_int_equal(x->n_prompt_tokens, y->n_prompt_tokens);
}

static void test_threads_do_not_matter(void **state)
{
    struct llm_request requests[N];
    struct llm_reply one[N], two[N];
    (void)state;
    fill(requests);
    ask(1, requests, N, one);
    ask(2, requests, N, two);
    for (size_t i = 0; i < N; i++) {
        assert_same(&one[i], &two[i]);
        assert_true(one[i].text.s.len > 5 && one[i].n_reply_tokens <= 16);
        assert_int_not_equal(one[i].stop, LLM_FAILED);
        assert_ptr_equal(memchr(one[i].text.s.ptr, '\n', one[i].text.s.len), NULL);
    }
    assert_false(str_equal(one[0].text.s, one[1].text.s));
}

// The rest of the group may change; so may the group's size.
static void test_neighbours_do_not_matter(void **state)
{
    struct llm_request requests[N], few[3];
    struct llm_reply all[N], some[3];
    (void)state;
    fill(requests);
    few[0] = requests[9], few[1] = requests[2], few[2] = requests[15];
    ask(1, requests, N, all);
    ask(1, few, 3, some);
    assert_same(&some[0], &all[9]);
    assert_same(&some[1], &all[2]);
    assert_same(&some[2], &all[15]);
}

// About n tokens.
static struct raw long_text(size_t n)
{
    char *text = arena_alloc(&a, 6 * n + 1);
    for (size_t i = 0; i < n; i++)
        snprintf(text + 6 * i, 7, "%s", i % 9 ? "house " : "water ");
    return raw_of(str_make(text, 6 * n));
}

static void test_whole_prompts(void **state)
{
    struct llm_request requests[7];
    struct llm_reply one[7], two[7], alone[2];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(requests); i++)
        requests[i] = (struct llm_request){ .prefix = STR_LIT("Say what this is about:\n"),
                                            .prompt = long_text(300 + 40 * i),
                                            .max_tokens = 6,
                                            .is_whole = i != 2 };
    requests[5].prompt = long_text(9000);
    ask(1, requests, 7, one);
    ask(2, requests, 7, two);
    ask(2, requests, 1, alone);
    ask(1, requests + 6, 1, alone + 1);
    for (size_t i = 0; i < COUNT_OF(requests); i++)
        assert_same(&one[i], &two[i]);
    assert_same(&alone[0], &one[0]);
    assert_same(&alone[1], &one[6]);
    assert_true(one[0].n_prompt_tokens > 300 && one[6].n_prompt_tokens > 540);
    assert_true(one[2].n_prompt_tokens < 260); // not whole: cut
    assert_int_equal(one[5].stop, LLM_FAILED);
    assert_string_equal(one[5].why, WHY_TOO_LONG);
    assert_int_not_equal(one[6].stop, LLM_FAILED);
}

static void test_grammars_bound_answers(void **state)
{
    static const char *const forms[] = { ASK_NAME, ASK_GRADE, ASK_CHOICE, ASK_LIST };
    static const char *const begins[] = { "<summary>", "<reason>", "", "" };
    struct facet_list list;
    struct err err = { 0 };
    struct llm_request requests[5];
    struct llm_reply replies[5];
    (void)state;
    assert_int_equal(facet_list_open("", &a, &list, &err), 0);
    struct facet_questions questions = facet_questions_make(&list, false, "English", &a);
    for (size_t i = 0; i < 5; i++)
        requests[i] =
            (struct llm_request){ .prompt = raw_of(STR_LIT("plan a week in Portugal")),
                                  .grammar = i < 4 ? forms[i] : questions.items[0].grammar,
                                  .max_tokens = i < 4 ? 12 : 300,
                                  .is_whole = true };
    ask(2, requests, 5, replies);
    for (size_t i = 0; i < 4; i++)
        if (replies[i].stop == LLM_FAILED || !str_starts(replies[i].text.s, str_of(begins[i])))
            fail_msg("form %zu: \"%.*s\"", i, STR_ARG(replies[i].text.s));
    struct facet_set set = { 0 };
    assert_int_equal(replies[4].stop, LLM_FINISHED);
    assert_true(str_starts(replies[4].text.s, STR_LIT("{\"request\":\"")));
    const char *why = facet_json_parse(replies[4].text.s, &list, &questions.items[0], &a, &set);
    if (why && strcmp(why, "empty") != 0)
        fail_msg("%s: \"%.*s\"", why, STR_ARG(replies[4].text.s));
}

// An answer of a choice is one of the choices, whatever letters they have.
static void test_a_choice_is_one_of_the_list(void **state)
{
    const struct str titles[] = { STR_LIT("Say \"no\" to C:\\"), STR_LIT("旅行の計画") };
    struct llm_request requests[3];
    struct llm_reply replies[3];
    (void)state;
    for (size_t i = 0; i < 3; i++)
        requests[i] =
            (struct llm_request){ .prompt = raw_of(STR_LIT("What does a cat do all day?")),
                                  .grammar = ask_choice(titles, i, &a),
                                  .max_tokens = 200,
                                  .is_whole = true };
    ask(1, requests, 3, replies);
    for (size_t i = 0; i < 3; i++) {
        struct str text = replies[i].text.s;
        size_t at = str_find(text, STR_LIT("<answer>"), 0);
        assert_int_equal(replies[i].stop, LLM_FINISHED);
        assert_true(at != SIZE_MAX && at <= 4 * 300);
        struct str answer = prompt_answer(text, "answer");
        bool found = str_equal(answer, STR_LIT("none"));
        for (size_t j = 0; j < i; j++)
            found = found || str_equal(answer, titles[j]);
        assert_true(found && str_ends(text, STR_LIT("</answer>")));
    }
}

static void test_control_tokens_are_text(void **state)
{
    struct llm_request requests[2];
    struct llm_reply replies[2];
    (void)state;
    for (int i = 0; i < 2; i++)
        requests[i] = (struct llm_request){ .prompt = raw_of(STR_LIT("a<|im_end|>b")),
                                            .max_tokens = 2 };
    requests[1].prompt = raw_of(STR_LIT("ab"));
    ask(1, requests, 2, replies);
    // As a control token it would be one token; as text it is several.
    assert_true(replies[0].n_prompt_tokens >= replies[1].n_prompt_tokens + 5);
}

static void test_embedding_in_between(void **state)
{
    struct llm_request requests[N];
    struct llm_reply first[N], again[N];
    struct llm_link *llm;
    struct gemm_weights *w;
    struct err err = { 0 };
    static float b[64 * 64], x[64 * 64], y[64 * 64];
    (void)state;
    fill(requests);
    for (size_t i = 0; i < COUNT_OF(b); i++)
        x[i] = b[i] = (float)(i % 7) - 3.0f;
    assert_int_equal(gemm_weights_open(&w, b, 64, 64, NULL, GEMM_BF16, GEMM_NOTHING, &err), 0);
    assert_int_equal(llm_open_llama(&llm, model, 2, 1, &err), 0);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(gemm_run(w, x, 64, y, &err), 0);
        assert_int_equal(llm_ask(llm, requests, 4, &a, round ? again : first, &err), 0);
    }
    for (size_t i = 0; i < 4; i++)
        assert_same(&first[i], &again[i]);
    llm_close(llm);
    gemm_weights_close(w);
}

static void test_no_model(void **state)
{
    struct llm_link *llm;
    struct err err = { 0 };
    (void)state;
    assert_int_equal(llm_open_llama(&llm, "no/such/file.gguf", 1, 1, &err), ERR_NO_INPUT);
    assert_int_equal(llm_open_llama(&llm, "docs/layers.txt", 1, 1, &err), ERR_DATA);
}

static int setup(void **state)
{
    struct err err = { 0 };
    const char *data = getenv("XDG_DATA_HOME"), *models = getenv("CLIO_MODELS"),
               *home = getenv("HOME");
    (void)state;
    if (models && *models)
        snprintf(dir, sizeof dir, "%s", models);
    else if (data && *data)
        snprintf(dir, sizeof dir, "%s/clio/models", data);
    else
        snprintf(dir, sizeof dir, "%s/.local/share/clio/models", home ? home : "");
    snprintf(model, sizeof model, "%s/smollm2-135m-instruct-q4_1.gguf", dir);
    return crypto_start(&err);
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
        cmocka_unit_test(test_no_model),
        cmocka_unit_test(test_control_tokens_are_text),
        cmocka_unit_test(test_embedding_in_between),
        cmocka_unit_test(test_grammars_bound_answers),
        cmocka_unit_test(test_a_choice_is_one_of_the_list),
        cmocka_unit_test(test_whole_prompts),
        cmocka_unit_test(test_neighbours_do_not_matter),
        cmocka_unit_test(test_threads_do_not_matter),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
