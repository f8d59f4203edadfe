// SPDX-License-Identifier: Apache-2.0
#include "pipeline/append.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/noise.h"
#include "base/stop.h"
#include "pipeline/past.h"
#include "pipeline/pipeline.h"
#include "pipeline/retention.h"
#include "safety/watch_follow.h"
#include "store/vault_ingest.h"
#include "store/vault_past.h"

#define ENTRY '\x1f' // ends an entry of a batch's settings
#define MOST_SETTINGS ((size_t)1 << 20)

static const char *const reading[] = { "map", "account-from", "roles", "where", "strict" };
static const char *const notes[] = { "conversations_read", "bad_records",    "repeated_records",
                                     "renamed_records",    "repaired_texts", "filtered_out",
                                     "purged_again",       "without_output", "copies",
                                     "no_accounts",        "odd_times",      "impersonal",
                                     "wordless",           "fields_seen" };

struct work {
    struct run *run;
    struct str files;                   // of this batch, one a line
    struct str input;                   // of the run without them
    const char *own[COUNT_OF(reading)]; // the run's settings for reading
    struct vault_batch batch;
};

static bool is_reading(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(reading); i++)
        if (strcmp(reading[i], name) == 0)
            return true;
    return false;
}

// A batch has all that is in its files, and `clio run` would refuse these in a run that grew.
static bool takes_part(const char *name)
{
    return strcmp(name, "limit") == 0 || strcmp(name, "sample") == 0 ||
           strcmp(name, "sample-by") == 0;
}

static enum batch_recluster wanted(const struct run *run)
{
    const char *text = config_text(run->config, "recluster");
    return strcmp(text, "warm") == 0   ? BATCH_WARM
           : strcmp(text, "anew") == 0 ? BATCH_ANEW
           : strcmp(text, "no") == 0   ? BATCH_KEEP
                                       : BATCH_AUTO;
}

// Whether clusters are to be found again, whatever comes.
static bool is_asked(enum batch_recluster recluster)
{
    return recluster == BATCH_WARM || recluster == BATCH_ANEW;
}

// A run has one set of settings: those of its conversations so far.
static int check_settings(struct work *w, struct err *err)
{
    size_t n;
    const struct setting *list = config_settings(&n);
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        struct arena_mark start = arena_save(&w->run->scratch);
        struct str kept;
        const char *name = list[i].name;
        rc = vault_get_setting(w->run->vault, name, &w->run->scratch, &kept, err);
        bool same = rc || !kept.ptr || is_reading(name) || strcmp(name, "input") == 0 ||
                    strcmp(name, "provider") == 0 || strcmp(name, "base-url") == 0 ||
                    str_equal(kept, str_of(config_text(w->run->config, name)));
        arena_rewind(&w->run->scratch, start);
        if (!same && takes_part(name))
            return err_set(err, ERR_USAGE, "clio append reads its files whole; leave --%s out",
                           name);
        if (!same && past_check_trees(w->run, err)) // `clio run` would refuse it as well
            return (int)err->code;
        if (!same)
            return err_set(err, ERR_USAGE,
                           "clio append works with the settings of the run, and --%s is another "
                           "one; leave it out, or change it for the whole run first with `clio run "
                           "--out %s --%s …`",
                           name, w->run->dir, name);
    }
    return rc;
}

static int keep_own(struct work *w, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(reading); i++) {
        struct str kept;
        rc = vault_get_setting(w->run->vault, reading[i], &w->run->scratch, &kept, err);
        const char *now = config_text(w->run->config, reading[i]);
        w->own[i] = kept.ptr ? kept.ptr : arena_copy(&w->run->scratch, str_of(now));
    }
    return rc;
}

static int set_reading(struct work *w, const char *const values[COUNT_OF(reading)], struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(reading); i++)
        rc = config_set(w->run->config, str_of(reading[i]), str_of(values[i]), FROM_FLAG, err);
    return rc;
}

// What is too old goes before anything comes: by the run's own settings for reading, not by those
// of this batch, which stand again behind it.
static int drop_old(struct work *w, struct err *err)
{
    const char *of_batch[COUNT_OF(reading)];
    for (size_t i = 0; i < COUNT_OF(reading); i++)
        of_batch[i] = arena_copy(&w->run->scratch, str_of(config_text(w->run->config, reading[i])));
    int rc = set_reading(w, w->own, err);
    if (!rc)
        rc = pipeline_run(w->run, NULL, err);
    return rc ? rc : set_reading(w, of_batch, err);
}

// The settings that this batch is read with, and what the notes of ingest said before.
static int write_settings(struct work *w, struct err *err)
{
    struct buf b;
    int rc = 0;
    buf_init(&b, MOST_SETTINGS, "settings of an append");
    for (size_t i = 0; !rc && i < COUNT_OF(reading); i++)
        rc = buf_printf(&b, err, "%s=%s%c", reading[i], config_text(w->run->config, reading[i]),
                        ENTRY);
    for (size_t i = 0; !rc && i < COUNT_OF(notes); i++) {
        int64_t value;
        rc = vault_get_note(w->run->vault, "ingest", notes[i], &value, err);
        if (!rc)
            rc = buf_printf(&b, err, "note %s=%lld%c", notes[i], (long long)value, ENTRY);
    }
    w->batch.settings = arena_str(&w->run->scratch, buf_view(&b));
    buf_release(&b);
    return rc;
}

// Settles every entry of the batch's settings that is a note, or that is none.
static int read_settings(struct work *w, bool of_notes, struct err *err)
{
    struct str rest = w->batch.settings, entry, name;
    struct arena *a = &w->run->scratch;
    int rc = 0;
    while (!rc && str_cut(&rest, ENTRY, &entry)) {
        struct str value = entry;
        bool is_note = str_starts(entry, STR_LIT("note "));
        int64_t n = 0;
        if (!entry.len || !str_cut(&value, '=', &name) || is_note != of_notes)
            continue;
        if (!is_note)
            rc = config_set(w->run->config, name, value, FROM_FLAG, err);
        else if (str_to_i64(value, &n))
            rc = vault_set_note(w->run->vault, "ingest", arena_copy(a, str_from(name, 5)), n, err);
    }
    return rc;
}

static int set_input(struct work *w, struct str input, struct err *err)
{
    return config_set(w->run->config, STR_LIT("input"), input, FROM_FLAG, err);
}

// The lines of `input` behind the first n, and those before.
static void split_input(struct str input, int64_t n, struct str *before, struct str *behind)
{
    struct str rest = input, line;
    for (int64_t i = 0; i < n && str_cut(&rest, '\n', &line);)
        i += line.len > 0;
    *behind = rest;
    size_t len = input.len - rest.len;
    while (len && input.ptr[len - 1] == '\n')
        len--;
    *before = str_head(input, len);
}

static int count_sources(struct run *run, int64_t *n, struct err *err)
{
    bool there = true;
    int rc = 0;
    for (*n = 0; !rc && there; *n += !rc && there) {
        struct source source;
        rc = vault_get_source(run->vault, *n + 1, &run->scratch, &source, &there, err);
    }
    return rc;
}

// One transaction, in which nothing that is there changes.
static int put_begin(struct work *w, struct str input, struct err *err)
{
    struct vault *vault = w->run->vault;
    struct str path, rest = w->files;
    int64_t n = w->batch.n_sources;
    int rc = vault_begin(vault, err);
    if (!rc)
        rc = vault_put_batch(vault, &w->batch, err);
    while (!rc && str_cut(&rest, '\n', &path))
        if (path.len)
            rc = vault_add_source(vault, ++n, path, err);
    if (!rc)
        rc = vault_set_setting(vault, "input", input, err);
    if (!rc)
        rc = vault_commit(vault, err);
    if (rc)
        vault_rollback(vault);
    return rc ? rc : set_input(w, input, err);
}

// A watch that cannot be noted keeps nobody's batch out.
static void note_watches(struct work *w)
{
    struct err err = { 0 };
    if (watch_follow_note(w->run, !w->batch.id, &err))
        log_warning("watches do not follow their clusters: %s", err.text);
}

static int begin(struct work *w, struct err *err)
{
    struct run *run = w->run;
    struct vault_batch *batch = &w->batch;
    enum batch_recluster recluster = wanted(run);
    bool waits = batch->id && batch->state == BATCH_WORKING, finished = false;
    int64_t last_seq = 0;
    int rc = pipeline_is_finished(run, &finished, err);
    if (!rc && !finished && !waits)
        return err_set(err, ERR_USAGE,
                       "the run in %s is not finished; finish it first with `clio "
                       "run --out %s`",
                       run->dir, run->dir);
    if (!rc && finished)
        note_watches(w);
    if (waits && is_asked(batch->recluster) &&
        (!is_asked(recluster) || batch->recluster > recluster))
        recluster = batch->recluster;
    *batch = (struct vault_batch){ .id = batch->id + 1, .recluster = recluster };
    if (!rc)
        rc = count_sources(run, &batch->n_sources, err);
    if (!rc)
        rc = vault_last_seq(run->vault, &last_seq, err);
    if (!rc)
        rc = write_settings(w, err);
    batch->first_seq = last_seq + 1;
    struct str input = arena_printf(&run->scratch, "%.*s%s%.*s", STR_ARG(w->input),
                                    w->files.len ? "\n" : "", STR_ARG(w->files));
    return rc ? rc : put_begin(w, input, err);
}

// Takes the batch back.
static int undo(struct work *w, struct err *err)
{
    struct run *run = w->run;
    int rc = vault_begin(run->vault, err);
    if (!rc)
        rc = vault_drop_batch(run->vault, &w->batch, err);
    if (!rc) // copies of what is there count no more
        rc = vault_settle_copies(run->vault, err);
    if (!rc)
        rc = vault_set_setting(run->vault, "input", w->input, err);
    if (!rc)
        rc = read_settings(w, true, err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    return rc;
}

static int read_files(struct work *w, struct err *err)
{
    struct run *run = w->run;
    int rc = read_settings(w, false, err);
    run->stage = ingest_stage.name;
    run->record = (struct stage_record){ 0 };
    if (!rc)
        rc = ingest_stage.run(run, err);
    vault_rollback(run->vault);
    log_progress_end();
    struct err ignored = { 0 };
    int own = set_reading(w, w->own, rc ? &ignored : err);
    if (rc && !stop_asked()) {
        struct err second = { 0 };
        if (undo(w, &second))
            log_warning("%s", second.text);
        return err_add(err, "the run is as it was");
    }
    return rc ? rc : own;
}

// The line works on it from here on: stages that have rows of one conversation each go on, what was
// made of all is made anew.
static int start_work(struct work *w, struct err *err)
{
    struct run *run = w->run;
    struct stage_record record;
    w->batch.state = BATCH_WORKING;
    int rc = vault_get_stage(run->vault, ingest_stage.name, &record, err);
    if (w->files.len) { // else nothing was read
        record.n_in = run->record.n_in;
        record.n_out = run->record.n_out;
    }
    if (!rc)
        rc = vault_begin(run->vault, err);
    if (!rc)
        rc = vault_put_batch(run->vault, &w->batch, err);
    if (!rc && w->batch.id == 1)
        rc = past_keep_trees(run, err);
    if (!rc)
        rc = pipeline_stamp(run, true, err);
    if (!rc) {
        record.done = true;
        struct stage_record stamped;
        rc = vault_get_stage(run->vault, ingest_stage.name, &stamped, err);
        memcpy(record.fingerprint, stamped.fingerprint, DIGEST_HEX);
    }
    if (!rc)
        rc = vault_put_stage(run->vault, ingest_stage.name, &record, err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    return rc;
}

static int count(struct work *w, struct append_result *out, struct err *err)
{
    return vault_count_batch(w->run->vault, w->batch.first_open, &out->n_read, &out->n_counted,
                             &out->n_accounts, err);
}

// Whether the noise of the mode guarded lets a batch through that meets its floors, so that whoever
// brings all but one of them cannot tell by the release whether one more is there. One draw a
// batch: it belongs to the counts and the people, and asking again gives the same answer. An
// account moves the conversations by no more than the scale.
static int meets_noisily(struct work *w, const struct append_result *out, bool has_accounts,
                         bool *yes, struct err *err)
{
    const struct config *config = w->run->config;
    struct count_noise noise, own;
    uint64_t content[2] = { (uint64_t)out->n_counted, 0 };
    int rc = run_count_noise(w->run, has_accounts, &noise, err);
    if (rc || !noise.is_on)
        return rc;
    rc = vault_batch_people(w->run->vault, w->batch.first_open, has_accounts, &content[1], err);
    int64_t floor = config_whole(config, "min-conversations");
    own = noise_of_counts(&noise, STR_LIT("append"), content, sizeof content);
    *yes = noise_meets_floor(&noise.people, content[1],
                             has_accounts ? out->n_accounts : out->n_counted,
                             has_accounts ? config_whole(config, "min-accounts") : floor);
    if (has_accounts)
        *yes = *yes && noise_count(&own, own.conversations, 0, out->n_counted, 0) >=
                           floor + (int64_t)own.conversations;
    return rc;
}

// Two releases that differ by a handful of conversations tell of these few: so many must come
// together as a cluster needs. Where every account is the reader's own (local) nothing waits.
static int is_too_few(struct work *w, const struct append_result *out, bool *yes, struct err *err)
{
    const struct config *config = w->run->config;
    bool has_accounts = false, meets = true;
    *yes = false;
    if (strcmp(config_text(config, "privacy"), "local") == 0 || !out->n_read)
        return 0;
    int rc = vault_has_accounts(w->run->vault, &has_accounts, err);
    *yes = out->n_counted < config_whole(config, "min-conversations") ||
           (has_accounts && out->n_accounts < config_whole(config, "min-accounts"));
    if (!rc && !*yes)
        rc = meets_noisily(w, out, has_accounts, &meets, err);
    *yes = *yes || !meets;
    return rc;
}

// What waits stands in nobody's way: rows that a purge or --keep-days cleared are made anew without
// it, so that the atlas holds nobody who is gone, and still does not tell of few.
static int release_others(struct work *w, struct err *err)
{
    struct vault *vault = w->run->vault;
    log_note("the atlas is made anew without the conversations that wait");
    int rc = vault_set_aside(vault, w->batch.first_open, err);
    if (!rc)
        rc = pipeline_grow(w->run, PIPELINE_BEHIND_BOUND, err);
    if (!rc)
        rc = vault_give_back(vault, w->batch.first_open, err);
    return rc ? rc : pipeline_grow(w->run, PIPELINE_TO_BOUND, err);
}

// *held: the batch waits. In mode dp each release is noisy anew, so one that must be made takes it
// along.
static int settle_held(struct work *w, bool *held, struct err *err)
{
    struct stage_record record;
    int rc = *held ? vault_get_stage(w->run->vault, publish_stage.name, &record, err) : 0;
    if (rc || !*held || record.done)
        return rc;
    if (!run_is_dp(w->run))
        return release_others(w, err);
    *held = false;
    return 0;
}

// What the stage cluster did, in all trees.
static int look_back(struct work *w, struct append_result *out, struct err *err)
{
    struct run *run = w->run;
    int rc = 0;
    for (size_t tree = 0; !rc && tree < run->n_trees; tree++) {
        int64_t n = 0;
        rc = run_choose_tree(run, tree, err);
        if (!rc)
            rc = vault_get_note(run->vault, "cluster", "emerging", &n, err);
        if (!rc)
            rc = vault_get_batch(run->vault, &run->scratch, &w->batch, err);
        out->n_emerging = n > out->n_emerging ? n : out->n_emerging;
        out->is_reclustered = out->is_reclustered || is_asked(w->batch.recluster);
        rc = run_leave_tree(run, rc, err);
    }
    return rc;
}

static int work_on(struct work *w, struct append_result *out, struct err *err)
{
    struct run *run = w->run;
    bool held = false;
    int rc = vault_begin(run->vault, err);
    if (!rc)
        rc = pipeline_stamp(run, false, err); // also by another version than the one that began
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    if (!rc)
        rc = pipeline_stamp_trees(run, err);
    if (!rc)
        rc = vault_give_back(run->vault, w->batch.first_open, err); // of a start that was killed
    if (!rc)
        rc = retention_apply(run, err); // also of a batch that waited
    if (!rc)
        rc = pipeline_grow(run, PIPELINE_TO_BOUND, err);
    if (!rc)
        rc = count(w, out, err);
    if (!rc)
        rc = is_too_few(w, out, &held, err);
    if (!rc)
        rc = settle_held(w, &held, err);
    out->outcome = held ? APPEND_HELD : APPEND_RELEASED;
    if (rc || held)
        return rc;
    rc = pipeline_grow(run, PIPELINE_TO_END, err);
    if (!rc)
        rc = look_back(w, out, err);
    return rc ? rc : vault_release_batches(run->vault, err);
}

static int go_on(struct work *w, struct append_result *out, struct err *err)
{
    int rc = 0;
    if (w->batch.state == BATCH_READING) {
        rc = w->files.len ? read_files(w, err) : 0;
        int64_t n_counted, n_accounts;
        if (!rc)
            rc = vault_count_batch(w->run->vault, w->batch.first_seq, &out->n_read, &n_counted,
                                   &n_accounts, err);
        if (!rc && !out->n_read && !is_asked(w->batch.recluster))
            return undo(w, err);
        if (!rc)
            rc = start_work(w, err);
    }
    if (!rc)
        rc = vault_get_batch(w->run->vault, &w->run->scratch, &w->batch, err);
    return rc ? rc : work_on(w, out, err);
}

// A new batch, or the one that was begun: *more when files come on top of one that waits.
static int find_batch(struct work *w, struct str files, bool *more, struct err *err)
{
    struct str begun,
        input = arena_str(&w->run->scratch, str_of(config_text(w->run->config, "input")));
    bool recluster = is_asked(wanted(w->run));
    *more = w->batch.state == BATCH_RELEASED || !w->batch.id;
    if (*more) {
        w->files = files;
        w->input = input;
        return files.len || recluster
                   ? 0
                   : err_set(err, ERR_USAGE, "name the files with the new conversations");
    }
    split_input(input, w->batch.n_sources, &w->input, &begun);
    w->files = begun;
    if (!files.len || str_equal(files, begun))
        return 0;
    if (w->batch.state == BATCH_READING)
        return err_set(err, ERR_USAGE,
                       "an append of other files was begun in %s; finish it first "
                       "with `clio append %s`",
                       w->run->dir, w->run->dir);
    w->input = input;
    w->files = files;
    *more = true;
    return 0;
}

// A wish to find the clusters again that comes while a batch is on its way is one for that batch.
static int take_wish(struct work *w, struct err *err)
{
    enum batch_recluster wish = wanted(w->run), before = w->batch.recluster;
    bool through = false;
    if (!is_asked(wish) || (is_asked(before) && before >= wish))
        return 0;
    int rc = vault_forget_clustered(w->run->vault, &through, err);
    if (!rc && through)
        return err_set(err, ERR_USAGE,
                       "the stage cluster is through with the conversations that are on their way "
                       "into %s; finish that with `clio append %s`, then ask for --recluster",
                       w->run->dir, w->run->dir);
    w->batch.recluster = wish;
    return rc ? rc : vault_put_batch(w->run->vault, &w->batch, err);
}

int append_run(struct run *run, struct str files, struct append_result *result, struct err *err)
{
    struct work w = { .run = run };
    bool more = false;
    *result = (struct append_result){ 0 };
    int rc = check_settings(&w, err);
    if (!rc)
        rc = keep_own(&w, err);
    if (!rc)
        rc = vault_get_batch(run->vault, &run->scratch, &w.batch, err);
    if (!rc && (w.batch.state == BATCH_RELEASED || !w.batch.id) &&
        config_whole(run->config, "keep-days"))
        rc = drop_old(&w, err);
    if (!rc)
        rc = find_batch(&w, files, &more, err);
    if (!rc)
        rc = more ? begin(&w, err) : take_wish(&w, err);
    return rc ? rc : go_on(&w, result, err);
}

// What a run that grew has read stays as it was read: its files may be gone.
static int check_reading(struct run *run, struct err *err)
{
    struct str rest = str_of(ingest_stage.settings), name;
    int rc = 0;
    while (!rc && str_cut(&rest, ' ', &name)) {
        struct arena_mark start = arena_save(&run->scratch);
        const char *key = arena_copy(&run->scratch, name);
        struct str kept = { 0 };
        if (strcmp(key, "input") != 0 && strcmp(key, "seed") != 0)
            rc = vault_get_setting(run->vault, key, &run->scratch, &kept, err);
        if (!rc && kept.ptr && !str_equal(kept, str_of(config_text(run->config, key))))
            rc = err_set(err, ERR_USAGE,
                         "the run in %s has grown by `clio append`, and what it read stays as it "
                         "was read; leave --%s out, or run into a new directory",
                         run->dir, key);
        arena_rewind(&run->scratch, start);
    }
    return rc;
}

int append_allows(struct run *run, bool has_files, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct vault_batch batch;
    int rc = vault_get_batch(run->vault, &run->scratch, &batch, err);
    arena_rewind(&run->scratch, start);
    if (rc || !batch.id)
        return rc;
    if (batch.state != BATCH_RELEASED)
        return err_set(err, ERR_USAGE,
                       "conversations that are not released yet are in %s; `clio append %s` goes "
                       "on with them, and where it says that they wait, more must come first",
                       run->dir, run->dir);
    if (has_files)
        return err_set(err, ERR_USAGE,
                       "the run in %s has grown by `clio append`; `clio run --out "
                       "%s` works on all of it, more files come with `clio append %s FILE…`, and "
                       "another run needs another directory",
                       run->dir, run->dir, run->dir);
    return check_reading(run, err);
}
