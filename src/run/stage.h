// SPDX-License-Identifier: Apache-2.0
// One step of the line. A stage reads rows that earlier stages wrote in the vault, writes its own
// tables, and calls no other stage. State lives in the store: a stage can be killed at any moment
// and started again, and then does only what is missing, with the same result.
#ifndef RUN_STAGE_H
#define RUN_STAGE_H

#include "run/run.h"

struct stage {
    const char *name;     // also the verb on the command line and the heading in docs
    const char *summary;  // one line for --help and docs
    const char *reads;    // vault tables, space-separated
    const char *writes;   // vault tables that belong to this stage; emptied before it works anew
    // Names in run/config.c that change its result, files of prompts/ as "prompt:name", and rules
    // that an earlier version did not have as "rule:name"; space-separated.
    const char *settings;
    // Adds missing rows until all are there. Works in transactions of its own (vault_begin …
    // commit), looks at stop_check between them, reports run_progress, and fills
    // run->record.n_in, n_out and the token counts.
    int (*run)(struct run *run, struct err *err);
    // Whether a finished stage has work that may succeed now: it is then run again. NULL = never.
    int (*has_left)(struct run *run, bool *yes, struct err *err);
    // Refuses settings that cannot work, before the line's first stage does. NULL = all can.
    int (*check)(const struct run *run, struct err *err);
    // Whether these settings leave the stage out of the line. NULL = it is always in.
    bool (*is_off)(const struct run *run);
    bool each_tree;      // works once for every clustered facet, in tables of its own
    // Its rows are of one conversation each, and the stage before takes back those of conversations
    // that it changes: when that one goes on, they stay.
    bool follows;
    const char *product; // file in the run's directory that it makes; NULL = only tables
};

extern const struct stage ingest_stage, bound_stage, screen_stage, facet_stage, embed_stage,
    cluster_stage, threshold_stage, describe_stage, hierarchy_stage, audit_stage, map_stage,
    noise_stage, publish_stage;

#endif
