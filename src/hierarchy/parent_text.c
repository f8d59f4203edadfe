// SPDX-License-Identifier: Apache-2.0
#include "hierarchy/parent_text.h"

#include "base/stop.h"
#include "base/utf8.h"
#include "store/vault_describe.h"

#include <stdlib.h>

#define SUPPORT_WORDS ((size_t)1000) // of a node

struct owner {
    int64_t account_id;
    uint32_t base; // place in kept
};

static int by_id(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static uint32_t base_of(const struct kept_clusters *kept, int64_t cluster_id)
{
    const int64_t *found = cluster_id && kept->n
                               ? bsearch(&cluster_id, kept->id, kept->n, sizeof *found, by_id)
                               : NULL;
    return found ? (uint32_t)(found - kept->id) : PHRASE_NO_GROUP;
}

static void add_owner(struct parent_text *t, int64_t account_id, uint32_t base)
{
    if (!account_id || base == PHRASE_NO_GROUP)
        return;
    if (t->n_owners == t->n_owners_room) {
        size_t room = t->n_owners_room * 2 + 1024;
        t->owners = arena_grow(&t->run->scratch, t->owners, t->n_owners_room * sizeof *t->owners,
                               room * sizeof *t->owners);
        t->n_owners_room = room;
    }
    t->owners[t->n_owners++] = (struct owner){ account_id, base };
}

static int read_placed(struct parent_text *t, struct err *err)
{
    struct placed_walk walk;
    bool found = true;
    int rc = placed_walk_open(&walk, t->run->vault, run_facet(t->run), err);
    while (!rc && !(rc = placed_walk_next(&walk, &found, err)) && found) {
        struct str texts[3] = { walk.request.s, walk.task.s, walk.opening.s };
        struct str language = walk.language.s;
        uint32_t base = base_of(t->kept, walk.cluster_id);
        if (str_equal(language, STR_LIT("Unknown")))
            language.len = 0;
        rc = phrase_corpus_add(t->corpus, base, walk.account_id, texts, 3, language, err);
        if (!rc)
            phrase_corpus_subject(t->corpus, walk.subject.s);
        add_owner(t, walk.account_id, base);
        if (!rc && ++t->n_total % 4096 == 0)
            rc = stop_check(err);
    }
    placed_walk_close(&walk);
    return rc;
}

static int by_account(const void *x, const void *y)
{
    const struct owner *a = x, *b = y;
    if (a->account_id != b->account_id)
        return a->account_id < b->account_id ? -1 : 1;
    return a->base < b->base ? -1 : a->base > b->base;
}

// Distinct accounts of a node get noise of their own, as no sum gives them; no fewer than its
// largest base cluster shows, no more than its conversations.
static void blur_accounts(struct parent_text *t, const struct tree *tree, size_t l, size_t n)
{
    struct level_text *level = &t->level[l];
    if (!t->counts.is_on || !t->params.has_accounts)
        return;
    struct str name = arena_printf(&t->run->scratch, "accounts of level %zu", l);
    struct count_noise own =
        noise_of_counts(&t->counts, name, level->n_accounts, n * sizeof *level->n_accounts);
    for (size_t i = 0; i < n; i++) {
        int64_t noisy = noise_count(&own, own.accounts, i, level->n_accounts[i], 0);
        level->n_accounts[i] =
            noisy < level->n_conversations[i] ? noisy : level->n_conversations[i];
    }
    for (size_t i = 0; i < t->kept->n; i++) {
        uint32_t node = tree->label[l][i];
        if (node != TREE_APART && level->n_accounts[node] < t->kept->n_accounts[i])
            level->n_accounts[node] = t->kept->n_accounts[i];
    }
}

void parent_text_fit(struct parent_text *t, const struct tree *tree)
{
    for (size_t l = 2; l < tree->n_levels; l++)
        for (size_t i = 0; i < t->kept->n; i++) {
            uint32_t node = tree->label[l][i], below = tree->label[l - 1][i];
            if (node == TREE_APART || below == TREE_APART)
                continue;
            if (t->level[l].n_accounts[node] < t->level[l - 1].n_accounts[below])
                t->level[l].n_accounts[node] = t->level[l - 1].n_accounts[below];
        }
}

// Owners are sorted by account: a node is counted once an account.
static void count_level(struct parent_text *t, const struct tree *tree, size_t l)
{
    struct level_text *level = &t->level[l];
    size_t n = tree->size[l];
    struct arena *a = &t->run->scratch;
    level->n_conversations = arena_zero_array(a, n, sizeof *level->n_conversations);
    level->n_accounts = arena_zero_array(a, n, sizeof *level->n_accounts);
    size_t *seen = arena_zero_array(a, n, sizeof *seen), n_seen = 0;
    for (size_t i = 0; i < t->kept->n; i++)
        if (tree->label[l][i] != TREE_APART)
            level->n_conversations[tree->label[l][i]] += t->kept->n_conversations[i];
    for (size_t i = 0; i < t->n_owners; i++) {
        const struct owner *owner = &t->owners[i];
        if (i == 0 || owner->account_id != owner[-1].account_id)
            n_seen++;
        uint32_t node = tree->label[l][owner->base];
        if (node == TREE_APART)
            continue;
        level->n_accounts[node] += seen[node] != n_seen;
        seen[node] = n_seen;
    }
    blur_accounts(t, tree, l, n);
}

static int find_words(struct parent_text *t, size_t l, const uint32_t *label, size_t n,
                      struct err *err)
{
    struct level_text *level = &t->level[l];
    if (run_titles(t->run) != RUN_TITLES_MODEL)
        return 0;
    level->words = arena_zero_array(&t->run->scratch, n + 1, sizeof *level->words);
    return phrase_shared(t->corpus, &t->params, label, n, SUPPORT_WORDS, &t->run->scratch,
                         level->words, err);
}

// Titles of the base, so that no parent takes one of them.
static int use_base_titles(struct parent_text *t, struct err *err)
{
    struct arena *a = &t->run->scratch;
    size_t n = t->kept->n;
    int rc = 0;
    t->level[0].names = arena_zero_array(a, n + 1, sizeof *t->level[0].names);
    for (size_t i = 0; i < n && !rc; i++) {
        struct raw title, summary;
        rc = vault_get_description(t->run->vault, t->kept->id[i], a, &title, &summary, err);
        if (!rc && !title.s.ptr)
            rc = err_set(err, ERR_DATA, "cluster %lld has no title; run `clio describe` again",
                         (long long)t->kept->id[i]);
        if (!rc) {
            map_add(&t->used, utf8_lower(a, title.s), UINT64_MAX, NULL);
            map_add(&t->used, phrase_title_key(title.s, a), UINT64_MAX, NULL);
        }
        t->level[0].names[i] = (struct name){ title.s, summary.s };
    }
    return rc;
}

static int word_titles(struct parent_text *t, size_t l, size_t n, struct err *err)
{
    struct run *run = t->run;
    struct level_text *level = &t->level[l];
    struct phrase_asked asked = { 0 };
    if (run_titles(run) != RUN_TITLES_WORDED)
        return 0;
    int rc = run_open_llm(run, err);
    if (!rc)
        rc = phrase_word_titles(run->llm, level->lists, n, &t->used, &run->scratch, level->titles,
                                &asked, err);
    run->record.n_prompt_tokens += asked.n_prompt_tokens;
    run->record.n_reply_tokens += asked.n_reply_tokens;
    return rc;
}

static void name_level(struct parent_text *t, size_t l, size_t n)
{
    struct level_text *level = &t->level[l];
    level->names = arena_array(&t->run->scratch, n + 1, sizeof *level->names);
    for (size_t i = 0; i < n; i++) {
        struct phrase_facts facts = { level->n_conversations[i], level->n_accounts[i], t->n_shown,
                                      t->params.has_accounts };
        level->names[i] = (struct name){ level->titles[i].text,
                                         phrase_summary(&level->lists[i], &level->titles[i], &facts,
                                                        &t->run->scratch) };
    }
}

int parent_text_level(struct parent_text *t, const struct tree *tree, size_t l, struct err *err)
{
    struct arena *a = &t->run->scratch;
    struct level_text *level = &t->level[l];
    size_t n = tree->size[l];
    count_level(t, tree, l);
    level->lists = arena_zero_array(a, n, sizeof *level->lists);
    level->titles = arena_zero_array(a, n, sizeof *level->titles);
    t->params.child_of = tree->label[l - 1];
    int rc = phrase_find(t->corpus, &t->params, tree->label[l], n, a, level->lists, err);
    if (rc)
        return rc;
    phrase_titles(level->lists, n, &t->used, a, level->titles);
    rc = word_titles(t, l, n, err);
    for (size_t i = 0; i < n; i++) // no model takes the title of a parent that keeps it
        map_add(&t->used, utf8_lower(a, level->titles[i].text), UINT64_MAX, NULL);
    if (!rc)
        rc = find_words(t, l, tree->label[l], n, err);
    if (!rc)
        name_level(t, l, n);
    return rc;
}

int parent_text_open(struct parent_text *t, struct run *run, const struct kept_clusters *kept,
                     struct err *err)
{
    *t = (struct parent_text){ .run = run, .kept = kept, .params = phrase_default_params() };
    t->params.min_accounts = config_whole(run->config, "min-accounts");
    t->params.min_conversations = config_whole(run->config, "min-conversations");
    t->corpus = phrase_corpus_open();
    int rc = vault_has_accounts(run->vault, &t->params.has_accounts, err);
    if (!rc)
        rc = run_noise_key(run, &t->noise_key, &t->params.noise, err);
    if (!rc)
        rc = run_count_noise(run, t->params.has_accounts, &t->counts, err);
    if (t->counts.is_on)
        t->params.most_each = t->counts.conversations;
    if (!rc)
        rc = read_placed(t, err);
    if (!rc)
        rc = vault_shown_total(run->vault, t->n_total, &t->n_shown, err);
    if (!rc)
        rc = run_open_scanner(run, err);
    t->params.scanner = run->scanner;
    if (!rc)
        rc = use_base_titles(t, err);
    if (!rc)
        rc = find_words(t, 0, NULL, kept->n, err);
    if (!rc && t->n_owners)
        qsort(t->owners, t->n_owners, sizeof *t->owners, by_account);
    return rc;
}

void parent_text_close(struct parent_text *t)
{
    phrase_corpus_close(t->corpus);
    t->corpus = NULL;
    map_release(&t->used);
}
