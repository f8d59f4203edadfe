// SPDX-License-Identifier: Apache-2.0
// How words are shown, by votes of accounts. Documents come account by account, so that a mark of
// the last voter is enough to count each account once.
#include "base/noise.h"
#include "phrase/phrase_int.h"

#include <stdio.h>

struct ballot {                    // of a word
    uint32_t last, last_with_case; // voters
    uint32_t n, n_foreign;         // accounts; whose first use was in another language
    uint32_t n_form;               // accounts whose first form of its singular this is
    uint32_t n_cases[3];
    uint64_t people; // who they are (noise_person)
};
struct votes {
    struct phrase_corpus *corpus;
    const struct phrase_params *params;
    struct ballot *ballots; // by word
    uint32_t *form_of;      // of each word, the number of its singular
    uint32_t *last_of;      // by singular: the last voter
    size_t n_singulars;
};

// votes + Laplace(1) where floors are noisy: an account moves each by one. The draw belongs to
// these counts and people.
static int64_t blur(const struct votes *v, const char *what, uint32_t word, int64_t votes)
{
    const struct ballot *b = &v->ballots[word];
    if (!v->params->noise)
        return votes;
    uint64_t counts[] = {
        b->n, b->n_foreign, b->n_form, b->n_cases[CASE_TITLE], b->n_cases[CASE_UPPER], b->people
    };
    struct count_noise noise = { .is_on = true, .key = *v->params->noise };
    struct str key = v->corpus->vocabulary.entries[word].key;
    char name[WORD_MAX_BYTES + 24];
    snprintf(name, sizeof name, "%s of %.*s", what, STR_ARG(str_head(key, WORD_MAX_BYTES)));
    noise = noise_of_counts(&noise, str_of(name), counts, sizeof counts);
    return noise_count(&noise, 1, 0, votes, INT64_MIN);
}

static void find_singulars(struct votes *v, struct arena *a)
{
    const struct map *vocabulary = &v->corpus->vocabulary;
    struct map singulars = { 0 };
    char buffer[WORD_MAX_BYTES + 8];
    v->form_of = arena_array(a, vocabulary->n + 1, sizeof *v->form_of);
    for (size_t i = 0; i < vocabulary->n; i++)
        v->form_of[i] = (uint32_t)map_add(
            &singulars, word_singular(vocabulary->entries[i].key, buffer), 0, NULL);
    v->n_singulars = singulars.n;
    v->last_of = arena_zero_array(a, v->n_singulars + 1, sizeof *v->last_of);
    map_release(&singulars);
}

static void vote(struct votes *v, const struct phrase_doc *doc, uint32_t voter, bool is_foreign)
{
    uint64_t person = phrase_person(doc, v->params);
    for (size_t i = doc->start; i < doc->start + doc->n; i++) {
        uint32_t word = v->corpus->words[i];
        if (word == WORD_BREAK)
            continue;
        enum word_case capitals = word & 3;
        struct ballot *b = &v->ballots[word = word_without_case(word)];
        if (b->last != voter) {
            b->last = voter;
            b->n++;
            b->n_foreign += is_foreign;
            b->people += person;
        }
        if (capitals != CASE_MUTE && b->last_with_case != voter) {
            b->last_with_case = voter;
            b->n_cases[capitals]++;
        }
        if (v->last_of[v->form_of[word]] != voter) {
            v->last_of[v->form_of[word]] = voter;
            b->n_form++;
        }
    }
}

// Without accounts each document is a voter; where there are some, those of none are not.
static void vote_all(struct votes *v, struct arena *a)
{
    const struct phrase_corpus *corpus = v->corpus;
    size_t n = corpus->n_docs, english = map_find(&corpus->languages, STR_LIT("English"));
    uint32_t *account_of = arena_array(a, n + 1, sizeof *account_of), voter = 0, last = 0;
    uint32_t *in_order = arena_array(a, n + 1, sizeof *in_order);
    uint32_t *dealt = arena_array(a, n + 1, sizeof *dealt);
    for (size_t i = 0; i < n; i++) {
        account_of[i] = v->params->has_accounts ? corpus->docs[i].account : 0;
        in_order[i] = (uint32_t)i;
    }
    phrase_deal(account_of, corpus->accounts.n + 1, in_order, n, dealt, a);
    for (size_t i = 0; i < n; i++) {
        const struct phrase_doc *doc = &corpus->docs[dealt[i]];
        uint32_t account = account_of[dealt[i]];
        if (v->params->has_accounts && !account)
            continue;
        voter += !account || account != last;
        last = account;
        vote(v, doc, voter, doc->language && doc->language - 1 != english);
    }
}

// "door" is a small word where most that write it write Dutch, else a thing.
static void settle_kinds(struct votes *v)
{
    for (size_t i = 0; i < v->corpus->vocabulary.n; i++) {
        const struct ballot *b = &v->ballots[i];
        if (!word_is_english_too(v->corpus->vocabulary.entries[i].key))
            continue;
        int64_t lead = 2 * (int64_t)b->n_foreign - (int64_t)b->n;
        v->corpus->entries[i].kind =
            blur(v, "language", (uint32_t)i, lead) > 0 ? WORD_FUNCTION : WORD_CONTENT;
    }
}

// What nobody writes with capitals has none.
static enum word_case choose_case(const struct votes *v, uint32_t word)
{
    const uint32_t *n = v->ballots[word].n_cases;
    enum word_kind kind = v->corpus->entries[word].kind;
    int64_t large = (int64_t)n[CASE_TITLE] + n[CASE_UPPER], all = large + n[CASE_LOWER];
    if (n[CASE_UPPER] && kind != WORD_FUNCTION &&
        blur(v, "all capitals", word, 2 * (int64_t)n[CASE_UPPER] - all) > 0)
        return CASE_UPPER;
    if (large && kind == WORD_CONTENT && blur(v, "capital", word, 2 * large - all) > 0)
        return CASE_TITLE;
    return CASE_LOWER;
}

// The form of each singular that most use, by the singular's number.
static uint32_t *choose_forms(const struct votes *v, struct arena *a)
{
    uint32_t *best = arena_array(a, v->n_singulars + 1, sizeof *best);
    uint32_t *n_forms = arena_zero_array(a, v->n_singulars + 1, sizeof *n_forms);
    int64_t *most = arena_array(a, v->n_singulars + 1, sizeof *most);
    size_t n = v->corpus->vocabulary.n;
    for (size_t i = 0; i < n; i++)
        n_forms[v->form_of[i]]++;
    for (size_t i = 0; i < v->n_singulars; i++)
        most[i] = INT64_MIN;
    for (size_t i = 0; i < n; i++) {
        uint32_t s = v->form_of[i];
        int64_t votes = v->ballots[i].n_form;
        if (n_forms[s] > 1)
            votes = blur(v, "form", (uint32_t)i, votes);
        const struct map_entry *words = v->corpus->vocabulary.entries;
        bool is_before = v->params->noise && votes == most[s] && // which came first says who did
                         str_compare(words[i].key, words[best[s]].key) < 0;
        if (votes > most[s] || is_before) {
            best[s] = (uint32_t)i;
            most[s] = votes;
        }
    }
    return best;
}

static void put_forms(const struct votes *v, const uint32_t *best)
{
    const struct word_entry *entries = v->corpus->entries;
    for (size_t i = 0; i < v->corpus->n_words; i++) {
        uint32_t *word = &v->corpus->words[i];
        if (*word == WORD_BREAK)
            continue;
        *word = word_without_case(*word);
        uint32_t form = best[v->form_of[*word]];
        if (entries[form].kind == entries[*word].kind)
            *word = form;
    }
}

void phrase_corpus_settle(struct phrase_corpus *corpus, const struct phrase_params *params)
{
    struct arena work = { 0 };
    struct votes v = { .corpus = corpus, .params = params };
    if (corpus->is_settled)
        return;
    v.ballots = arena_zero_array(&work, corpus->vocabulary.n + 1, sizeof *v.ballots);
    find_singulars(&v, &work);
    vote_all(&v, &work);
    settle_kinds(&v);
    for (size_t i = 0; i < corpus->vocabulary.n; i++)
        corpus->entries[i].shown = choose_case(&v, (uint32_t)i);
    put_forms(&v, choose_forms(&v, &work));
    corpus->is_settled = true;
    arena_release(&work);
}
