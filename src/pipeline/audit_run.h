// SPDX-License-Identifier: Apache-2.0
// The verb `audit`: the stage of that name while a run is under way, the gate before a release when
// it is finished.
#ifndef PIPELINE_AUDIT_RUN_H
#define PIPELINE_AUDIT_RUN_H

#include "base/buf.h"
#include "run/run.h"

// Whether every stage is done with the run's settings.
int audit_run_finished(struct run *run, bool *yes, struct err *err) MUST_USE;
// The gate (privacy/release_gate.h); ERR_PRIVACY when it does not hold, after the report.
int audit_run_gate(struct run *run, bool json, struct buf *out, struct err *err) MUST_USE;

#endif
