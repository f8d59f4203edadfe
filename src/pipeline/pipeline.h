// SPDX-License-Identifier: Apache-2.0
// The line: which stages there are, in which order, and which of them have work to do. A stage is
// done when its record in the vault carries the fingerprint of today's settings and of the stages
// before it; otherwise its tables are emptied and it works anew, or, after an interruption, goes
// on.
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "run/stage.h"

#define PIPELINE_MOST_STAGES 16

const struct stage *const *pipeline_line(size_t *n);
const struct stage *pipeline_find(struct str name); // NULL when there is none

// Runs what has work to do: all of the line, or only the stage `only`. ERR_USAGE when a stage
// before `only` has not been done.
int pipeline_run(struct run *run, const struct stage *only, struct err *err) MUST_USE;

// Takes away what the stages behind `stage` made, with their records.
int pipeline_clear_behind(struct run *run, const struct stage *stage, struct err *err) MUST_USE;

enum pipeline_state { PIPELINE_WAITING, PIPELINE_STARTED, PIPELINE_STALE, PIPELINE_DONE };
struct pipeline_entry {
    const struct stage *stage;
    enum pipeline_state state;
    struct stage_record record;
    int64_t n_left_out; // conversations that it was told to leave out
};
// entries: PIPELINE_MOST_STAGES places; *n is how many the line has in this mode.
int pipeline_status(struct run *run, struct pipeline_entry *entries, size_t *n, struct err *err)
    MUST_USE;
const char *pipeline_state_name(enum pipeline_state state);

// Keeps the settings that change results in the vault, and takes them back for later verbs.
int pipeline_keep_settings(struct run *run, struct err *err) MUST_USE;
int pipeline_take_settings(struct run *run, struct err *err) MUST_USE;

#endif
