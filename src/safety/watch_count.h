// SPDX-License-Identifier: Apache-2.0
// Counting the days of the watches of one tree: one walk over the vectors for what is asked by
// likeness, one over all conversations. Memory: 30 bytes a conversation, 100 KiB a watch.
#ifndef SAFETY_WATCH_COUNT_H
#define SAFETY_WATCH_COUNT_H

#include "run/run.h"
#include "safety/watch_follow.h"
#include "store/safety.h"

#define WATCH_MOST 64 // watches of a run: bits of a conversation
#define WATCH_MOST_DAYS ((int64_t)4000)
#define WATCH_DAY_SECONDS 86400

struct watch_asked {
    struct safety_watch row;
    struct watch_question q;
    float *vector;                 // WATCH_LIKE; found by watch_count_days
    struct safety_answers answers; // WATCH_SCREEN
    struct watch_follow follow;    // WATCH_CLUSTER
    struct watch_day *days;        // room for WATCH_MOST_DAYS, place d: first day + d
};
struct watch_count { // the watches of one tree
    struct run *run;
    struct watch_asked *asked; // at most WATCH_MOST
    size_t n_asked;
    // Conversations with a vector or a cluster, by seq: which watches they match.
    int64_t *seq;
    uint64_t *bits;
    size_t n;
    int64_t first_day, last_day; // first_day of the newest WATCH_MOST_DAYS
    bool has_days;
    int64_t last_possible, n_ahead; // tomorrow; conversations of a later day, which are not counted
    int64_t n_timeless, n_left_out; // without a time; with one, but in no cluster and not graded
};

// Fills the days of what is asked and all below it. The tree of the watches is in place; nothing
// is read when nothing is asked. In run->scratch. ERR_CONFIG when the vectors are another
// embedder's.
int watch_count_days(struct watch_count *count, struct err *err) MUST_USE;
// Tells of what no watch counts, once for all trees.
void watch_count_say_left_out(const struct watch_count *counts, size_t n_trees);

#endif
