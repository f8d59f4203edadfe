// SPDX-License-Identifier: Apache-2.0
// tool_recognise [show] < LINES: how many made-up numbers, keys and contacts the scanner finds.
// Each line is "family TAB c, p or n TAB text" (tests/privacy/ids.py, conformance.tsv); lines of a
// family stand together. The text is put into a sentence, by turns into one of four, and counts as
// found when spans of patterns cover every letter and digit of it, as kept when only that of a
// plain number does. Of type n nothing may be found: what is counted are lines without a span. A
// line a family: "family TAB c, p or n TAB lines TAB found TAB plain numbers". With `show` the
// first ten that were not found go to standard error.
#include "base/buf.h"
#include "scan/scan.h"

#include <stdio.h>
#include <stdlib.h>

struct count {
    struct str family;
    char type;
    size_t n, n_found, n_plain;
};

static const char *const before[] = { "my number is ", "", "please check (", "it says: " };
static const char *const behind[] = { " and I need help", "", ") for me", ", is that right?" };

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

// Whether spans cover all letters and digits from start to end; *plain: all of a plain number.
static bool covers(struct str text, size_t start, size_t end, const struct scan_span *spans,
                   size_t n, bool *plain)
{
    size_t i = 0;
    *plain = true;
    for (size_t at = start; at < end; at++) {
        while (i < n && spans[i].start + spans[i].len <= at)
            i++;
        bool inside = i < n && spans[i].start <= at;
        if (is_alnum(text.ptr[at]) && !inside)
            return false;
        *plain &= !inside || spans[i].kind == SCAN_NUMBER;
    }
    return true;
}

static void show_count(const struct count *count)
{
    if (count->n)
        printf("%.*s\t%c\t%zu\t%zu\t%zu\n", STR_ARG(count->family), count->type, count->n,
               count->n_found, count->n_plain);
    fflush(stdout);
}

static int judge(struct scanner *scanner, struct str text, struct arena *a, struct count *count,
                 bool show, struct err *err)
{
    size_t turn = count->n++ % COUNT_OF(before), start = strlen(before[turn]), n;
    struct str all = arena_printf(a, "%s%.*s%s", before[turn], STR_ARG(text), behind[turn]);
    struct scan_span *spans;
    bool plain = false;
    int rc = scan_find(scanner, all, SCAN_PATTERNS, a, &spans, &n, err);
    if (rc)
        return rc;
    bool found =
        count->type == 'n' ? n == 0 : covers(all, start, start + text.len, spans, n, &plain);
    count->n_found += found;
    count->n_plain += found && plain;
    if (!found && show && count->n - count->n_found <= 10)
        fprintf(stderr, "%.*s\t%.*s\n", STR_ARG(count->family), STR_ARG(all));
    return 0;
}

int main(int argc, char **argv)
{
    struct arena a = { 0 };
    struct err err = { 0 };
    struct scanner *scanner;
    struct count count = { 0 };
    char name[128], *line = NULL;
    size_t room = 0;
    ssize_t len;
    bool show = argc > 1 && !strcmp(argv[1], "show");
    int rc = scan_open(&scanner, &err);
    while (!rc && (len = getline(&line, &room, stdin)) > 0) {
        struct str rest = str_make(line, (size_t)len - (line[len - 1] == '\n')), family, type;
        struct arena_mark mark = arena_save(&a);
        if (!str_cut(&rest, '\t', &family) || !str_cut(&rest, '\t', &type) || !type.len ||
            family.len >= sizeof name) {
            rc = err_set(&err, ERR_DATA, "a line is not \"family TAB c or p TAB text\"");
            break;
        }
        if (!str_equal(family, count.family)) {
            show_count(&count);
            memcpy(name, family.ptr, family.len);
            count = (struct count){ .family = str_make(name, family.len), .type = type.ptr[0] };
        }
        rc = judge(scanner, rest, &a, &count, show, &err);
        arena_rewind(&a, mark);
    }
    show_count(&count);
    if (rc)
        fprintf(stderr, "tool_recognise: %s\n", err.text);
    free(line);
    scan_close(scanner);
    arena_release(&a);
    return rc ? 1 : 0;
}
