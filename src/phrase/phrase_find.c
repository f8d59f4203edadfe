// SPDX-License-Identifier: Apache-2.0
// From the corpus to released phrases of each group: near-copies out, grams counted group by group,
// their totals over the whole corpus in one more pass, then ranked. Cost: a few table look-ups for
// each word and phrase length; memory: the documents' word numbers, one group's tables, and the
// grams that may be released.
#include "base/noise.h"
#include "base/stop.h"
#include "phrase/phrase_int.h"
#include "scan/scan.h"
#include "scan/sensitive.h"

#include <stdio.h>
#include <stdlib.h>

#define KEY_BYTES (PHRASE_MAX_WORDS * (WORD_MAX_BYTES + 9))
#define MIN_COPY_WORDS 4 // shorter texts are alike by chance: "tell me a joke"

struct ordered {
    uint64_t hash;
    uint32_t group, account, doc;
    bool is_copy;
};

static int by_hash(const void *x, const void *y)
{
    const struct ordered *a = x, *b = y;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    return (a->doc > b->doc) - (a->doc < b->doc);
}

static int by_account(const void *x, const void *y)
{
    const struct ordered *a = x, *b = y;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->account != b->account)
        return a->account < b->account ? -1 : 1;
    return (a->doc > b->doc) - (a->doc < b->doc);
}

static uint32_t group_of(const struct phrase_doc *doc, const uint32_t *parent_of)
{
    if (doc->group == PHRASE_NO_GROUP || !parent_of)
        return doc->group;
    return parent_of[doc->group];
}

// Documents by group and account, without those that repeat the words of an earlier one.
static struct ordered *order_docs(const struct phrase_corpus *corpus, const uint32_t *parent_of,
                                  struct arena *a, size_t *n)
{
    struct ordered *list = arena_array(a, corpus->n_docs + 1, sizeof *list);
    size_t n_all = 0;
    *n = 0;
    for (uint32_t i = 0; i < corpus->n_docs; i++) {
        const struct phrase_doc *doc = &corpus->docs[i];
        if (doc->n)
            list[n_all++] =
                (struct ordered){ doc->hash, group_of(doc, parent_of), doc->account, i, false };
    }
    qsort(list, n_all, sizeof *list, by_hash);
    for (size_t i = 1; i < n_all; i++)
        list[i].is_copy = list[i].group == list[i - 1].group && list[i].hash == list[i - 1].hash &&
                          corpus->docs[list[i].doc].n_first >= MIN_COPY_WORDS;
    for (size_t i = 0; i < n_all; i++)
        if (!list[i].is_copy)
            list[(*n)++] = list[i];
    qsort(list, *n, sizeof *list, by_account);
    return list;
}

// Documents by group, language and account, with near-copies: every conversation has a language.
static int by_language(const void *x, const void *y)
{
    const struct phrase_doc *a = x, *b = y;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->language != b->language)
        return a->language < b->language ? -1 : 1;
    return (a->account > b->account) - (a->account < b->account);
}

// The language of most conversations of each group, where enough accounts write in it.
static void find_languages(const struct phrase_corpus *corpus, const uint32_t *parent_of,
                           const struct phrase_params *params, size_t n_groups,
                           struct phrase_list *lists)
{
    struct arena work = { 0 };
    size_t n = corpus->n_docs;
    struct phrase_doc *docs = arena_array(&work, n + 1, sizeof *docs);
    uint32_t *n_in_group = arena_zero_array(&work, n_groups + 1, sizeof *n_in_group);
    for (size_t i = 0; i < n; i++) {
        docs[i] = corpus->docs[i];
        docs[i].group = group_of(&docs[i], parent_of);
        if (docs[i].group < n_groups)
            n_in_group[docs[i].group]++;
    }
    if (n)
        qsort(docs, n, sizeof *docs, by_language);
    for (size_t at = 0; at < n;) {
        size_t end = at, n_accounts = 0;
        for (; end < n && docs[end].group == docs[at].group &&
               docs[end].language == docs[at].language;
             end++)
            n_accounts +=
                docs[end].account && (end == at || docs[end].account != docs[end - 1].account);
        size_t supports = params->has_accounts ? n_accounts : end - at;
        if (docs[at].group < n_groups && docs[at].language &&
            (int64_t)supports >= phrase_floor(params) &&
            5 * (end - at) >= 3 * (size_t)n_in_group[docs[at].group])
            lists[docs[at].group].language = corpus->languages.entries[docs[at].language - 1].key;
        at = end;
    }
    arena_release(&work);
}

static void count_groups(const struct phrase_corpus *corpus, const struct ordered *list,
                         const uint32_t *docs, size_t n, const struct phrase_params *params,
                         size_t n_groups, struct arena *a, struct group_grams *groups)
{
    struct gram_tables tables = { .common = arena_zero(a, corpus->vocabulary.n + 1) };
    gram_table_init(&tables.of[0]);
    gram_table_init(&tables.of[1]);
    for (size_t at = 0; at < n && !stop_asked();) {
        size_t end = at;
        while (end < n && list[end].group == list[at].group)
            end++;
        if (list[at].group < n_groups) {
            struct group_grams *g = &groups[list[at].group];
            g->n_docs = end - at;
            g->items = gram_count(corpus, docs + at, end - at, params, &tables, a, &g->n);
        }
        at = end;
    }
    gram_table_release(&tables.of[0]);
    gram_table_release(&tables.of[1]);
}

// How many documents of all groups hold each gram.
static void count_totals(const struct phrase_corpus *corpus, const uint32_t *docs, size_t n,
                         struct group_grams *groups, size_t n_groups, struct arena *a)
{
    struct gram_table totals;
    unsigned char *longest = arena_zero(a, corpus->vocabulary.n + 1);
    gram_table_init(&totals);
    for (size_t g = 0; g < n_groups; g++) {
        gram_note_lengths(&groups[g], longest);
        for (size_t i = 0; i < groups[g].n; i++) {
            const struct gram *gram = &groups[g].items[i];
            gram_add(&totals, gram->words, gram_length(gram))->n_docs = 1;
        }
    }
    for (size_t i = 0; i < n; i++) {
        const struct phrase_doc *doc = &corpus->docs[docs[i]];
        const uint32_t *words = corpus->words + doc->start;
        for (size_t at = 0; at < doc->n; at++) {
            size_t reach = gram_reach(longest, words + at, doc->n - at);
            for (size_t length = 1; length <= reach; length++) {
                struct gram *gram = gram_find(&totals, words + at, length);
                if (gram && gram->last_doc != docs[i]) {
                    gram->last_doc = docs[i];
                    gram->n_total++;
                }
            }
        }
    }
    for (size_t g = 0; g < n_groups; g++)
        for (size_t i = 0; i < groups[g].n; i++) {
            struct gram *gram = &groups[g].items[i];
            gram->n_total = gram_find(&totals, gram->words, gram_length(gram))->n_total;
        }
    gram_table_release(&totals);
}

bool phrase_meets(const struct phrase_params *params, struct str key, uint64_t people, int64_t n,
                  int64_t floor)
{
    if (params->noise && sensitive_has(key))
        return noise_meets_wide_floor(params->noise, people, n,
                                      floor > SENSITIVE_FLOOR ? floor : SENSITIVE_FLOOR,
                                      SENSITIVE_SCALE);
    return noise_meets_floor(params->noise, people, n, floor);
}

bool phrase_meets_floor(const struct phrase_params *params, struct str key, uint64_t people,
                        int64_t n)
{
    return phrase_meets(params, key, people, n, phrase_floor(params));
}

// Without the grams that the noise of their floor hides.
static void drop_hidden(const struct phrase_corpus *corpus, const struct phrase_params *params,
                        struct group_grams *group)
{
    char key[KEY_BYTES];
    size_t n_kept = 0;
    for (size_t i = 0; i < group->n; i++) {
        const struct gram *gram = &group->items[i];
        size_t len = 0;
        for (size_t j = 0; j < gram_length(gram); j++) {
            struct str word = corpus->vocabulary.entries[gram->words[j]].key;
            assert(len + word.len + 1 <= sizeof key);
            if (j)
                key[len++] = ' ';
            memcpy(key + len, word.ptr, word.len);
            len += word.len;
        }
        int64_t n = params->has_accounts ? gram->n_accounts : gram->n_docs;
        if (phrase_meets_floor(params, str_make(key, len), gram->people, n))
            group->items[n_kept++] = *gram;
    }
    group->n = n_kept;
}

int phrase_find(struct phrase_corpus *corpus, const struct phrase_params *params,
                const uint32_t *parent_of, size_t n_groups, struct arena *a,
                struct phrase_list *lists, struct err *err)
{
    struct arena work = { 0 };
    size_t n;
    phrase_corpus_unite(corpus);
    struct ordered *list = order_docs(corpus, parent_of, &work, &n);
    uint32_t *docs = arena_array(&work, n + 1, sizeof *docs);
    for (size_t i = 0; i < n; i++)
        docs[i] = list[i].doc;
    struct group_grams *groups = arena_zero_array(&work, n_groups + 1, sizeof *groups);
    count_groups(corpus, list, docs, n, params, n_groups, &work, groups);
    int rc = stop_check(err); // then groups were left out
    for (size_t g = 0; !rc && params->noise && g < n_groups; g++)
        drop_hidden(corpus, params, &groups[g]);
    if (!rc && parent_of)
        phrase_drop_alone(corpus, docs, n, parent_of, params->child_of, groups, n_groups);
    if (!rc)
        count_totals(corpus, docs, n, groups, n_groups, &work);
    for (size_t g = 0; g < n_groups && !rc; g++) {
        lists[g] = (struct phrase_list){ .n_counted = (int64_t)groups[g].n_docs };
        rc = phrase_rank(corpus, groups[g].items, groups[g].n, groups[g].n_docs,
                         (double)n / (double)size_max(n_groups, 1), params, a, &lists[g], err);
        if (!rc)
            rc = stop_check(err);
    }
    if (!rc) {
        find_languages(corpus, parent_of, params, n_groups, lists);
        phrase_find_subjects(corpus, params, parent_of, n_groups, a, lists);
    }
    for (size_t g = 0; !rc && g < n_groups; g++)
        lists[g].language = arena_str(a, lists[g].language);
    arena_release(&work);
    return rc;
}

// Words of one group that meet the floor, as numbers.
struct shared {
    uint32_t word;
    uint32_t n_supporters;
};

static int by_supporters(const void *x, const void *y)
{
    const struct shared *a = x, *b = y;
    if (a->n_supporters != b->n_supporters)
        return a->n_supporters > b->n_supporters ? -1 : 1;
    return (a->word > b->word) - (a->word < b->word); // in the order they came
}

// Documents of a group come account by account.
static struct shared *count_words(const struct phrase_corpus *corpus, const struct ordered *list,
                                  size_t n, const struct phrase_params *params, struct arena *a,
                                  size_t *n_shared)
{
    struct gram_table table;
    gram_table_init(&table);
    for (size_t i = 0; i < n; i++) {
        const struct phrase_doc *doc = &corpus->docs[list[i].doc];
        for (size_t j = 0; j < doc->n; j++)
            if (corpus->words[doc->start + j] != WORD_BREAK)
                gram_count_doc(gram_add(&table, &corpus->words[doc->start + j], 1), doc,
                               list[i].doc, params);
    }
    struct shared *shared = arena_array(a, table.n + 1, sizeof *shared);
    *n_shared = 0;
    for (size_t i = 0; i < table.n_slots; i++) {
        const struct gram *g = &table.slots[i];
        uint32_t n_supporters = params->has_accounts ? g->n_accounts : g->n_docs;
        if (!g->n_docs)
            continue;
        struct str word = corpus->vocabulary.entries[g->words[0]].key;
        if (phrase_meets_floor(params, word, g->people, n_supporters))
            shared[(*n_shared)++] = (struct shared){ g->words[0], n_supporters };
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
        if (!rc && seen[word] == SEEN_CLEAN)
            list->items[list->n++] =
                (struct phrase_word){ arena_str(a, corpus->vocabulary.entries[word].key),
                                      shared[i].n_supporters,
                                      kind == WORD_CONTENT || corpus->entries[word].acts };
    }
    return rc;
}

int phrase_shared(struct phrase_corpus *corpus, const struct phrase_params *params,
                  const uint32_t *parent_of, size_t n_groups, size_t most, struct arena *a,
                  struct phrase_words *lists, struct err *err)
{
    struct arena work = { 0 };
    size_t n, n_shared;
    int rc = 0;
    phrase_corpus_unite(corpus);
    struct ordered *list = order_docs(corpus, parent_of, &work, &n);
    unsigned char *seen = arena_zero(&work, corpus->vocabulary.n + 1);
    memset(lists, 0, n_groups * sizeof *lists);
    for (size_t at = 0, end; !rc && at < n; at = end) {
        for (end = at; end < n && list[end].group == list[at].group;)
            end++;
        if (list[at].group >= n_groups)
            continue;
        struct arena_mark start = arena_save(&work);
        struct shared *shared = count_words(corpus, list + at, end - at, params, &work, &n_shared);
        rc = take_words(corpus, shared, n_shared, params->scanner, seen, most, a,
                        &lists[list[at].group], err);
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
