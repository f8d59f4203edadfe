// SPDX-License-Identifier: Apache-2.0
// Clusters as points that Ward's rule merges (vec/linkage.h): their means, which are not scaled, so
// that a loose cluster has a short one and Ward's costs are those of its rows; and what stands in
// their place when so many are left.
#ifndef CLUSTER_WARD_MEANS_H
#define CLUSTER_WARD_MEANS_H

#include "vec/kmeans.h"
#include "vec/linkage.h"

struct ward_means {
    struct matrix means;          // k × d, of the clusters that are not empty
    double *sizes;                // rows in each
    struct linkage_merge *merges; // k - 1
};
// x: what was clustered. All in the arena.
int ward_means_make(const struct matrix *x, const struct kmeans_result *fit, struct arena *a,
                    struct ward_means *ward, struct err *err) MUST_USE;
// k × d unit means of what is left when the merges stop at k, at most as many as there are.
int ward_means_cut(const struct ward_means *ward, size_t k, struct arena *a,
                   struct matrix *centroids, struct err *err) MUST_USE;

#endif
