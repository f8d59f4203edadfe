// SPDX-License-Identifier: Apache-2.0
// Places on the map, pure: circles that stand for clusters, in the unit square. A circle's area is
// in proportion to its cluster's conversations, as the explorer draws it.
#ifndef HIERARCHY_MAP_PLACE_H
#define HIERARCHY_MAP_PLACE_H

#include "vec/matrix.h"

#define MAP_CELLS 64 // the density grid is MAP_CELLS × MAP_CELLS

struct map_circle {
    double x, y; // 0 … 1
    double radius;
    double weight; // conversations, more than 0
};
// Radius of each by its weight: 0.045 for the largest, less when the circles would cover more than
// a quarter of the map.
void map_size_circles(struct map_circle *circles, size_t n);
// Brings places of any scale into the square, whole circles inside a margin, both axes alike.
void map_fit(struct map_circle *circles, size_t n);
// Pushes overlapping circles apart, each pair along the line between them, the lighter one further.
// The order is fixed, so the result is. Stops when none overlap or after some rounds. Time about
// n·log n a round; keeps circles inside the margin.
void map_spread(struct map_circle *circles, size_t n, struct arena *scratch);
bool map_has_fixed(const bool *fixed, size_t n);
// Places circles beside those that are fixed: at the mean of the three whose centroids are nearest,
// weighted by similarity, then at the nearest free place along a spiral; fixed ones stay where they
// are. With `parts`, where two of them cover each other by more than a tenth of the smaller radius
// (sizes are shares of the largest, which changes) the lighter one is pushed off, before new ones
// come. Where no free place is left, all make way as in map_spread. centroids: n × d unit rows;
// radii are set.
void map_place_new(const struct matrix *centroids, const bool *fixed, bool parts,
                   struct map_circle *circles, size_t n);
// How thick conversations lie: each circle's weight is spread by a bell curve over the cells near
// it, and all of it stays on the map. cells: MAP_CELLS² places, row by row (y first).
void map_density(const struct map_circle *circles, size_t n, double *cells);

#endif
