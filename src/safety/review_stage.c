// SPDX-License-Identifier: Apache-2.0
// read who is where -> counts -> languages -> titles by phrases that three accounts share -> write.
#include "safety/review_stage.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/stop.h"
#include "phrase/phrase.h"
#include "safety/languages.h"
#include "scan/concern.h"
#include "store/safety_write.h"
#include "store/vault_cluster.h"
#include "store/vault_conversation.h"
#include "store/vault_facet.h"
#include "store/vault_safety.h"

#include <stdlib.h>

#define MOST_PRINTED 25

struct placed { // one conversation
    int64_t seq, account_id, time;
    uint32_t cluster, language; // 0: none; languages count from 1
    uint8_t concern;            // 0: not graded
    bool has_account, has_time;
};

struct work {
    struct run *run;
    struct placed *all; // in the order of seq
    size_t n, n_by_rule, n_outside;  // n_outside: in no cluster
    struct map languages;            // name -> number - 1
    struct safety_cluster *clusters; // place i: cluster i + 1
    size_t n_clusters;
    bool has_accounts;
    struct language_cell *cells;
    size_t n_cells;
};

// ---- reading

// Over the bound of its account: the facet stage never saw it, so the rule reads it now.
static int grade_by_rule(struct work *work, struct placed *p, struct err *err)
{
    struct arena *a = &work->run->scratch;
    struct arena_mark start = arena_save(a);
    struct safety_sources one;
    struct turn *turns = NULL;
    size_t n = 0;
    int rc = vault_read_sources(work->run->vault, p->seq - 1, 1, 1, SAFETY_TURNS, a, &one, err);
    if (!rc && one.n == 1 && one.items[0].seq == p->seq)
        rc = vault_parse_turns(one.items[0].turns, a, &turns, &n, err);
    p->concern = 1;
    for (size_t i = 0; !rc && i < n; i++)
        if (turns[i].role == TURN_USER) {
            int grade = concern_by_rule(turns[i].text.s, a);
            p->concern = grade > p->concern ? (uint8_t)grade : p->concern;
        }
    work->n_by_rule++;
    arena_rewind(a, start);
    return rc;
}

static void add_row(struct work *work, const struct safety_source *row)
{
    struct placed *p = &work->all[work->n++];
    *p = (struct placed){ .seq = row->seq,
                          .account_id = row->account_id,
                          .time = row->time,
                          .cluster = (uint32_t)row->cluster_id,
                          .concern = (uint8_t)row->concern,
                          .has_account = row->has_account,
                          .has_time = row->has_time };
    work->has_accounts |= row->has_account;
    if (row->language.len && !str_equal(row->language, STR_LIT("Unknown")))
        p->language = (uint32_t)map_add(&work->languages, row->language, 0, NULL) + 1;
}

static int read_all(struct work *work, struct err *err)
{
    struct run *run = work->run;
    struct safety_sources batch = { 0 };
    int64_t n_all = 0, after = 0;
    int rc = vault_count_sources(run->vault, &n_all, err);
    if (!rc) {
        work->all = arena_try(&run->scratch, (size_t)n_all + 1, sizeof *work->all,
                              "the conversations", err);
        rc = work->all ? 0 : (int)err->code;
    }
    while (!rc) {
        struct arena_mark start = arena_save(&run->scratch);
        rc = stop_check(err);
        if (!rc)
            rc = vault_read_sources(run->vault, after, 1, LIMIT_STAGE_BATCH, 0, &run->scratch,
                                    &batch, err);
        if (!rc && work->n + batch.n > (size_t)n_all)
            rc = err_set(err, ERR_DATA, "the vault changed while it was read; run it again");
        for (size_t i = 0; !rc && i < batch.n; i++) {
            after = batch.items[i].seq;
            add_row(work, &batch.items[i]);
        }
        arena_rewind(&run->scratch, start);
        run_progress(run, work->n, (uint64_t)n_all);
        if (rc || !batch.n)
            break;
    }
    for (size_t i = 0; !rc && i < work->n; i++)
        if (!work->all[i].concern)
            rc = grade_by_rule(work, &work->all[i], err);
    return rc;
}

// ---- counting

static int by_cluster_and_account(const void *x, const void *y)
{
    const struct placed *a = *(const struct placed *const *)x;
    const struct placed *b = *(const struct placed *const *)y;
    if (a->cluster != b->cluster)
        return a->cluster < b->cluster ? -1 : 1;
    if (a->account_id != b->account_id)
        return a->account_id < b->account_id ? -1 : 1;
    return (a->seq > b->seq) - (a->seq < b->seq);
}

static void count_accounts(struct safety_cluster *c, struct placed *const *rows, size_t n)
{
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && rows[to]->account_id == rows[from]->account_id;)
            to++;
        if (!rows[from]->has_account)
            continue;
        c->n_accounts++;
        if ((int64_t)(to - from) > c->n_top) {
            c->n_top = (int64_t)(to - from);
            c->top_account = rows[from]->account_id;
        }
    }
}

static void count_concern(struct safety_cluster *c, struct placed *const *rows, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        c->n_graded += rows[i]->concern > 0;
        c->n_concerning += rows[i]->concern >= 3;
        sum += rows[i]->concern;
    }
    c->n_conversations = (int64_t)n;
    c->mean_concern = c->n_graded ? sum / (double)c->n_graded : 0;
}

// Of conversations in a cluster; an account counts once in each, so one without a name cannot.
static void find_languages(struct work *work)
{
    struct arena *a = &work->run->scratch;
    struct language_row *rows = arena_array(a, work->n + 1, sizeof *rows);
    size_t n = 0;
    for (size_t i = 0; i < work->n; i++) {
        const struct placed *p = &work->all[i];
        if (p->language && p->cluster && p->cluster <= work->n_clusters &&
            p->has_account == work->has_accounts)
            rows[n++] = (struct language_row){ p->has_account ? p->account_id : p->seq, p->cluster,
                                               p->language - 1 };
    }
    languages_judge(rows, n, a, &work->cells, &work->n_cells);
}

static void count(struct work *work, struct placed **rows)
{
    for (size_t i = 0; i < work->n; i++)
        rows[i] = &work->all[i];
    qsort(rows, work->n, sizeof *rows, by_cluster_and_account);
    for (size_t from = 0, to; from < work->n; from = to) {
        uint32_t id = rows[from]->cluster;
        for (to = from; to < work->n && rows[to]->cluster == id;)
            to++;
        if (!id || id > work->n_clusters) {
            work->n_outside += to - from;
            continue;
        }
        struct safety_cluster *c = &work->clusters[id - 1];
        count_accounts(c, rows + from, to - from);
        count_concern(c, rows + from, to - from);
    }
    find_languages(work);
}

// ---- titles

static const struct placed *find(const struct work *work, int64_t seq)
{
    size_t low = 0, high = work->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (work->all[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < work->n && work->all[low].seq == seq ? &work->all[low] : NULL;
}

static int read_words(struct work *work, struct phrase_corpus *corpus, struct err *err)
{
    struct facet_walk request, task;
    bool found = true, more = true;
    int rc = facet_walk_open(&request, work->run->vault, "request", 0, err);
    int opened = facet_walk_open(&task, work->run->vault, "task", 0, err);
    rc = rc ? rc : opened;
    if (!rc)
        rc = facet_walk_next(&task, &more, err);
    while (!rc && !(rc = facet_walk_next(&request, &found, err)) && found) {
        while (!rc && more && task.seq < request.seq)
            rc = facet_walk_next(&task, &more, err);
        const struct placed *p = find(work, request.seq);
        if (rc || !p)
            continue;
        struct str texts[2] = { request.value.s,
                                more && task.seq == request.seq ? task.value.s : STR_LIT("") };
        struct str language =
            p->language ? work->languages.entries[p->language - 1].key : STR_LIT("");
        rc = phrase_corpus_add(corpus, p->cluster ? p->cluster - 1 : PHRASE_NO_GROUP,
                               p->has_account ? p->account_id : PHRASE_NO_ACCOUNT, texts, 2,
                               language, err);
    }
    facet_walk_close(&request);
    facet_walk_close(&task);
    return rc;
}

// Of clusters whose title stands on a page, or of the others.
static int find_phrases(struct work *work, struct phrase_corpus *corpus,
                        const struct phrase_params *params, bool of_few, struct phrase_list *lists,
                        struct err *err)
{
    struct arena *a = &work->run->scratch;
    uint32_t *wanted = arena_array(a, work->n_clusters + 1, sizeof *wanted);
    struct phrase_list *found = arena_zero_array(a, work->n_clusters + 1, sizeof *found);
    for (uint32_t i = 0; i < work->n_clusters; i++)
        wanted[i] = safety_is_of_few(&work->clusters[i]) == of_few ? i : PHRASE_NO_GROUP;
    int rc = phrase_find(corpus, params, wanted, work->n_clusters, a, found, err);
    for (size_t i = 0; !rc && i < work->n_clusters; i++)
        if (wanted[i] != PHRASE_NO_GROUP)
            lists[i] = found[i];
    return rc;
}

// As in the stage describe, with a floor of SAFETY_LEAST_ACCOUNTS; in clusters of fewer, whose
// titles no page shows, a phrase of one conversation will do. Contacts and names are left
// out all the same: a title is for orientation.
static int make_titles(struct work *work, struct err *err)
{
    struct arena *a = &work->run->scratch;
    struct phrase_corpus *corpus = phrase_corpus_open();
    struct phrase_params params = phrase_default_params();
    struct phrase_list *lists = arena_zero_array(a, work->n_clusters + 1, sizeof *lists);
    struct phrase_title *titles = arena_zero_array(a, work->n_clusters + 1, sizeof *titles);
    struct map used = { 0 };
    params.min_accounts = params.min_conversations = SAFETY_LEAST_ACCOUNTS;
    params.has_accounts = work->has_accounts;
    int rc = run_open_scanner(work->run, err);
    params.scanner = work->run->scanner;
    if (!rc)
        rc = read_words(work, corpus, err);
    if (!rc)
        rc = find_phrases(work, corpus, &params, false, lists, err);
    params.min_accounts = params.min_conversations = 1;
    if (!rc)
        rc = find_phrases(work, corpus, &params, true, lists, err);
    if (!rc)
        phrase_titles(lists, work->n_clusters, &used, a, titles);
    for (size_t i = 0; !rc && i < work->n_clusters; i++)
        work->clusters[i].title = raw_of(titles[i].text);
    map_release(&used);
    phrase_corpus_close(corpus);
    return rc;
}

// ---- writing

static int write_rows(struct work *work, struct safety *safety, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < work->n_clusters; i++)
        rc = safety_add_cluster(safety, &work->clusters[i], err);
    for (size_t i = 0; !rc && i < work->n; i++) {
        const struct placed *p = &work->all[i];
        struct safety_conversation c = {
            p->seq,
            p->cluster,
            p->has_account,
            p->has_time,
            p->account_id,
            p->time,
            p->concern,
            p->language ? work->languages.entries[p->language - 1].key : str_make(NULL, 0)
        };
        rc = safety_add_conversation(safety, &c, err);
    }
    for (size_t i = 0; !rc && i < work->n_cells; i++) {
        const struct language_cell *cell = &work->cells[i];
        if (cell->q > LANGUAGE_MOST_Q)
            continue;
        struct safety_language l = {
            cell->cluster, cell->n,   work->languages.entries[cell->language].key,
            cell->ratio,   cell->low, cell->high,
            cell->q
        };
        rc = safety_add_language(safety, &l, err);
    }
    return rc;
}

static int write_all(struct work *work, struct err *err)
{
    struct safety *safety = NULL;
    char number[32];
    struct str clusters = STR_LIT("");
    snprintf(number, sizeof number, "%zu", work->n);
    int rc = vault_name_clustering(work->run->vault, &work->run->scratch, &clusters, err);
    if (!rc)
        rc = safety_open_to_write(&safety, work->run->dir, err);
    if (!rc)
        rc = safety_begin(safety, err);
    if (!rc)
        rc = safety_clear(safety, SAFETY_RUN, err);
    if (!rc)
        rc = write_rows(work, safety, err);
    if (!rc)
        rc = safety_set_info(safety, "n_conversations", str_of(number), err);
    if (!rc)
        rc = safety_set_info(safety, "clusters", clusters, err);
    if (!rc)
        rc = safety_set_info(safety, "notice", STR_LIT(SAFETY_NOTICE), err);
    snprintf(number, sizeof number, "%zu", work->n_by_rule);
    if (!rc)
        rc = safety_set_info(safety, "n_graded_by_rule", str_of(number), err);
    snprintf(number, sizeof number, "%zu", work->n_outside);
    if (!rc)
        rc = safety_set_info(safety, "n_in_no_cluster", str_of(number), err);
    return safety_end(safety, rc, err);
}

static int by_concern(const void *x, const void *y)
{
    const struct safety_cluster *a = x, *b = y;
    if (a->mean_concern > b->mean_concern || a->mean_concern < b->mean_concern)
        return a->mean_concern > b->mean_concern ? -1 : 1;
    if (a->n_conversations != b->n_conversations)
        return a->n_conversations > b->n_conversations ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

static int print_cluster(const struct safety_cluster *c, bool json, bool first, struct buf *out,
                         struct err *err)
{
    double top = c->n_conversations ? (double)c->n_top / (double)c->n_conversations : 0;
    if (!json)
        return buf_printf(out, err, "%7lld %8.2f %11lld %14lld %9lld %7.0f %%  %.*s\n",
                          (long long)c->id, c->mean_concern, (long long)c->n_concerning,
                          (long long)c->n_conversations, (long long)c->n_accounts, 100 * top,
                          STR_ARG(c->title.s));
    int rc =
        buf_printf(out, err,
                   "%s\n{\"id\":%lld,\"mean_concern\":%.4f,\"n_concerning\":%lld,"
                   "\"n_conversations\":%lld,\"n_accounts\":%lld,\"top_account_share\":%.4f,"
                   "\"title\":",
                   first ? "" : ",", (long long)c->id, c->mean_concern, (long long)c->n_concerning,
                   (long long)c->n_conversations, (long long)c->n_accounts, top);
    if (!rc)
        rc = json_put_str(out, c->title.s, err);
    return rc ? rc : buf_add_char(out, '}', err);
}

static int print_languages(const struct work *work, bool json, struct buf *out, struct err *err)
{
    size_t n_printed = 0;
    int rc = buf_add(out,
                     json ? STR_LIT("],\"languages\":[")
                          : STR_LIT("\nlanguages that a cluster has more of than chance gives "
                                    "(false discoveries at most 5 %)\ncluster  ratio  "
                                    "interval        q  language\n"),
                     err);
    for (size_t i = 0; !rc && i < work->n_cells; i++) {
        const struct language_cell *c = &work->cells[i];
        struct str name = work->languages.entries[c->language].key;
        if (c->q > LANGUAGE_MOST_Q)
            continue;
        n_printed++;
        if (!json) {
            rc = buf_printf(out, err, "%7lld %6.2f  %5.2f … %5.2f  %6.4f  %.*s\n",
                            (long long)c->cluster, c->ratio, c->low, c->high, c->q, STR_ARG(name));
            continue;
        }
        rc = buf_printf(out, err,
                        "%s\n{\"cluster\":%lld,\"n_conversations\":%lld,\"ratio\":%.4f,"
                        "\"low\":%.4f,\"high\":%.4f,\"q\":%.6f,\"language\":",
                        n_printed > 1 ? "," : "", (long long)c->cluster, (long long)c->n, c->ratio,
                        c->low, c->high, c->q);
        if (!rc)
            rc = json_put_str(out, name, err);
        if (!rc)
            rc = buf_add_char(out, '}', err);
    }
    if (!rc && !json && !n_printed)
        rc = buf_add(out, STR_LIT("none\n"), err);
    return rc || !json ? rc : buf_add(out, STR_LIT("]}\n"), err);
}

static int print_all(struct work *work, bool json, struct buf *out, struct err *err)
{
    size_t n = json ? work->n_clusters : size_min(work->n_clusters, MOST_PRINTED);
    qsort(work->clusters, work->n_clusters, sizeof *work->clusters, by_concern);
    int rc = json ? buf_printf(out, err,
                               "{\"notice\":\"%s\",\"n_conversations\":%zu,"
                               "\"n_in_no_cluster\":%zu,\"n_graded_by_rule\":%zu,\"clusters\":[",
                               SAFETY_NOTICE, work->n, work->n_outside, work->n_by_rule)
                  : buf_printf(out, err,
                               "%s\n%zu conversations in %zu clusters, no floors; "
                               "highest mean concern first.\n",
                               SAFETY_NOTICE, work->n - work->n_outside, work->n_clusters);
    if (!rc && !json && work->n_outside)
        rc = buf_printf(out, err,
                        "%zu more are in no cluster, those that the run left out (bound of an "
                        "account, near-copies)\nand those that fit nowhere; `clio run FILE --out "
                        "DIR --privacy local --near-copies all` leaves out none.\n",
                        work->n_outside);
    if (!rc && !json)
        rc = buf_add(out,
                     STR_LIT("\ncluster  concern  3 and more  conversations  accounts  one has  "
                             "title\n"),
                     err);
    for (size_t i = 0; !rc && i < n; i++)
        rc = print_cluster(&work->clusters[i], json, i == 0, out, err);
    if (!rc && n < work->n_clusters)
        rc = buf_printf(out, err, "%zu of lower concern: --json has all\n", work->n_clusters - n);
    return rc ? rc : print_languages(work, json, out, err);
}

int review_run(struct run *run, bool json, struct buf *out, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct work work = { .run = run };
    int64_t n_clusters = 0;
    run->stage = "safety";
    int rc = vault_count_clusters(run->vault, &n_clusters, err);
    if (!rc && !n_clusters)
        rc = err_set(err, ERR_USAGE, "there are no clusters yet; run `clio run --out %s` first",
                     run->dir);
    if (!rc)
        rc = read_all(&work, err);
    if (!rc) {
        work.n_clusters = (size_t)n_clusters;
        work.clusters = arena_zero_array(&run->scratch, work.n_clusters + 1, sizeof *work.clusters);
        for (size_t i = 0; i < work.n_clusters; i++)
            work.clusters[i].id = (int64_t)i + 1;
        struct placed **rows =
            arena_try(&run->scratch, work.n + 1, sizeof *rows, "the conversations", err);
        rc = rows ? 0 : (int)err->code;
        if (!rc)
            count(&work, rows);
    }
    if (!rc)
        rc = make_titles(&work, err);
    if (!rc && !run->tree) // the pages lead behind clusters of the first tree
        rc = write_all(&work, err);
    if (!rc)
        rc = print_all(&work, json, out, err);
    map_release(&work.languages);
    arena_rewind(&run->scratch, start);
    return rc;
}
