// SPDX-License-Identifier: Apache-2.0
// Questions to the search wait here: a thread of the server puts them down and goes on, the thread
// that holds the embedder answers one after the other and wakes the asker. So a question costs
// other readers nothing. Private to serve/.
#ifndef SERVE_DESK_H
#define SERVE_DESK_H

#include "serve/search.h"

#include <stdatomic.h>

#define DESK_SLOTS 32

enum desk_state { DESK_FREE, DESK_TAKEN, DESK_ASKED, DESK_ANSWERED };
struct desk_slot {
    atomic_int state; // enum desk_state
    void *asker;
    char query[SEARCH_MOST_QUERY + 1];
    struct buf answer;
    bool failed;
};
struct desk {
    struct desk_slot slots[DESK_SLOTS];
    atomic_bool closed;
    int bell[2]; // a pipe; a byte in it says that somebody asked
    void (*wake)(void *asker);
};

// `wake` is called once for every question, by either thread, when its answer is there.
int desk_open(struct desk *desk, void (*wake)(void *asker), struct err *err) MUST_USE;
void desk_close(struct desk *desk); // when no asker is left

// By the server's threads, one at a time: a free slot with the question in it, NULL when all are
// taken or the desk is shut; then, once the asker sleeps, desk_ask; desk_free after the answer was
// read.
struct desk_slot *desk_take(struct desk *desk, void *asker, const char *query);
void desk_ask(struct desk *desk, struct desk_slot *slot);
void desk_free(struct desk_slot *slot);
bool desk_has(const struct desk *desk, const void *slot); // whether it points to a slot of the desk

// By the answering thread.
void desk_wait(const struct desk *desk, int ms); // until somebody asks, at most so long
void desk_answer(struct desk *desk, struct search *search);
// Nobody can ask any more; those who did are woken, with no answer.
void desk_shut(struct desk *desk);

#endif
