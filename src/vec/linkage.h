// SPDX-License-Identifier: Apache-2.0
// Ward's agglomerative linkage with weights (Ward 1963; nearest-neighbour chains, Murtagh 1983):
// always merges the two clusters whose union adds the least to the within-cluster sum of squares.
#ifndef VEC_LINKAGE_H
#define VEC_LINKAGE_H

#include "vec/matrix.h"

struct linkage_merge {
    uint32_t left, right; // 0 … n-1 leaves, n + i = the result of merge i; left < right
    double cost;          // what the merge adds to the sum of squares; not falling
    double weight;        // of the union
};
// points: n × d, weights: n, each > 0. merges: n - 1 places from the arena, in order of cost.
// ERR_DATA for none and for numbers that are not finite. Memory n·(n-1)/2 floats while it works;
// ERR_UNAVAILABLE names the need when that is not there. Time n²·d.
int linkage_ward(const struct matrix *points, const double *weights, struct arena *a,
                 struct linkage_merge **merges, struct err *err) MUST_USE;
// Cuts the tree so that n_clusters remain; label[i] in 0 … n_clusters-1, numbered by lowest leaf.
void linkage_cut(const struct linkage_merge *merges, size_t n, size_t n_clusters, uint32_t *label,
                 struct arena *scratch);

#endif
