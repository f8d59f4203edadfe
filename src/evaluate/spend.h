// SPDX-License-Identifier: Apache-2.0
// What asking a model has taken, step by step, beside the table of the paper (Tab. 3).
#ifndef EVALUATE_SPEND_H
#define EVALUATE_SPEND_H

#include "base/buf.h"
#include "run/run.h"

// For `clio evaluate spend`: tokens in and out of the stages that ask, in all trees, as the server
// counted them, dollars by the table of prices where the model has a price, and for each what the
// paper states for 100,000 conversations with models of its time, scaled to as many as this run
// has. `none` is NULL. Text or JSON into `out`. ERR_DATA when no stage has asked.
int evaluate_spend(struct run *run, const char *none, bool json, struct buf *out,
                   struct err *err) MUST_USE;

#endif
