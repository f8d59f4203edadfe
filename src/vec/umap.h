// SPDX-License-Identifier: Apache-2.0
// UMAP (McInnes, Healy and Melville 2018, arXiv 1802.03426): a layout in two dimensions that keeps
// neighbours together. Seeded; the same for any number of threads.
#ifndef VEC_UMAP_H
#define VEC_UMAP_H

#include "vec/nearest.h"

struct umap_params {
    size_t n_neighbors;    // 15 as in Clio's paper
    double min_dist, spread; // 0.0 as in the paper, 1.0
    int n_epochs;          // 0 = by size, as in the reference
    // Samples pushed away for each neighbour pulled: 7, the reference has 5. Neighbours of real
    // vectors are kept better (docs/vec.md), and two pulls fill a register of sixteen.
    int n_negative;
    uint64_t seed;
};
struct umap_params umap_default_params(void);
// x: n × d unit rows, cosine distance. xy: n × 2 places of the caller, centred, not scaled. Small n
// works: neighbours are cut to n - 1; n = 1 gives the origin. ERR_DATA for rows that are not finite
// or, from 16,384 on, longer than 1, for more than 16 million, for parameters out of their range.
int umap_layout(const struct matrix *x, const struct umap_params *params, struct pool *pool,
                struct arena *scratch, float *xy, struct err *err) MUST_USE;

#endif
