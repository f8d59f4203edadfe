// SPDX-License-Identifier: Apache-2.0
// Cuts weighted unit vectors into a few parts of readable size (docs/hierarchy.md): Ward's tree is
// cut at several numbers of parts, a second tree weighs how often two vectors were together,
// spherical k-means over the vectors puts each where it is nearest, and crumbs are dissolved in
// favour of halves of the largest part.
#ifndef HIERARCHY_PARTITION_H
#define HIERARCHY_PARTITION_H

#include "vec/linkage.h"

struct partition_params {
    size_t n_parts;       // wanted, at least 1
    size_t least_members; // vectors in a part, at least 1
    double least_share;   // of the weight in a part; 0 = any
    double most_share;    // above it a part takes the place of the smallest one; 1 = any
};
// x: n × d unit rows; weights > 0. label[i] = part of row i, heaviest part first. Gives at most
// n_parts, fewer when parts would be too small; with n >= 2 · least_members and n_parts >= 2 at
// least two. *n_parts says how many.
int partition_fit(const struct matrix *x, const double *weights,
                  const struct partition_params *params, struct arena *scratch, uint32_t *label,
                  size_t *n_parts, struct err *err) MUST_USE;

#endif
