// SPDX-License-Identifier: Apache-2.0
// For tests/privacy/test_anchors.sh, which makes texts out of the scanner's own patterns:
//
//     tool_anchor patterns   a line each: number, 1 where case does not matter, the expression
//     tool_anchor check      stdin: lines of a number and a text in hex. Prints a line for each
//                            text in which patterns around anchors find something else than all
//                            over it, and at the end how many texts of each number something was
//                            found in
#include "scan/recogniser.h"
#include "scan/scan.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_BYTES ((size_t)4096)

static void put_patterns(void)
{
    for (size_t i = 0; i < n_recognisers; i++)
        printf("%zu\t%d\t%s\n", i, recognisers[i].caseless, recognisers[i].pattern);
}

static size_t read_hex(const char *hex, char *text)
{
    size_t n = 0;
    for (unsigned byte; n < MOST_BYTES && sscanf(hex, "%2x", &byte) == 1; hex += 2)
        text[n++] = (char)byte;
    return n;
}

static bool is_same(const struct scan_span *x, size_t n_x, const struct scan_span *y, size_t n_y)
{
    bool same = n_x == n_y;
    for (size_t i = 0; same && i < n_x; i++)
        same = x[i].start == y[i].start && x[i].len == y[i].len && x[i].kind == y[i].kind;
    return same;
}

static int check(struct err *err)
{
    struct arena arena = { 0 };
    struct scanner *scanner;
    char *line = NULL, text[MOST_BYTES], *hex;
    size_t room = 0, *n_found = calloc(n_recognisers, sizeof *n_found);
    int rc = n_found ? scan_open(&scanner, err) : err_set(err, ERR_TRY_AGAIN, "out of memory");
    while (!rc && getline(&line, &room, stdin) > 0) {
        struct scan_span *around, *whole;
        size_t n_around = 0, n_whole = 0, i = strtoul(line, &hex, 10);
        struct str one = str_make(text, read_hex(hex + 1, text));
        rc = scan_find(scanner, one, SCAN_PATTERNS, &arena, &around, &n_around, err);
        if (!rc)
            rc = scan_find(scanner, one, SCAN_PATTERNS | SCAN_WHOLE, &arena, &whole, &n_whole, err);
        if (!rc && i < n_recognisers)
            n_found[i] += n_whole > 0;
        if (!rc && !is_same(around, n_around, whole, n_whole))
            printf("differs\t%zu\t%s", i, hex + 1);
        arena_rewind(&arena, (struct arena_mark){ 0 });
    }
    for (size_t i = 0; !rc && i < n_recognisers; i++)
        printf("found\t%zu\t%zu\n", i, n_found[i]);
    free(line);
    free(n_found);
    arena_release(&arena);
    if (!rc)
        scan_close(scanner);
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = { 0 };
    if (argc == 2 && !strcmp(argv[1], "patterns")) {
        put_patterns();
        return 0;
    }
    if (argc != 2 || strcmp(argv[1], "check")) {
        fprintf(stderr, "usage: tool_anchor patterns | check\n");
        return 64;
    }
    if (check(&err)) {
        fprintf(stderr, "tool_anchor: %s\n", err.text);
        return 1;
    }
    return 0;
}
