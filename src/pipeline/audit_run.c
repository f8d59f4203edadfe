// SPDX-License-Identifier: Apache-2.0
#include "pipeline/audit_run.h"

#include "pipeline/pipeline.h"
#include "privacy/release_gate.h"

int audit_run_finished(struct run *run, bool *yes, struct err *err)
{
    struct pipeline_entry entries[PIPELINE_MOST_ENTRIES];
    size_t n;
    *yes = true;
    int rc = pipeline_status(run, entries, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        *yes = *yes && entries[i].state == PIPELINE_DONE;
    return rc;
}

int audit_run_gate(struct run *run, bool json, struct buf *out, struct err *err)
{
    run->stage = "audit";
    return release_gate(run, json, out, err);
}
