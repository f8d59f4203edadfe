// SPDX-License-Identifier: Apache-2.0
// Answers of a model -> facet values: tests/case/facet.case, three lines a case: the reply (`~cut`:
// it had no end; `\n`: a line end), the value or `! reason`, blank.
#include "base/file.h"
#include "facet/facet_parse.h"
#include "facet/facet_prompt.h"
#include "facet/prompt_files.h"
#include "llm/llm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena a;

static struct str unescaped(struct str s)
{
    char *out = arena_copy(&a, s);
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        bool end = s.ptr[i] == '\\' && i + 1 < s.len && s.ptr[i + 1] == 'n';
        out[n++] = end ? '\n' : s.ptr[i];
        i += end;
    }
    return str_make(out, n);
}

static void test_cases(void **state)
{
    struct err err = { 0 };
    struct str file, reply, expected, blank;
    size_t n = 0;
    (void)state;
    assert_int_equal(file_read(&a, "tests/case/facet.case", 1 << 20, &file, &err), 0);
    while (file.len && str_cut(&file, '\n', &reply) && str_cut(&file, '\n', &expected)) {
        bool cut = str_ends(reply, STR_LIT("~cut"));
        struct str value, text = unescaped(cut ? str_head(reply, reply.len - 4) : reply);
        const char *why = facet_parse(facet_catalog(FACET_REQUEST), text, cut, &a, &value);
        struct str got = why ? arena_printf(&a, "! %s", why) : value;
        if (!str_equal(got, expected))
            fail_msg("\"%.*s\" gives \"%.*s\", not \"%.*s\"", STR_ARG(reply), STR_ARG(got),
                     STR_ARG(expected));
        n++;
        if (!str_cut(&file, '\n', &blank))
            break;
        assert_int_equal(blank.len, 0);
    }
    assert_true(n >= 18);
}

static void test_same(void **state)
{
    (void)state;
    assert_true(facet_same(STR_LIT("Sort a list, in C."), STR_LIT("sort a LIST in c")));
    assert_false(facet_same(STR_LIT("sort a list in C"), STR_LIT("sort a list in D")));
    assert_false(facet_same(STR_LIT("sort"), STR_LIT("sorted")));
    assert_true(facet_same(STR_LIT("é"), STR_LIT("é.")));
    assert_false(facet_same(STR_LIT("é"), STR_LIT("è")));
}

static void test_prompt(void **state)
{
    struct err err = { 0 };
    struct facet_prompt prompt;
    const char *stem = facet_catalog(FACET_REQUEST)->stem;
    (void)state;
    struct str text = str_of(prompt_facet_request());
    assert_int_equal(facet_prompt_read(text, stem, &prompt, &err), 0);
    assert_true(prompt.n_examples >= 4);
    struct str all = facet_prompt_prefix(&prompt, prompt.n_examples, &a);
    for (size_t i = 0; i < prompt.n_examples; i++) {
        struct str without = facet_prompt_prefix(&prompt, i, &a);
        assert_int_not_equal(str_find(all, prompt.answers[i], 0), SIZE_MAX);
        assert_int_equal(str_find(without, prompt.answers[i], 0), SIZE_MAX);
        assert_int_equal(facet_prompt_copied(&prompt, prompt.answers[i]), i);
    }
    assert_int_equal(facet_prompt_copied(&prompt, STR_LIT("something else")), prompt.n_examples);
    size_t n_turns = 0;
    for (size_t at = 0; (at = str_find(all, STR_LIT(LLM_TURN), at)) != SIZE_MAX; at++)
        n_turns++;
    assert_int_equal(n_turns, 2 * prompt.n_examples);
    assert_int_not_equal(facet_prompt_read(STR_LIT("x\n---\nno stem"), stem, &prompt, &err), 0);
    assert_int_not_equal(facet_prompt_read(STR_LIT("x"), stem, &prompt, &err), 0);
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
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_prompt),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
