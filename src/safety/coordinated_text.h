// SPDX-License-Identifier: Apache-2.0
// Coordinated groups in words: their templates and the table or JSON. Private to safety/.
#ifndef SAFETY_COORDINATED_TEXT_H
#define SAFETY_COORDINATED_TEXT_H

#include "safety/coordinated.h"

struct score;
struct coordinated_found {
    const struct score *score;
    const uint32_t *items; // places in the corpus
    size_t n;
    int64_t cluster;     // base cluster that most of them are in; 0: none
    struct str template; // words that most of its accounts share, three at least
};

// Fills cluster and template of each, reading at most 24 prompts a group; in the run's scratch.
int coordinated_describe(struct run *run, const struct coordinated *c,
                         struct coordinated_found *found, size_t n, struct err *err) MUST_USE;
// Groups with at least the setting `least-score`, best first.
int coordinated_print(struct run *run, const struct coordinated *c,
                      const struct coordinated_found *found, size_t n, bool json, struct buf *out,
                      struct err *err) MUST_USE;

#endif
