// SPDX-License-Identifier: Apache-2.0
// From the vault to numbers: two walks over a sample to learn which pairs of words everybody uses,
// one over all conversations for their sketches. Texts are read batch by batch by all threads.
// Everybody means accounts, each of which weighs the same: who floods the corpus does not make a
// wording common by that.
#include "base/hash.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/stop.h"
#include "safety/coordinated.h"
#include "safety/prompt_words.h"
#include "safety/score.h"
#include "store/vault_conversation.h"
#include "store/vault_safety.h"

#define SAMPLE ((int64_t)50000)
#define COMMON_SHARE 0.05 // pairs that a larger share of prompts holds say nothing of a template

struct work {
    struct run *run;
    struct coordinated *c;
    struct prompt_counts counts;
    struct map accounts;               // 8 bytes of the id -> number
    struct map sampled;                // likewise -> prompts in the sample
    const struct safety_source **rows; // of the batch that is read now
    struct arena *arenas;              // one a thread
    struct err *errs;
    struct str address_names, agent_names;
};

static struct str value_at(const struct json *root, struct str path)
{
    struct str key;
    const struct json *at = root;
    char name[128];
    if (path.len < sizeof name) { // a column may be called "header.user-agent" itself
        memcpy(name, path.ptr, path.len);
        name[path.len] = 0;
        if (json_kind(json_member(root, name)) == JSON_TEXT)
            return json_str(json_member(root, name));
    }
    while (at && str_cut(&path, '.', &key)) {
        if (key.len >= sizeof name)
            return str_make(NULL, 0);
        memcpy(name, key.ptr, key.len);
        name[key.len] = 0;
        at = json_member(at, name);
    }
    return json_str(at);
}

static struct str first_of(const struct json *root, struct str names, struct arena *a)
{
    struct str path, found = { 0 };
    while (!found.len && str_cut(&names, ' ', &path))
        if (path.len)
            found = value_at(root, path);
    return found.len ? arena_str(a, found) : str_make(NULL, 0);
}

void client_read(struct str columns, struct str address_names, struct str agent_names,
                 struct arena *a, struct client *client)
{
    struct json *root = NULL;
    struct err ignored = { 0 };
    *client = (struct client){ { NULL, 0 }, { NULL, 0 } };
    if (!columns.len || json_open(&root, columns, &ignored))
        return;
    client->address = first_of(root, address_names, a);
    client->agent = first_of(root, agent_names, a);
    json_close(root);
}

// What the person asked first; where that is too short to say anything, what came next as well.
static struct str first_prompt(const struct turn *turns, size_t n, struct arena *a)
{
    struct str text = { 0 };
    for (size_t i = 0; i < n && text.len < 60; i++) {
        if (turns[i].role != TURN_USER || !turns[i].text.s.len)
            continue;
        if (!text.len)
            text = turns[i].text.s;
        else
            text = arena_printf(a, "%.*s\n%.*s", STR_ARG(text), STR_ARG(turns[i].text.s));
    }
    return text;
}

static int read_words(const struct safety_source *row, struct arena *a, struct str *prompt,
                      struct prompt_words *words, struct err *err)
{
    struct turn *turns;
    size_t n;
    int rc = vault_parse_turns(row->turns, a, &turns, &n, err);
    if (!rc) {
        *prompt = first_prompt(turns, n, a);
        prompt_words_read(*prompt, a, words);
    }
    return rc;
}

// ---- the sample

static uint64_t *n_sampled(struct work *work, int64_t account_id)
{
    struct str key = str_make((const char *)&account_id, sizeof account_id);
    size_t at = map_add(&work->sampled, key, 0, NULL);
    return &work->sampled.entries[at].value;
}

static int count_prompt(struct work *work, const struct safety_source *row, struct err *err)
{
    struct arena *a = &work->run->scratch;
    struct arena_mark start = arena_save(a);
    struct prompt_words words;
    struct str prompt;
    int rc = read_words(row, a, &prompt, &words, err);
    uint64_t n = *n_sampled(work, row->account_id);
    if (!rc)
        prompt_counts_add(&work->counts, &words, 1.0 / (double)(n ? n : 1), a);
    arena_rewind(a, start);
    return rc;
}

// parts 0: who is in the sample; SAFETY_TURNS: counts what they wrote.
static int walk_sample(struct work *work, int64_t n_all, int parts, struct err *err)
{
    struct arena *a = &work->run->scratch;
    struct safety_sources batch = { 0 };
    int64_t after = 0, step = n_all / SAMPLE + 1;
    int rc = 0;
    do {
        struct arena_mark start = arena_save(a);
        rc = stop_check(err);
        if (!rc)
            rc = vault_read_sources(work->run->vault, after, step, LIMIT_STAGE_BATCH, parts, a,
                                    &batch, err);
        for (size_t i = 0; !rc && i < batch.n; i++) {
            after = batch.items[i].seq;
            if (!batch.items[i].has_account)
                continue;
            if (parts)
                rc = count_prompt(work, &batch.items[i], err);
            else
                ++*n_sampled(work, batch.items[i].account_id);
        }
        arena_rewind(a, start);
    } while (!rc && batch.n);
    return rc;
}

static int count_sample(struct work *work, int64_t n_all, struct err *err)
{
    int rc = walk_sample(work, n_all, 0, err);
    if (!rc)
        rc = walk_sample(work, n_all, SAFETY_TURNS, err);
    map_release(&work->sampled);
    return rc;
}

// ---- all conversations

static void read_one(void *context, size_t i, size_t i_thread)
{
    struct work *work = context;
    struct coordinated *c = work->c;
    struct arena *a = &work->arenas[i_thread];
    struct arena_mark start = arena_save(a);
    struct prompt_words words;
    struct str prompt;
    struct client client;
    size_t at = c->n + i;
    if (read_words(work->rows[i], a, &prompt, &words, &work->errs[i_thread]) == 0) {
        prompt_sketch(&words, &work->counts, COMMON_SHARE, &c->sketches[at], &c->rarity[at], a);
        c->text[at] = (uint32_t)hash_text(prompt);
    }
    client_read(work->rows[i]->columns, work->address_names, work->agent_names, a, &client);
    c->address[at] = client.address.len ? (uint32_t)hash_text(client.address) | 1u : 0;
    c->agent[at] = client.agent.len ? (uint32_t)hash_text(client.agent) | 1u : 0;
    arena_rewind(a, start);
}

static uint32_t number_account(struct work *work, int64_t id)
{
    bool is_new = false;
    size_t i = map_add(&work->accounts, str_make((const char *)&id, sizeof id), 0, &is_new);
    if (is_new)
        work->c->account_id[i] = id;
    work->c->n_accounts = work->accounts.n;
    return (uint32_t)i;
}

static int add_batch(struct work *work, const struct safety_sources *batch, struct err *err)
{
    struct coordinated *c = work->c;
    size_t n = 0, n_threads = pool_threads(work->run->pool);
    work->rows = arena_array(&work->run->scratch, batch->n, sizeof *work->rows);
    for (size_t i = 0; i < batch->n; i++) {
        const struct safety_source *row = &batch->items[i];
        if (!row->has_account)
            continue;
        size_t at = c->n + n;
        if (at == c->n_room)
            return err_set(err, ERR_DATA, "the vault changed while it was read; run it again");
        c->seq[at] = row->seq;
        c->account[at] = number_account(work, row->account_id);
        c->cluster[at] = (uint32_t)row->cluster_id;
        c->minute[at] = row->has_time && row->time / 60 > INT32_MIN && row->time / 60 < INT32_MAX
                            ? (int32_t)(row->time / 60)
                            : SCORE_NO_TIME;
        work->rows[n++] = row;
    }
    work->arenas = arena_zero_array(&work->run->scratch, n_threads, sizeof *work->arenas);
    work->errs = arena_zero_array(&work->run->scratch, n_threads, sizeof *work->errs);
    pool_run(work->run->pool, n, read_one, work);
    c->n += n;
    for (size_t i = 0; i < n_threads; i++) {
        arena_release(&work->arenas[i]);
        if (work->errs[i].code)
            *err = work->errs[i];
    }
    return (int)err->code;
}

static int read_all(struct work *work, int64_t n_all, struct err *err)
{
    struct run *run = work->run;
    struct safety_sources batch = { 0 };
    int64_t after = 0, n_read = 0;
    int rc = 0;
    do {
        struct arena_mark start = arena_save(&run->scratch);
        rc = stop_check(err);
        if (!rc)
            rc = vault_read_sources(run->vault, after, 1, LIMIT_STAGE_BATCH,
                                    SAFETY_TURNS | SAFETY_COLUMNS, &run->scratch, &batch, err);
        if (!rc && batch.n) {
            after = batch.items[batch.n - 1].seq;
            rc = add_batch(work, &batch, err);
        }
        n_read += (int64_t)batch.n;
        arena_rewind(&run->scratch, start);
        run_progress(run, (uint64_t)n_read, (uint64_t)n_all);
    } while (!rc && batch.n);
    return rc;
}

static int make_room(struct coordinated *c, size_t n, struct arena *a, struct err *err)
{
    const struct {
        void **place;
        size_t size;
    } parts[] = {
        { (void **)&c->seq, sizeof *c->seq }, { (void **)&c->account, 4 },
        { (void **)&c->address, 4 },          { (void **)&c->agent, 4 },
        { (void **)&c->cluster, 4 },          { (void **)&c->text, 4 },
        { (void **)&c->minute, 4 },           { (void **)&c->likeness, 4 },
        { (void **)&c->rarity, 4 },           { (void **)&c->sketches, sizeof *c->sketches },
        { (void **)&c->account_id, 8 },
    };
    int rc = 0;
    c->n_room = n;
    for (size_t i = 0; !rc && i < COUNT_OF(parts); i++) {
        *parts[i].place = arena_try(a, n + 1, parts[i].size, "the sketches", err);
        rc = *parts[i].place ? 0 : (int)err->code;
        if (!rc)
            memset(*parts[i].place, 0, (n + 1) * parts[i].size);
    }
    return rc;
}

// What too few conversations have is not scored (score.c). Said, or it would pass for clients that
// share nothing, after a slip of the hand too. The names that are set from the start are those of
// other people's logs, so none of them has to be there.
static void check_column(const struct work *work, const char *setting, const uint32_t *found)
{
    const char *names = config_text(work->run->config, setting);
    bool is_asked =
        strcmp(names, config_find(str_of(setting))->initial) != 0 && strcmp(names, "none") != 0;
    size_t n = 0;
    for (size_t i = 0; i < work->c->n; i++)
        n += found[i] != 0;
    if (n * 10 <= work->c->n && (n || is_asked))
        log_warning(
            "%zu of %zu conversations have a text in a column of \"%s\" (--%s), not a tenth, "
            "so that part of the score is 0 everywhere",
            n, work->c->n, names, setting);
}

int coordinated_read(struct run *run, struct coordinated *c, struct err *err)
{
    struct work work = { .run = run, .c = c };
    int64_t n_all = 0;
    *c = (struct coordinated){ 0 };
    work.address_names = str_of(config_text(run->config, "address-columns"));
    work.agent_names = str_of(config_text(run->config, "agent-columns"));
    prompt_counts_make(&work.counts, &run->scratch);
    int rc = vault_count_sources(run->vault, &n_all, err);
    if (!rc)
        rc = make_room(c, (size_t)n_all, &run->scratch, err);
    if (!rc)
        rc = count_sample(&work, n_all, err);
    if (!rc)
        rc = read_all(&work, n_all, err);
    map_release(&work.accounts);
    if (!rc && c->n)
        check_column(&work, "address-columns", c->address);
    if (!rc && c->n)
        check_column(&work, "agent-columns", c->agent);
    if (!rc && !c->n)
        rc = err_set(err, ERR_DATA,
                     "no conversation has an account, so nothing can be said of "
                     "groups of accounts; say with --map user=FIELD where it stands and run again");
    return rc;
}
