// SPDX-License-Identifier: Apache-2.0
// Any bytes as a text: spans lie in it, in order, and patterns that are looked for only where one
// can be are those of the whole text. Then the bytes before the first line end as what somebody
// said, the rest as what a model makes of it: it is cut to own words, and no piece of a contact is
// left.
#include "base/utf8.h"
#include "scan/own_words.h"
#include "scan/scan_parts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct scanner *scanner_once(void)
{
    static struct scanner *scanner;
    struct err err = { 0 };
    if (!scanner && scan_open(&scanner, &err))
        abort();
    return scanner;
}

static size_t find(struct str text, unsigned what, struct arena *a, struct scan_span **spans)
{
    struct err err = { 0 };
    size_t n = 0, end = 0;
    if (scan_find(scanner_once(), text, what, a, spans, &n, &err))
        abort();
    for (size_t i = 0; i < n; i++) {
        struct scan_span s = (*spans)[i];
        if (s.start < end || !s.len || s.start > text.len || s.len > text.len - s.start ||
            s.kind >= SCAN_N_KINDS)
            abort();
        end = s.start + s.len;
    }
    return n;
}

static void look(struct str text, struct arena *a)
{
    struct scan_span *all = NULL, *near = NULL, *whole = NULL;
    struct str marked;
    struct err err = { 0 };
    size_t n = find(text, SCAN_KEPT, a, &all);
    if (scan_mark(text, all, n, a, &marked, &err))
        abort();
    n = find(text, SCAN_PATTERNS, a, &near);
    if (n != find(text, SCAN_PATTERNS | SCAN_WHOLE, a, &whole))
        abort();
    for (size_t i = 0; i < n; i++)
        if (near[i].start != whole[i].start || near[i].len != whole[i].len ||
            near[i].kind != whole[i].kind)
            abort();
}

static void retell(struct str said, struct str answer, struct arena *a)
{
    struct own_words own = { 0 };
    struct own_cut cut;
    struct scan_parts parts = { 0 };
    struct str left, still;
    struct err err = { 0 };
    own_words_want(&own, answer);
    own_words_read(&own, said);
    own_words_cut(&own, scanner_once(), answer, a, &cut);
    if (cut.text.len > 2 * answer.len + 2)
        abort();
    own_words_release(&own);
    if (scan_parts_add(&parts, scanner_once(), said, a, &err) ||
        scan_parts_scrub(&parts, answer, a, &left, &err) ||
        scan_parts_scrub(&parts, left, a, &still, &err) || !str_equal(left, still))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a = { 0 };
    char *copy = malloc(size + !size); // a byte behind the end is seen
    if (!copy)
        abort();
    memcpy(copy, data, size);
    struct str text = str_make(copy, size), said = text;
    look(text, &a);
    if (str_cut(&text, '\n', &said))
        retell(utf8_repair(&a, said), utf8_repair(&a, text), &a);
    arena_release(&a);
    free(copy);
    return 0;
}
