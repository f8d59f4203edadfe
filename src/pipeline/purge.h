// SPDX-License-Identifier: Apache-2.0
// `clio purge`: takes conversations, and all that derives from them, out of a run's directory. At
// the next run the stage bound draws anew who counts, facets are asked of those who came in, and
// the stages from embed on work anew; facet values of others stay. An atlas that was published
// stays as it is until then. Interrupted at any moment, the same command goes on.
#ifndef PIPELINE_PURGE_H
#define PIPELINE_PURGE_H

#include "run/run.h"
#include "store/vault_purge.h"

int purge_run(struct run *run, struct vault_purge *purge, struct err *err) MUST_USE;

#endif
