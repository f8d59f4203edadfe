// SPDX-License-Identifier: Apache-2.0
// The façade: implements include/clio.h on the layers below and does nothing else.
#include "clio_int.h"

#include "clio_access.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/stop.h"
#include "evaluate/agreement.h"
#include "evaluate/audit_score.h"
#include "evaluate/facet_score.h"
#include "evaluate/plant.h"
#include "evaluate/plant_model.h"
#include "evaluate/reconstruct.h"
#include "evaluate/spend.h"
#include "evaluate/stability.h"
#include "inspect/inspect.h"
#include "pipeline/append.h"
#include "pipeline/audit_run.h"
#include "pipeline/estimate.h"
#include "pipeline/gaps.h"
#include "pipeline/inputs.h"
#include "pipeline/pipeline.h"
#include "pipeline/purge.h"
#include "run/bench_machine.h"
#include "run/check.h"
#include "run/meaning.h"
#include "scan/scan_file.h"
#include "serve/serve.h"

#include <errno.h>
#include <stdlib.h>

static_assert(sizeof(((struct clio_error *)0)->text) == sizeof(((struct err *)0)->text),
              "one size of sentence");

int facade_give(const struct err *err, struct clio_error *error)
{
    error->code = (int)err->code;
    memcpy(error->text, err->text, sizeof error->text);
    return error->code;
}

const char *clio_version(void)
{
    return CLIO_VERSION;
}

int clio_open(struct clio **out, struct clio_error *error)
{
    struct err err = { 0 };
    struct clio *session = calloc(1, sizeof *session);
    int rc = session ? crypto_start(&err) : err_set(&err, ERR_TRY_AGAIN, "out of memory");
    if (!rc)
        rc = config_open(&session->config, &err);
    if (rc) {
        clio_close(session);
        return facade_give(&err, error);
    }
    *out = session;
    return 0;
}

void clio_close(struct clio *session)
{
    if (!session)
        return;
    config_close(session->config);
    free(session);
}

size_t clio_settings(const struct clio_setting **list)
{
    static struct clio_setting made[96];
    size_t n;
    const struct setting *settings = config_settings(&n);
    assert(n <= COUNT_OF(made));
    for (size_t i = 0; i < n; i++)
        made[i] = (struct clio_setting){ settings[i].name, settings[i].value, settings[i].initial,
                                         settings[i].help, settings[i].kind == SETTING_SWITCH };
    *list = made;
    return n;
}

int clio_set(struct clio *session, const char *name, const char *value, struct clio_error *error)
{
    struct err err = { 0 };
    if (config_set(session->config, str_of(name), str_of(value), FROM_FLAG, &err))
        return facade_give(&err, error);
    return 0;
}

const char *clio_get(const struct clio *session, const char *name)
{
    return config_find(str_of(name)) ? config_text(session->config, name) : NULL;
}

size_t clio_stages(const struct clio_stage **list)
{
    static struct clio_stage made[PIPELINE_MOST_STAGES];
    size_t n;
    const struct stage *const *line = pipeline_line(&n);
    for (size_t i = 0; i < n; i++)
        made[i] =
            (struct clio_stage){ line[i]->name, line[i]->summary, line[i]->reads, line[i]->writes };
    *list = made;
    return n;
}

void clio_watch_signals(void)
{
    stop_watch_signals();
}

void facade_voice(const struct config *config)
{
    log_set_level(config_on(config, "quiet")     ? LOG_QUIET
                  : config_on(config, "verbose") ? LOG_VERBOSE
                                                 : LOG_NORMAL);
}

static int set_input(struct config *config, const char *const *files, size_t n_files,
                     struct err *err)
{
    struct buf list;
    buf_init(&list, FACADE_MOST_NAMES, "list of files");
    int rc = facade_list_files(files, n_files, &list, err);
    if (!rc)
        rc = config_set(config, STR_LIT("input"), buf_view(&list), FROM_FLAG, err);
    buf_release(&list);
    return rc;
}

// Opens the run directory for work on `files`, or on those it was made with. *run may be set when
// this fails.
static int open_to_work(struct clio *session, const char *dir, const char *const *files,
                        size_t n_files, struct run **run, struct err *err)
{
    facade_voice(session->config);
    int rc = facade_check_files(files, n_files, err);
    if (!rc && n_files)
        rc = set_input(session->config, files, n_files, err);
    if (!rc)
        rc = run_open(run, dir, session->config, n_files > 0, err);
    if (!rc)
        rc = n_files ? pipeline_take_retention(*run, err) : pipeline_take_settings(*run, err);
    if (!rc)
        rc = append_allows(*run, n_files > 0, err);
    if (!rc && n_files)
        rc = inputs_allow(*run, err);
    if (!rc)
        (*run)->progress = log_progress;
    return rc;
}

static int run_stages(struct clio *session, const char *dir, const struct stage *only,
                      const char *const *files, size_t n_files, struct err *err)
{
    struct run *run = NULL;
    int rc = open_to_work(session, dir, files, n_files, &run, err);
    if (!rc && !only && session->confirm)
        rc = estimate_confirm(run, session->confirm, session->confirm_context, err);
    if (!rc)
        rc = pipeline_start(run, only, err);
    log_progress_end();
    if (!rc && !only)
        rc = pipeline_say_lacks(run, err);
    if (!rc)
        rc = gaps_check(run, err);
    run_close(run);
    return rc;
}

void clio_confirm_with(struct clio *session, bool (*confirm)(void *context, const char *text),
                       void *context)
{
    session->confirm = confirm;
    session->confirm_context = context;
}

int clio_run(struct clio *session, const char *dir, const char *const *files, size_t n_files,
             struct clio_error *error)
{
    struct err err = { 0 };
    return run_stages(session, dir, NULL, files, n_files, &err) ? facade_give(&err, error) : 0;
}

int clio_run_stage(struct clio *session, const char *dir, const char *stage,
                   const char *const *files, size_t n_files, struct clio_error *error)
{
    struct err err = { 0 };
    const struct stage *only = pipeline_find(str_of(stage));
    int rc = only ? 0 : err_set(&err, ERR_USAGE, "there is no stage \"%.60s\"", stage);
    if (!rc)
        rc = run_stages(session, dir, only, files, n_files, &err);
    return rc ? facade_give(&err, error) : 0;
}

int clio_estimate(struct clio *session, const char *dir, const char *const *files, size_t n_files,
                  FILE *out, struct clio_error *error)
{
    struct err err = { 0 };
    struct run *run = NULL;
    struct buf text;
    buf_init(&text, (size_t)1 << 16, "estimate");
    int rc = n_files ? estimate_allows(session->config, &err) : 0; // before DIR is made
    if (!rc)
        rc = open_to_work(session, dir, files, n_files, &run, &err);
    if (!rc)
        rc = estimate_run(run, config_on(session->config, "json"), &text, &err);
    if (!rc)
        fwrite(buf_view(&text).ptr, 1, text.len, out);
    log_progress_end();
    buf_release(&text);
    run_close(run);
    return rc ? facade_give(&err, error) : 0;
}

int clio_status(struct clio *session, const char *dir, struct clio_stage_status *list, size_t *n,
                struct clio_error *error)
{
    struct err err = { 0 };
    struct run *run = NULL;
    static_assert(PIPELINE_MOST_ENTRIES <= CLIO_MOST_STATUS, "room in the caller's list");
    struct pipeline_entry entries[PIPELINE_MOST_ENTRIES];
    int rc = run_open(&run, dir, session->config, false, &err);
    if (!rc)
        rc = pipeline_take_settings(run, &err);
    if (!rc)
        rc = pipeline_status(run, entries, n, &err);
    for (size_t i = 0; !rc && i < *n; i++) {
        list[i] = (struct clio_stage_status){ entries[i].stage->name,
                                              "",
                                              pipeline_state_name(entries[i].state),
                                              entries[i].record.n_in,
                                              entries[i].record.n_out,
                                              entries[i].n_left_out,
                                              entries[i].record.ms,
                                              entries[i].lacks.accounts,
                                              entries[i].lacks.n_odd_times,
                                              entries[i].lacks.n_repaired,
                                              entries[i].lacks.n_copies,
                                              entries[i].n_unanswered,
                                              entries[i].n_not_asked };
        snprintf(list[i].tree, sizeof list[i].tree, "%s", entries[i].tree);
    }
    run_close(run);
    return rc ? facade_give(&err, error) : 0;
}

int clio_check(struct clio *session, FILE *out, struct clio_error *error)
{
    struct err err = { 0 };
    struct buf text;
    buf_init(&text, (size_t)1 << 20, "check");
    int rc = check_machine(session->config, &text, &err);
    fwrite(buf_view(&text).ptr, 1, text.len, out);
    buf_release(&text);
    return rc ? facade_give(&err, error) : 0;
}

int clio_bench(struct clio *session, FILE *out, struct clio_error *error)
{
    struct err err = { 0 };
    struct buf text;
    buf_init(&text, (size_t)1 << 20, "bench");
    int rc = bench_machine(session->config, &text, &err);
    fwrite(buf_view(&text).ptr, 1, text.len, out);
    buf_release(&text);
    return rc ? facade_give(&err, error) : 0;
}

int clio_audit(struct clio *session, const char *dir, FILE *out, struct clio_error *error)
{
    struct err err = { 0 };
    struct run *run = NULL;
    struct buf text;
    bool finished = false;
    buf_init(&text, (size_t)1 << 16, "report of the gate");
    facade_voice(session->config);
    int rc = run_open(&run, dir, session->config, false, &err);
    if (!rc)
        rc = pipeline_take_settings(run, &err);
    if (!rc)
        rc = audit_run_finished(run, &finished, &err);
    if (!rc && finished) {
        run->progress = log_progress;
        rc = audit_run_gate(run, config_on(session->config, "json"), &text, &err);
        fwrite(buf_view(&text).ptr, 1, text.len, out);
    }
    log_progress_end();
    buf_release(&text);
    run_close(run);
    if (!rc && !finished)
        return clio_run_stage(session, dir, "audit", NULL, 0, error);
    return rc ? facade_give(&err, error) : 0;
}

static int read_purge(const char *by, const char *what, struct vault_purge *purge, struct err *err)
{
    bool account = strcmp(by, "account") == 0, one = strcmp(by, "conversation") == 0;
    *purge = (struct vault_purge){ .by = account ? PURGE_ACCOUNT
                                         : one   ? PURGE_CONVERSATION
                                                 : PURGE_BEFORE,
                                   .id = str_of(what),
                                   .for_good = true };
    if (!account && !one && strcmp(by, "before") != 0)
        return err_set(err, ERR_USAGE, "purge by account, conversation or before, not by \"%.40s\"",
                       by);
    if (!account && !one && !time_parse(str_of(what), &purge->before))
        return err_set(err, ERR_USAGE, "\"%.40s\" is no day; write it as 2026-11-24", what);
    return 0;
}

int clio_purge(struct clio *session, const char *dir, const char *by, const char *what,
               struct clio_purged *purged, struct clio_error *error)
{
    struct err err = { 0 };
    struct vault_purge purge;
    struct run *run = NULL;
    int rc = read_purge(by, what, &purge, &err);
    if (!rc)
        rc = run_open(&run, dir, session->config, false, &err);
    if (!rc)
        rc = pipeline_take_settings(run, &err);
    if (!rc)
        rc = purge_run(run, &purge, &err);
    int64_t n_timeless = 0;
    if (!rc && purge.by == PURGE_BEFORE)
        rc = vault_count_timeless(run->vault, &n_timeless, &err);
    run_close(run);
    *purged =
        (struct clio_purged){ purge.n_conversations, purge.n_accounts, purge.n_values, n_timeless };
    return rc ? facade_give(&err, error) : 0;
}

struct scan_out {
    FILE *file;
    bool json;
};

static void put_hit(void *context, const struct scan_hit *hit)
{
    const struct scan_out *out = context;
    unsigned long long offset = hit->offset, line = hit->line;
    const char *kind = scan_kind_name(hit->kind), *family = hit->family ? hit->family : "";
    if (out->json)
        fprintf(out->file,
                "{\"offset\":%llu,\"line\":%llu,\"bytes\":%zu,\"kind\":\"%s\",\"family\":\"%s\"}\n",
                offset, line, hit->len, kind, family);
    else
        fprintf(out->file, "%llu\t%llu\t%zu\t%s\t%s\n", offset, line, hit->len, kind, family);
}

int clio_scan(struct clio *session, const char *file, FILE *out, uint64_t *n_found,
              struct clio_error *error)
{
    struct err err = { 0 };
    struct scanner *scanner = NULL;
    struct scan_out to = { out, config_on(session->config, "json") };
    int rc = scan_open(&scanner, &err);
    if (!rc)
        rc = scan_file(scanner, file, put_hit, &to, n_found, &err);
    scan_close(scanner);
    return rc ? facade_give(&err, error) : 0;
}

int facade_open(struct facade_reading *e, struct clio *session, const char *dir, const char *of,
                struct err *err)
{
    size_t tree = 0;
    buf_init(&e->text, (size_t)1 << 26, "output");
    facade_voice(session->config);
    int rc = run_open(&e->run, dir, session->config, false, err);
    if (!rc)
        rc = pipeline_take_settings(e->run, err);
    if (!rc)
        rc = run_find_tree(e->run, of, &tree, err);
    return rc ? rc : run_choose_tree(e->run, tree, err);
}

int facade_leave(struct facade_reading *e, int rc, struct err *err)
{
    if (e->run)
        rc = run_leave_tree(e->run, rc, err);
    run_close(e->run);
    e->run = NULL;
    return rc;
}

int facade_close(struct facade_reading *e, int rc, FILE *out, struct err *err,
                 struct clio_error *error)
{
    rc = facade_leave(e, rc, err);
    if (!rc)
        fwrite(buf_view(&e->text).ptr, 1, e->text.len, out);
    buf_release(&e->text);
    return rc ? facade_give(err, error) : 0;
}

static int evaluate_stability(struct clio *session, const char *const *dirs, size_t n_dirs,
                              const char *of, FILE *out, struct clio_error *error)
{
    struct err err = { 0 };
    struct stability stability = { 0 };
    struct buf text;
    int rc = 0;
    buf_init(&text, (size_t)1 << 20, "evaluation");
    for (size_t i = 0; !rc && i < n_dirs; i++) {
        struct facade_reading e = { 0 };
        rc = facade_open(&e, session, dirs[i], of, &err);
        if (!rc)
            rc = stability_add(&stability, e.run, &err);
        rc = facade_leave(&e, rc, &err);
        buf_release(&e.text);
    }
    if (!rc)
        rc = stability_put(&stability, config_on(session->config, "json"), &text, &err);
    if (!rc)
        fwrite(buf_view(&text).ptr, 1, text.len, out);
    buf_release(&text);
    stability_release(&stability);
    return rc ? facade_give(&err, error) : 0;
}

// Evaluations of one run, and whether they are about one of its trees.
static const struct {
    const char *name;
    bool needs_truth, of_tree;
    int (*run)(struct run *run, const char *truth, bool json, struct buf *out, struct err *err);
} evaluations[] = {
    { "agreement", true, true, evaluate_agreement },
    { "reconstruct", true, true, evaluate_reconstruct },
    { "coherence", false, true, evaluate_coherence },
    { "spend", false, false, evaluate_spend },
    { "audit", true, false, evaluate_audit },
    { "facets", true, false, evaluate_facets },
};

static int misused(struct clio_error *error, const char *sentence)
{
    struct err err = { 0 };
    err_set(&err, ERR_USAGE, "%s", sentence);
    return facade_give(&err, error);
}

// By the grammar, or in profiles remote and gguf by the model: its answers, sealed as a run's are,
// stand in DIR/asked.
static int plant(struct config *config, const char *dir, struct err *err)
{
    const char *profile = config_text(config, "profile");
    size_t n = (size_t)config_whole(config, "limit");
    uint64_t seed = (uint64_t)config_whole(config, "seed");
    struct run *run = NULL;
    struct arena a = { 0 };
    facade_voice(config);
    if (strcmp(profile, "remote") != 0 && strcmp(profile, "gguf") != 0)
        return plant_files(dir, n, seed, NULL, err);
    if (!n)
        return err_set(err, ERR_USAGE,
                       "how many messages of each kind is the model to write? Say "
                       "--limit N (the paper has 19,476)");
    int rc = file_make_dir(dir, err);
    if (!rc)
        rc = run_open(&run, path_join(&a, str_of(dir), "asked").ptr, config, true, err);
    if (!rc)
        rc = plant_by_model(run, dir, n, seed, err);
    run_close(run);
    arena_release(&a);
    return rc;
}

int clio_evaluate(struct clio *session, const char *what, const char *const *dirs, size_t n_dirs,
                  const char *truth, const char *of, FILE *out, struct clio_error *error)
{
    struct err err = { 0 };
    struct facade_reading e = { 0 };
    if (strcmp(what, "stability") == 0 && n_dirs)
        return evaluate_stability(session, dirs, n_dirs, of, out, error);
    if (n_dirs != 1)
        return misused(error, "clio evaluate needs a word and one directory, stability two or "
                              "more; see `clio evaluate --help`");
    if (strcmp(what, "plant") == 0)
        return plant(session->config, dirs[0], &err) ? facade_give(&err, error) : 0;
    size_t i = 0;
    while (i < COUNT_OF(evaluations) && strcmp(evaluations[i].name, what) != 0)
        i++;
    if (i == COUNT_OF(evaluations))
        return misused(error, "clio evaluate knows agreement, reconstruct, coherence, stability, "
                              "spend, audit, facets and plant; see `clio evaluate --help`");
    if (evaluations[i].needs_truth != (truth != NULL))
        return misused(error, truth ? "this evaluation needs no labels: leave --truth out"
                                    : "this evaluation needs labels: --truth FILE.tsv");
    if (of && !evaluations[i].of_tree)
        return misused(error, "this evaluation is about the whole run, not one of its trees: leave "
                              "--of out");
    int rc = facade_open(&e, session, dirs[0], of, &err);
    if (!rc)
        rc = evaluations[i].run(e.run, truth, config_on(session->config, "json"), &e.text, &err);
    return facade_close(&e, rc, out, &err, error);
}

// `access` and `pages` are NULL when everybody on this machine may look.
static int serve_with(struct clio *session, const char *path,
                      const struct clio_serve_options *options, struct access *access,
                      const struct private_pages *pages, struct clio_error *error)
{
    struct err err = { 0 }, none = { 0 };
    struct arena a = { 0 };
    struct meaning *m = NULL;
    struct serve_meaning meaning = { .encode = meaning_encode };
    int rc = facade_has_atlas(path, &err);
    if (!rc && options->compare)
        rc = facade_has_atlas(options->compare, &err);
    if (rc)
        return facade_give(&err, error);
    if (meaning_open(&m, session->config, &none))
        log_note("search finds words only: %s", none.text);
    else
        meaning = (struct serve_meaning){ m, meaning_dims(m), meaning_encode };
    struct serve_options serve = {
        .access = access,
        .pages = pages,
        .atlas_path = facade_atlas_path(&a, path).ptr,
        .other_path = options->compare ? facade_atlas_path(&a, options->compare).ptr : NULL,
        .socket = options->socket,
        .port = options->port,
        .outside = options->behind,
        .meaning = m ? &meaning : NULL,
        .ready = options->ready,
        .context = options->context,
    };
    rc = serve_run(&serve, &err);
    meaning_close(m);
    arena_release(&a);
    return rc ? facade_give(&err, error) : 0;
}

int clio_serve(struct clio *session, const char *path, const struct clio_serve_options *options,
               struct clio_error *error)
{
    return serve_with(session, path, options, NULL, NULL, error);
}

static int open_access(struct access **access, const char *dir, struct err *err)
{
    struct arena a = { 0 };
    struct user *list;
    size_t n = 0;
    int rc = access_check_dir(dir, err);
    if (rc)
        return rc;
    rc = access_open(access, dir, false, NULL, err);
    if (!rc)
        rc = user_list(*access, &a, &list, &n, err);
    arena_release(&a);
    if (rc == ERR_NO_INPUT || (!rc && !n))
        rc = err_set(err, ERR_NO_INPUT,
                     "nobody can sign in to %.150s yet; begin with `clio access user add %.150s "
                     "NAME --role admin`",
                     dir, dir);
    return rc;
}

// The one place where the server meets what can name the vault: it is handed a function.
int clio_serve_safety(struct clio *session, const char *dir,
                      const struct clio_serve_options *options, struct clio_error *error)
{
    struct err err = { 0 };
    struct access *access = NULL;
    struct inspect *inspect = NULL;
    crypto_hide_memory();
    int rc = open_access(&access, dir, &err);
    if (!rc)
        rc = inspect_open(&inspect, dir, &err);
    struct private_pages pages = { inspect, inspect_answer };
    if (rc)
        rc = facade_give(&err, error);
    else
        rc = serve_with(session, dir, options, access, &pages, error);
    inspect_close(inspect);
    access_close(access);
    return rc;
}
