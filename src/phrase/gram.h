// SPDX-License-Identifier: Apache-2.0
// Phrases as word numbers, and tables of what was counted of them. Private to phrase/.
#ifndef PHRASE_GRAM_H
#define PHRASE_GRAM_H

#include "phrase/phrase.h"

struct phrase_doc;

#define WORD_BREAK UINT32_MAX // in phrase_doc words: a phrase may not reach across

// A phrase as word numbers, unused places WORD_BREAK, and what was counted of it.
struct gram {
    uint32_t words[PHRASE_MAX_WORDS];
    uint32_t last_doc, last_account; // of counting; documents come account by account
    uint32_t n_docs, n_accounts;
    uint32_t n_total; // of all groups, in the unit of n_seen
    union {
        uint32_t n_goes_on; // while it is counted: documents in which a content word follows it at
                            // once, where first seen; supporters where floors are noisy
        uint32_t n_seen;    // from gram_keep_fit on: phrase_seen of its counts
    };
    uint64_t people; // who supports it (noise_person)
};
struct gram_table { // open addressing; a slot with n_docs 0 is free
    struct gram *slots;
    size_t n, n_slots;
};
void gram_table_init(struct gram_table *t);
void gram_table_release(struct gram_table *t);
void gram_table_clear(struct gram_table *t); // gives room back that its last group had no use for
struct word_seen {                           // of one word in a group
    uint32_t last_doc, n_docs;               // last_doc: one more than its number
};
struct gram_tables {         // what gram_count works with, kept from group to group
    struct gram_table of[2]; // odd and even lengths
    unsigned char *common;   // by word: it can be in a phrase of this group; all 0 between groups
    struct word_seen *seen;  // by word; all 0 between groups
    uint32_t *words;         // the group's
    size_t n_words;
    double least; // documents that a phrase of the group has; supporters where floors are noisy
};
void gram_tables_init(struct gram_tables *tables, const struct phrase_corpus *corpus,
                      struct arena *a);
void gram_tables_release(struct gram_tables *tables);
struct gram *gram_find(const struct gram_table *t, const uint32_t *words, size_t n);
struct gram *gram_add(struct gram_table *t, const uint32_t *words, size_t n);
// Whether a document is of a new supporter; those of a count come account by account.
// last_account: of the document before, 0 where there is none.
bool phrase_is_new(const struct phrase_params *params, const struct phrase_doc *doc,
                   uint32_t last_account);
// Counts a document that holds the gram, number `i`; documents come account by account. Whether it
// is that of a new supporter.
bool gram_has_new(const struct gram *g, const struct phrase_doc *doc, uint32_t i,
                  const struct phrase_params *params);
void gram_count_doc(struct gram *g, const struct phrase_doc *doc, uint32_t i,
                    const struct phrase_params *params);
// Who a document adds to those behind a count: its account; where there are no accounts, itself.
uint64_t phrase_person(const struct phrase_doc *doc, const struct phrase_params *params);
static inline size_t gram_length(const struct gram *g)
{
    size_t n = 1;
    while (n < PHRASE_MAX_WORDS && g->words[n] != WORD_BREAK)
        n++;
    return n;
}

// Grams of one group that may meet the floor, be in GRAM_LEAST_SHARE of its documents and be
// phrases, in an order that does not depend on the table. `docs`: indexes into corpus->docs,
// account by account. gram_keep_fit has the last word: with exact counts on what is cut short, with
// noisy ones on floor and share, too. Its part in phrase_noise.c.
#define GRAM_LEAST_SHARE 0.02
struct gram *gram_count(const struct phrase_corpus *corpus, const uint32_t *docs, size_t n_docs,
                        const struct phrase_params *params, struct gram_tables *tables,
                        struct arena *a, size_t *n_grams);
struct group_grams { // what one group may be named by
    struct gram *items;
    size_t n;
    int64_t n_seen; // phrase_seen_docs
};
void gram_keep_fit(const struct phrase_corpus *corpus, const struct phrase_params *params,
                   struct group_grams *group);
#define GRAM_KEY_BYTES (PHRASE_MAX_WORDS * (48 + 9))
// Its words in lower case, in `buffer`.
struct str gram_key(const struct phrase_corpus *corpus, const struct gram *gram,
                    char buffer[GRAM_KEY_BYTES]);
// longest[w], one byte a word of the vocabulary: the length of the longest gram that begins with
// w, 0 when none does; most words of a text need no look-up then. Lengths of `group` are put in, or
// taken out again.
void gram_note_lengths(const struct group_grams *group, unsigned char *longest);
void gram_forget_lengths(const struct group_grams *group, unsigned char *longest);
// How many lengths are worth a look-up at the first of n words.
static inline size_t gram_reach(const unsigned char *longest, const uint32_t *words, size_t n)
{
    size_t most = words[0] == WORD_BREAK ? 0 : longest[words[0]], length = 0;
    while (length < most && length < n && words[length] != WORD_BREAK)
        length++;
    return length;
}

#endif
