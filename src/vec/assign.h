// SPDX-License-Identifier: Apache-2.0
// Nearest centroid of many rows, private to vec/. Products in the fastest rounding of this CPU
// first, with a proven bound on their error; where that leaves more than one centroid possible,
// float64 products of dot.h decide. So the answer is that of float64 on every CPU, and ties go to
// the lower index.
#ifndef VEC_ASSIGN_H
#define VEC_ASSIGN_H

#include "base/pool.h"
#include "vec/matrix.h"

// index: of each row. dirty (k bytes, or NULL): set to 1 for clusters that a row left or entered,
// going by what `index` held before. n_moved (or NULL): rows whose index changed.
int assign_rows(const struct matrix *x, const struct matrix *centroids, struct pool *pool,
                uint32_t *index, unsigned char *dirty, size_t *n_moved, struct err *err) MUST_USE;
// similarity[i] = x[i] · centroids[index[i]]
void assign_similarity(const struct matrix *x, const struct matrix *centroids, struct pool *pool,
                       const uint32_t *index, float *similarity);

#endif
