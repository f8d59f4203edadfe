// SPDX-License-Identifier: Apache-2.0
// Neighbours by vec/near_cells, their fuzzy graph by vec/umap_graph, the layout by vec/umap_steps.
// Differences from the reference, umap-learn: neighbours are exact up to 2,047 rows, as good as
// exact up to 16,383, the first places are principal components instead of the graph's spectrum,
// and the steps run in one fixed order on one thread, all of a row at once, which keeps them the
// same for any number of threads; a map of 2,000 clusters takes about half a second.
#include "vec/umap.h"

#include "base/rng.h"
#include "vec/dot.h"
#include "vec/near_cells.h"
#include "vec/pca.h"
#include "vec/umap_graph.h"
#include "vec/umap_steps.h"

#include <math.h>

#define N_CURVE 300
#define N_FIT 200
#define START_SIZE 10.0 // the first places span 0 … 10, as in the reference
#define LARGE 10000     // more rows than this get fewer epochs
#define PCA_ROWS ((size_t)2048) // as many, and less than twice as many, say where components lie

struct umap_params umap_default_params(void)
{
    return (struct umap_params){
        .n_neighbors = 15,
        .min_dist = 0.0,
        .spread = 1.0,
        .n_epochs = 0,
        .n_negative = 7,
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

// First places: principal components, spread over 0 … 10 on each axis, with a little noise so that
// no two are at the same place. Of many rows some, evenly spaced, say where the components lie.
static void place_first(const struct matrix *x, uint64_t seed, struct arena *scratch, float *out,
                        struct rng *rng)
{
    size_t n = x->n_rows, d = x->n_cols, step = size_max(1, n / PCA_ROWS);
    struct matrix some = { x->data, size_round_up(n, step) / step, d, x->stride * step };
    double *mean = arena_array(scratch, d, sizeof *mean);
    double *xy = arena_array(scratch, n, sizeof *xy);
    float *direction = arena_array(scratch, 2 * d, sizeof *direction);
    pca_directions(&some, 2, seed, scratch, mean, direction);
    for (size_t c = 0; c < 2; c++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < n; i++) {
            xy[i] = dot_floats(matrix_row(x, i), direction + c * d, d);
            low = fmin(low, xy[i]);
            high = fmax(high, xy[i]);
        }
        double scale = high > low ? START_SIZE / (high - low) : 0;
        for (size_t i = 0; i < n; i++)
            out[2 * i + c] = (float)((xy[i] - low) * scale + 1e-3 * rng_normal(rng));
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
    struct rng rng;
    struct umap_schedule schedule = { .n_negative = p->n_negative };
    schedule.n_epochs = p->n_epochs ? p->n_epochs : graph->n > LARGE ? 200 : 500;
    fit_curve(p, ab);
    schedule.a = (float)ab[0];
    schedule.b = (float)ab[1];
    rng_init(&rng, p->seed, "umap");
    float *places = arena_array(scratch, graph->n * 2, sizeof *places);
    place_first(x, p->seed, scratch, places, &rng);
    int rc = umap_steps(graph, &schedule, &rng, scratch, places, err);
    if (!rc)
        put_out(places, graph->n, xy);
    return rc;
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
    if (n > UMAP_MOST_ROWS || params->n_epochs < 0 || params->n_negative < 0 ||
        params->n_negative > UMAP_MOST_NEGATIVE)
        return err_set(err, ERR_DATA,
                       "%zu vectors are too many for a map, or %d epochs and %d "
                       "pushed away a turn are not numbers for one",
                       n, params->n_epochs, params->n_negative);
    int rc = near_cells_search(x, k, pool, scratch, &near, err);
    if (!rc)
        rc = umap_graph_make(&graph, &near, scratch, err);
    if (!rc)
        rc = lay_out(x, params, &graph, scratch, xy, err);
    arena_rewind(scratch, start);
    return rc;
}
