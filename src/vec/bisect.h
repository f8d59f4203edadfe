// SPDX-License-Identifier: Apache-2.0
// Rows into groups of equal size whose rows are alike, private to vec/.
#ifndef VEC_BISECT_H
#define VEC_BISECT_H

#include "vec/matrix.h"

// order: all rows of x, so that `size` at a time make a group (the last may be shorter). Halves are
// cut again and again, each along the line between the means of its two sides. Cost
// n · d · log(n / size); the same on every machine.
void bisect_rows(const struct matrix *x, size_t size, struct arena *scratch, uint32_t *order);

#endif
