// SPDX-License-Identifier: Apache-2.0
// What tests of the scanner's parts share: the table of words with an arena, and random texts.
#ifndef TESTS_UNIT_SCAN_FIXTURE_H
#define TESTS_UNIT_SCAN_FIXTURE_H

#include "unit/check.h"

#include "base/arena.h"
#include "base/rng.h"
#include "scan/word_table.h"

static struct word_table *table;
static struct arena arena;

static inline int open_table(void **state)
{
    struct err err;
    (void)state;
    return word_table_open(&table, &err);
}

static inline int close_table(void **state)
{
    (void)state;
    word_table_close(table);
    arena_release(&arena);
    return 0;
}

// `len` bytes of pieces by chance, of which one in `seldom` comes up to `most` times in a row. The
// last one may be cut. Nothing of the arena lies behind it: what reads past it is seen.
static inline struct str text_of_pieces(struct rng *rng, const char *const *pieces, size_t n_pieces,
                                        uint32_t seldom, uint32_t most, size_t len)
{
    char *text = arena_array(&arena, len + 1, 1);
    size_t n = 0;
    while (n < len) {
        struct str piece = str_of(pieces[rng_below(rng, n_pieces)]);
        size_t times = rng_below(rng, seldom) ? 1 : rng_below(rng, most);
        for (; times > 0 && n < len; times--, n += piece.len)
            memcpy(text + n, piece.ptr, size_min(piece.len, len - n));
    }
    return str_make(text, len);
}

#endif
