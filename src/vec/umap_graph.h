// SPDX-License-Identifier: Apache-2.0
// The first half of UMAP, private to vec/: neighbours become a weighted graph (sections 3.1 and
// 4.1, algorithms 2 and 3 of the paper).
#ifndef VEC_UMAP_GRAPH_H
#define VEC_UMAP_GRAPH_H

#include "vec/nearest.h"

// A symmetric graph by rows; row i is edge start[i] … start[i + 1] - 1, neighbours ascending.
struct umap_graph {
    size_t n, n_edges;
    size_t *start;   // n + 1
    uint32_t *other; // n_edges
    float *weight;   // n_edges, 0 … 1
};
// In the arena.
int umap_graph_make(struct umap_graph *graph, const struct nearest *near, struct arena *a,
                    struct err *err) MUST_USE;
// Drops edges below `floor`.
void umap_graph_prune(struct umap_graph *graph, float floor);

#endif
