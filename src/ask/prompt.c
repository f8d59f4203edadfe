// SPDX-License-Identifier: Apache-2.0
#include "ask/prompt.h"

#include "base/utf8.h"

#include <stdio.h>

struct prompt prompt_of(const char *name)
{
    struct str text = prompt_text(name);
    size_t at = str_find(text, STR_LIT("{"), 0);
    if (at == SIZE_MAX)
        BUG("prompt \"%s\" has no place", name);
    return (struct prompt){ str_head(text, at), str_trim(str_from(text, at)) };
}

static struct str value_of(const struct prompt_value *values, size_t n, struct str place)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(place, str_of(values[i].place)))
            return values[i].text;
    BUG("a prompt's place {%.*s} has no value", STR_ARG(place));
}

// Pieces of the filled prompt, put together at the end: no text is copied twice.
struct pieces {
    struct str *items;
    size_t n, n_room, len;
};

static void add_piece(struct pieces *pieces, struct str piece, struct arena *a)
{
    if (pieces->n == pieces->n_room) {
        size_t room = 2 * pieces->n_room + 16;
        pieces->items = arena_grow(a, pieces->items, pieces->n_room * sizeof *pieces->items,
                                   room * sizeof *pieces->items);
        pieces->n_room = room;
    }
    pieces->items[pieces->n++] = piece;
    pieces->len += piece.len;
}

struct str prompt_fill(const struct prompt *prompt, const struct prompt_value *values, size_t n,
                       struct arena *a)
{
    struct pieces pieces = { 0 };
    struct str rest = prompt->body;
    for (;;) {
        size_t open = str_find(rest, STR_LIT("{"), 0);
        size_t shut = open == SIZE_MAX ? SIZE_MAX : str_find(rest, STR_LIT("}"), open);
        add_piece(&pieces, shut == SIZE_MAX ? rest : str_head(rest, open), a);
        if (shut == SIZE_MAX)
            break;
        add_piece(&pieces, value_of(values, n, str_make(rest.ptr + open + 1, shut - open - 1)), a);
        rest = str_from(rest, shut + 1);
    }
    char *all = arena_alloc(a, pieces.len + 1), *to = all;
    for (size_t i = 0; i < pieces.n; i++)
        if (pieces.items[i].len) {
            memcpy(to, pieces.items[i].ptr, pieces.items[i].len);
            to += pieces.items[i].len;
        }
    *to = 0;
    return str_make(all, pieces.len);
}

struct str prompt_fence(struct str text, size_t max_bytes, struct arena *a)
{
    text = utf8_clip(str_trim(text), max_bytes);
    char *out = arena_alloc(a, 3 * text.len + 1), *to = out;
    bool after_space = true;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = utf8_next(text, &at);
        enum utf8_class class = utf8_class(c);
        bool space = class == UTF8_SPACE || class == UTF8_CONTROL || c == 0x2028 || c == 0x2029;
        if (space && !after_space)
            *to++ = ' ';
        if (!space)
            to += utf8_put(c == '<' ? 0x2039 : c == '>' ? 0x203A : c, to);
        after_space = space;
    }
    return str_trim(str_make(out, (size_t)(to - out)));
}

struct str prompt_answer(struct str reply, const char *tag)
{
    char open[40], shut[40];
    struct str found = { 0 };
    int n_open = snprintf(open, sizeof open, "<%s>", tag);
    int n_shut = snprintf(shut, sizeof shut, "</%s>", tag);
    for (size_t from = 0;;) {
        size_t start = str_find(reply, str_make(open, (size_t)n_open), from);
        if (start == SIZE_MAX)
            return found;
        start += (size_t)n_open;
        size_t end = str_find(reply, str_make(shut, (size_t)n_shut), start);
        if (end == SIZE_MAX)
            return found;
        found = str_trim(str_make(reply.ptr + start, end - start));
        from = end + (size_t)n_shut;
    }
}

size_t prompt_list(struct str text, struct str *lines, size_t most)
{
    struct str line;
    size_t n = 0;
    while (n < most && str_cut(&text, '\n', &line)) {
        line = str_trim(line);
        size_t at = 0;
        while (at < line.len && line.ptr[at] >= '0' && line.ptr[at] <= '9')
            at++;
        if (at < line.len && strchr(at ? ".)" : "-*", line.ptr[at]))
            line = str_trim(str_from(line, at + 1));
        if (line.len)
            lines[n++] = line;
    }
    return n;
}
