// SPDX-License-Identifier: Apache-2.0
// Where the conversations of clusters that are not kept go: to the most similar kept cluster, when
// they are as similar to it as nine tenths of its own members are (threshold_fit).
#ifndef PRIVACY_REHOME_H
#define PRIVACY_REHOME_H

#include "base/pool.h"
#include "vec/matrix.h"

struct rehome {
    struct matrix kept; // centroids of the kept clusters alone
    int64_t *id;        // of each: 1 … k
    const float *fit;   // of all k, by id - 1; borrowed
    struct pool *pool;  // borrowed
};

// centroids: k × d, unit length; fit, is_kept: k places. What r holds is the arena's.
int rehome_open(struct rehome *r, const struct matrix *centroids, const bool *is_kept,
                const float *fit, struct pool *pool, struct arena *a, struct err *err) MUST_USE;
// place: the cluster of each row, 0 when it fits none. By float64 products (kmeans_assign); ties go
// to the lower id. rows: n × d, unit length. Cost n × n_kept × d in blocked products.
int rehome_rows(const struct rehome *r, const struct matrix *rows, struct arena *a, int64_t *place,
                struct err *err) MUST_USE;

#endif
