// SPDX-License-Identifier: Apache-2.0
// k-means by Lloyd's iterations on unit vectors (spherical: centroids are scaled to unit length,
// similarity is the inner product). Deterministic for a seed and any number of threads. Ties go to
// the lower index; an empty cluster takes half of the largest, unless it may stay empty.
#ifndef VEC_KMEANS_H
#define VEC_KMEANS_H

#include "base/pool.h"
#include "vec/matrix.h"

struct kmeans_params {
    size_t k;
    uint64_t seed;
    int max_iterations;
    double tolerance;           // stop when the objective grows by less than this fraction
    const struct matrix *start; // k × d centroids to start from; NULL = k-means++
    bool keep_empty;            // clusters may end without rows; their centroids mean nothing
};
struct kmeans_params kmeans_default_params(void);

struct kmeans_iteration {
    double objective; // mean similarity of a row to its centroid; never falls
    size_t n_moved, n_split;
};
struct kmeans_result {
    struct matrix centroids;  // k × d, unit length, in the arena
    uint32_t *assignment;     // of each row, 0 … k-1
    float *similarity;        // of each row to its centroid
    size_t *sizes;            // k
    struct kmeans_iteration *iterations;
    int n_iterations;
};
// x: n × d unit rows; 1 <= k <= n. ERR_DATA when a row is not finite or longer than 1, or when k
// does not fit. Results are in the arena `a`. No cluster is empty without keep_empty. Cost n·k·d an
// iteration.
int kmeans_fit(const struct matrix *x, const struct kmeans_params *params, struct pool *pool,
               struct arena *a, struct kmeans_result *result, struct err *err) MUST_USE;
// The n rows cluster by cluster, ascending inside: order, n places; where each cluster starts in
// it: start, k places.
void kmeans_group(const struct kmeans_result *r, size_t n, size_t *start, uint32_t *order);
// Nearest centroid of each row: assignment and similarity have x->n_rows places.
int kmeans_assign(const struct matrix *x, const struct matrix *centroids, struct pool *pool,
                  uint32_t *assignment, float *similarity, struct err *err) MUST_USE;

#endif
