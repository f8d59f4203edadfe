// SPDX-License-Identifier: Apache-2.0
// The line: which stages there are, in which order, and which of them have work to do. A stage is
// done when its record in the vault carries the fingerprint of today's settings and of the stages
// before it; otherwise its tables are emptied and it works anew, or, after an interruption, goes
// on.
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "run/stage.h"

#define PIPELINE_MOST_STAGES 16
#define PIPELINE_MOST_ENTRIES (PIPELINE_MOST_STAGES * RUN_MOST_TREES)

const struct stage *const *pipeline_line(size_t *n);
const struct stage *pipeline_find(struct str name); // NULL when there is none

// Runs what has work to do: all of the line, or only the stage `only`; a stage of the trees in
// every tree. ERR_USAGE when a stage before `only` has not been done.
int pipeline_run(struct run *run, const struct stage *only, struct err *err) MUST_USE;
// The same for a command that names settings: they are kept in the vault once they can work. Where
// conversations are read anew, settings and conversations change together when the input has been
// read to its end, or not at all.
int pipeline_start(struct run *run, const struct stage *only, struct err *err) MUST_USE;

// Takes away what the stages behind `stage` made, in every tree, with their records.
int pipeline_clear_behind(struct run *run, const struct stage *stage, struct err *err) MUST_USE;

// For a run that grows (append.h). Whether the line was done to its end, whatever became of the
// files and the settings of the day.
int pipeline_is_finished(struct run *run, bool *yes, struct err *err) MUST_USE;
// Gives the stages up to cluster the fingerprints of today's line: their rows stay, and they go on
// with what is missing. `begin`: they have work to do, and what is behind them is stale. Inside a
// transaction.
int pipeline_stamp(struct run *run, bool begin, struct err *err) MUST_USE;
// The same in the further trees, without beginning; in transactions of its own.
int pipeline_stamp_trees(struct run *run, struct err *err) MUST_USE;
// Runs the line without clearing what the stages up to cluster made: as far as the stage bound, or
// to the end; or what is behind bound alone, which stands as it is.
enum pipeline_part { PIPELINE_TO_BOUND, PIPELINE_TO_END, PIPELINE_BEHIND_BOUND };
int pipeline_grow(struct run *run, enum pipeline_part part, struct err *err) MUST_USE;

enum pipeline_state { PIPELINE_WAITING, PIPELINE_STARTED, PIPELINE_STALE, PIPELINE_DONE };
struct corpus_lacks {
    bool accounts;       // nothing that was read has an account
    int64_t n_odd_times; // conversations with a time that cannot be read
    int64_t n_repaired;  // texts with bytes that are no UTF-8, or lone surrogates
    int64_t n_copies;    // conversations with the transcript of another one, which stands for them
};
struct pipeline_entry {
    const struct stage *stage;
    const char *tree; // the clustered facet, where there are several and the stage is of one
    enum pipeline_state state;
    struct stage_record record;
    int64_t n_left_out; // conversations that it was told to leave out
    struct corpus_lacks lacks; // of ingest
    int64_t n_unanswered, n_not_asked; // questions without an answer that can be used; of them
};
// entries: PIPELINE_MOST_ENTRIES places; *n is how many the line has in this mode and with these
// trees.
int pipeline_status(struct run *run, struct pipeline_entry *entries, size_t *n,
                    struct err *err) MUST_USE;
const char *pipeline_state_name(enum pipeline_state state);

// Keeps the settings that change results in the vault, as pipeline_start does; and takes them back
// for later verbs.
int pipeline_keep_settings(struct run *run, struct err *err) MUST_USE;
int pipeline_take_settings(struct run *run, struct err *err) MUST_USE;
// Of a directory that is given other files: a promise to forget (keep-days) is taken back all the
// same, so that only the flag itself ends it.
int pipeline_take_retention(struct run *run, struct err *err) MUST_USE;

int pipeline_find_lacks(struct run *run, struct corpus_lacks *lacks, struct err *err) MUST_USE;
// Says (log_note) that floors count conversations when nothing that was read has an account, and
// how many times could not be read; and how many conversations count once with another.
int pipeline_say_lacks(struct run *run, struct err *err) MUST_USE;

#endif
