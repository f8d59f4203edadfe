// SPDX-License-Identifier: Apache-2.0
#include "scan/scan_parts.h"

#include "base/utf8.h"

static bool is_inside(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static size_t end_of_run(struct str text, size_t at)
{
    while (at < text.len && is_inside(text.ptr[at]))
        at++;
    return at;
}

static void add_pieces(struct scan_parts *parts, const struct scanner *scanner, struct str found,
                       enum scan_kind kind, struct arena *a)
{
    for (size_t at = 0, end; at < found.len; at = end + 1) {
        end = end_of_run(found, at);
        struct str piece = utf8_lower(a, str_make(found.ptr + at, end - at));
        if (piece.len < SCAN_PART_BYTES || scan_is_public(scanner, piece))
            continue;
        parts->items =
            arena_room(a, parts->items, parts->n, &parts->n_room, sizeof *parts->items);
        parts->items[parts->n++] = (struct scan_part){ piece, kind };
    }
}

int scan_parts_add(struct scan_parts *parts, struct scanner *scanner, struct str source,
                   struct arena *a, struct err *err)
{
    struct scan_span *spans;
    size_t n = 0;
    int rc = scan_find(scanner, source, SCAN_PATTERNS, a, &spans, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        if (spans[i].kind == SCAN_EMAIL || spans[i].kind == SCAN_HANDLE ||
            spans[i].kind == SCAN_KEY)
            add_pieces(parts, scanner, str_make(source.ptr + spans[i].start, spans[i].len),
                       spans[i].kind, a);
    return rc;
}

static const struct scan_part *find_part(const struct scan_parts *parts, struct str word)
{
    for (size_t i = 0; i < parts->n; i++)
        if (str_equal_ci(parts->items[i].text, word))
            return &parts->items[i];
    return NULL;
}

int scan_parts_scrub(const struct scan_parts *parts, struct str text, struct arena *a,
                     struct str *out, struct err *err)
{
    struct scan_span *spans = NULL;
    size_t n = 0, n_room = 0;
    for (size_t at = 0, end; parts->n && at < text.len; at = end + 1) {
        end = end_of_run(text, at);
        const struct scan_part *part =
            end > at ? find_part(parts, str_make(text.ptr + at, end - at)) : NULL;
        if (!part)
            continue;
        spans = arena_room(a, spans, n, &n_room, sizeof *spans);
        spans[n++] = (struct scan_span){ at, end - at, part->kind };
    }
    return scan_mark(text, spans, n, a, out, err);
}
