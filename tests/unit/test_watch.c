// SPDX-License-Identifier: Apache-2.0
// 200 made-up streams of 60 days with an event each, and 200 without: events are found within two
// days, false alerts are rare. --record prints the figures for tests/quality/results.csv.
#include "unit/check.h"

#include "base/rng.h"
#include "safety/watch.h"
#include "safety/watch_question.h"

#include <math.h>

enum { DAYS = 60, STREAMS = 200, FIRST = 20000 };
enum event { JUMP, BURST, NEW, RAMP, NONE };

static int64_t draw_count(struct rng *rng, int64_t n, double share)
{
    int64_t k = 0;
    for (int64_t i = 0; i < n; i++)
        k += rng_unit(rng) < share;
    return k;
}

// Weekends are quiet, shares go up and down from day to day, and the event is at day `at`.
static void make_stream(uint64_t seed, enum event event, size_t *at, struct watch_day *days)
{
    struct rng rng;
    rng_init(&rng, seed, "stream");
    double size = 400 + 1200 * rng_unit(&rng), usual = 0.01 + 0.05 * rng_unit(&rng);
    double restless = 0.25 * rng_unit(&rng);
    *at = 20 + rng_below(&rng, 30);
    for (size_t i = 0; i < DAYS; i++) {
        bool on = event != NONE && i >= *at;
        double share = event == NEW ? (on ? 0.025 : 0) : usual * exp(restless * rng_normal(&rng));
        if (on && event == JUMP)
            share *= 3;
        if (on && event == BURST && i < *at + 3)
            share *= 4;
        if (on && event == RAMP)
            share *= 1 + 1.5 * fmin(4, (double)(i - *at + 1));
        int64_t n = (int64_t)(size * (i % 7 > 4 ? 0.5 : 1) * (0.85 + 0.3 * rng_unit(&rng)));
        days[i] = (struct watch_day){ FIRST + (int64_t)i, n, draw_count(&rng, n, share) };
    }
}

struct outcome {
    size_t n_streams, n_found, n_false, n_quiet;
};

static struct outcome many(bool with_events)
{
    struct outcome o = { 0 };
    struct watch_day days[DAYS];
    struct watch_alert alerts[DAYS];
    struct watch_rule rule = watch_default_rule();
    for (uint64_t seed = 1; seed <= STREAMS; seed++) {
        enum event event = with_events ? (enum event)(seed % 4) : NONE;
        size_t at, n, n_false = 0;
        bool found = false;
        make_stream(seed, event, &at, days);
        n = watch_judge(days, DAYS, &rule, alerts);
        for (size_t i = 0; i < n; i++) {
            size_t day = (size_t)(alerts[i].day - FIRST);
            found |= event != NONE && (day == at || day == at + 1);
            n_false += event == NONE || day < at || (event == BURST && day > at + 4);
            assert_true(alerts[i].low <= alerts[i].value && alerts[i].value <= alerts[i].high);
            assert_true(alerts[i].value >= 1.5 * alerts[i].base && alerts[i].p <= 1e-4);
        }
        o.n_streams++;
        o.n_found += found;
        o.n_false += n_false;
        o.n_quiet += n_false == 0;
    }
    return o;
}

static void test_events_are_found(void **state)
{
    (void)state;
    struct outcome o = many(true);
    print_message("%zu of %zu events within two days, %zu false alerts\n", o.n_found, o.n_streams,
                  o.n_false);
    assert_true(o.n_found >= 0.95 * STREAMS);
    assert_true(o.n_false <= STREAMS * 2); // one a stream and month
}

static void test_null_streams_are_quiet(void **state)
{
    (void)state;
    struct outcome o = many(false);
    print_message("%zu of %d streams quiet, %zu false alerts\n", o.n_quiet, STREAMS, o.n_false);
    assert_true(o.n_quiet >= 0.9 * STREAMS);
}

// One alert for one event; a level that stays is the new normal; a second rise is told again.
static void test_says_it_once(void **state)
{
    (void)state;
    struct watch_day days[90];
    struct watch_alert alerts[90];
    struct watch_rule rule = watch_default_rule();
    for (size_t i = 0; i < 90; i++)
        days[i] = (struct watch_day){ FIRST + (int64_t)i, 1000,
                                      (i < 30   ? 20
                                       : i < 70 ? 60
                                                : 180) +
                                          (int64_t)(i % 3) };
    size_t n = watch_judge(days, 90, &rule, alerts);
    assert_int_equal(n, 2);
    assert_int_equal(alerts[0].day, FIRST + 30);
    assert_int_equal(alerts[1].day, FIRST + 70);
    assert_true(alerts[1].base > 0.05); // the second base is the second level
}

static void test_share_and_event_window(void **state)
{
    (void)state;
    struct watch_day days[40];
    struct watch_alert alerts[40];
    struct watch_rule rule = watch_default_rule();
    for (size_t i = 0; i < 40; i++)
        days[i] = (struct watch_day){ FIRST + (int64_t)i, 500, i == 25 ? 60 : i == 30 ? 40 : 10 };
    rule.on = WATCH_SHARE;
    rule.share = 0.08;
    assert_int_equal(watch_judge(days, 40, &rule, alerts), 0); // 60 of 500 may be chance
    rule.share = 0.05;
    assert_int_equal(watch_judge(days, 40, &rule, alerts), 1);
    assert_int_equal(alerts[0].day, FIRST + 25);
    rule = watch_default_rule();
    days[25].n_matched = 10;
    days[37].n_matched = 60; // outside of the window
    rule.has_event = true;
    rule.event = FIRST + 28;
    rule.until = FIRST + 35;
    assert_int_equal(watch_judge(days, 40, &rule, alerts), 1);
    assert_int_equal(alerts[0].day, FIRST + 30);
}

static void test_no_base_no_alert(void **state)
{
    (void)state;
    struct watch_day days[9];
    struct watch_alert alerts[9];
    struct watch_rule rule = watch_default_rule();
    for (size_t i = 0; i < 9; i++)
        days[i] = (struct watch_day){ FIRST + (int64_t)i, 500, i == 8 ? 400 : 1 };
    assert_int_equal(watch_judge(days, 9, &rule, alerts), 0);
    assert_int_equal(watch_judge(days, 0, &rule, alerts), 0);
}

// A watch that can say nothing is told from one that has nothing to say.
static void test_is_blind(void **state)
{
    (void)state;
    struct watch_day days[40];
    struct watch_rule rule = watch_default_rule();
    size_t n_base;
    for (size_t i = 0; i < 40; i++)
        days[i] = (struct watch_day){ FIRST + (int64_t)i, 500, 5 };
    assert_int_equal(watch_look_out(days, 0, &rule, &n_base), WATCH_NO_DAYS);
    assert_int_equal(watch_look_out(days, 10, &rule, &n_base), WATCH_YOUNG);
    assert_int_equal(n_base, 9);
    assert_int_equal(watch_look_out(days, 11, &rule, &n_base), WATCH_SEES);
    rule.has_event = true;
    rule.event = FIRST + 40;
    rule.until = FIRST + 41;
    assert_int_equal(watch_look_out(days, 40, &rule, &n_base), WATCH_WAITS);
    rule.event = rule.until = FIRST + 5;
    assert_int_equal(watch_look_out(days, 40, &rule, &n_base), WATCH_YOUNG);
    assert_int_equal(n_base, 5);
    days[20].n = 0;
    rule.event = rule.until = FIRST + 20;
    assert_int_equal(watch_look_out(days, 40, &rule, &n_base), WATCH_AWAY);
    rule.until = FIRST + 21;
    assert_int_equal(watch_look_out(days, 40, &rule, &n_base), WATCH_SEES);
    rule = watch_default_rule();
    rule.on = WATCH_SHARE;
    assert_int_equal(watch_look_out(days, 1, &rule, &n_base), WATCH_SEES);
}

// Ten days of 100 that differ by much more than chance; then one of 2,000. The base's own spread is
// in its share, too, which twenty days' worth of conversations are held against.
static void test_a_restless_base_is_not_known_well(void **state)
{
    (void)state;
    struct watch_day days[11];
    struct watch_alert alerts[11];
    struct watch_rule rule = watch_default_rule();
    for (size_t i = 0; i < 10; i++)
        days[i] = (struct watch_day){ FIRST + (int64_t)i, 100, i % 2 ? 28 : 12 };
    days[10] = (struct watch_day){ FIRST + 10, 2000, 660 };
    assert_int_equal(watch_judge(days, 11, &rule, alerts), 0);
    days[10].n_matched = 900;
    assert_int_equal(watch_judge(days, 11, &rule, alerts), 1);
}

// Neither day is enough alone; the first is no part of what both are held against.
static void test_two_days_together(void **state)
{
    (void)state;
    struct watch_day days[13];
    struct watch_alert alerts[13];
    struct watch_rule rule = watch_default_rule();
    for (size_t i = 0; i < 13; i++)
        days[i] = (struct watch_day){ FIRST + (int64_t)i, 1000, i < 11 ? 10 : 22 };
    assert_int_equal(watch_judge(days, 13, &rule, alerts), 1);
    assert_int_equal(alerts[0].day, FIRST + 12);
    assert_true(alerts[0].two_days && alerts[0].base < 0.0101);
}

// All but the number stays, and the text reads as the same question.
static void test_question_gets_another_number(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct err err = { 0 };
    struct watch_question q;
    struct str out;
    struct str json = STR_LIT("{\"p\":1e-6, \"cluster\":12,\"of\": \"a \\\"task\\\"\"}");
    assert_ok(watch_question_set_cluster(json, 7, &a, &out, &err));
    assert_text(out, "{\"p\": 1e-06, \"cluster\": 7, \"of\": \"a \\\"task\\\"\"}");
    assert_ok(watch_question_read(out, &a, &q, &err));
    assert_true(q.match == WATCH_CLUSTER && q.number == 7 && q.rule.most_p == 1e-6);
    assert_text(q.of, "a \"task\"");
    assert_error(watch_question_set_cluster(STR_LIT("no JSON"), 7, &a, &out, &err), ERR_DATA);
    arena_release(&a);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--record") == 0) {
        struct outcome with = many(true), without = many(false);
        double months = 2.0 * STREAMS;
        printf("events found within two days\t%.4f\t%d\nfalse alerts a stream-month\t%.4f\t%d\n"
               "null streams without an alert\t%.4f\t%d\n",
               (double)with.n_found / STREAMS, STREAMS,
               (double)(with.n_false + without.n_false) / (2 * months), 2 * STREAMS,
               (double)without.n_quiet / STREAMS, STREAMS);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_are_found),
        cmocka_unit_test(test_null_streams_are_quiet),
        cmocka_unit_test(test_says_it_once),
        cmocka_unit_test(test_share_and_event_window),
        cmocka_unit_test(test_no_base_no_alert),
        cmocka_unit_test(test_two_days_together),
        cmocka_unit_test(test_a_restless_base_is_not_known_well),
        cmocka_unit_test(test_is_blind),
        cmocka_unit_test(test_question_gets_another_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
