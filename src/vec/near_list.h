// SPDX-License-Identifier: Apache-2.0
// The rows most like one row, as they are found: private to vec/ (nearest.c, near_cells.c).
#ifndef VEC_NEAR_LIST_H
#define VEC_NEAR_LIST_H

#include "vec/matrix.h"

// Offers row `index` with `value` to a list of n rows, falling by value, that has room for `most`;
// of equal ones the earlier offer stays before. Returns how many there are then.
static inline size_t near_list_offer(float *values, uint32_t *indexes, size_t n, size_t most,
                                     uint32_t index, float value)
{
    if (n == most && !(value > values[n - 1]))
        return n;
    if (n < most)
        n++;
    size_t at = n - 1;
    for (; at > 0 && value > values[at - 1]; at--) {
        values[at] = values[at - 1];
        indexes[at] = indexes[at - 1];
    }
    values[at] = value;
    indexes[at] = index;
    return n;
}

// The k best of the n rows in `kept` for row i, by their float64 products, of equal ones the lower
// index first. n >= k.
void near_list_order(const struct matrix *x, size_t i, const uint32_t *kept, size_t n, size_t k,
                     uint32_t *index, float *similarity);

#endif
