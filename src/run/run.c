// SPDX-License-Identifier: Apache-2.0
#include "run/run.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/known_sha256.h"
#include "base/limits.h"
#include "embed/embed_remote.h"
#include "llm/llm.h"
#include "run/model_path.h"
#include "run/remote.h"
#include "run/vault_key.h"
#include "scan/scan.h"
#include "store/atlas_rows.h"
#include "store/vault_bound.h"
#include "store/vault_trees.h"

#include <stdlib.h>
#include <unistd.h>

#define PART_OF_VECTORS 0.1 // of a ceiling, which conversations leave to what comes behind
#define PART_OF_TITLES 0.1
#define PART_OF_VERDICTS 0.05
#define KEPT_A_THREAD ((size_t)4) // requests between two looks at the clock, and between two writes

static int open_vault(struct run *run, bool create, struct err *err)
{
    struct vault_key_room room;
    int rc = vault_key_read(run->config, run->dir, create && !vault_is_there(run->dir), &room, err);
    if (!rc)
        rc = vault_open_sealed(&run->vault, run->dir, create, &room.secret, err);
    crypto_wipe(&room, sizeof room);
    return rc;
}

// What an audit that was killed left.
static void sweep(struct run *run)
{
    static const char *const names[] = { ATLAS_AGAIN, ATLAS_AGAIN ".new",
                                         ATLAS_AGAIN ".new-journal" };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unlink(path_join(&run->scratch, str_of(run->dir), names[i]).ptr);
}

static int open_parts(struct run *run, const char *dir, bool create, struct err *err)
{
    int rc = create ? file_make_dir(dir, err) : 0;
    if (!rc && file_exists(dir) && !file_is_dir(dir))
        rc = err_set(err, ERR_NO_INPUT,
                     "%s is a file; name the directory that `clio run FILE "
                     "--out DIR` made",
                     dir);
    else if (!rc && !file_is_dir(dir))
        rc = err_set(err, ERR_NO_INPUT, "%s is no run directory; make one with `clio run FILE "
                     "--out %s`", dir, dir);
    if (rc)
        return rc;
    run->dir = arena_copy(&run->scratch, str_of(dir));
    struct str lock = path_join(&run->scratch, str_of(dir), "lock");
    rc = file_lock(lock.ptr, &run->lock, err);
    if (!rc)
        sweep(run);
    if (!rc)
        rc = open_vault(run, create, err);
    if (!rc)
        rc = pool_open(&run->pool, (size_t)config_whole(run->config, "threads"), err);
    return rc;
}

int run_open(struct run **out, const char *dir, struct config *config, bool create,
             struct err *err)
{
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    run->lock = -1;
    run->part = 1;
    crypto_hide_memory(); // it will hold people's words
    run->config = config;
    int rc = open_parts(run, dir, create, err);
    if (!rc) // a run that was killed may have left another tree in place
        rc = vault_trees_choose(run->vault, 0, err);
    if (!rc)
        rc = run_open_facets(run, err);
    if (rc) {
        run_close(run);
        return rc;
    }
    *out = run;
    return 0;
}

void run_close(struct run *run)
{
    if (!run)
        return;
    if (run->llm)
        llm_close(run->llm);
    if (run->embedder)
        embedder_close(run->embedder);
    scan_close(run->scanner);
    vault_close(run->vault);
    pool_close(run->pool);
    arena_release(&run->scratch);
    file_unlock(run->lock);
    free(run);
}

#define PAUSE_MS 500 // between two words to who asks for the lock

static void tell(struct run *run, uint64_t done, uint64_t total)
{
    char words[100];
    int64_t now = clock_ms();
    if (run->lock <= 0 || !run->stage || (run->told_ms && now - run->told_ms < PAUSE_MS))
        return;
    run->told_ms = now;
    long long s = (now - run->stage_ms + run->record.ms) / 1000;
    if (total)
        snprintf(words, sizeof words, "%s: %llu of %llu, %lld s", run->stage,
                 (unsigned long long)done, (unsigned long long)total, s);
    else
        snprintf(words, sizeof words, "%s: %lld s", run->stage, s);
    file_lock_say(run->lock, words);
}

void run_begin(struct run *run, const char *stage, const struct stage_record *record)
{
    run->stage = stage;
    run->record = *record;
    run->part = 1;
    run->stage_ms = clock_ms();
    run->told_ms = 0;
    tell(run, 0, 0);
    run->told_ms = 0; // the first word on how far it is does not wait
}

int run_keep_record(struct run *run, struct err *err)
{
    struct stage_record record = run->record;
    record.ms += clock_ms() - run->stage_ms;
    return run->stage ? vault_put_stage(run->vault, run->stage, &record, err) : 0;
}

void run_progress(struct run *run, uint64_t done, uint64_t total)
{
    tell(run, done, total);
    if (run->progress)
        run->progress(run->stage, done, total);
}

int run_noise_key(struct run *run, struct hash_key *room, const struct hash_key **key,
                  struct err *err)
{
    *key = NULL;
    if (strcmp(config_text(run->config, "privacy"), "guarded") != 0)
        return 0;
    *key = room;
    return vault_get_noise_key(run->vault, room, err);
}

#define UNBOUNDED_NOISE 5 // conversations of an account that are hidden all the same

int run_count_noise(struct run *run, bool has_accounts, struct count_noise *noise, struct err *err)
{
    const struct hash_key *key;
    *noise = (struct count_noise){ 0 };
    int rc = run_noise_key(run, &noise->people, &key, err);
    if (rc || !key)
        return rc;
    noise->key = noise->people;
    if (run->tree) {
        unsigned char own[32];
        crypto_derive(key, arena_printf(&run->scratch, "tree of %s", run_facet(run)), own);
        memcpy(noise->key.bytes, own, sizeof noise->key.bytes);
    }
    int64_t floor = config_whole(run->config, has_accounts ? "min-accounts" : "min-conversations");
    int64_t most = has_accounts ? config_whole(run->config, "max-per-account") : 1;
    if (most == 0) // no bound on accounts is no reason for less noise
        most = UNBOUNDED_NOISE;
    noise->is_on = true;
    noise->accounts = (uint64_t)(floor + 2) / 3;
    noise->conversations = noise->accounts > (uint64_t)most ? noise->accounts : (uint64_t)most;
    return 0;
}

bool run_is_dp(const struct run *run)
{
    return strcmp(config_text(run->config, "privacy"), "dp") == 0;
}

bool run_is_exact(const struct run *run)
{
    return !run_is_dp(run);
}

bool run_has_profile(const struct run *run, const char *profile)
{
    return strcmp(config_text(run->config, "profile"), profile) == 0;
}

bool run_has_strong_model(const struct run *run)
{
    return run_has_profile(run, "remote") || run_has_profile(run, "gguf");
}

size_t run_model_batch(const struct run *run)
{
    return run_has_profile(run, "remote") ? LIMIT_SERVER_BATCH : LIMIT_MODEL_BATCH;
}

enum run_titles run_titles(const struct run *run)
{
    const char *titles = config_text(run->config, "titles");
    if (run_has_profile(run, "none") || strcmp(titles, "phrases") == 0)
        return RUN_TITLES_PHRASES;
    if (strcmp(titles, "worded") == 0)
        return RUN_TITLES_WORDED;
    bool model = strcmp(titles, "model") == 0 || run_has_strong_model(run);
    return model ? RUN_TITLES_MODEL : RUN_TITLES_PHRASES;
}

bool run_by_model(const struct run *run, const char *setting)
{
    const char *value = config_text(run->config, setting);
    if (run_has_profile(run, "none"))
        return false;
    return strcmp(value, "model") == 0 ||
           (strcmp(value, "auto") == 0 && run_titles(run) == RUN_TITLES_MODEL);
}

// With a key in memory the process leaves no core dump.
static int open_remote(struct run *run, struct err *err)
{
    struct arena a = { 0 };
    struct llm_remote_options options;
    crypto_hide_memory();
    int rc = remote_options(run, true, &a, &options, err);
    options.seal = vault_answers_key(run->vault);
    options.spent = &run->spent;
    options.asked_ms = &run->asked_ms;
    options.part = &run->part;
    if (!rc)
        rc = llm_open_remote(&run->llm, &options, err);
    arena_release(&a);
    return rc;
}

static int open_llama(struct run *run, const char *path, struct err *err)
{
    return llm_open_llama(&run->llm, path, (size_t)config_whole(run->config, "threads"),
                          (uint64_t)config_whole(run->config, "seed"), err);
}

static int check_gguf_is_named(const struct run *run, struct err *err)
{
    return *config_text(run->config, "model")
               ? 0
               : err_set(err, ERR_CONFIG, "profile gguf needs a file: --model FILE.gguf");
}

// Answers of a file of the user's take long and are kept. They are known by the file's hash.
static int open_gguf(struct run *run, const char *path, struct err *err)
{
    struct llm_remote_options options = llm_remote_defaults();
    struct arena *a = &run->scratch;
    char hash[DIGEST_HEX];
    if (check_gguf_is_named(run, err))
        return (int)err->code;
    bool replay = strcmp(config_text(run->config, "provider"), "replay") == 0;
    int rc = known_sha256(path, hash, err);
    if (!rc && !replay)
        rc = open_llama(run, path, err);
    if (rc)
        return rc;
    options.dialect = replay ? LLM_REPLAY : LLM_OPENAI;
    options.model = hash;
    options.answers = path_join(a, str_of(run->dir), "answers.jsonl").ptr;
    options.max_ms = remote_max_ms(run->config);
    options.asked_ms = &run->asked_ms;
    options.part = &run->part;
    options.seal = vault_answers_key(run->vault);
    return llm_keep(&run->llm, &options, KEPT_A_THREAD * pool_threads(run->pool), err);
}

int run_open_llm(struct run *run, struct err *err)
{
    if (run->llm)
        return 0;
    if (run_has_profile(run, "remote"))
        return open_remote(run, err);
    struct arena_mark start = arena_save(&run->scratch);
    struct str path;
    int rc = model_path_llm(&run->scratch, run->config, &path, err);
    if (!rc)
        rc = run_has_profile(run, "gguf") ? open_gguf(run, path.ptr, err)
                                          : open_llama(run, path.ptr, err);
    arena_rewind(&run->scratch, start);
    return rc;
}

static void add_tree(struct run *run, const char *name)
{
    for (size_t i = 0; i < run->n_trees; i++)
        if (strcmp(run->trees[i], name) == 0)
            return;
    if (run->n_trees < RUN_MOST_TREES)
        run->trees[run->n_trees] = name;
    run->n_trees++;
}

// Whether they can be clustered is for the stage facet to say, which checks its settings.
static void list_trees(struct run *run)
{
    struct str rest = str_of(config_text(run->config, "cluster-facet")), name;
    run->n_trees = 0;
    if (str_equal(rest, STR_LIT("auto"))) {
        for (size_t i = 0; i < run->facets.n; i++)
            if (run->facets.items[i].has_tree)
                add_tree(run, run->facets.items[i].name);
    } else {
        while (str_cut(&rest, ',', &name))
            add_tree(run, arena_copy(&run->scratch, str_trim(name)));
    }
    run->n_trees = run->n_trees > RUN_MOST_TREES ? 0 : run->n_trees;
}

int run_open_facets(struct run *run, struct err *err)
{
    const char *path = config_text(run->config, "facets");
    int rc = facet_list_open(path, &run->scratch, &run->facets, err);
    if (!rc)
        list_trees(run);
    return rc;
}

int run_check_facets(struct run *run, struct err *err)
{
    struct str text = run->facets.text;
    struct arena_mark start = arena_save(&run->scratch);
    struct facet_list *list = arena_array(&run->scratch, 1, sizeof *list);
    int rc = text.ptr ? run_open_scanner(run, err) : 0;
    if (!rc && text.ptr)
        rc = facet_list_read(text, config_text(run->config, "facets"), run->scanner, &run->scratch,
                             list, err);
    arena_rewind(&run->scratch, start);
    return rc;
}

int run_choose_tree(struct run *run, size_t tree, struct err *err)
{
    assert(tree < run->n_trees || tree == 0);
    int rc = vault_trees_choose(run->vault, tree, err);
    if (!rc)
        run->tree = tree;
    return rc;
}

int run_leave_tree(struct run *run, int status, struct err *err)
{
    struct err other = { 0 };
    int rc = run_choose_tree(run, 0, status ? &other : err);
    return status ? status : rc;
}

int run_find_tree(const struct run *run, const char *facet, size_t *tree, struct err *err)
{
    struct arena a = { 0 };
    struct str names = STR_LIT("");
    *tree = 0;
    for (size_t i = 0; facet && i < run->n_trees; i++) {
        if (strcmp(run->trees[i], facet) == 0) {
            *tree = i;
            arena_release(&a);
            return 0;
        }
        names = arena_printf(&a, "%.*s%s%s", STR_ARG(names), i ? ", " : "", run->trees[i]);
    }
    int rc = !facet ? 0
                    : err_set(err, ERR_USAGE,
                              "the atlas has no tree of the facet \"%.40s\"; it has %.*s", facet,
                              STR_ARG(str_head(names, 200)));
    arena_release(&a);
    return rc;
}

const char *run_facet(const struct run *run)
{
    return run->tree < run->n_trees ? run->trees[run->tree] : "";
}

const char *run_criteria(const struct run *run)
{
    const struct facet *facet = facet_list_find(&run->facets, run_facet(run));
    const char *own = facet ? facet->criteria : "";
    return *own ? own : run->facets.items[FACET_REQUEST].criteria;
}

bool run_calls_each(const struct run *run)
{
    return strcmp(config_text(run->config, "facet-calls"), "each") == 0;
}

int run_encode(struct run *run, const struct str *texts, size_t n, const char *what,
               struct matrix *out, struct err *err)
{
    int rc = run_open_embedder(run, err);
    if (!rc)
        rc = matrix_make(out, n, embedder_dims(run->embedder), &run->scratch, what, err);
    return rc ? rc : embedder_encode(run->embedder, texts, n, out, err);
}

int64_t run_vector_tokens(const struct run *run)
{
    return embedder_tokens(run->embedder);
}

bool run_embeds_remote(const struct run *run)
{
    return strcmp(config_text(run->config, "embeddings"), "remote") == 0;
}

// What all trees together may need from `next` on.
static double part_behind(const struct run *run, enum run_behind next)
{
    bool asks_titles = run_titles(run) == RUN_TITLES_MODEL || run_by_model(run, "tree");
    double part = 0;
    if (next <= RUN_VECTORS && run_embeds_remote(run))
        part += PART_OF_VECTORS;
    if (next <= RUN_TITLES_AND_TREE && !run_is_dp(run) && asks_titles)
        part += PART_OF_TITLES;
    if (next <= RUN_VERDICTS && !run_is_dp(run) && run_by_model(run, "auditor"))
        part += PART_OF_VERDICTS;
    return part;
}

void run_keep_for(struct run *run, enum run_behind next)
{
    double n_trees = (double)size_max(run->n_trees, 1), n_later = n_trees - 1 - (double)run->tree;
    run->part = 1 - (part_behind(run, next) + n_later * part_behind(run, RUN_VECTORS)) / n_trees;
}

static int open_remote_embedder(struct run *run, struct err *err)
{
    struct arena a = { 0 };
    struct llm_remote_options options;
    crypto_hide_memory();
    int rc = remote_embedding_options(run, &a, &options, err);
    options.seal = vault_answers_key(run->vault);
    options.spent = &run->spent;
    options.asked_ms = &run->asked_ms;
    options.part = &run->part;
    if (!rc)
        rc = embedder_open_remote(&run->embedder, &options, err);
    arena_release(&a);
    return rc;
}

int run_open_scanner(struct run *run, struct err *err)
{
    return run->scanner ? 0 : scan_open(&run->scanner, err);
}

int run_open_embedder(struct run *run, struct err *err)
{
    if (run->embedder)
        return 0;
    if (run_embeds_remote(run))
        return open_remote_embedder(run, err);
    struct arena a = { 0 };
    struct str path;
    int rc = model_path_embedder(&a, run->config, &path, err);
    if (!rc)
        rc = embedder_open(&run->embedder, path.ptr,
                           embedder_precision_of(config_text(run->config, "precision")), run->pool,
                           err);
    arena_release(&a);
    return rc;
}

int run_check_models(const struct run *run, struct err *err)
{
    struct arena a = { 0 };
    struct str path;
    bool own = !run_has_profile(run, "none") && !run_has_profile(run, "remote");
    int rc = run_has_profile(run, "gguf") ? check_gguf_is_named(run, err) : 0;
    if (!rc && own)
        rc = model_path_llm(&a, run->config, &path, err);
    if (!rc && !run_embeds_remote(run))
        rc = model_path_embedder(&a, run->config, &path, err);
    arena_release(&a);
    return rc;
}
