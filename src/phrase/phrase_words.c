// SPDX-License-Identifier: Apache-2.0
// Cutting facet values into words. A piece between white space that looks like an address, a path
// or code is left out whole and breaks the phrase; so do punctuation, numbers and marks such as
// [name]. Hyphens, and dots and apostrophes between letters, only separate words. Languages without
// spaces: Han and kana go character by character, others (Thai …) give pieces too long to be words.
#include "base/utf8.h"
#include "phrase/phrase_int.h"

struct words words_of(struct str text)
{
    return (struct words){ .text = text, .broken = true };
}

bool word_is_character(uint32_t c)
{
    return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x4DBF) ||
           (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x20000 && c <= 0x3FFFF);
}

static bool is_space(uint32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || utf8_class(c) == UTF8_SPACE;
}

static bool is_apostrophe(uint32_t c)
{
    return c == '\'' || c == 0x2019 || c == 0x02BC;
}

static uint32_t peek(struct str s, size_t at)
{
    return utf8_next(s, &at);
}

static bool makes_word(uint32_t c)
{
    enum utf8_class class = utf8_class(c);
    return class == UTF8_LETTER || class == UTF8_MARK || class == UTF8_DIGIT;
}

// An address, a path, a line of code: nothing of it may become part of a phrase.
static bool is_foreign(struct str piece)
{
    if (str_find(piece, STR_LIT("://"), 0) != SIZE_MAX || str_starts(piece, STR_LIT("www.")))
        return true;
    size_t n_slashes = 0;
    for (size_t i = 0; i < piece.len; i++) {
        n_slashes += piece.ptr[i] == '/';
        if (memchr("@\\{}<>=_|~^$%&*`", piece.ptr[i], 16))
            return true;
    }
    return n_slashes > 1;
}

// Finds the next piece between white space; steps over foreign ones. False at the end.
static bool next_piece(struct words *w)
{
    while (w->at >= w->chunk_end) {
        size_t start = w->at;
        while (start < w->text.len && is_space(peek(w->text, start))) {
            if (w->text.ptr[start] == '\n')
                w->broken = true;
            utf8_next(w->text, &start);
        }
        if (start >= w->text.len)
            return false;
        size_t end = start;
        while (end < w->text.len && !is_space(peek(w->text, end)))
            utf8_next(w->text, &end);
        w->at = start;
        w->chunk_end = end;
        if (is_foreign(str_make(w->text.ptr + start, end - start))) {
            w->broken = true;
            w->at = end;
        }
    }
    return true;
}

// A mark such as [name] that a program put in the place of someone's words.
static bool skip_mark(struct words *w)
{
    char open = w->text.ptr[w->at], close = open == '[' ? ']' : 0;
    if (!close)
        return false;
    const char *end = memchr(w->text.ptr + w->at, close, size_min(w->text.len - w->at, 40));
    if (!end)
        return false;
    w->at = (size_t)(end - w->text.ptr) + 1;
    w->chunk_end = size_max(w->chunk_end, w->at);
    w->broken = true;
    return true;
}

// Steps over what stands between words.
static void skip_between(struct words *w)
{
    while (w->at < w->chunk_end) {
        uint32_t c = peek(w->text, w->at);
        if (makes_word(c))
            return;
        if (skip_mark(w))
            continue;
        size_t after = w->at;
        utf8_next(w->text, &after);
        bool inside = after < w->chunk_end && makes_word(peek(w->text, after)) && !w->broken;
        bool joins = c == '-' || c == 0x2010 || c == '.' || is_apostrophe(c);
        if (!(joins && inside) && utf8_class(c) != UTF8_CONTROL)
            w->broken = true;
        w->at = after;
    }
}

// "l'histoire" and "d'un" are two words, "don't" and "world's" one.
static bool apostrophe_splits(struct str text, size_t n_before, size_t after, size_t end)
{
    size_t n_after = 0;
    while (after < end && makes_word(peek(text, after)) && n_after < 3) {
        utf8_next(text, &after);
        n_after++;
    }
    return n_before <= 2 && n_after >= 3;
}

struct scan_word {
    size_t n_letters, n_upper, n_digits, n_last_digits;
    bool first_upper, too_long, digit_inside;
};

static void take_character(struct word *out, struct scan_word *seen, uint32_t c)
{
    char small[4];
    uint32_t lower = utf8_lower_char(c);
    size_t n = utf8_put(lower, small);
    seen->n_upper += lower != c;
    if (seen->n_letters + seen->n_digits == 0)
        seen->first_upper = seen->n_upper != 0;
    if (utf8_class(c) == UTF8_DIGIT) {
        seen->n_digits++;
        seen->n_last_digits++;
    } else {
        seen->digit_inside |= seen->n_last_digits != 0;
        seen->n_last_digits = 0;
        seen->n_letters += utf8_class(c) == UTF8_LETTER;
    }
    if (out->text.len + n > WORD_MAX_BYTES) {
        seen->too_long = true;
        return;
    }
    memcpy(out->buffer + out->text.len, small, n);
    out->text.len += n;
}

// Reads letters, marks and digits from w->at on.
static void read_word(struct words *w, struct word *out, struct scan_word *seen)
{
    out->text = str_make(out->buffer, 0);
    while (w->at < w->chunk_end) {
        size_t after = w->at;
        uint32_t c = utf8_next(w->text, &after);
        if (is_apostrophe(c) && after < w->chunk_end && makes_word(peek(w->text, after)) &&
            !apostrophe_splits(w->text, seen->n_letters, after, w->chunk_end)) {
            uint32_t next = peek(w->text, after);
            size_t end = after + 1;
            bool possessive = (next == 's' || next == 'S') &&
                              !(end < w->chunk_end && makes_word(peek(w->text, end)));
            w->at = possessive ? end : after;
            continue;
        }
        if (!makes_word(c) || (word_is_character(c) && out->text.len))
            break;
        w->at = after;
        take_character(out, seen, c);
        if (word_is_character(c))
            break;
    }
    // "c++", "c#"
    if (seen->n_letters == 1 && out->text.len == 1) {
        struct str left = str_make(w->text.ptr + w->at, w->chunk_end - w->at);
        size_t n = str_starts(left, STR_LIT("++")) ? 2 : str_starts(left, STR_LIT("#")) ? 1 : 0;
        if (n) {
            memcpy(out->buffer + 1, left.ptr, n);
            out->text.len += n;
            w->at += n;
        }
    }
}

// "html5" and "mp3" are words; other mixtures with digits, and numbers, are none.
static bool is_good(const struct scan_word *seen)
{
    if (seen->too_long || seen->n_letters == 0)
        return false;
    if (seen->n_digits == 0)
        return true;
    return !seen->digit_inside && seen->n_letters >= 2 && seen->n_letters <= 6 &&
           seen->n_digits == 1;
}

bool words_next(struct words *w, struct word *out)
{
    for (;;) {
        if (w->at >= w->chunk_end && !next_piece(w))
            return false;
        skip_between(w);
        if (w->at >= w->chunk_end)
            continue;
        struct scan_word seen = { 0 };
        read_word(w, out, &seen);
        if (!is_good(&seen)) {
            w->broken = true;
            continue;
        }
        out->capitals = seen.n_letters > 1 && seen.n_upper == seen.n_letters ? CASE_UPPER
                        : seen.first_upper                                   ? CASE_TITLE
                                                                             : CASE_LOWER;
        out->after_break = w->broken;
        w->broken = false;
        return true;
    }
}
