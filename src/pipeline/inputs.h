// SPDX-License-Identifier: Apache-2.0
// Which files a run may be made from: those it was made from, unless the user asks for others. And
// whether a file is still what was read.
#ifndef PIPELINE_INPUTS_H
#define PIPELINE_INPUTS_H

#include "run/run.h"

// Refuses (ERR_USAGE) other files than those of the conversations that are there, without the
// setting `replace`; a run of which nothing was read yet takes any. Says (log_warning) that
// standard input is not read again when it has been.
int inputs_allow(struct run *run, struct err *err) MUST_USE;
// Whether standard input, which no fingerprint can tell from another, takes the place of what is
// there.
bool inputs_replace_stdin(const struct run *run);

// Refuses (ERR_USAGE) to read anew what came from standard input, which may give something else
// today, without the setting `replace`.
int inputs_allow_anew(const struct run *run, struct err *err) MUST_USE;

// Whether all that was read is there to be read once more: no standard input, no pipe, none gone.
bool inputs_are_there(const struct run *run);

// Adds what tells an input from another: its name and what its content counts as. That is kept in
// the vault; when size, time of change or inode differ, a digest of the file says whether the
// content does (the first digest is made while ingest reads it). A file that went since counts as
// it was; a pipe counts by its name.
int inputs_fingerprint(struct run *run, struct digest *d, struct str path,
                       struct err *err) MUST_USE;

#endif
