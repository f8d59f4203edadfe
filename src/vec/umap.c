// SPDX-License-Identifier: Apache-2.0
// Neighbours by vec/nearest, their fuzzy graph by vec/umap_graph, then the layout (algorithm 5 of
// the paper): edges pull their ends together as often as they are heavy, random others are pushed
// away. Differences from the reference, umap-learn: neighbours are exact, the first places are
// principal components instead of the graph's spectrum, and the steps run in one fixed order on
// one thread, which keeps them the same for any number of threads; a map of 2,000 clusters takes
// about a second.
#include "vec/umap.h"

#include "base/rng.h"
#include "vec/pca.h"
#include "vec/umap_graph.h"

#include <math.h>

#define N_CURVE 300
#define N_FIT 200
#define START_SIZE 10.0 // the first places span 0 … 10, as in the reference
#define LARGEST_STEP 4.0
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
    double a, b;
    double *xy;             // n × 2
    float *every, *next;    // of each edge: epochs between its turns, epoch of its next turn
    float *next_negative;   // the same for the random ones pushed away
    int n_epochs, n_negative;
    struct rng rng;
};

// Most of the time of a layout goes here; float32 is as good and twice as fast.
static double raise(double square, double exponent)
{
    return (double)powf((float)square, (float)exponent);
}

static double clip(double step)
{
    return step > LARGEST_STEP ? LARGEST_STEP : step < -LARGEST_STEP ? -LARGEST_STEP : step;
}

static void pull(struct layout *l, double *here, double *there, double alpha)
{
    double dx = here[0] - there[0], dy = here[1] - there[1], square = dx * dx + dy * dy;
    if (!(square > 0))
        return;
    double power = raise(square, l->b);
    double slope = -2 * l->a * l->b * power / square / (l->a * power + 1);
    double step_x = clip(slope * dx) * alpha, step_y = clip(slope * dy) * alpha;
    here[0] += step_x;
    here[1] += step_y;
    there[0] -= step_x;
    there[1] -= step_y;
}

static void push(const struct layout *l, double *here, const double *there, double alpha)
{
    double dx = here[0] - there[0], dy = here[1] - there[1], square = dx * dx + dy * dy;
    if (!(square > 0))
        return;
    double slope = 2 * l->b / ((0.001 + square) * (l->a * raise(square, l->b) + 1));
    here[0] += clip(slope * dx) * alpha;
    here[1] += clip(slope * dy) * alpha;
}

static void take_turn(struct layout *l, size_t i, size_t e, int epoch, double alpha)
{
    double *here = l->xy + 2 * i;
    pull(l, here, l->xy + 2 * (size_t)l->graph->other[e], alpha);
    l->next[e] += l->every[e];
    if (l->n_negative <= 0)
        return;
    float every_negative = l->every[e] / (float)l->n_negative;
    int n = (int)(((float)epoch - l->next_negative[e]) / every_negative);
    for (int s = 0; s < n; s++) {
        size_t j = rng_below(&l->rng, l->graph->n);
        if (j != i)
            push(l, here, l->xy + 2 * j, alpha);
    }
    l->next_negative[e] += (float)n * every_negative;
}

static void optimize(struct layout *l)
{
    const struct umap_graph *g = l->graph;
    for (int epoch = 0; epoch < l->n_epochs; epoch++) {
        double alpha = 1 - (double)epoch / l->n_epochs;
        for (size_t i = 0; i < g->n; i++)
            for (size_t e = g->start[i]; e < g->start[i + 1]; e++)
                if (l->next[e] <= (float)epoch)
                    take_turn(l, i, e, epoch, alpha);
    }
}

// First places: principal components, spread over 0 … 10 on each axis, with a little noise so that
// no two are at the same place.
static void place_first(const struct matrix *x, uint64_t seed, struct arena *scratch, double *xy,
                        struct rng *rng)
{
    pca_plane(x, seed, scratch, xy);
    for (size_t c = 0; c < 2; c++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < x->n_rows; i++) {
            low = fmin(low, xy[2 * i + c]);
            high = fmax(high, xy[2 * i + c]);
        }
        double scale = high > low ? START_SIZE / (high - low) : 0;
        for (size_t i = 0; i < x->n_rows; i++)
            xy[2 * i + c] = (xy[2 * i + c] - low) * scale + 1e-3 * rng_normal(rng);
    }
}

static void put_out(const double *from, size_t n, float *xy)
{
    for (size_t c = 0; c < 2; c++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += from[2 * i + c] / (double)n;
        for (size_t i = 0; i < n; i++)
            xy[2 * i + c] = (float)(from[2 * i + c] - mean);
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
    l.a = ab[0];
    l.b = ab[1];
    rng_init(&l.rng, p->seed, "umap");
    place_first(x, p->seed, scratch, l.xy, &l.rng);
    optimize(&l);
    put_out(l.xy, graph->n, xy);
    return 0;
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
