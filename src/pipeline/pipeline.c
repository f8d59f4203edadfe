// SPDX-License-Identifier: Apache-2.0
// The whole program on one screen: the table below is the order of work. `clio status`, the man
// page and the progress line are drawn from it.
#include "pipeline/pipeline.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/stop.h"
#include "pipeline/fingerprint.h"
#include "pipeline/inputs.h"
#include "pipeline/left_out.h"
#include "pipeline/past.h"
#include "pipeline/retention.h"
#include "run/remote.h"
#include "store/vault_bound.h"
#include "store/vault_trees.h"

#include <stdio.h>

static const struct stage *const line[] = {
    &ingest_stage,  &screen_stage,    &bound_stage,    &facet_stage,     &embed_stage,
    &cluster_stage, &threshold_stage, &describe_stage, &hierarchy_stage, &audit_stage,
    &map_stage,     &noise_stage,     &publish_stage,
};
#define N_STAGES COUNT_OF(line)
static_assert(N_STAGES <= PIPELINE_MOST_STAGES, "room in the status list");

const struct stage *const *pipeline_line(size_t *n)
{
    *n = N_STAGES;
    return line;
}

const struct stage *pipeline_find(struct str name)
{
    for (size_t i = 0; i < N_STAGES; i++)
        if (str_equal(name, str_of(line[i]->name)))
            return line[i];
    return NULL;
}

static size_t place_of(const struct stage *stage)
{
    size_t i = 0;
    while (line[i] != stage)
        i++;
    return i;
}

// The stages of the trees lie in one stretch of the line: from here to before the next.
static size_t trees_begin(void)
{
    size_t i = 0;
    while (!line[i]->each_tree)
        i++;
    return i;
}

static size_t trees_end(void)
{
    size_t i = N_STAGES;
    while (!line[i - 1]->each_tree)
        i--;
    return i;
}

// The fingerprints of the line in each tree; those of stages that are of no tree stand in the
// first.
struct prints {
    char of[RUN_MOST_TREES][N_STAGES][DIGEST_HEX];
};

static bool is_off(const struct run *run, const struct stage *stage)
{
    return stage->is_off && stage->is_off(run);
}

static bool has_product(struct run *run, const struct stage *stage)
{
    if (!stage->product)
        return true;
    struct arena_mark start = arena_save(&run->scratch);
    bool there = file_exists(path_join(&run->scratch, str_of(run->dir), stage->product).ptr);
    arena_rewind(&run->scratch, start);
    return there;
}

static enum pipeline_state state_of(struct run *run, const struct stage *stage,
                                    const struct stage_record *record, const char *fingerprint)
{
    if (is_off(run, stage)) // done as long as it never worked
        return record->fingerprint[0] ? PIPELINE_STALE : PIPELINE_DONE;
    if (!record->fingerprint[0])
        return PIPELINE_WAITING;
    if (strcmp(record->fingerprint, fingerprint) != 0)
        return PIPELINE_STALE;
    return record->done && has_product(run, stage) ? PIPELINE_DONE : PIPELINE_STARTED;
}

// As state_of; what is done but has work left counts as begun.
static int find_state(struct run *run, const struct stage *stage, const char *fingerprint,
                      struct stage_record *record, enum pipeline_state *state, struct err *err)
{
    bool left = false;
    int rc = vault_get_stage(run->vault, stage->name, record, err);
    if (rc)
        return rc;
    *state = state_of(run, stage, record, fingerprint);
    if (*state == PIPELINE_DONE && stage->has_left && !is_off(run, stage))
        rc = stage->has_left(run, &left, err);
    if (left)
        *state = PIPELINE_STARTED;
    return rc;
}

// Marks the stage as begun, works, marks it as done: three transactions, so a kill between any two
// is seen by the next start.
static int work(struct run *run, const struct stage *stage, struct stage_record record,
                struct err *err)
{
    int64_t start = clock_ms(), ms_before = record.ms, tokens = run_vector_tokens(run);
    record.done = false;
    int rc = vault_put_stage(run->vault, stage->name, &record, err);
    if (rc)
        return rc;
    run_begin(run, stage->name, &record);
    rc = stage->run(run, err);
    vault_rollback(run->vault);
    run->record.ms = ms_before + clock_ms() - start;
    run->record.done = rc == 0;
    memcpy(run->record.fingerprint, record.fingerprint, sizeof record.fingerprint);
    struct err ignored = { 0 };
    int kept = vault_put_stage(run->vault, stage->name, &run->record, rc ? &ignored : err);
    log_progress_end();
    bool named = stage->each_tree && run->n_trees > 1;
    if (!rc && !kept)
        log_note("%s%s%s: %lld in, %lld out, %.1f s", stage->name, named ? " of " : "",
                 named ? run_facet(run) : "", (long long)run->record.n_in,
                 (long long)run->record.n_out, (double)run->record.ms / 1000.0);
    if (!rc && !kept) {
        remote_tell(run);
        remote_tell_vectors(run, run_vector_tokens(run) - tokens);
    }
    return rc ? rc : kept;
}

static int run_one(struct run *run, const struct stage *stage, const char *fingerprint,
                   struct err *err)
{
    struct stage_record record;
    enum pipeline_state state = PIPELINE_WAITING;
    int rc = stop_check(err);
    if (!rc)
        rc = find_state(run, stage, fingerprint, &record, &state, err);
    if (rc)
        return rc;
    if (state == PIPELINE_DONE || is_off(run, stage)) {
        log_detail("%s: nothing to do", stage->name);
        return 0;
    }
    if (state != PIPELINE_STARTED) {
        rc = vault_clear_stage(run->vault, stage->name, stage->writes, err);
        record = (struct stage_record){ 0 };
        memcpy(record.fingerprint, fingerprint, DIGEST_HEX);
    }
    return rc ? rc : work(run, stage, record, err);
}

// Stages before `only` must be done; the first that is not is named.
static int check_before(struct run *run, const struct stage *stage, const char *fingerprint,
                        struct err *err)
{
    struct stage_record record;
    int rc = vault_get_stage(run->vault, stage->name, &record, err);
    if (rc || state_of(run, stage, &record, fingerprint) == PIPELINE_DONE)
        return rc;
    return err_set(err, ERR_USAGE,
                   "the stage before is not done with these settings; run `clio %s "
                   "%s` first, or `clio run`",
                   stage->name, run->dir);
}

// From the end to the start, so that no row refers to one that is gone. A stage that never worked
// has none, and may share its tables with one that did (noise and cluster).
static int clear_range(struct run *run, size_t first, size_t end, struct err *err)
{
    int rc = 0;
    for (size_t i = end; !rc && i-- > first;) {
        struct stage_record record;
        rc = vault_get_stage(run->vault, line[i]->name, &record, err);
        if (!rc && record.fingerprint[0])
            rc = vault_clear_stage(run->vault, line[i]->name, line[i]->writes, err);
    }
    return rc;
}

// In one tree, with what was made of all of them.
static int clear_tree(struct run *run, size_t tree, size_t first, struct err *err)
{
    int rc = past_remember(run, err);
    if (!rc)
        rc = clear_range(run, trees_end(), N_STAGES, err);
    if (!rc)
        rc = vault_trees_choose(run->vault, tree, err);
    if (!rc)
        rc = clear_range(run, size_max(first, trees_begin()), trees_end(), err);
    return run_leave_tree(run, rc, err);
}

// In every tree of the vault, also in those that the settings of the day do not name.
static int clear_from(struct run *run, size_t first, struct err *err)
{
    size_t n = 1;
    int rc = vault_trees_count(run->vault, &n, err);
    for (size_t tree = n; !rc && first < trees_end() && tree-- > 1;)
        rc = clear_tree(run, tree, first, err);
    if (!rc)
        rc = past_remember(run, err);
    return rc ? rc : clear_range(run, first, N_STAGES, err);
}

int pipeline_clear_behind(struct run *run, const struct stage *stage, struct err *err)
{
    return clear_from(run, place_of(stage) + 1, err);
}

// The first stage in [first, end) of the tree in place that is stale or was begun; `end` when all
// are done. One that is done and has work left stays so while `only` another one works. *clear: the
// first whose rows are of an older state of the line.
static int find_stale(struct run *run, const struct stage *only, char prints[][DIGEST_HEX],
                      size_t first, size_t end, size_t *found, size_t *clear, struct err *err)
{
    *clear = first;
    for (*found = first; *found < end; (*found)++) {
        struct stage_record record;
        enum pipeline_state state = PIPELINE_WAITING;
        int rc = find_state(run, line[*found], prints[*found], &record, &state, err);
        if (state == PIPELINE_STARTED && record.done && only && line[*found] != only)
            state = PIPELINE_DONE;
        *clear = *found + (state == PIPELINE_STARTED);
        if (state == PIPELINE_STARTED && *clear < N_STAGES && line[*clear]->follows)
            (*clear)++;
        if (rc || state != PIPELINE_DONE)
            return rc;
    }
    return 0;
}

// Clears every stage behind the first one from `first` on that is stale or was begun, in each tree
// that the vault has; one that was never begun holds nothing.
static int clear_stale(struct run *run, const struct stage *only, struct prints *prints,
                       size_t first, struct err *err)
{
    size_t begin = trees_begin(), end = trees_end(), found = begin, clear = begin, n = 1;
    int rc = vault_trees_drop(run->vault, size_max(run->n_trees, 1), err);
    if (!rc)
        rc = vault_trees_count(run->vault, &n, err);
    if (!rc)
        rc = find_stale(run, only, prints->of[0], first, begin, &found, &clear, err);
    if (rc || found < begin)
        return rc ? rc : clear_from(run, clear, err);
    for (size_t tree = size_min(run->n_trees, n); !rc && tree-- > 0;) {
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc = find_stale(run, only, prints->of[tree], size_max(first, begin), end, &found,
                            &clear, err);
        rc = run_leave_tree(run, rc, err);
        if (!rc && found < end)
            rc = clear_tree(run, tree, clear, err);
    }
    if (!rc)
        rc = find_stale(run, only, prints->of[0], end, N_STAGES, &found, &clear, err);
    return rc || found == N_STAGES ? rc : clear_from(run, clear, err);
}

// Of the stages [first, end); one that is off has that of the one before.
static int find_range(struct run *run, const char *before, size_t first, size_t end,
                      char prints[][DIGEST_HEX], struct err *err)
{
    int rc = 0;
    for (size_t i = first; !rc && i < end; i++) {
        if (is_off(run, line[i]))
            memcpy(prints[i], before, strlen(before) + 1);
        else
            rc = fingerprint_stage(run, line[i], before, prints[i], err);
        if (!rc && line[i] == &ingest_stage)
            rc = past_keep_ingest(run, prints[i], err);
        before = prints[i];
    }
    return rc;
}

// What is behind the trees depends on all of them.
static void join_trees(const struct run *run, const struct prints *prints, char joined[DIGEST_HEX])
{
    struct digest d;
    size_t last = trees_end() - 1;
    memcpy(joined, prints->of[0][last], DIGEST_HEX);
    digest_init(&d);
    for (size_t tree = 0; tree < run->n_trees; tree++)
        digest_add(&d, str_of(prints->of[tree][last]));
    if (run->n_trees > 1)
        digest_hex(&d, joined);
}

// Where `only` is the last stage that ever worked or will, the fingerprints behind it, with their
// models to hash, say nothing. Stages that work leave a record, and are cleared from the end.
static int is_last(struct run *run, const struct stage *only, bool *yes, struct err *err)
{
    struct stage_record record;
    int rc = 0;
    *yes = only && place_of(only) + 1 < trees_begin();
    for (size_t i = only ? place_of(only) + 1 : 0; !rc && *yes && i < trees_begin(); i++) {
        rc = vault_get_stage(run->vault, line[i]->name, &record, err);
        *yes = !rc && !record.fingerprint[0];
    }
    return rc;
}

static int find_fingerprints(struct run *run, const struct stage *only, struct prints *prints,
                             struct err *err)
{
    bool last = false;
    size_t begin = trees_begin(), end = trees_end();
    char joined[DIGEST_HEX];
    memset(prints, 0, sizeof *prints);
    int rc = is_last(run, only, &last, err);
    if (rc || last)
        return rc ? rc : find_range(run, "", 0, place_of(only) + 1, prints->of[0], err);
    rc = find_range(run, "", 0, begin, prints->of[0], err);
    for (size_t tree = 0; !rc && tree < size_max(run->n_trees, 1); tree++) {
        run->tree = tree; // its settings; nothing is read of its tables
        rc = find_range(run, prints->of[0][begin - 1], begin, end, prints->of[tree], err);
    }
    run->tree = 0;
    join_trees(run, prints, joined);
    return rc ? rc : find_range(run, joined, end, N_STAGES, prints->of[0], err);
}

static int check_settings(struct run *run, const struct stage *only, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < N_STAGES; i++)
        if (line[i]->check)
            rc = line[i]->check(run, err);
    if (!rc && only && is_off(run, only))
        rc = err_set(err, ERR_USAGE, "this run has no stage %s; `clio status %s` shows its line",
                     only->name, run->dir);
    if (!rc)
        rc = run_check_facets(run, err);
    if (!rc && !only)
        rc = run_check_models(run, err);
    return rc ? rc : past_check_trees(run, err);
}

// Works through [first, end) in the tree in place; those that `only` is not are left, and must be
// done when they stand before it.
static int run_range(struct run *run, const struct stage *only, char prints[][DIGEST_HEX],
                     size_t first, size_t end, struct err *err)
{
    int rc = 0;
    for (size_t i = first; !rc && i < end; i++) {
        if (only && line[i] != only)
            continue;
        rc = run_one(run, line[i], prints[i], err);
        if (!rc && line[i] == &ingest_stage)
            rc = retention_apply(run, err);
        if (rc)
            err_add(err, "%s", line[i]->name);
    }
    return rc;
}

// From the stage number `first` on, one before the trees.
static int run_line(struct run *run, const struct stage *only, struct prints *prints, size_t first,
                    struct err *err)
{
    size_t begin = trees_begin(), end = trees_end();
    int rc = run_range(run, only, prints->of[0], first, begin, err);
    for (size_t tree = 0; !rc && tree < run->n_trees && (!only || only->each_tree); tree++) {
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc = run_range(run, only, prints->of[tree], begin, end, err);
        rc = run_leave_tree(run, rc, err);
    }
    return rc ? rc : run_range(run, only, prints->of[0], end, N_STAGES, err);
}

// Stages before `only` must be done, in every tree.
static int check_all_before(struct run *run, const struct stage *only, struct prints *prints,
                            struct err *err)
{
    size_t i_only = place_of(only);
    int rc = 0;
    for (size_t i = 0; !rc && i < i_only && i < trees_begin(); i++)
        rc = check_before(run, line[i], prints->of[0][i], err);
    for (size_t tree = 0; !rc && i_only > trees_begin() && tree < run->n_trees; tree++) {
        rc = run_choose_tree(run, tree, err);
        for (size_t i = trees_begin(); !rc && i < i_only && i < trees_end(); i++)
            rc = check_before(run, line[i], prints->of[tree][i], err);
        rc = run_leave_tree(run, rc, err);
    }
    for (size_t i = trees_end(); !rc && i < i_only; i++)
        rc = check_before(run, line[i], prints->of[0][i], err);
    return rc;
}

// Whether conversations that were read to the end give way to others.
static int must_read_anew(struct run *run, const char *fingerprint, bool *yes, struct err *err)
{
    struct stage_record record;
    enum pipeline_state state;
    int rc = find_state(run, &ingest_stage, fingerprint, &record, &state, err);
    *yes = !rc && record.done && (state == PIPELINE_STALE || inputs_replace_stdin(run));
    return rc;
}

// What is there stays until the new input is read to its end: a file that cannot be read, a
// setting that nothing fits, and an interruption leave the run as it was.
static int read_anew(struct run *run, bool keeps_settings, const char *fingerprint, struct err *err)
{
    struct err second = { 0 };
    int rc = vault_hold(run->vault, err);
    if (!rc && keeps_settings)
        rc = pipeline_keep_settings(run, err);
    if (!rc)
        rc = clear_from(run, 0, err);
    if (!rc)
        rc = run_one(run, &ingest_stage, fingerprint, err);
    int let_go = vault_let_go(run->vault, !rc, rc ? &second : err);
    return rc ? err_add(err, "the run is as it was; %s", ingest_stage.name) : let_go;
}

// After a purge who counts is drawn anew (privacy/bound_stage.c), before the line is looked at:
// what was asked of those who still count stays, which a stage before it that works anew would take
// away. Where the line makes bound anew all the same, that is the draw.
static int draw_anew(struct run *run, struct prints *prints, struct err *err)
{
    size_t i_bound = place_of(&bound_stage);
    struct stage_record record;
    enum pipeline_state state = PIPELINE_DONE;
    bool asked = false;
    int rc = vault_redraw_is_asked(run->vault, &asked, err);
    for (size_t i = 0; !rc && asked && i < i_bound; i++) {
        rc = find_state(run, line[i], prints->of[0][i], &record, &state, err);
        asked = state == PIPELINE_DONE;
    }
    if (!rc && asked)
        rc = find_state(run, &bound_stage, prints->of[0][i_bound], &record, &state, err);
    return rc || !asked || state != PIPELINE_STARTED
               ? rc
               : run_one(run, &bound_stage, prints->of[0][i_bound], err);
}

// A server that facets will be asked of is named before anything is read.
static int check_server(struct run *run, struct prints *prints, struct err *err)
{
    struct stage_record record;
    enum pipeline_state state;
    int rc =
        find_state(run, &facet_stage, prints->of[0][place_of(&facet_stage)], &record, &state, err);
    return rc || state == PIPELINE_DONE ? rc : remote_check(run, true, err);
}

// Settles what the line begins with: conversations that are there, or are read now.
static int begin_line(struct run *run, const struct stage *only, bool keeps_settings,
                      struct prints *prints, struct err *err)
{
    bool anew = false;
    int rc = !only && run_has_profile(run, "remote") ? check_server(run, prints, err) : 0;
    if (!rc && (!only || only == &ingest_stage))
        rc = must_read_anew(run, prints->of[0][0], &anew, err);
    if (!rc && anew)
        rc = inputs_allow_anew(run, err);
    if (!rc && anew)
        rc = read_anew(run, keeps_settings, prints->of[0][0], err);
    else if (!rc && keeps_settings)
        rc = pipeline_keep_settings(run, err);
    return rc ? rc : clear_stale(run, only, prints, 0, err);
}

static int start_line(struct run *run, const struct stage *only, bool keeps_settings,
                      struct err *err)
{
    struct prints prints;
    int rc = check_settings(run, only, err);
    if (!rc)
        rc = find_fingerprints(run, only, &prints, err);
    if (!rc)
        rc = retention_apply(run, err);
    if (!rc)
        rc = draw_anew(run, &prints, err);
    if (!rc && only)
        rc = check_all_before(run, only, &prints, err);
    if (!rc)
        rc = begin_line(run, only, keeps_settings, &prints, err);
    return rc ? rc : run_line(run, only, &prints, 0, err);
}

int pipeline_run(struct run *run, const struct stage *only, struct err *err)
{
    return start_line(run, only, false, err);
}

int pipeline_start(struct run *run, const struct stage *only, struct err *err)
{
    return start_line(run, only, true, err);
}

// The stages whose rows are of one conversation each, and the clusters that these are filed under.
static size_t n_growing(void)
{
    return place_of(&cluster_stage) + 1;
}

// Whether the stages [first, end) are done in the tree in place.
static int are_done(struct run *run, size_t first, size_t end, bool *yes, struct err *err)
{
    int rc = 0;
    for (size_t i = first; !rc && i < end; i++) {
        struct stage_record record;
        rc = vault_get_stage(run->vault, line[i]->name, &record, err);
        if (!rc && !is_off(run, line[i]))
            *yes = *yes && record.done && has_product(run, line[i]);
    }
    return rc;
}

int pipeline_is_finished(struct run *run, bool *yes, struct err *err)
{
    *yes = true;
    int rc = are_done(run, 0, N_STAGES, yes, err);
    for (size_t tree = 1; !rc && tree < run->n_trees; tree++) {
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc = are_done(run, trees_begin(), trees_end(), yes, err);
        rc = run_leave_tree(run, rc, err);
    }
    return rc;
}

// The records of the stages [first, end) in the tree in place.
static int stamp_range(struct run *run, char prints[][DIGEST_HEX], size_t first, size_t end,
                       bool begin, struct err *err)
{
    int rc = 0;
    for (size_t i = first; !rc && i < end; i++) {
        struct stage_record record;
        bool grows = i < n_growing();
        rc = vault_get_stage(run->vault, line[i]->name, &record, err);
        if (rc || is_off(run, line[i]) || !record.fingerprint[0])
            continue;
        if (grows)
            memcpy(record.fingerprint, prints[i], DIGEST_HEX);
        else
            snprintf(record.fingerprint, DIGEST_HEX, "of the release before");
        record.done = record.done && !(begin && grows);
        rc = vault_put_stage(run->vault, line[i]->name, &record, err);
    }
    return rc;
}

int pipeline_stamp(struct run *run, bool begin, struct err *err)
{
    struct prints prints;
    int rc = find_fingerprints(run, NULL, &prints, err);
    size_t end = begin ? N_STAGES : n_growing();
    return rc ? rc : stamp_range(run, prints.of[0], 0, end, begin, err);
}

int pipeline_stamp_trees(struct run *run, struct err *err)
{
    struct prints prints;
    int rc = run->n_trees > 1 ? find_fingerprints(run, NULL, &prints, err) : 0;
    for (size_t tree = 1; !rc && tree < run->n_trees; tree++) {
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc = stamp_range(run, prints.of[tree], trees_begin(), n_growing(), false, err);
        rc = run_leave_tree(run, rc, err);
    }
    return rc;
}

// Behind a stage of [first, end) that has work (*work), those that were done go on, too: it may get
// answers now that it lacked when they worked.
static int reopen_range(struct run *run, char prints[][DIGEST_HEX], size_t first, size_t end,
                        bool *work, struct err *err)
{
    int rc = 0;
    for (size_t i = first; !rc && i < end; i++) {
        struct stage_record record;
        enum pipeline_state state = PIPELINE_WAITING;
        rc = find_state(run, line[i], prints[i], &record, &state, err);
        if (!rc && *work && record.done) {
            record.done = false;
            rc = vault_put_stage(run->vault, line[i]->name, &record, err);
        }
        *work = *work || state != PIPELINE_DONE;
    }
    return rc;
}

// In every tree; work[i]: what is behind the growing stages of tree i is to be made anew.
static int reopen_behind(struct run *run, struct prints *prints, bool work[RUN_MOST_TREES],
                         struct err *err)
{
    bool before = false;
    int rc = reopen_range(run, prints->of[0], 0, trees_begin(), &before, err);
    for (size_t tree = 0; !rc && tree < run->n_trees; tree++) {
        work[tree] = before;
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc = reopen_range(run, prints->of[tree], trees_begin(), n_growing(), &work[tree], err);
        rc = run_leave_tree(run, rc, err);
    }
    return rc;
}

// What is behind the growing stages and is not of today.
static int clear_behind(struct run *run, struct prints *prints, const bool work[RUN_MOST_TREES],
                        struct err *err)
{
    size_t n = 1;
    int rc = vault_trees_count(run->vault, &n, err);
    for (size_t tree = size_min(n, run->n_trees); !rc && tree-- > 0;)
        if (work[tree])
            rc = clear_tree(run, tree, n_growing(), err);
    return rc ? rc : clear_stale(run, NULL, prints, n_growing(), err);
}

int pipeline_grow(struct run *run, enum pipeline_part part, struct err *err)
{
    struct prints prints;
    size_t behind = place_of(&bound_stage) + 1;
    bool work[RUN_MOST_TREES] = { false };
    int rc = check_settings(run, NULL, err);
    if (!rc)
        rc = find_fingerprints(run, NULL, &prints, err);
    if (!rc)
        rc = reopen_behind(run, &prints, work, err);
    if (!rc && part == PIPELINE_TO_BOUND)
        return run_range(run, NULL, prints.of[0], 0, behind, err);
    if (!rc)
        rc = clear_behind(run, &prints, work, err);
    return rc ? rc : run_line(run, NULL, &prints, part == PIPELINE_BEHIND_BOUND ? behind : 0, err);
}

static int put_entry(struct run *run, size_t i, const char *print, struct pipeline_entry *entry,
                     struct err *err)
{
    *entry = (struct pipeline_entry){ .stage = line[i], .tree = "" };
    if (line[i]->each_tree && run->n_trees > 1)
        entry->tree = run_facet(run);
    int rc = vault_get_stage(run->vault, line[i]->name, &entry->record, err);
    if (!rc)
        entry->state = state_of(run, line[i], &entry->record, print);
    if (!rc)
        rc = left_out_count(run, line[i]->name, &entry->n_left_out, err);
    if (!rc)
        rc = left_out_questions(run, line[i]->name, &entry->n_unanswered, &entry->n_not_asked, err);
    if (!rc && line[i] == &ingest_stage)
        rc = pipeline_find_lacks(run, &entry->lacks, err);
    return rc;
}

static int put_entries(struct run *run, size_t first, size_t end, char prints[][DIGEST_HEX],
                       struct pipeline_entry *entries, size_t *n, struct err *err)
{
    int rc = 0;
    for (size_t i = first; !rc && i < end; i++)
        if (!is_off(run, line[i]))
            rc = put_entry(run, i, prints[i], &entries[(*n)++], err);
    return rc;
}

int pipeline_status(struct run *run, struct pipeline_entry *entries, size_t *n, struct err *err)
{
    struct prints prints;
    size_t begin = trees_begin(), end = trees_end();
    int rc = find_fingerprints(run, NULL, &prints, err);
    *n = 0;
    if (!rc)
        rc = put_entries(run, 0, begin, prints.of[0], entries, n, err);
    for (size_t tree = 0; !rc && tree < size_max(run->n_trees, 1); tree++) {
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc = put_entries(run, begin, end, prints.of[tree], entries, n, err);
        rc = run_leave_tree(run, rc, err);
    }
    return rc ? rc : put_entries(run, end, N_STAGES, prints.of[0], entries, n, err);
}

const char *pipeline_state_name(enum pipeline_state state)
{
    static const char *const names[] = { "waiting", "started", "stale", "done" };
    return names[state];
}
