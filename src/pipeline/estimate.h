// SPDX-License-Identifier: Apache-2.0
// `clio estimate`: the stages before the first that asks a model are run, then what it will take is
// said.
#ifndef PIPELINE_ESTIMATE_H
#define PIPELINE_ESTIMATE_H

#include "base/buf.h"
#include "run/run.h"

// ERR_USAGE when the settings ask no server.
int estimate_allows(const struct config *config, struct err *err) MUST_USE;
// Adds lines for a person, or one JSON object.
int estimate_run(struct run *run, bool json, struct buf *out, struct err *err) MUST_USE;

// The question before anything is spent: shows what the questions that have no answer yet will take
// and goes on when `confirm` returns true; else ERR_FAILURE. Nothing is sent. Where no question is
// left to ask, or the profile asks no server, nobody is disturbed.
int estimate_confirm(struct run *run, bool (*confirm)(void *context, const char *text),
                     void *context, struct err *err) MUST_USE;

#endif
