// SPDX-License-Identifier: Apache-2.0
// Yinyang's group filter (Ding et al. 2015) for products instead of distances. Centroids stand in
// panels of sixteen that are alike. Of each row and panel a bound says how large the product with
// one of the panel's centroids can be, the row's own left out; a centroid that moved by m can have
// raised it by m · |row| at most. A panel whose bound stays below the product with the row's own
// centroid holds none that is nearer and is not looked at. What is looked at is multiplied in whole
// numbers, with a proven bound on what rounding changes (assign.c); what may still be nearer is
// decided in float32 and then by float64 (assign_row.c). So nothing is ever assigned otherwise than
// by all products.
//
// Bounds are fixed point, 2⁻¹⁴ a unit, always rounded up: two bytes a row and panel; where there
// are more than 256 panels, some of them share one.
#include "vec/assign_int.h"
#include "vec/bisect.h"
#include "vec/dot.h"
#include "vec/isa.h"
#include "vec/panel.h"
#include "vec/row_scan.h"

#include <math.h>
#include <string.h>

#define UNIT 16384.0       // of the fixed point
#define ZERO 1.0           // products from -1 on
#define UNKNOWN UINT16_MAX // of a bound
#define NOBODY UINT32_MAX  // of a column
#define MOST_BOUNDS ((size_t)256)
#define LANES ((size_t)32) // bounds of a row are a multiple of it
#define CHUNK ((size_t)16) // rows multiplied at a time
#define AHEAD ((size_t)4)  // rows between asking for memory and reading it
#define FIRST 1            // call that is made this way: before, nothing is known of any row

// A row while its task is at work: what each look at a panel needs, and what few do.
struct state {
    uint32_t own, place; // before the call
    int32_t less;        // 128 × the sum of the rounded row (vec/panel.h)
    float floor, bound;  // of its struct assign_row
    float scale;
};

struct table {               // of one thread
    struct state *states;    // ASSIGN_TASK_ROWS
    struct assign_row *rows; // ASSIGN_TASK_ROWS; the first candidate is the first own
    float *most;             // ASSIGN_TASK_ROWS, the product with that, at most
    uint16_t *list;          // n_bounds × ASSIGN_TASK_ROWS, rows to look at
    size_t *n_listed;        // n_bounds
    size_t n_made, n_moved;  // products; rows of the task
};

struct prune {
    const struct assigner *as;
    struct arena *a;
    size_t n_panels, span, n_bounds, stride; // span panels share a bound
    uint16_t *bound;                         // n × stride
    uint16_t *drift;                         // stride
    uint32_t *own;                           // of each row, after the last call
    int32_t *less;                           // 128 × the sum of each rounded row (vec/panel.h)
    uint32_t *order, *place; // of each column its centroid; of each centroid its column
    float *scale;            // of each column
    uint8_t *panels;
    struct matrix before; // centered centroids of the last call
    struct table *tables;
    size_t n_calls, n_pairs;
};

static int make_tables(struct prune *p, struct arena *a)
{
    size_t n_threads = pool_threads(p->as->pool);
    p->tables = arena_zero_array(a, n_threads, sizeof *p->tables);
    for (size_t t = 0; t < n_threads; t++) {
        p->tables[t].states = arena_array(a, ASSIGN_TASK_ROWS, sizeof *p->tables[t].states);
        p->tables[t].rows = arena_array(a, ASSIGN_TASK_ROWS, sizeof *p->tables[t].rows);
        p->tables[t].most = arena_array(a, ASSIGN_TASK_ROWS, sizeof *p->tables[t].most);
        p->tables[t].list = arena_array(a, p->n_bounds * ASSIGN_TASK_ROWS, sizeof(uint16_t));
        p->tables[t].n_listed = arena_array(a, p->n_bounds, sizeof(size_t));
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
    size_t n = as->x->n_rows, d = as->x->n_cols;
    struct prune *p = arena_zero(a, sizeof *p);
    p->as = as;
    p->a = a;
    p->n_panels = size_round_up(as->k, PANEL_COLUMNS) / PANEL_COLUMNS;
    p->span = size_round_up(p->n_panels, MOST_BOUNDS) / MOST_BOUNDS;
    p->n_bounds = size_round_up(p->n_panels, p->span) / p->span;
    p->stride = size_round_up(p->n_bounds, LANES);
    p->bound = arena_try(a, n, p->stride * sizeof *p->bound, what, err);
    if (p->bound)
        p->own = arena_try(a, n, sizeof *p->own, what, err);
    if (p->own)
        p->less = arena_try(a, n, sizeof *p->less, what, err);
    if (p->less)
        p->panels = arena_try(a, p->n_panels, panel_size(d), what, err);
    if (!p->panels)
        return err->code;
    size_t n_columns = p->n_panels * PANEL_COLUMNS;
    p->drift = arena_zero_array(a, p->stride, sizeof *p->drift);
    p->order = arena_array(a, n_columns, sizeof *p->order);
    p->place = arena_array(a, as->k, sizeof *p->place);
    p->scale = arena_zero_array(a, n_columns, sizeof *p->scale);
    int rc = matrix_make(&p->before, as->k, d, a, what, err);
    if (!rc)
        rc = make_tables(p, a);
    memset(p->own, 0xFF, n * sizeof *p->own); // nobody's: no bound holds
    pool_run(as->pool, size_round_up(n, ASSIGN_TASK_ROWS) / ASSIGN_TASK_ROWS, sum_rows, p);
    *out = p;
    return rc;
}

static uint16_t fix_up(double product)
{
    double units = (product + ZERO) * UNIT + 2;
    return (uint16_t)(units > 0 ? units < UNKNOWN ? units : UNKNOWN : 0);
}

static uint16_t fix_down(double product)
{
    double units = (product + ZERO) * UNIT;
    return (uint16_t)(units > 0 ? units < UNKNOWN ? units : UNKNOWN : 0);
}

static size_t bound_of(const struct prune *p, uint32_t centroid)
{
    return p->place[centroid] / PANEL_COLUMNS / p->span;
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

static void pack(struct prune *p)
{
    size_t d = p->as->x->n_cols;
    for (size_t at = 0; at < p->n_panels; at++) {
        const int8_t *columns[PANEL_COLUMNS];
        for (size_t j = 0; j < PANEL_COLUMNS; j++) {
            size_t column = at * PANEL_COLUMNS + j;
            uint32_t c = p->order[column];
            columns[j] = c == NOBODY ? NULL : p->as->rounded_centroids + c * d;
            p->scale[column] = c == NOBODY ? 0 : p->as->scale[c];
        }
        panel_pack(columns, d, p->panels + at * panel_size(d));
    }
}

// How much more each bound has to allow for.
static void find_drift(struct prune *p)
{
    size_t d = p->as->x->n_cols;
    memset(p->drift, 0, p->stride * sizeof *p->drift);
    for (uint32_t c = 0; c < p->as->k; c++) {
        double most = assign_moved(matrix_row(&p->as->centered, c), matrix_row(&p->before, c), d);
        double units = ceil(most * UNIT);
        uint16_t *drift = &p->drift[bound_of(p, c)];
        if (units > *drift)
            *drift = (uint16_t)fmin(units, UNKNOWN);
    }
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
    else
        find_drift(p);
    pack(p);
    return true;
}

void prune_end(struct prune *p)
{
    size_t d = p->as->x->n_cols;
    for (size_t c = 0; c < p->as->k; c++)
        memcpy(matrix_row(&p->before, c), matrix_row(&p->as->centered, c), d * sizeof(float));
    if (p->n_calls++ >= FIRST)
        p->n_pairs += p->as->x->n_rows * p->n_panels;
}

// Adds the drift to the n bounds of a row and lists those that are not below the floor.
static inline __attribute__((always_inline)) size_t
loosen_body(uint16_t *bound, const uint16_t *drift, size_t n, uint16_t floor, uint16_t *found)
{
    size_t n_found = 0;
    for (size_t g = 0; g < n; g++) {
        unsigned sum = (unsigned)bound[g] + drift[g];
        bound[g] = (uint16_t)(sum > UNKNOWN ? UNKNOWN : sum);
    }
    for (size_t g = 0; g < n; g++)
        if (bound[g] >= floor)
            found[n_found++] = (uint16_t)g;
    return n_found;
}

#ifdef __x86_64__
#include <immintrin.h>

__attribute__((target("avx512f,avx512bw"))) static size_t
loosen_avx512(uint16_t *bound, const uint16_t *drift, size_t n, uint16_t floor, uint16_t *found)
{
    size_t n_found = 0;
    for (size_t g = 0; g < n; g += LANES) {
        __m512i sum =
            _mm512_adds_epu16(_mm512_loadu_si512(bound + g), _mm512_loadu_si512(drift + g));
        _mm512_storeu_si512(bound + g, sum);
        unsigned hits = _mm512_cmpge_epu16_mask(sum, _mm512_set1_epi16((short)floor));
        for (; hits; hits &= hits - 1)
            found[n_found++] = (uint16_t)(g + (size_t)__builtin_ctz(hits));
    }
    return n_found;
}

__attribute__((target("avx2"))) static size_t loosen_avx2(uint16_t *bound, const uint16_t *drift,
                                                          size_t n, uint16_t floor, uint16_t *found)
{
    size_t n_found = 0;
    for (size_t g = 0; g < n; g += LANES / 2) {
        __m256i sum = _mm256_adds_epu16(_mm256_loadu_si256((const void *)(bound + g)),
                                        _mm256_loadu_si256((const void *)(drift + g)));
        _mm256_storeu_si256((void *)(bound + g), sum);
        __m256i above =
            _mm256_cmpeq_epi16(sum, _mm256_max_epu16(sum, _mm256_set1_epi16((short)floor)));
        unsigned hits = (unsigned)_mm256_movemask_epi8(above) & 0x55555555U; // two bits a lane
        for (; hits; hits &= hits - 1)
            found[n_found++] = (uint16_t)(g + (size_t)__builtin_ctz(hits) / 2);
    }
    return n_found;
}
#endif

static size_t loosen(uint16_t *bound, const uint16_t *drift, size_t n, uint16_t floor,
                     uint16_t *found)
{
    size_t n_found;
#ifdef __x86_64__
    if (isa_has(ISA_AVX512))
        n_found = loosen_avx512(bound, drift, n, floor, found);
    else if (isa_has(ISA_AVX2))
        n_found = loosen_avx2(bound, drift, n, floor, found);
    else
#endif
        n_found = loosen_body(bound, drift, n, floor, found);
    while (n_found && found[n_found - 1] >= n) // lanes behind the last bound
        n_found--;
    return n_found;
}

// The product with the row's own centroid, and where that leaves others possible.
static void open_row(struct prune *p, const struct assign_call *call, struct table *t, size_t i,
                     size_t at)
{
    const struct assigner *as = p->as;
    struct state *s = &t->states[at];
    struct assign_row *row = &t->rows[at];
    size_t d = as->x->n_cols;
    uint16_t *bound = p->bound + i * p->stride, found[MOST_BOUNDS + LANES];
    uint32_t own = s->own = row->list[0] = call->index[i];
    double scale = (double)as->row_scale[i];
    assign_row_open(row, scale > 0 ? 0 : INFINITY);
    row->n = 1;
    if (!(scale > 0))
        return;
    if (p->own[i] != own) // the first time, or somebody else moved it
        memset(bound, 0xFF, p->stride * sizeof *bound);
    double whole = (double)dot_int8(as->rounded + i * d, as->rounded_centroids + own * d, d);
    double product = whole * (double)as->scale[own], error = assign_bound(call, i) * (1 + 1e-6);
    row->bound = (float)(error * (1 + 1e-6));
    row->rounded[0] = (float)product;
    row->floor = nextafterf((float)product - 2.0002F * row->bound, -INFINITY);
    row->best = (float)((product - error) * scale - 1e-6);
    t->most[at] = (float)((product + error) * scale + 1e-6);
    *s = (struct state){ own, p->place[own], p->less[i], row->floor, row->bound, (float)scale };
    size_t n = loosen(bound, p->drift, p->n_bounds, fix_down((double)row->best), found);
    for (size_t f = 0; f < n; f++)
        t->list[found[f] * ASSIGN_TASK_ROWS + t->n_listed[found[f]]++] = (uint16_t)at;
}

// A few rows at work with the panels of one bound.
struct chunk {
    struct table *table;
    size_t first, n, at[CHUNK]; // of the task; at: behind it
    const int8_t *rounded[CHUNK];
    int32_t less[CHUNK];
    uint32_t place[CHUNK];
    float floor[CHUNK];
    float top[CHUNK]; // largest product so far of others than the first own
    int32_t products[CHUNK][PANEL_COLUMNS];
};

static void keep(const struct prune *p, const struct assign_call *call, struct chunk *chunk,
                 size_t r, size_t first, unsigned hits)
{
    struct assign_row *row = &chunk->table->rows[chunk->at[r]];
    for (; hits; hits &= hits - 1) {
        size_t j = (size_t)__builtin_ctz(hits);
        float product = (float)(chunk->products[r][j] - chunk->less[r]) * p->scale[first + j];
        if (product >= row->floor)
            assign_row_keep(call, row, chunk->first + chunk->at[r], p->order[first + j], product);
    }
    chunk->floor[r] = chunk->table->states[chunk->at[r]].floor = row->floor;
}

static void look(const struct prune *p, const struct assign_call *call, struct chunk *chunk,
                 size_t panel)
{
    size_t d = p->as->x->n_cols, first = panel * PANEL_COLUMNS;
    unsigned all = (1U << size_min(PANEL_COLUMNS, p->as->k - first)) - 1; // that hold centroids
    uint16_t mask[CHUNK], hits[CHUNK];
    float most[CHUNK];
    for (size_t r = 0; r < chunk->n; r++) {
        size_t own = chunk->place[r] - first; // wraps where it stands before
        mask[r] = (uint16_t)(own < PANEL_COLUMNS ? all & ~(1U << own) : all);
    }
    panel_multiply(p->panels + panel * panel_size(d), d, chunk->rounded, chunk->n, chunk->products);
    scan_sixteens(chunk->products, chunk->n, chunk->less, p->scale + first, chunk->floor, mask,
                  hits, most);
    for (size_t r = 0; r < chunk->n; r++) {
        chunk->top[r] = most[r] > chunk->top[r] ? most[r] : chunk->top[r];
        if (hits[r])
            keep(p, call, chunk, r, first, hits[r]);
    }
}

// A few listed rows and the panels of bound g.
static void multiply(const struct prune *p, const struct assign_call *call, size_t first, size_t g,
                     const uint16_t *list, size_t n, struct table *t)
{
    size_t d = p->as->x->n_cols, end = size_min((g + 1) * p->span, p->n_panels);
    struct chunk chunk;
    chunk.table = t;
    chunk.first = first;
    chunk.n = n;
    for (size_t r = 0; r < n; r++) {
        const struct state *s = &t->states[list[r]];
        chunk.at[r] = list[r];
        chunk.rounded[r] = p->as->rounded + (first + list[r]) * d;
        chunk.less[r] = s->less;
        chunk.place[r] = s->place;
        chunk.floor[r] = s->floor;
        chunk.top[r] = -INFINITY;
    }
    for (size_t panel = g * p->span; panel < end; panel++)
        look(p, call, &chunk, panel);
    t->n_made += n * (end - g * p->span);
    for (size_t r = 0; r < n; r++) {
        const struct state *s = &t->states[list[r]];
        double top = ((double)chunk.top[r] + (double)s->bound) * (double)s->scale;
        p->bound[(first + list[r]) * p->stride + g] = fix_up(top + 1e-6);
    }
}

static void close_row(struct prune *p, struct assign_call *call, struct table *t, size_t i,
                      size_t at, struct assign_desk *desk)
{
    uint32_t own = t->states[at].own, nearest = assign_row_close(call, &t->rows[at], i, desk);
    if (nearest != own && p->as->row_scale[i] > 0) {
        uint16_t *bound = &p->bound[i * p->stride + bound_of(p, own)], most;
        most = fix_up((double)t->most[at]);
        *bound = most > *bound ? most : *bound;
    }
    p->own[i] = nearest;
    assign_set_index(call, i, nearest, &t->n_moved);
}

size_t prune_task(struct prune *p, struct assign_call *call, size_t i_task, size_t i_thread)
{
    struct table *t = &p->tables[i_thread];
    size_t first = i_task * ASSIGN_TASK_ROWS, d = p->as->x->n_cols;
    size_t n = size_min(ASSIGN_TASK_ROWS, p->as->x->n_rows - first);
    memset(t->n_listed, 0, p->n_bounds * sizeof *t->n_listed);
    t->n_moved = 0;
    for (size_t at = 0; at < n; at++) {
        if (at + AHEAD < n) // rows come in order, their centroids do not
            dot_fetch(p->as->rounded_centroids + call->index[first + at + AHEAD] * d, d);
        open_row(p, call, t, first + at, at);
    }
    for (size_t g = 0; g < p->n_bounds; g++) {
        const uint16_t *list = t->list + g * ASSIGN_TASK_ROWS;
        for (size_t r = 0; r < t->n_listed[g]; r += CHUNK)
            multiply(p, call, first, g, list + r, size_min(CHUNK, t->n_listed[g] - r), t);
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
