// SPDX-License-Identifier: Apache-2.0
// tool_scan FILE [patterns|names|all]: scans the file in pieces of 4 KB and prints how many spans
// of each kind there are and how fast it went, in CPU time of the one thread. For bench/ and for
// looking at what is found.
#include "base/file.h"
#include "scan/scan.h"

#include <stdio.h>
#include <time.h>

int main(int argc, char **argv)
{
    struct err err = { 0 };
    struct arena arena = { 0 }, scratch = { 0 };
    struct scanner *scanner;
    struct str text;
    size_t counts[SCAN_N_KINDS] = { 0 };
    if (argc < 2 || file_read(&arena, argv[1], (size_t)1 << 31, &text, &err) ||
        scan_open(&scanner, &err)) {
        fprintf(stderr, "tool_scan: %s\n", err.text);
        return 1;
    }
    unsigned what = argc > 2 && !strcmp(argv[2], "patterns") ? SCAN_PATTERNS
                    : argc > 2 && !strcmp(argv[2], "names")  ? SCAN_PERSONS | SCAN_NAMES
                                                             : SCAN_ALL;
    clock_t start = clock();
    for (size_t at = 0; at < text.len; at += 4096) {
        struct scan_span *spans;
        size_t n;
        struct arena_mark mark = arena_save(&scratch);
        if (scan_find(scanner, str_head(str_from(text, at), 4096), what, &scratch, &spans, &n,
                      &err))
            return 1;
        for (size_t i = 0; i < n; i++) {
            counts[spans[i].kind]++;
            if (argc > 3) // a third argument: what stands there
                printf("%s\t%.*s\n", scan_kind_name(spans[i].kind), (int)spans[i].len,
                       text.ptr + at + spans[i].start);
        }
        arena_rewind(&scratch, mark);
    }
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    for (size_t i = 0; i < SCAN_N_KINDS; i++)
        printf("%zu %s\n", counts[i], scan_kind_name((enum scan_kind)i));
    printf("%.1f MB/s\n", (double)text.len / 1e6 / (seconds > 0 ? seconds : 1e-6));
    scan_close(scanner);
    arena_release(&scratch);
    arena_release(&arena);
    return 0;
}
