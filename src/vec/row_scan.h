// SPDX-License-Identifier: Apache-2.0
// Looking through one row of products, private to vec/. The plain loops, those of AVX2
// and those of AVX-512 give the same.
#ifndef VEC_ROW_SCAN_H
#define VEC_ROW_SCAN_H

#include "base/prelude.h"

// The lowest j < k of the largest s[j]. k > 0.
uint32_t scan_best_float(const float *s, size_t k);
// found: all j < k with s[j] >= floor, ascending; how many.
size_t scan_above_float(const float *s, size_t k, float floor, uint32_t *found);
// The same for the products p[j] × scale[j].
uint32_t scan_best_int32(const int32_t *p, const float *scale, size_t k);
size_t scan_above_int32(const int32_t *p, const float *scale, size_t k, float floor,
                        uint32_t *found);
// Of n times sixteen products (p[i][j] − less[i]) × scale[j]: bit j of hits[i] where one is
// > floor[i].
void scan_sixteens_above(int32_t (*p)[16], size_t n, const int32_t *less, const float scale[16],
                         const float *floor, uint16_t *hits);

#endif
