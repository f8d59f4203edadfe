// SPDX-License-Identifier: Apache-2.0
// The desk between the server's thread and the one that holds the embedder: every asker is woken
// exactly once, whoever comes first.
#include "serve/desk.h"

#include "base/pool.h"
#include "unit/check.h"

static int woken[DESK_SLOTS];

static void note(void *asker)
{
    ++*(int *)asker;
}

static void open_desk(struct desk *desk)
{
    struct err err = { 0 };
    memset(woken, 0, sizeof woken);
    assert_int_equal(desk_open(desk, note, &err), 0);
}

static void an_asker_is_woken_with_an_answer(void **state)
{
    struct desk desk;
    struct search search = { 0 };
    (void)state;
    open_desk(&desk);
    struct desk_slot *slot = desk_take(&desk, &woken[0], "cooking");
    assert_non_null(slot);
    desk_answer(&desk, &search);
    assert_int_equal(woken[0], 0); // taken, but not asked yet
    desk_ask(&desk, slot);
    desk_wait(&desk, 0);
    desk_answer(&desk, &search);
    desk_answer(&desk, &search);
    assert_int_equal(woken[0], 1);
    assert_false(slot->failed);
    assert_string_equal(slot->answer.ptr, "{\"able\":false,\"ready\":false,\"hits\":[]}");
    desk_close(&desk);
}

static void a_full_desk_takes_no_more_until_one_is_free(void **state)
{
    struct desk desk;
    struct desk_slot *first = NULL;
    (void)state;
    open_desk(&desk);
    for (size_t i = 0; i < DESK_SLOTS; i++) {
        struct desk_slot *slot = desk_take(&desk, &woken[i], "x");
        assert_non_null(slot);
        first = first ? first : slot;
    }
    assert_null(desk_take(&desk, &woken[0], "x"));
    desk_free(first);
    assert_ptr_equal(desk_take(&desk, &woken[0], "x"), first);
    desk_close(&desk);
}

static void a_long_question_is_cut(void **state)
{
    struct desk desk;
    char query[SEARCH_MOST_QUERY + 100];
    (void)state;
    open_desk(&desk);
    memset(query, 'q', sizeof query);
    query[sizeof query - 1] = 0;
    struct desk_slot *slot = desk_take(&desk, &woken[0], query);
    assert_int_equal(strlen(slot->query), SEARCH_MOST_QUERY);
    desk_close(&desk);
}

static void a_shut_desk_wakes_those_who_asked_and_who_still_ask(void **state)
{
    struct desk desk;
    (void)state;
    open_desk(&desk);
    struct desk_slot *early = desk_take(&desk, &woken[0], "x");
    struct desk_slot *late = desk_take(&desk, &woken[1], "x");
    desk_ask(&desk, early);
    desk_shut(&desk);
    assert_int_equal(woken[0], 1);
    desk_ask(&desk, late);
    assert_int_equal(woken[1], 1);
    assert_true(early->failed && late->failed);
    assert_null(desk_take(&desk, &woken[2], "x"));
    desk_close(&desk);
}

// One task asks while the other shuts: nobody sleeps for ever, nobody is woken twice.
static void ask_or_shut(void *context, size_t i_task, size_t i_thread)
{
    struct desk *desk = context;
    (void)i_thread;
    if (i_task) {
        desk_shut(desk);
        return;
    }
    for (size_t i = 0; i < DESK_SLOTS; i++) {
        struct desk_slot *slot = desk_take(desk, &woken[i], "x");
        if (slot)
            desk_ask(desk, slot);
        else
            woken[i] = 1;
    }
}

static void asking_and_shutting_at_once_wakes_each_once(void **state)
{
    struct err err = { 0 };
    struct pool *pool;
    (void)state;
    assert_int_equal(pool_open(&pool, 2, &err), 0);
    for (int round = 0; round < 300; round++) {
        struct desk desk;
        open_desk(&desk);
        pool_run(pool, 2, ask_or_shut, &desk);
        for (size_t i = 0; i < DESK_SLOTS; i++)
            assert_int_equal(woken[i], 1);
        desk_close(&desk);
    }
    pool_close(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_asker_is_woken_with_an_answer),
        cmocka_unit_test(a_full_desk_takes_no_more_until_one_is_free),
        cmocka_unit_test(a_long_question_is_cut),
        cmocka_unit_test(a_shut_desk_wakes_those_who_asked_and_who_still_ask),
        cmocka_unit_test(asking_and_shutting_at_once_wakes_each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
