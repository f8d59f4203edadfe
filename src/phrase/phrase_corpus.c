// SPDX-License-Identifier: Apache-2.0
// The corpus as word numbers. Conversations come in the order of seq; accounts get small numbers in
// that order, so that nothing here depends on the run's secret key.
#include "base/hash.h"
#include "base/noise.h"
#include "phrase/phrase_int.h"

#include <stdlib.h>

#define MAX_WORDS_A_DOC 64
#define MOST_WORDS (UINT32_MAX >> 3) // distinct ones

struct phrase_params phrase_default_params(void)
{
    return (struct phrase_params){ .min_accounts = 5,
                                   .min_conversations = 15,
                                   .has_accounts = true,
                                   .max_phrases = 12,
                                   .most_each = 1 };
}

struct phrase_corpus *phrase_corpus_open(void)
{
    struct phrase_corpus *corpus = calloc(1, sizeof *corpus);
    if (!corpus)
        BUG("out of memory");
    return corpus;
}

void phrase_corpus_close(struct phrase_corpus *corpus)
{
    if (!corpus)
        return;
    map_release(&corpus->vocabulary);
    map_release(&corpus->stems);
    map_release(&corpus->accounts);
    map_release(&corpus->languages);
    map_release(&corpus->subjects);
    free(corpus->entries);
    free(corpus->words);
    free(corpus->docs);
    free(corpus);
}

// Room for one item more; false when memory is gone.
static bool make_room(void **items, size_t n, size_t *n_room, size_t size)
{
    if (n < *n_room)
        return true;
    size_t room = size_max(*n_room + *n_room / 2, 1024);
    void *larger = reallocarray(*items, room, size);
    if (!larger)
        return false;
    *items = larger;
    *n_room = room;
    return true;
}

// With its capitals, as far as they say something.
static bool number_word(struct phrase_corpus *corpus, const struct word *word, uint32_t *number)
{
    bool is_new;
    size_t i = map_add(&corpus->vocabulary, word->text, 0, &is_new);
    if (is_new) {
        if (i >= MOST_WORDS)
            return false;
        char stem[WORD_MAX_BYTES + 8];
        if (!make_room((void **)&corpus->entries, i, &corpus->n_entries_room,
                       sizeof *corpus->entries))
            return false;
        corpus->entries[i] = (struct word_entry){
            .kind = word_kind(word->text),
            .acts = word_acts(word->text),
            .stem = (uint32_t)map_add(&corpus->stems, word_stem(word->text, stem), 0, NULL),
        };
    }
    bool is_mute = word->after_break && word->capitals != CASE_UPPER; // as any first word
    *number = word_with_case((uint32_t)i, is_mute ? CASE_MUTE : word->capitals);
    return true;
}

static bool add_number(struct phrase_corpus *corpus, uint32_t number)
{
    if (!make_room((void **)&corpus->words, corpus->n_words, &corpus->n_words_room,
                   sizeof *corpus->words))
        return false;
    corpus->words[corpus->n_words++] = number;
    return true;
}

static bool add_text(struct phrase_corpus *corpus, struct str text, size_t *n_left)
{
    struct words words = words_of(text);
    struct word word;
    while (*n_left && words_next(&words, &word)) {
        uint32_t number;
        if (!number_word(corpus, &word, &number))
            return false;
        if (word.after_break && !add_number(corpus, WORD_BREAK))
            return false;
        if (!add_number(corpus, number))
            return false;
        --*n_left;
    }
    return true;
}

// Of the words alone: texts that differ in punctuation, numbers and capitals are near-copies.
static uint64_t hash_numbers(const uint32_t *words, size_t n)
{
    uint32_t kept[2 * MAX_WORDS_A_DOC];
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++)
        if (words[i] != WORD_BREAK)
            kept[n_kept++] = word_without_case(words[i]);
    return hash_text(str_make((const char *)kept, n_kept * sizeof *kept));
}

int phrase_corpus_add(struct phrase_corpus *corpus, uint32_t group, int64_t account,
                      const struct str *texts, size_t n_texts, struct str language, struct err *err)
{
    size_t start = corpus->n_words, n_left = MAX_WORDS_A_DOC;
    size_t n_first = 0;
    assert(!corpus->is_settled);
    bool fits =
        corpus->n_words < UINT32_MAX - 4 * MAX_WORDS_A_DOC && corpus->n_docs < UINT32_MAX / 2;
    for (size_t i = 0; fits && i < n_texts; i++) {
        fits = add_text(corpus, texts[i], &n_left);
        n_first = i ? n_first : MAX_WORDS_A_DOC - n_left;
    }
    if (!fits || !make_room((void **)&corpus->docs, corpus->n_docs, &corpus->n_docs_room,
                            sizeof *corpus->docs))
        return err_set(err, ERR_UNAVAILABLE,
                       "the facet values have too many words to count phrases in memory; take a "
                       "sample with --sample");
    size_t n = corpus->n_words - start;
    uint64_t number = account == PHRASE_NO_ACCOUNT ? 0 : map_number(&corpus->accounts, account);
    corpus->docs[corpus->n_docs++] = (struct phrase_doc){
        .hash = hash_numbers(corpus->words + start, n),
        .start = (uint32_t)start,
        .n = (uint32_t)n,
        .n_first = (uint32_t)n_first,
        .group = group,
        .language = language.len ? (uint32_t)map_add(&corpus->languages, language, 0, NULL) + 1 : 0,
        .account = (uint32_t)number,
        .person = number ? noise_person(number) : 0,
    };
    return 0;
}

void phrase_corpus_subject(struct phrase_corpus *corpus, struct str value)
{
    assert(corpus->n_docs > 0);
    if (value.len)
        corpus->docs[corpus->n_docs - 1].subject =
            (uint32_t)map_add(&corpus->subjects, value, 0, NULL) + 1;
}
