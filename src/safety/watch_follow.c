// SPDX-License-Identifier: Apache-2.0
#include "safety/watch_follow.h"

#include "base/log.h"
#include "run/stage.h"
#include "safety/watch_stage.h"
#include "store/vault_cluster.h"
#include "store/vault_past.h"

#include <string.h>

// Whether ids of the atlas say who is who from one release to the next.
static int keeps_ids(struct run *run, bool *yes, struct err *err)
{
    struct vault_batch batch = { 0 };
    int rc = vault_get_batch(run->vault, &run->scratch, &batch, err);
    *yes = !rc && batch.id && !run_is_dp(run);
    return rc;
}

// The cluster of that number in the tree in place. *found false when there is none.
static int look_at(struct run *run, int64_t number, bool with_id, struct safety_watch_cluster *out,
                   bool *found, struct err *err)
{
    char hex[DIGEST_HEX];
    *out = (struct safety_watch_cluster){ 0 };
    int rc = vault_digest_cluster(run->vault, number, hex, found, err);
    if (!rc && *found)
        out->digest = arena_str(&run->scratch, str_of(hex));
    return rc || !*found || !with_id ? rc
                                     : vault_find_atlas_id(run->vault, number, &out->atlas_id, err);
}

int watch_follow_begin(struct run *run, const struct watch_question *q, size_t tree,
                       struct safety_watch_cluster *out, struct err *err)
{
    bool found = false, with_id = false;
    int rc = keeps_ids(run, &with_id, err);
    if (!rc)
        rc = run_choose_tree(run, tree, err);
    if (!rc)
        rc = look_at(run, q->number, with_id, out, &found, err);
    if (!rc && !found)
        rc = err_set(
            err, ERR_USAGE,
            "there is no base cluster %lld; `clio safety run %s%s%s` lists them with their "
            "numbers",
            (long long)q->number, run->dir, tree ? " --of " : "", tree ? run->trees[tree] : "");
    return run_leave_tree(run, rc, err);
}

static int add_number(struct run *run, int64_t atlas_id, struct str *list, struct err *err)
{
    int64_t number = 0;
    int rc = vault_find_base(run->vault, atlas_id, &number, err);
    if (!rc && number)
        *list = arena_printf(&run->scratch, "%.*s%s%lld", STR_ARG(*list), list->len ? ", " : "",
                             (long long)number);
    return rc;
}

// What became of a cluster that is gone, by the lineage of the release in which it went.
static int tell_end(struct run *run, int64_t atlas_id, struct str *text, struct err *err)
{
    struct vault_event *events;
    size_t n = 0;
    struct str where = STR_LIT("");
    int64_t when = 0, into = 0;
    int rc = vault_read_lineage(run->vault, INT64_MAX, &run->scratch, &events, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        if (events[i].cluster_id == atlas_id && (str_equal(events[i].kind, STR_LIT("merged")) ||
                                                 str_equal(events[i].kind, STR_LIT("died")))) {
            when = events[i].publication_id;
            into = events[i].other_id;
        }
    for (size_t i = 0; !rc && i < n; i++)
        if (events[i].publication_id == when && events[i].other_id == atlas_id &&
            str_equal(events[i].kind, STR_LIT("split"))) {
            rc = add_number(run, events[i].cluster_id, &where, err);
            into = events[i].cluster_id == into ? 0 : into;
        }
    if (!rc && into)
        rc = add_number(run, into, &where, err);
    bool is_one = str_find(where, STR_LIT(","), 0) == SIZE_MAX;
    *text = where.len ? arena_printf(&run->scratch, "it %s %.*s",
                                     is_one ? "went into" : "was split into", STR_ARG(where))
                      : STR_LIT("what was in it is spread over others, or under a floor");
    return rc;
}

#define ANEW "; drop it and add it with a number of today"

static int tell_lost(struct run *run, int64_t atlas_id, struct watch_follow *follow,
                     struct err *err)
{
    struct str end;
    if (!atlas_id) {
        follow->lost =
            STR_LIT("its clusters were made anew, and the number names another one" ANEW);
        return 0;
    }
    int rc = tell_end(run, atlas_id, &end, err);
    if (!rc)
        follow->lost = arena_printf(&run->scratch,
                                    "its clusters were made anew, and none is the same: %.*s" ANEW,
                                    STR_ARG(end));
    return rc;
}

// The clusters are others than those that it knows.
static int find_again(struct run *run, int64_t atlas_id, int64_t *number,
                      struct watch_follow *follow, struct err *err)
{
    struct stage_record record;
    bool found;
    int64_t now = 0;
    int rc = atlas_id ? vault_get_stage(run->vault, hierarchy_stage.name, &record, err) : 0;
    if (!rc && atlas_id && !record.done) {
        follow->lost = STR_LIT("its clusters are being made anew, and who is who is not known yet; "
                               "finish the run, then it is asked");
        return 0;
    }
    if (!rc && atlas_id)
        rc = vault_find_base(run->vault, atlas_id, &now, err);
    if (rc || !now)
        return rc ? rc : tell_lost(run, atlas_id, follow, err);
    follow->was = *number;
    *number = now;
    return look_at(run, now, true, &follow->now, &found, err);
}

int watch_follow_find(struct run *run, struct safety *safety, struct safety_watch *row,
                      struct watch_question *q, struct watch_follow *follow, struct err *err)
{
    struct safety_watch_cluster noted, here = { 0 };
    bool found = false, with_id = false;
    int64_t number = q->number;
    int rc = safety_get_watch_cluster(safety, row->id, &run->scratch, &noted, err);
    *follow = (struct watch_follow){ 0 };
    if (!rc)
        rc = keeps_ids(run, &with_id, err);
    if (!rc)
        rc = look_at(run, number, with_id, &here, &found, err);
    follow->now = noted;
    if (!rc && found && noted.digest.len && str_equal(noted.digest, here.digest)) {
        if (here.atlas_id)
            follow->now = here;
        return 0;
    }
    if (!rc)
        rc = find_again(run, with_id ? noted.atlas_id : 0, &number, follow, err);
    if (!rc && number != q->number)
        rc = watch_question_set_cluster(row->question, number, &run->scratch, &row->question, err);
    q->number = number;
    return rc;
}

int watch_follow_keep(struct safety *safety, const struct safety_watch *row,
                      const struct watch_question *q, const struct watch_follow *follow,
                      struct err *err)
{
    if (follow->lost.len)
        log_warning("watch %.*s is not asked: %.*s", STR_ARG(row->name), STR_ARG(follow->lost));
    int rc = safety_put_watch_cluster(safety, row->id, &follow->now, err);
    if (rc || !follow->was || follow->was == q->number)
        return rc;
    log_note("watch %.*s follows its cluster: %lld is %lld now", STR_ARG(row->name),
             (long long)follow->was, (long long)q->number);
    return safety_set_question(safety, row->id, row->question, err);
}

// One watch, whatever it asks about.
static int note_one(struct run *run, struct safety *safety, const struct safety_watch *row,
                    bool first, struct err *err)
{
    struct safety_watch_cluster noted, here = { 0 };
    struct watch_question q;
    bool found = false;
    size_t tree = 0;
    struct err gone = { 0 };
    int rc = watch_question_read(row->question, &run->scratch, &q, err);
    if (rc || q.match != WATCH_CLUSTER ||
        run_find_tree(run, q.of.len ? arena_copy(&run->scratch, q.of) : NULL, &tree, &gone))
        return rc;
    rc = safety_get_watch_cluster(safety, row->id, &run->scratch, &noted, err);
    if (!rc)
        rc = run_choose_tree(run, tree, err);
    if (!rc)
        rc = look_at(run, q.number, true, &here, &found, err);
    rc = run_leave_tree(run, rc, err);
    bool same = !rc && found && noted.digest.len && str_equal(noted.digest, here.digest);
    if (first || (same && here.atlas_id))
        noted.atlas_id = same ? here.atlas_id : 0;
    return rc ? rc : safety_put_watch_cluster(safety, row->id, &noted, err);
}

int watch_follow_note(struct run *run, bool first, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct safety *safety = NULL;
    struct safety_watch *list;
    size_t n = 0;
    bool any = false;
    int rc = run_is_dp(run) ? 0 : watch_are_kept(run->dir, &any, err);
    if (rc || !any)
        return rc;
    rc = safety_open_to_write(&safety, run->dir, err);
    if (!rc)
        rc = safety_read_watches(safety, &run->scratch, &list, &n, err);
    if (!rc)
        rc = safety_begin(safety, err);
    for (size_t i = 0; !rc && i < n; i++)
        rc = note_one(run, safety, &list[i], first, err);
    rc = safety_end(safety, rc, err);
    arena_rewind(&run->scratch, start);
    return rc;
}
