// SPDX-License-Identifier: Apache-2.0
// A title and a summary for every kept base cluster, made of phrases that enough of its accounts
// share, or written by a strong model out of words that enough of them share (docs/describe.md).
// All is computed in memory from walks over the placed conversations and written in one
// transaction, so an interruption leaves nothing half done; what a model answered is in the cache
// of its chain.
#include "base/log.h"
#include "base/stop.h"
#include "cluster/describe_ask.h"
#include "phrase/phrase.h"
#include "run/stage.h"
#include "run/unanswered.h"
#include "store/vault_describe.h"

#include <stdlib.h>

struct work {
    struct described_cluster *clusters;
    size_t n_clusters;
    struct phrase_params params;
    struct hash_key noise_key; // behind params.noise in the mode guarded
    struct phrase_list *lists;
    struct phrase_title *titles;
    struct described_by_model model; // names NULL: not asked
    int64_t n_total, n_shown;        // placed conversations; the number that stands for them
};

static int by_id(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = ((const struct described_cluster *)y)->id;
    return (a > b) - (a < b);
}

static uint32_t group_of(const struct work *work, int64_t cluster_id)
{
    const struct described_cluster *found =
        cluster_id ? bsearch(&cluster_id, work->clusters, work->n_clusters, sizeof *found, by_id)
                   : NULL;
    return found ? (uint32_t)(found - work->clusters) : PHRASE_NO_GROUP;
}

static int read_corpus(struct run *run, struct work *work, struct phrase_corpus *corpus,
                       struct err *err)
{
    struct placed_walk walk;
    bool found = true;
    int rc = placed_walk_open(&walk, run->vault, run_facet(run), err);
    while (!rc && !(rc = placed_walk_next(&walk, &found, err)) && found) {
        struct str texts[3] = { walk.request.s, walk.task.s, walk.opening.s };
        struct str language = walk.language.s;
        if (str_equal(language, STR_LIT("Unknown")))
            language.len = 0;
        rc = phrase_corpus_add(corpus, group_of(work, walk.cluster_id), walk.account_id, texts, 3,
                               language, err);
        if (!rc)
            phrase_corpus_subject(corpus, walk.subject.s);
        if (!rc && ++work->n_total % 4096 == 0)
            rc = stop_check(err);
    }
    placed_walk_close(&walk);
    return rc;
}

static int write_cluster(struct run *run, const struct work *work, size_t i, struct err *err)
{
    const struct described_cluster *cluster = &work->clusters[i];
    const struct phrase_list *list = &work->lists[i];
    struct phrase_facts facts = { cluster->n_conversations, cluster->n_accounts, work->n_shown,
                                  work->params.has_accounts };
    struct arena_mark start = arena_save(&run->scratch);
    int rc = 0;
    for (size_t j = 0; j < list->n + list->n_subjects && !rc; j++) {
        const struct phrase *p = phrase_released(list, j);
        struct vault_phrase phrase = { raw_of(p->text), p->n_accounts, p->n_conversations,
                                       p->score };
        rc = vault_put_phrase(run->vault, cluster->id, (int)j, &phrase, err);
    }
    struct name name = { work->titles[i].text,
                         phrase_summary(list, &work->titles[i], &facts, &run->scratch) };
    if (work->model.names && work->model.names[i].title.ptr)
        name = work->model.names[i];
    if (!rc)
        rc = vault_put_description(run->vault, cluster->id, raw_of(name.title),
                                   raw_of(name.summary), err);
    arena_rewind(&run->scratch, start);
    return rc;
}

// How many titles stayed those by phrases, and why.
static int write_notes(struct run *run, const struct described_by_model *model, struct err *err)
{
    int64_t n_instead = 0;
    int rc = 0;
    for (int i = 0; i < NAME_N_FAULTS && !rc; i++) {
        const char *code = i ? name_fault_code((enum name_fault)i) : "failed";
        struct str key = arena_printf(&run->scratch, "gap_%s", code);
        n_instead += (int64_t)model->n_faults[i];
        rc = vault_put_note(run->vault, "describe", key.ptr, (int64_t)model->n_faults[i], err);
    }
    if (!rc)
        rc = unanswered_put(run, "describe", model->counts.n_why, err);
    if (!rc)
        rc = vault_set_note(run->vault, "describe", "by_phrases_instead", n_instead, err);
    if (!rc)
        rc = vault_set_note(run->vault, "describe", "asked_again", model->counts.n_again, err);
    if (!rc)
        rc =
            vault_set_note(run->vault, "describe", "confusable", (int64_t)model->n_confusable, err);
    if (!rc)
        rc = vault_set_note(run->vault, "describe", "told_apart", (int64_t)model->n_apart, err);
    return rc;
}

static int write_all(struct run *run, const struct work *work, struct err *err)
{
    int rc = vault_begin(run->vault, err);
    if (!rc)
        rc = vault_clear_descriptions(run->vault, err);
    for (size_t i = 0; i < work->n_clusters && !rc; i++)
        rc = write_cluster(run, work, i, err);
    if (!rc && work->model.names)
        rc = write_notes(run, &work->model, err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    return rc;
}

// Puts the phrases into words where a model is at hand; see phrase/phrase_ask.c.
static int word_titles(struct run *run, struct work *work, struct map *used, struct err *err)
{
    struct phrase_asked asked = { 0 };
    if (run_titles(run) != RUN_TITLES_WORDED)
        return 0;
    int rc = run_open_llm(run, err);
    if (!rc)
        rc = phrase_word_titles(run->llm, work->lists, work->n_clusters, used, &run->scratch,
                                work->titles, &asked, err);
    run->record.n_prompt_tokens = asked.n_prompt_tokens;
    run->record.n_reply_tokens = asked.n_reply_tokens;
    log_detail("describe: %zu of %zu titles put into words", asked.n_worded, work->n_clusters);
    return rc;
}

static int ask_for_titles(struct run *run, struct work *work, struct phrase_corpus *corpus,
                          struct err *err)
{
    struct kept_clusters kept;
    struct phrase_words *words =
        arena_zero_array(&run->scratch, work->n_clusters + 1, sizeof *words);
    if (run_titles(run) != RUN_TITLES_MODEL)
        return 0;
    int rc = vault_read_kept(run->vault, &run->scratch, &kept, err);
    if (!rc)
        rc = phrase_shared(corpus, &work->params, NULL, work->n_clusters, DESCRIBE_SUPPORT_WORDS,
                           &run->scratch, words, err);
    if (!rc)
        rc = describe_by_model(run, &kept, words, work->titles, work->params.scanner, &work->model,
                               err);
    run->record.n_prompt_tokens = work->model.counts.n_prompt_tokens;
    run->record.n_reply_tokens = work->model.counts.n_reply_tokens;
    return rc;
}

static int make_titles(struct run *run, struct work *work, struct phrase_corpus *corpus,
                       struct err *err)
{
    struct arena *a = &run->scratch;
    struct map used = { 0 };
    work->lists = arena_zero_array(a, work->n_clusters + 1, sizeof *work->lists);
    work->titles = arena_zero_array(a, work->n_clusters + 1, sizeof *work->titles);
    int rc = run_open_scanner(run, err);
    work->params.scanner = run->scanner;
    if (!rc)
        rc = phrase_find(corpus, &work->params, NULL, work->n_clusters, a, work->lists, err);
    if (!rc) {
        phrase_titles(work->lists, work->n_clusters, &used, a, work->titles);
        rc = word_titles(run, work, &used, err);
    }
    if (!rc)
        rc = ask_for_titles(run, work, corpus, err);
    map_release(&used);
    return rc;
}

static int describe(struct run *run, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct phrase_corpus *corpus = phrase_corpus_open();
    struct work work = { .params = phrase_default_params() };
    struct count_noise counts = { 0 };
    work.params.min_accounts = config_whole(run->config, "min-accounts");
    work.params.min_conversations = config_whole(run->config, "min-conversations");
    run_keep_for(run, RUN_VERDICTS);
    int rc = vault_has_accounts(run->vault, &work.params.has_accounts, err);
    if (!rc)
        rc = run_noise_key(run, &work.noise_key, &work.params.noise, err);
    if (!rc)
        rc = run_count_noise(run, work.params.has_accounts, &counts, err);
    if (counts.is_on)
        work.params.most_each = counts.conversations;
    if (!rc)
        rc = vault_list_described(run->vault, &run->scratch, &work.clusters, &work.n_clusters, err);
    if (!rc)
        rc = read_corpus(run, &work, corpus, err);
    if (!rc)
        rc = vault_shown_total(run->vault, work.n_total, &work.n_shown, err);
    if (!rc) {
        run_progress(run, 1, 3);
        rc = make_titles(run, &work, corpus, err);
        run_progress(run, 2, 3);
    }
    if (!rc)
        rc = write_all(run, &work, err);
    run->record.n_in = work.n_total;
    run->record.n_out = (int64_t)work.n_clusters;
    phrase_corpus_close(corpus);
    arena_rewind(&run->scratch, start);
    return rc;
}

static int has_left(struct run *run, bool *yes, struct err *err)
{
    return unanswered_is_open(run, "describe", yes, err);
}

const struct stage describe_stage = {
    .name = "describe",
    .summary = "names each cluster by words that enough of its accounts share",
    .reads = "conversation facet_value vector_block subject placed kept_cluster",
    .writes = "phrase description",
    .settings =
        "privacy profile titles model cluster-facet min-accounts min-conversations max-per-account "
        "seed embedder embeddings prompt:describe prompt:apart prompt:describe_phrases "
        "rule:noisy_ranks rule:pieces_apart rule:pairs rule:small_ai",
    .run = describe,
    .has_left = has_left,
    .is_off = run_is_dp,
    .each_tree = true,
};
