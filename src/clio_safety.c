// SPDX-License-Identifier: Apache-2.0
// The façade of safety/: signals for human review.
#include "clio_safety.h"

#include "clio_int.h"

#include "base/log.h"
#include "run/run.h"
#include "safety/classifier_stage.h"
#include "safety/coordinated.h"
#include "safety/review_stage.h"
#include "safety/watch_stage.h"

// safety.db holds what derives from the vault and is not encrypted itself.
static int check_open_vault(const struct run *run, struct err *err)
{
    if (!vault_is_sealed(run->vault))
        return 0;
    return err_set(err, ERR_CONFIG,
                   "this vault is encrypted and safety.db would not be; run into "
                   "another directory without --vault-key, on a disk that is encrypted");
}

static int run_verb(struct clio *session, const char *what, const char *of,
                    struct facade_reading *r, struct err *err)
{
    bool json = config_on(session->config, "json");
    r->run->progress = log_progress;
    if (strcmp(what, "coordinated") == 0 && of)
        return err_set(err, ERR_USAGE,
                       "coordinated is about accounts and their prompts, not about a tree: leave "
                       "--of out");
    if (strcmp(what, "coordinated") == 0)
        return coordinated_run(r->run, json, &r->text, err);
    if (strcmp(what, "run") == 0)
        return review_run(r->run, json, &r->text, err);
    if (strcmp(what, "classifier") == 0)
        return classifier_run(r->run, json, &r->text, err);
    if (strcmp(what, "drop") == 0)
        return classifier_drop(r->run, &r->text, err);
    return err_set(err, ERR_USAGE,
                   "safety knows run, coordinated, classifier and drop, not \"%.40s\"", what);
}

int clio_safety(struct clio *session, const char *dir, const char *what, const char *of, FILE *out,
                struct clio_error *error)
{
    struct err err = { 0 };
    struct facade_reading r = { 0 };
    int rc = facade_open(&r, session, dir, of, &err);
    if (!rc)
        rc = check_open_vault(r.run, &err);
    if (!rc)
        rc = run_verb(session, what, of, &r, &err);
    log_progress_end();
    return facade_close(&r, rc, out, &err, error);
}

int clio_watch(struct clio *session, const char *dir, const char *what, const char *name,
               const char *question, const char *of, FILE *out, struct clio_error *error)
{
    static const char *const verbs[] = { "add", "drop", "list", "run" };
    struct err err = { 0 };
    struct facade_reading r = { 0 };
    bool known = false;
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        known |= strcmp(what, verbs[i]) == 0;
    int rc = facade_open(&r, session, dir, NULL, &err);
    if (!rc && !known)
        rc = err_set(&err, ERR_USAGE, "watch knows add, drop, list and run, not \"%.40s\"", what);
    if (!rc && of && strcmp(what, "add") != 0)
        rc = err_set(
            &err, ERR_USAGE,
            "--of names the tree of a question when it is added; every watch keeps its own");
    if (!rc)
        rc = check_open_vault(r.run, &err);
    if (!rc) {
        r.run->progress = log_progress;
        rc = watch_verb(r.run, what, str_of(name), str_of(question), of,
                        config_on(session->config, "json"), out, &err);
    }
    log_progress_end();
    return facade_close(&r, rc, out, &err, error);
}

int clio_watch_batch(struct clio *session, const char *dir, FILE *out, struct clio_error *error)
{
    struct err err = { 0 };
    bool any;
    int rc = watch_are_kept(dir, &any, &err);
    if (rc)
        return facade_give(&err, error);
    return any ? clio_watch(session, dir, "run", NULL, NULL, NULL, out, error) : 0;
}
