// SPDX-License-Identifier: Apache-2.0
// What a column of the input says of a conversation: flagged, not, or nothing.
#include "run/flag_column.h"
#include "unit/check.h"

static int flag(const char *columns, const char *path)
{
    struct flag_column column = flag_column_make(str_of(path), 0.5);
    return flag_column_read(&column, str_of(columns));
}

static void test_values_of_columns(void **state)
{
    (void)state;
    assert_int_equal(flag("{\"toxic\":true}", "toxic"), 1);
    assert_int_equal(flag("{\"toxic\":false}", "toxic"), 0);
    assert_int_equal(flag("{\"score\":0.49}", "score"), 0);
    assert_int_equal(flag("{\"score\":\"0.51\"}", "score"), 1);
    assert_int_equal(flag("{\"f\":\"TRUE\",\"g\":\"no\",\"h\":\"\",\"i\":null}", "f"), 1);
    assert_int_equal(flag("{\"f\":\"TRUE\",\"g\":\"no\",\"h\":\"\",\"i\":null}", "g"), 0);
    assert_int_equal(flag("{\"f\":\"TRUE\",\"g\":\"no\",\"h\":\"\",\"i\":null}", "h"), -1);
    assert_int_equal(flag("{\"f\":\"TRUE\",\"g\":\"no\",\"h\":\"\",\"i\":null}", "i"), -1);
}

static void test_paths_and_lists(void **state)
{
    (void)state;
    const char *turns = "{\"m\":[{\"flagged\":false,\"s\":{\"a.b\":0.2}},{\"flagged\":true,"
                        "\"s\":{\"a.b\":0.9}}],\"none\":[]}";
    assert_int_equal(flag(turns, "m.flagged"), 1); // any turn
    assert_int_equal(flag(turns, "m.s.a.b"), 1);
    assert_int_equal(flag(turns, "m.nothing"), -1);
    assert_int_equal(flag(turns, "none.flagged"), -1);
    assert_int_equal(flag(turns, "m"), -1);
    assert_int_equal(flag("{\"a.b\":1}", "a.b"), 1);
}

// WildChat and LMSYS have OpenAI's verdict a turn; a column of that very name goes first.
static void test_flagged_is_found_where_openai_puts_it(void **state)
{
    (void)state;
    const char *openai = "{\"openai_moderation\":[{\"flagged\":false},{\"flagged\":true}]}";
    assert_int_equal(flag(openai, "flagged"), 1);
    assert_int_equal(flag(openai, "toxic"), -1);
    assert_int_equal(
        flag("{\"flagged\":false,\"openai_moderation\":[{\"flagged\":true}]}", "flagged"), 0);
}

static void test_what_is_no_map_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(flag("", "flagged"), -1);
    assert_int_equal(flag("{\"flagged\":", "flagged"), -1);
    assert_int_equal(flag("7", "flagged"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_of_columns),
        cmocka_unit_test(test_paths_and_lists),
        cmocka_unit_test(test_flagged_is_found_where_openai_puts_it),
        cmocka_unit_test(test_what_is_no_map_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
