// SPDX-License-Identifier: Apache-2.0
// Nearest neighbours among unit vectors by blocked products: exact up to 2,047 rows; of more, on
// CPUs with VNNI or AVX2, as good as exact (test_nearest: fewer than one in a thousand are missed)
// and two to four times as fast. Ties go to the lower index.
#ifndef VEC_NEAREST_H
#define VEC_NEAREST_H

#include "base/pool.h"
#include "vec/matrix.h"

struct nearest {
    size_t n, k;
    uint32_t *index;   // n × k, most similar first, the row itself left out
    float *similarity; // n × k
};
// x: n × d unit rows, 1 <= k < n. Results in the arena. Cost n²·d, memory n·k.
int nearest_search(const struct matrix *x, size_t k, struct pool *pool, struct arena *a,
                   struct nearest *result, struct err *err) MUST_USE;

#endif
