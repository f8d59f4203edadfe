// SPDX-License-Identifier: Apache-2.0
// The facet stage: a value of every facet for every conversation that counts, in the order of seq,
// batch by batch, each batch one transaction. Whoever has values is passed over: of a run that was
// interrupted, or of one whose bound was drawn anew after a purge. A batch is the next so many that
// have none, so the batches of a run that was interrupted are those of one that was not; with a
// model a batch is what it is asked in one call.
#include "ask/ask_twice.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/stop.h"
#include "facet/facet_ask_own.h"
#include "facet/facet_ask_remote.h"
#include "facet/facet_change.h"
#include "facet/prompt_files.h"
#include "run/stage.h"
#include "scan/language_guess.h"
#include "store/vault_facet.h"

#define LAST_FACET FACET_TURNS // every conversation gets this one last

struct facet_work {
    struct run *run;
    struct scanner *scanner;
    struct facet_prompt prompt;
    struct facet_questions questions; // for a server
    struct facet_change change;
    bool has_model, is_strong;
    bool over; // no more may be asked
    struct arena *arenas; // one a thread of the pool
    size_t n_arenas;
    const struct conversation *conversations;
    struct facet_set *sets;
    int *codes;      // one a conversation
    struct err *errs; // one a thread
    struct facet_ask_counts counts; // of one batch
};

// In the mode dp without what a record says beside the transcript: copies have the facets of the
// first one, so that its account would change what all the others count as.
static void keep_transcripts(const struct run *run, struct conversations *batch)
{
    for (size_t i = 0; run_is_dp(run) && i < batch->n; i++)
        batch->items[i].language = batch->items[i].model = batch->items[i].columns =
            str_make(NULL, 0);
}

// The next that have no values.
static int read_batch(struct run *run, int64_t after, size_t most, struct conversations *batch,
                      struct err *err)
{
    int rc = vault_read_to_ask(run->vault, facet_catalog(LAST_FACET)->name, after, most,
                               &run->scratch, batch, err);
    if (!rc)
        keep_transcripts(run, batch);
    return rc;
}

static int read_one(struct run *run, int64_t seq, struct conversations *one, struct err *err)
{
    int rc = vault_read_conversations(run->vault, seq - 1, 1, &run->scratch, one, err);
    if (!rc)
        keep_transcripts(run, one);
    return rc;
}

static int put_set(struct run *run, const struct facet_set *set, struct err *err)
{
    int rc = 0;
    const struct facet_list *list = &run->facets;
    for (size_t i = 0; !rc && i < list->n; i++)
        if (i != FACET_OPENING || set->values[i].s.ptr)
            rc = vault_put_facet(run->vault, set->seq, list->items[i].name, set->values[i], err);
    if (!rc)
        rc = set->gap ? vault_put_facet_gap(run->vault, set->seq, set->gap, err)
                      : vault_drop_facet_gap(run->vault, set->seq, err);
    return rc;
}

// Notes are sums over batches, in the batch's own transaction: an interruption loses none.
static int add_note(struct run *run, const char *key, int64_t more, struct err *err)
{
    int64_t value;
    if (!more)
        return 0;
    int rc = vault_get_note(run->vault, "facet", key, &value, err);
    return rc ? rc : vault_set_note(run->vault, "facet", key, value + more, err);
}

static int put_batch(const struct facet_work *work, size_t n, struct err *err)
{
    struct run *run = work->run;
    int64_t n_no_human = 0, n_dropped = 0, n_cut = 0, n_refused = 0;
    int rc = facet_change_take_back(run, &work->change, work->sets, n, err);
    if (!rc)
        rc = vault_begin(run->vault, err);
    if (rc)
        return rc;
    for (size_t i = 0; !rc && i < n; i++) {
        n_no_human += work->sets[i].no_human_turn;
        n_dropped += (int64_t)work->sets[i].n_dropped;
        n_cut += (int64_t)work->sets[i].n_cut;
        n_refused += (int64_t)work->sets[i].n_refused;
        rc = put_set(run, &work->sets[i], err);
    }
    if (!rc)
        rc = add_note(run, "no_human_turn", n_no_human, err);
    if (!rc)
        rc = add_note(run, "words_not_own", n_dropped, err);
    if (!rc)
        rc = add_note(run, "answers_cut", n_cut, err);
    if (!rc)
        rc = add_note(run, "answers_refused", n_refused, err);
    if (!rc)
        rc = add_note(run, "copied_from_example", work->counts.n_copied, err);
    if (!rc)
        rc = add_note(run, "prompt_tokens", work->counts.n_prompt_tokens, err);
    if (!rc)
        rc = add_note(run, "reply_tokens", work->counts.n_reply_tokens, err);
    if (!rc)
        rc = run_keep_record(run, err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    return rc;
}

static void do_rules(void *context, size_t i, size_t i_thread)
{
    struct facet_work *work = context;
    struct arena *a = &work->arenas[i_thread];
    struct err *err = &work->errs[i_thread];
    int rc = facet_set_by_rule(&work->conversations[i], a, &work->sets[i], err);
    if (!rc)
        rc = facet_set_own(&work->run->facets, &work->conversations[i], a, &work->sets[i], err);
    work->codes[i] = rc;
}

static void do_scrub(void *context, size_t i, size_t i_thread)
{
    struct facet_work *work = context;
    const struct conversation *told = work->has_model ? &work->conversations[i] : NULL;
    work->codes[i] = facet_set_scrub(&work->run->facets, told, &work->sets[i], work->scanner,
                                     &work->arenas[i_thread], &work->errs[i_thread]);
}

// Runs `task` for every conversation of the batch on the pool's threads.
static int for_each(struct facet_work *work, size_t n, pool_work *task, struct err *err)
{
    pool_run(work->run->pool, n, task, work);
    for (size_t i = 0; i < n; i++)
        if (work->codes[i]) {
            for (size_t j = 0; j < work->n_arenas; j++)
                if (work->errs[j].code)
                    *err = work->errs[j];
            return err_add(err, "conversation %lld", (long long)work->conversations[i].seq);
        }
    return 0;
}

// A small model's answer loses much of the subject: what the rule cuts stands beside it
// (docs/facet.md).
static void keep_openings(struct facet_work *work, size_t n)
{
    for (size_t i = 0; i < n && work->has_model && !work->is_strong; i++)
        work->sets[i].values[FACET_OPENING] = work->sets[i].values[FACET_REQUEST];
}

static int do_batch(struct facet_work *work, const struct conversations *batch, struct err *err)
{
    struct run *run = work->run;
    work->conversations = batch->items;
    work->sets = arena_array(&run->scratch, batch->n, sizeof *work->sets);
    work->codes = arena_zero_array(&run->scratch, batch->n, sizeof *work->codes);
    work->counts = (struct facet_ask_counts){ 0 };
    int rc = for_each(work, batch->n, do_rules, err);
    if (!rc)
        keep_openings(work, batch->n);
    if (!rc && work->is_strong)
        rc = facet_ask_remote(run->llm, &work->questions, batch->items, work->sets, batch->n,
                              &run->scratch, &work->counts, &work->over, err);
    else if (!rc && work->has_model)
        rc = facet_ask(run->llm, &work->prompt, batch->items, work->sets, batch->n, &run->scratch,
                       &work->counts, err);
    if (!rc && work->has_model && !work->is_strong)
        rc = facet_ask_own(run->llm, &run->facets, config_text(run->config, "language-of-titles"),
                           batch->items, work->sets, batch->n, &run->scratch, &work->counts, err);
    if (!rc)
        rc = for_each(work, batch->n, do_scrub, err);
    if (!rc)
        rc = put_batch(work, batch->n, err);
    for (size_t i = 0; i < work->n_arenas; i++)
        arena_release(&work->arenas[i]);
    return rc;
}

static size_t batch_size(const struct facet_work *work)
{
    return work->has_model ? run_model_batch(work->run) : LIMIT_STAGE_BATCH;
}

// With --batch: all questions are offered before the first is waited for.
static int offer_batch(struct facet_work *work, const struct conversations *batch, struct err *err)
{
    struct run *run = work->run;
    work->conversations = batch->items;
    work->sets = arena_array(&run->scratch, batch->n, sizeof *work->sets);
    work->codes = arena_zero_array(&run->scratch, batch->n, sizeof *work->codes);
    int rc = for_each(work, batch->n, do_rules, err);
    if (!rc)
        rc = facet_offer_remote(run->llm, &work->questions, batch->items, work->sets, batch->n,
                                &run->scratch, err);
    for (size_t i = 0; i < work->n_arenas; i++)
        arena_release(&work->arenas[i]);
    return rc;
}

static int offer_all(struct facet_work *work, struct err *err)
{
    struct run *run = work->run;
    struct conversations batch = { 0 };
    int64_t after = 0, n_done;
    int rc = vault_last_facet(run->vault, facet_catalog(LAST_FACET)->name, &after, &n_done, err);
    do {
        struct arena_mark start = arena_save(&run->scratch);
        if (!rc)
            rc = stop_check(err);
        if (!rc)
            rc = read_batch(run, after, LIMIT_SERVER_BATCH, &batch, err);
        if (!rc && batch.n) {
            after = batch.items[batch.n - 1].seq;
            rc = offer_batch(work, &batch, err);
        }
        arena_rewind(&run->scratch, start);
    } while (!rc && batch.n);
    return rc ? rc : llm_offer(run->llm, NULL, 0, err);
}

typedef int with_batch(struct facet_work *work, const struct conversations *batch, struct err *err);

// Offers, or asks again for, the conversations that an earlier run left without an answer for this
// reason.
static int each_gap(struct facet_work *work, const char *reason, with_batch *do_it, struct err *err)
{
    struct run *run = work->run;
    int64_t after = 0;
    size_t n = 1;
    int rc = 0;
    while (!rc && n) {
        struct arena_mark start = arena_save(&run->scratch);
        int64_t *seqs;
        struct conversations one, batch = { 0 };
        rc = stop_check(err);
        if (!rc)
            rc = vault_read_facet_gaps(run->vault, reason, after, LIMIT_SERVER_BATCH, &run->scratch,
                                       &seqs, &n, err);
        batch.items = arena_array(&run->scratch, LIMIT_SERVER_BATCH, sizeof *batch.items);
        for (size_t i = 0; !rc && i < n; i++) {
            rc = read_one(run, seqs[i], &one, err);
            if (!rc && one.n && one.items[0].seq == seqs[i])
                batch.items[batch.n++] = one.items[0];
            after = rc ? after : seqs[i];
        }
        if (!rc && batch.n)
            rc = do_it(work, &batch, err);
        arena_rewind(&run->scratch, start);
    }
    if (rc == ERR_TRY_AGAIN) { // the gaps stay; the rest can go on
        log_warning("%s", err->text);
        err_clear(err);
        rc = 0;
    }
    return rc;
}

static int do_all(struct facet_work *work, struct err *err)
{
    struct run *run = work->run;
    struct conversations batch = { 0 };
    int64_t after = 0, n_all = 0, n_done = 0;
    int rc = vault_count_conversations(run->vault, &n_all, err);
    if (!rc)
        rc = vault_last_facet(run->vault, facet_catalog(LAST_FACET)->name, &after, &n_done,
                              err);
    run->record.n_in = n_all;
    do {
        struct arena_mark start = arena_save(&run->scratch);
        if (!rc)
            rc = stop_check(err);
        if (!rc)
            rc = read_batch(run, after, batch_size(work), &batch, err);
        if (!rc && batch.n) {
            after = batch.items[batch.n - 1].seq;
            run->record.n_out = n_done + (int64_t)batch.n; // kept with the batch
            rc = do_batch(work, &batch, err);
            n_done += rc ? 0 : (int64_t)batch.n;
        }
        arena_rewind(&run->scratch, start);
        run_progress(run, (uint64_t)n_done, (uint64_t)n_all);
    } while (!rc && batch.n);
    run->record.n_out = rc ? n_done : n_all;
    if (!rc)
        rc = vault_get_note(run->vault, "facet", "prompt_tokens", &run->record.n_prompt_tokens,
                            err);
    if (!rc)
        rc = vault_get_note(run->vault, "facet", "reply_tokens", &run->record.n_reply_tokens, err);
    return rc;
}

static int put_note(struct run *run, const char *key, int64_t n, struct err *err)
{
    int64_t before;
    int rc = vault_get_note(run->vault, "facet", key, &before, err);
    if (!rc && n != before)
        rc = vault_put_note(run->vault, "facet", key, n, err);
    return rc;
}

// Notes count conversations whose facets are by rule although a model was to be asked, and those
// of them that it was not asked about.
static int note_gaps(struct run *run, struct err *err)
{
    struct facet_counts counts;
    int rc = vault_count_gap_reasons(run->vault, &run->scratch, &counts, err);
    if (!rc)
        rc = put_note(run, "by_rule_instead", facet_counts_sum(&counts), err);
    return rc ? rc : put_note(run, "not_asked", facet_counts_of(&counts, facet_gap_not_asked), err);
}

static int check_trees(const struct run *run, struct err *err)
{
    const char *names = config_text(run->config, "cluster-facet");
    if (!run->n_trees || run->n_trees > RUN_MOST_TREES)
        return err_set(err, ERR_USAGE,
                       "a run has one to %d clustered facets, a tree each; say clustered: no of "
                       "others, or name those you want with --cluster-facet",
                       RUN_MOST_TREES);
    for (size_t i = 0; i < run->n_trees; i++) {
        const struct facet *facet = facet_list_find(&run->facets, run->trees[i]);
        if (!facet || !facet->clustered)
            return err_set(err, ERR_USAGE,
                           "--cluster-facet %.80s: there is no facet of this name that can be "
                           "clustered: %.40s; take request, task, or one of --facets with "
                           "clustered: yes",
                           names, run->trees[i]);
    }
    return 0;
}

// A column that no conversation has is a slip in the file, of which nothing else would tell.
static int tell_missing_columns(struct run *run, struct err *err)
{
    int rc = 0;
    for (size_t i = N_FACETS; !rc && i < run->facets.n; i++) {
        const struct facet *f = &run->facets.items[i];
        struct facet_counts counts = { 0 };
        if (f->program != PROGRAM_COLUMN)
            continue;
        rc = vault_count_facet_values(run->vault, f->name, &run->scratch, &counts, err);
        if (!rc && counts.n == 1 && str_equal(counts.items[0].value.s, STR_LIT(FACET_UNKNOWN)))
            log_warning(
                "no conversation has the column \"%s\" that the facet %s is made of: all of "
                "its values are \"%s\"",
                f->column, f->name, FACET_UNKNOWN);
    }
    return rc;
}

// The facets that are clustered, the language of titles, and what profile none cannot answer.
static int check(const struct run *run, struct err *err)
{
    int rc = check_trees(run, err);
    if (rc)
        return rc;
    const char *language = config_text(run->config, "language-of-titles");
    const char *known = language_from_name(language, strlen(language));
    if (!known || strcmp(known, language) != 0)
        return err_set(err, ERR_USAGE,
                       "--language-of-titles takes the English name of a language, as in German; "
                       "\"%.40s\" %s%s",
                       language, known ? "is called " : "is none that CLDR or CLD2 knows",
                       known ? known : "");
    if (strcmp(language, "English") != 0 && !run_has_strong_model(run))
        return err_set(err, ERR_USAGE,
                       "--language-of-titles %s needs a model that writes it (--profile remote, "
                       "or gguf); the small model and the rules write English",
                       language);
    for (size_t i = N_FACETS; run_has_profile(run, "none") && i < run->facets.n; i++)
        if (facet_is_asked(&run->facets.items[i]))
            return err_set(err, ERR_USAGE,
                           "the facet %s asks a model, and profile none has none; use --profile "
                           "embedded, gguf or remote, or only facets of kind computed",
                           run->facets.items[i].name);
    return 0;
}

static int run_facets(struct run *run, struct err *err)
{
    struct facet_work work = { .run = run,
                               .has_model = !run_has_profile(run, "none"),
                               .is_strong = run_has_strong_model(run) };
    struct arena_mark start = arena_save(&run->scratch);
    work.n_arenas = pool_threads(run->pool);
    work.arenas = arena_zero_array(&run->scratch, work.n_arenas, sizeof *work.arenas);
    work.errs = arena_zero_array(&run->scratch, work.n_arenas, sizeof *work.errs);
    int rc = run_open_scanner(run, err);
    work.scanner = run->scanner;
    if (!rc)
        rc = facet_change_open(run, &work.change, err);
    if (!rc && work.has_model && !work.is_strong)
        rc = facet_prompt_read(str_of(prompt_facet_request()), facet_catalog(FACET_REQUEST)->stem,
                               &work.prompt, err);
    work.questions =
        facet_questions_make(&run->facets, run_calls_each(run),
                             config_text(run->config, "language-of-titles"), &run->scratch);
    run_keep_for(run, RUN_VECTORS);
    if (!rc && work.has_model)
        rc = run_open_llm(run, err);
    bool offers = !rc && work.is_strong && llm_takes_offers(run->llm);
    for (size_t i = 0; !rc && offers && ask_open_gaps[i]; i++)
        rc = each_gap(&work, ask_open_gaps[i], offer_batch, err);
    if (!rc && offers)
        rc = offer_all(&work, err);
    for (size_t i = 0; !rc && work.is_strong && ask_open_gaps[i]; i++)
        rc = each_gap(&work, ask_open_gaps[i], do_batch, err);
    if (!rc)
        rc = do_all(&work, err);
    if (!rc)
        rc = note_gaps(run, err);
    if (!rc)
        rc = tell_missing_columns(run, err);
    arena_rewind(&run->scratch, start);
    return rc;
}

// Conversations that were never answered are asked for again by the next run.
static int has_open_gaps(struct run *run, bool *yes, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    int64_t *seqs;
    size_t n = 0;
    int rc = 0;
    for (size_t i = 0; !rc && !n && ask_open_gaps[i]; i++)
        rc = vault_read_facet_gaps(run->vault, ask_open_gaps[i], 0, 1, &run->scratch, &seqs, &n,
                                   err);
    *yes = n > 0 && run_has_strong_model(run);
    arena_rewind(&run->scratch, start);
    return rc;
}

const struct stage facet_stage = {
    .name = "facet",
    .summary = "asks what each conversation is about",
    .reads = "conversation",
    .writes = "facet_value facet_gap",
    .settings = "dp profile model seed facets facet-calls language-of-titles prompt:facet_request "
                "prompt:facets prompt:facets_privacy prompt:facet_one rule:own_words_beside "
                "rule:numerals rule:spelled",
    .run = run_facets,
    .has_left = has_open_gaps,
    .check = check,
};
