// SPDX-License-Identifier: Apache-2.0
// What decisions look at: exact counts of documents, or, where floors are noisy, supporters with
// the noise of their floor. One draw belongs to one set of people, so that the number which shows a
// phrase is the one that it is ranked, compared and left out by.
#include "base/noise.h"
#include "phrase/phrase_int.h"
#include "scan/sensitive.h"

int64_t phrase_seen(const struct phrase_params *params, struct str key, uint64_t people,
                    int64_t n_docs, int64_t n_supporters)
{
    if (!params->noise)
        return n_docs;
    return noise_of_people(params->noise, people, n_supporters,
                           sensitive_has(key) ? SENSITIVE_SCALE : 1);
}

int64_t phrase_seen_docs(const struct phrase_corpus *corpus, const struct phrase_params *params,
                         const uint32_t *docs, size_t n)
{
    int64_t n_supporters = 0;
    uint64_t people = 0;
    uint32_t last = 0;
    for (size_t i = 0; params->noise && i < n; i++) {
        const struct phrase_doc *doc = &corpus->docs[docs[i]];
        bool is_new = phrase_is_new(params, doc, last);
        n_supporters += is_new;
        people += is_new ? phrase_person(doc, params) : 0;
        last = doc->account;
    }
    int64_t seen = phrase_seen(params, STR_LIT(""), people, (int64_t)n, n_supporters);
    return !params->noise || seen > 0 ? seen : n > 0;
}

// One look into the list and one draw, as this is asked of every gram. *seen stays as it is where
// nothing is drawn.
static bool is_over(const struct phrase_params *params, struct str key, uint64_t people, int64_t n,
                    int64_t floor, int64_t *seen)
{
    if (!params->noise)
        return n >= floor;
    bool is_sensitive = sensitive_has(key);
    int64_t least = floor + NOISE_MARGIN;
    if (is_sensitive)
        least = floor > SENSITIVE_FLOOR ? floor : SENSITIVE_FLOOR;
    else if (n < floor)
        return false;
    *seen = noise_of_people(params->noise, people, n, is_sensitive ? SENSITIVE_SCALE : 1);
    return *seen >= least;
}

bool phrase_meets(const struct phrase_params *params, struct str key, uint64_t people, int64_t n,
                  int64_t floor)
{
    int64_t seen;
    return is_over(params, key, people, n, floor, &seen);
}

bool phrase_shows(const struct phrase_params *params, struct str key, uint64_t people,
                  int64_t n_docs, int64_t n_supporters, int64_t *seen)
{
    *seen = n_docs;
    return is_over(params, key, people, n_supporters, phrase_floor(params), seen);
}

struct str gram_key(const struct phrase_corpus *corpus, const struct gram *gram,
                    char buffer[GRAM_KEY_BYTES])
{
    size_t len = 0;
    for (size_t i = 0, n = gram_length(gram); i < n; i++) {
        struct str word = corpus->vocabulary.entries[gram->words[i]].key;
        assert(len + word.len + 1 <= GRAM_KEY_BYTES);
        if (i && corpus->entries[gram->words[i]].kind != WORD_CHARACTER)
            buffer[len++] = ' ';
        memcpy(buffer + len, word.ptr, word.len);
        len += word.len;
    }
    return str_make(buffer, len);
}

#define CUT_PARTS 10 // in tenths of its documents
#define CUT_MOST 7

static bool has_small_word(const struct phrase_corpus *corpus, const struct gram *g)
{
    for (size_t i = 0, n = gram_length(g); i < n; i++)
        if (corpus->entries[g->words[i]].kind == WORD_FUNCTION)
            return true;
    return false;
}

// A phrase with a small word in it that mostly goes on is cut short ("write a Python", of a script
// or a function); without one it may be a name ("real estate", of an agent). One more who has it
// moves what is compared by CUT_MOST at most.
static bool is_cut(const struct phrase_corpus *corpus, const struct phrase_params *params,
                   struct str key, const struct gram *g)
{
    int64_t n = params->noise && params->has_accounts ? g->n_accounts : g->n_docs;
    int64_t lead = CUT_PARTS * (int64_t)g->n_goes_on - CUT_MOST * n;
    if (!has_small_word(corpus, g))
        return false;
    if (!params->noise)
        return lead > 0;
    uint64_t counts[] = { g->n_goes_on, g->n_docs, g->n_accounts, g->people };
    struct count_noise noise = { .is_on = true, .key = *params->noise };
    noise = noise_of_counts(&noise, STR_LIT("goes on"), counts, sizeof counts);
    uint64_t scale = sensitive_has(key) ? SENSITIVE_SCALE : 1;
    return noise_count(&noise, CUT_MOST * scale, 0, lead, INT64_MIN) > 0;
}

void gram_keep_fit(const struct phrase_corpus *corpus, const struct phrase_params *params,
                   struct group_grams *group)
{
    char buffer[GRAM_KEY_BYTES];
    size_t n_kept = 0;
    for (size_t i = 0; i < group->n; i++) {
        struct gram *g = &group->items[i];
        struct str key = gram_key(corpus, g, buffer);
        int64_t n = params->has_accounts ? g->n_accounts : g->n_docs, seen;
        if (!phrase_shows(params, key, g->people, g->n_docs, n, &seen) ||
            (double)seen < GRAM_LEAST_SHARE * (double)group->n_seen ||
            is_cut(corpus, params, key, g))
            continue;
        g->n_seen = (uint32_t)seen;
        group->items[n_kept++] = *g;
    }
    group->n = n_kept;
}
