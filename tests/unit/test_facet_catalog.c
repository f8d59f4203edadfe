// SPDX-License-Identifier: Apache-2.0
// The catalogue of facets: the built-in one, a user's over it, every way to write one wrong; what
// is asked of a server and taken out of its answers.
#include "check.h"
#include "facet/facet_json.h"
#include "run/facet_catalog.h"

static struct arena a;

static struct facet_list read_list(const char *text)
{
    struct facet_list list;
    struct err err = { 0 };
    assert_ok(facet_list_read(str_of(text), "own.yaml", NULL, &a, &list, &err));
    return list;
}

static const char own[] = "facets:\n"
                          "  - name: mood\n"
                          "    kind: category\n"
                          "    question: how the person sounds.\n"
                          "    values: [calm, in a hurry]\n"
                          "  - name: effort\n"
                          "    kind: number\n"
                          "    low: -1\n"
                          "    high: 2\n"
                          "    question: how much work it is.\n"
                          "  - name: tool\n"
                          "    kind: text\n"
                          "    clustered: yes\n"
                          "    stem: The tool is\n"
                          "    question: the tool, in {language}.\n"
                          "  - name: plan\n"
                          "    kind: computed\n"
                          "    program: column\n"
                          "    column: meta.plan\n"
                          "    values: [free, pro]\n"
                          "  - name: words\n"
                          "    kind: computed\n"
                          "    program: human_words\n"
                          "  - name: task\n"
                          "    question: the task in three words.\n";

static void test_built_in(void **state)
{
    (void)state;
    struct facet_list list;
    struct err err = { 0 };
    assert_ok(facet_list_open("", &a, &list, &err));
    assert_int_equal(list.n, N_FACETS);
    static const char *const asked[] = { "request", "task", "language", "concern" };
    for (size_t i = 0; i < COUNT_OF(asked); i++)
        assert_true(facet_is_asked(facet_list_find(&list, asked[i])));
    assert_false(facet_is_asked(facet_list_find(&list, "turns")));
    assert_false(facet_is_asked(facet_list_find(&list, "opening")));
    assert_false(facet_list_needs_model(&list));
    assert_non_null(strstr(list.items[FACET_REQUEST].criteria, "Write a cover letter"));
    assert_non_null(strstr(list.items[FACET_CONCERN].question, "\n5 = serious"));
}

static void test_own_facets(void **state)
{
    (void)state;
    struct facet_list list = read_list(own);
    assert_int_equal(list.n, N_FACETS + 5);
    const struct facet *mood = facet_list_find(&list, "mood");
    assert_int_equal(mood->n_values, 3);
    assert_string_equal(mood->values[1], "in a hurry");
    assert_string_equal(mood->values[2], FACET_UNKNOWN);
    const struct facet *effort = facet_list_find(&list, "effort");
    assert_int_equal(effort->n_values, 5); // -1 0 1 2 Unknown
    assert_string_equal(effort->values[0], "-1");
    assert_true(facet_list_find(&list, "tool")->clustered);
    const struct facet *plan = facet_list_find(&list, "plan");
    assert_int_equal(plan->n_values, 4); // free pro Unknown Other
    assert_string_equal(list.items[FACET_TASK].question, "the task in three words.");
    assert_true(list.items[FACET_TASK].clustered); // what is not said stays
    assert_true(facet_list_needs_model(&list));
}

static void test_wrong_files(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        { "", "own.yaml, line 1: the file is empty" },
        { "facets: [", "line 2: this is not YAML" },
        { "facets:\n\t- name: x\n", "line 2: this is not YAML" },
        { "other: []\n", "line 1: the file is one list" },
        { "facets: []\nmore: 1\n", "line 1: the file is one list" },
        { "facets:\n  - mood\n", "line 2: a facet begins with its name" },
        { "facets:\n  - name: Mood\n", "line 2: a facet begins with its name" },
        { "facets:\n  - name: ''\n", "a facet begins with its name" },
        { "facets:\n  - name: opening\n", "line 2: opening is a facet of the program's own" },
        { "facets:\n  - name: classifier\n", "line 2: classifier is what --classifier publishes" },
        { "facets:\n  - name: x\n    question: y\n", "line 2: this facet needs a kind" },
        { "facets:\n  - name: x\n    kind: mood\n", "line 3: kind is one of text, category" },
        { "facets:\n  - name: x\n    kind: text\n", "line 2: this facet needs a question" },
        { "facets:\n  - name: x\n    kind: category\n    question: y\n", "needs values" },
        { "facets:\n  - name: x\n    kind: category\n    question: y\n    values: [a, [b]]\n",
          "line 5: a value is one line" },
        { "facets:\n  - name: x\n    kind: category\n    question: y\n    values: ['a\\b']\n",
          "without quotes and backslashes" },
        { "facets:\n  - name: x\n    kind: number\n    question: y\n    low: 1\n    high: 99\n",
          "at most 24 steps" },
        { "facets:\n  - name: x\n    kind: number\n    question: y\n    low: one\n",
          "line 5: low is a whole number" },
        { "facets:\n  - name: x\n    kind: computed\n    program: column\n", "needs column" },
        { "facets:\n  - name: x\n    kind: computed\n    program: guess\n",
          "line 4: program is one of turns" },
        { "facets:\n  - name: x\n    kind: text\n    question: y\n    clusterd: yes\n",
          "line 5: a facet has no entry \"clusterd\"" },
        { "facets:\n  - name: x\n    kind: text\n    question: y\n    clustered: maybe\n",
          "line 5: clustered is yes or no" },
        { "facets:\n  - name: x\n    kind: number\n    question: y\n    low: 1\n    high: 2\n"
          "    clustered: yes\n",
          "only facets of kind text" },
        { "facets:\n  - name: concern\n    low: 1\n    high: 10\n",
          "line 2: the program and the scale of a built-in facet" },
        { "facets:\n  - name: x\n    kind: text\n    question: y\n    values: [a, b]\n",
          "line 5: the facet x makes no use of values" },
        { "facets:\n  - name: x\n    kind: category\n    question: y\n    values: [a, b]\n"
          "    program: column\n",
          "line 6: the facet x makes no use of program" },
        { "facets:\n  - name: x\n    kind: computed\n    program: turns\n    column: a\n",
          "line 5: the facet x makes no use of column" },
        { "facets:\n  - name: concern\n    kind: text\n", "line 2: the kind of a built-in" },
        { "facets:\n  - name: x\n    kind: computed\n  - name: x\n    kind: computed\n",
          "line 4: a facet of this name stands above" },
        { "facets:\n  - name: x\n    name: y\n", "line 3: an entry stands here for the second" },
        { "a: &x 1\nfacets: *x\n", "line 1: anchors (&) and aliases (*) are not taken" },
        { "facets: *x\n", "aliases (*) are not taken" },
        { "facets: !!set {}\n", "tags (!) are not taken" },
        { "facets: []\n---\nfacets: []\n", "line 2: a second document" },
        { "[[[[[[[[[[1]]]]]]]]]]", "nested deeper" },
        { "facets: \xff\n", "own.yaml, byte 8: this is not UTF-8" },
        { "facets:\n  - name: x\n    kind: text\n    question: \"a\\x1bb\"\n", "no control" },
        { "? [a]\n: 1\n", "the name of an entry is one plain word" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facet_list list;
        struct err err = { 0 };
        int rc = facet_list_read(str_of(cases[i].text), "own.yaml", NULL, &a, &list, &err);
        if (rc != ERR_CONFIG || !strstr(err.text, cases[i].why))
            fail_msg("case %zu: code %d, %s", i, rc, err.text);
    }
}

// What a facet shows, and what a server is asked, may point at nobody.
static void test_private(void **state)
{
    static const struct {
        const char *text, *why; // NULL: is taken
    } cases[] = {
        { "facets:\n  - name: x\n    kind: category\n    question: y\n    values:\n      - calm\n"
          "      - ada@mail.example\n",
          "own.yaml, line 7: this looks like a private detail (e-mail address)" },
        { "facets:\n  - name: x\n    kind: category\n    question: y\n    values: [Anna Meier]\n",
          "line 5: this looks like a private detail (person)" },
        { "facets:\n  - name: x\n    kind: computed\n    program: column\n    column: a\n"
          "    values: [free, +49 171 5550123]\n",
          "line 6: this looks like a private detail (phone number)" },
        { "facets:\n  - name: card_4111111111111111\n    kind: computed\n",
          "line 2: this looks like a private detail (card number)" },
        { "facets:\n  - name: x\n    kind: text\n    question: whether ada@mail.example wrote "
          "it.\n",
          "line 4: this looks like a private detail (e-mail address)" },
        { "facets:\n  - name: x\n    kind: text\n    question: y\n    stem: Anna Meier wants\n",
          "line 5: this looks like a private detail (person)" },
        { "facets:\n  - name: model\n    kind: computed\n    program: column\n    column: model\n"
          "    values: [gpt-4, gpt-4o-mini, claude-3-opus, llama-3.1-8b, Jordan, May, Will]\n",
          NULL },
        { own, NULL },
    };
    struct scanner *scanner;
    struct err err = { 0 };
    (void)state;
    assert_ok(scan_open(&scanner, &err));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facet_list list;
        err = (struct err){ 0 };
        int rc = facet_list_read(str_of(cases[i].text), "own.yaml", scanner, &a, &list, &err);
        if (cases[i].why ? rc != ERR_CONFIG || !strstr(err.text, cases[i].why) : rc)
            fail_msg("case %zu: code %d, %s", i, rc, err.text);
    }
    scan_close(scanner);
}

static void test_bounds(void **state)
{
    (void)state;
    struct facet_list list;
    struct err err = { 0 };
    struct str many = STR_LIT("facets:\n");
    for (int i = 0; i < 40; i++)
        many = arena_printf(&a, "%.*s  - name: f%d\n    kind: computed\n", STR_ARG(many), i);
    assert_error(facet_list_read(many, "own.yaml", NULL, &a, &list, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "at most 32 facets"));
    char *large = arena_alloc(&a, (size_t)300 << 10);
    memset(large, ' ', (size_t)300 << 10);
    err = (struct err){ 0 };
    assert_error(
        facet_list_read(str_make(large, (size_t)300 << 10), "own.yaml", NULL, &a, &list, &err),
        ERR_CONFIG);
    struct str entries = STR_LIT("[");
    for (int i = 0; i < 5000; i++)
        memcpy(large + 2 * i, "1,", 2);
    entries = arena_printf(&a, "facets: [%.*s1]\n", 10000, large);
    err = (struct err){ 0 };
    assert_error(facet_list_read(entries, "own.yaml", NULL, &a, &list, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "more than 4096 entries"));
    err = (struct err){ 0 };
    assert_error(facet_list_open("/nowhere/own.yaml", &a, &list, &err), ERR_NO_INPUT);
}

static bool holds(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) != SIZE_MAX;
}

// The rule against private details goes with open-ended questions and no others (G.4).
static void test_questions(void **state)
{
    (void)state;
    struct facet_list list = read_list(own);
    struct facet_questions one = facet_questions_make(&list, false, "German", &a);
    struct facet_questions each = facet_questions_make(&list, true, "German", &a);
    assert_int_equal(one.n, 1);
    assert_int_equal(one.items[0].n, 7);
    assert_int_equal(each.n, 7);
    assert_true(holds(one.items[0].before, "In request, task and tool nothing may point"));
    assert_true(holds(one.items[0].before, "German only"));
    assert_true(holds(one.items[0].before, "the tool, in German."));
    assert_true(holds(one.items[0].before, "One of \"calm\", \"in a hurry\", \"Unknown\"."));
    assert_true(holds(one.items[0].before, "As one whole number from -1 to 2."));
    for (size_t i = 0; i < each.n; i++) {
        const struct facet *f = &list.items[each.items[i].ids[0]];
        assert_int_equal(each.items[i].n, 1);
        assert_int_equal(holds(each.items[i].before, "nothing may point"), f->kind == FACET_TEXT);
        assert_true(holds(each.items[i].after, f->name));
        assert_true(str_ends(each.items[i].before, STR_LIT("<conversation>\n")));
        assert_true(each.items[i].max_tokens < one.items[0].max_tokens);
    }
}

static void test_answers(void **state)
{
    (void)state;
    struct facet_list list = read_list(own);
    struct facet_questions one = facet_questions_make(&list, false, "English", &a);
    static const char good[] = "{\"request\":\"bake a large cake\",\"task\":\"bake cakes\","
                               "\"language\":\"pt-BR\",\"concern\":\"2\",\"mood\":\"In A Hurry\","
                               "\"effort\":-1,\"tool\":\"The tool is a rolling pin\"}";
    static const struct {
        const char *from, *to, *why;
    } cases[] = {
        { "-1", "-1", NULL },
        { "-1", "3", "number" },
        { "-1", "\"2\"", NULL },
        { "-1", "1.5", "number" },
        { "In A Hurry", "glad", "category" },
        { "\"2\"", "9", "concern" },
        { "mood", "moody", "incomplete" },
        { "effort", "x", "incomplete" },
        { "pt-BR", "Martian tongue", NULL },
        { "bake a large cake", "I cannot", "refused" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facet_set set = { 0 };
        struct str text = str_of(good), from = str_of(cases[i].from);
        size_t at = str_find(text, from, 0);
        text = arena_printf(&a, "Sure:\n```json\n%.*s%s%.*s\n```", STR_ARG(str_head(text, at)),
                            cases[i].to, STR_ARG(str_from(text, at + from.len)));
        const char *why = facet_json_parse(text, &list, &one.items[0], &a, &set);
        if ((why == NULL) != (cases[i].why == NULL) || (why && strcmp(why, cases[i].why) != 0))
            fail_msg("case %zu: %s", i, why ? why : "taken");
        assert_int_equal(set.values[FACET_REQUEST].s.ptr != NULL, why == NULL); // all or nothing
    }
    struct facet_set set = { 0 };
    assert_null(facet_json_parse(str_of(good), &list, &one.items[0], &a, &set));
    assert_text(set.values[FACET_LANGUAGE].s, "Portuguese");
    assert_text(set.values[N_FACETS].s, "in a hurry"); // the list's spelling
    assert_text(set.values[N_FACETS + 1].s, "-1");
    assert_text(set.values[N_FACETS + 2].s, "a rolling pin"); // without the stem
}

static void test_computed(void **state)
{
    (void)state;
    struct facet_list list = read_list(own);
    static const struct {
        const char *columns, *turns, *plan, *words;
    } cases[] = {
        { "{\"meta\":{\"plan\":\"Free\"}}", "[[\"user\",\"one two three\"]]", "free", "1-10" },
        { "{\"meta\":{\"plan\":\"team\"}}", "[]", FACET_OTHER, "0" },
        { "{\"meta.plan\":\"pro\"}", "[[\"assistant\",\"not mine\"]]", "pro", "0" },
        { "{\"meta\":7}", "[[\"user\",\"1 2 3 4 5 6\"],[\"user\",\"7 8 9 10 11\"]]", FACET_UNKNOWN,
          "11-50" },
        { NULL, "[]", FACET_UNKNOWN, "0" },
        { "not json", "[]", FACET_UNKNOWN, "0" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = { 0 };
        struct facet_set set = { 0 };
        struct conversation c = { .turns = str_of(cases[i].turns) };
        if (cases[i].columns)
            c.columns = str_of(cases[i].columns);
        assert_ok(facet_set_by_rule(&c, &a, &set, &err));
        assert_ok(facet_set_own(&list, &c, &a, &set, &err));
        assert_text(set.values[N_FACETS].s, FACET_UNKNOWN); // a model's
        assert_text(set.values[N_FACETS + 3].s, cases[i].plan);
        assert_text(set.values[N_FACETS + 4].s, cases[i].words);
    }
}

// The request has a tree unless the file says no, others where it says yes.
static void test_trees(void **state)
{
    static const struct {
        const char *text, *trees;
    } cases[] = {
        { NULL, "request" },
        { "facets:\n  - name: task\n    question: the task.\n", "request" },
        { "facets:\n  - name: task\n    clustered: yes\n", "request task" },
        { "facets:\n  - name: request\n    clustered: no\n"
          "  - name: task\n    clustered: yes\n",
          "task" },
        { "facets:\n  - name: tool\n    kind: text\n    question: what.\n"
          "    clustered: yes\n"
          "  - name: use\n    kind: text\n    question: why.\n",
          "request tool" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct facet_list list;
        struct err err = { 0 };
        struct str trees = STR_LIT("");
        struct str text = cases[i].text ? str_of(cases[i].text) : (struct str){ 0 };
        assert_ok(facet_list_read(text, "own.yaml", NULL, &a, &list, &err));
        for (size_t f = 0; f < list.n; f++)
            if (list.items[f].has_tree)
                trees = arena_printf(&a, "%.*s%s%s", STR_ARG(trees), trees.len ? " " : "",
                                     list.items[f].name);
        assert_text(trees, cases[i].trees);
    }
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
        cmocka_unit_test(test_built_in),    cmocka_unit_test(test_own_facets),
        cmocka_unit_test(test_wrong_files), cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_questions),   cmocka_unit_test(test_answers),
        cmocka_unit_test(test_computed),    cmocka_unit_test(test_trees),
        cmocka_unit_test(test_private),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
