// SPDX-License-Identifier: Apache-2.0
// What a column of the input says of a conversation: flagged, not, or nothing.
#include "run/flag_column.h"
#include "unit/check.h"

static int flag_by(const char *columns, const char *path, const char *words)
{
    struct flag_column column = flag_column_make(str_of(path), 0.5, str_of(words));
    return flag_column_read(&column, str_of(columns));
}

static int flag(const char *columns, const char *path)
{
    return flag_by(columns, path, "");
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

// A label in words of its own is no "not flagged".
static void test_words(void **state)
{
    (void)state;
    const char *own = "{\"l\":\"Harmful\",\"m\":\"Safe\",\"n\":[\"fine\",\"spam\"],\"s\":\"0.7\","
                      "\"t\":true,\"x\":\"toxic\"}";
    assert_int_equal(flag(own, "l"), FLAG_OTHER);
    assert_int_equal(flag(own, "m"), FLAG_NO);
    assert_int_equal(flag(own, "n"), FLAG_OTHER);
    assert_int_equal(flag_by(own, "l", "spam, harmful"), FLAG_YES);
    assert_int_equal(flag_by(own, "n", "spam, harmful"), FLAG_YES);
    assert_int_equal(flag_by(own, "n", "harmful"), FLAG_NO);
    assert_int_equal(flag_by(own, "x", "harmful"), FLAG_NO); // these words and no others
    assert_int_equal(flag_by(own, "s", "harmful"), FLAG_YES);
    assert_int_equal(flag_by(own, "t", ","), FLAG_YES);
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
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_paths_and_lists),
        cmocka_unit_test(test_flagged_is_found_where_openai_puts_it),
        cmocka_unit_test(test_what_is_no_map_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
