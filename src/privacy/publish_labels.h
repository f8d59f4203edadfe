// SPDX-License-Identifier: Apache-2.0
// Whether the input has what --classifier names: asked before hours of work, and once more of what
// is published.
#ifndef PRIVACY_PUBLISH_LABELS_H
#define PRIVACY_PUBLISH_LABELS_H

#include "run/run.h"

// Reads columns of the vault's conversations until one has a label (flag_column.h). ERR_CONFIG:
// none has one. Does nothing where no classifier is named, no conversation is there, or mode dp
// publishes no label.
int publish_labels_find(struct run *run, struct err *err) MUST_USE;
// Of conversations, n_labelled of which have a yes or a no and n_other another word. ERR_CONFIG: no
// label. Warns of other words beside labels.
int publish_labels_judge(const struct run *run, int64_t n_labelled, int64_t n_other,
                         struct err *err) MUST_USE;

#endif
