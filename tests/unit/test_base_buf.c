// SPDX-License-Identifier: Apache-2.0
// buf.c: grows to its largest size and not past it; always NUL-terminated.
#include "unit/check.h"

#include "base/buf.h"

static void test_grows_to_its_limit(void **state)
{
    struct buf b;
    struct err err = { 0 };
    (void)state;
    buf_init(&b, 1000, "record");
    assert_text(buf_view(&b), "");
    for (int i = 0; i < 1000; i++) {
        assert_ok(buf_add_char(&b, (char)('a' + i % 26), &err));
        assert_int_equal(b.ptr[b.len], 0);
    }
    assert_error(buf_add_char(&b, 'x', &err), ERR_DATA);
    assert_string_equal(err.text, "this record is larger than 1000 bytes, the most that is read");
    assert_int_equal(b.len, 1000);
    assert_int_equal(b.ptr[999], 'a' + 999 % 26);
    assert_null(buf_room(&b, SIZE_MAX, &err));
    buf_release(&b);
    assert_ok(buf_add(&b, STR_LIT("again"), &err));
    assert_text(buf_view(&b), "again");
    buf_release(&b);
}

static void test_prints_and_drops(void **state)
{
    struct buf b;
    struct err err = { 0 };
    (void)state;
    buf_init(&b, 20, "line");
    buf_drop(&b, 0);
    assert_ok(buf_printf(&b, &err, "%d and %s", 12, "more"));
    assert_text(buf_view(&b), "12 and more");
    assert_error(buf_printf(&b, &err, "%s", "a text that is too long"), ERR_DATA);
    assert_text(buf_view(&b), "12 and more");
    buf_drop(&b, 3);
    assert_text(buf_view(&b), "and more");
    buf_drop(&b, 8);
    assert_text(buf_view(&b), "");
    assert_ok(buf_add(&b, str_make(NULL, 0), &err));
    buf_clear(&b);
    assert_string_equal(b.ptr, "");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows_to_its_limit),
        cmocka_unit_test(test_prints_and_drops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
