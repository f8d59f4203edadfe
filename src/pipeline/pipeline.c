// SPDX-License-Identifier: Apache-2.0
// The whole program on one screen: the table below is the order of work. `clio status`, the docs
// and the progress line are drawn from it.
#include "pipeline/pipeline.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/stop.h"
#include "pipeline/fingerprint.h"
#include "pipeline/retention.h"
#include "run/remote.h"
#include "store/vault_past.h"

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
    int64_t start = clock_ms(), ms_before = record.ms;
    record.done = false;
    int rc = vault_put_stage(run->vault, stage->name, &record, err);
    if (rc)
        return rc;
    run->stage = stage->name;
    run->record = record;
    rc = stage->run(run, err);
    vault_rollback(run->vault);
    run->record.ms = ms_before + clock_ms() - start;
    run->record.done = rc == 0;
    memcpy(run->record.fingerprint, record.fingerprint, sizeof record.fingerprint);
    struct err ignored = { 0 };
    int kept = vault_put_stage(run->vault, stage->name, &run->record, rc ? &ignored : err);
    log_progress_end();
    if (!rc && !kept)
        log_note("%s: %lld in, %lld out, %.1f s", stage->name, (long long)run->record.n_in,
                 (long long)run->record.n_out, (double)run->record.ms / 1000.0);
    if (!rc && !kept)
        remote_tell(run);
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

// In a run that grows the release that is there is remembered before its rows go: the next one
// keeps who is who (docs/append.md). Once: publish is then no longer done.
static int remember_release(struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct stage_record record;
    struct vault_batch batch;
    int rc = vault_get_batch(run->vault, &run->scratch, &batch, err);
    if (!rc)
        rc = vault_get_stage(run->vault, publish_stage.name, &record, err);
    arena_rewind(&run->scratch, start);
    if (rc || !batch.id || !record.done || run_is_dp(run))
        return rc;
    record.done = false;
    rc = vault_begin(run->vault, err);
    if (!rc)
        rc = vault_keep_past(run->vault, err);
    if (!rc)
        rc = vault_put_stage(run->vault, publish_stage.name, &record, err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    return rc;
}

// From the end of the line to its start, so that no row refers to one that is gone. A stage that
// never worked has none, and may share its tables with one that did (noise and cluster).
static int clear_from(struct run *run, size_t first, struct err *err)
{
    int rc = remember_release(run, err);
    for (size_t i = N_STAGES; !rc && i-- > first;) {
        struct stage_record record;
        rc = vault_get_stage(run->vault, line[i]->name, &record, err);
        if (!rc && record.fingerprint[0])
            rc = vault_clear_stage(run->vault, line[i]->name, line[i]->writes, err);
    }
    return rc;
}

int pipeline_clear_behind(struct run *run, const struct stage *stage, struct err *err)
{
    size_t i = 0;
    while (line[i] != stage)
        i++;
    return clear_from(run, i + 1, err);
}

// Clears every stage behind the first one from `first` on that is stale or was begun: their rows
// are of an older state of the line.
static int clear_stale(struct run *run, char fingerprints[][DIGEST_HEX], size_t first,
                       struct err *err)
{
    for (size_t i = first; i < N_STAGES; i++) {
        struct stage_record record;
        enum pipeline_state state;
        int rc = find_state(run, line[i], fingerprints[i], &record, &state, err);
        if (rc)
            return rc;
        if (state == PIPELINE_DONE)
            continue;
        return clear_from(run, state == PIPELINE_STARTED ? i + 1 : i, err);
    }
    return 0;
}

// The fingerprints of the whole line; a stage that is off has that of the one before.
static int find_fingerprints(struct run *run, char fingerprints[][DIGEST_HEX], struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < N_STAGES; i++) {
        const char *before = i ? fingerprints[i - 1] : "";
        if (is_off(run, line[i]))
            memcpy(fingerprints[i], before, DIGEST_HEX);
        else
            rc = fingerprint_stage(run, line[i], before, fingerprints[i], err);
    }
    return rc;
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
    return rc;
}

int pipeline_run(struct run *run, const struct stage *only, struct err *err)
{
    char fingerprints[N_STAGES][DIGEST_HEX];
    int rc = check_settings(run, only, err);
    if (!rc)
        rc = find_fingerprints(run, fingerprints, err);
    if (!rc)
        rc = retention_apply(run, err);
    size_t i_only = 0;
    for (size_t i = 0; only && i < N_STAGES; i++)
        if (line[i] == only)
            i_only = i;
    for (size_t i = 0; !rc && only && i < i_only; i++)
        rc = check_before(run, line[i], fingerprints[i], err);
    if (!rc)
        rc = clear_stale(run, fingerprints, 0, err);
    for (size_t i = only ? i_only : 0; !rc && i < (only ? i_only + 1 : N_STAGES); i++) {
        rc = run_one(run, line[i], fingerprints[i], err);
        if (!rc && line[i] == &ingest_stage)
            rc = retention_apply(run, err);
        if (rc)
            err_add(err, "%s", line[i]->name);
    }
    return rc;
}

// The stages whose rows are of one conversation each, and the clusters that these are filed under.
static size_t n_growing(void)
{
    size_t i = 0;
    while (line[i] != &cluster_stage)
        i++;
    return i + 1;
}

int pipeline_is_finished(struct run *run, bool *yes, struct err *err)
{
    int rc = 0;
    *yes = true;
    for (size_t i = 0; !rc && i < N_STAGES; i++) {
        struct stage_record record;
        rc = vault_get_stage(run->vault, line[i]->name, &record, err);
        if (!rc && !is_off(run, line[i]))
            *yes = *yes && record.done && has_product(run, line[i]);
    }
    return rc;
}

int pipeline_stamp(struct run *run, bool begin, struct err *err)
{
    char fingerprints[N_STAGES][DIGEST_HEX];
    int rc = find_fingerprints(run, fingerprints, err);
    for (size_t i = 0; !rc && i < (begin ? N_STAGES : n_growing()); i++) {
        struct stage_record record;
        bool grows = i < n_growing();
        rc = vault_get_stage(run->vault, line[i]->name, &record, err);
        if (rc || is_off(run, line[i]) || !record.fingerprint[0])
            continue;
        if (grows)
            memcpy(record.fingerprint, fingerprints[i], DIGEST_HEX);
        else
            snprintf(record.fingerprint, DIGEST_HEX, "of the release before");
        record.done = record.done && !(begin && grows);
        if (!rc)
            rc = vault_put_stage(run->vault, line[i]->name, &record, err);
    }
    return rc;
}

int pipeline_grow(struct run *run, enum pipeline_part part, struct err *err)
{
    char fingerprints[N_STAGES][DIGEST_HEX];
    size_t end = N_STAGES;
    int rc = check_settings(run, NULL, err);
    if (!rc)
        rc = find_fingerprints(run, fingerprints, err);
    if (part == PIPELINE_TO_BOUND)
        for (end = 0; line[end++] != &bound_stage;)
            continue;
    else if (!rc)
        rc = clear_stale(run, fingerprints, n_growing(), err);
    for (size_t i = 0; !rc && i < end; i++) {
        rc = run_one(run, line[i], fingerprints[i], err);
        if (rc)
            err_add(err, "%s", line[i]->name);
    }
    return rc;
}

// What a stage chose not to let through, by its notes.
static int count_left_out(struct run *run, const char *stage, int64_t *n, struct err *err)
{
    static const char *const notes[][2] = {
        { "ingest", "filtered_out" },   { "ingest", "without_output" }, { "screen", "said_no" },
        { "screen", "without_answer" }, { "bound", "near_copies" },     { "bound", "over_bound" },
    };
    int rc = 0;
    *n = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(notes); i++) {
        int64_t one = 0;
        if (strcmp(notes[i][0], stage) == 0)
            rc = vault_get_note(run->vault, stage, notes[i][1], &one, err);
        *n += one;
    }
    return rc;
}

static int lacks_accounts(struct run *run, bool *lacks, struct err *err)
{
    int64_t note = 0;
    int rc = vault_get_note(run->vault, "ingest", "no_accounts", &note, err);
    *lacks = note != 0;
    return rc;
}

int pipeline_status(struct run *run, struct pipeline_entry *entries, size_t *n, struct err *err)
{
    char fingerprints[N_STAGES][DIGEST_HEX];
    int rc = find_fingerprints(run, fingerprints, err);
    *n = 0;
    for (size_t i = 0; !rc && i < N_STAGES; i++) {
        struct pipeline_entry *entry = &entries[*n];
        if (is_off(run, line[i]))
            continue;
        entry->stage = line[i];
        entry->lacks_accounts = false;
        rc = vault_get_stage(run->vault, line[i]->name, &entry->record, err);
        if (!rc)
            entry->state = state_of(run, line[i], &entry->record, fingerprints[i]);
        if (!rc)
            rc = count_left_out(run, line[i]->name, &entry->n_left_out, err);
        if (!rc && line[i] == &ingest_stage)
            rc = lacks_accounts(run, &entry->lacks_accounts, err);
        *n += rc == 0;
    }
    return rc;
}

const char *pipeline_state_name(enum pipeline_state state)
{
    static const char *const names[] = { "waiting", "started", "stale", "done" };
    return names[state];
}

static bool is_kept(const struct setting *setting)
{
    static const char *const passing[] = {
        "out",       "threads",       "memory",   "quiet",      "verbose",
        "json",      "offline",       "max-cost", "max-time",   "prices",
        "in-flight", "tries",         "timeout",  "retry-wait", "alert-file",
        "webhook",   "webhook-hosts", "measure",  "vault-key",  "vault-passphrase-from",
        "budget",    "recluster"
    };
    for (size_t i = 0; i < COUNT_OF(passing); i++)
        if (strcmp(setting->name, passing[i]) == 0)
            return false;
    return true;
}

// A run that was not told where to ask leaves that to the variables of the day; one that was told
// goes on asking there.
static bool is_left_open(const struct setting *setting, struct str value)
{
    return (strcmp(setting->name, "provider") == 0 || strcmp(setting->name, "base-url") == 0) &&
           str_equal(value, str_of(setting->initial));
}

int pipeline_keep_settings(struct run *run, struct err *err)
{
    size_t n;
    const struct setting *settings = config_settings(&n);
    int rc = vault_begin(run->vault, err);
    for (size_t i = 0; !rc && i < n; i++)
        if (is_kept(&settings[i]))
            rc = vault_set_setting(run->vault, settings[i].name,
                                   str_of(config_text(run->config, settings[i].name)), err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    return rc;
}

static int take_setting(struct run *run, const struct setting *setting, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct str value;
    int rc = vault_get_setting(run->vault, setting->name, &run->scratch, &value, err);
    if (!rc && value.ptr && !is_left_open(setting, value))
        rc = config_set(run->config, str_of(setting->name), value, FROM_RUN, err);
    arena_rewind(&run->scratch, start);
    return rc;
}

int pipeline_take_settings(struct run *run, struct err *err)
{
    size_t n;
    const struct setting *settings = config_settings(&n);
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++)
        if (is_kept(&settings[i]))
            rc = take_setting(run, &settings[i], err);
    return rc ? rc : run_open_facets(run, err);
}

int pipeline_take_retention(struct run *run, struct err *err)
{
    struct str value;
    int rc = vault_get_setting(run->vault, "keep-days", &run->scratch, &value, err);
    if (rc || !value.ptr || str_equal(value, STR_LIT("0")))
        return rc;
    return config_set(run->config, STR_LIT("keep-days"), value, FROM_RUN, err);
}

int pipeline_say_accounts(struct run *run, struct err *err)
{
    bool lacks;
    int rc = lacks_accounts(run, &lacks, err);
    if (!rc && lacks)
        log_note("this corpus has no accounts, so the floors count conversations only");
    return rc;
}
