// SPDX-License-Identifier: Apache-2.0
// Merging proposals (hierarchy/propose.c): what one answer cannot hold is merged in parts.
#include "unit/check.h"

#include "hierarchy/propose.h"

#define MOST_TOKENS 8192 // that the model in process writes (llm/provider_llama.c)

struct model {
    struct llm_link link;
    size_t n_asked, n_silent; // questions; of these the first ones without an answer
    int most_tokens;
};

// Gives back the titles it was shown, every second one of them.
static int answer(struct llm_link *self, const struct llm_request *requests, size_t n,
                  struct arena *a, struct llm_reply *replies, struct err *err)
{
    struct model *model = (struct model *)self;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        struct str prompt = requests[i].prompt.s, list = STR_LIT("<answer>\n");
        size_t end = str_find(prompt, STR_LIT("\n</titles>"), 0), n_seen = 0;
        assert_true(end < prompt.len); // what stands before the titles is the prefix
        struct str titles = str_head(prompt, end);
        for (struct str line; str_cut(&titles, '\n', &line);)
            if (n_seen++ % 2 == 0)
                list = arena_printf(a, "%.*s%.*s\n", STR_ARG(list), STR_ARG(line));
        bool is_silent = model->n_asked++ < model->n_silent;
        if (requests[i].max_tokens > model->most_tokens)
            model->most_tokens = requests[i].max_tokens;
        replies[i] = (struct llm_reply){ .stop = is_silent ? LLM_FAILED : LLM_FINISHED };
        replies[i].text = raw_of(arena_printf(a, "%.*s</answer>", STR_ARG(list)));
    }
    return 0;
}

// n titles that all differ.
static struct titles make_titles(size_t n, struct arena *a)
{
    struct titles t = { arena_array(a, n, sizeof *t.items), n };
    for (size_t i = 0; i < n; i++)
        t.items[i] = arena_printf(a, "Help with %c%c%c", 'a' + (char)(i / 400),
                                  'a' + (char)(i / 20 % 20), 'a' + (char)(i % 20));
    return t;
}

static void merge(struct model *model, size_t n, size_t n_wanted, struct arena *a,
                  struct titles *merged)
{
    struct err err;
    struct ask_counts counts = { 0 };
    struct titles proposed = make_titles(n, a);
    struct proposer p = {
        .llm = &model->link, .n_wanted = n_wanted, .counts = &counts, .language = "English"
    };
    model->link = (struct llm_link){ .name = "made up", .ask = answer };
    assert_ok(propose_merge(&p, &proposed, a, merged, &err));
}

static void test_one_question(void **state)
{
    struct arena a = { 0 };
    struct model model = { 0 };
    struct titles merged;
    (void)state;
    merge(&model, 60, 30, &a, &merged);
    assert_int_equal(model.n_asked, 1);
    assert_int_equal(merged.n, 30);
    assert_true(str_equal(merged.items[1], STR_LIT("Help with aac")));
    arena_release(&a);
}

static void test_parts(void **state)
{
    struct arena a = { 0 };
    struct model model = { 0 };
    struct titles merged;
    (void)state;
    merge(&model, 1600, 800, &a, &merged);
    assert_int_equal(model.n_asked, propose_count_parts(800));
    assert_int_equal(merged.n, 800); // of every part, each once
    assert_true(model.most_tokens <= MOST_TOKENS);
    assert_true(str_equal(merged.items[799], STR_LIT("Help with dts")));
    // Few proposals for many parents: no question over nothing, and no longer answer.
    model = (struct model){ 0 };
    merge(&model, 3, 5000, &a, &merged);
    assert_int_equal(model.n_asked, 1);
    assert_true(merged.n >= 2 && model.most_tokens <= MOST_TOKENS);
    arena_release(&a);
}

static void test_a_part_without_an_answer(void **state)
{
    struct arena a = { 0 };
    struct model model = { .n_silent = SIZE_MAX };
    struct titles merged;
    (void)state;
    merge(&model, 1600, 800, &a, &merged);
    assert_true(merged.n >= 800 && merged.n <= 1200); // of every part its first titles
    assert_true(str_equal(merged.items[0], STR_LIT("Help with aaa")));
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_question),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_a_part_without_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
