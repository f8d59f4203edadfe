// SPDX-License-Identifier: Apache-2.0
// The publish stage in mode dp; private to privacy/.
#ifndef PRIVACY_PUBLISH_DP_H
#define PRIVACY_PUBLISH_DP_H

#include "privacy/ledger.h"
#include "run/stage.h"
#include "scan/scan.h"

// Charges the ledger and writes the run's atlas. ERR_PRIVACY when it is over the budget.
int publish_dp(struct run *run, struct err *err) MUST_USE;
// What all releases were allowed to cost when the atlas was made; --budget is of one command.
int publish_dp_budget(struct run *run, double *budget, struct err *err) MUST_USE;
// What every tree released, run->n_trees of them, in the run's scratch.
int publish_dp_read(struct run *run, struct released **released, struct err *err) MUST_USE;
// The atlas of releases that were charged, one a tree, at `path`; `state`: what the ledger says
// with them. The same releases and settings give the same rows.
int publish_dp_write(struct run *run, const struct released *released,
                     const struct ledger_state *state, struct scanner *scanner, const char *path,
                     struct err *err) MUST_USE;

#endif
