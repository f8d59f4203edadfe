// SPDX-License-Identifier: Apache-2.0
#include "hierarchy/parent_text.h"

#include "base/stop.h"
#include "base/utf8.h"
#include "scan/scan.h"
#include "store/vault_describe.h"

#include <stdlib.h>

// Who is where: one entry a placed conversation of a known account.
struct owner {
    int64_t account_id;
    uint32_t base; // place in kept
};
struct owners {
    struct owner *items;
    size_t n, room;
};

struct work {
    struct run *run;
    const struct kept_clusters *kept;
    const struct tree *tree;
    struct parent_text *out;
    struct phrase_corpus *corpus;
    struct owners owners;
    struct map used; // titles
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

static void add_owner(struct work *w, int64_t account_id, uint32_t base)
{
    struct owners *o = &w->owners;
    if (!account_id || base == PHRASE_NO_GROUP)
        return;
    if (o->n == o->room) {
        size_t room = o->room * 2 + 1024;
        o->items = arena_grow(&w->run->scratch, o->items, o->room * sizeof *o->items,
                              room * sizeof *o->items);
        o->room = room;
    }
    o->items[o->n++] = (struct owner){ account_id, base };
}

static int read_placed(struct work *w, struct err *err)
{
    struct placed_walk walk;
    bool found = true;
    int rc = placed_walk_open(&walk, w->run->vault, err);
    while (!rc && !(rc = placed_walk_next(&walk, &found, err)) && found) {
        struct str texts[2] = { walk.request.s, walk.task.s }, language = walk.language.s;
        uint32_t base = base_of(w->kept, walk.cluster_id);
        if (str_equal(language, STR_LIT("Unknown")))
            language.len = 0;
        rc = phrase_corpus_add(w->corpus, base, walk.account_id, texts, 2, language, err);
        add_owner(w, walk.account_id, base);
        if (!rc && ++w->out->n_total % 4096 == 0)
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

// Owners are sorted by account: a node is counted once an account.
static void count_level(struct work *w, size_t l)
{
    struct level_text *level = &w->out->level[l];
    size_t n = w->tree->size[l];
    struct arena *a = &w->run->scratch;
    level->n_conversations = arena_zero_array(a, n, sizeof *level->n_conversations);
    level->n_accounts = arena_zero_array(a, n, sizeof *level->n_accounts);
    size_t *seen = arena_zero_array(a, n, sizeof *seen), n_seen = 0;
    for (size_t i = 0; i < w->kept->n; i++)
        level->n_conversations[w->tree->label[l][i]] += w->kept->n_conversations[i];
    for (size_t i = 0; i < w->owners.n; i++) {
        const struct owner *owner = &w->owners.items[i];
        if (i == 0 || owner->account_id != owner[-1].account_id)
            n_seen++;
        uint32_t node = w->tree->label[l][owner->base];
        level->n_accounts[node] += seen[node] != n_seen;
        seen[node] = n_seen;
    }
}

// Titles of the base, so that no parent takes one of them: by rule, and as they are.
static int use_base_titles(struct work *w, struct err *err)
{
    struct arena *a = &w->run->scratch;
    size_t n = w->kept->n;
    struct phrase_list *lists = arena_zero_array(a, n, sizeof *lists);
    struct phrase_title *titles = arena_zero_array(a, n, sizeof *titles);
    int rc = phrase_find(w->corpus, &w->out->params, NULL, n, a, lists, err);
    if (!rc)
        phrase_titles(lists, n, &w->used, a, titles);
    for (size_t i = 0; i < n && !rc; i++) {
        struct raw title, summary;
        rc = vault_get_description(w->run->vault, w->kept->id[i], a, &title, &summary, err);
        if (!rc)
            map_add(&w->used, utf8_lower(a, title.s), UINT64_MAX, NULL);
    }
    return rc;
}

static int word_titles(struct work *w, size_t l, struct err *err)
{
    struct run *run = w->run;
    struct level_text *level = &w->out->level[l];
    struct phrase_asked asked = { 0 };
    if (run_has_profile(run, "none") ||
        strcmp(config_text(run->config, "titles"), "worded") != 0)
        return 0;
    int rc = run_open_llm(run, err);
    if (!rc)
        rc = phrase_word_titles(run->llm, level->lists, w->tree->size[l], &w->used, &run->scratch,
                                level->titles, &asked, err);
    run->record.n_prompt_tokens += asked.n_prompt_tokens;
    run->record.n_reply_tokens += asked.n_reply_tokens;
    return rc;
}

static int title_level(struct work *w, size_t l, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct level_text *level = &w->out->level[l];
    size_t n = w->tree->size[l];
    level->lists = arena_zero_array(a, n, sizeof *level->lists);
    level->titles = arena_zero_array(a, n, sizeof *level->titles);
    int rc = phrase_find(w->corpus, &w->out->params, w->tree->label[l], n, a, level->lists, err);
    if (rc)
        return rc;
    phrase_titles(level->lists, n, &w->used, a, level->titles);
    return word_titles(w, l, err);
}

int parent_text_make(struct run *run, const struct kept_clusters *kept, const struct tree *tree,
                     struct parent_text *out, struct err *err)
{
    struct work w = { .run = run, .kept = kept, .tree = tree, .out = out };
    *out = (struct parent_text){ .params = phrase_default_params() };
    out->params.min_accounts = config_whole(run->config, "min-accounts");
    out->params.min_conversations = config_whole(run->config, "min-conversations");
    if (tree->n_levels < 2)
        return 0;
    w.corpus = phrase_corpus_open();
    int rc = vault_has_accounts(run->vault, &out->params.has_accounts, err);
    if (!rc)
        rc = read_placed(&w, err);
    if (!rc)
        rc = scan_open(&out->params.scanner, err);
    if (!rc)
        rc = use_base_titles(&w, err);
    if (!rc && w.owners.n)
        qsort(w.owners.items, w.owners.n, sizeof *w.owners.items, by_account);
    for (size_t l = tree->n_levels; l-- > 1 && !rc;) { // the widest first: it has most to say
        count_level(&w, l);
        rc = title_level(&w, l, err);
    }
    scan_close(out->params.scanner);
    out->params.scanner = NULL;
    phrase_corpus_close(w.corpus);
    map_release(&w.used);
    return rc;
}
