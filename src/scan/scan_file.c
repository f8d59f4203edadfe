// SPDX-License-Identifier: Apache-2.0
#include "scan/scan_file.h"

#include "base/file.h"
#include "scan/id_family.h"

#define WINDOW ((size_t)16 << 10)
#define MOST_BYTES ((size_t)2 << 30)

static struct str next_window(struct str rest)
{
    struct str window = str_head(rest, WINDOW);
    const char *end = window.len < rest.len ? memrchr(window.ptr, '\n', window.len) : NULL;
    return end ? str_head(window, (size_t)(end + 1 - window.ptr)) : window;
}

static uint64_t count_lines(struct str s)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == '\n';
    return n;
}

static const char *family_of(struct str s)
{
    const struct id_family *family = id_family_of(s);
    return family ? family->name : NULL;
}

int scan_file(struct scanner *scanner, const char *path,
              void (*seen)(void *context, const struct scan_hit *hit), void *context,
              uint64_t *n_found, struct err *err)
{
    struct arena a = { 0 }, scratch = { 0 };
    struct str text, rest;
    uint64_t line = 1;
    *n_found = 0;
    int rc = file_read(&a, path, MOST_BYTES, &text, err);
    for (rest = text; !rc && rest.len;) {
        struct arena_mark start = arena_save(&scratch);
        struct str window = next_window(rest);
        struct scan_span *spans;
        size_t n, at = 0;
        rc = scan_find(scanner, window, SCAN_ALL, &scratch, &spans, &n, err);
        for (size_t i = 0; !rc && i < n; i++) {
            line += count_lines(str_make(window.ptr + at, spans[i].start - at));
            at = spans[i].start;
            struct str found = str_make(window.ptr + at, spans[i].len);
            struct scan_hit hit = { (uint64_t)(window.ptr + at - text.ptr), line, found.len,
                                    spans[i].kind,
                                    spans[i].kind < SCAN_PERSON ? family_of(found) : NULL };
            seen(context, &hit);
            ++*n_found;
        }
        line += count_lines(str_from(window, at));
        rest = str_from(rest, window.len);
        arena_rewind(&scratch, start);
    }
    arena_release(&scratch);
    arena_release(&a);
    return rc;
}
