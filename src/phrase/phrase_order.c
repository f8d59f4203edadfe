// SPDX-License-Identifier: Apache-2.0
// Orders of the documents that counting goes by. Groups, accounts and children are small numbers,
// so documents are dealt out by them, last number first (a radix sort): a few steps a document,
// however many there are, where comparing would take more for each the more there are.
#include "phrase/phrase_int.h"

#include <string.h>

#define MIN_COPY_WORDS 4 // shorter texts are alike by chance: "tell me a joke"

size_t *phrase_deal(const uint32_t *key_of, size_t n_keys, const uint32_t *in, size_t n,
                    uint32_t *out, struct arena *a)
{
    size_t *start = arena_zero_array(a, n_keys + 1, sizeof *start), sum = 0;
    for (size_t i = 0; i < n; i++)
        start[key_of[in[i]]]++;
    for (size_t k = 0; k <= n_keys; k++) {
        size_t here = start[k];
        start[k] = sum;
        sum += here;
    }
    for (size_t i = 0; i < n; i++)
        out[start[key_of[in[i]]]++] = in[i];
    // Each has moved to where the next one begins.
    for (size_t k = n_keys; k > 0; k--)
        start[k] = start[k - 1];
    start[0] = 0;
    return start;
}

static uint32_t *groups_of(const struct phrase_corpus *corpus, const uint32_t *parent_of,
                           size_t n_groups, struct arena *a)
{
    uint32_t *group_of = arena_array(a, corpus->n_docs + 1, sizeof *group_of);
    for (size_t i = 0; i < corpus->n_docs; i++) {
        uint32_t group = corpus->docs[i].group;
        if (group != PHRASE_NO_GROUP && parent_of)
            group = parent_of[group];
        group_of[i] = group < n_groups ? group : (uint32_t)n_groups;
    }
    return group_of;
}

static struct doc_order by_account(const struct phrase_corpus *corpus, const uint32_t *group_of,
                                   const uint32_t *all, size_t n_groups, struct arena *a)
{
    size_t n = corpus->n_docs;
    uint32_t *docs = arena_array(a, n + 1, sizeof *docs);
    struct arena work = { 0 };
    uint32_t *account_of = arena_array(&work, n + 1, sizeof *account_of);
    uint32_t *dealt = arena_array(&work, n + 1, sizeof *dealt);
    for (size_t i = 0; i < n; i++)
        account_of[i] = corpus->docs[i].account;
    phrase_deal(account_of, corpus->accounts.n + 1, all, n, dealt, &work);
    size_t *start = phrase_deal(group_of, n_groups + 1, dealt, n, docs, a);
    arena_release(&work);
    return (struct doc_order){ docs, start, n_groups };
}

// Marks the documents of one group that repeat the words of an earlier one. `slots` is a power of
// two, twice as many as there are documents or more.
static void mark_copies(const struct phrase_corpus *corpus, const uint32_t *docs, size_t n,
                        uint32_t *slots, size_t n_slots, unsigned char *is_copy)
{
    memset(slots, 0, n_slots * sizeof *slots);
    for (size_t i = 0; i < n; i++) {
        const struct phrase_doc *doc = &corpus->docs[docs[i]];
        size_t at = (size_t)(doc->hash ^ doc->hash >> 32) & (n_slots - 1);
        if (!doc->n)
            continue;
        while (slots[at] && corpus->docs[slots[at] - 1].hash != doc->hash)
            at = (at + 1) & (n_slots - 1);
        if (slots[at])
            is_copy[docs[i]] = doc->n_first >= MIN_COPY_WORDS;
        else
            slots[at] = docs[i] + 1;
    }
}

static unsigned char *find_copies(const struct phrase_corpus *corpus, const uint32_t *group_of,
                                  const uint32_t *all, size_t n_groups, struct arena *a)
{
    size_t n = corpus->n_docs, most = 0, room = 1;
    unsigned char *is_copy = arena_zero(a, n + 1);
    uint32_t *docs = arena_array(a, n + 1, sizeof *docs);
    size_t *start = phrase_deal(group_of, n_groups + 1, all, n, docs, a);
    for (size_t g = 0; g <= n_groups; g++)
        most = size_max(most, start[g + 1] - start[g]);
    while (room < 2 * most)
        room *= 2;
    uint32_t *slots = arena_array(a, room, sizeof *slots);
    for (size_t g = 0; g <= n_groups; g++) {
        size_t n_here = start[g + 1] - start[g], n_slots = 1;
        while (n_slots < 2 * n_here)
            n_slots *= 2;
        mark_copies(corpus, docs + start[g], n_here, slots, n_slots, is_copy);
    }
    return is_copy;
}

// Those of `all` that have words and are no copies.
static struct doc_order without_copies(const struct phrase_corpus *corpus,
                                       const struct doc_order *all, const unsigned char *is_copy,
                                       struct arena *a)
{
    struct doc_order kept = { .n_groups = all->n_groups };
    size_t n = 0;
    kept.docs = arena_array(a, corpus->n_docs + 1, sizeof *kept.docs);
    kept.start = arena_array(a, all->n_groups + 2, sizeof *kept.start);
    for (size_t g = 0; g <= all->n_groups; g++) {
        kept.start[g] = n;
        for (size_t i = all->start[g]; i < all->start[g + 1]; i++)
            if (corpus->docs[all->docs[i]].n && !is_copy[all->docs[i]])
                kept.docs[n++] = all->docs[i];
    }
    kept.start[all->n_groups + 1] = n;
    return kept;
}

void phrase_order_docs(const struct phrase_corpus *corpus, const uint32_t *parent_of,
                       size_t n_groups, struct arena *a, struct doc_order *all,
                       struct doc_order *distinct)
{
    struct arena work = { 0 };
    uint32_t *group_of = groups_of(corpus, parent_of, n_groups, &work);
    uint32_t *in_order = arena_array(&work, corpus->n_docs + 1, sizeof *in_order);
    for (size_t i = 0; i < corpus->n_docs; i++)
        in_order[i] = (uint32_t)i;
    *all = by_account(corpus, group_of, in_order, n_groups, a);
    *distinct =
        without_copies(corpus, all, find_copies(corpus, group_of, in_order, n_groups, &work), a);
    arena_release(&work);
}
