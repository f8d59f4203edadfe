// SPDX-License-Identifier: Apache-2.0
// The calendar of the counts over time: steps by length, Mondays, months, every time in its period.
#include "base/clock.h"
#include "privacy/publish_period.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define DAY INT64_C(86400)

static int64_t at(const char *text)
{
    int64_t time = 0;
    assert_true(time_parse(str_of(text), &time));
    return time;
}

static void expect_start(const struct period_grid *grid, size_t i, const char *day)
{
    char text[TIME_TEXT];
    time_format(period_start(grid, i), text);
    text[10] = 0;
    assert_string_equal(text, day);
}

static void short_corpora_have_days(void **state)
{
    (void)state;
    struct period_grid grid = period_grid_make(at("2025-01-30T23:59:59Z"), at("2025-02-02"), 1, 0);
    assert_string_equal(period_step_name(grid.step), "day");
    assert_int_equal(grid.n, 4);
    expect_start(&grid, 0, "2025-01-30");
    expect_start(&grid, 3, "2025-02-02");
}

static void a_year_has_weeks_from_monday(void **state)
{
    (void)state;
    struct period_grid grid = period_grid_make(at("2025-01-01"), at("2025-12-31T12:00:00Z"), 1, 0);
    assert_string_equal(period_step_name(grid.step), "week");
    expect_start(&grid, 0, "2024-12-30");
    expect_start(&grid, 1, "2025-01-06");
    assert_int_equal(grid.n, 53);
    assert_int_equal(period_of(&grid, at("2025-01-05T23:59:59Z")), 0);
    assert_int_equal(period_of(&grid, at("2025-01-06")), 1);
    assert_int_equal(period_of(&grid, at("2024-12-29T23:59:59Z")), SIZE_MAX);
    assert_int_equal(period_of(&grid, at("2026-01-05")), SIZE_MAX);
}

static void many_years_have_months(void **state)
{
    (void)state;
    struct period_grid grid = period_grid_make(at("1969-11-17"), at("2024-02-29T23:00:00Z"), 1, 0);
    assert_string_equal(period_step_name(grid.step), "month");
    expect_start(&grid, 0, "1969-11-01");
    expect_start(&grid, 2, "1970-01-01");
    assert_int_equal(grid.n, 55 * 12 - 8);
    for (int64_t time = at("1969-11-01"); time < at("2024-03-01"); time += DAY) {
        size_t i = period_of(&grid, time);
        char text[TIME_TEXT], first[TIME_TEXT];
        time_format(time, text);
        time_format(period_start(&grid, i), first);
        assert_memory_equal(text, first, 7);
    }
}

static void few_conversations_get_longer_periods(void **state)
{
    (void)state;
    int64_t first = at("2025-01-06"), last = at("2026-01-04");
    assert_string_equal(period_step_name(period_grid_make(first, last, 52000, 600).step), "week");
    assert_string_equal(period_step_name(period_grid_make(first, last, 9000, 600).step), "month");
    assert_string_equal(period_step_name(period_grid_make(first, first + 27 * DAY, 99, 600).step),
                        "week");
    assert_string_equal(period_step_name(period_grid_make(first, first + 6 * DAY, 99, 600).step),
                        "day");
}

static void an_absurd_length_has_none(void **state)
{
    (void)state;
    struct period_grid grid = period_grid_make(at("0001-01-01"), at("9999-12-31"), 1, 0);
    assert_int_equal(grid.n, 0);
    assert_int_equal(period_of(&grid, at("2000-01-01")), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_corpora_have_days),
        cmocka_unit_test(a_year_has_weeks_from_monday),
        cmocka_unit_test(many_years_have_months),
        cmocka_unit_test(few_conversations_get_longer_periods),
        cmocka_unit_test(an_absurd_length_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
