// SPDX-License-Identifier: Apache-2.0
// Nearest centroid of many rows, private to vec/. Products of whole numbers (int8) or of float32
// first, with a proven bound on their error; where that leaves more than one centroid possible,
// float64 products of dot.h decide. So the answer is that of float64 on every CPU, and ties go to
// the lower index.
#ifndef VEC_ASSIGN_H
#define VEC_ASSIGN_H

#include "base/pool.h"
#include "vec/matrix.h"

struct assigner;
// Rounds the rows of x once, for many calls with k centroids each. x and pool are borrowed, memory
// (n × d bytes) is the arena's; there is nothing to close. All rows must be finite and no longer
// than 1. many: for many calls; from the third on most products are not made, by bounds that are
// kept (n × k / 4 bytes, at most n × 1,024, and n × d more; the centroids of eight calls); the
// answers are the same.
int assigner_make(struct assigner **as, const struct matrix *x, size_t k, bool many,
                  struct pool *pool, struct arena *a, struct err *err) MUST_USE;
// index: nearest centroid of each row. n_moved: rows whose index is not what it held before.
int assigner_run(struct assigner *as, const struct matrix *centroids, uint32_t *index,
                 size_t *n_moved, struct err *err) MUST_USE;
// similarity[i] = x[i] · centroids[index[i]]
void assigner_compare(const struct assigner *as, const struct matrix *centroids,
                      const uint32_t *index, float *similarity);
// The share of all multiplications that was made, of the calls with bounds; 1 without.
double assigner_share(const struct assigner *as);

#endif
