// SPDX-License-Identifier: Apache-2.0
// `clio watch`: stored questions about the stream, counted by day over all conversations of the
// vault and judged day by day; what is new since the last time is an alert. The same conversations
// give the same alerts, however often it is run. Memory: 30 bytes a conversation. Signals for
// human review.
#ifndef SAFETY_WATCH_STAGE_H
#define SAFETY_WATCH_STAGE_H

#include "run/run.h"

#include <stdio.h>

// what: "add" (name, question, and `of`, the facet whose tree it is about, or NULL), "drop" (name),
// "list", "run". `out`: text or JSON. run also tells what is due to the other channels
// (watch_send.h), after `out`. ERR_USAGE when a question is wrong or a name is not there.
int watch_verb(struct run *run, const char *what, struct str name, struct str question,
               const char *of, bool json, FILE *out, struct err *err) MUST_USE;

// Whether the run in `dir` keeps watches. Makes no safety.db.
int watch_are_kept(const char *dir, bool *any, struct err *err) MUST_USE;

#endif
