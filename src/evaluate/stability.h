// SPDX-License-Identifier: Apache-2.0
// Whether runs of one corpus come to the same clusters, under other seeds, models or settings: NMI
// and ARI of every pair of runs over the conversations that both have placed, at the base and at
// the top of the tree.
#ifndef EVALUATE_STABILITY_H
#define EVALUATE_STABILITY_H

#include "base/buf.h"
#include "base/map.h"
#include "run/run.h"

#define STABILITY_RUNS 32
struct stability {
    struct arena arena;
    struct map ids;                 // conversation id -> place
    uint32_t *base[STABILITY_RUNS]; // cluster at each place; 0 = in none
    uint32_t *top[STABILITY_RUNS];
    size_t n_places[STABILITY_RUNS]; // of the two above
    size_t n;                        // of runs
};
// Zeroed, it is ready. Adds what the run has placed. ERR_USAGE for too many runs.
int stability_add(struct stability *s, struct run *run, struct err *err) MUST_USE;
// Text or JSON into `out`; ERR_USAGE with fewer than two runs.
int stability_put(struct stability *s, bool json, struct buf *out, struct err *err) MUST_USE;
void stability_release(struct stability *s);

#endif
