// SPDX-License-Identifier: Apache-2.0
// Contacts and numbers that somebody spelled for a reader and against a program: "oh one seven one,
// five five five", "a d a @ m a i l . o r g", "ada arobase exemple point fr". Words of English,
// German, French, Spanish, Italian and Portuguese; and digits in groups with any mark between. Word
// by word, 200 MB/s: for facet values, texts that are shown and files of `clio scan`
// (SCAN_SPELLED), not for whole corpora. Private to scan/.
#ifndef SCAN_SPELLED_H
#define SCAN_SPELLED_H

#include "scan/scan.h"

#define SPELLED_PLACES 512
#define SPELLED_BYTES ((size_t)8) // by which a word is known
// Words for 0 … 99 as "one:1 two:2 ", each of SPELLED_BYTES at most.
extern const char *const spelled_numbers;
struct spelled { // the words, a hash table
    struct spelled_word {
        uint64_t key; // 0: nothing
        unsigned char what;
    } places[SPELLED_PLACES];
};
void spelled_open(struct spelled *spelled);
// Calls `found` for every span of the text, in any order. Text is UTF-8 as it was written.
void spelled_find(const struct spelled *spelled, struct str text,
                  void (*found)(void *context, size_t start, size_t end, enum scan_kind kind),
                  void *context);

#endif
