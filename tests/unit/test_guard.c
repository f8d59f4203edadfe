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
    assert_true(guard_origin(NULL, NULL, NULL, NULL));
    assert_true(guard_origin("http://127.0.0.1:7325", "same-origin", "cors", NULL));
    assert_true(guard_origin(NULL, "cross-site", "navigate", NULL));
    assert_false(guard_origin(NULL, "cross-site", "cors", NULL));
    assert_false(guard_origin(NULL, "same-site", "no-cors", NULL));
    assert_false(guard_origin(NULL, "cross-site", NULL, NULL));
    assert_false(guard_origin("http://evil.example", "cross-site", "navigate", NULL));
    assert_false(guard_origin("null", NULL, NULL, NULL));
}

#define OUTSIDE "https://clio.example.org"

static void a_proxy_in_front_has_one_name(void **state)
{
    static const char *const good[] = { OUTSIDE, "https://a-b.c1:8443", "https://10.0.0.7" };
    static const char *const bad[] = { "",
                                       "clio.example.org",
                                       "http://clio.example.org",
                                       "https://",
                                       "https://.example.org",
                                       "https://-a.example.org",
                                       "https://clio.example.org.",
                                       "https://clio.example.org/",
                                       "https://Clio.example.org",
                                       "https://user@clio.example.org",
                                       "https://clio.example.org:443",
                                       "https://clio.example.org:",
                                       "https://clio.example.org:08443",
                                       "https://clio.example.org:123456",
                                       "https://clio.example.org:80a",
                                       "https://*.example.org",
                                       "https://clio.example.org, https://b" };
    static const char *const others[] = { "evil.example",      "clio.example.org.evil",
                                          "example.org",       "clio.example.org:7325",
                                          "CLIO.example.org",  "",
                                          "a@clio.example.org" };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(guard_is_outside(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(guard_is_outside(bad[i]));
    assert_true(guard_named("clio.example.org", OUTSIDE));
    assert_true(guard_named("127.0.0.1:7325", OUTSIDE)); // a proxy that hands on no name
    assert_false(guard_named("clio.example.org", NULL));
    assert_false(guard_named(NULL, OUTSIDE));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(guard_named(others[i], OUTSIDE));
    assert_true(guard_origin(OUTSIDE, "same-origin", "cors", OUTSIDE));
    assert_false(guard_origin(OUTSIDE, "same-origin", "cors", NULL));
    assert_false(guard_origin("https://evil.example", "same-origin", "cors", OUTSIDE));
    assert_false(guard_origin(OUTSIDE, "cross-site", "cors", OUTSIDE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_this_machine_pass),
        cmocka_unit_test(other_names_do_not),
        cmocka_unit_test(pages_of_other_sites_may_lead_here_but_not_read),
        cmocka_unit_test(a_proxy_in_front_has_one_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
