// SPDX-License-Identifier: Apache-2.0
#include "base/pool.h"

#include "base/limits.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    pthread_t *threads; // n_threads - 1 of them; thread 0 is the caller
    size_t n_threads, n_started;
    uint64_t round; // counts calls of pool_run
    size_t n_busy;
    bool ending;

    pool_work *work;
    void *context;
    size_t n_tasks;
    atomic_size_t next;
};

struct start {
    struct pool *pool;
    size_t i_thread;
};

static void work_through(struct pool *pool, size_t i_thread)
{
    for (;;) {
        size_t i = atomic_fetch_add(&pool->next, 1);
        if (i >= pool->n_tasks)
            return;
        pool->work(pool->context, i, i_thread);
    }
}

static void *thread_main(void *argument)
{
    struct start start = *(struct start *)argument;
    struct pool *pool = start.pool;
    uint64_t seen = 0;
    free(argument);
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->ending && pool->round == seen)
            pthread_cond_wait(&pool->wake, &pool->lock);
        if (pool->ending)
            break;
        seen = pool->round;
        pthread_mutex_unlock(&pool->lock);
        work_through(pool, start.i_thread);
        pthread_mutex_lock(&pool->lock);
        if (--pool->n_busy == 0)
            pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static bool start_thread(struct pool *pool, size_t i_thread)
{
    struct start *start = malloc(sizeof *start);
    if (!start)
        return false;
    *start = (struct start){ pool, i_thread };
    if (pthread_create(&pool->threads[i_thread - 1], NULL, thread_main, start) != 0) {
        free(start);
        return false;
    }
    pool->n_started++;
    return true;
}

// Signals are for the thread that opened the pool (base/stop.c), but for those of a thread's own
// faults: blocked, they end the program before anything can report them.
static bool start_threads(struct pool *pool)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT };
    sigset_t others, before;
    bool started = true;
    sigfillset(&others);
    for (size_t i = 0; i < COUNT_OF(faults); i++)
        sigdelset(&others, faults[i]);
    pthread_sigmask(SIG_SETMASK, &others, &before);
    for (size_t i = 1; i < pool->n_threads && started; i++)
        started = start_thread(pool, i);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

int pool_open(struct pool **out, size_t n_threads, struct err *err)
{
    if (n_threads == 0) {
        long n = sysconf(_SC_NPROCESSORS_ONLN);
        n_threads = n > 0 ? (size_t)n : 1;
    }
    n_threads = size_min(n_threads, LIMIT_THREADS);
    struct pool *pool = calloc(1, sizeof *pool);
    pthread_t *threads = calloc(n_threads, sizeof *threads);
    if (!pool || !threads) {
        free(pool);
        free(threads);
        return err_set(err, ERR_TRY_AGAIN, "out of memory for %zu threads", n_threads);
    }
    pool->threads = threads;
    pool->n_threads = n_threads;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    if (!start_threads(pool)) {
        pool_close(pool);
        return err_set(err, ERR_TRY_AGAIN, "the system refuses %zu threads; use --threads 1",
                       n_threads);
    }
    *out = pool;
    return 0;
}

void pool_close(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->n_started; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->done);
    pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool);
}

size_t pool_threads(const struct pool *pool)
{
    return pool ? pool->n_threads : 1;
}

void pool_run(struct pool *pool, size_t n_tasks, pool_work *work, void *context)
{
    if (!pool || pool->n_threads == 1 || n_tasks <= 1) {
        for (size_t i = 0; i < n_tasks; i++)
            work(context, i, 0);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->work = work;
    pool->context = context;
    pool->n_tasks = n_tasks;
    atomic_store(&pool->next, 0);
    pool->n_busy = pool->n_started;
    pool->round++;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    work_through(pool, 0);
    pthread_mutex_lock(&pool->lock);
    while (pool->n_busy)
        pthread_cond_wait(&pool->done, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

struct loner {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    void (*work)(void *context); // NULL while there is none
    void *context;
    bool ending;
};

static void *loner_main(void *argument)
{
    struct loner *loner = argument;
    pthread_mutex_lock(&loner->lock);
    while (!loner->ending) {
        if (!loner->work) {
            pthread_cond_wait(&loner->changed, &loner->lock);
            continue;
        }
        pthread_mutex_unlock(&loner->lock);
        loner->work(loner->context);
        pthread_mutex_lock(&loner->lock);
        loner->work = NULL;
        pthread_cond_broadcast(&loner->changed);
    }
    pthread_mutex_unlock(&loner->lock);
    return NULL;
}

int loner_open(struct loner **out, struct err *err)
{
    struct loner *loner = calloc(1, sizeof *loner);
    if (!loner)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    pthread_mutex_init(&loner->lock, NULL);
    pthread_cond_init(&loner->changed, NULL);
    if (pthread_create(&loner->thread, NULL, loner_main, loner) != 0) {
        pthread_cond_destroy(&loner->changed);
        pthread_mutex_destroy(&loner->lock);
        free(loner);
        return err_set(err, ERR_TRY_AGAIN, "the system refuses a thread; close other programs");
    }
    *out = loner;
    return 0;
}

void loner_start(struct loner *loner, void (*work)(void *context), void *context)
{
    pthread_mutex_lock(&loner->lock);
    loner->context = context;
    loner->work = work;
    pthread_cond_broadcast(&loner->changed);
    pthread_mutex_unlock(&loner->lock);
}

void loner_wait(struct loner *loner)
{
    pthread_mutex_lock(&loner->lock);
    while (loner->work)
        pthread_cond_wait(&loner->changed, &loner->lock);
    pthread_mutex_unlock(&loner->lock);
}

void loner_close(struct loner *loner)
{
    if (!loner)
        return;
    loner_wait(loner);
    pthread_mutex_lock(&loner->lock);
    loner->ending = true;
    pthread_cond_broadcast(&loner->changed);
    pthread_mutex_unlock(&loner->lock);
    pthread_join(loner->thread, NULL);
    pthread_cond_destroy(&loner->changed);
    pthread_mutex_destroy(&loner->lock);
    free(loner);
}
