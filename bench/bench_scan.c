// SPDX-License-Identifier: Apache-2.0
// How fast the scanner reads: bench_scan FILE [SECONDS] scans FILE (plain text, cut at line ends
// into pieces of about 4 KB, one conversation each) again and again on one thread and prints, for
// what it looks for, megabytes a second of the best pass and how many spans were found.
#include "base/arena.h"
#include "base/clock.h"
#include "base/file.h"
#include "scan/scan.h"

#include <stdio.h>
#include <stdlib.h>

#define PIECE ((size_t)4096)

struct text {
    struct str *pieces;
    size_t n, n_bytes;
};

static void cut(struct str all, struct arena *a, struct text *out)
{
    size_t room = 0;
    *out = (struct text){ 0 };
    while (all.len) {
        struct str piece = str_head(all, PIECE);
        const char *end = piece.len < all.len ? memrchr(piece.ptr, '\n', piece.len) : NULL;
        if (end)
            piece = str_head(piece, (size_t)(end + 1 - piece.ptr));
        out->pieces = arena_room(a, out->pieces, out->n, &room, sizeof *out->pieces);
        out->pieces[out->n++] = piece;
        out->n_bytes += piece.len;
        all = str_from(all, piece.len);
    }
}

static int pass(struct scanner *scanner, const struct text *text, unsigned what, double *seconds,
                size_t *n_found, struct err *err)
{
    struct arena a = { 0 };
    int64_t start = clock_cpu_us();
    int rc = 0;
    *n_found = 0;
    for (size_t i = 0; !rc && i < text->n; i++) {
        struct arena_mark mark = arena_save(&a);
        struct scan_span *spans;
        size_t n;
        rc = scan_find(scanner, text->pieces[i], what, &a, &spans, &n, err);
        *n_found += n;
        arena_rewind(&a, mark);
    }
    *seconds = (double)(clock_cpu_us() - start) / 1e6;
    arena_release(&a);
    return rc;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        unsigned what;
    } sets[] = { { "patterns", SCAN_PATTERNS }, { "all", SCAN_ALL } };
    struct arena a = { 0 };
    struct err err = { 0 };
    struct scanner *scanner = NULL;
    struct text text;
    struct str all;
    double budget = argc > 2 ? strtod(argv[2], NULL) : 3;
    if (argc < 2)
        return 64;
    int rc = file_read(&a, argv[1], (size_t)1 << 31, &all, &err);
    if (!rc)
        rc = scan_open(&scanner, &err);
    if (!rc)
        cut(all, &a, &text);
    for (size_t i = 0; !rc && i < COUNT_OF(sets); i++) {
        double best = 1e9, spent = 0, seconds;
        size_t n_found = 0;
        while (!rc && spent < budget) {
            rc = pass(scanner, &text, sets[i].what, &seconds, &n_found, &err);
            best = seconds < best ? seconds : best;
            spent += seconds;
        }
        printf("%s %.1f MB/s %zu spans\n", sets[i].name, (double)text.n_bytes / best / 1e6,
               n_found);
    }
    if (rc)
        fprintf(stderr, "bench_scan: %s\n", err.text);
    scan_close(scanner);
    arena_release(&a);
    return rc ? 70 : 0;
}
