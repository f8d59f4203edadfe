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

// Numbers as printf writes them, and texts that just fit or just do not fit in the room there is.
static void test_numbers_and_growing_texts(void **state)
{
    const int64_t cases[] = { 0, 7, -7, 10, 1234567890, INT64_MAX, INT64_MIN };
    struct buf b;
    struct err err = { 0 };
    char want[200];
    (void)state;
    buf_init(&b, 4000, "line");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        buf_clear(&b);
        assert_ok(buf_add_i64(&b, cases[i], &err));
        snprintf(want, sizeof want, "%lld", (long long)cases[i]);
        assert_text(buf_view(&b), want);
    }
    for (int n = 0; n < 150; n++) {
        buf_release(&b);
        assert_ok(buf_add(&b, STR_LIT("so: "), &err));
        assert_ok(buf_printf(&b, &err, "%0*d", n + 1, 5));
        snprintf(want, sizeof want, "so: %0*d", n + 1, 5);
        assert_text(buf_view(&b), want);
        assert_int_equal(b.ptr[b.len], 0);
    }
    buf_release(&b);
    buf_init(&b, 100, "line"); // a text that is refused leaves nothing behind the end
    assert_ok(buf_add(&b, STR_LIT("whole"), &err));
    assert_error(buf_printf(&b, &err, "%0*d", 96, 5), ERR_DATA);
    assert_string_equal(b.ptr, "whole");
    assert_ok(buf_printf(&b, &err, "%0*d", 95, 5));
    assert_int_equal(b.len, 100);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows_to_its_limit),
        cmocka_unit_test(test_prints_and_drops),
        cmocka_unit_test(test_numbers_and_growing_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
