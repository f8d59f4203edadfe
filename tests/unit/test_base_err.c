// SPDX-License-Identifier: Apache-2.0
// err.c: codes, sentences on one line, cut at a character boundary.
#include "unit/check.h"

#include "base/utf8.h"

#include <errno.h>

static void test_sets_and_adds(void **state)
{
    struct err err = { 0 };
    (void)state;
    assert_int_equal(err_set(&err, ERR_DATA, "record %d is bad", 17), ERR_DATA);
    assert_string_equal(err.text, "record 17 is bad");
    assert_int_equal(err_add(&err, "%s", "input.json"), ERR_DATA);
    assert_string_equal(err.text, "input.json: record 17 is bad");
    assert_int_equal(err_set_errno(&err, ERR_NO_INPUT, ENOENT, "%s cannot be opened", "x"), 66);
    assert_string_equal(err.text, "x cannot be opened: No such file or directory");
    err_clear(&err);
    assert_int_equal(err.code, ERR_NONE);
    assert_string_equal(err.text, "");
}

static void test_stays_on_one_line(void **state)
{
    struct err err;
    (void)state;
    (void)err_set(&err, ERR_DATA, "%s", "a\nb\tc\x1b[31m\x7f");
    assert_string_equal(err.text, "a b c [31m ");
}

static void test_is_cut_between_characters(void **state)
{
    struct err err;
    char text[2000];
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        size_t len = shift;
        memset(text, 'x', shift);
        for (size_t i = 0; i < 300; i++, len += 4)
            memcpy(text + len, "\xF0\x9F\x98\x80", 4);
        text[len] = 0;
        (void)err_set(&err, ERR_DATA, "%s", text);
        assert_true(strlen(err.text) >= sizeof err.text - 8);
        assert_true(utf8_is_valid(str_of(err.text), NULL));
    }
}

static void test_names_every_code(void **state)
{
    (void)state;
#define CHECK_NAME(code, status, name) assert_string_equal(err_name(code), name);
    ERR_CODES(CHECK_NAME)
#undef CHECK_NAME
    assert_string_equal(err_name((enum err_code)99), "unknown error");
}

static void test_a_later_error_takes_the_place(void **state)
{
    struct err err, more;
    (void)state;
    int rc = err_set(&err, ERR_BUDGET, "a ceiling");
    int later = err_set(&more, ERR_IO, "a disk");
    assert_int_equal(err_instead(rc, &err, 0, &more), ERR_BUDGET);
    assert_string_equal(err.text, "a ceiling");
    assert_int_equal(err_instead(rc, &err, later, &more), ERR_IO);
    assert_string_equal(err.text, "a disk");
    assert_int_equal(err_instead(0, &err, 0, &more), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_and_adds),
        cmocka_unit_test(test_stays_on_one_line),
        cmocka_unit_test(test_is_cut_between_characters),
        cmocka_unit_test(test_names_every_code),
        cmocka_unit_test(test_a_later_error_takes_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
