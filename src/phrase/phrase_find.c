// SPDX-License-Identifier: Apache-2.0
// From the corpus to released phrases of each group: near-copies out, grams counted group by group,
// their totals over the whole corpus in one more pass, then ranked. Cost: a few table look-ups for
// each word and phrase length; memory: the documents' word numbers, one group's tables, and the
// grams that may be released.
#include "base/noise.h"
#include "base/stop.h"
#include "phrase/phrase_int.h"
#include "scan/scan.h"

#include <stdio.h>
#include <stdlib.h>

// Of one group, by language.
struct language_count {
    uint32_t n_docs, n_accounts, last_account;
    uint64_t people; // who writes in it (noise_person)
};

static void count_language(struct language_count *c, const struct phrase_doc *doc,
                           const struct phrase_params *params)
{
    bool is_new = !params->has_accounts || (doc->account && doc->account != c->last_account);
    c->n_docs++;
    c->n_accounts += doc->account && doc->account != c->last_account;
    c->people += is_new ? phrase_person(doc, params) : 0;
    c->last_account = doc->account;
}

#define SHARE_PARTS 5 // in fifths of a group
#define SHARE_LEAST 3

// How far a language is over three fifths of a group, below 0: it is not. Where floors are noisy
// this is, too: an account moves it by at most three times its conversations.
static int64_t lead_of(struct str language, const struct language_count *c, size_t n,
                       const struct phrase_params *params)
{
    int64_t lead = SHARE_PARTS * (int64_t)c->n_docs - SHARE_LEAST * (int64_t)n;
    if (!params->noise)
        return lead;
    uint64_t counts[] = { c->n_docs, n, c->people };
    struct count_noise noise = { .is_on = true, .key = *params->noise };
    char name[WORD_MAX_BYTES + 16];
    snprintf(name, sizeof name, "mostly in %.*s", STR_ARG(str_head(language, WORD_MAX_BYTES)));
    noise = noise_of_counts(&noise, str_of(name), counts, sizeof counts);
    return noise_count(&noise, SHARE_LEAST * params->most_each, 0, lead, INT64_MIN);
}

// The language of most conversations of a group, near-copies among them, where enough accounts
// write in it. `counts`: one a language, all 0 before and after.
static struct str find_language(const struct phrase_corpus *corpus, const uint32_t *docs, size_t n,
                                const struct phrase_params *params, struct language_count *counts)
{
    struct str found = { 0 };
    int64_t best = -1;
    for (size_t i = 0; i < n; i++) {
        const struct phrase_doc *doc = &corpus->docs[docs[i]];
        count_language(&counts[doc->language], doc, params);
    }
    for (size_t l = 1; l <= corpus->languages.n; l++) {
        const struct language_count *c = &counts[l];
        struct str language = corpus->languages.entries[l - 1].key;
        int64_t supports = params->has_accounts ? c->n_accounts : c->n_docs;
        if (!c->n_docs ||
            !noise_meets_floor(params->noise, c->people, supports, phrase_floor(params)))
            continue;
        int64_t lead = lead_of(language, c, n, params);
        if (lead > best) {
            best = lead;
            found = language;
        }
    }
    memset(counts, 0, (corpus->languages.n + 1) * sizeof *counts);
    return found;
}

static void find_languages(const struct phrase_corpus *corpus, const struct doc_order *all,
                           const struct phrase_params *params, struct arena *a,
                           struct phrase_list *lists)
{
    struct arena work = { 0 };
    struct language_count *counts =
        arena_zero_array(&work, corpus->languages.n + 1, sizeof *counts);
    for (size_t g = 0; g < all->n_groups; g++) {
        size_t from = all->start[g], n = all->start[g + 1] - from;
        lists[g].language =
            arena_str(a, find_language(corpus, all->docs + from, n, params, counts));
    }
    arena_release(&work);
}

static int count_groups(const struct phrase_corpus *corpus, const struct doc_order *order,
                        const struct phrase_params *params, struct arena *a,
                        struct group_grams *groups, struct err *err)
{
    struct gram_tables tables;
    int rc = 0;
    gram_tables_init(&tables, corpus, a);
    for (size_t g = 0; !rc && g < order->n_groups; g++) {
        size_t from = order->start[g], n = order->start[g + 1] - from;
        groups[g].n_seen = phrase_seen_docs(corpus, params, order->docs + from, n);
        groups[g].items =
            gram_count(corpus, order->docs + from, n, params, &tables, a, &groups[g].n);
        gram_keep_fit(corpus, params, &groups[g]);
        rc = stop_check(err);
    }
    gram_tables_release(&tables);
    return rc;
}

static void count_doc(const struct phrase_corpus *corpus, const struct phrase_params *params,
                      uint32_t i_doc, const unsigned char *longest, const struct gram_table *totals)
{
    const struct phrase_doc *doc = &corpus->docs[i_doc];
    const uint32_t *words = corpus->words + doc->start;
    for (size_t at = 0; at < doc->n; at++) {
        size_t reach = gram_reach(longest, words + at, doc->n - at);
        for (size_t length = 1; length <= reach; length++) {
            struct gram *gram = gram_find(totals, words + at, length);
            if (gram)
                gram_count_doc(gram, doc, i_doc, params);
        }
    }
}

// The documents of all groups, account by account.
static const uint32_t *deal_accounts(const struct phrase_corpus *corpus,
                                     const struct doc_order *order, struct arena *a)
{
    size_t n = order->start[order->n_groups + 1];
    uint32_t *account_of = arena_array(a, corpus->n_docs + 1, sizeof *account_of);
    uint32_t *docs = arena_array(a, n + 1, sizeof *docs);
    for (size_t i = 0; i < corpus->n_docs; i++)
        account_of[i] = corpus->docs[i].account;
    phrase_deal(account_of, corpus->accounts.n + 1, order->docs, n, docs, a);
    return docs;
}

// Of all groups no fewer than of one, which noise alone could say. Once for each gram, and not for
// those that all stand in the group, most of them: these people were drawn for.
static void put_totals(const struct phrase_corpus *corpus, const struct phrase_params *params,
                       const struct gram_table *totals, struct group_grams *group)
{
    char buffer[GRAM_KEY_BYTES];
    for (size_t i = 0; i < group->n; i++) {
        struct gram *gram = &group->items[i];
        struct gram *all = gram_find(totals, gram->words, gram_length(gram));
        int64_t n_docs = all->n_docs - 1, n = params->has_accounts ? all->n_accounts : n_docs;
        gram->n_total = gram->n_seen;
        if (all->n_docs - 1 == gram->n_docs && all->people == gram->people)
            continue;
        if (!all->n_total) {
            struct str key = gram_key(corpus, gram, buffer);
            int64_t seen = phrase_seen(params, key, all->people, n_docs, n);
            all->n_total = seen > 0 ? (uint32_t)seen : 1;
        }
        if (all->n_total > gram->n_total)
            gram->n_total = all->n_total;
    }
}

// What is seen of each gram in all groups.
static int count_totals(const struct phrase_corpus *corpus, const struct doc_order *order,
                        const struct phrase_params *params, struct group_grams *groups,
                        struct arena *a, struct err *err)
{
    struct gram_table totals;
    unsigned char *longest = arena_zero(a, corpus->vocabulary.n + 1);
    const uint32_t *docs = deal_accounts(corpus, order, a);
    size_t n_groups = order->n_groups, n = order->start[n_groups + 1];
    int rc = 0;
    gram_table_init(&totals);
    for (size_t g = 0; g < n_groups; g++) {
        gram_note_lengths(&groups[g], longest);
        for (size_t i = 0; i < groups[g].n; i++) {
            const struct gram *gram = &groups[g].items[i];
            gram_add(&totals, gram->words, gram_length(gram))->n_docs = 1; // it is there
        }
    }
    for (size_t i = 0; !rc && i < n; i++) {
        count_doc(corpus, params, docs[i], longest, &totals);
        if (i % STOP_DOCS == 0)
            rc = stop_check(err);
    }
    for (size_t g = 0; !rc && g < n_groups; g++)
        put_totals(corpus, params, &totals, &groups[g]);
    gram_table_release(&totals);
    return rc;
}

static int rank_groups(const struct phrase_corpus *corpus, const struct doc_order *order,
                       const struct phrase_params *params, const struct group_grams *groups,
                       struct arena *a, struct phrase_list *lists, struct err *err)
{
    size_t n_groups = order->n_groups, from = order->start[n_groups];
    double n = (double)phrase_seen_docs(corpus, params, order->docs + from,
                                        order->start[n_groups + 1] - from); // of no group
    int rc = 0;
    for (size_t g = 0; g < n_groups; g++)
        n += (double)groups[g].n_seen;
    double docs_a_group = n / (double)size_max(n_groups, 1);
    for (size_t g = 0; g < n_groups && !rc; g++) {
        lists[g] = (struct phrase_list){ .n_seen = groups[g].n_seen };
        rc = phrase_rank(corpus, &groups[g], docs_a_group, params, a, &lists[g], err);
        if (!rc)
            rc = stop_check(err);
    }
    return rc;
}

int phrase_find(struct phrase_corpus *corpus, const struct phrase_params *params,
                const uint32_t *parent_of, size_t n_groups, struct arena *a,
                struct phrase_list *lists, struct err *err)
{
    struct arena work = { 0 };
    struct doc_order all, order;
    phrase_corpus_settle(corpus, params);
    phrase_order_docs(corpus, parent_of, n_groups, &work, &all, &order);
    struct group_grams *groups = arena_zero_array(&work, n_groups + 1, sizeof *groups);
    int rc = count_groups(corpus, &order, params, &work, groups, err);
    if (!rc && parent_of)
        rc = phrase_drop_alone(corpus, params, &order, groups, err);
    if (!rc)
        rc = count_totals(corpus, &order, params, groups, &work, err);
    if (!rc)
        rc = rank_groups(corpus, &order, params, groups, a, lists, err);
    if (!rc) {
        find_languages(corpus, &all, params, a, lists);
        rc = phrase_find_subjects(corpus, params, &all, parent_of != NULL, a, lists, err);
    }
    arena_release(&work);
    return rc;
}

// Words of one group that meet the floor, as numbers.
struct shared {
    struct str text; // where floors are noisy, else empty
    uint32_t word, n_supporters;
    int64_t n_seen; // of these, with the noise of their floor
};

static int by_supporters(const void *x, const void *y)
{
    const struct shared *a = x, *b = y;
    if (a->n_seen != b->n_seen)
        return a->n_seen > b->n_seen ? -1 : 1;
    if (a->text.len)
        return str_compare(a->text, b->text); // which came first says who did
    return (a->word > b->word) - (a->word < b->word);
}

// Documents of a group come account by account.
static struct shared *count_words(const struct phrase_corpus *corpus, const uint32_t *docs,
                                  size_t n, const struct phrase_params *params, struct arena *a,
                                  size_t *n_shared)
{
    struct gram_table table;
    gram_table_init(&table);
    for (size_t i = 0; i < n; i++) {
        const struct phrase_doc *doc = &corpus->docs[docs[i]];
        for (size_t j = 0; j < doc->n; j++)
            if (corpus->words[doc->start + j] != WORD_BREAK)
                gram_count_doc(gram_add(&table, &corpus->words[doc->start + j], 1), doc, docs[i],
                               params);
    }
    struct shared *shared = arena_array(a, table.n + 1, sizeof *shared);
    *n_shared = 0;
    for (size_t i = 0; i < table.n_slots; i++) {
        const struct gram *g = &table.slots[i];
        uint32_t n_supporters = params->has_accounts ? g->n_accounts : g->n_docs;
        if (!g->n_docs)
            continue;
        struct str word = corpus->vocabulary.entries[g->words[0]].key;
        int64_t seen;
        if (phrase_shows(params, word, g->people, n_supporters, n_supporters, &seen))
            shared[(*n_shared)++] = (struct shared){ params->noise ? word : STR_LIT(""),
                                                     g->words[0], n_supporters, seen };
    }
    gram_table_release(&table);
    qsort(shared, *n_shared, sizeof *shared, by_supporters);
    return shared;
}

// Whether the scanner finds anything in a word of the vocabulary; each word is looked at once.
enum seen { SEEN_NOT, SEEN_CLEAN, SEEN_PRIVATE };
static int scan_word(const struct phrase_corpus *corpus, uint32_t word, struct scanner *scanner,
                     unsigned char *seen, struct err *err)
{
    struct arena work = { 0 };
    struct scan_span *spans;
    size_t n = 0;
    int rc = 0;
    if (seen[word] != SEEN_NOT)
        return 0;
    if (scanner)
        rc = scan_find(scanner, corpus->vocabulary.entries[word].key, SCAN_PATTERNS | SCAN_PERSONS,
                       &work, &spans, &n, err);
    seen[word] = n ? SEEN_PRIVATE : SEEN_CLEAN;
    arena_release(&work);
    return rc;
}

static int take_words(const struct phrase_corpus *corpus, const struct shared *shared, size_t n,
                      struct scanner *scanner, unsigned char *seen, size_t most, struct arena *a,
                      struct phrase_words *list, struct err *err)
{
    int rc = 0;
    list->items = arena_array(a, size_min(n, most) + 1, sizeof *list->items);
    for (size_t i = 0; !rc && i < n && list->n < most; i++) {
        uint32_t word = shared[i].word;
        enum word_kind kind = corpus->entries[word].kind;
        rc = scan_word(corpus, word, scanner, seen, err);
        if (rc || seen[word] != SEEN_CLEAN)
            continue;
        char shown[2 * WORD_MAX_BYTES];
        size_t len = (size_t)(phrase_put_word(corpus, word, shown) - shown);
        list->items[list->n++] = (struct phrase_word){
            .text = arena_str(a, corpus->vocabulary.entries[word].key),
            .shown = arena_str(a, str_make(shown, len)),
            .n_supporters = shared[i].n_supporters,
            .says_something = kind == WORD_CONTENT || corpus->entries[word].acts,
        };
    }
    return rc;
}

int phrase_shared(struct phrase_corpus *corpus, const struct phrase_params *params,
                  const uint32_t *parent_of, size_t n_groups, size_t most, struct arena *a,
                  struct phrase_words *lists, struct err *err)
{
    struct arena work = { 0 };
    struct doc_order all, order;
    size_t n_shared;
    int rc = 0;
    phrase_corpus_settle(corpus, params);
    phrase_order_docs(corpus, parent_of, n_groups, &work, &all, &order);
    unsigned char *seen = arena_zero(&work, corpus->vocabulary.n + 1);
    memset(lists, 0, n_groups * sizeof *lists);
    for (size_t g = 0; !rc && g < n_groups; g++) {
        const uint32_t *docs = order.docs + order.start[g];
        size_t n = order.start[g + 1] - order.start[g];
        if (!n)
            continue;
        struct arena_mark start = arena_save(&work);
        struct shared *shared = count_words(corpus, docs, n, params, &work, &n_shared);
        rc = take_words(corpus, shared, n_shared, params->scanner, seen, most, a, &lists[g], err);
        arena_rewind(&work, start);
        if (!rc)
            rc = stop_check(err);
    }
    arena_release(&work);
    return rc;
}

struct str phrase_words_line(const struct phrase_words *words, size_t most, struct arena *a)
{
    size_t n = 0, len = 0;
    for (size_t i = 0; i < words->n; i++)
        len += words->items[i].text.len + 2;
    char *all = arena_alloc(a, len + 1);
    struct str line = { all, 0 };
    for (size_t i = 0; i < words->n && n < most; i++)
        if (words->items[i].says_something)
            line.len += (size_t)snprintf(all + line.len, len + 1 - line.len, "%s%.*s",
                                         n++ ? ", " : "", STR_ARG(words->items[i].text));
    return line;
}
