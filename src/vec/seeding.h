// SPDX-License-Identifier: Apache-2.0
// k-means++ (Arthur and Vassilvitskii 2007), private to vec/: each next centroid is a row drawn
// with chance in proportion to its squared distance to the nearest centroid so far.
#ifndef VEC_SEEDING_H
#define VEC_SEEDING_H

#include "base/pool.h"
#include "vec/matrix.h"

// Fills centroids (k × d) with copies of rows of x (n × d, k <= n), no row twice. Cost n·k·d.
int seeding_draw(const struct matrix *x, uint64_t seed, struct pool *pool,
                 struct arena *scratch, const struct matrix *centroids, struct err *err) MUST_USE;

#endif
