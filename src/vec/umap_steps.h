// SPDX-License-Identifier: Apache-2.0
// The second half of UMAP, private to vec/: a weighted graph pulls its rows to their places
// (algorithm 5 of the paper).
#ifndef VEC_UMAP_STEPS_H
#define VEC_UMAP_STEPS_H

#include "base/rng.h"
#include "vec/umap_graph.h"

#define UMAP_MOST_ROWS ((size_t)1 << 24) // random ends are drawn from 24 bits
#define UMAP_MOST_NEGATIVE 1000

struct umap_schedule {
    int n_epochs;   // at least 1
    int n_negative; // 0 … UMAP_MOST_NEGATIVE
    float a, b;     // closeness at distance x is 1 / (1 + a·x^2b)
};
// xy: the first places, graph->n × 2, finite; moved where they stand. Edges so light that they
// would have no turn are dropped from the graph. Ends early when the program is asked to stop. One
// thread; the same on every machine. Cost n_epochs × edges.
int umap_steps(struct umap_graph *graph, const struct umap_schedule *schedule, struct rng *rng,
               struct arena *scratch, float *xy, struct err *err) MUST_USE;

#endif
