// SPDX-License-Identifier: Apache-2.0
#include "serve/guard.h"

#include "unit/check.h"

static void names_of_this_machine_pass(void **state)
{
    (void)state;
    assert_true(guard_host("127.0.0.1:7325"));
    assert_true(guard_host("localhost"));
    assert_true(guard_host("localhost:1"));
    assert_true(guard_host("[::1]:65535"));
}

static void other_names_do_not(void **state)
{
    static const char *const names[] = { "",
                                         "evil.example",
                                         "127.0.0.1.evil.example",
                                         "localhost.evil.example:80",
                                         "localhost:80@evil.example",
                                         "127.0.0.12",
                                         "localhost:123456" };
    (void)state;
    assert_false(guard_host(NULL));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_false(guard_host(names[i]));
}

static void pages_of_other_sites_may_lead_here_but_not_read(void **state)
{
    (void)state;
    assert_true(guard_origin(NULL, NULL, NULL));
    assert_true(guard_origin("http://127.0.0.1:7325", "same-origin", "cors"));
    assert_true(guard_origin(NULL, "cross-site", "navigate"));
    assert_false(guard_origin(NULL, "cross-site", "cors"));
    assert_false(guard_origin(NULL, "same-site", "no-cors"));
    assert_false(guard_origin(NULL, "cross-site", NULL));
    assert_false(guard_origin("http://evil.example", "cross-site", "navigate"));
    assert_false(guard_origin("null", NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_this_machine_pass),
        cmocka_unit_test(other_names_do_not),
        cmocka_unit_test(pages_of_other_sites_may_lead_here_but_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
