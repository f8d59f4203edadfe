// SPDX-License-Identifier: Apache-2.0
// Better centroids for k-means than those it stops at (docs/cluster.md). Lloyd's iterations never
// move a centroid from where two share a group to where one has two; here the clusters that gain
// most by it are split in two, iterations follow, and Ward's rule merges as many again. After
// breathing k-means (Fritzke 2020, arXiv 2006.15666), in few large breaths.
#ifndef CLUSTER_SPLIT_MERGE_H
#define CLUSTER_SPLIT_MERGE_H

#include "base/pool.h"
#include "vec/matrix.h"

// x: n × d unit rows. centroids: k × d, no more than rows; better ones come in their place, or they
// stay; as many as before at most, fewer where two are alike. Cost about that of ten of k-means'
// iterations, memory that of one. The same for any number of threads.
int split_merge(const struct matrix *x, struct matrix *centroids, struct pool *pool,
                struct err *err) MUST_USE;

#endif
