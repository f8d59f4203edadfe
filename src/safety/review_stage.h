// SPDX-License-Identifier: Apache-2.0
// `clio safety run`: another publish stage, which writes another file. Base clusters without floors
// and without the auditor (the paper, section 4), the concern of every conversation, links to
// accounts by the vault's ids, and languages that a cluster has more of than chance gives. All of
// it into DIR/safety.db, never the atlas. Signals for human review.
#ifndef SAFETY_REVIEW_STAGE_H
#define SAFETY_REVIEW_STAGE_H

#include "base/buf.h"
#include "run/run.h"

// ERR_USAGE when the run has no clusters yet. `out`: the clusters of highest concern, or all of
// them as JSON. Memory: 56 bytes a conversation and the words of its facets.
int review_run(struct run *run, bool json, struct buf *out, struct err *err) MUST_USE;

#endif
