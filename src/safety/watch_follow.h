// SPDX-License-Identifier: Apache-2.0
// Which cluster a watch on a cluster means. Its number is that of the vault, which names the same
// cluster until the clusters are found again. In a run that grows the cluster then is the one that
// the atlas knows by the same id (docs/append.md, "Who is who"): the question gets its number of
// today. Where nobody is the same, the watch is not asked and says what became of it.
#ifndef SAFETY_WATCH_FOLLOW_H
#define SAFETY_WATCH_FOLLOW_H

#include "run/run.h"
#include "safety/watch_question.h"
#include "store/safety_write.h"

struct watch_follow {
    struct safety_watch_cluster now; // to be kept
    int64_t was;                     // the number before; 0: the clusters are those that it knows
    struct str lost;                 // why it is not asked; len 0: it is
};

// All below: in run->scratch. At `watch add`: what is to be kept beside the question. ERR_USAGE
// when the tree has no such cluster.
int watch_follow_begin(struct run *run, const struct watch_question *q, size_t tree,
                       struct safety_watch_cluster *out, struct err *err) MUST_USE;
// Before it is asked, with its tree in place: finds the cluster, puts its number into the question,
// read and as text.
int watch_follow_find(struct run *run, struct safety *safety, struct safety_watch *row,
                      struct watch_question *q, struct watch_follow *follow,
                      struct err *err) MUST_USE;
// Keeps what was found and tells of it. Inside a transaction of safety.db.
int watch_follow_keep(struct safety *safety, const struct safety_watch *row,
                      const struct watch_question *q, const struct watch_follow *follow,
                      struct err *err) MUST_USE;
// Before a finished run grows, as long as its clusters are there: notes who they are in the atlas.
// `first`: it did not grow before, so that ids of earlier releases say nothing. Nothing happens
// where no watch is kept.
int watch_follow_note(struct run *run, bool first, struct err *err) MUST_USE;

#endif
