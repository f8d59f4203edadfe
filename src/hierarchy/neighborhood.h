// SPDX-License-Identifier: Apache-2.0
// Neighborhoods of clusters for the prompts of the next level (paper, G.7): k-means over the
// vectors of their texts, 40 clusters each on average, and for each the ten nearest clusters
// outside it (their number is not in the paper). Pure.
#ifndef HIERARCHY_NEIGHBORHOOD_H
#define HIERARCHY_NEIGHBORHOOD_H

#include "vec/kmeans.h"

#define NEIGHBORHOOD_MEAN 40.0
#define NEIGHBORHOOD_NEAR ((size_t)10)

struct neighborhood {
    uint32_t *inside, *near; // rows, rising; nearest first
    size_t n_inside, n_near;
};
struct neighborhoods {
    struct neighborhood *items;
    size_t n;
};
// x: n × d unit rows, n >= 1. In the arena. The same for any number of threads.
int neighborhood_find(const struct matrix *x, uint64_t seed, struct pool *pool, struct arena *a,
                      struct neighborhoods *out, struct err *err) MUST_USE;

#endif
