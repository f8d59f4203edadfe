// SPDX-License-Identifier: Apache-2.0
// Periods of one length for the counts over time: days for a corpus of up to six weeks, weeks from
// Monday for one of up to three years, else months; longer ones when there are too few
// conversations in most, as long as four periods remain. UTC. Pure.
#ifndef PRIVACY_PUBLISH_PERIOD_H
#define PRIVACY_PUBLISH_PERIOD_H

#include "base/text.h"

enum period_step { PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH };
struct period_grid {
    enum period_step step;
    int64_t first; // number of the first period since 1970
    size_t n;
};
#define PERIOD_MOST 4096 // more are not shown

// From the period of `first_time` to that of `last_time`, both unix seconds, first <= last. n is 0
// when there would be too many. `n_times` conversations should give `enough` a period.
struct period_grid period_grid_make(int64_t first_time, int64_t last_time, size_t n_times,
                                    size_t enough);
// Of one step, however few or many that makes.
struct period_grid period_grid_of(enum period_step step, int64_t first_time, int64_t last_time);
// SIZE_MAX when it lies outside.
size_t period_of(const struct period_grid *grid, int64_t time);
// Unix seconds of the first day of period i.
int64_t period_start(const struct period_grid *grid, size_t i);
const char *period_step_name(enum period_step step); // "day", "week", "month"

#endif
