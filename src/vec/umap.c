// SPDX-License-Identifier: Apache-2.0
// Neighbours by vec/nearest, their fuzzy graph by vec/umap_graph, then the layout (algorithm 5 of
// the paper): edges pull their ends together as often as they are heavy, random others are pushed
// away. Differences from the reference, umap-learn: neighbours are exact, the first places are
// principal components instead of the graph's spectrum, and the steps run in one fixed order on
// one thread, which keeps them the same for any number of threads; a map of 2,000 clusters takes
// about a second.
#include "vec/umap.h"

#include "base/rng.h"
#include "base/stop.h"
#include "vec/isa.h"
#include "vec/pca.h"
#include "vec/umap_graph.h"

#include <math.h>

#define N_CURVE 300
#define N_FIT 200
#define START_SIZE 10.0 // the first places span 0 … 10, as in the reference
#define LARGEST_STEP 4.0F
#define LARGE 10000     // more rows than this get fewer epochs

struct umap_params umap_default_params(void)
{
    return (struct umap_params){
        .n_neighbors = 15, .min_dist = 0.0, .spread = 1.0, .n_epochs = 0, .n_negative = 5,
        .seed = 1,
    };
}

static double curve_at(double x, const double ab[2])
{
    return 1 / (1 + ab[0] * pow(x, 2 * ab[1]));
}

static double curve_target(int i, const struct umap_params *p, double *x)
{
    *x = 3 * p->spread * i / (N_CURVE - 1);
    return *x < p->min_dist ? 1 : exp(-(*x - p->min_dist) / p->spread);
}

static double curve_error(const struct umap_params *p, const double ab[2])
{
    double sum = 0, x;
    for (int i = 0; i < N_CURVE; i++) {
        double target = curve_target(i, p, &x), e = curve_at(x, ab) - target;
        sum += e * e;
    }
    return sum;
}

// One step of Levenberg and Marquardt: (JᵀJ + λ diag) step = -Jᵀe.
static void curve_step(const struct umap_params *p, const double ab[2], double lambda,
                       double next[2])
{
    double aa = 0, bb = 0, cross = 0, ga = 0, gb = 0, x;
    for (int i = 1; i < N_CURVE; i++) { // at 0 nothing depends on a or b
        double target = curve_target(i, p, &x), y = curve_at(x, ab);
        double power = pow(x, 2 * ab[1]);
        double da = -y * y * power, db = -y * y * ab[0] * power * 2 * log(x), e = y - target;
        aa += da * da;
        bb += db * db;
        cross += da * db;
        ga += da * e;
        gb += db * e;
    }
    aa *= 1 + lambda;
    bb *= 1 + lambda;
    double det = aa * bb - cross * cross;
    next[0] = ab[0] - (bb * ga - cross * gb) / det;
    next[1] = ab[1] - (aa * gb - cross * ga) / det;
}

// a and b of 1 / (1 + a·x^2b), the smooth curve nearest to the one that min_dist and spread name.
static void fit_curve(const struct umap_params *p, double ab[2])
{
    double lambda = 1e-3, error;
    ab[0] = ab[1] = 1;
    error = curve_error(p, ab);
    for (int t = 0; t < N_FIT; t++) {
        double next[2];
        curve_step(p, ab, lambda, next);
        double found = next[0] > 0 && next[1] > 0 ? curve_error(p, next) : HUGE_VAL;
        if (found < error) {
            error = found;
            ab[0] = next[0];
            ab[1] = next[1];
            lambda /= 10;
        } else {
            lambda *= 10;
        }
    }
}

struct layout {
    const struct umap_graph *graph;
    float a, b;
    float *xy;              // n × 2
    float *every, *next;    // of each edge: epochs between its turns, epoch of its next turn
    float *next_negative;   // the same for the random ones pushed away
    int n_epochs, n_negative;
    struct rng rng;
};

typedef float float8 __attribute__((vector_size(32)));
typedef int32_t int8x __attribute__((vector_size(32)));
#define AT_ONCE ((size_t)8)

// By address, because not every CPU that this is compiled for can pass eight floats.
#define INLINE static inline __attribute__((always_inline))
#define BLEND(where, yes, no) ((float8)(((int8x)(yes) & (where)) | ((int8x)(no) & ~(where))))
#define ALL(value) ((float8){ 0 } + (value))

// x^e for x > 0, eight at a time, off by 1e-5 of it at most; most of the time of a layout went to
// powf. log2 of the mantissa and 2^fraction are least-squares polynomials.
INLINE void raise_eight(const float8 *x, float e, float8 *out)
{
    int8x bits = (int8x)*x;
    float8 m = (float8)((bits & 0x7FFFFF) | 0x3F800000) - 1;
    float8 log2 = m * -0.0251234868F + 0.11929956F;
    log2 = ((log2 * m - 0.274625412F) * m + 0.455528682F) * m - 0.717558425F;
    log2 = (log2 * m + 1.44247539F) * m + 2.12049093e-06F;
    float8 power = (log2 + __builtin_convertvector((bits >> 23) - 127, float8)) * e;
    power = BLEND(power < -120, ALL(-120), power);
    power = BLEND(power > 120, ALL(120), power);
    int8x whole = __builtin_convertvector(power + 128, int8x) - 128; // towards the lower one
    float8 f = power - __builtin_convertvector(whole, float8);
    float8 p = (f * 0.01352061F + 0.0520374744F) * f + 0.241427418F;
    p = (p * f + 0.693006651F) * f + 1.00000252F;
    *out = p * (float8)((whole + 127) << 23);
}

INLINE void clip_eight(float8 *step)
{
    *step = BLEND(*step > LARGEST_STEP, ALL(LARGEST_STEP), *step);
    *step = BLEND(*step < -LARGEST_STEP, ALL(-LARGEST_STEP), *step);
}

// The neighbour in the first lane pulls, the n - 1 others push; all from where `here` stands now.
// An end that stands at the same place does neither.
INLINE void take_steps(const struct layout *l, float *here, float *const there[AT_ONCE], size_t n,
                       bool pulls, float alpha)
{
    float8 x = { 0 }, y = { 0 };
    for (size_t i = 0; i < n; i++) {
        x[i] = there[i][0];
        y[i] = there[i][1];
    }
    float8 dx = here[0] - x, dy = here[1] - y, square = dx * dx + dy * dy;
    int8x apart = square > 0;
    float8 safe = BLEND(apart, square, ALL(1)), power;
    raise_eight(&safe, l->b, &power);
    float8 below = l->a * power + 1, slope = 2 * l->b / ((0.001F + safe) * below);
    if (pulls)
        slope[0] = -2 * l->a * l->b * power[0] / (safe[0] * below[0]);
    float8 step_x = slope * dx, step_y = slope * dy;
    clip_eight(&step_x);
    clip_eight(&step_y);
    step_x *= alpha;
    step_y *= alpha;
    for (size_t i = 0; i < n; i++) {
        if (!apart[i])
            continue;
        here[0] += step_x[i];
        here[1] += step_y[i];
    }
    if (pulls && apart[0]) {
        there[0][0] -= step_x[0];
        there[0][1] -= step_y[0];
    }
}

INLINE void take_turn(struct layout *l, size_t i, size_t e, int epoch, float alpha)
{
    float *there[AT_ONCE] = { l->xy + 2 * (size_t)l->graph->other[e] };
    size_t n_there = 1;
    bool pulls = true;
    l->next[e] += l->every[e];
    float every_negative = l->every[e] / (float)(l->n_negative > 0 ? l->n_negative : 1);
    int n = l->n_negative > 0 ? (int)(((float)epoch - l->next_negative[e]) / every_negative) : 0;
    for (int s = 0; s < n; s++) {
        size_t j = rng_below(&l->rng, l->graph->n);
        if (j == i)
            continue;
        if (n_there == AT_ONCE) {
            take_steps(l, l->xy + 2 * i, there, n_there, pulls, alpha);
            n_there = 0;
            pulls = false;
        }
        there[n_there++] = l->xy + 2 * j;
    }
    take_steps(l, l->xy + 2 * i, there, n_there, pulls, alpha);
    l->next_negative[e] += (float)(n > 0 ? n : 0) * every_negative;
}

INLINE void optimize_body(struct layout *l)
{
    const struct umap_graph *g = l->graph;
    for (int epoch = 0; epoch < l->n_epochs && !stop_asked(); epoch++) {
        float alpha = 1 - (float)epoch / (float)l->n_epochs;
        for (size_t i = 0; i < g->n; i++)
            for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
                if (l->next[e] <= (float)epoch)
                    take_turn(l, i, e, epoch, alpha);
    }
}

#ifdef __x86_64__
__attribute__((target("avx2"))) static void optimize_avx2(struct layout *l)
{
    optimize_body(l); // no FMA, so that every CPU gives the same
}
#endif

static void optimize(struct layout *l)
{
#ifdef __x86_64__
    if (isa_has(ISA_AVX2)) {
        optimize_avx2(l);
        return;
    }
#endif
    optimize_body(l);
}

// First places: principal components, spread over 0 … 10 on each axis, with a little noise so that
// no two are at the same place.
static void place_first(const struct matrix *x, uint64_t seed, struct arena *scratch, float *out,
                        struct rng *rng)
{
    double *xy = arena_array(scratch, 2 * x->n_rows, sizeof *xy);
    pca_plane(x, seed, scratch, xy);
    for (size_t c = 0; c < 2; c++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < x->n_rows; i++) {
            low = fmin(low, xy[2 * i + c]);
            high = fmax(high, xy[2 * i + c]);
        }
        double scale = high > low ? START_SIZE / (high - low) : 0;
        for (size_t i = 0; i < x->n_rows; i++)
            out[2 * i + c] = (float)((xy[2 * i + c] - low) * scale + 1e-3 * rng_normal(rng));
    }
}

static void put_out(const float *from, size_t n, float *xy)
{
    for (size_t c = 0; c < 2; c++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += (double)from[2 * i + c] / (double)n;
        for (size_t i = 0; i < n; i++)
            xy[2 * i + c] = (float)((double)from[2 * i + c] - mean);
    }
}

static int lay_out(const struct matrix *x, const struct umap_params *p, struct umap_graph *graph,
                   struct arena *scratch, float *xy, struct err *err)
{
    double ab[2];
    float largest = 0;
    struct layout l = { .graph = graph, .n_negative = p->n_negative };
    l.n_epochs = p->n_epochs ? p->n_epochs : graph->n > LARGE ? 200 : 500;
    for (size_t e = 0; e < graph->n_edges; e++)
        largest = fmaxf(largest, graph->weight[e]);
    umap_graph_prune(graph, largest / (float)l.n_epochs);
    l.xy = arena_array(scratch, graph->n * 2, sizeof *l.xy);
    l.every = arena_try(scratch, graph->n_edges * 3, sizeof *l.every, "the map", err);
    if (!l.every)
        return err->code;
    l.next = l.every + graph->n_edges;
    l.next_negative = l.next + graph->n_edges;
    for (size_t e = 0; e < graph->n_edges; e++) {
        l.every[e] = l.next[e] = largest / graph->weight[e];
        l.next_negative[e] = l.every[e] / (float)size_max(1, (size_t)l.n_negative);
    }
    fit_curve(p, ab);
    l.a = (float)ab[0];
    l.b = (float)ab[1];
    rng_init(&l.rng, p->seed, "umap");
    place_first(x, p->seed, scratch, l.xy, &l.rng);
    optimize(&l);
    put_out(l.xy, graph->n, xy);
    return stop_check(err);
}

int umap_layout(const struct matrix *x, const struct umap_params *params, struct pool *pool,
                struct arena *scratch, float *xy, struct err *err)
{
    size_t n = x->n_rows, k = size_min(size_max(params->n_neighbors, 2) - 1, n ? n - 1 : 0);
    struct arena_mark start = arena_save(scratch);
    struct nearest near;
    struct umap_graph graph;
    if (n < 2) {
        for (size_t c = 0; c < 2 * n; c++)
            xy[c] = 0;
        return matrix_check_finite(x, "vectors", err);
    }
    int rc = nearest_search(x, k, pool, scratch, &near, err);
    if (!rc)
        rc = umap_graph_make(&graph, &near, scratch, err);
    if (!rc)
        rc = lay_out(x, params, &graph, scratch, xy, err);
    arena_rewind(scratch, start);
    return rc;
}
