// SPDX-License-Identifier: Apache-2.0
// Columns are taken in panels; a task is a block of rows. Each row keeps its best so far, some more
// than asked for, by float32 products; at the end float64 products put them in order, so that the
// rounding of float32 does not. Of many rows the first products are of int8, four times as fast,
// and three times as many and more are kept: rounding moves a product by about 0.0005, the last of
// those kept is farther off.
#include "vec/nearest.h"

#include "base/stop.h"
#include "vec/gemm.h"
#include "vec/near_list.h"
#include "vec/round.h"
#include "vec/row_scan.h"

#include <math.h>
#include <string.h>

#define PANEL ((size_t)1024)
#define BLOCK_ROWS ((size_t)64)
#define MORE ((size_t)8) // kept beyond k
#define FEW ((size_t)16) // times as many rows as are kept: a list of so few takes all
#define MANY ((size_t)2048)       // rows; from here on in int8
#define MORE_OF_MANY ((size_t)16) // kept beyond 3 k

struct search {
    const struct matrix *x;
    struct pool *pool;
    struct nearest *result;
    size_t n_kept;     // k + MORE, of many rows 3 k + MORE_OF_MANY; at most n - 1
    float *value;      // n × n_kept, falling
    uint32_t *index;   // n × n_kept
    uint32_t *n_found; // of each row
    void *products;    // of each thread: BLOCK_ROWS × PANEL, float32 or int32
    int8_t *rounded;   // n × d, or NULL: float32
    float *scale;      // of each rounded row
    float *rows;       // of each thread: BLOCK_ROWS × d
    uint32_t *hits;    // of each thread: PANEL
    struct gemm_weights *weights;
    size_t first, n_columns; // of the panel
    int *failed;             // of each task
};

// Columns c … c + n - 1 of the panel. Rounded products lack the scale of row i, which decides
// nothing.
static void take_part(struct search *s, size_t i, const void *row, size_t c, size_t n,
                      uint32_t *hits)
{
    bool full = s->n_found[i] == s->n_kept;
    float floor = full ? s->value[(i + 1) * s->n_kept - 1] : -INFINITY;
    const float *floats = (const float *)row + c;
    const float *scale = s->rounded ? s->scale + s->first + c : NULL;
    const int32_t *whole = (const int32_t *)row + c;
    size_t n_hits = s->rounded ? scan_above_int32(whole, scale, n, floor, hits)
                               : scan_above_float(floats, n, floor, hits);
    for (size_t h = 0; h < n_hits; h++) {
        uint32_t j = (uint32_t)(s->first + c) + hits[h];
        float value = s->rounded ? (float)whole[hits[h]] * scale[hits[h]] : floats[hits[h]];
        if (j != i)
            s->n_found[i] =
                (uint32_t)near_list_offer(s->value + i * s->n_kept, s->index + i * s->n_kept,
                                          s->n_found[i], s->n_kept, j, value);
    }
}

// One row of products of the panel: bit by bit while all that comes is kept.
static void take_row(struct search *s, size_t i, const void *row, uint32_t *hits)
{
    size_t c = 0;
    for (size_t n; c < s->n_columns; c += n) {
        n = s->first + c < FEW * s->n_kept ? s->n_kept : s->n_columns;
        n = size_min(n, s->n_columns - c);
        take_part(s, i, row, c, n, hits);
    }
}

static const float *gather(const struct matrix *x, size_t first, size_t n, float *place)
{
    if (x->stride == x->n_cols)
        return matrix_row(x, first);
    for (size_t i = 0; i < n; i++)
        memcpy(place + i * x->n_cols, matrix_row(x, first + i), x->n_cols * sizeof *place);
    return place;
}

static void search_task(void *context, size_t i_task, size_t i_thread)
{
    struct search *s = context;
    struct err err;
    size_t first = i_task * BLOCK_ROWS, n = size_min(BLOCK_ROWS, s->x->n_rows - first);
    float *products = (float *)s->products + i_thread * BLOCK_ROWS * PANEL; // int32 is as long
    uint32_t *hits = s->hits + i_thread * PANEL;
    size_t d = s->x->n_cols;
    int rc = s->rounded
                 ? gemm_run_int8(s->weights, s->rounded + first * d, n,
                                 (int32_t *)s->products + i_thread * BLOCK_ROWS * PANEL, &err)
                 : gemm_run(s->weights, gather(s->x, first, n, s->rows + i_thread * BLOCK_ROWS * d),
                            n, products, &err);
    for (size_t i = 0; i < n && !rc; i++)
        take_row(s, first + i, products + i * s->n_columns, hits); // int32 are as long
    s->failed[i_task] = rc;
}

static int search_panel(struct search *s, size_t first, float *place, struct err *err)
{
    size_t n = s->x->n_rows, n_tasks = size_round_up(n, BLOCK_ROWS) / BLOCK_ROWS;
    s->first = first;
    s->n_columns = size_min(PANEL, n - first);
    size_t d = s->x->n_cols;
    int rc = s->rounded
                 ? gemm_weights_open_int8(&s->weights, s->rounded + first * d, s->n_columns, d, err)
                 : gemm_weights_open(&s->weights, gather(s->x, first, s->n_columns, place),
                                     s->n_columns, d, NULL, GEMM_FP32, GEMM_NOTHING, err);
    if (rc)
        return rc;
    pool_run(s->pool, n_tasks, search_task, s);
    gemm_weights_close(s->weights);
    for (size_t t = 0; t < n_tasks; t++)
        if (s->failed[t])
            return err_set(err, (enum err_code)s->failed[t], "no memory to find neighbours");
    return 0;
}

static void order_task(void *context, size_t i_task, size_t i_thread)
{
    struct search *s = context;
    size_t k = s->result->k, end = size_min((i_task + 1) * BLOCK_ROWS, s->x->n_rows);
    (void)i_thread;
    for (size_t i = i_task * BLOCK_ROWS; i < end; i++)
        near_list_order(s->x, i, s->index + i * s->n_kept, s->n_kept, k, s->result->index + i * k,
                        s->result->similarity + i * k);
}

static void round_task(void *context, size_t i_task, size_t i_thread)
{
    struct search *s = context;
    size_t d = s->x->n_cols, end = size_min((i_task + 1) * BLOCK_ROWS, s->x->n_rows);
    (void)i_thread;
    for (size_t i = i_task * BLOCK_ROWS; i < end; i++)
        s->scale[i] = round_to_int8(matrix_row(s->x, i), d, s->rounded + i * d);
}

static int round_rows(struct search *s, struct arena *a, struct err *err)
{
    size_t n = s->x->n_rows;
    s->scale = arena_try(a, n, sizeof *s->scale, "finding neighbours", err);
    if (s->scale)
        s->rounded = arena_try(a, n, s->x->n_cols, "finding neighbours", err);
    if (!s->rounded)
        return err->code;
    pool_run(s->pool, size_round_up(n, BLOCK_ROWS) / BLOCK_ROWS, round_task, s);
    return 0;
}

static int allocate(struct search *s, struct arena *a, struct err *err)
{
    const char *what = "finding neighbours";
    size_t n = s->x->n_rows, n_threads = pool_threads(s->pool);
    size_t n_tasks = size_round_up(n, BLOCK_ROWS) / BLOCK_ROWS;
    s->value = arena_try(a, n * s->n_kept, sizeof *s->value, what, err);
    if (s->value)
        s->index = arena_try(a, n * s->n_kept, sizeof *s->index, what, err);
    if (!s->index)
        return err->code;
    s->n_found = arena_zero_array(a, n, sizeof *s->n_found);
    s->products = arena_array(a, n_threads * BLOCK_ROWS * PANEL, sizeof(float));
    s->rows = arena_array(a, n_threads * BLOCK_ROWS * s->x->n_cols, sizeof *s->rows);
    s->hits = arena_array(a, n_threads * PANEL, sizeof *s->hits);
    s->failed = arena_zero_array(a, n_tasks, sizeof *s->failed);
    return 0;
}

int nearest_search(const struct matrix *x, size_t k, struct pool *pool, struct arena *a,
                   struct nearest *result, struct err *err)
{
    size_t n = x->n_rows;
    if (k == 0 || k >= n || n > UINT32_MAX)
        return err_set(err, ERR_DATA, "%zu vectors do not have %zu neighbours each", n, k);
    int rc = matrix_check_finite(x, "vectors", err);
    if (rc)
        return rc;
    *result = (struct nearest){ .n = n, .k = k };
    result->index = arena_try(a, n * k, sizeof *result->index, "finding neighbours", err);
    if (result->index)
        result->similarity =
            arena_try(a, n * k, sizeof *result->similarity, "finding neighbours", err);
    if (!result->similarity)
        return err->code;
    struct arena_mark start = arena_save(a);
    struct search s = { .x = x, .pool = pool, .result = result };
    bool many = n >= MANY && gemm_has_int8();
    s.n_kept = size_min(many ? 3 * k + MORE_OF_MANY : k + MORE, n - 1);
    rc = allocate(&s, a, err);
    if (!rc && many)
        rc = round_rows(&s, a, err);
    float *panel = arena_array(a, PANEL * x->n_cols, sizeof *panel);
    for (size_t first = 0; first < n && !rc; first += PANEL) {
        rc = stop_check(err);
        if (!rc)
            rc = search_panel(&s, first, panel, err);
    }
    if (!rc)
        pool_run(pool, size_round_up(n, BLOCK_ROWS) / BLOCK_ROWS, order_task, &s);
    arena_rewind(a, start);
    return rc;
}
