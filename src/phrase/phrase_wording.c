// SPDX-License-Identifier: Apache-2.0
// Whether a line that a model made of a title's phrases says nothing but them. The model is not
// trusted: the line is taken apart, each word must be allowed, and the title is put together again
// from allowed words in our spelling, so that no other byte of the reply gets through.
#include "base/hash.h"
#include "base/utf8.h"
#include "phrase/phrase_int.h"

#define MAX_ALLOWED 40

struct allowed {
    struct {
        struct str shown; // as the phrase spells it
        struct str lower, stem;
        bool counts, used, first; // no function word; in the line; of the first phrase
    } items[MAX_ALLOWED];
    size_t n;
};

static void allow_phrase(struct allowed *allowed, struct str phrase, bool first, struct arena *a)
{
    struct words words = words_of(phrase);
    struct word word;
    while (allowed->n < MAX_ALLOWED && words_next(&words, &word)) {
        char stem[WORD_MAX_BYTES + 8];
        size_t end = words.at, start = end - size_min(word.text.len, end);
        struct str shown = str_make(phrase.ptr + start, end - start);
        if (!str_equal(utf8_lower(a, shown), word.text))
            shown = arena_str(a, word.text);
        allowed->items[allowed->n].shown = shown;
        allowed->items[allowed->n].lower = arena_str(a, word.text);
        allowed->items[allowed->n].stem = arena_str(a, word_stem(word.text, stem));
        allowed->items[allowed->n].counts = word_kind(word.text) != WORD_FUNCTION;
        allowed->items[allowed->n].first = first;
        allowed->n++;
    }
}

// The line must be words between single spaces, commas or hyphens, and nothing else.
static bool is_plain(struct str line)
{
    for (size_t at = 0; at < line.len;) {
        uint32_t c = utf8_next(line, &at);
        enum utf8_class class = utf8_class(c);
        if (class != UTF8_LETTER && class != UTF8_MARK && class != UTF8_DIGIT && c != ' ' &&
            c != ',' && c != '-' && c != '+' && c != '#')
            return false;
    }
    return true;
}

static size_t count_in_words(struct str s)
{
    size_t n = 0;
    for (size_t at = 0; at < s.len;) {
        uint32_t c = utf8_next(s, &at);
        n += c != ' ' && c != ',' && c != '-';
    }
    return n;
}

// The spelling to show for a word of the line; empty when it is not allowed.
static struct str allow_word(struct allowed *allowed, struct str lower)
{
    char buffer[WORD_MAX_BYTES + 8];
    struct str stem = word_stem(lower, buffer);
    for (size_t i = 0; i < allowed->n; i++) {
        bool same = str_equal(allowed->items[i].lower, lower);
        if (!same && !(allowed->items[i].counts && str_equal(allowed->items[i].stem, stem)))
            continue;
        if (!allowed->items[i].counts)
            return lower;
        if (allowed->items[i].used)
            continue;
        allowed->items[i].used = true;
        return same ? allowed->items[i].shown : lower;
    }
    return word_joins(lower) ? lower : str_make(NULL, 0);
}

// All content words of the first phrase, and at least half of all.
static bool says_enough(const struct allowed *allowed)
{
    size_t n_used = 0, n_counting = 0;
    for (size_t i = 0; i < allowed->n; i++) {
        if (allowed->items[i].counts && allowed->items[i].first && !allowed->items[i].used)
            return false;
        n_counting += allowed->items[i].counts;
        n_used += allowed->items[i].counts && allowed->items[i].used;
    }
    return n_used > 0 && 2 * n_used >= n_counting;
}

// Capitals: the first letter of the line, and those of the phrases.
static struct str put_word(struct arena *a, struct str text, struct str shown, bool comma)
{
    if (text.len)
        return arena_printf(a, "%.*s%s%.*s", STR_ARG(text), comma ? ", " : " ", STR_ARG(shown));
    size_t at = 0;
    char first[4];
    size_t n = utf8_put(utf8_upper_char(utf8_next(shown, &at)), first);
    return arena_printf(a, "%.*s%.*s", (int)n, first, STR_ARG(str_from(shown, at)));
}

bool phrase_wording(const struct phrase_list *list, const struct phrase_title *title,
                    struct str line, struct arena *a, struct str *out)
{
    struct allowed allowed = { 0 };
    struct word word;
    struct str text = STR_LIT("");
    size_t n_words = 0, n_taken = 0, n_joining = 0;
    line = str_trim(line);
    if (line.len > 160 || !utf8_is_valid(line, NULL) || !is_plain(line))
        return false;
    for (size_t i = 0; i < title->n_picks; i++)
        allow_phrase(&allowed, list->items[title->picks[i]].text, i == 0, a);
    struct words words = words_of(line);
    while (words_next(&words, &word)) {
        struct str shown = allow_word(&allowed, word.text);
        bool joins = word_kind(word.text) == WORD_FUNCTION;
        n_joining = joins ? n_joining + 1 : 0;
        if (!shown.len || ++n_words > PHRASE_TITLE_WORDS || n_joining > 2)
            return false;
        text = put_word(a, text, shown, word.after_break);
        n_taken += utf8_count(word.text);
    }
    if (n_taken != count_in_words(line) || n_joining || !says_enough(&allowed))
        return false;
    *out = text;
    return true;
}
