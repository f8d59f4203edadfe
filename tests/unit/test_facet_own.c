// SPDX-License-Identifier: Apache-2.0
// The user's own facets asked of the model in this process: the grammar holds its values and never
// an empty answer, wherever "Unknown" stands among them. And a call each of a strong model: what a
// conversation lacks.
#include "unit/check.h"

#include "facet/facet_ask_own.h"
#include "facet/facet_ask_remote.h"
#include "run/facet_catalog.h"

static struct arena arena;
static struct err err;

// A model that answers one word and keeps the grammar that it was given.
struct model {
    struct llm_link link;
    const char *says;
    struct str grammar;
};

static int answer(struct llm_link *self, const struct llm_request *requests, size_t n,
                  struct arena *a, struct llm_reply *replies, struct err *e)
{
    struct model *model = (struct model *)self;
    (void)e;
    for (size_t i = 0; i < n; i++) {
        model->grammar = arena_str(a, str_of(requests[i].grammar));
        replies[i] =
            (struct llm_reply){ .text = raw_of(str_of(model->says)), .stop = LLM_FINISHED };
    }
    return 0;
}

static struct str ask_with(const char *values, const char *says, const char *want)
{
    struct facet_list list;
    struct model model = { .link = { .name = "fake", .ask = answer }, .says = says };
    struct conversation one = { .seq = 1, .turns = STR_LIT("[[\"user\",\"hurry up\"]]") };
    struct facet_set set = { .seq = 1 };
    struct facet_ask_counts counts = { 0 };
    struct str file = arena_printf(&arena,
                                   "facets:\n  - name: mood\n    kind: category\n    question: how "
                                   "the person sounds.\n    values: [%s]\n",
                                   values);
    assert_ok(facet_list_read(file, "test", NULL, &arena, &list, &err));
    set.values[N_FACETS] = raw_of(STR_LIT(FACET_UNKNOWN));
    assert_ok(facet_ask_own(&model.link, &list, "English", &one, &set, 1, &arena, &counts, &err));
    assert_text(set.values[N_FACETS].s, want);
    return model.grammar;
}

static void test_no_empty_answer(void **state)
{
    (void)state;
    assert_text(ask_with("calm, in a hurry", "in a hurry", "in a hurry"),
                "root ::= \"calm\" | \"in a hurry\"\n");
    assert_text(ask_with("Unknown, calm, in a hurry", " calm ", "calm"),
                "root ::= \"calm\" | \"in a hurry\"\n");
    assert_text(ask_with("Unknown", "Unknown", "Unknown"), "root ::= \"Unknown\"\n");
    ask_with("calm, in a hurry", "furious", FACET_UNKNOWN); // what is no value is left
    arena_release(&arena);
}

// Declines the first question; then money is used up.
static int decline(struct llm_link *self, const struct llm_request *requests, size_t n,
                   struct arena *a, struct llm_reply *replies, struct err *e)
{
    (void)self, (void)requests, (void)a;
    for (size_t i = 0; i < n; i++)
        replies[i] =
            (struct llm_reply){ .stop = LLM_FAILED, .why = i ? WHY_NOT_ASKED : WHY_REFUSED };
    return err_set(e, ERR_BUDGET, "no money");
}

// One facet is declined for good; that another was not asked for brings the conversation back.
static void test_what_is_open_counts(void **state)
{
    (void)state;
    struct facet_list list;
    struct llm_link model = { .name = "fake", .ask = decline };
    struct conversation one = { .seq = 1, .turns = STR_LIT("[[\"user\",\"hurry up\"]]") };
    struct facet_set set = { .seq = 1 };
    struct facet_ask_counts counts = { 0 };
    bool over = false;
    assert_ok(facet_list_read(str_of(facets_default()), "test", NULL, &arena, &list, &err));
    struct facet_questions questions = facet_questions_make(&list, true, "English", &arena);
    assert_true(questions.n > 1);
    assert_ok(facet_ask_remote(&model, &questions, &one, &set, 1, &arena, &counts, &over, &err));
    assert_true(over);
    assert_string_equal(set.gap, WHY_NOT_ASKED);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_no_empty_answer),
                                        cmocka_unit_test(test_what_is_open_counts) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
