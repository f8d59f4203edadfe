// SPDX-License-Identifier: Apache-2.0
// The links between a question and the wire, by themselves: what the budget sets aside and for
// whom, and when the link that sends again gives up.
#include "check.h"
#include "llm/remote_int.h"

static struct err err;
static struct llm_spend spend;
static struct llm_reply reply;
static const struct llm_request request = { .max_tokens = 100 };

static struct call_link *open_budget(double max_cost)
{
    struct llm_remote_options options = llm_remote_defaults();
    struct call_link *link;
    options.price = (struct llm_price){ .known = true, .in = 0, .out = 10000, .batch = 1 };
    options.max_cost = max_cost; // a call costs one dollar at most
    spend = (struct llm_spend){ 0 };
    assert_int_equal(link_budget_open(&link, &options, &spend, &err), 0);
    return link;
}

static struct call new_call(void)
{
    reply = (struct llm_reply){ .stop = LLM_FAILED };
    return (struct call){ .request = &request, .reply = &reply };
}

static int begin(struct call_link *link, struct call *call, enum call_fate *fate)
{
    *fate = CALL_ON;
    return link->before(link, call, fate, &err);
}

static enum call_fate hear(struct call_link *link, struct call *call, struct heard heard)
{
    enum call_fate fate = CALL_ON;
    assert_int_equal(link->after(link, call, &heard, &fate, &err), 0);
    return fate;
}

// What a later link did not let on is set aside no longer: else nobody would ever give it back.
static void what_does_not_go_out_is_given_back(void **state)
{
    struct call_link *link = open_budget(1.5);
    struct call one = new_call(), two = new_call();
    enum call_fate fate;
    (void)state;
    assert_int_equal(begin(link, &one, &fate), 0);
    assert_int_equal(begin(link, &two, &fate), 0);
    assert_int_equal(fate, CALL_LATER); // one is under way
    link->undo(link, &one);
    assert_int_equal(begin(link, &two, &fate), 0);
    assert_int_equal(fate, CALL_ON);
    hear(link, &two, (struct heard){ .kind = HEARD_BROKEN, .may_be_charged = true });
    assert_int_equal(begin(link, &one, &fate), ERR_BUDGET); // nobody is under way: it never fits
    err_clear(&err);
    link->close(link);
}

static void batches_hold_money_until_they_end(void **state)
{
    struct call_link *link = open_budget(3);
    struct call call = new_call();
    enum call_fate fate;
    (void)state;
    budget_hold(link, 2.5, 10);
    assert_int_equal(begin(link, &call, &fate), 0);
    assert_int_equal(fate, CALL_HELD);
    struct call in_batch = {
        .request = &request, .reply = &reply, .reserved = 0.25, .in_batch = true
    };
    hear(link, &in_batch, (struct heard){ .kind = HEARD_ANSWER });
    budget_give_back(link, 2.25, 9);
    assert_int_equal(begin(link, &call, &fate), 0);
    assert_int_equal(fate, CALL_ON);
    link->close(link);
}

// Tokens for thoughts are paid for as those of the answer are.
static void room_for_thoughts_is_set_aside(void **state)
{
    struct call_link *link = open_budget(3);
    struct call call = new_call();
    enum call_fate fate;
    (void)state;
    call.room = 300;
    assert_int_equal(begin(link, &call, &fate), ERR_BUDGET);
    err_clear(&err);
    call.room = 100;
    assert_int_equal(begin(link, &call, &fate), 0);
    assert_int_equal(fate, CALL_ON);
    link->close(link);
}

static void what_is_not_counted_costs_the_most(void **state)
{
    struct call_link *link = open_budget(3);
    struct call call = new_call();
    enum call_fate fate;
    (void)state;
    for (int guess = 0; guess < 2; guess++) {
        spend.cost = 0;
        assert_int_equal(begin(link, &call, &fate), 0);
        reply.n_reply_tokens = 10;
        hear(link, &call, (struct heard){ .kind = HEARD_ANSWER, .no_usage = guess });
        assert_true(spend.cost > (guess ? 0.99 : 0.09) && spend.cost < (guess ? 1.01 : 0.11));
    }
    link->close(link);
}

// Only asking counts, of all chains under the ceiling.
static void time_between_questions_does_not_count(void **state)
{
    struct asking one, two;
    int64_t ms = 0;
    struct llm_remote_options options = { .max_ms = 60, .asked_ms = &ms };
    (void)state;
    one = two = (struct asking){ 0 };
    asking_open(&one, &options);
    asking_open(&two, &options);
    usleep(80000);
    assert_false(asking_is_over(&one));
    asking_begin(&one);
    usleep(80000);
    assert_true(asking_is_over(&one));
    asking_end(&one);
    assert_true(ms >= 80 && asking_is_over(&two));
    options.max_ms = 0;
    asking_open(&one, &options);
    assert_false(asking_is_over(&one));
}

static struct call_link *open_retry(void)
{
    struct llm_remote_options options = llm_remote_defaults();
    struct call_link *link;
    assert_int_equal(link_retry_open(&link, &options, &spend, &err), 0);
    return link;
}

// Turned away in no time, answered in seconds: those under way are heard before a run ends.
static void the_first_answer_may_be_late(void **state)
{
    struct call calls[8], next = new_call();
    enum call_fate fate;
    (void)state;
    spend = (struct llm_spend){ 0 };
    struct call_link *link = open_retry();
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        calls[i] = new_call();
        assert_int_equal(begin(link, &calls[i], &fate), 0);
        assert_int_equal(fate, CALL_ON);
    }
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(hear(link, &calls[i], (struct heard){ .kind = HEARD_REJECTED }),
                         CALL_ANSWERED);
    assert_int_equal(begin(link, &next, &fate), 0);
    assert_int_equal(fate, CALL_LATER);
    hear(link, &calls[5], (struct heard){ .kind = HEARD_ANSWER });
    assert_int_equal(begin(link, &next, &fate), 0);
    assert_int_equal(fate, CALL_ON);
    link->close(link);
}

// An answer that says "none left, more in a moment" holds the next calls back for that long.
static void an_answer_tells_of_a_limit(void **state)
{
    struct call_link *link = open_retry();
    struct call one = new_call(), two = new_call();
    enum call_fate fate;
    (void)state;
    assert_int_equal(begin(link, &one, &fate), 0);
    hear(link, &one, (struct heard){ .kind = HEARD_ANSWER, .wait_ms = 86400000 });
    assert_int_equal(begin(link, &two, &fate), 0); // a day: it will say so itself
    assert_int_equal(fate, CALL_ON);
    hear(link, &two, (struct heard){ .kind = HEARD_ANSWER, .wait_ms = 200 });
    assert_int_equal(begin(link, &one, &fate), 0);
    assert_int_equal(fate, CALL_LATER);
    usleep(250000);
    assert_int_equal(begin(link, &one, &fate), 0);
    assert_int_equal(fate, CALL_ON);
    link->close(link);
}

static void rejected_are_all_or_some(void **state)
{
    static const int rows[][3] = { { 0, 3, 0 }, { 100, 16, 0 }, { 0, 1, 1 } };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int n = 0;
        enum call_fate fate;
        struct heard heard = { .kind = HEARD_REJECTED, .is_forbidden = rows[i][2] };
        spend = (struct llm_spend){ .n_known = rows[i][0] };
        struct call_link *link = open_retry();
        do { // one at a time: nobody else may be answered
            struct call call = new_call();
            assert_int_equal(begin(link, &call, &fate), 0);
            n++;
        } while (!link->after(link, &(struct call){ .reply = &reply }, &heard, &fate, &err));
        assert_int_equal(n, rows[i][1]);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_true((strstr(err.text, "key") != NULL) == rows[i][2]);
        err_clear(&err);
        link->close(link);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_go_out_is_given_back),
        cmocka_unit_test(batches_hold_money_until_they_end),
        cmocka_unit_test(room_for_thoughts_is_set_aside),
        cmocka_unit_test(what_is_not_counted_costs_the_most),
        cmocka_unit_test(time_between_questions_does_not_count),
        cmocka_unit_test(the_first_answer_may_be_late),
        cmocka_unit_test(an_answer_tells_of_a_limit),
        cmocka_unit_test(rejected_are_all_or_some),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
