// SPDX-License-Identifier: Apache-2.0
// `clio check`: what this machine has and what is missing.
#ifndef RUN_CHECK_H
#define RUN_CHECK_H

#include "base/buf.h"
#include "run/config.h"

// Lines of "name: value". ERR_CONFIG, after all lines are written, when something needed is
// missing.
int check_machine(const struct config *config, struct buf *out, struct err *err) MUST_USE;

#endif
