// SPDX-License-Identifier: Apache-2.0
// What assign.c, assign_row.c, assign_tiles.c and prune.c share: the rows rounded once, the
// centroids of one call.
#ifndef VEC_ASSIGN_INT_H
#define VEC_ASSIGN_INT_H

#include "vec/assign.h"
#include "vec/gemm.h"

#define ASSIGN_TASK_ROWS ((size_t)512)
#define ASSIGN_LONGEST 1.01 // row (matrix_check_unit)

// Where a thread puts its products. float32 or int32.
struct assign_desk {
    void *products;
    float *rows;
    uint32_t *candidates;
};

struct assigner {
    const struct matrix *x;
    struct pool *pool;
    size_t k, block_rows;
    bool whole; // int8 products; float32 otherwise
    int8_t *rounded;
    int8_t *rest;            // what rounding left of each row (round_finer); NULL: not kept
    float *row_scale;        // of each row; 1 in float32
    float *length, *residue; // of each row and of its rounding, in units of the row's scale
    struct matrix centered;  // the centroids without their mean, k × d
    float *scale;            // k, of their rounding
    double *centroid_length, *centroid_residue; // k, of each and of its rounding
    int8_t *rounded_centroids, *rest_of_centroids;
    double *mean;
    struct assign_desk *desks; // of each thread
    int *failed;               // of each task
    size_t *n_moved;           // of each task
    struct prune *prune;       // NULL: every product is made every time
    struct assign_tiles *tiles; // AMX makes them; NULL: it does not
};

// One call.
struct assign_call {
    struct assigner *as;
    const struct matrix *centroids;
    struct gemm_weights *weights;
    double length, residue; // the largest of a centered centroid and of its rounding
    double scale;           // the largest of a rounded centroid
    double slack;           // error of a float32 product with a centered centroid
    uint32_t *index;
};

// The error of a product of row i, rounded as it is, in units of the row's scale.
double assign_bound(const struct assign_call *call, size_t i);
double assign_bound_of(const struct assign_call *call, size_t i, uint32_t centroid); // with one
void assign_set_index(struct assign_call *call, size_t i, uint32_t index, size_t *n_moved);

// Of the n centroids on the desk the nearest by float64, the lowest of equals.
uint32_t assign_decide(const struct assign_call *call, const float *x,
                       const struct assign_desk *desk, size_t n);

// How much a product with the centroid of d numbers that was `before` can have changed, for the
// longest row.
double assign_moved(const float *now, const float *before, size_t d);

#define ASSIGN_LISTED ((size_t)24) // candidates of a row
// What may be nearest of a row, while its task is at work. Products in whole numbers are in units
// of the row's scale, float32 products are not.
struct assign_row {
    float floor; // products in whole numbers from here on may be as near as the best
    float best;  // the largest float32 product so far; what it is at least
    float bound; // error of a product in whole numbers; INFINITY: a row of zeros
    uint32_t n;  // candidates, of which the first n_sorted have a float32 product
    uint32_t n_sorted;
    bool fresh; // nothing was known of the row before
    bool many;  // so many are equal that the list has no place for them
    uint32_t list[ASSIGN_LISTED];
    float rounded[ASSIGN_LISTED], rough[ASSIGN_LISTED];
};
// Nothing is known of the row; bound: error of a product in whole numbers.
void assign_row_open(struct assign_row *s, float bound);
float assign_row_rough(const struct assign_call *call, size_t i, uint32_t centroid);
// A product with a centered centroid is at least `rough`, a float32 one: others must come up to it.
void assign_row_raise(const struct assign_call *call, struct assign_row *s, size_t i, float rough);
// Of a product that came up to the floor.
void assign_row_keep(const struct assign_call *call, struct assign_row *s, size_t i,
                     uint32_t centroid, float product);
// What closing will read: neither rows nor centroids come in order.
void assign_row_fetch(const struct assign_call *call, const struct assign_row *s, size_t i);
// The nearest. Where there was one candidate alone, nothing is read.
uint32_t assign_row_close(const struct assign_call *call, struct assign_row *s, size_t i,
                          struct assign_desk *desk);

// All products by AMX's tiles, 32 rows at a time, and looked through where they are: as fast as the
// bounds of prune.c, so that none are kept. The assigner's rounded rows end with whole TILE_ROWS.
bool assign_tiles_can(size_t d);
int assign_tiles_make(struct assign_tiles **tiles, const struct assigner *as, struct arena *a,
                      struct err *err) MUST_USE;
bool assign_tiles_recenters(const struct assign_tiles *tiles); // in the next call
void assign_tiles_begin(struct assign_tiles *tiles);
size_t assign_tiles_task(const struct assign_tiles *tiles, struct assign_call *call, size_t i_task,
                         size_t i_thread); // returns how many rows moved

// What the nearest of each row's other centroids can reach at most, kept from call to call.
int prune_make(struct prune **prune, struct assigner *as, struct arena *a,
               struct err *err) MUST_USE;
bool prune_regroups(const struct prune *prune); // in the next call
// Before each call: groups centroids, or loosens the bounds by what they moved. Returns whether
// prune_task is to be used: not in the first call, when nothing is known of any row.
bool prune_begin(struct prune *prune);
// Assigns the rows of a task; returns how many moved.
size_t prune_task(struct prune *prune, struct assign_call *call, size_t i_task, size_t i_thread);
void prune_end(struct prune *prune);           // after a call that went well
double prune_share(const struct prune *prune); // of all multiplications

#endif
