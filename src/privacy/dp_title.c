// SPDX-License-Identifier: Apache-2.0
#include "privacy/dp_title.h"

#include "base/map.h"
#include "base/utf8.h"
#include "phrase/subject.h"

#include <math.h>
#include <stdlib.h>

struct scored {
    struct str word;
    double score;
};

static int by_score(const void *x, const void *y)
{
    const struct scored *a = x, *b = y;
    if (a->score > b->score || a->score < b->score)
        return a->score > b->score ? -1 : 1;
    return str_compare(a->word, b->word);
}

// Noisy counts of each word over all clusters, and of everything.
static void count_all(const struct released *r, struct map *totals)
{
    for (size_t i = 0; i < r->n_words; i++) {
        size_t at = map_add(totals, r->words[i].word, 0, NULL);
        totals->entries[at].value += (uint64_t)r->words[i].n_accounts;
    }
}

// The words of cluster i, those first that are many here and not everywhere.
static size_t rank_words(const struct released *r, size_t i, const struct map *totals,
                         struct scored *list)
{
    size_t n = 0;
    double all = 0, size = (double)(r->clusters[i].n_accounts > 0 ? r->clusters[i].n_accounts : 1);
    for (size_t c = 0; c < r->n_clusters; c++)
        all += (double)(r->clusters[c].n_accounts > 0 ? r->clusters[c].n_accounts : 0);
    for (size_t w = 0; w < r->n_words; w++) {
        const struct released_word *word = &r->words[w];
        if (word->cluster != (int64_t)i)
            continue;
        double total = (double)totals->entries[map_find(totals, word->word)].value;
        double lift = (double)word->n_accounts / size / fmax(total / fmax(all, 1), 1e-9);
        list[n++] = (struct scored){ word->word, (double)word->n_accounts * log1p(lift) };
    }
    if (n)
        qsort(list, n, sizeof *list, by_score);
    return n;
}

static struct str join(const struct scored *list, size_t n, struct str but, size_t most,
                       struct arena *a)
{
    struct str line = STR_LIT(""), lower = utf8_lower(a, but);
    size_t n_taken = 0;
    for (size_t i = 0; i < n && n_taken < most; i++) {
        if (str_find(lower, list[i].word, 0) != SIZE_MAX)
            continue; // it is said already
        line = arena_printf(a, "%.*s%s%.*s", STR_ARG(line), n_taken ? ", " : "",
                            STR_ARG(list[i].word));
        n_taken++;
    }
    return line;
}

static void make_title(const struct released *r, size_t i, const struct map *totals,
                       struct map *used, struct scored *room, struct arena *a,
                       struct dp_title *title)
{
    struct str name = subject_name(r->clusters[i].subject), text = name;
    size_t n = rank_words(r, i, totals, room);
    bool is_new = false;
    for (size_t most = DP_TITLE_WORDS; !is_new && most <= DP_PHRASES; most++) {
        struct str words = join(room, n, name, most, a);
        text = words.len ? arena_printf(a, "%.*s: %.*s", STR_ARG(name), STR_ARG(words)) : name;
        map_add(used, text, 0, &is_new);
    }
    title->title = raw_of(arena_str(a, text));
    struct str words = join(room, n, STR_LIT(""), DP_PHRASES, a);
    title->summary = raw_of(
        words.len
            ? arena_printf(a,
                           "Conversations near the subject \"%.*s\" of a public list. Words "
                           "that many accounts share: %.*s.",
                           STR_ARG(name), STR_ARG(words))
            : arena_printf(a,
                           "Conversations near the subject \"%.*s\" of a public list. No word "
                           "is shared by enough accounts to be seen through the noise.",
                           STR_ARG(name)));
    for (size_t w = 0; w < n && w < DP_PHRASES; w++)
        title->phrases[title->n_phrases++] = room[w].word;
}

struct dp_title *dp_titles(const struct released *r, struct arena *a)
{
    struct map totals = { 0 }, used = { 0 };
    struct dp_title *titles = arena_zero_array(a, r->n_clusters + 1, sizeof *titles);
    struct scored *room = arena_array(a, r->n_words + 1, sizeof *room);
    count_all(r, &totals);
    for (size_t i = 0; i < r->n_clusters; i++)
        make_title(r, i, &totals, &used, room, a, &titles[i]);
    map_release(&totals);
    map_release(&used);
    return titles;
}
