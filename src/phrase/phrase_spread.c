// SPDX-License-Identifier: Apache-2.0
// A parent is named by what its children have in common. A gram that one child alone brings in says
// nothing of the others: "Roman Republic" over nine groups of which one is about Rome. So the
// documents of each parent are walked child by child, and a gram goes when the child that holds it
// most has more of it than it would by its size. Cost: one sort of the documents, and a look-up for
// each word and phrase length.
#include "phrase/phrase_int.h"

#include <stdlib.h>

// A child of share s of its parent may hold this part of a gram's documents: ALONE + s.
#define ALONE 0.5

struct place { // a document by parent and child
    uint32_t parent, child, doc;
};
struct family { // documents of one parent, child by child
    const struct place *places;
    size_t n;
    uint32_t *n_of_child; // documents of each
};

struct spread { // of one gram; children are numbered inside their parent
    uint32_t last_doc, child, n_in_child, n_most, most_child;
};

static int by_child(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    if (a->parent != b->parent)
        return a->parent < b->parent ? -1 : 1;
    if (a->child != b->child)
        return a->child < b->child ? -1 : 1;
    return (a->doc > b->doc) - (a->doc < b->doc);
}

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

static void count_children(const struct phrase_corpus *corpus, const struct family *family,
                           const struct gram_table *table, const unsigned char *longest,
                           struct spread *spread)
{
    uint32_t child = 0;
    for (size_t i = 0; i < family->n; i++) {
        const struct place *place = &family->places[i];
        const struct phrase_doc *doc = &corpus->docs[place->doc];
        const uint32_t *words = corpus->words + doc->start;
        child += i && place->child != place[-1].child;
        family->n_of_child[child]++;
        for (size_t at = 0; at < doc->n; at++) {
            size_t reach = gram_reach(longest, words + at, doc->n - at);
            for (size_t length = 1; length <= reach; length++) {
                const struct gram *g = gram_find(table, words + at, length);
                if (g)
                    count_one(&spread[g->n_total], place->doc, child);
            }
        }
    }
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

void phrase_drop_alone(const struct phrase_corpus *corpus, const uint32_t *docs, size_t n,
                       const uint32_t *parent_of, const uint32_t *child_of,
                       struct group_grams *groups, size_t n_groups)
{
    struct arena work = { 0 };
    struct gram_table table;
    struct place *places = arena_array(&work, n + 1, sizeof *places);
    unsigned char *longest = arena_zero(&work, corpus->vocabulary.n + 1);
    size_t n_places = 0;
    gram_table_init(&table);
    for (size_t i = 0; i < n; i++) {
        uint32_t group = corpus->docs[docs[i]].group;
        if (group != PHRASE_NO_GROUP && parent_of[group] < n_groups)
            places[n_places++] =
                (struct place){ parent_of[group], child_of ? child_of[group] : group, docs[i] };
    }
    if (n_places)
        qsort(places, n_places, sizeof *places, by_child);
    for (size_t at = 0; at < n_places;) {
        struct arena_mark start = arena_save(&work);
        size_t end = at;
        while (end < n_places && places[end].parent == places[at].parent)
            end++;
        struct group_grams *group = &groups[places[at].parent];
        struct family family = { places + at, end - at, NULL };
        family.n_of_child = arena_zero_array(&work, family.n, sizeof *family.n_of_child);
        struct spread *spread = arena_zero_array(&work, group->n + 1, sizeof *spread);
        number_grams(group, &table);
        gram_note_lengths(group, longest);
        count_children(corpus, &family, &table, longest, spread);
        gram_forget_lengths(group, longest);
        drop_alone(&family, spread, group);
        arena_rewind(&work, start);
        at = end;
    }
    gram_table_release(&table);
    arena_release(&work);
}
