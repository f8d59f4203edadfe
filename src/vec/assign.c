// SPDX-License-Identifier: Apache-2.0
// For a row x and a centroid c, rounded to x' and c', and a product computed in float32:
//
//     |x·c − fl(x'·c')| ≤ |x − x'|·|c| + |x'|·|c − c'| + (n + 8)·2⁻²³·|x'|·|c'|
//
// (Cauchy and Schwarz; Higham 2002, section 3.1). The lengths on the right are measured, not
// assumed, so the bound holds for any data. For the centroid with the largest rounded product the
// exact one is worked out; only centroids whose rounded product comes within the bound of that can
// be nearer. What all centroids have in common does not decide between them: their mean is taken
// away before rounding, which makes the bound smaller.
#include "vec/assign_int.h"

#include "base/stop.h"
#include "vec/dot.h"
#include "vec/panel.h"
#include "vec/round.h"
#include "vec/row_scan.h"
#include "vec/tile.h"

#include <math.h>
#include <string.h>

#define STEP_ROWS ((size_t)16)        // products are made for multiples of it
#define PRUNE_LEAST ((size_t)64)      // centroids; fewer are multiplied as fast as looked at
#define BLOCK_PRODUCTS ((size_t)65536) // as many as stay in the cache next to the centroids

// Eight sums, so that they are made side by side.
static double find_residue(const float *x, const int8_t *rounded, float scale, size_t d)
{
    double sums[8] = { 0 }, sum = 0;
    size_t j = 0;
    for (; j + COUNT_OF(sums) <= d; j += COUNT_OF(sums))
        for (size_t l = 0; l < COUNT_OF(sums); l++) {
            double e = (double)x[j + l] - (double)scale * rounded[j + l];
            sums[l] += e * e;
        }
    for (; j < d; j++) {
        double e = (double)x[j] - (double)scale * rounded[j];
        sum += e * e;
    }
    for (size_t l = 0; l < COUNT_OF(sums); l++)
        sum += sums[l];
    return sqrt(sum);
}

// Returns the length of what rounding to one byte left, a hair more where there is a second one.
static double round_row(const float *x, size_t d, int8_t *rounded, int8_t *rest, float *scale)
{
    *scale = round_to_int8(x, d, rounded);
    if (!rest)
        return find_residue(x, rounded, *scale, d);
    round_finer(x, d, *scale, rounded, rest);
    double off = 1.01 / 2 * sqrt((double)d);
    return (double)*scale / ROUND_FINER * (sqrt((double)dot_int8(rest, rest, d)) + off);
}

static void round_task(void *context, size_t i_task, size_t i_thread)
{
    struct assigner *as = context;
    size_t d = as->x->n_cols, first = i_task * ASSIGN_TASK_ROWS;
    size_t end = size_min(first + ASSIGN_TASK_ROWS, as->x->n_rows);
    (void)i_thread;
    for (size_t i = first; i < end; i++) {
        const float *row = matrix_row(as->x, i);
        double length = sqrt(dot_floats(row, row, d)), residue = 0;
        int8_t *rest = as->rest ? as->rest + i * d : NULL;
        as->row_scale[i] = 1;
        if (as->whole)
            residue = round_row(row, d, as->rounded + i * d, rest, &as->row_scale[i]);
        double scale = (double)as->row_scale[i];
        as->length[i] = scale > 0 ? (float)((length + residue) / scale) : INFINITY;
        as->residue[i] = scale > 0 ? (float)(residue / scale) : INFINITY;
    }
}

static int make_desks(struct assigner *as, struct arena *a, struct err *err)
{
    size_t n_threads = pool_threads(as->pool), d = as->x->n_cols;
    as->desks = arena_zero_array(a, n_threads, sizeof *as->desks);
    for (size_t t = 0; t < n_threads; t++) {
        struct assign_desk *desk = &as->desks[t];
        desk->products = arena_try(a, as->block_rows * as->k, sizeof(float), "clustering", err);
        if (!desk->products)
            return err->code;
        desk->candidates = arena_array(a, as->k, sizeof *desk->candidates);
        desk->rows = arena_array(a, as->block_rows * d, sizeof *desk->rows);
    }
    return 0;
}

static int make_centroids(struct assigner *as, struct arena *a, struct err *err)
{
    size_t k = as->k, d = as->x->n_cols;
    int rc = matrix_make(&as->centered, k, d, a, "clustering", err);
    if (rc)
        return rc;
    as->rounded_centroids = arena_alloc(a, k * d);
    as->rest_of_centroids = as->rest ? arena_alloc(a, k * d) : NULL;
    as->scale = arena_array(a, k, sizeof *as->scale);
    as->centroid_length = arena_array(a, k, sizeof *as->centroid_length);
    as->centroid_residue = arena_array(a, k, sizeof *as->centroid_residue);
    as->mean = arena_array(a, d, sizeof *as->mean);
    return 0;
}

static int make_rows(struct assigner *as, bool bounds, struct arena *a, struct err *err)
{
    static const char what[] = "clustering";
    size_t n = as->x->n_rows, d = as->x->n_cols, n_padded = size_round_up(n, TILE_ROWS);
    as->length = arena_try(a, n, sizeof *as->length, what, err);
    if (as->length)
        as->residue = arena_try(a, n, sizeof *as->residue, what, err);
    if (as->residue)
        as->row_scale = arena_try(a, n, sizeof *as->row_scale, what, err);
    if (as->row_scale && as->whole)
        as->rounded = arena_try(a, n_padded * d, 1, what, err);
    if (as->rounded && bounds)
        as->rest = arena_try(a, n * d, 1, what, err);
    if (!as->row_scale || (as->whole && !as->rounded) || (bounds && !as->rest))
        return err->code;
    if (as->whole)
        memset(as->rounded + n * d, 0, (n_padded - n) * d);
    return 0;
}

int assigner_make(struct assigner **out, const struct matrix *x, size_t k, bool many,
                  struct pool *pool, struct arena *a, struct err *err)
{
    size_t n_tasks = size_round_up(x->n_rows, ASSIGN_TASK_ROWS) / ASSIGN_TASK_ROWS, d = x->n_cols;
    struct assigner *as = arena_zero(a, sizeof *as);
    as->x = x;
    as->pool = pool;
    as->k = k;
    as->block_rows = BLOCK_PRODUCTS / k / STEP_ROWS * STEP_ROWS;
    as->block_rows = size_max(STEP_ROWS, size_min(as->block_rows, 256));
    as->whole = gemm_has_int8();
    bool tiles = as->whole && assign_tiles_can(d);
    bool bounds = many && as->whole && !tiles && panel_is_fast() && d % 4 == 0 && k >= PRUNE_LEAST;
    as->n_moved = arena_zero_array(a, n_tasks + 1, sizeof *as->n_moved);
    as->failed = arena_zero_array(a, n_tasks + 1, sizeof *as->failed);
    int rc = make_rows(as, bounds, a, err);
    if (rc)
        return rc;
    pool_run(pool, n_tasks, round_task, as);
    rc = make_desks(as, a, err);
    if (!rc)
        rc = make_centroids(as, a, err);
    if (!rc && tiles)
        rc = assign_tiles_make(&as->tiles, as, a, err);
    else if (!rc && bounds)
        rc = prune_make(&as->prune, as, a, err);
    *out = as;
    return rc;
}

// The bound above for row i, in units of the row's scale. It is made larger by a hair for the
// rounding of its own arithmetic.
static double bound_by(const struct assign_call *call, size_t i, double other_length,
                       double other_residue)
{
    double length = (double)call->as->length[i], residue = (double)call->as->residue[i];
    double rounding = (double)(call->as->x->n_cols + 8) * 0x1p-23;
    return 1.0001 * (residue * other_length + length * other_residue +
                     rounding * length * (other_length + other_residue));
}

double assign_bound(const struct assign_call *call, size_t i)
{
    return bound_by(call, i, call->length, call->residue);
}

double assign_bound_of(const struct assign_call *call, size_t i, uint32_t c)
{
    return bound_by(call, i, call->as->centroid_length[c], call->as->centroid_residue[c]);
}

uint32_t assign_decide(const struct assign_call *call, const float *x,
                       const struct assign_desk *desk, size_t n)
{
    uint32_t best = desk->candidates[0];
    double best_product = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        uint32_t c = desk->candidates[i];
        double product = dot_floats(x, matrix_row(call->centroids, c), call->as->x->n_cols);
        if (product > best_product || (product == best_product && c < best)) {
            best_product = product;
            best = c;
        }
    }
    return best;
}

static float product_at(const struct assigner *as, const struct assign_desk *desk, size_t at,
                        size_t c)
{
    if (as->whole)
        return (float)((const int32_t *)desk->products)[at + c] * as->scale[c];
    return ((const float *)desk->products)[at + c];
}

static size_t find_above(const struct assigner *as, struct assign_desk *desk, size_t at,
                         float floor)
{
    if (as->whole)
        return scan_above_int32((int32_t *)desk->products + at, as->scale, as->k, floor,
                                desk->candidates);
    return scan_above_float((float *)desk->products + at, as->k, floor, desk->candidates);
}

// Nearest centroid of row i, whose products start at `at` on the desk.
static uint32_t find_nearest(const struct assign_call *call, size_t i, size_t at,
                             struct assign_desk *desk)
{
    const struct assigner *as = call->as;
    double bound = assign_bound(call, i);
    if (!isfinite(bound)) // a row of zeros is as near to all
        return 0;
    uint32_t best = as->whole ? scan_best_int32((int32_t *)desk->products + at, as->scale, as->k)
                              : scan_best_float((float *)desk->products + at, as->k);
    double low = (double)product_at(as, desk, at, best) - 2 * bound;
    size_t n = find_above(as, desk, at, nextafterf((float)low, -INFINITY));
    if (n == 1)
        return best;
    struct assign_row row;
    assign_row_open(&row, (float)(1.0001 * bound));
    if (as->rest)
        row.floor = nextafterf((float)low, -INFINITY);
    else
        assign_row_raise(call, &row, i, assign_row_rough(call, i, best));
    for (size_t c = 0; c < n; c++) {
        float product = product_at(as, desk, at, desk->candidates[c]);
        if (product >= row.floor)
            assign_row_keep(call, &row, i, desk->candidates[c], product);
    }
    return assign_row_close(call, &row, i, desk);
}

double assign_moved(const float *now, const float *before, size_t d)
{
    double square = (double)dot_apart(now, before, d) * (1 + (double)(d + 16) * 0x1p-23);
    return square > 0 ? sqrt(square) * ASSIGN_LONGEST + 1e-9 : 0;
}

void assign_set_index(struct assign_call *call, size_t i, uint32_t index, size_t *n_moved)
{
    uint32_t before = call->index[i];
    call->index[i] = index;
    *n_moved += before != index;
}

static int multiply(struct assign_call *call, size_t first, size_t n, struct assign_desk *desk,
                    struct err *err)
{
    struct assigner *as = call->as;
    size_t d = as->x->n_cols;
    if (as->whole)
        return gemm_run_int8(call->weights, as->rounded + first * d, size_round_up(n, STEP_ROWS),
                             desk->products, err);
    const float *rows = matrix_row(as->x, first);
    if (as->x->stride != d) {
        for (size_t i = 0; i < n; i++)
            memcpy(desk->rows + i * d, matrix_row(as->x, first + i), d * sizeof *rows);
        rows = desk->rows;
    }
    return gemm_run(call->weights, rows, n, desk->products, err);
}

static void assign_task(void *context, size_t i_task, size_t i_thread)
{
    struct assign_call *call = context;
    struct assigner *as = call->as;
    struct assign_desk *desk = &as->desks[i_thread];
    struct err err;
    size_t n_moved = 0, first = i_task * ASSIGN_TASK_ROWS;
    size_t end = size_min(first + ASSIGN_TASK_ROWS, as->x->n_rows);
    int rc = 0;
    for (; first < end && !rc && !stop_asked(); first += as->block_rows) {
        size_t n = size_min(as->block_rows, end - first);
        rc = multiply(call, first, n, desk, &err);
        for (size_t i = 0; i < n && !rc; i++) {
            uint32_t nearest = find_nearest(call, first + i, i * as->k, desk);
            assign_set_index(call, first + i, nearest, &n_moved);
        }
    }
    as->n_moved[i_task] = n_moved;
    as->failed[i_task] = rc;
}

// The centroids without their mean, rounded where products are of whole numbers. While bounds are
// kept the mean stays as it was, so that a centroid that stays does not move.
static void center(struct assign_call *call)
{
    struct assigner *as = call->as;
    size_t k = as->k, d = as->x->n_cols;
    bool fresh =
        as->tiles ? assign_tiles_recenters(as->tiles) : !as->prune || prune_regroups(as->prune);
    if (fresh)
        memset(as->mean, 0, d * sizeof *as->mean);
    for (size_t c = 0; c < k && fresh; c++)
        dot_add(as->mean, matrix_row(call->centroids, c), d);
    for (size_t c = 0; c < k; c++) {
        const float *from = matrix_row(call->centroids, c);
        float *to = matrix_row(&as->centered, c);
        for (size_t j = 0; j < d; j++)
            to[j] = (float)((double)from[j] - as->mean[j] / (double)k);
        as->centroid_length[c] = sqrt(dot_floats(to, to, d));
        call->length = fmax(call->length, as->centroid_length[c]);
        if (!as->whole)
            continue;
        int8_t *rounded = as->rounded_centroids + c * d;
        int8_t *rest = as->rest ? as->rest_of_centroids + c * d : NULL;
        as->centroid_residue[c] = round_row(to, d, rounded, rest, &as->scale[c]);
        call->residue = fmax(call->residue, as->centroid_residue[c]);
        call->scale = fmax(call->scale, (double)as->scale[c]);
    }
}

static int open_weights(struct assign_call *call, struct err *err)
{
    const struct assigner *as = call->as;
    size_t k = as->k, d = as->x->n_cols;
    if (as->whole)
        return gemm_weights_open_int8(&call->weights, as->rounded_centroids, k, d, err);
    return gemm_weights_open(&call->weights, as->centered.data, k, d, NULL, GEMM_FP32, GEMM_NOTHING,
                             err);
}

static void tiles_only(void *context, size_t i_task, size_t i_thread)
{
    struct assign_call *call = context;
    if (stop_asked())
        return;
    call->as->n_moved[i_task] = assign_tiles_task(call->as->tiles, call, i_task, i_thread);
    call->as->failed[i_task] = 0;
}

static void prune_only(void *context, size_t i_task, size_t i_thread)
{
    struct assign_call *call = context;
    if (stop_asked())
        return;
    call->as->n_moved[i_task] = prune_task(call->as->prune, call, i_task, i_thread);
    call->as->failed[i_task] = 0;
}

int assigner_run(struct assigner *as, const struct matrix *centroids, uint32_t *index,
                 size_t *n_moved, struct err *err)
{
    assert(centroids->n_rows == as->k && centroids->n_cols == as->x->n_cols);
    struct assign_call call = { .as = as, .centroids = centroids, .index = index };
    size_t n_tasks = size_round_up(as->x->n_rows, ASSIGN_TASK_ROWS) / ASSIGN_TASK_ROWS;
    center(&call);
    call.slack = (double)(centroids->n_cols + 16) * 0x1p-23 * call.length * ASSIGN_LONGEST;
    bool pruned = as->prune && prune_begin(as->prune);
    int rc = pruned || as->tiles ? 0 : open_weights(&call, err);
    if (rc)
        return rc;
    if (as->tiles)
        assign_tiles_begin(as->tiles);
    pool_run(as->pool, n_tasks, as->tiles ? tiles_only : pruned ? prune_only : assign_task, &call);
    gemm_weights_close(call.weights);
    *n_moved = 0;
    rc = stop_check(err); // then tasks were left out
    if (rc)
        return rc;
    for (size_t i = 0; i < n_tasks; i++) {
        if (as->failed[i])
            return err_set(err, (enum err_code)as->failed[i],
                           "no memory to assign vectors to clusters");
        *n_moved += as->n_moved[i];
    }
    if (as->prune)
        prune_end(as->prune);
    return 0;
}

struct comparing {
    const struct matrix *x, *centroids;
    const uint32_t *index;
    float *similarity;
};

static void compare_task(void *context, size_t i_task, size_t i_thread)
{
    struct comparing *job = context;
    size_t first = i_task * ASSIGN_TASK_ROWS,
           end = size_min(first + ASSIGN_TASK_ROWS, job->x->n_rows);
    (void)i_thread;
    for (size_t i = first; i < end; i++)
        job->similarity[i] = (float)dot_floats(
            matrix_row(job->x, i), matrix_row(job->centroids, job->index[i]), job->x->n_cols);
}

void assigner_compare(const struct assigner *as, const struct matrix *centroids,
                      const uint32_t *index, float *similarity)
{
    struct comparing job = { as->x, centroids, index, similarity };
    pool_run(as->pool, size_round_up(as->x->n_rows, ASSIGN_TASK_ROWS) / ASSIGN_TASK_ROWS,
             compare_task, &job);
}

double assigner_share(const struct assigner *as)
{
    return as->prune ? prune_share(as->prune) : 1;
}
