// SPDX-License-Identifier: Apache-2.0
#include "pipeline/purge.h"

#include "base/file.h"
#include "base/log.h"
#include "pipeline/pipeline.h"
#include "store/safety_write.h"

#include <errno.h>
#include <unistd.h>

// Answers of a server are filed by question, not by conversation: the whole file goes. So does the
// list of batches: what comes back of them is never fetched.
static int delete_answers(struct run *run, struct err *err)
{
    static const char *const names[] = { "answers.jsonl", "batches.jsonl" };
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(names); i++) {
        const char *path = path_join(&run->scratch, str_of(run->dir), names[i]).ptr;
        if (i == 1 && file_size(path) > 0)
            log_warning("batches may still be under way at the vendor, which deletes them when "
                        "they expire there; delete them there to be sure");
        if (unlink(path) != 0 && errno != ENOENT)
            rc = err_set_errno(err, ERR_IO, errno, "%s cannot be deleted", path);
    }
    return rc;
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
    // Rows of the stages behind hold vectors, phrases and counts of what goes.
    if (!rc && rows && !purge->unasked)
        rc = pipeline_clear_behind(run, &facet_stage, err);
    if (!rc && rows)
        rc = vault_purge_rows(run->vault, purge, err);
    // What was read before and is no more, as of a file that was edited, may have left its trace.
    if (!rc)
        rc = delete_answers(run, err);
    if (!rc)
        rc = safety_purge(run->dir, err);
    if (!rc)
        rc = vault_purge_file(run->vault, err);
    arena_rewind(&run->scratch, start);
    return rc;
}
