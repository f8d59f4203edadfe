// SPDX-License-Identifier: Apache-2.0
// Which released grams say best what a group is about. Score: share of the group's documents that
// hold the gram × log(1 + documents a group / documents of the corpus that hold it), the
// class-based TF-IDF, × a little more for each content word beyond the first; where floors are
// noisy, of its supporters with the noise of their floor (phrase_seen). Then a shorter phrase
// gives way to a longer one that holds it where their support is near, and of phrases with most
// words in common only the best stays. Phrases of words that only carry the request ("continue")
// count for little, and only where all others together are in few of the group's conversations.
#include "base/utf8.h"
#include "phrase/phrase_int.h"
#include "scan/public_list.h"
#include "scan/scan.h"

#include <math.h>
#include <stdlib.h>

#define MAX_CONSIDERED 256 // best grams that are compared with each other
#define NEAR_SUPPORT 0.5   // of the shorter phrase's conversations
#define MORE_FOR_WORD 0.35 // added to the weight for each further content word
#define FEW 0.12           // of the group's conversations: too few to speak for it
#define WEAK_WEIGHT 0.4
#define MOST_IN_COMMON 0.6 // of the shorter one's words, between two phrases of a list

struct ranked {
    const struct gram *gram;
    const struct phrase_corpus *corpus; // where floors are noisy, else NULL
    double score;
    bool dropped, is_weak;
};

// In the order of their words; where floors are noisy in that of their letters, as which word came
// first says who did.
static int by_words(const struct ranked *a, const struct ranked *b)
{
    char x[GRAM_KEY_BYTES], y[GRAM_KEY_BYTES];
    if (!a->corpus)
        return (a->gram > b->gram) - (a->gram < b->gram);
    return str_compare(gram_key(a->corpus, a->gram, x), gram_key(b->corpus, b->gram, y));
}

static int by_score(const void *x, const void *y)
{
    const struct ranked *a = x, *b = y;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->gram->n_seen != b->gram->n_seen)
        return a->gram->n_seen > b->gram->n_seen ? -1 : 1;
    return by_words(a, b);
}

static double score_gram(const struct phrase_corpus *corpus, const struct gram *g, double n_seen,
                         double docs_a_group)
{
    double n_content = 0;
    for (size_t i = 0, n = gram_length(g); i < n; i++) {
        enum word_kind kind = corpus->entries[g->words[i]].kind;
        n_content += kind == WORD_CONTENT ? 1 : kind == WORD_CHARACTER ? 0.5 : 0;
    }
    if (n_content == 0)
        n_content = -(1 - WEAK_WEIGHT) / MORE_FOR_WORD + 1;
    double share = (double)g->n_seen / n_seen;
    double rarity = log(1 + docs_a_group / (double)g->n_total);
    return share * rarity * (1 + MORE_FOR_WORD * (n_content - 1));
}

static bool contains(const struct gram *longer, const struct gram *shorter)
{
    size_t n = gram_length(longer), m = gram_length(shorter);
    for (size_t at = 0; at + m <= n; at++)
        if (!memcmp(longer->words + at, shorter->words, m * sizeof *shorter->words))
            return m < n;
    return false;
}

// Stems of the words that are no function words, in order.
static size_t stems_of(const struct phrase_corpus *corpus, const struct gram *g,
                       uint32_t stems[PHRASE_MAX_WORDS])
{
    size_t n = 0;
    for (size_t i = 0, length = gram_length(g); i < length; i++)
        if (corpus->entries[g->words[i]].kind != WORD_FUNCTION)
            stems[n++] = corpus->entries[g->words[i]].stem;
    return n;
}

// Two phrases say the same when they have most words in common: "import x as y", "x as y import".
// A single word and a phrase with it do not.
static bool says_same(const struct phrase_corpus *corpus, const struct gram *x,
                      const struct gram *y)
{
    uint32_t a[PHRASE_MAX_WORDS], b[PHRASE_MAX_WORDS];
    size_t n = stems_of(corpus, x, a), m = stems_of(corpus, y, b), n_common = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            n_common += a[i] == b[j];
    if (size_min(n, m) < 2)
        return n == m && n_common;
    return (double)n_common > MOST_IN_COMMON * (double)size_min(n, m);
}

// The longer phrase takes the place of the shorter where it is nearly as common.
static void absorb(struct ranked *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            struct ranked *longer = &list[i], *shorter = &list[j];
            if (longer->dropped || !contains(longer->gram, shorter->gram) ||
                longer->gram->n_seen < NEAR_SUPPORT * shorter->gram->n_seen)
                continue;
            shorter->dropped = true;
            longer->score = fmax(longer->score, shorter->score);
        }
}

static void drop_variants(const struct phrase_corpus *corpus, struct ranked *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n && !list[i].dropped; j++)
            if (!list[j].dropped && says_same(corpus, list[i].gram, list[j].gram))
                list[j].dropped = true;
}

static bool is_weak(const struct phrase_corpus *corpus, const struct gram *g)
{
    for (size_t i = 0, n = gram_length(g); i < n; i++)
        if (corpus->entries[g->words[i]].kind != WORD_WEAK)
            return false;
    return true;
}

// Without the weak ones, where the best others are common enough; returns how many are left.
static size_t drop_weak(struct ranked *list, size_t n, double n_seen)
{
    size_t n_kept = 0, n_best = 0, n_best_seen = 0;
    for (size_t i = 0; i < n && n_best < PHRASE_TITLE_PHRASES; i++)
        if (!list[i].is_weak) {
            n_best_seen += list[i].gram->n_seen;
            n_best++;
        }
    if ((double)n_best_seen < FEW * n_seen)
        return n;
    for (size_t i = 0; i < n; i++)
        if (!list[i].is_weak)
            list[n_kept++] = list[i];
    return n_kept;
}

static char *put_upper(char *to, struct str s, bool all)
{
    for (size_t at = 0; at < s.len;) {
        bool first = at == 0;
        uint32_t c = utf8_next(s, &at);
        to += utf8_put(first || all ? utf8_upper_char(c) : c, to);
    }
    return to;
}

static char *put_lower(char *to, struct str lower)
{
    memcpy(to, lower.ptr, lower.len);
    return to + lower.len;
}

char *phrase_put_word(const struct phrase_corpus *corpus, uint32_t number, char *to)
{
    struct str lower = corpus->vocabulary.entries[number].key, known = public_list_spelling(lower);
    enum word_case shown = corpus->entries[number].shown;
    if (known.len) {
        memcpy(to, known.ptr, known.len);
        return to + known.len;
    }
    return shown == CASE_LOWER ? put_lower(to, lower) : put_upper(to, lower, shown == CASE_UPPER);
}

static struct str spell(const struct phrase_corpus *corpus, const struct gram *g, struct arena *a)
{
    char text[PHRASE_MAX_WORDS * (2 * WORD_MAX_BYTES + 1)], *to = text;
    for (size_t i = 0, n = gram_length(g); i < n; i++) {
        if (i && corpus->entries[g->words[i]].kind != WORD_CHARACTER)
            *to++ = ' ';
        struct str word = corpus->vocabulary.entries[g->words[i]].key;
        struct str next = i + 1 < n ? corpus->vocabulary.entries[g->words[i + 1]].key : STR_LIT("");
        to = public_list_is_small_before(word, next) ? put_lower(to, word)
                                                     : phrase_put_word(corpus, g->words[i], to);
    }
    return arena_str(a, str_make(text, (size_t)(to - text)));
}

// Whether nothing in the phrase looks like a person, an organisation, a contact or a number.
static int check_phrase(struct scanner *scanner, struct str text, bool *clean, struct err *err)
{
    struct arena work = { 0 };
    struct scan_span *spans;
    size_t n = 0;
    int rc = scanner ? scan_find(scanner, text, SCAN_ALL, &work, &spans, &n, err) : 0;
    *clean = n == 0;
    arena_release(&work);
    return rc;
}

int phrase_rank(const struct phrase_corpus *corpus, const struct group_grams *group,
                double docs_a_group, const struct phrase_params *params, struct arena *a,
                struct phrase_list *list, struct err *err)
{
    struct arena work = { 0 };
    size_t n_grams = group->n;
    double n_seen = fmax((double)group->n_seen, 1);
    struct ranked *ranked = arena_array(&work, n_grams + 1, sizeof *ranked);
    for (size_t i = 0; i < n_grams; i++)
        ranked[i] = (struct ranked){
            .gram = &group->items[i],
            .corpus = params->noise ? corpus : NULL,
            .score = score_gram(corpus, &group->items[i], n_seen, docs_a_group),
            .is_weak = is_weak(corpus, &group->items[i]),
        };
    qsort(ranked, n_grams, sizeof *ranked, by_score);
    size_t n = size_min(drop_weak(ranked, n_grams, n_seen), MAX_CONSIDERED);
    absorb(ranked, n);
    qsort(ranked, n, sizeof *ranked, by_score);
    drop_variants(corpus, ranked, n);

    list->items = arena_array(a, params->max_phrases, sizeof *list->items);
    int rc = 0;
    for (size_t i = 0; i < n && list->n < params->max_phrases && !rc; i++) {
        const struct gram *g = ranked[i].gram;
        bool clean = false;
        if (ranked[i].dropped)
            continue;
        struct str text = spell(corpus, g, a);
        rc = check_phrase(params->scanner, text, &clean, err);
        if (!rc && clean)
            list->items[list->n++] = (struct phrase){
                .text = text,
                .n_accounts = params->has_accounts ? g->n_accounts : g->n_docs,
                .n_conversations = g->n_docs,
                .n_seen = g->n_seen,
                .score = ranked[i].score,
            };
    }
    arena_release(&work);
    return rc;
}
