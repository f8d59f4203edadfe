// SPDX-License-Identifier: Apache-2.0
// A parent is named by what its children have in common. A gram that one child alone brings in says
// nothing of the others: "Roman Republic" over nine groups of which one is about Rome. So the
// documents of each parent are walked child by child, and a gram goes when the child that holds it
// most has more of it than it would by its size. Cost: a look-up for each word and phrase length.
#include "base/stop.h"
#include "phrase/phrase_int.h"

// A child of share s of its parent may hold this part of a gram's documents: ALONE + s.
#define ALONE 0.5

struct family {                      // documents of one parent, child by child
    const uint32_t *docs, *child_of; // child_of: of every document
    size_t n;
    uint32_t *n_of_child; // documents of each
};

struct spread { // of one gram; children are numbered inside their parent
    uint32_t last_doc, child, n_in_child, n_most, most_child;
};

static void count_one(struct spread *s, uint32_t doc, uint32_t child)
{
    if (s->n_in_child && s->last_doc == doc)
        return;
    if (s->child != child)
        s->n_in_child = 0;
    s->last_doc = doc;
    s->child = child;
    if (++s->n_in_child > s->n_most) {
        s->n_most = s->n_in_child;
        s->most_child = s->child;
    }
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

static void count_doc(const struct phrase_corpus *corpus, uint32_t i_doc, uint32_t child,
                      const struct gram_table *table, const unsigned char *longest,
                      struct spread *spread)
{
    const struct phrase_doc *doc = &corpus->docs[i_doc];
    const uint32_t *words = corpus->words + doc->start;
    for (size_t at = 0; at < doc->n; at++) {
        size_t reach = gram_reach(longest, words + at, doc->n - at);
        for (size_t length = 1; length <= reach; length++) {
            const struct gram *g = gram_find(table, words + at, length);
            if (g)
                count_one(&spread[g->n_total], i_doc, child);
        }
    }
}

static int count_children(const struct phrase_corpus *corpus, const struct family *family,
                          const struct gram_table *table, const unsigned char *longest,
                          struct spread *spread, struct err *err)
{
    const uint32_t *docs = family->docs, *child_of = family->child_of;
    uint32_t child = 0;
    int rc = 0;
    for (size_t i = 0; !rc && i < family->n; i++) {
        child += i && child_of[docs[i]] != child_of[docs[i - 1]];
        family->n_of_child[child]++;
        count_doc(corpus, docs[i], child, table, longest, spread);
        if (i % STOP_DOCS == 0)
            rc = stop_check(err);
    }
    return rc;
}

static void drop_alone(const struct family *family, const struct spread *spread,
                       struct group_grams *group)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < group->n; i++) {
        double size = (double)family->n_of_child[spread[i].most_child] / (double)family->n;
        double allowed = ALONE + size;
        if ((double)spread[i].n_most <= allowed * (double)group->items[i].n_docs)
            group->items[n_kept++] = group->items[i];
    }
    group->n = n_kept;
}

static int drop_of_family(const struct phrase_corpus *corpus, struct family *family,
                          struct gram_table *table, unsigned char *longest,
                          struct group_grams *group, struct err *err)
{
    struct arena work = { 0 };
    family->n_of_child = arena_zero_array(&work, family->n + 1, sizeof *family->n_of_child);
    struct spread *spread = arena_zero_array(&work, group->n + 1, sizeof *spread);
    number_grams(group, table);
    gram_note_lengths(group, longest);
    int rc = count_children(corpus, family, table, longest, spread, err);
    gram_forget_lengths(group, longest);
    if (!rc)
        drop_alone(family, spread, group);
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

int phrase_drop_alone(const struct phrase_corpus *corpus, const struct doc_order *order,
                      const uint32_t *child_of, struct group_grams *groups, struct err *err)
{
    struct arena work = { 0 };
    struct gram_table table;
    uint32_t *child_of_doc = arena_array(&work, corpus->n_docs + 1, sizeof *child_of_doc);
    unsigned char *longest = arena_zero(&work, corpus->vocabulary.n + 1);
    size_t n_children = find_children(corpus, child_of, child_of_doc);
    const uint32_t *docs = deal_children(corpus, order, child_of_doc, n_children, &work);
    int rc = 0;
    gram_table_init(&table);
    for (size_t g = 0; !rc && g < order->n_groups; g++) {
        struct family family = { docs + order->start[g], child_of_doc,
                                 order->start[g + 1] - order->start[g], NULL };
        rc = drop_of_family(corpus, &family, &table, longest, &groups[g], err);
    }
    gram_table_release(&table);
    arena_release(&work);
    return rc;
}
