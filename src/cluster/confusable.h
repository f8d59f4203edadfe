// SPDX-License-Identifier: Apache-2.0
// Siblings that a reader may take for one another: clusters whose centroids are near and whose
// titles say nearly the same. Pure.
#ifndef CLUSTER_CONFUSABLE_H
#define CLUSTER_CONFUSABLE_H

#include "vec/matrix.h"

#define CONFUSABLE_NEAR 10    // centroids that count as near: the ten nearest of either
#define CONFUSABLE_TITLES 0.8 // cosine of two titles

struct confusable {
    uint32_t a, b; // clusters, a < b
    double alike;  // cosine of their titles
};
// Pairs among n clusters, the most alike first; each cluster is in one pair at most. Row i of both
// matrices is of cluster which[i]; unit rows. In the arena. Cost n² products of both widths.
void confusable_find(const struct matrix *centroids, const struct matrix *titles,
                     const uint32_t *which, struct arena *a, struct confusable **pairs, size_t *n);

#endif
