// SPDX-License-Identifier: Apache-2.0
// First places and the graph beside the same by other ways in float64; the layout keeps planted
// groups together, is the same for any number of threads, and works for few rows, copies and rows
// of zeros. Its trustworthiness beside umap-learn's is measured by
// bench/vectors.sh.
#include "vec/umap.h"

#include "vec/dot.h"
#include "vec/pca.h"
#include "vec/umap_graph.h"

#include "grouped_rows.h"
#include "real_rows.h"

#include <math.h>

static struct arena arena;

// The eigenvalues of a symmetric matrix, n × n, falling, by Jacobi's rotations; g is used up.
static void eigenvalues(double *g, size_t n, double *values)
{
    for (int sweep = 0; sweep < 30; sweep++)
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++) {
                if (fabs(g[p * n + q]) < 1e-300)
                    continue;
                double theta = (g[q * n + q] - g[p * n + p]) / (2 * g[p * n + q]);
                double t = copysign(1, theta) / (fabs(theta) + sqrt(theta * theta + 1));
                double c = 1 / sqrt(t * t + 1), s = t * c;
                for (size_t k = 0; k < n; k++) {
                    double kp = g[k * n + p], kq = g[k * n + q];
                    g[k * n + p] = c * kp - s * kq;
                    g[k * n + q] = s * kp + c * kq;
                }
                for (size_t k = 0; k < n; k++) {
                    double pk = g[p * n + k], qk = g[q * n + k];
                    g[p * n + k] = c * pk - s * qk;
                    g[q * n + k] = s * pk + c * qk;
                }
            }
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (; at > 0 && g[i * n + i] > values[at - 1]; at--)
            values[at] = values[at - 1];
        values[at] = g[i * n + i];
    }
}

// Directions are orthonormal or zero, places are the rows' along them, and hold as much of what
// differs as the eigenvalues of the rows' products say, all but `share`.
static void check_components(const struct matrix *x, double share)
{
    size_t n = x->n_rows, d = x->n_cols;
    double *mean = arena_zero_array(&arena, d, sizeof *mean), *got = arena_array(&arena, d, 8);
    double *g = arena_array(&arena, n * n, sizeof *g), *values = arena_array(&arena, n + 2, 8);
    double *xy = arena_array(&arena, 2 * n, sizeof *xy), held[2] = { 0 }, all = 0;
    float *direction = arena_array(&arena, 2 * d, sizeof *direction);
    size_t n_directions = size_min(d, 2);
    for (size_t i = 0; i < n * d; i++)
        mean[i % d] += (double)matrix_row(x, i / d)[i % d] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = 0; k < d; k++)
                sum += ((double)matrix_row(x, i)[k] - mean[k]) *
                       ((double)matrix_row(x, j)[k] - mean[k]);
            g[i * n + j] = sum;
            all += i == j ? sum : 0;
        }
    eigenvalues(g, n, values);
    values[n] = 0;
    pca_plane(x, 4, &arena, xy);
    pca_directions(x, n_directions, 4, &arena, got, direction);
    for (size_t k = 0; k < d; k++)
        assert_true(fabs(got[k] - mean[k]) < 1e-9);
    for (size_t c = 0; c < n_directions; c++) {
        double length = dot_floats(direction + c * d, direction + c * d, d);
        assert_true(fabs(length - 1) < 1e-5 || length == 0);
        assert_true(c == 0 || fabs(dot_floats(direction, direction + d, d)) < 1e-5);
        for (size_t i = 0; i < n; i++) {
            double place = 0;
            for (size_t k = 0; k < d; k++)
                place += ((double)matrix_row(x, i)[k] - mean[k]) * (double)direction[c * d + k];
            assert_true(fabs(xy[2 * i + c] - place) < 1e-6);
        }
    }
    for (size_t i = 0; i < 2 * n; i++) {
        assert_true(isfinite(xy[i]));
        held[i % 2] += xy[i] * xy[i];
    }
    double most = values[0] + (n > 1 ? values[1] : 0);
    assert_true(held[0] + held[1] <= most + 1e-5 * all + 1e-10);
    assert_true(held[0] + held[1] >= most - share * all - 1e-10);
    assert_true(held[0] >= values[0] - share * all - 1e-10);
}

static void test_components(void **state)
{
    static const size_t shapes[][2] = {
        // n, d
        { 1, 5 }, { 2, 1 }, { 2, 9 }, { 3, 2 }, { 40, 1 }, { 40, 13 }, { 61, 33 },
    };
    (void)state;
    for (size_t s = 0; s < COUNT_OF(shapes); s++) {
        struct matrix x = grouped_rows(&arena, shapes[s][0], shapes[s][1], 3, 0.4, s);
        check_components(&x, 1e-3);
    }
    for (int mpnet = 0; mpnet < 2; mpnet++) {
        struct matrix x = real_rows(&arena, mpnet);
        check_components(&x, 1e-3);
    }
    struct matrix x = grouped_rows(&arena, 30, 12, 1, 0, 3); // all equal
    check_components(&x, 1e-3);
    x = grouped_rows(&arena, 30, 12, 2, 0, 3); // on a line
    check_components(&x, 1e-3);
    memset(x.data, 0, 30 * 12 * sizeof(float));
    check_components(&x, 0);
}

// Of row i to its neighbour c, by the rule: exp(-(distance - rho) / sigma), of a sigma with which
// those of the row sum to log2(k + 1), and at least a thousandth of the mean distance.
static double weigh(const struct nearest *near, size_t i, size_t c)
{
    const float *similarity = near->similarity + i * near->k;
    double rho = HUGE_VAL, low = 1e-12, high = 1e6, row = 0, all = 0;
    for (size_t e = 0; e < near->n * near->k; e++)
        all += fmax(0, 1 - (double)near->similarity[e]) / (double)near->n / (double)(near->k + 1);
    for (size_t e = 0; e < near->k; e++) {
        double distance = fmax(0, 1 - (double)similarity[e]);
        rho = distance > 0 ? fmin(rho, distance) : rho;
        row += distance / (double)(near->k + 1);
    }
    rho = isinf(rho) ? 0 : rho;
    while (high / low > 1 + 1e-9) {
        double sigma = sqrt(low * high), sum = 0;
        for (size_t e = 0; e < near->k; e++)
            sum += exp(-fmax(0, 1 - (double)similarity[e] - rho) / sigma);
        *(sum > log2((double)near->k + 1) ? &high : &low) = sigma;
    }
    double sigma = fmax(low, 1e-3 * (rho > 0 ? row : all));
    double over = fmax(0, 1 - (double)similarity[c]) - rho;
    return over > 0 ? exp(-over / sigma) : 1;
}

// Every pair beside the rule written out, and again without the light ones.
static void check_graph(const struct matrix *x, size_t k)
{
    struct nearest near;
    struct umap_graph graph;
    struct err err;
    size_t n = x->n_rows;
    double *there = arena_zero_array(&arena, n * n, sizeof *there);
    assert_ok(nearest_search(x, k, NULL, &arena, &near, &err));
    assert_ok(umap_graph_make(&graph, &near, &arena, &err));
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < k; c++)
            there[i * n + near.index[i * k + c]] = weigh(&near, i, c);
    for (int round = 0; round < 2; round++) {
        double floor = round ? 0.3 : 0;
        size_t e = 0;
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(graph.start[i], e);
            for (size_t j = 0; j < n; j++) {
                double a = there[i * n + j], b = there[j * n + i], want = a + b - a * b;
                if (want == 0 || want < floor - 1e-3)
                    continue;
                bool found = e < graph.start[i + 1] && graph.other[e] == j;
                assert_true(found || want < floor + 1e-3);
                if (found)
                    assert_true(fabs((double)graph.weight[e++] - want) < 1e-3);
            }
        }
        assert_int_equal(graph.start[n], e);
        assert_int_equal(graph.n_edges, e);
        umap_graph_prune(&graph, 0.3F);
    }
}

static void test_the_graph(void **state)
{
    (void)state;
    for (size_t k = 1; k < 20; k += 6) {
        struct matrix x = grouped_rows(&arena, 40, 7, 3, 0.5, k);
        memcpy(matrix_row(&x, 3), matrix_row(&x, 30), 7 * sizeof(float));
        check_graph(&x, k);
    }
    struct matrix x = grouped_rows(&arena, 2, 7, 2, 0.5, 1);
    check_graph(&x, 1);
    x = grouped_rows(&arena, 25, 7, 1, 0, 1); // all equal
    check_graph(&x, 14);
    x = real_rows(&arena, false);
    check_graph(&x, 14);
    check_graph(&x, REAL_ROWS - 1);
}

static float *lay_out(const struct matrix *x, uint64_t seed, size_t n_threads)
{
    struct umap_params params = umap_default_params();
    struct pool *pool;
    struct err err = { 0 };
    float *xy = arena_array(&arena, x->n_rows * 2 + 1, sizeof *xy);
    params.seed = seed;
    assert_int_equal(pool_open(&pool, n_threads, &err), 0);
    assert_int_equal(umap_layout(x, &params, pool, &arena, xy, &err), 0);
    pool_close(pool);
    for (size_t i = 0; i < 2 * x->n_rows; i++)
        assert_true(isfinite(xy[i]));
    return xy;
}

static void test_groups_stay_together(void **state)
{
    enum { N = 300, GROUPS = 6 };
    struct matrix x = grouped_rows(&arena, N, 32, GROUPS, 0.25, 3);
    const float *xy = lay_out(&x, 1, 1);
    size_t n_same = 0;
    (void)state;
    for (size_t i = 0; i < N; i++) {
        double best = HUGE_VAL;
        size_t nearest = i;
        for (size_t j = 0; j < N; j++) {
            double dx = (double)(xy[2 * i] - xy[2 * j]);
            double dy = (double)(xy[2 * i + 1] - xy[2 * j + 1]);
            if (j != i && dx * dx + dy * dy < best) {
                best = dx * dx + dy * dy;
                nearest = j;
            }
        }
        n_same += nearest % GROUPS == i % GROUPS;
    }
    assert_true(n_same >= N * 99 / 100);
}

static void test_seed_decides_and_threads_do_not(void **state)
{
    struct matrix x = grouped_rows(&arena, 200, 16, 5, 0.5, 3);
    const float *one = lay_out(&x, 1, 1), *three = lay_out(&x, 1, 3), *other = lay_out(&x, 2, 1);
    (void)state;
    assert_memory_equal(one, three, 400 * sizeof *one);
    assert_true(memcmp(one, other, 400 * sizeof *one) != 0);
}

static void test_few_rows(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 20; n++) {
        struct matrix x = grouped_rows(&arena, size_max(n, 1), 8, 3, 0.5, 3);
        x.n_rows = n;
        const float *xy = lay_out(&x, 1, 1);
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += (double)xy[2 * i];
        assert_true(fabs(sum) < 1e-3);
        assert_true(n != 1 || (xy[0] == 0 && xy[1] == 0));
    }
}

// More rows than are compared exactly (vec/nearest.h).
static void test_many_rows(void **state)
{
    enum { N = 8400, GROUPS = 4 };
    struct umap_params params = umap_default_params();
    struct err err;
    struct matrix x = grouped_rows(&arena, N, 16, GROUPS, 0.2, 3);
    float *xy = arena_array(&arena, 2 * N, sizeof *xy);
    double mean[GROUPS][2] = { { 0 } }, spread = 0, apart = 0;
    (void)state;
    params.n_epochs = 60;
    assert_int_equal(umap_layout(&x, &params, NULL, &arena, xy, &err), 0);
    for (size_t i = 0; i < 2 * N; i++)
        mean[i / 2 % GROUPS][i % 2] += (double)xy[i] * GROUPS / N;
    for (size_t i = 0; i < 2 * N; i++)
        spread += pow((double)xy[i] - mean[i / 2 % GROUPS][i % 2], 2) / N;
    for (size_t g = 0; g < 2 * GROUPS; g++)
        apart += pow(mean[g / 2][g % 2], 2) / GROUPS;
    assert_true(apart > spread);
}

static void test_copies_and_zeros(void **state)
{
    struct matrix x = grouped_rows(&arena, 60, 8, 2, 0, 3);
    (void)state;
    (void)lay_out(&x, 1, 1);
    memset(x.data, 0, 60 * 8 * sizeof(float));
    (void)lay_out(&x, 1, 1);
}

static void test_bad_input_is_refused(void **state)
{
    struct umap_params params = umap_default_params();
    struct err err;
    float xy[20];
    struct matrix x = grouped_rows(&arena, 10, 4, 2, 0.1, 3);
    (void)state;
    x.data[7] = NAN;
    assert_int_equal(umap_layout(&x, &params, NULL, &arena, xy, &err), ERR_DATA);
    x.n_rows = 1;
    x.data[0] = INFINITY;
    assert_int_equal(umap_layout(&x, &params, NULL, &arena, xy, &err), ERR_DATA);
    x = grouped_rows(&arena, 10, 4, 2, 0.1, 3);
    params.n_negative = 1001;
    assert_int_equal(umap_layout(&x, &params, NULL, &arena, xy, &err), ERR_DATA);
    params.n_negative = -1;
    assert_int_equal(umap_layout(&x, &params, NULL, &arena, xy, &err), ERR_DATA);
    params = umap_default_params();
    params.n_epochs = -1;
    assert_int_equal(umap_layout(&x, &params, NULL, &arena, xy, &err), ERR_DATA);
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_components),
        cmocka_unit_test(test_the_graph),
        cmocka_unit_test(test_groups_stay_together),
        cmocka_unit_test(test_seed_decides_and_threads_do_not),
        cmocka_unit_test(test_few_rows),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_copies_and_zeros),
        cmocka_unit_test(test_bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
