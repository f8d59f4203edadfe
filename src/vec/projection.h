// SPDX-License-Identifier: Apache-2.0
// Rows and centroids along the few directions in which centroids differ most, private to vec/. A
// product is that of the places along them and of what is left over; the latter is at most the
// product of the two lengths that are left (Cauchy and Schwarz):
//
//     x · c ≤ place(x) · place(c) + tail(x) · tail(c)
//
// Centroids are means, so little of them is left, and a sixth of the numbers tells of most
// centroids that they are not the nearest. Places are rounded to int8; what rounding moved is
// measured, as in assign.c.
#ifndef VEC_PROJECTION_H
#define VEC_PROJECTION_H

#include "base/pool.h"
#include "vec/matrix.h"

struct projection_row {
    float scale;   // place ≈ scale × rounded place
    float tail;    // length that is left over, at most
    float length;  // of the rounded place, at most
    float residue; // what rounding moved the place by, at most
    int32_t less;  // 128 × sum of the rounded place (vec/panel.h)
};

struct projection {
    const struct matrix *x;
    int8_t *whole;               // the rows rounded as they are, n × d
    size_t k, width;             // numbers of a place
    bool plain;                  // places are the rows themselves, and nothing is left over
    float *directions;           // width × d
    float *column_place;         // k × PROJECTION_MOST
    double skew;                 // how far from orthonormal they are
    int8_t *own_places, *places; // n × width
    struct projection_row *row;  // n
    int8_t *columns;             // k × width, with scale and tail of each
    float *scale, *tail;
    double length, residue; // the largest of a column's place, and of its rounding
    double float_error;     // of any product, by float32 and directions that are askew
};

#define PROJECTION_MOST ((size_t)128) // directions

// Memory (n × PROJECTION_MOST bytes at most, and places of k × d) is the arena's; x and `whole` are
// borrowed.
int projection_make(struct projection **s, const struct matrix *x, int8_t *whole, size_t k,
                    struct arena *a, struct err *err) MUST_USE;
// Finds the directions of k × d centroids (means less their mean) and how many of them make the
// least work, by a sample of the rows, whose nearest centroids are `index`; then the rows' places.
void projection_open(struct projection *s, const struct matrix *centroids, const uint32_t *index,
                     struct pool *pool, struct arena *scratch);
// The places of the centroids as they are now.
void projection_columns(struct projection *s, const struct matrix *centroids);
// What is to be added to a product of rounded places and of tails so that it is at least x · c, and
// taken away so that a rounded x · c is at most that.
double projection_slack(const struct projection *s, size_t i);

#endif
