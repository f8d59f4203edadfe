// SPDX-License-Identifier: Apache-2.0
// The stored question of a watch, as JSON: what a conversation must be to count, and when to say
// something (watch.h). Exactly one of
//     "words": "cheap pills|free money"   one of these stands in what the person asked first
//     "cluster": 12                       it lies in this base cluster
//     "like": "a text", "least": 0.6      its vector is as near to the text's (cosine)
//     "concern": 3                        its grade, at least
//     "new": 0.4                          it fits its own cluster less than this (cosine)
//     "screen": "Does the person …?"      the model of the run says yes to it
// and any of "on": "growth" | "share", "share": 0.02, "factor": 1.5, "p": 0.0001, "base": 28
// (days), "event": "2026-11-03", "until": "2026-11-07", and of cluster, like and new "of": "task",
// the clustered facet whose tree is meant.
#ifndef SAFETY_WATCH_QUESTION_H
#define SAFETY_WATCH_QUESTION_H

#include "base/arena.h"
#include "safety/watch.h"

enum watch_match { WATCH_WORDS, WATCH_CLUSTER, WATCH_LIKE, WATCH_CONCERN, WATCH_NEW, WATCH_SCREEN };
struct watch_question {
    enum watch_match match;
    struct str text; // words in lower case, the text to be like, or what a model is asked
    int64_t number;  // cluster or grade
    double least;    // WATCH_LIKE: at least; WATCH_NEW: less than
    struct str of;   // the facet of its tree; len 0: the first
    struct watch_rule rule;
};
// In the arena. ERR_USAGE says what is wrong.
int watch_question_read(struct str json, struct arena *a, struct watch_question *question,
                        struct err *err) MUST_USE;
// What would be read and count for nothing, so that the question is not the one that is meant: a
// share without "on": "share", a key of another kind of question, half a cluster, words of which
// none has a letter. For whoever asks, before it is kept; those that are kept go on as they are.
int watch_question_check(struct str json, const struct watch_question *question,
                         struct err *err) MUST_USE;
// The question with another number of its cluster.
int watch_question_set_cluster(struct str json, int64_t number, struct arena *a, struct str *out,
                               struct err *err) MUST_USE;
// The question with "of" in it. ERR_USAGE when it names another tree already.
int watch_question_set_of(struct str json, const char *of, struct arena *a, struct str *out,
                          struct err *err) MUST_USE;

#endif
