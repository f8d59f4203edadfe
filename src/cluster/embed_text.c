// SPDX-License-Identifier: Apache-2.0
#include "cluster/embed_text.h"

#include "base/buf.h"
#include "scan/scan.h"

// Length of the mark that stands at the start of `s`, 0 when none does.
static size_t mark_length(struct str s)
{
    static const char *const marks[] = {
#define MARK(kind, words, mark) mark,
        SCAN_KINDS(MARK)
#undef MARK
    };
    for (size_t i = 0; s.len && *s.ptr == '[' && i < COUNT_OF(marks); i++)
        if (str_starts(s, str_of(marks[i])))
            return str_of(marks[i]).len;
    return 0;
}

struct str embed_text(struct str value, struct arena *a)
{
    struct str kept = { arena_alloc(a, value.len + 1), 0 };
    char *to = (char *)kept.ptr;
    bool had_mark = false, gap = false;
    for (size_t at = 0; at < value.len;) {
        size_t n = mark_length(str_from(value, at));
        had_mark |= n > 0;
        if (n || value.ptr[at] == ' ') {
            gap = true;
            at += n ? n : 1;
            continue;
        }
        if (gap && kept.len)
            to[kept.len++] = ' ';
        gap = false;
        to[kept.len++] = value.ptr[at++];
    }
    return had_mark && kept.len ? kept : value;
}
