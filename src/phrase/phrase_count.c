// SPDX-License-Identifier: Apache-2.0
// Counting grams of one group by distinct conversations and distinct accounts, level by level: a
// gram of n words is counted only when both grams of n - 1 words in it meet the floor (as in
// Apriori, Agrawal and Srikant 1994), so memory is bounded by what can be released and not by what
// people wrote. Counts are exact: documents come account by account, and a gram remembers the last
// account and document that it saw.
#include "base/noise.h"
#include "phrase/phrase_int.h"

#include <stdlib.h>

#define FEWEST_SLOTS ((size_t)1024)
#define MANY_FREE ((size_t)32) // slots a gram: too large for the groups that come

void gram_table_init(struct gram_table *t)
{
    *t = (struct gram_table){ .n_slots = FEWEST_SLOTS };
    t->slots = calloc(t->n_slots, sizeof *t->slots);
    if (!t->slots)
        BUG("out of memory");
}

void gram_table_release(struct gram_table *t)
{
    free(t->slots);
    *t = (struct gram_table){ 0 };
}

void gram_table_clear(struct gram_table *t)
{
    if (t->n_slots > FEWEST_SLOTS && t->n < t->n_slots / MANY_FREE) {
        gram_table_release(t);
        gram_table_init(t);
    } else if (t->n) {
        memset(t->slots, 0, t->n_slots * sizeof *t->slots);
    }
    t->n = 0;
}

static size_t hash_words(const uint32_t words[PHRASE_MAX_WORDS])
{
    uint64_t h = 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < PHRASE_MAX_WORDS; i++) {
        h = (h ^ words[i]) * 0xBF58476D1CE4E5B9u;
        h ^= h >> 29;
    }
    return (size_t)h;
}

static void fill_key(uint32_t key[PHRASE_MAX_WORDS], const uint32_t *words, size_t n)
{
    for (size_t i = 0; i < PHRASE_MAX_WORDS; i++)
        key[i] = i < n ? words[i] : WORD_BREAK;
}

static struct gram *probe(const struct gram_table *t, const uint32_t key[PHRASE_MAX_WORDS])
{
    size_t at = hash_words(key) & (t->n_slots - 1);
    while (t->slots[at].n_docs && memcmp(t->slots[at].words, key, sizeof t->slots[at].words) != 0)
        at = (at + 1) & (t->n_slots - 1);
    return &t->slots[at];
}

struct gram *gram_find(const struct gram_table *t, const uint32_t *words, size_t n)
{
    uint32_t key[PHRASE_MAX_WORDS];
    fill_key(key, words, n);
    struct gram *g = probe(t, key);
    return g->n_docs ? g : NULL;
}

static void grow(struct gram_table *t)
{
    struct gram_table larger = { .n = t->n, .n_slots = t->n_slots * 2 };
    larger.slots = calloc(larger.n_slots, sizeof *larger.slots);
    if (!larger.slots)
        BUG("out of memory");
    for (size_t i = 0; i < t->n_slots; i++)
        if (t->slots[i].n_docs)
            *probe(&larger, t->slots[i].words) = t->slots[i];
    free(t->slots);
    *t = larger;
}

struct gram *gram_add(struct gram_table *t, const uint32_t *words, size_t n)
{
    uint32_t key[PHRASE_MAX_WORDS];
    if (t->n * 2 >= t->n_slots)
        grow(t);
    fill_key(key, words, n);
    struct gram *g = probe(t, key);
    if (!g->n_docs) {
        memcpy(g->words, key, sizeof key);
        g->last_doc = UINT32_MAX;
        t->n++;
    }
    return g;
}

int64_t phrase_floor(const struct phrase_params *params)
{
    if (params->has_accounts || params->min_accounts > params->min_conversations)
        return params->min_accounts;
    return params->min_conversations;
}

// Whether the gram could stand as a phrase: it begins and ends well, and holds something.
static bool reads_well(const struct phrase_corpus *corpus, const struct gram *g)
{
    size_t n = gram_length(g), n_content = 0, n_characters = 0;
    enum word_kind first = corpus->entries[g->words[0]].kind;
    enum word_kind last = corpus->entries[g->words[n - 1]].kind;
    for (size_t i = 0; i < n; i++) {
        n_content += corpus->entries[g->words[i]].kind == WORD_CONTENT;
        n_characters += corpus->entries[g->words[i]].kind == WORD_CHARACTER;
        for (size_t j = 0; j < i && !n_characters; j++)
            if (corpus->entries[g->words[i]].stem == corpus->entries[g->words[j]].stem)
                return false;
    }
    if (n_characters)
        return n_characters == n && n > 1;
    if (!n_content) // only the request: for groups that share nothing else
        return n == 1 && corpus->entries[g->words[0]].acts;
    return first != WORD_FUNCTION && last == WORD_CONTENT;
}

uint64_t phrase_person(const struct phrase_doc *doc, const struct phrase_params *params)
{
    return params->has_accounts ? doc->person : doc->hash;
}

bool phrase_is_new(const struct phrase_params *params, const struct phrase_doc *doc,
                   uint32_t last_account)
{
    return !params->has_accounts || (doc->account && doc->account != last_account);
}

bool gram_has_new(const struct gram *g, const struct phrase_doc *doc, uint32_t i,
                  const struct phrase_params *params)
{
    return g->last_doc != i && phrase_is_new(params, doc, g->last_account);
}

void gram_count_doc(struct gram *g, const struct phrase_doc *doc, uint32_t i,
                    const struct phrase_params *params)
{
    if (g->last_doc == i)
        return;
    if (gram_has_new(g, doc, i, params))
        g->people += phrase_person(doc, params);
    g->n_accounts += doc->account && g->last_account != doc->account;
    g->last_doc = i;
    g->last_account = doc->account;
    g->n_docs++;
}

void gram_tables_init(struct gram_tables *tables, const struct phrase_corpus *corpus,
                      struct arena *a)
{
    size_t n = corpus->vocabulary.n + 1;
    *tables = (struct gram_tables){
        .common = arena_zero(a, n),
        .seen = arena_zero_array(a, n, sizeof *tables->seen),
        .words = arena_array(a, n, sizeof *tables->words),
    };
    gram_table_init(&tables->of[0]);
    gram_table_init(&tables->of[1]);
}

void gram_tables_release(struct gram_tables *tables)
{
    gram_table_release(&tables->of[0]);
    gram_table_release(&tables->of[1]);
}

static bool can_be_phrase(const struct gram *g, const struct gram_tables *tables,
                          const struct phrase_params *params)
{
    uint32_t n = params->has_accounts ? g->n_accounts : g->n_docs;
    return (double)(params->noise ? n : g->n_docs) >= tables->least &&
           (int64_t)n >= phrase_floor(params);
}

// Both shorter grams inside can be phrases. One byte a word says so of single words, and rules out
// nearly all longer grams before a table is looked into.
static bool can_be_longer(const uint32_t *words, size_t n, const struct gram_tables *tables,
                          const struct phrase_params *params)
{
    const struct gram_table *shorter = &tables->of[(n + 1) % 2];
    for (size_t i = 0; i < n; i++)
        if (words[i] == WORD_BREAK || !tables->common[words[i]])
            return false;
    if (n <= 2)
        return true;
    const struct gram *head = gram_find(shorter, words, n - 1);
    const struct gram *tail = gram_find(shorter, words + 1, n - 1);
    return head && tail && can_be_phrase(head, tables, params) &&
           can_be_phrase(tail, tables, params);
}

static void count_level(const struct phrase_corpus *corpus, const uint32_t *docs, size_t n_docs,
                        size_t length, const struct phrase_params *params,
                        struct gram_tables *tables)
{
    struct gram_table *into = &tables->of[length % 2];
    gram_table_clear(into);
    for (size_t i = 0; i < n_docs; i++) {
        const struct phrase_doc *doc = &corpus->docs[docs[i]];
        const uint32_t *words = corpus->words + doc->start;
        for (size_t at = 0; at + length <= doc->n; at++)
            if (can_be_longer(words + at, length, tables, params)) {
                struct gram *g = gram_add(into, words + at, length);
                uint32_t next = at + length < doc->n ? words[at + length] : WORD_BREAK;
                bool is_first =
                    params->noise ? gram_has_new(g, doc, docs[i], params) : g->last_doc != docs[i];
                g->n_goes_on +=
                    is_first && next != WORD_BREAK && corpus->entries[next].kind == WORD_CONTENT;
                gram_count_doc(g, doc, docs[i], params);
            }
    }
}

static void see_words(const struct phrase_corpus *corpus, uint32_t i_doc,
                      struct gram_tables *tables)
{
    const struct phrase_doc *doc = &corpus->docs[i_doc];
    const uint32_t *words = corpus->words + doc->start;
    for (size_t i = 0; i < doc->n; i++) {
        struct word_seen *seen = words[i] == WORD_BREAK ? NULL : &tables->seen[words[i]];
        if (!seen || seen->last_doc == i_doc + 1)
            continue;
        if (!seen->n_docs++)
            tables->words[tables->n_words++] = words[i];
        seen->last_doc = i_doc + 1;
    }
}

// Marks the words that enough documents have: nearly all others are seldom, and no phrase has one.
// Where floors are noisy so is the share that it takes, which gram_keep_fit looks at: here only
// what no draw brings there goes.
static void mark_frequent(const struct phrase_corpus *corpus, const uint32_t *docs, size_t n_docs,
                          const struct phrase_params *params, struct gram_tables *tables)
{
    tables->n_words = 0;
    tables->least = GRAM_LEAST_SHARE * (double)phrase_seen_docs(corpus, params, docs, n_docs) -
                    (params->noise ? NOISE_REACH : 0);
    for (size_t i = 0; i < n_docs; i++)
        see_words(corpus, docs[i], tables);
    for (size_t i = 0; i < tables->n_words; i++) {
        uint32_t word = tables->words[i], n = tables->seen[word].n_docs;
        tables->common[word] = (double)n >= tables->least && (int64_t)n >= phrase_floor(params);
        tables->seen[word] = (struct word_seen){ 0 };
    }
}

// Single words that enough accounts have keep their mark.
static void keep_common(const struct phrase_params *params, struct gram_tables *tables)
{
    for (size_t i = 0; i < tables->n_words; i++) {
        unsigned char *common = &tables->common[tables->words[i]];
        const struct gram *g = *common ? gram_find(&tables->of[1], &tables->words[i], 1) : NULL;
        *common = g && can_be_phrase(g, tables, params);
    }
}

void gram_note_lengths(const struct group_grams *group, unsigned char *longest)
{
    for (size_t i = 0; i < group->n; i++) {
        size_t n = gram_length(&group->items[i]);
        unsigned char *most = &longest[group->items[i].words[0]];
        *most = (unsigned char)size_max(*most, n);
    }
}

void gram_forget_lengths(const struct group_grams *group, unsigned char *longest)
{
    for (size_t i = 0; i < group->n; i++)
        longest[group->items[i].words[0]] = 0;
}

static int by_words(const void *x, const void *y)
{
    const struct gram *a = x, *b = y;
    for (size_t i = 0; i < PHRASE_MAX_WORDS; i++)
        if (a->words[i] != b->words[i])
            return a->words[i] < b->words[i] ? -1 : 1;
    return 0;
}

static void collect(const struct phrase_corpus *corpus, const struct gram_table *t,
                    const struct phrase_params *params, const struct gram_tables *tables,
                    struct arena *a, struct gram **grams, size_t *n_grams)
{
    size_t n_new = 0;
    for (size_t i = 0; i < t->n_slots; i++)
        n_new += t->slots[i].n_docs && can_be_phrase(&t->slots[i], tables, params);
    if (!n_new)
        return;
    *grams = arena_grow(a, *grams, *n_grams * sizeof **grams, (*n_grams + n_new) * sizeof **grams);
    for (size_t i = 0; i < t->n_slots; i++)
        if (t->slots[i].n_docs && can_be_phrase(&t->slots[i], tables, params) &&
            reads_well(corpus, &t->slots[i]))
            (*grams)[(*n_grams)++] = t->slots[i];
}

struct gram *gram_count(const struct phrase_corpus *corpus, const uint32_t *docs, size_t n_docs,
                        const struct phrase_params *params, struct gram_tables *tables,
                        struct arena *a, size_t *n_grams)
{
    struct gram *grams = NULL;
    *n_grams = 0;
    mark_frequent(corpus, docs, n_docs, params, tables);
    for (size_t length = 1; length <= PHRASE_MAX_WORDS; length++) {
        count_level(corpus, docs, n_docs, length, params, tables);
        if (length == 1)
            keep_common(params, tables);
        collect(corpus, &tables->of[length % 2], params, tables, a, &grams, n_grams);
    }
    for (size_t i = 0; i < tables->n_words; i++)
        tables->common[tables->words[i]] = 0;
    if (*n_grams)
        qsort(grams, *n_grams, sizeof *grams, by_words);
    return grams;
}
