// SPDX-License-Identifier: Apache-2.0
// The façade of runs that grow.
#include "clio_int.h"

#include "base/log.h"
#include "pipeline/append.h"
#include "pipeline/gaps.h"
#include "pipeline/pipeline.h"
#include "run/run.h"

static int work(struct run *run, const char *const *files, size_t n_files,
                struct append_result *result, struct err *err)
{
    struct buf list;
    buf_init(&list, FACADE_MOST_NAMES, "list of files");
    int rc = facade_list_files(files, n_files, &list, err);
    if (!rc)
        rc = pipeline_take_settings(run, err);
    if (!rc)
        rc = run_check_facets(run, err);
    run->progress = log_progress;
    if (!rc)
        rc = append_run(run, buf_view(&list), result, err);
    if (!rc && result->outcome == APPEND_RELEASED)
        rc = gaps_check(run, err);
    log_progress_end();
    buf_release(&list);
    return rc;
}

int clio_append(struct clio *session, const char *dir, const char *const *files, size_t n_files,
                struct clio_appended *appended, struct clio_error *error)
{
    static const char *const outcomes[] = { "nothing", "held", "released" };
    struct err err = { 0 };
    struct run *run = NULL;
    struct append_result result = { 0 };
    facade_voice(session->config);
    int rc = facade_check_files(files, n_files, &err);
    if (!rc)
        rc = run_open(&run, dir, session->config, false, &err);
    if (!rc)
        rc = work(run, files, n_files, &result, &err);
    *appended = (struct clio_appended){ outcomes[result.outcome], result.n_read,
                                        result.n_counted,         result.n_accounts,
                                        result.n_emerging,        result.is_reclustered };
    run_close(run);
    return rc ? facade_give(&err, error) : 0;
}
