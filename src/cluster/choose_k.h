// SPDX-License-Identifier: Apache-2.0
// How many base clusters a corpus has (docs/cluster.md). Fine clusters are merged upwards by Ward's
// rule; at each number k on the way the separation of a sample of rows is measured. Those within a
// twentieth of the best are the plateau, among those that leave nearly all conversations in
// clusters over the floor, and the k at which a third of its area is reached is taken, also between
// two that were measured.
#ifndef CLUSTER_CHOOSE_K_H
#define CLUSTER_CHOOSE_K_H

#include "base/pool.h"
#include "cluster/ward_means.h"

// The most clusters worth asking for: three times the floor in each on average, and no more than
// 2·√n, so that a person can look through them. At least 1.
size_t choose_largest(size_t n, size_t floor);

struct choose_tree {
    const struct ward_means *ward; // of the fine clusters
    double scale; // conversations that a row stands for: 1, more when a sample was clustered
};
struct choose_step {
    size_t k;
    double separation;  // mean over the rows of 1 - d1/d2, distances to the two nearest centroids
    double share_below; // of conversations in clusters under the floor
    double share_clear; // of conversations whose own 1 - d1/d2 is 0.25 or more
    bool allowed;
};
struct choose_result {
    size_t k;
    struct choose_step *steps; // k rising, in the arena
    size_t n_steps;
};
// rows: the unit vectors that are measured. Tries k up to min(largest, fine clusters).
// The simplified silhouette of Hruschka, Campello and de Castro (2006), on distances to centroids.
int choose_k(const struct choose_tree *tree, const struct matrix *rows, size_t largest,
             size_t floor, struct pool *pool, struct arena *a, struct choose_result *result,
             struct err *err) MUST_USE;

#endif
