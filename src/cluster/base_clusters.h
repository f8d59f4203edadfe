// SPDX-License-Identifier: Apache-2.0
// Base clusters of unit vectors: k-means started well (docs/cluster.md). More clusters than wanted
// are made first, on a sample when there are many rows; their means are merged by Ward's rule,
// weighted by size, until the wanted number remains; over all rows some are split and as many
// merged, and there Lloyd's iterations begin. Better and steadier than any number of k-means++
// starts, and the merges show how many clusters there are.
#ifndef CLUSTER_BASE_CLUSTERS_H
#define CLUSTER_BASE_CLUSTERS_H

#include "base/noise.h"
#include "cluster/choose_k.h"
#include "vec/kmeans.h"

struct base_clusters_params {
    size_t n_clusters; // 0: chosen from the data
    size_t floor;      // conversations that a shown cluster needs, at least 1
    size_t most;       // clusters, when chosen from the data; 0: as many as the floor allows
    uint64_t seed;
    const struct matrix *start; // k0 × d unit rows: clusters that were there; NULL: none were
    const struct count_noise *noise; // they are numbered by noisy sizes; NULL: by exact ones
};
struct base_clusters {
    struct matrix centroids;     // k × d, unit length, largest cluster first (with noise, nearly)
    uint32_t *assignment;        // of each row
    float *similarity;           // of each row to its centroid
    size_t *sizes;               // k, exact; none is empty
    size_t n_fine;               // clusters that were merged
    struct choose_result choice; // without steps when n_clusters was given
};
// x: n × d unit rows, without gaps. n 0 gives no clusters. More clusters than rows are never made.
// With `start` the merges say how many there are, and k-means begins from what was there wherever
// that and a merged cluster are each other's nearest.
// The same for any number of threads. Results in the arena.
int base_clusters_fit(const struct matrix *x, const struct base_clusters_params *params,
                      struct pool *pool, struct arena *a, struct base_clusters *result,
                      struct err *err) MUST_USE;

#endif
