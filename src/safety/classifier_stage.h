// SPDX-License-Identifier: Apache-2.0
// `clio safety classifier`: the audit of an imported label, cluster by cluster and language by
// language, into DIR/safety.db. Memory: 100 bytes a cluster and language. Signals for human review.
#ifndef SAFETY_CLASSIFIER_STAGE_H
#define SAFETY_CLASSIFIER_STAGE_H

#include "base/buf.h"
#include "run/run.h"

// The settings column, flag-from and least-concern. ERR_USAGE when no conversation has the column
// or there are no clusters yet; the sentence names the columns that are there.
int classifier_run(struct run *run, bool json, struct buf *out, struct err *err) MUST_USE;
// Forgets what is kept of the setting column. ERR_USAGE when nothing is, ERR_NO_INPUT without a
// safety.db.
int classifier_drop(struct run *run, struct buf *out, struct err *err) MUST_USE;

#endif
