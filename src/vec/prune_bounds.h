// SPDX-License-Identifier: Apache-2.0
// The bounds of prune.c, private to vec/: of a row and up to sixteen centroids (or a few times
// sixteen that share bounds) one for the product with the centroid that had the largest, and one
// for all others. Both are as of one of the last calls; how far centroids are from where they were
// then is added. Fixed point, always rounded up; the last bits say which call, and which centroid
// that was. The plain loops, those of AVX2 and those of AVX-512 give the same.
#ifndef VEC_PRUNE_BOUNDS_H
#define VEC_PRUNE_BOUNDS_H

#include "base/prelude.h"

#define BOUND_LANES 16U          // columns of a panel
#define BOUND_SLOTS 8U           // calls
#define BOUND_UNIT 31000.0F      // of the fixed point
#define BOUND_ZERO 1.0F          // products from -1 on
#define BOUND_UNKNOWN UINT16_MAX // more than any product
#define BOUND_FIRSTS (BOUND_LANES * BOUND_SLOTS)

// How far centroids are from where they were in the call of each slot, in units, rounded up.
struct bound_drift {
    uint16_t first[BOUND_FIRSTS]; // of lane l and slot s at l × BOUND_SLOTS + s
    uint16_t rest[32];            // the largest; of the slots again and again
};

// The least number that is not below the product and ends with `code` of n_codes, a power of two.
static inline uint16_t bound_up(float product, unsigned code, unsigned n_codes)
{
    float most = (float)(BOUND_UNKNOWN - n_codes), units;
    units = (product + BOUND_ZERO) * BOUND_UNIT + 2;
    units = units > 1 ? units : 1;
    unsigned least = (unsigned)(int)(units < most ? units : most);
    least += (code - least) % n_codes;
    return (uint16_t)(units < most ? least : BOUND_UNKNOWN);
}

// The largest number all bounds up to which are below the product.
static inline uint16_t bound_below(float product)
{
    float units = (product + BOUND_ZERO) * BOUND_UNIT - 2, most = (float)BOUND_UNKNOWN;
    return (uint16_t)(units > 0 ? units < most ? units : most : 0);
}

// Both bounds of n rows, a multiple of 32. Those of slot `now` are the oldest and become as of now.
// found: the rows of which one is above low then, ascending; how many. It has room for BOUND_LANES
// more than n.
size_t bound_list(uint16_t *first, uint16_t *rest, const struct bound_drift *drift,
                  const uint16_t *low, size_t n, unsigned now, uint16_t *found);

struct bound_row {
    int32_t less; // of each of its products (vec/panel.h)
    uint32_t own; // the column that does not count
    float floor;  // of what it looks for
    float scale;  // of the row
    float error;  // of a product, scaled
};
struct bound_columns {
    const float *scale; // sixteen
    uint32_t first, n;  // column; how many there are
};
struct bound_pairs {
    uint16_t first[BOUND_LANES], rest[BOUND_LANES];
};
// Of n <= 16 rows and sixteen columns: products (p[i][j] − less) × columns->scale[j], row
// rows[list[i]] in line i; p has sixteen lines, whatever n. hits: bit j of hits[i] where one that
// counts is >= floor. pairs: the bounds that come of them, as of now.
void bound_scan(int32_t (*p)[BOUND_LANES], const struct bound_row *rows, const uint16_t *list,
                size_t n, const struct bound_columns *columns, unsigned now, uint16_t *hits,
                struct bound_pairs *pairs);
// What `more` columns come to is taken in: the rest is the largest but one of all.
void bound_join(struct bound_pairs *pairs, const struct bound_pairs *more, size_t n);

#endif
