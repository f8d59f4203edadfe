// SPDX-License-Identifier: Apache-2.0
// How many conversations a stage was told to leave out, by the notes that it made.
#ifndef PIPELINE_LEFT_OUT_H
#define PIPELINE_LEFT_OUT_H

#include "run/run.h"

int left_out_count(struct run *run, const char *stage, int64_t *n, struct err *err) MUST_USE;

// Questions of a stage that have no answer that can be used, in the tree in place, and those of
// them that were not asked.
int left_out_questions(struct run *run, const char *stage, int64_t *n, int64_t *n_not_asked,
                       struct err *err) MUST_USE;

#endif
