// SPDX-License-Identifier: Apache-2.0
// The two directions in which rows differ most, private to vec/: a first place for each row in the
// plane (principal components by simultaneous iteration).
#ifndef VEC_PCA_H
#define VEC_PCA_H

#include "vec/matrix.h"

// xy: n × 2 places; the mean is at the origin. With less than two directions, zeros.
void pca_plane(const struct matrix *x, uint64_t seed, struct arena *scratch, double *xy);

#endif
