// SPDX-License-Identifier: Apache-2.0
// Slots for posted forms: slow senders cannot keep all of them, and who lost a slot cannot touch
// what its new owner sends.
#include "serve/posted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct posted_slots all;

static int clear(void **state)
{
    (void)state;
    memset(&all, 0, sizeof all);
    return 0;
}

static void slow_senders_give_way(void **state)
{
    static const char owners[POSTED_MOST], late;
    struct posted *slots[POSTED_MOST];
    (void)state;
    for (int i = 0; i < POSTED_MOST; i++) {
        slots[i] = posted_take(&all, &owners[i], 100 + i);
        assert_non_null(slots[i]);
        assert_true(posted_has(&all, slots[i]));
        posted_receive(slots[i], "password=", 9);
    }
    assert_null(posted_take(&all, &late, 100 + POSTED_SECONDS - 1));
    struct posted *taken = posted_take(&all, &late, 100 + POSTED_SECONDS);
    assert_ptr_equal(taken, slots[0]); // the oldest
    assert_int_equal(posted_body(taken).len, 0);
    posted_receive(taken, "a=1", 3);
    posted_free(taken, &owners[0]); // its old owner's connection ends
    assert_true(str_equal(posted_body(taken), STR_LIT("a=1")));
    posted_free(taken, &late);
    assert_null(taken->owner);
    assert_ptr_equal(posted_take(&all, &owners[0], 100), taken);
}

static void a_form_has_an_end(void **state)
{
    static char block[1024];
    static const char owner;
    (void)state;
    struct posted *posted = posted_take(&all, &owner, 1);
    for (size_t i = 0; i < FORM_MOST_BYTES / sizeof block; i++)
        posted_receive(posted, block, sizeof block);
    assert_int_equal(posted_body(posted).len, FORM_MOST_BYTES);
    posted_receive(posted, block, 1);
    assert_null(posted_body(posted).ptr);
    assert_false(posted_has(&all, &owner));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(slow_senders_give_way, clear),
        cmocka_unit_test_setup(a_form_has_an_end, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
