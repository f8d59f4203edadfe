// SPDX-License-Identifier: Apache-2.0
// A parent is named by what its children have in common. A gram that one child alone brings in says
// nothing of the others: "Roman Republic" over nine groups of which one is about Rome. So the
// documents of each parent are walked child by child, and a gram goes when a child has more of it
// than it would by its size. Where floors are noisy children are compared by what is seen of them
// (phrase_seen). Cost: a look-up for each word and phrase length.
#include "base/noise.h"
#include "base/stop.h"
#include "phrase/phrase_int.h"

// A child of share s of its parent may hold this part of a gram's documents: ALONE + s.
#define ALONE 0.5

struct family { // documents of one parent, child by child
    const struct phrase_corpus *corpus;
    const struct phrase_params *params;
    const uint32_t *docs, *child_of; // child_of: of every document
    size_t n;
    int64_t *seen_of_child; // documents of each (phrase_seen_docs), in the order they come
    struct group_grams *group;
};

struct spread { // of one gram; in the child that is walked
    uint32_t last_doc, last_account, child;
    uint32_t n_docs, n_supporters;
    uint64_t people;
    bool alone; // a child has it so
};

// Whether a child has too much of the gram, once its last document was there. Where counts are
// noisy nothing is drawn for what no draw brings there.
static void judge(const struct family *family, const struct gram *g, struct spread *s)
{
    char buffer[GRAM_KEY_BYTES];
    const struct phrase_params *params = family->params;
    int64_t n = params->noise ? s->n_supporters : s->n_docs;
    double reach = params->noise ? NOISE_REACH : 0;
    if (!s->n_docs || s->alone || (double)n + reach <= ALONE * (double)g->n_seen)
        return;
    struct str key = gram_key(family->corpus, g, buffer);
    int64_t seen = phrase_seen(params, key, s->people, s->n_docs, s->n_supporters);
    double size = (double)family->seen_of_child[s->child] / (double)family->group->n_seen;
    s->alone = (double)seen > (ALONE + size) * (double)g->n_seen;
}

static void count_one(const struct family *family, uint32_t i_doc, uint32_t child,
                      const struct gram *g, struct spread *s)
{
    const struct phrase_doc *doc = &family->corpus->docs[i_doc];
    const struct phrase_params *params = family->params;
    if (s->n_docs && s->last_doc == i_doc)
        return;
    if (s->child != child) {
        judge(family, g, s);
        *s = (struct spread){ .child = child, .alone = s->alone };
    }
    bool is_new = phrase_is_new(params, doc, s->last_account);
    s->n_supporters += is_new;
    s->people += is_new ? phrase_person(doc, params) : 0;
    s->last_doc = i_doc;
    s->last_account = doc->account;
    s->n_docs++;
}

// A table that gives each gram of the group its number.
static void number_grams(const struct group_grams *group, struct gram_table *table)
{
    gram_table_clear(table);
    for (size_t i = 0; i < group->n; i++) {
        struct gram *g = gram_add(table, group->items[i].words, gram_length(&group->items[i]));
        g->n_docs = 1;
        g->n_total = (uint32_t)i;
    }
}

static void count_doc(const struct family *family, uint32_t i_doc, uint32_t child,
                      const struct gram_table *table, const unsigned char *longest,
                      struct spread *spread)
{
    const struct phrase_doc *doc = &family->corpus->docs[i_doc];
    const uint32_t *words = family->corpus->words + doc->start;
    for (size_t at = 0; at < doc->n; at++) {
        size_t reach = gram_reach(longest, words + at, doc->n - at);
        for (size_t length = 1; length <= reach; length++) {
            const struct gram *g = gram_find(table, words + at, length);
            if (g)
                count_one(family, i_doc, child, &family->group->items[g->n_total],
                          &spread[g->n_total]);
        }
    }
}

static bool is_next_child(const struct family *family, size_t i)
{
    return i && family->child_of[family->docs[i]] != family->child_of[family->docs[i - 1]];
}

static void see_children(struct family *family)
{
    for (size_t from = 0, end, child = 0; from < family->n; from = end, child++) {
        for (end = from + 1; end < family->n && !is_next_child(family, end);)
            end++;
        family->seen_of_child[child] =
            phrase_seen_docs(family->corpus, family->params, family->docs + from, end - from);
    }
}

static int count_children(const struct family *family, const struct gram_table *table,
                          const unsigned char *longest, struct spread *spread, struct err *err)
{
    uint32_t child = 0;
    int rc = 0;
    for (size_t i = 0; !rc && i < family->n; i++) {
        child += is_next_child(family, i);
        count_doc(family, family->docs[i], child, table, longest, spread);
        if (i % STOP_DOCS == 0)
            rc = stop_check(err);
    }
    return rc;
}

static void drop_alone(const struct family *family, struct spread *spread)
{
    struct group_grams *group = family->group;
    size_t n_kept = 0;
    for (size_t i = 0; i < group->n; i++) {
        judge(family, &group->items[i], &spread[i]);
        if (!spread[i].alone)
            group->items[n_kept++] = group->items[i];
    }
    group->n = n_kept;
}

static int drop_of_family(struct family *family, struct gram_table *table, unsigned char *longest,
                          struct err *err)
{
    struct arena work = { 0 };
    struct group_grams *group = family->group;
    family->seen_of_child = arena_zero_array(&work, family->n + 1, sizeof *family->seen_of_child);
    struct spread *spread = arena_zero_array(&work, group->n + 1, sizeof *spread);
    see_children(family);
    number_grams(group, table);
    gram_note_lengths(group, longest);
    int rc = count_children(family, table, longest, spread, err);
    gram_forget_lengths(group, longest);
    if (!rc)
        drop_alone(family, spread);
    arena_release(&work);
    return rc;
}

// The child that each document is in; returns how many numbers they have.
static size_t find_children(const struct phrase_corpus *corpus, const uint32_t *child_of,
                            uint32_t *child_of_doc)
{
    size_t n = 1;
    for (size_t i = 0; i < corpus->n_docs; i++) {
        uint32_t group = corpus->docs[i].group;
        uint32_t child = group == PHRASE_NO_GROUP ? 0 : child_of ? child_of[group] : group;
        child_of_doc[i] = child == PHRASE_NO_GROUP ? 0 : child;
        n = size_max(n, (size_t)child_of_doc[i] + 1);
    }
    return n;
}

// The documents of `order`, inside each group child by child.
static const uint32_t *deal_children(const struct phrase_corpus *corpus,
                                     const struct doc_order *order, const uint32_t *child_of_doc,
                                     size_t n_children, struct arena *a)
{
    size_t n = order->start[order->n_groups + 1];
    uint32_t *group_of = arena_array(a, corpus->n_docs + 1, sizeof *group_of);
    uint32_t *by_child = arena_array(a, n + 1, sizeof *by_child);
    uint32_t *docs = arena_array(a, n + 1, sizeof *docs);
    for (size_t g = 0; g <= order->n_groups; g++)
        for (size_t i = order->start[g]; i < order->start[g + 1]; i++)
            group_of[order->docs[i]] = (uint32_t)g;
    phrase_deal(child_of_doc, n_children, order->docs, n, by_child, a);
    phrase_deal(group_of, order->n_groups + 1, by_child, n, docs, a);
    return docs;
}

int phrase_drop_alone(const struct phrase_corpus *corpus, const struct phrase_params *params,
                      const struct doc_order *order, struct group_grams *groups, struct err *err)
{
    struct arena work = { 0 };
    struct gram_table table;
    uint32_t *child_of_doc = arena_array(&work, corpus->n_docs + 1, sizeof *child_of_doc);
    unsigned char *longest = arena_zero(&work, corpus->vocabulary.n + 1);
    size_t n_children = find_children(corpus, params->child_of, child_of_doc);
    const uint32_t *docs = deal_children(corpus, order, child_of_doc, n_children, &work);
    int rc = 0;
    gram_table_init(&table);
    for (size_t g = 0; !rc && g < order->n_groups; g++) {
        struct family family = { .corpus = corpus,
                                 .params = params,
                                 .docs = docs + order->start[g],
                                 .child_of = child_of_doc,
                                 .n = order->start[g + 1] - order->start[g],
                                 .group = &groups[g] };
        rc = drop_of_family(&family, &table, longest, err);
    }
    gram_table_release(&table);
    arena_release(&work);
    return rc;
}
