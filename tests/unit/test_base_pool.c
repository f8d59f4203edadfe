// SPDX-License-Identifier: Apache-2.0
// pool.c: every task runs once, on a thread that pool_threads allows, round after round.
#include "unit/check.h"

#include "base/pool.h"

struct job {
    size_t n_threads;
    unsigned char done[1000];
    bool bad_thread;
};

static void mark(void *context, size_t i_task, size_t i_thread)
{
    struct job *job = context;
    job->done[i_task]++;
    if (i_thread >= job->n_threads)
        job->bad_thread = true;
}

static void run_rounds(struct pool *pool)
{
    for (size_t round = 0; round < 300; round++) {
        struct job job = { .n_threads = pool_threads(pool) };
        size_t n_tasks = round * 7 % COUNT_OF(job.done);
        pool_run(pool, n_tasks, mark, &job);
        for (size_t i = 0; i < COUNT_OF(job.done); i++)
            assert_int_equal(job.done[i], i < n_tasks);
        assert_false(job.bad_thread);
    }
}

static void test_runs_every_task_once(void **state)
{
    struct pool *pool;
    struct err err;
    (void)state;
    for (size_t n = 0; n <= 9; n += 3) {
        assert_ok(pool_open(&pool, n, &err));
        assert_true(n == 0 || pool_threads(pool) == n);
        run_rounds(pool);
        pool_close(pool);
    }
    assert_int_equal(pool_threads(NULL), 1);
    run_rounds(NULL);
    pool_close(NULL);
    // Opened and closed without work.
    for (int i = 0; i < 50; i++) {
        assert_ok(pool_open(&pool, 4, &err));
        pool_close(pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_runs_every_task_once) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
