// SPDX-License-Identifier: Apache-2.0
// The directions in which rows differ most (principal components by simultaneous iteration): a
// first place for each row in the plane, or the directions themselves.
#ifndef VEC_PCA_H
#define VEC_PCA_H

#include "vec/matrix.h"

// xy: n × 2 places; the mean is at the origin. With less than two directions, zeros.
void pca_plane(const struct matrix *x, uint64_t seed, struct arena *scratch, double *xy);
// The mean (d numbers) and n_directions orthonormal rows of d; n_directions at most d.
void pca_directions(const struct matrix *x, size_t n_directions, uint64_t seed,
                    struct arena *scratch, double *mean, float *directions);

#endif
