// SPDX-License-Identifier: Apache-2.0
// Rows for tests of vec/: in groups around centres drawn at random, dealt out in turn.
#ifndef TESTS_UNIT_GROUPED_ROWS_H
#define TESTS_UNIT_GROUPED_ROWS_H

#include "base/rng.h"
#include "vec/matrix.h"

#include "check.h"

// n unit rows of d numbers in the arena, `spread` the deviation of each number from its centre's.
static inline struct matrix grouped_rows(struct arena *a, size_t n, size_t d, size_t n_groups,
                                         double spread, uint64_t seed)
{
    struct rng rng;
    struct matrix centers, x;
    struct err err;
    rng_init(&rng, seed, "rows");
    assert_ok(matrix_make(&centers, n_groups, d, a, "test", &err));
    assert_ok(matrix_make(&x, n, d, a, "test", &err));
    for (size_t i = 0; i < n_groups * d; i++)
        centers.data[i] = (float)rng_normal(&rng);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            matrix_row(&x, i)[j] =
                matrix_row(&centers, i % n_groups)[j] + (float)(spread * rng_normal(&rng));
    matrix_normalize(&x);
    return x;
}

#endif
