// SPDX-License-Identifier: Apache-2.0
// `clio watch`: stored questions about the stream, counted by day over all conversations of the
// vault and judged day by day; what is new since the last time is an alert. The same conversations
// give the same alerts, however often it is run. Memory: 30 bytes a conversation. Signals for
// human review.
#ifndef SAFETY_WATCH_STAGE_H
#define SAFETY_WATCH_STAGE_H

#include "base/buf.h"
#include "run/run.h"

// what: "add" (name, question), "drop" (name), "list", "run". `out`: text or JSON. run also appends
// to the setting alert-file and posts to the setting webhook (watch_send.h). ERR_USAGE when a
// question is wrong or a name is not there.
int watch_verb(struct run *run, const char *what, struct str name, struct str question, bool json,
               struct buf *out, struct err *err) MUST_USE;

#endif
