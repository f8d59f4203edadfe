// SPDX-License-Identifier: Apache-2.0
// A pool of threads for arithmetic. Work is cut into tasks whose number depends on the data only,
// never on the threads: so results are the same for any number of threads, as long as a task
// writes its own part and sums over tasks are made in task order afterwards.
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/err.h"

struct pool;

// n_threads 0 = one a core. The calling thread works too, so n_threads 1 starts none.
int pool_open(struct pool **pool, size_t n_threads, struct err *err) MUST_USE;
void pool_close(struct pool *pool); // accepts NULL
size_t pool_threads(const struct pool *pool);

// Runs work(context, i_task, i_thread) for every i_task < n_tasks, in any order, and waits.
// i_thread < pool_threads() tells which scratch memory a task may use. Not re-entrant. A NULL
// pool runs all on the calling thread.
typedef void pool_work(void *context, size_t i_task, size_t i_thread);
void pool_run(struct pool *pool, size_t n_tasks, pool_work *work, void *context);

// A thread of its own: for a library that may share none (llama.cpp beside oneDNN: docs/llm.md),
// for the loop of the server.
// loner_start has work(context) run there, loner_wait waits for its end; nothing else ever runs on
// it. One piece of work at a time, started and awaited by one thread.
struct loner;
int loner_open(struct loner **loner, struct err *err) MUST_USE;
void loner_close(struct loner *loner); // waits for the work; accepts NULL
void loner_start(struct loner *loner, void (*work)(void *context), void *context);
void loner_wait(struct loner *loner);

#endif
