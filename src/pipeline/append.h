// SPDX-License-Identifier: Apache-2.0
// New conversations into a finished run (docs/append.md): read behind what is there, asked for
// facets and vectors alone, filed under the clusters that there are, and released with all of them
// anew. A batch is read, then worked on, then released; the vault says where it stands, so the same
// call goes on after an interruption. A file that cannot be read leaves the run as it was.
#ifndef PIPELINE_APPEND_H
#define PIPELINE_APPEND_H

#include "run/run.h"

enum append_outcome {
    APPEND_NOTHING,  // no conversation was new: the run is as it was
    APPEND_HELD,     // too few for a release of their own: they wait for the next append
    APPEND_RELEASED, // the atlas is made anew
};
struct append_result {
    enum append_outcome outcome;
    int64_t n_read, n_counted; // of what was not released before; counted: not left out
    int64_t n_accounts;        // of these
    int64_t n_emerging;        // of all, that fit nowhere yet; of several trees the largest number
    bool is_reclustered;       // the clusters of a tree were found again, as --recluster says
};
// files: paths, one a line; empty: goes on with what was begun, or with --recluster alone. The
// settings are those of the run, but for map, account-from, where and strict, which are for these
// files. ERR_USAGE when the run is not finished, or other settings or files are given than those it
// can go on with.
int append_run(struct run *run, struct str files, struct append_result *result,
               struct err *err) MUST_USE;
// Whether `clio run` and single stages may work here with the settings of the day (those that the
// run keeps were taken before): not while a batch is on its way, and in a run that grew not with
// other files or other settings for reading than those it was read with. ERR_USAGE.
int append_allows(struct run *run, bool has_files, struct err *err) MUST_USE;

#endif
