// SPDX-License-Identifier: Apache-2.0
// Nearest neighbours of many rows, nearly all of them, from a small share of the products.
#ifndef VEC_NEAR_CELLS_H
#define VEC_NEAR_CELLS_H

#include "vec/nearest.h"

#define NEAR_CELLS_LEAST ((size_t)16384) // fewer are as soon compared with all

// As nearest_search, for layouts and whatever else can do without a neighbour now and then: of
// 16,384 rows and more, on CPUs with VNNI or AVX2, about one in twenty is missed (test_near_cells;
// the less the rows are clustered, the more), and one that is found has its exact similarity;
// elsewhere it is nearest_search. Every row has k different neighbours. x: unit rows. The same for
// any number of threads. Cost about 5,000·n·d + n²·d / 128, n²·d where all rows are alike; memory
// n·d bytes and n·k.
int near_cells_search(const struct matrix *x, size_t k, struct pool *pool, struct arena *a,
                      struct nearest *result, struct err *err) MUST_USE;

#endif
