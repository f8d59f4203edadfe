// SPDX-License-Identifier: Apache-2.0
// clock.c: times as data sets write them, there and back.
#include "unit/check.h"

#include "base/clock.h"
#include "base/rng.h"

static void test_reads(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int64_t unix_seconds;
    } cases[] = {
        { "2026-11-23T20:38:39Z", 1795466319 },
        { "2026-11-23 20:38:39", 1795466319 },
        { "2026-11-23t21:38:39.123456+01:00", 1795466319 },
        { "2026-11-23T15:08:39-0530", 1795466319 },
        { "2026-11-23T22:38:39+02", 1795466319 },
        { "2026-11-23 20:38:39 UTC", 1795466319 },
        { "2026-11-23 20:38:39 GMT", 1795466319 },
        { "2026-11-23 20:38:39 Z", 1795466319 },
        { "2026-11-23 21:38:39 +0100", 1795466319 },
        { "2026-11-23 15:08:39 -05:30", 1795466319 },
        { "20261123", 1795392000 },
        { "2026-11-23", 1795392000 },
        { " 1970-01-01T00:00 ", 0 },
        { "1969-12-31T23:59:59Z", -1 },
        { "2024-02-29", 1709164800 },
        { "1795466319", 1795466319 },
        { "1795466319.5", 1795466319 },
        { "1795466319123", 1795466319 },
        { "1795466319123456", 1795466319 },
        { "1795466319123456789", 1795466319 },
        { "0", 0 },
        { "Tue, 01 Jul 2003 10:52:37 +0200", 1057049557 },
        { "tue, 1 jul 2003 10:52:37 +0200 (CEST)", 1057049557 },
        { "1 Jul 2003 08:52:37 GMT", 1057049557 },
        { "01 Jul 03 08:52:37 UT", 1057049557 },
        { "Tue,  1 Jul 2003 08:52:37", 1057049557 },
        { "Tue, 1 Jul 2003 03:52 CDT", 1057049520 },
        { "Fri, 21 Nov 1997 09:55:06 -0600", 880127706 },
        { "21 Nov 97 09:55:06 -0600", 880127706 },
        { "Thu, 29 Feb 2024 00:00:00 -0000", 1709164800 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t got = 99;
        if (!time_parse(str_of(cases[i].text), &got) || got != cases[i].unix_seconds)
            fail_msg("\"%s\" gave %lld", cases[i].text, (long long)got);
    }
}

static void test_refuses(void **state)
{
    int64_t got;
    (void)state;
    const char *bad[] = { "",
                          "yesterday",
                          "2026-13-01",
                          "2026-00-10",
                          "2026-02-29",
                          "2026-04-31",
                          "2026-11-23T24:00:00Z",
                          "2026-11-23T20:60:00Z",
                          "2026-11-23T20:38:39X",
                          "2026-11-23T20:38:39+25:00",
                          "2026-11-23T20:38:39Z and more",
                          "2026-11-23T",
                          "26-11-23",
                          "20261323",
                          "20260230",
                          "99999999",
                          "2026-11-23 20:38:39 and",
                          "2026/11/23",
                          "nan",
                          "1e30",
                          "-1e30",
                          "0x10",
                          "Tue, 32 Jul 2003 10:52:37 +0200",
                          "Thu, 29 Feb 2023 00:00:00 +0000",
                          "Tue, 01 Jux 2003 10:52:37 +0200",
                          "Tue 01 Jul 2003 10:52:37 +0200",
                          "Tue, 01 Jul 2003",
                          "Tue, 01 Jul 2003 10:52:37 +2500",
                          "Tue, 01 Jul 2003 10:52:37 XYZ",
                          "Tue, 01 Jul 203 10:52:37 +0200",
                          "Tue,",

                          "01 J",
                          "(1 Jul 2003 08:52:37)" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (time_parse(str_of(bad[i]), &got))
            fail_msg("\"%s\" was read as %lld", bad[i], (long long)got);
    assert_false(time_parse(str_make("2026\00011\00023", 10), &got));
}

static void test_there_and_back(void **state)
{
    struct rng rng;
    char text[TIME_TEXT];
    (void)state;
    rng_init(&rng, 2, "clock");
    for (int i = 0; i < 20000; i++) {
        int64_t got, t = (int64_t)rng_below(&rng, 253402300800u + 62135596800u) - 62135596800;
        time_format(t, text);
        assert_int_equal(strlen(text), TIME_TEXT - 1);
        assert_true(time_parse(str_of(text), &got));
        assert_true(got == t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
