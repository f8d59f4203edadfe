// SPDX-License-Identifier: Apache-2.0
#include "safety/prompt_words.h"

#include "base/hash.h"
#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>

#define MOST_QUOTED ((size_t)80) // bytes between quotation marks that are one slot
#define MOST_TEMPLATE ((size_t)600)

struct reader {
    struct str text;
    size_t at;
    struct arena *a;
    struct prompt_words *words;
};

static bool in_word(uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    enum utf8_class class = utf8_class(c);
    return class == UTF8_LETTER || class == UTF8_MARK || class == UTF8_DIGIT;
}

static bool stands_alone(uint32_t c) // a sign of a script that has no spaces
{
    return c >= 0x2E80 && c != 0x3000 && !(c >= 0xAC00 && c <= 0xD7A3);
}

static void add_word(struct reader *r, struct str word)
{
    struct prompt_words *w = r->words;
    w->text[w->n] = word;
    w->hash[w->n++] = (uint32_t)(hash_text(word) >> 32);
}

// A piece between spaces that is an address of a page or of mail.
static bool is_link(struct str piece)
{
    if (str_find(piece, STR_LIT("://"), 0) != SIZE_MAX || str_starts(piece, STR_LIT("www.")))
        return true;
    size_t at = str_find(piece, STR_LIT("@"), 0), dot = str_find(piece, STR_LIT("."), 0);
    if (at != SIZE_MAX && at > 0 && str_find(piece, STR_LIT("."), at) != SIZE_MAX)
        return true;
    return dot != SIZE_MAX && dot > 1 && dot + 2 < piece.len &&
           str_find(piece, STR_LIT("/"), dot) != SIZE_MAX;
}

static size_t piece_end(struct str s, size_t at)
{
    while (at < s.len && !strchr(" \t\r\n", s.ptr[at]))
        at++;
    return at;
}

// "…" that closes soon is one slot; *end is behind it.
static bool skip_quoted(struct str s, size_t at, size_t *end)
{
    static const struct {
        const char *open, *close;
    } marks[] = { { "\"", "\"" }, { "“", "”" }, { "„", "“" }, { "«", "»" } };
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        struct str open = str_of(marks[i].open), close = str_of(marks[i].close);
        if (!str_starts(str_from(s, at), open))
            continue;
        size_t found =
            str_find(str_head(s, size_min(s.len, at + MOST_QUOTED)), close, at + open.len);
        if (found == SIZE_MAX || found == at + open.len)
            return false;
        *end = found + close.len;
        return true;
    }
    return false;
}

static void read_word(struct reader *r)
{
    struct str s = r->text;
    size_t start = r->at, n = 0;
    bool digit = false;
    char *out = arena_alloc(r->a, 4 * (size_min(s.len - start, 64) + 1));
    while (r->at < s.len && n < 56) {
        size_t next = r->at;
        uint32_t c = utf8_next(s, &next);
        if (!in_word(c) || (stands_alone(c) && n))
            break;
        digit |= c < 0x80 ? c >= '0' && c <= '9' : utf8_class(c) == UTF8_DIGIT;
        n += utf8_put(utf8_lower_char(c), out + n);
        r->at = next;
        if (stands_alone(c))
            break;
    }
    add_word(r, digit ? STR_LIT("#") : str_make(out, n));
}

void prompt_words_read(struct str text, struct arena *a, struct prompt_words *words)
{
    struct reader r = { text, 0, a, words };
    words->n = 0;
    words->hash = arena_array(a, PROMPT_MOST_WORDS, sizeof *words->hash);
    words->text = arena_array(a, PROMPT_MOST_WORDS, sizeof *words->text);
    bool fresh = true; // at the start of a piece
    while (r.at < text.len && words->n < PROMPT_MOST_WORDS) {
        size_t next = r.at, end = fresh ? piece_end(text, r.at) : r.at;
        uint32_t c = utf8_next(text, &next);
        if (fresh && is_link(str_make(text.ptr + r.at, end - r.at))) {
            add_word(&r, STR_LIT("@"));
            r.at = end;
        } else if (in_word(c)) {
            read_word(&r);
            fresh = false;
            continue;
        } else if (skip_quoted(text, r.at, &end)) {
            add_word(&r, STR_LIT("\""));
            r.at = end;
        } else {
            r.at = next;
        }
        fresh = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    }
}

void prompt_counts_make(struct prompt_counts *counts, struct arena *a)
{
    counts->weight = arena_zero_array(a, PROMPT_COUNTS, sizeof *counts->weight);
    counts->all = 0;
}

static int by_number(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

// The distinct pairs, in the arena.
static uint32_t *distinct_pairs(const struct prompt_words *words, struct arena *a, size_t *n)
{
    uint32_t *pairs = arena_array(a, words->n + 1, sizeof *pairs);
    size_t n_all = 0;
    *n = 0;
    for (size_t i = 0; i + 1 < words->n; i++)
        pairs[n_all++] = prompt_pair(words, i);
    qsort(pairs, n_all, sizeof *pairs, by_number);
    for (size_t i = 0; i < n_all; i++)
        if (i == 0 || pairs[i] != pairs[i - 1])
            pairs[(*n)++] = pairs[i];
    return pairs;
}

void prompt_counts_add(struct prompt_counts *counts, const struct prompt_words *words,
                       double weight, struct arena *scratch)
{
    struct arena_mark start = arena_save(scratch);
    size_t n;
    uint32_t *pairs = distinct_pairs(words, scratch, &n);
    for (size_t i = 0; i < n; i++)
        counts->weight[pairs[i] % PROMPT_COUNTS] += weight;
    counts->all += weight;
    arena_rewind(scratch, start);
}

double prompt_share(const struct prompt_counts *counts, uint32_t pair)
{
    return counts->all > 0 ? counts->weight[pair % PROMPT_COUNTS] / counts->all : 0;
}

void prompt_sketch(const struct prompt_words *words, const struct prompt_counts *counts,
                   double most_share, struct sketch *sketch, float *rarity, struct arena *scratch)
{
    struct arena_mark start = arena_save(scratch);
    struct minhash set;
    size_t n, n_kept = 0;
    double sum = 0;
    uint32_t *pairs = distinct_pairs(words, scratch, &n);
    minhash_init(&set);
    for (size_t i = 0; i < n; i++) {
        double share = prompt_share(counts, pairs[i]);
        if (share > most_share)
            continue;
        minhash_add(&set, pairs[i]);
        sum -= log10(share + 1e-5);
        n_kept++;
    }
    *sketch = (struct sketch){ .there = n_kept >= PROMPT_LEAST_PAIRS };
    *rarity = sketch->there ? (float)(sum / (double)n_kept) : 0;
    if (sketch->there)
        minhash_end(&set, sketch);
    arena_rewind(scratch, start);
}

static bool holds(const uint32_t *pairs, size_t n, uint32_t pair)
{
    return bsearch(&pair, pairs, n, sizeof *pairs, by_number) != NULL;
}

// Which words of the first prompt stand in a pair that most prompts hold.
static bool *shared_words(const struct prompt_words *prompts, size_t n, double least_share,
                          struct arena *a)
{
    uint32_t **pairs = arena_array(a, n, sizeof *pairs);
    size_t *n_pairs = arena_array(a, n, sizeof *n_pairs);
    bool *keep = arena_zero_array(a, prompts[0].n + 1, sizeof *keep);
    for (size_t j = 0; j < n; j++)
        pairs[j] = distinct_pairs(&prompts[j], a, &n_pairs[j]);
    for (size_t i = 0; i + 1 < prompts[0].n; i++) {
        size_t n_with = 0;
        for (size_t j = 0; j < n; j++)
            n_with += holds(pairs[j], n_pairs[j], prompt_pair(&prompts[0], i));
        if ((double)n_with >= least_share * (double)n)
            keep[i] = keep[i + 1] = true;
    }
    return keep;
}

struct str prompt_template(const struct prompt_words *prompts, size_t n, double least_share,
                           struct arena *a)
{
    char *out = arena_alloc(a, MOST_TEMPLATE + 8);
    struct str gap = STR_LIT("…");
    size_t len = 0;
    bool in_gap = false;
    if (!n)
        return str_make("", 0);
    const bool *keep = shared_words(prompts, n, least_share, a);
    for (size_t i = 0; i < prompts[0].n; i++) {
        struct str word = keep[i] ? prompts[0].text[i] : gap;
        if (!keep[i] && in_gap)
            continue;
        in_gap = !keep[i];
        if (len + word.len + 1 > MOST_TEMPLATE)
            break;
        if (len)
            out[len++] = ' ';
        memcpy(out + len, word.ptr, word.len);
        len += word.len;
    }
    return str_make(out, len);
}
