// SPDX-License-Identifier: Apache-2.0
#include "pipeline/purge.h"

#include "base/file.h"
#include "base/log.h"
#include "pipeline/pipeline.h"
#include "run/remote.h"
#include "store/safety_write.h"

#include <errno.h>
#include <unistd.h>

// Answers and vectors of a server are filed by question, not by conversation: both files go. What
// is under way in batches stays so, as the others' answers are paid for: those to questions that
// nobody who is left asks are dropped unread when they come back.
static int delete_answers(struct run *run, struct err *err)
{
    static const char *const names[] = { "answers.jsonl", "vectors.jsonl" };
    size_t n_batches = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *path = path_join(&run->scratch, str_of(run->dir), names[i]).ptr;
        if (unlink(path) != 0 && errno != ENOENT)
            return err_set_errno(err, ERR_IO, errno, "%s cannot be deleted", path);
    }
    int rc = remote_mask_batches(run, &n_batches, err);
    if (!rc && n_batches)
        log_warning("%zu batches are under way at the vendor: the next command asks for their "
                    "answers, keeps none of who is gone, and deletes the batches there; until then "
                    "the vendor holds them. Delete them there to be sure",
                    n_batches);
    return rc;
}

// Without anybody to be found there is nothing to lose paid answers for: an id may be mistyped.
static bool keeps_answers(struct run *run, bool rows)
{
    bool keeps =
        !rows && file_size(path_join(&run->scratch, str_of(run->dir), "batches.jsonl").ptr) > 0;
    if (keeps)
        log_warning("nobody was found, and batches may be under way: the answers of the server "
                    "are kept; purge again when the run is done, for traces of what was read "
                    "before");
    return keeps;
}

int purge_run(struct run *run, struct vault_purge *purge, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    bool pending = false;
    int64_t n = 0;
    int left = vault_count_purge(run->vault, purge, &n, err);
    if (!left)
        left = vault_purge_is_pending(run->vault, &pending, err);
    bool rows = n || pending; // without, nothing is made anew for nothing
    int rc = left;
    if (!rc && purge->for_good) // first, as a purge may be cut short
        rc = vault_remember_purged(run->vault, purge, err);
    // Rows of the stages behind hold vectors, phrases and counts of what goes.
    if (!rc && rows && !purge->unasked)
        rc = pipeline_clear_behind(run, &facet_stage, err);
    if (!rc && rows)
        rc = vault_purge_rows(run->vault, purge, err);
    // What was read before and is no more, as of a file that was edited, may have left its trace.
    if (!rc && !keeps_answers(run, rows))
        rc = delete_answers(run, err);
    if (!rc)
        rc = safety_purge(run->dir, err);
    if (!rc)
        rc = vault_purge_file(run->vault, err);
    arena_rewind(&run->scratch, start);
    return rc;
}
