// SPDX-License-Identifier: Apache-2.0
#include "scan/scan_file.h"

#include "base/file.h"
#include "base/stranger.h"
#include "scan/id_family.h"

#define PART ((size_t)16 << 10) // what one call reports on
#define BEYOND                                                                                     \
    ((size_t)1 << 10) // what it sees behind that, as a hit may begin in one part and end
                      // in the next
#define MOST_BYTES ((size_t)2 << 30)

// Up to the last end of a line, else the last space.
static struct str next_part(struct str rest)
{
    struct str part = str_head(rest, PART);
    const char *end = part.len < rest.len ? memrchr(part.ptr, '\n', part.len) : NULL;
    if (!end && part.len < rest.len)
        end = memrchr(part.ptr, ' ', part.len);
    return end ? str_head(part, (size_t)(end + 1 - part.ptr)) : part;
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
    if (!rc)
        rc = stranger_refuse(text, strcmp(path, "-") == 0 ? "standard input" : path, "scan",
                             "text in UTF-8", err);
    if (!rc && !text.len)
        rc = err_set(err, ERR_NO_INPUT, "%s is empty", path);
    for (rest = text; !rc && rest.len;) {
        struct arena_mark start = arena_save(&scratch);
        struct str part = next_part(rest), window = str_head(rest, part.len + BEYOND);
        size_t end = part.len; // of the part, or of a hit that goes beyond it
        struct scan_span *spans;
        size_t n, at = 0;
        rc = scan_find(scanner, window, SCAN_KEPT, &scratch, &spans, &n, err);
        for (size_t i = 0; !rc && i < n && spans[i].start < part.len; i++) {
            line += count_lines(str_make(window.ptr + at, spans[i].start - at));
            at = spans[i].start;
            end = size_max(end, at + spans[i].len);
            struct str found = str_make(window.ptr + at, spans[i].len);
            struct scan_hit hit = { (uint64_t)(window.ptr + at - text.ptr), line, found.len,
                                    spans[i].kind,
                                    spans[i].kind < SCAN_PERSON ? family_of(found) : NULL };
            seen(context, &hit);
            ++*n_found;
        }
        line += count_lines(str_make(window.ptr + at, end - at));
        rest = str_from(rest, end);
        arena_rewind(&scratch, start);
    }
    arena_release(&scratch);
    arena_release(&a);
    return rc;
}
