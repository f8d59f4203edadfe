// SPDX-License-Identifier: Apache-2.0
// Columns are taken in panels; a task is a block of rows. Each row keeps its best so far, some more
// than asked for, by float32 products; at the end float64 products put them in order, so that the
// rounding of float32 does not.
#include "vec/nearest.h"

#include "vec/dot.h"
#include "vec/gemm.h"
#include "vec/row_scan.h"

#include <math.h>
#include <string.h>

#define PANEL ((size_t)1024)
#define BLOCK_ROWS ((size_t)64)
#define MORE ((size_t)8) // kept beyond k

struct search {
    const struct matrix *x;
    struct pool *pool;
    struct nearest *result;
    size_t n_kept;     // k + MORE, at most n - 1
    float *value;      // n × n_kept, falling
    uint32_t *index;   // n × n_kept
    uint32_t *n_found; // of each row
    float *products;   // of each thread: BLOCK_ROWS × PANEL
    float *rows;       // of each thread: BLOCK_ROWS × d
    uint32_t *hits;    // of each thread: PANEL
    struct gemm_weights *weights;
    size_t first, n_columns; // of the panel
    int *failed;             // of each task
};

static void insert(struct search *s, size_t i, uint32_t j, float value)
{
    float *values = s->value + i * s->n_kept;
    uint32_t *indexes = s->index + i * s->n_kept;
    size_t n = s->n_found[i];
    if (n == s->n_kept && !(value > values[n - 1]))
        return;
    if (n < s->n_kept)
        s->n_found[i] = (uint32_t)++n;
    size_t at = n - 1;
    for (; at > 0 && value > values[at - 1]; at--) {
        values[at] = values[at - 1];
        indexes[at] = indexes[at - 1];
    }
    values[at] = value;
    indexes[at] = j;
}

static void take_row(struct search *s, size_t i, const float *products, uint32_t *hits)
{
    bool full = s->n_found[i] == s->n_kept;
    float floor = full ? s->value[(i + 1) * s->n_kept - 1] : -INFINITY;
    size_t n_hits = scan_above_float(products, s->n_columns, floor, hits);
    for (size_t h = 0; h < n_hits; h++) {
        uint32_t j = (uint32_t)s->first + hits[h];
        if (j != i)
            insert(s, i, j, products[hits[h]]);
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
    float *products = s->products + i_thread * BLOCK_ROWS * PANEL;
    uint32_t *hits = s->hits + i_thread * PANEL;
    const float *rows =
        gather(s->x, first, n, s->rows + i_thread * BLOCK_ROWS * s->x->n_cols);
    int rc = gemm_run(s->weights, rows, n, products, &err);
    for (size_t i = 0; i < n && !rc; i++)
        take_row(s, first + i, products + i * s->n_columns, hits);
    s->failed[i_task] = rc;
}

static int search_panel(struct search *s, size_t first, float *place, struct err *err)
{
    size_t n = s->x->n_rows, n_tasks = size_round_up(n, BLOCK_ROWS) / BLOCK_ROWS;
    s->first = first;
    s->n_columns = size_min(PANEL, n - first);
    const float *panel = gather(s->x, first, s->n_columns, place);
    int rc = gemm_weights_open(&s->weights, panel, s->n_columns, s->x->n_cols, NULL, GEMM_FP32,
                               GEMM_NOTHING, err);
    if (rc)
        return rc;
    pool_run(s->pool, n_tasks, search_task, s);
    gemm_weights_close(s->weights);
    for (size_t t = 0; t < n_tasks; t++)
        if (s->failed[t])
            return err_set(err, (enum err_code)s->failed[t], "no memory to find neighbours");
    return 0;
}

// The kept ones by their float64 products; of equal ones the lower index first.
static void order_task(void *context, size_t i_task, size_t i_thread)
{
    struct search *s = context;
    size_t k = s->result->k, d = s->x->n_cols;
    size_t first = i_task * BLOCK_ROWS, end = size_min(first + BLOCK_ROWS, s->x->n_rows);
    (void)i_thread;
    for (size_t i = first; i < end; i++) {
        const uint32_t *kept = s->index + i * s->n_kept;
        uint32_t *index = s->result->index + i * k;
        float *similarity = s->result->similarity + i * k;
        size_t n = 0;
        for (size_t c = 0; c < s->n_kept; c++) {
            float value =
                (float)dot_floats(matrix_row(s->x, i), matrix_row(s->x, kept[c]), d);
            size_t at = n < k ? n++ : k;
            for (; at > 0 && (value > similarity[at - 1] ||
                              (value == similarity[at - 1] && kept[c] < index[at - 1]));
                 at--)
                if (at < k) {
                    similarity[at] = similarity[at - 1];
                    index[at] = index[at - 1];
                }
            if (at < k) {
                similarity[at] = value;
                index[at] = kept[c];
            }
        }
    }
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
    s->products = arena_array(a, n_threads * BLOCK_ROWS * PANEL, sizeof *s->products);
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
    s.n_kept = size_min(k + MORE, n - 1);
    rc = allocate(&s, a, err);
    float *panel = arena_array(a, PANEL * x->n_cols, sizeof *panel);
    for (size_t first = 0; first < n && !rc; first += PANEL)
        rc = search_panel(&s, first, panel, err);
    if (!rc)
        pool_run(pool, size_round_up(n, BLOCK_ROWS) / BLOCK_ROWS, order_task, &s);
    arena_rewind(a, start);
    return rc;
}
