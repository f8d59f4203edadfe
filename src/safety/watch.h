// SPDX-License-Identifier: Apache-2.0
// When a stored question about the stream should say something: counts a day in, alerts out. Pure.
// A day is compared with the days before it, whose own ups and downs widen what chance may do;
// after an alert the watch keeps quiet until the level is back, or has stayed for WATCH_STAY days
// and is the new normal. With an event (a launch, an election) the days in its window are compared
// with those before it. Cost: days × base days.
#ifndef SAFETY_WATCH_H
#define SAFETY_WATCH_H

#include "base/prelude.h"

#define WATCH_STAY 14 // days that make a new level normal
#define WATCH_LEAST 5 // matched conversations; fewer never alert

struct watch_day {
    int64_t day; // since 1970-01-01, rising
    int64_t n, n_matched;
};
enum watch_on { WATCH_GROWTH, WATCH_SHARE };
struct watch_rule {
    enum watch_on on;
    double share;      // WATCH_SHARE: the share that must be passed
    double factor;     // WATCH_GROWTH: least growth over the base that is worth an alert
    double most_p;     // chance of such a day, at most
    int64_t base_days; // how far back the base goes, and the fewest days that make one
    int64_t least_days;
    bool has_event;
    int64_t event, until; // days of the window, both in it
};
struct watch_rule watch_default_rule(void); // growth by half, p 1e-4, 28 days, at least 10

struct watch_alert {
    int64_t day;
    double value, low, high; // share of the day (or of it and the day before), 95 %
    double base, p;          // share that was usual, or the threshold; chance of such a day
    bool two_days;           // the day before is in it
};
// alerts: room for n_days. Returns how many.
size_t watch_judge(const struct watch_day *days, size_t n_days, const struct watch_rule *rule,
                   struct watch_alert *alerts);

// Whether any of the days could be judged: silence of a watch that judges none is no calm. n_base:
// days that the last one is compared with, where they are too few.
enum watch_sight {
    WATCH_SEES,
    WATCH_WAITS,   // its event begins after the last day
    WATCH_NO_DAYS, // no conversation counts on any day
    WATCH_AWAY,    // none on a day of its event
    WATCH_YOUNG    // fewer than least_days to compare with
};
enum watch_sight watch_look_out(const struct watch_day *days, size_t n_days,
                                const struct watch_rule *rule, size_t *n_base);

#endif
