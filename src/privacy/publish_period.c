// SPDX-License-Identifier: Apache-2.0
#include "privacy/publish_period.h"

#define DAY INT64_C(86400)
#define MOST_DAYS 42
#define LEAST_PERIODS 4
#define MOST_DAYS_IN_WEEKS (3 * 366)

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

// Days since 1970 of the first of a month counted from January 1970, and the other way round
// (H. Hinnant, "chrono-compatible low-level date algorithms").
static int64_t day_of_month(int64_t month)
{
    int64_t year = 1970 + floor_div(month, 12), m = month - 12 * floor_div(month, 12) + 1;
    year -= m <= 2;
    int64_t era = floor_div(year, 400), year_of_era = year - 400 * era;
    int64_t day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static int64_t month_of_day(int64_t day)
{
    int64_t month = floor_div(day, 31); // never too late
    while (day_of_month(month + 1) <= day)
        month++;
    return month;
}

static int64_t number_of(enum period_step step, int64_t time)
{
    int64_t day = floor_div(time, DAY);
    switch (step) {
    case PERIOD_DAY:
        return day;
    case PERIOD_WEEK:
        return floor_div(day + 3, 7); // day 0 was a Thursday
    case PERIOD_MONTH:
        break;
    }
    return month_of_day(day);
}

struct period_grid period_grid_of(enum period_step step, int64_t first_time, int64_t last_time)
{
    struct period_grid grid = { .step = step, .first = number_of(step, first_time) };
    grid.n = (size_t)(number_of(step, last_time) - grid.first) + 1;
    return grid;
}

struct period_grid period_grid_make(int64_t first_time, int64_t last_time, size_t n_times,
                                    size_t enough)
{
    int64_t days = floor_div(last_time, DAY) - floor_div(first_time, DAY) + 1;
    enum period_step step = PERIOD_MONTH;
    if (days > INT64_C(31) * PERIOD_MOST)
        return (struct period_grid){ .step = step };
    if (days <= MOST_DAYS)
        step = PERIOD_DAY;
    else if (days <= MOST_DAYS_IN_WEEKS)
        step = PERIOD_WEEK;
    struct period_grid grid = period_grid_of(step, first_time, last_time);
    while (step < PERIOD_MONTH && n_times / grid.n < enough) {
        struct period_grid longer = period_grid_of(++step, first_time, last_time);
        if (longer.n < LEAST_PERIODS)
            break;
        grid = longer;
    }
    return grid;
}

size_t period_of(const struct period_grid *grid, int64_t time)
{
    if (!grid->n || time < period_start(grid, 0) || time >= period_start(grid, grid->n))
        return SIZE_MAX;
    return (size_t)(number_of(grid->step, time) - grid->first);
}

int64_t period_start(const struct period_grid *grid, size_t i)
{
    int64_t number = grid->first + (int64_t)i;
    switch (grid->step) {
    case PERIOD_DAY:
        return DAY * number;
    case PERIOD_WEEK:
        return DAY * (7 * number - 3);
    case PERIOD_MONTH:
        break;
    }
    return DAY * day_of_month(number);
}

const char *period_step_name(enum period_step step)
{
    static const char *const names[] = { "day", "week", "month" };
    return names[step];
}
