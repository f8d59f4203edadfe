// SPDX-License-Identifier: Apache-2.0
// The products of the rows with the means of the fine clusters are all that is computed: those with
// a merged centroid are their sums, scaled. So trying another k costs k additions a row, not k
// products, and the whole choice less than one iteration of k-means.
#include "cluster/choose_k.h"

#include "base/stop.h"
#include "vec/gemm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_PER_CLUSTER 3 // floors in an average cluster
#define PLATEAU 0.95       // of the best separation
#define BELOW_K (1.0 / 3)
#define MOST_BELOW 0.05
#define COARSE 4        // k under a quarter of the most …
#define CLEAR 0.25      // … is for subjects that are clearly apart: this separation or more
#define MOST_CLEAR 0.9  // for nine in ten conversations
#define TASK_ROWS ((size_t)64)

size_t choose_largest(size_t n, size_t floor)
{
    size_t by_floor = n / (ROWS_PER_CLUSTER * size_max(floor, 1));
    size_t by_eye = (size_t)(2 * sqrt((double)n));
    return size_max(1, size_min(by_floor, by_eye));
}

// Every k up to 20, then steps of a tenth.
static size_t next_candidate(size_t k)
{
    return k < 20 ? k + 1 : k + k / 10;
}

struct measure {
    const struct matrix *rows;
    const struct linkage_merge *merges;
    const struct gemm_weights *means;
    size_t n_fine;
    const double *sizes;
    float *inverse;    // of each node of the tree: 1 / length of the sum of its rows
    uint32_t **active; // of each step: its k nodes
    struct choose_step *steps;
    size_t n_steps;
    double *sums; // n_tasks × n_steps pairs: separation, rows that are clearly apart
    int *failed;  // of each task
};

// Sums of the rows below each node, to know their lengths.
static int find_lengths(struct measure *m, const struct matrix *means, struct arena *a,
                        struct err *err)
{
    size_t d = means->n_cols, n_nodes = 2 * m->n_fine - 1;
    struct arena_mark start = arena_save(a);
    double *sums = arena_try(a, n_nodes * d, sizeof *sums, "choosing the number of clusters", err);
    if (!sums)
        return (int)err->code;
    for (size_t i = 0; i < n_nodes; i++) {
        double *sum = sums + i * d, square = 0;
        const struct linkage_merge *merge = i < m->n_fine ? NULL : &m->merges[i - m->n_fine];
        for (size_t j = 0; j < d; j++) {
            sum[j] = merge ? sums[merge->left * d + j] + sums[merge->right * d + j]
                           : (double)matrix_row(means, i)[j] * m->sizes[i];
            square += sum[j] * sum[j];
        }
        m->inverse[i] = square > 0 ? (float)(1 / sqrt(square)) : 0;
    }
    arena_rewind(a, start);
    return 0;
}

// The k nodes that remain when n - k merges are done.
static void find_active(const struct measure *m, size_t k, unsigned char *merged, uint32_t *active)
{
    size_t n_done = m->n_fine - k, n_active = 0;
    memset(merged, 0, m->n_fine + n_done);
    for (size_t i = 0; i < n_done; i++)
        merged[m->merges[i].left] = merged[m->merges[i].right] = 1;
    for (size_t i = 0; i < m->n_fine + n_done; i++)
        if (!merged[i])
            active[n_active++] = (uint32_t)i;
    assert(n_active == k);
}

static double share_below(const struct measure *m, const uint32_t *active, size_t k, double least)
{
    double below = 0, total = 0;
    for (size_t i = 0; i < k; i++) {
        uint32_t node = active[i];
        double size = node < m->n_fine ? m->sizes[node] : m->merges[node - m->n_fine].weight;
        total += size;
        if (size < least)
            below += size;
    }
    return total > 0 ? below / total : 0;
}

// 1 - d1/d2 with d² = 2 - 2 s; 0 where two centroids are equally near, as equal ones are.
static double find_separation(const float *sums, const float *inverse, const uint32_t *active,
                              size_t k)
{
    float first = -2, second = -2;
    for (size_t i = 0; i < k; i++) {
        float s = sums[active[i]] * inverse[active[i]];
        if (s > first) {
            second = first;
            first = s;
        } else if (s > second) {
            second = s;
        }
    }
    double far = 1 - (double)second, near = fmax(0, 1 - (double)first);
    return far > 1e-6 ? 1 - sqrt(fmin(1, near / far)) : 0;
}

static int measure_rows(struct measure *m, size_t first, size_t n, float *row_sums, float *products,
                        double *out, struct err *err)
{
    size_t d = m->rows->n_cols;
    const float *block = matrix_row(m->rows, first);
    assert(m->rows->stride == d);
    int rc = gemm_run(m->means, block, n, products, err);
    for (size_t i = 0; i < n && !rc; i++) {
        const float *p = products + i * m->n_fine;
        for (size_t j = 0; j < m->n_fine; j++)
            row_sums[j] = p[j] * (float)m->sizes[j];
        for (size_t j = 0; j + 1 < m->n_fine; j++)
            row_sums[m->n_fine + j] = row_sums[m->merges[j].left] + row_sums[m->merges[j].right];
        for (size_t s = 0; s < m->n_steps; s++) {
            double one = find_separation(row_sums, m->inverse, m->active[s], m->steps[s].k);
            out[2 * s] += one;
            out[2 * s + 1] += one >= CLEAR;
        }
    }
    return rc;
}

static void measure_task(void *context, size_t i_task, size_t i_thread)
{
    struct measure *m = context;
    struct err err = { 0 };
    if (stop_asked())
        return;
    size_t first = i_task * TASK_ROWS, n = size_min(TASK_ROWS, m->rows->n_rows - first);
    float *row_sums = calloc(2 * m->n_fine, sizeof *row_sums);
    float *products = calloc(n * m->n_fine, sizeof *products);
    (void)i_thread;
    if (!row_sums || !products)
        m->failed[i_task] = err_set(&err, ERR_UNAVAILABLE, "memory");
    else
        m->failed[i_task] =
            measure_rows(m, first, n, row_sums, products, m->sums + 2 * i_task * m->n_steps, &err);
    free(row_sums);
    free(products);
}

static int measure_all(struct measure *m, const struct matrix *means, struct pool *pool,
                       struct arena *a, struct err *err)
{
    struct gemm_weights *weights = NULL;
    size_t n_tasks = size_round_up(m->rows->n_rows, TASK_ROWS) / TASK_ROWS;
    assert(means->stride == means->n_cols);
    int rc = gemm_weights_open(&weights, means->data, m->n_fine, means->n_cols, NULL, GEMM_FP32,
                               GEMM_NOTHING, err);
    if (rc)
        return rc;
    m->means = weights;
    m->sums = arena_zero_array(a, 2 * n_tasks * m->n_steps + 1, sizeof *m->sums);
    m->failed = arena_zero_array(a, n_tasks + 1, sizeof *m->failed);
    pool_run(pool, n_tasks, measure_task, m);
    gemm_weights_close(weights);
    rc = stop_check(err); // then tasks were left out
    for (size_t t = 0; t < n_tasks && !rc; t++) {
        if (m->failed[t])
            rc = err_set(err, ERR_UNAVAILABLE,
                         "no memory to choose the number of clusters; free "
                         "some, or give --clusters");
        for (size_t s = 0; s < m->n_steps; s++) {
            m->steps[s].separation += m->sums[2 * (t * m->n_steps + s)];
            m->steps[s].share_clear += m->sums[2 * (t * m->n_steps + s) + 1];
        }
    }
    for (size_t s = 0; s < m->n_steps; s++) {
        m->steps[s].separation /= (double)m->rows->n_rows;
        m->steps[s].share_clear /= (double)m->rows->n_rows;
    }
    return rc;
}

static void list_steps(struct measure *m, size_t largest, double least, struct arena *a)
{
    size_t n = 0;
    for (size_t k = 2; k <= largest; k = next_candidate(k))
        n++;
    m->steps = arena_zero_array(a, n + 1, sizeof *m->steps);
    m->active = arena_array(a, n + 1, sizeof *m->active);
    unsigned char *merged = arena_alloc(a, 2 * m->n_fine);
    for (size_t k = 2; k <= largest; k = next_candidate(k)) {
        struct choose_step *step = &m->steps[m->n_steps];
        uint32_t *active = arena_array(a, k, sizeof *active);
        find_active(m, k, merged, active);
        step->k = k;
        step->share_below = share_below(m, active, k, least);
        step->allowed = step->share_below <= MOST_BELOW;
        m->active[m->n_steps++] = active;
    }
}

// One tight group, as of a prompt that many repeat, lifts the mean at every k, and most where all
// else is one cluster: so few clusters are taken only when nearly all conversations are apart.
static void refuse_coarse(struct choose_step *steps, size_t n, size_t largest)
{
    bool any_fine = false;
    for (size_t i = 0; i < n; i++)
        any_fine |= steps[i].allowed && steps[i].k * COARSE >= largest;
    for (size_t i = 0; i < n && any_fine; i++)
        if (steps[i].k * COARSE < largest && steps[i].share_clear < MOST_CLEAR)
            steps[i].allowed = false;
}

// How far a step stands out of what is not of the plateau.
static double height(const struct choose_step *step, double best)
{
    return step->allowed ? fmax(0, step->separation - PLATEAU * best) : 0;
}

// Where in the step up to `at` the area is reached: as far below it as the step before is of the
// plateau, too. Subjects that are clearly apart keep their number; on a level stretch no number of
// the steps is better than those between, and noise moves it by little instead of a whole step.
static size_t between(const struct choose_step *at, double best, double share)
{
    double before = height(at - 1, best) / height(at, best);
    double back = (double)(at->k - at[-1].k) * fmin(1, before) * (1 - share);
    return at->k - (size_t)back;
}

// The number at which a third of the plateau's area, summed over its steps, is reached. A tie of
// two numbers, or noise on one, moves it a little; the first number near the best, or the best,
// would jump.
static size_t pick(const struct choose_step *steps, size_t n)
{
    double best = 0, area = 0, sum = 0;
    for (size_t i = 0; i < n; i++)
        if (steps[i].allowed)
            best = fmax(best, steps[i].separation);
    for (size_t i = 0; i < n; i++)
        area += height(&steps[i], best);
    for (size_t i = 0; i < n && area > 0; i++) {
        double here = height(&steps[i], best), left = BELOW_K * area - sum;
        sum += here;
        if (sum >= BELOW_K * area)
            return i ? between(&steps[i], best, left / here) : steps[i].k;
    }
    return 1;
}

int choose_k(const struct choose_tree *tree, const struct matrix *rows, size_t largest,
             size_t floor, struct pool *pool, struct arena *a, struct choose_result *result,
             struct err *err)
{
    size_t n_fine = tree->ward->means.n_rows;
    struct measure m = {
        .rows = rows, .merges = tree->ward->merges, .n_fine = n_fine, .sizes = tree->ward->sizes
    };
    int rc = 0;
    largest = size_min(largest, n_fine);
    list_steps(&m, largest, (double)floor / tree->scale, a);
    m.inverse = arena_array(a, 2 * n_fine, sizeof *m.inverse);
    if (m.n_steps)
        rc = find_lengths(&m, &tree->ward->means, a, err);
    if (m.n_steps && !rc)
        rc = measure_all(&m, &tree->ward->means, pool, a, err);
    refuse_coarse(m.steps, m.n_steps, largest);
    *result = (struct choose_result){ rc ? 0 : pick(m.steps, m.n_steps), m.steps, m.n_steps };
    return rc;
}
