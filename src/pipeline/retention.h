// SPDX-License-Identifier: Apache-2.0
// The setting `keep-days`: conversations older than so many days are purged (purge.h) whenever the
// run is worked on, before anything is asked of them. The one result that depends on the clock.
#ifndef PIPELINE_RETENTION_H
#define PIPELINE_RETENTION_H

#include "run/run.h"

// Nothing happens when the setting is 0 or nothing is too old. Conversations without a time stay.
int retention_apply(struct run *run, struct err *err) MUST_USE;

#endif
