// SPDX-License-Identifier: Apache-2.0
#include "safety/watch.h"

#include "safety/statistics.h"

#include <math.h>

#define STILL_HIGH 0.01 // a day as unlikely as this is no base while an alert stands
#define CALM_DAYS 2     // in a row, until the watch listens again

struct watch_rule watch_default_rule(void)
{
    return (struct watch_rule){
        .on = WATCH_GROWTH, .factor = 1.5, .most_p = 1e-4, .base_days = 28, .least_days = 10
    };
}

struct base {
    double share, n; // of all its days
    double phi;      // variance of its days over the binomial one, at least 1, bounded from above
    size_t n_days;
};

struct state {
    const struct watch_day *days;
    const struct watch_rule *rule;
    bool standing;    // an alert was given and the level is not back
    size_t since;     // the day of it
    size_t base_from; // days before this one are of an older normal
    size_t n_calm;
    uint64_t left_out[64]; // bits of the last 4096 days: those of an alert
};

static bool is_left_out(const struct state *s, size_t i)
{
    return s->left_out[i / 64 % 64] >> (i % 64) & 1;
}

static void leave_out(struct state *s, size_t i, bool yes)
{
    uint64_t bit = (uint64_t)1 << (i % 64);
    if (yes)
        s->left_out[i / 64 % 64] |= bit;
    else
        s->left_out[i / 64 % 64] &= ~bit;
}

// Whether day j belongs to the base of day i.
static bool in_base(const struct state *s, size_t i, size_t j)
{
    const struct watch_rule *r = s->rule;
    int64_t end = r->has_event ? r->event : s->days[i].day;
    return j >= s->base_from && s->days[j].day < end && s->days[j].day >= end - r->base_days &&
           (r->has_event || !is_left_out(s, j)) && s->days[j].n > 0;
}

static struct base find_base(const struct state *s, size_t i)
{
    struct base b = { 0, 0, 1, 0 };
    double k = 0, squares = 0;
    for (size_t j = i; j-- > 0;)
        if (in_base(s, i, j)) {
            k += (double)s->days[j].n_matched;
            b.n += (double)s->days[j].n;
            b.n_days++;
        }
    b.share = (k + 0.5) / (b.n + 1);
    for (size_t j = i; j-- > 0;)
        if (in_base(s, i, j)) {
            double n = (double)s->days[j].n, off = (double)s->days[j].n_matched - n * b.share;
            squares += off * off / (n * b.share * (1 - b.share));
        }
    if (b.n_days > 1) { // about one standard error up: few days tell little of their spread
        double df = (double)b.n_days - 1;
        b.phi = fmax(1, squares / df * (1 + sqrt(2 / df)));
    }
    return b;
}

// Chance of k or more of n, given the base. The variance is that of the days themselves, n·p·q·phi,
// and that of the base's share, which is of such days, too: n²·p·q·phi / b->n.
static double chance_of(const struct base *b, double k, double n)
{
    double exact = binomial_upper(k, n, b->share);
    double variance = n * b->share * (1 - b->share) * b->phi * (1 + n / b->n);
    double wide = normal_tail((k - 0.5 - n * b->share) / sqrt(variance));
    if (b->n * b->share < 30) // the normal has too thin a tail for few
        wide = fmax(wide, poisson_tail(k / b->phi, n * b->share / b->phi));
    return fmax(exact, wide);
}

static struct watch_alert look(const struct state *s, size_t i, const struct base *b, bool two)
{
    double k = (double)s->days[i].n_matched, n = (double)s->days[i].n;
    if (two) {
        k += (double)s->days[i - 1].n_matched;
        n += (double)s->days[i - 1].n;
    }
    struct interval in = wilson(k, n);
    struct watch_alert a = { s->days[i].day, n > 0 ? k / n : 0, in.low, in.high, b->share, 1, two };
    if (n <= 0 || k < WATCH_LEAST)
        return a;
    if (s->rule->on == WATCH_SHARE) {
        a.base = s->rule->share;
        struct base given = { s->rule->share, 1e12, b->phi, 0 };
        a.p = chance_of(&given, k, n);
        return a;
    }
    a.p = chance_of(b, k, n);
    return a;
}

static bool is_alert(const struct watch_rule *r, const struct watch_alert *a)
{
    if (a->p > r->most_p)
        return false;
    return r->on == WATCH_SHARE ? a->low > r->share : a->value >= r->factor * a->base;
}

static bool is_outside(const struct watch_rule *r, int64_t day) // of its event
{
    return r->has_event && (day < r->event || day > r->until);
}

static bool may_judge(const struct state *s, size_t i, const struct base *b)
{
    const struct watch_rule *r = s->rule;
    if (is_outside(r, s->days[i].day))
        return false;
    return r->on == WATCH_SHARE || (int64_t)b->n_days >= r->least_days;
}

// What is said of day i, the better of it alone and with the day before. Both together are held
// against what was usual before the first of them, which is no part of its own base.
static struct watch_alert judge_day(const struct state *s, size_t i, const struct base *b)
{
    struct watch_alert one = look(s, i, b, false);
    bool next = i > 0 && s->days[i - 1].day == s->days[i].day - 1 && !is_left_out(s, i - 1) &&
                (!s->rule->has_event || s->days[i - 1].day >= s->rule->event);
    struct base before = next ? find_base(s, i - 1) : *b;
    bool two = next && may_judge(s, i, &before);
    struct watch_alert both = two ? look(s, i, &before, true) : one;
    one.p = fmin(1, 2 * one.p); // two looks
    both.p = fmin(1, 2 * both.p);
    return both.p < one.p && !is_alert(s->rule, &one) ? both : one;
}

// While an alert stands: whether the watch listens again.
static void settle(struct state *s, size_t i, const struct watch_alert *a)
{
    bool high = a->p < STILL_HIGH;
    leave_out(s, i, high);
    s->n_calm = high ? 0 : s->n_calm + 1;
    if (s->n_calm >= CALM_DAYS)
        s->standing = false;
    if (s->standing && s->days[i].day - s->days[s->since].day >= WATCH_STAY) {
        for (size_t j = s->since; j <= i; j++)
            leave_out(s, j, false);
        s->base_from = s->since;
        s->standing = false;
    }
}

size_t watch_judge(const struct watch_day *days, size_t n_days, const struct watch_rule *rule,
                   struct watch_alert *alerts)
{
    struct state s = { .days = days, .rule = rule };
    size_t n = 0;
    for (size_t i = 0; i < n_days; i++) {
        leave_out(&s, i, false);
        struct base b = find_base(&s, i);
        if (!may_judge(&s, i, &b))
            continue;
        struct watch_alert a = judge_day(&s, i, &b);
        if (s.standing) {
            settle(&s, i, &a);
        } else if (is_alert(rule, &a)) {
            alerts[n++] = a;
            s.standing = true;
            s.since = i;
            s.n_calm = 0;
            leave_out(&s, i, true);
        }
    }
    return n;
}

enum watch_sight watch_look_out(const struct watch_day *days, size_t n_days,
                                const struct watch_rule *rule, size_t *n_base)
{
    struct state s = { .days = days, .rule = rule };
    enum watch_sight sight = WATCH_NO_DAYS;
    *n_base = 0;
    for (size_t i = n_days; i-- > 0;) {
        if (days[i].n <= 0)
            continue;
        if (is_outside(rule, days[i].day)) {
            if (sight == WATCH_NO_DAYS)
                sight = days[i].day < rule->event ? WATCH_WAITS : WATCH_AWAY;
            continue;
        }
        struct base b = find_base(&s, i);
        if (may_judge(&s, i, &b))
            return WATCH_SEES;
        if (sight != WATCH_YOUNG)
            *n_base = b.n_days;
        sight = WATCH_YOUNG;
    }
    return sight;
}
