// SPDX-License-Identifier: Apache-2.0
// Yinyang's group filter (Ding et al. 2015) for products instead of distances. Centroids stand in
// panels of sixteen that are alike. Of each row and panel a bound says how large the product with
// one of the panel's centroids can be, the row's own left out; a centroid that is m from where it
// was when the bound was made can have raised it by m · |row| at most. How far it is from there is
// measured, which is less than the sum of its moves (Newling and Fleuret 2016); so the centroids of
// the last calls are kept. The centroid with the panel's largest product has a bound of its own,
// because the one that moved most is seldom the one that is near (vec/prune_bounds.h). A panel
// whose bounds stay below the product with the row's own centroid holds none that is nearer and is
// not looked at. What is looked at is multiplied in whole numbers, with a proven bound on what
// rounding changes (assign.c); what may still be nearer is decided by finer products and then by
// float64 (assign_row.c). So nothing is ever assigned otherwise than by all products.
//
// Four bytes a row and panel; where there are more than 256 panels, some of them share bounds.
#include "vec/assign_int.h"
#include "vec/bisect.h"
#include "vec/dot.h"
#include "vec/isa.h"
#include "vec/panel.h"
#include "vec/prune_bounds.h"

#include <math.h>
#include <string.h>

#define NOBODY UINT32_MAX  // of a column
#define MOST_BOUNDS ((size_t)256)
#define CHUNK ((size_t)BOUND_LANES) // rows multiplied at a time
#define AHEAD ((size_t)4)  // rows between asking for memory and reading it
#define FIRST 1            // call that is made this way: before, nothing is known of any row

struct table {                          // of one thread, for the rows of a task
    struct bound_row *looks;            // what each look at a panel needs
    struct assign_row *rows;            // the first candidate is the first own
    uint32_t *own;                      // before the call
    float *most;                        // the product with that, at most
    uint16_t *low;                      // panels with bounds above it are looked at
    uint16_t *list;                     // rows to look at
    int32_t (*products)[PANEL_COLUMNS]; // CHUNK
    size_t first_row;
    size_t n_made, n_moved; // products; rows of the task
};

struct prune {
    const struct assigner *as;
    struct arena *a;
    size_t n_panels, span, n_bounds;         // span panels share a bound
    uint16_t *bounds;                        // n_bounds × 2 × ASSIGN_TASK_ROWS of each task
    struct bound_drift *drift;               // n_bounds
    uint32_t *own;                           // of each row, after the last call
    int32_t *less;                           // 128 × the sum of each rounded row (vec/panel.h)
    uint32_t *order, *place; // of each column its centroid; of each centroid its column
    float *scale;            // of each column
    uint8_t *panels;
    struct matrix before[BOUND_SLOTS]; // centered centroids of the last calls
    struct table *tables;
    size_t n_calls, n_pairs;
};

static int make_tables(struct prune *p, struct arena *a)
{
    size_t n_threads = pool_threads(p->as->pool);
    p->tables = arena_zero_array(a, n_threads, sizeof *p->tables);
    for (size_t i = 0; i < n_threads; i++) {
        struct table *t = &p->tables[i];
        t->looks = arena_array(a, ASSIGN_TASK_ROWS, sizeof *t->looks);
        t->rows = arena_array(a, ASSIGN_TASK_ROWS, sizeof *t->rows);
        t->own = arena_array(a, ASSIGN_TASK_ROWS, sizeof *t->own);
        t->most = arena_array(a, ASSIGN_TASK_ROWS, sizeof *t->most);
        t->low = arena_array(a, ASSIGN_TASK_ROWS, sizeof *t->low);
        t->list = arena_array(a, ASSIGN_TASK_ROWS + BOUND_LANES, sizeof *t->list);
        t->products = arena_zero_array(a, CHUNK, sizeof *t->products);
    }
    return 0;
}

// What the panels' 128 adds to each product of a row.
static void sum_rows(void *context, size_t i_task, size_t i_thread)
{
    struct prune *p = context;
    size_t d = p->as->x->n_cols, first = i_task * ASSIGN_TASK_ROWS;
    size_t end = size_min(first + ASSIGN_TASK_ROWS, p->as->x->n_rows);
    (void)i_thread;
    for (size_t i = first; i < end; i++) {
        int32_t sum = 0;
        for (size_t j = 0; j < d; j++)
            sum += p->as->rounded[i * d + j];
        p->less[i] = 128 * sum;
    }
}

int prune_make(struct prune **out, struct assigner *as, struct arena *a, struct err *err)
{
    static const char what[] = "clustering";
    size_t n = as->x->n_rows, d = as->x->n_cols, n_all = size_round_up(n, ASSIGN_TASK_ROWS);
    struct prune *p = arena_zero(a, sizeof *p);
    p->as = as;
    p->a = a;
    p->n_panels = size_round_up(as->k, PANEL_COLUMNS) / PANEL_COLUMNS;
    p->span = size_round_up(p->n_panels, MOST_BOUNDS) / MOST_BOUNDS;
    p->n_bounds = size_round_up(p->n_panels, p->span) / p->span;
    p->bounds = arena_try(a, n_all, 2 * p->n_bounds * sizeof *p->bounds, what, err);
    if (p->bounds)
        p->own = arena_try(a, n, sizeof *p->own, what, err);
    if (p->own)
        p->less = arena_try(a, n, sizeof *p->less, what, err);
    if (p->less)
        p->panels = arena_try(a, p->n_panels, panel_size(d), what, err);
    if (!p->panels)
        return err->code;
    size_t n_columns = p->n_panels * PANEL_COLUMNS;
    p->drift = arena_zero_array(a, p->n_bounds, sizeof *p->drift);
    p->order = arena_array(a, n_columns, sizeof *p->order);
    p->place = arena_array(a, as->k, sizeof *p->place);
    p->scale = arena_zero_array(a, n_columns, sizeof *p->scale);
    int rc = 0;
    for (size_t s = 0; s < BOUND_SLOTS && !rc; s++)
        rc = matrix_make(&p->before[s], as->k, d, a, what, err);
    if (!rc)
        rc = make_tables(p, a);
    memset(p->own, 0xFF, n * sizeof *p->own);
    memset(p->bounds, 0xFF, n_all * 2 * p->n_bounds * sizeof *p->bounds);
    pool_run(as->pool, n_all / ASSIGN_TASK_ROWS, sum_rows, p);
    *out = p;
    return rc;
}

static unsigned now_of(const struct prune *p)
{
    return (unsigned)(p->n_calls % BOUND_SLOTS);
}

static size_t group_of(const struct prune *p, uint32_t centroid)
{
    return p->place[centroid] / PANEL_COLUMNS / p->span;
}

// Of each row of a task the bound for the first of the panels that share bound g; behind them those
// for the rest.
static uint16_t *firsts_of(const struct prune *p, size_t i_task, size_t g)
{
    return p->bounds + (i_task * p->n_bounds + g) * 2 * ASSIGN_TASK_ROWS;
}

static uint16_t *rest_of(const struct prune *p, size_t i, size_t g)
{
    return firsts_of(p, i / ASSIGN_TASK_ROWS, g) + ASSIGN_TASK_ROWS + i % ASSIGN_TASK_ROWS;
}

static void group(struct prune *p)
{
    size_t n_columns = p->n_panels * PANEL_COLUMNS;
    for (size_t j = p->as->k; j < n_columns; j++)
        p->order[j] = NOBODY;
    bisect_rows(&p->as->centered, PANEL_COLUMNS, p->a, p->order);
    for (size_t j = 0; j < p->as->k; j++)
        p->place[p->order[j]] = (uint32_t)j;
}

static void pack(struct prune *p, size_t panel)
{
    size_t d = p->as->x->n_cols;
    const int8_t *columns[PANEL_COLUMNS];
    for (size_t j = 0; j < PANEL_COLUMNS; j++) {
        size_t column = panel * PANEL_COLUMNS + j;
        uint32_t c = p->order[column];
        columns[j] = c == NOBODY ? NULL : p->as->rounded_centroids + c * d;
        p->scale[column] = c == NOBODY ? 0 : p->as->scale[c];
    }
    panel_pack(columns, d, p->panels + panel * panel_size(d));
}

// How far the centroids behind bound g are from where they were in each of the last calls.
static void find_drift(struct prune *p, size_t g)
{
    size_t d = p->as->x->n_cols, n_columns = p->span * PANEL_COLUMNS;
    size_t end = size_min((g + 1) * n_columns, p->as->k);
    struct bound_drift *drift = &p->drift[g];
    memset(drift, 0, sizeof *drift);
    for (size_t s = 1; s <= size_min(BOUND_SLOTS, p->n_calls - FIRST); s++) {
        size_t slot = (p->n_calls - s) % BOUND_SLOTS;
        for (size_t j = g * n_columns; j < end; j++) {
            const float *now = matrix_row(&p->as->centered, p->order[j]);
            const float *before = matrix_row(&p->before[slot], p->order[j]);
            double units = ceil(assign_moved(now, before, d) * (double)BOUND_UNIT);
            uint16_t moved = (uint16_t)fmin(units, BOUND_UNKNOWN);
            uint16_t *first = &drift->first[j % PANEL_COLUMNS * BOUND_SLOTS + slot];
            *first = moved > *first ? moved : *first;
            drift->rest[slot] = moved > drift->rest[slot] ? moved : drift->rest[slot];
        }
    }
    for (size_t j = BOUND_SLOTS; j < COUNT_OF(drift->rest); j++)
        drift->rest[j] = drift->rest[j - BOUND_SLOTS];
}

static void begin_bound(void *context, size_t g, size_t i_thread)
{
    struct prune *p = context;
    (void)i_thread;
    find_drift(p, g);
    for (size_t panel = g * p->span; panel < size_min((g + 1) * p->span, p->n_panels); panel++)
        pack(p, panel);
}

bool prune_regroups(const struct prune *p)
{
    return p->n_calls <= FIRST;
}

bool prune_begin(struct prune *p)
{
    if (p->n_calls < FIRST)
        return false;
    if (p->n_calls == FIRST)
        group(p);
    pool_run(p->as->pool, p->n_bounds, begin_bound, p);
    return true;
}

void prune_end(struct prune *p)
{
    size_t d = p->as->x->n_cols;
    for (size_t c = 0; c < p->as->k; c++)
        memcpy(matrix_row(&p->before[now_of(p)], c), matrix_row(&p->as->centered, c),
               d * sizeof(float));
    if (p->n_calls++ >= FIRST)
        p->n_pairs += p->as->x->n_rows * p->n_panels;
}

// The product with the row's own centroid, and what others have to come up to. A call that failed
// is the last (stop_check): its bounds are of centroids that were not kept.
static void open_row(struct prune *p, const struct assign_call *call, struct table *t, size_t i,
                     size_t at)
{
    const struct assigner *as = p->as;
    struct assign_row *row = &t->rows[at];
    size_t d = as->x->n_cols;
    uint32_t own = t->own[at] = row->list[0] = call->index[i];
    double scale = (double)as->row_scale[i];
    assign_row_open(row, scale > 0 ? 0 : INFINITY);
    row->n = 1;
    t->low[at] = BOUND_UNKNOWN;
    if (!(scale > 0))
        return;
    if (p->own[i] != own && p->own[i] != NOBODY) // somebody moved it: the bound leaves that out
        *rest_of(p, i, group_of(p, p->own[i])) = BOUND_UNKNOWN;
    double whole = (double)dot_int8(as->rounded + i * d, as->rounded_centroids + own * d, d);
    double product = whole * (double)as->scale[own];
    double error = assign_bound_of(call, i, own) * (1 + 1e-6);
    row->bound = (float)(assign_bound(call, i) * (1 + 1e-6));
    row->rounded[0] = (float)product;
    row->floor = nextafterf((float)(product - 1.0002 * (error + (double)row->bound)), -INFINITY);
    row->best = (float)((product - error) * scale - 1e-6);
    t->low[at] = bound_below(row->best);
    t->most[at] = (float)((product + error) * scale + 1e-6);
    t->looks[at] = (struct bound_row){ p->less[i], p->place[own], row->floor, (float)scale,
                                       (float)((double)row->bound * scale + 1e-6) };
}

static void keep(const struct prune *p, const struct assign_call *call, struct table *t,
                 const int32_t *products, size_t at, size_t first, unsigned hits)
{
    struct assign_row *row = &t->rows[at];
    for (; hits; hits &= hits - 1) {
        size_t j = (size_t)__builtin_ctz(hits);
        float product = (float)(products[j] - t->looks[at].less) * p->scale[first + j];
        if (product >= row->floor)
            assign_row_keep(call, row, t->first_row + at, p->order[first + j], product);
    }
    t->looks[at].floor = row->floor;
}

// A few listed rows and one panel: what they come to.
static void look(const struct prune *p, const struct assign_call *call, struct table *t,
                 size_t panel, const int8_t *const *rounded, const uint16_t *list, size_t n,
                 struct bound_pairs *pairs)
{
    size_t d = p->as->x->n_cols, first = panel * PANEL_COLUMNS;
    uint16_t hits[CHUNK];
    struct bound_columns columns = { p->scale + first, (uint32_t)first,
                                     (uint32_t)size_min(PANEL_COLUMNS, p->as->k - first) };
    panel_multiply(p->panels + panel * panel_size(d), d, rounded, n, t->products);
    bound_scan(t->products, t->looks, list, n, &columns, now_of(p), hits, pairs);
    for (size_t r = 0; r < n; r++)
        if (hits[r])
            keep(p, call, t, t->products[r], list[r], first, hits[r]);
}

// A few listed rows and the panels of bound g.
static void multiply(const struct prune *p, const struct assign_call *call, struct table *t,
                     size_t g, const uint16_t *list, size_t n)
{
    size_t begin = g * p->span, end = size_min(begin + p->span, p->n_panels);
    uint16_t *firsts = firsts_of(p, t->first_row / ASSIGN_TASK_ROWS, g);
    const int8_t *rounded[CHUNK];
    struct bound_pairs pairs, more;
    for (size_t r = 0; r < n; r++)
        rounded[r] = p->as->rounded + (t->first_row + list[r]) * p->as->x->n_cols;
    look(p, call, t, begin, rounded, list, n, &pairs);
    for (size_t panel = begin + 1; panel < end; panel++) {
        look(p, call, t, panel, rounded, list, n, &more);
        bound_join(&pairs, &more, n);
    }
    for (size_t r = 0; r < n; r++) {
        firsts[list[r]] = pairs.first[r];
        firsts[ASSIGN_TASK_ROWS + list[r]] = pairs.rest[r];
    }
    t->n_made += n * (end - begin);
}

static void close_row(struct prune *p, struct assign_call *call, struct table *t, size_t i,
                      size_t at, struct assign_desk *desk)
{
    uint32_t own = t->own[at], nearest = assign_row_close(call, &t->rows[at], i, desk);
    if (nearest != own && p->as->row_scale[i] > 0) {
        uint16_t *rest = rest_of(p, i, group_of(p, own));
        uint16_t most = bound_up(t->most[at], now_of(p), BOUND_SLOTS);
        if (*rest % BOUND_SLOTS != now_of(p) || *rest < most) // not looked at: it was below
            *rest = most;
    }
    p->own[i] = nearest;
    assign_set_index(call, i, nearest, &t->n_moved);
}

size_t prune_task(struct prune *p, struct assign_call *call, size_t i_task, size_t i_thread)
{
    struct table *t = &p->tables[i_thread];
    size_t first = i_task * ASSIGN_TASK_ROWS, d = p->as->x->n_cols;
    size_t n = size_min(ASSIGN_TASK_ROWS, p->as->x->n_rows - first);
    t->n_moved = 0;
    t->first_row = first;
    for (size_t at = 0; at < n; at++) {
        if (at + AHEAD < n) // rows come in order, their centroids do not
            dot_fetch(p->as->rounded_centroids + call->index[first + at + AHEAD] * d, d);
        open_row(p, call, t, first + at, at);
    }
    for (size_t at = n; at < ASSIGN_TASK_ROWS; at++)
        t->low[at] = BOUND_UNKNOWN;
    for (size_t g = 0; g < p->n_bounds; g++) {
        uint16_t *firsts = firsts_of(p, i_task, g);
        if (g + 1 < p->n_bounds)
            dot_fetch(firsts_of(p, i_task, g + 1), 2 * ASSIGN_TASK_ROWS * sizeof *firsts);
        size_t n_listed = bound_list(firsts, firsts + ASSIGN_TASK_ROWS, &p->drift[g], t->low,
                                     ASSIGN_TASK_ROWS, now_of(p), t->list);
        for (size_t r = 0; r < n_listed; r += CHUNK)
            multiply(p, call, t, g, t->list + r, size_min(CHUNK, n_listed - r));
    }
    for (size_t at = 0; at < n; at++) {
        if (at + AHEAD < n)
            assign_row_fetch(call, &t->rows[at + AHEAD], first + at + AHEAD);
        close_row(p, call, t, first + at, at, &p->as->desks[i_thread]);
    }
    return t->n_moved;
}

double prune_share(const struct prune *p)
{
    size_t n_made = 0;
    for (size_t t = 0; t < pool_threads(p->as->pool); t++)
        n_made += p->tables[t].n_made;
    return p->n_pairs ? (double)n_made / (double)p->n_pairs : 1;
}
