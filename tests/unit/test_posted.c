// SPDX-License-Identifier: Apache-2.0
// Forms that are received piece by piece: each by itself, none longer than it was told to be.
#include "serve/posted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// Any number of forms that never end leave room for one that does.
static void slow_senders_keep_nobody_out(void **state)
{
    struct posted *slow[1000];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(slow); i++) {
        slow[i] = posted_open(FORM_MOST_BYTES);
        assert_non_null(slow[i]);
        posted_receive(slow[i], "password=", i % 2 ? 9 : 0);
    }
    struct posted *quick = posted_open(3);
    assert_non_null(quick);
    assert_int_equal(posted_body(quick).len, 0);
    assert_non_null(posted_body(quick).ptr);
    posted_receive(quick, "a=", 2);
    posted_receive(quick, "1", 1);
    assert_true(str_equal(posted_body(quick), STR_LIT("a=1")));
    posted_close(quick);
    assert_int_equal(posted_body(slow[1]).len, 9);
    for (size_t i = 0; i < COUNT_OF(slow); i++)
        posted_close(slow[i]);
    posted_close(NULL);
}

static void a_form_has_an_end(void **state)
{
    static char block[1024];
    (void)state;
    struct posted *posted = posted_open(FORM_MOST_BYTES);
    for (size_t i = 0; i < FORM_MOST_BYTES / sizeof block; i++)
        posted_receive(posted, block, sizeof block);
    assert_int_equal(posted_body(posted).len, FORM_MOST_BYTES);
    posted_receive(posted, block, 1);
    assert_null(posted_body(posted).ptr);
    posted_receive(posted, block, 0); // and stays so
    assert_null(posted_body(posted).ptr);
    posted_close(posted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_senders_keep_nobody_out),
        cmocka_unit_test(a_form_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
