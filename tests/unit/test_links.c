// SPDX-License-Identifier: Apache-2.0
// The links between a question and the wire, by themselves: what the budget sets aside and for
// whom, and when the link that sends again gives up.
#include "check.h"
#include "llm/call.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_go_out_is_given_back),
        cmocka_unit_test(batches_hold_money_until_they_end),
        cmocka_unit_test(room_for_thoughts_is_set_aside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
