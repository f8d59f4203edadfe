// SPDX-License-Identifier: Apache-2.0
// How many conversations a stage was told to leave out, by the notes that it made.
#ifndef PIPELINE_LEFT_OUT_H
#define PIPELINE_LEFT_OUT_H

#include "run/run.h"

int left_out_count(struct run *run, const char *stage, int64_t *n, struct err *err) MUST_USE;

#endif
