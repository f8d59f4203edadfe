// SPDX-License-Identifier: Apache-2.0
// The publish stage in mode dp; private to privacy/. ERR_PRIVACY when it is over the budget.
#ifndef PRIVACY_PUBLISH_DP_H
#define PRIVACY_PUBLISH_DP_H

#include "run/stage.h"

int publish_dp(struct run *run, struct err *err) MUST_USE;

#endif
