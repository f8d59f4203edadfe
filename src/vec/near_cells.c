// SPDX-License-Identifier: Apache-2.0
// Inverted lists (Jégou, Douze and Schmid 2011): k-means on some of the rows makes cells of about
// 128 rows; a row is compared with the rows of the cells whose centroids are most like it. Products
// are of int8 (vec/panel.h) with some more kept than asked for; float64 products put those in
// order. A task is 128 rows that stand cell by cell, so most of them look into the same cells, and
// a cell is read once for all of them. The row's own cell comes first: after it few products are
// large enough to be kept.
#include "vec/near_cells.h"

#include "base/stop.h"
#include "vec/dot.h"
#include "vec/gemm.h"
#include "vec/kmeans.h"
#include "vec/near_list.h"
#include "vec/panel.h"
#include "vec/round.h"
#include "vec/row_scan.h"

#include <math.h>
#include <string.h>

#define CELL_ROWS ((size_t)128)
#define TRAIN_ROWS ((size_t)32) // of a cell
#define TRAIN_ROUNDS 4
#define PROBES ((size_t)32)
#define MORE ((size_t)6)        // kept beyond k
#define TASK_ROWS ((size_t)128) // their numbers in a task fit a byte
#define NOBODY UINT32_MAX

// Rows of a task and what is kept for each: value falling, in units of the row's scale.
struct desk {
    int32_t *ranks; // TASK_ROWS × n_cells products with the centroids
    uint8_t *list;  // n_cells × TASK_ROWS: rows that look into a cell
    size_t *n_listed;
    float *value;    // TASK_ROWS × n_kept
    uint32_t *index; // TASK_ROWS × n_kept
    int8_t *rows;    // TASK_ROWS × d: those that look into a cell, where tiles multiply
    size_t n_found[TASK_ROWS];
};

struct cells {
    const struct matrix *x;
    struct pool *pool;
    struct nearest *result;
    size_t n_cells, n_probes, n_kept;
    int8_t *rounded;  // n × d
    float *scale;     // of each row
    int32_t *row_sum; // 128 · sum of each rounded row
    uint32_t *probe;  // n × n_probes, most alike first
    uint32_t *order;  // rows, cell by cell, ascending inside
    size_t *panel;    // of each cell its first, n_cells + 1
    uint32_t *member; // of each column its row, or NOBODY
    float *column;    // of each column its scale
    uint8_t *panels;
    float *cell_scale;            // of each rounded centroid
    struct gemm_weights *weights; // the rounded centroids
    struct desk *desks;           // of each thread
    int *failed;                  // of each task
};

static size_t n_tasks(const struct cells *s)
{
    return size_round_up(s->x->n_rows, TASK_ROWS) / TASK_ROWS;
}

static int find_centroids(struct cells *s, struct matrix *centroids, struct arena *a,
                          struct err *err)
{
    const struct matrix *x = s->x;
    size_t step = size_max(1, x->n_rows / (s->n_cells * TRAIN_ROWS));
    struct matrix some = { x->data, x->n_rows / step, x->n_cols, x->stride * step };
    struct kmeans_params params = kmeans_default_params();
    struct kmeans_result found;
    struct matrix start;
    int rc = matrix_make(&start, s->n_cells, x->n_cols, a, "finding neighbours", err);
    if (rc)
        return rc;
    for (size_t c = 0; c < s->n_cells; c++)
        memcpy(matrix_row(&start, c), matrix_row(&some, c * some.n_rows / s->n_cells),
               x->n_cols * sizeof(float));
    params.k = s->n_cells;
    params.max_iterations = TRAIN_ROUNDS;
    params.start = &start;
    params.keep_empty = true;
    rc = kmeans_fit(&some, &params, s->pool, a, &found, err);
    if (!rc)
        *centroids = found.centroids;
    return rc;
}

static int open_centroids(struct cells *s, struct arena *a, struct err *err)
{
    size_t d = s->x->n_cols;
    struct matrix centroids;
    int rc = find_centroids(s, &centroids, a, err);
    if (rc)
        return rc;
    int8_t *rounded = arena_array(a, s->n_cells, d);
    for (size_t c = 0; c < s->n_cells; c++)
        s->cell_scale[c] = round_to_int8(matrix_row(&centroids, c), d, rounded + c * d);
    return gemm_weights_open_int8(&s->weights, rounded, s->n_cells, d, err);
}

// The cells most like a row, by its products with their centroids; of equal ones the lower first.
static void rank(const struct cells *s, const int32_t *products, uint32_t *probe)
{
    float value[PROBES];
    size_t n = 0;
    for (uint32_t c = 0; c < s->n_cells; c++)
        n = near_list_offer(value, probe, n, s->n_probes, c, (float)products[c] * s->cell_scale[c]);
}

static void rank_task(void *context, size_t i_task, size_t i_thread)
{
    struct cells *s = context;
    struct err err;
    size_t d = s->x->n_cols, first = i_task * TASK_ROWS;
    size_t n = size_min(TASK_ROWS, s->x->n_rows - first);
    for (size_t i = first; i < first + n; i++) {
        int32_t sum = 0;
        s->scale[i] = round_to_int8(matrix_row(s->x, i), d, s->rounded + i * d);
        for (size_t j = 0; j < d; j++)
            sum += s->rounded[i * d + j];
        s->row_sum[i] = 128 * sum;
    }
    int32_t *ranks = s->desks[i_thread].ranks;
    s->failed[i_task] = gemm_run_int8(s->weights, s->rounded + first * d, n, ranks, &err);
    for (size_t r = 0; r < n && !s->failed[i_task]; r++)
        rank(s, ranks + r * s->n_cells, s->probe + (first + r) * s->n_probes);
}

// Rows cell by cell, and where the panels of each cell begin.
static void sort_rows(struct cells *s, struct arena *a)
{
    size_t n = s->x->n_rows, *at = arena_zero_array(a, s->n_cells + 1, sizeof *at);
    for (size_t i = 0; i < n; i++)
        at[s->probe[i * s->n_probes] + 1]++;
    s->panel[0] = 0;
    for (size_t c = 0; c < s->n_cells; c++) {
        s->panel[c + 1] = s->panel[c] + size_round_up(at[c + 1], PANEL_COLUMNS) / PANEL_COLUMNS;
        at[c + 1] += at[c];
    }
    for (size_t i = 0; i < n; i++)
        s->order[at[s->probe[i * s->n_probes]]++] = (uint32_t)i;
}

static int make_panels(struct cells *s, struct arena *a, struct err *err)
{
    static const char what[] = "finding neighbours";
    size_t d = s->x->n_cols, n_panels = s->panel[s->n_cells], at = 0;
    s->panels = arena_try(a, n_panels, panel_size(d), what, err);
    if (s->panels)
        s->member = arena_try(a, n_panels * PANEL_COLUMNS, sizeof *s->member, what, err);
    if (s->member)
        s->column = arena_try(a, n_panels * PANEL_COLUMNS, sizeof *s->column, what, err);
    if (!s->column)
        return err->code;
    for (size_t c = 0; c < s->n_cells; c++)
        for (size_t p = s->panel[c]; p < s->panel[c + 1]; p++) {
            const int8_t *columns[PANEL_COLUMNS];
            for (size_t j = 0; j < PANEL_COLUMNS; j++) {
                size_t column = p * PANEL_COLUMNS + j;
                bool here = at < s->x->n_rows && s->probe[s->order[at] * s->n_probes] == c;
                uint32_t row = s->member[column] = here ? s->order[at++] : NOBODY;
                s->column[column] = here ? s->scale[row] : 0;
                columns[j] = here ? s->rounded + row * d : NULL;
            }
            panel_pack(columns, d, s->panels + p * panel_size(d));
        }
    return 0;
}

static void keep(const struct cells *s, struct desk *desk, size_t r, uint32_t row, float value)
{
    desk->n_found[r] = near_list_offer(desk->value + r * s->n_kept, desk->index + r * s->n_kept,
                                       desk->n_found[r], s->n_kept, row, value);
}

// The listed rows of a task beside the rows of cell c.
static void look(const struct cells *s, struct desk *desk, const uint32_t *rows, size_t c)
{
    size_t d = s->x->n_cols, n = desk->n_listed[c];
    const uint8_t *list = desk->list + c * TASK_ROWS;
    const int8_t *rounded[TASK_ROWS];
    int32_t less[TASK_ROWS], products[TASK_ROWS][PANEL_COLUMNS];
    float floor[TASK_ROWS];
    uint16_t hits[TASK_ROWS];
    for (size_t l = 0; l < n; l++) {
        rounded[l] = s->rounded + rows[list[l]] * d;
        less[l] = s->row_sum[rows[list[l]]];
        if (desk->rows)
            memcpy(desk->rows + l * d, rounded[l], d);
    }
    for (size_t p = s->panel[c]; p < s->panel[c + 1]; p++) {
        const float *scale = s->column + p * PANEL_COLUMNS;
        for (size_t l = 0; l < n; l++) {
            bool full = desk->n_found[list[l]] == s->n_kept;
            floor[l] = full ? desk->value[(list[l] + 1) * s->n_kept - 1] : -INFINITY;
        }
        if (desk->rows)
            panel_multiply_tiles(s->panels + p * panel_size(d), d, desk->rows, n, products);
        else
            panel_multiply(s->panels + p * panel_size(d), d, rounded, n, products);
        scan_sixteens_above(products, n, less, scale, floor, hits);
        for (size_t l = 0; l < n; l++)
            for (unsigned left = hits[l]; left; left &= left - 1) {
                size_t j = (size_t)__builtin_ctz(left);
                uint32_t row = s->member[p * PANEL_COLUMNS + j];
                if (row != NOBODY && row != rows[list[l]])
                    keep(s, desk, list[l], row, (float)(products[l][j] - less[l]) * scale[j]);
            }
    }
}

// The probes first … last - 1 of the rows of a task.
static void look_into(const struct cells *s, struct desk *desk, const uint32_t *rows, size_t n,
                      size_t first, size_t last)
{
    memset(desk->n_listed, 0, s->n_cells * sizeof *desk->n_listed);
    for (size_t r = 0; r < n; r++)
        for (size_t p = first; p < last; p++) {
            size_t c = s->probe[rows[r] * s->n_probes + p];
            desk->list[c * TASK_ROWS + desk->n_listed[c]++] = (uint8_t)r;
        }
    for (size_t c = 0; c < s->n_cells; c++)
        if (desk->n_listed[c])
            look(s, desk, rows, c);
}

// For a row whose cells hold too few.
static void compare_all(const struct cells *s, struct desk *desk, size_t r, uint32_t i)
{
    desk->n_found[r] = 0;
    for (uint32_t j = 0; j < s->x->n_rows; j++)
        if (j != i)
            keep(s, desk, r, j, dot_rough(matrix_row(s->x, i), matrix_row(s->x, j), s->x->n_cols));
}

static void search_task(void *context, size_t i_task, size_t i_thread)
{
    struct cells *s = context;
    struct desk *desk = &s->desks[i_thread];
    size_t first = i_task * TASK_ROWS, n = size_min(TASK_ROWS, s->x->n_rows - first);
    size_t k = s->result->k;
    const uint32_t *rows = s->order + first;
    if (stop_asked())
        return;
    memset(desk->n_found, 0, sizeof desk->n_found);
    look_into(s, desk, rows, n, 0, 1);
    look_into(s, desk, rows, n, 1, s->n_probes);
    for (size_t r = 0; r < n; r++) {
        if (desk->n_found[r] < k)
            compare_all(s, desk, r, rows[r]);
        near_list_order(s->x, rows[r], desk->index + r * s->n_kept, desk->n_found[r], k,
                        s->result->index + rows[r] * k, s->result->similarity + rows[r] * k);
    }
}

static int allocate(struct cells *s, struct arena *a, struct err *err)
{
    static const char what[] = "finding neighbours";
    size_t n = s->x->n_rows, n_threads = pool_threads(s->pool);
    s->rounded = arena_try(a, n, s->x->n_cols, what, err);
    if (s->rounded)
        s->probe = arena_try(a, n, s->n_probes * sizeof *s->probe, what, err);
    if (!s->probe)
        return err->code;
    s->scale = arena_array(a, n, sizeof *s->scale);
    s->row_sum = arena_array(a, n, sizeof *s->row_sum);
    s->order = arena_array(a, n, sizeof *s->order);
    s->panel = arena_array(a, s->n_cells + 1, sizeof *s->panel);
    s->cell_scale = arena_array(a, s->n_cells, sizeof *s->cell_scale);
    s->failed = arena_zero_array(a, n_tasks(s), sizeof *s->failed);
    s->desks = arena_zero_array(a, n_threads, sizeof *s->desks);
    for (size_t t = 0; t < n_threads; t++) {
        struct desk *desk = &s->desks[t];
        desk->ranks = arena_array(a, TASK_ROWS * s->n_cells, sizeof *desk->ranks);
        desk->list = arena_array(a, TASK_ROWS, s->n_cells);
        desk->n_listed = arena_array(a, s->n_cells, sizeof *desk->n_listed);
        desk->value = arena_array(a, TASK_ROWS * s->n_kept, sizeof *desk->value);
        desk->index = arena_array(a, TASK_ROWS * s->n_kept, sizeof *desk->index);
        if (panel_has_tiles(s->x->n_cols))
            desk->rows = arena_array(a, TASK_ROWS, s->x->n_cols);
    }
    return 0;
}

static int search(struct cells *s, struct arena *a, struct err *err)
{
    int rc = allocate(s, a, err);
    if (!rc)
        rc = open_centroids(s, a, err);
    if (rc)
        return rc;
    pool_run(s->pool, n_tasks(s), rank_task, s);
    gemm_weights_close(s->weights);
    for (size_t t = 0; t < n_tasks(s); t++)
        if (s->failed[t])
            return err_set(err, (enum err_code)s->failed[t], "no memory to find neighbours");
    sort_rows(s, a);
    rc = make_panels(s, a, err);
    if (!rc)
        pool_run(s->pool, n_tasks(s), search_task, s);
    return rc ? rc : stop_check(err);
}

int near_cells_search(const struct matrix *x, size_t k, struct pool *pool, struct arena *a,
                      struct nearest *result, struct err *err)
{
    static const char what[] = "finding neighbours";
    size_t n = x->n_rows, d = x->n_cols;
    if (n < NEAR_CELLS_LEAST || k == 0 || k >= CELL_ROWS || n > UINT32_MAX || d % 4 || d > 32768 ||
        !panel_is_fast())
        return nearest_search(x, k, pool, a, result, err);
    int rc = matrix_check_unit(x, "vectors", err);
    if (rc)
        return rc;
    *result = (struct nearest){ .n = n, .k = k };
    result->index = arena_try(a, n * k, sizeof *result->index, what, err);
    if (result->index)
        result->similarity = arena_try(a, n * k, sizeof *result->similarity, what, err);
    if (!result->similarity)
        return err->code;
    struct arena_mark start = arena_save(a);
    struct cells s = { .x = x, .pool = pool, .result = result };
    s.n_cells = n / CELL_ROWS;
    s.n_probes = size_min(PROBES, s.n_cells);
    s.n_kept = k + MORE;
    rc = search(&s, a, err);
    arena_rewind(a, start);
    return rc;
}
