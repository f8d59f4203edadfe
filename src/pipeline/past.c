// SPDX-License-Identifier: Apache-2.0
#include "pipeline/past.h"

#include "base/log.h"
#include "pipeline/fingerprint.h"
#include "pipeline/inputs.h"
#include "run/stage.h"
#include "store/vault_past.h"
#include "store/vault_trees.h"

#define GROWING "trees that grow" // setting of the vault: their facets

// Whether `clio append` brought conversations.
int past_has_grown(struct run *run, bool *yes, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct vault_batch batch;
    int rc = vault_get_batch(run->vault, &run->scratch, &batch, err);
    *yes = !rc && batch.id;
    arena_rewind(&run->scratch, start);
    return rc;
}

// Of the tree that is then in place. The first one comes last: with it publish is no longer done.
static int remember_tree(struct run *run, size_t tree, struct stage_record *publish,
                         struct err *err)
{
    int rc = vault_trees_choose(run->vault, tree, err);
    if (!rc)
        rc = vault_begin(run->vault, err);
    if (!rc)
        rc = vault_keep_past(run->vault, err);
    if (!rc && !tree)
        rc = vault_count_past(run->vault, err);
    if (!rc && !tree)
        rc = vault_put_stage(run->vault, publish_stage.name, publish, err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    return rc;
}

// In a run that grows the release that is there is remembered before its rows go, in every tree:
// the next one keeps who is who (docs/append.md). Once: publish is then no longer done.
int past_remember(struct run *run, struct err *err)
{
    struct stage_record record;
    bool grown;
    size_t n = 1;
    int rc = past_has_grown(run, &grown, err);
    if (!rc)
        rc = vault_get_stage(run->vault, publish_stage.name, &record, err);
    if (rc || !grown || !record.done || run_is_dp(run))
        return rc;
    record.done = false;
    rc = vault_trees_count(run->vault, &n, err);
    for (size_t tree = n; !rc && tree-- > 0;)
        rc = remember_tree(run, tree, &record, err);
    return run_leave_tree(run, rc, err);
}

// What an earlier version read cannot be read anew without its input: were that asked for, nobody
// could go on with the run, and what standard input gives today may be something else.
static int keep_old_reading(struct run *run, char fingerprint[DIGEST_HEX], struct err *err)
{
    struct stage_record record;
    char older[DIGEST_HEX];
    bool fewer = true;
    int rc = vault_get_stage(run->vault, ingest_stage.name, &record, err);
    if (rc || !record.done || strcmp(record.fingerprint, fingerprint) == 0 ||
        config_on(run->config, "replace") || inputs_are_there(run))
        return rc;
    for (size_t n = 0; !rc && fewer; n++) {
        rc = fingerprint_with_rules(run, &ingest_stage, "", n, older, &fewer, err);
        if (rc || !fewer || strcmp(record.fingerprint, older) != 0)
            continue;
        memcpy(fingerprint, older, DIGEST_HEX);
        log_warning("%s was read by an earlier version of clio, and its input is not there to be "
                    "read as this one does: the conversations stay as they are; give the input "
                    "again with `clio run FILE --out %s --replace` to have it read anew",
                    run->dir, run->dir);
        return 0;
    }
    return rc;
}

// A run that grew is not read again, whatever became of its files, of the settings and of this
// program: ingest keeps the fingerprint that it has.
int past_keep_ingest(struct run *run, char fingerprint[DIGEST_HEX], struct err *err)
{
    struct stage_record record = { 0 };
    bool grown;
    int rc = past_has_grown(run, &grown, err);
    if (!rc && grown)
        rc = vault_get_stage(run->vault, ingest_stage.name, &record, err);
    if (!rc && record.fingerprint[0])
        memcpy(fingerprint, record.fingerprint, DIGEST_HEX);
    return rc || grown ? rc : keep_old_reading(run, fingerprint, err);
}

static struct str name_trees(const struct run *run, struct arena *a)
{
    struct str names = STR_LIT("");
    for (size_t i = 0; i < run->n_trees; i++)
        names = arena_printf(a, "%.*s%s%s", STR_ARG(names), i ? "," : "", run->trees[i]);
    return names;
}

int past_keep_trees(struct run *run, struct err *err)
{
    struct arena a = { 0 };
    int rc = vault_set_setting(run->vault, GROWING, name_trees(run, &a), err);
    arena_release(&a);
    return rc;
}

// A run that grows follows the clusters of the trees that it began with (docs/append.md): those of
// another facet are nobody that was there.
int past_check_trees(struct run *run, struct err *err)
{
    struct arena a = { 0 };
    struct str before = STR_LIT("");
    bool grown;
    int rc = past_has_grown(run, &grown, err);
    if (!rc && grown)
        rc = vault_get_setting(run->vault, GROWING, &a, &before, err);
    struct str now = name_trees(run, &a);
    if (!rc && grown && before.ptr && !str_equal(before, now))
        rc =
            err_set(err, ERR_USAGE,
                    "the run in %s has grown by `clio append`, which follows the clusters of %.*s, "
                    "and the settings name %.*s; leave --cluster-facet and --facets as they were, "
                    "or run into a new directory",
                    run->dir, STR_ARG(str_head(before, 100)), STR_ARG(str_head(now, 100)));
    arena_release(&a);
    return rc;
}
