// SPDX-License-Identifier: Apache-2.0
// k-means: assignments equal those of float64, the objective never falls, no cluster is empty
// unless it may be, the number of threads does not matter, first centroids are drawn with the
// chances of k-means++, and bad input is refused.
#include "base/rng.h"
#include "vec/dot.h"
#include "vec/kmeans.h"
#include "vec/seeding.h"

#include "real_rows.h"

static struct arena arena;

// Unit rows around n_centers directions; spread 0 gives copies of the centers.
static struct matrix make_rows(size_t n, size_t d, size_t n_centers, double spread, uint64_t seed)
{
    struct rng rng;
    struct matrix centers, x;
    struct err err;
    rng_init(&rng, seed, "rows");
    assert_int_equal(matrix_make(&centers, n_centers, d, &arena, "test", &err), 0);
    assert_int_equal(matrix_make(&x, n, d, &arena, "test", &err), 0);
    for (size_t i = 0; i < n_centers * d; i++)
        centers.data[i] = (float)rng_normal(&rng);
    for (size_t i = 0; i < n; i++) {
        const float *center = matrix_row(&centers, rng_below(&rng, n_centers));
        for (size_t j = 0; j < d; j++)
            matrix_row(&x, i)[j] = center[j] + (float)(spread * rng_normal(&rng));
    }
    matrix_normalize(&x);
    return x;
}

static struct kmeans_result fit(const struct matrix *x, size_t k, int n_iterations,
                                size_t n_threads)
{
    struct kmeans_params params = kmeans_default_params();
    struct kmeans_result result;
    struct pool *pool;
    struct err err = { 0 };
    params.k = k;
    params.tolerance = 0;
    params.max_iterations = n_iterations;
    assert_int_equal(pool_open(&pool, n_threads, &err), 0);
    int rc = kmeans_fit(x, &params, pool, &arena, &result, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(rc, 0);
    pool_close(pool);
    return result;
}

static uint32_t nearest(const struct matrix *centroids, const float *row)
{
    uint32_t best = 0;
    double best_product = -INFINITY;
    for (uint32_t c = 0; c < centroids->n_rows; c++) {
        double product = 0;
        for (size_t j = 0; j < centroids->n_cols; j++)
            product += (double)matrix_row(centroids, c)[j] * (double)row[j];
        if (product > best_product + 1e-12) {
            best_product = product;
            best = c;
        }
    }
    return best;
}

static void check_result(const struct matrix *x, size_t k, const struct kmeans_result *r)
{
    size_t total = 0;
    for (size_t c = 0; c < k; c++) {
        assert_true(r->sizes[c] > 0);
        total += r->sizes[c];
        const float *centroid = matrix_row(&r->centroids, c);
        assert_true(fabs(dot_floats(centroid, centroid, x->n_cols) - 1) < 1e-5);
    }
    assert_int_equal(total, x->n_rows);
    for (size_t i = 0; i < x->n_rows; i++) {
        assert_true(r->assignment[i] < k);
        const float *centroid = matrix_row(&r->centroids, r->assignment[i]);
        double similarity = dot_floats(matrix_row(x, i), centroid, x->n_cols);
        assert_true(fabs((double)r->similarity[i] - similarity) < 1e-6);
    }
    for (int i = 1; i < r->n_iterations; i++)
        if (r->iterations[i].objective < r->iterations[i - 1].objective - 1e-7)
            fail_msg("the objective fell from %.9f to %.9f", r->iterations[i - 1].objective,
                     r->iterations[i].objective);
}

static void check_assigned_to_nearest(const struct matrix *x, const struct kmeans_result *r)
{
    for (size_t i = 0; i < x->n_rows; i++)
        assert_int_equal(r->assignment[i], nearest(&r->centroids, matrix_row(x, i)));
}

static void test_awkward_shapes(void **state)
{
    static const size_t shapes[][3] = { // n, d, k
        { 1, 1, 1 },     { 2, 1, 2 },     { 3, 7, 3 },       { 97, 13, 11 },
        { 513, 384, 1 }, { 1031, 31, 61 }, { 700, 384, 100 }, { 300, 768, 17 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shapes); i++) {
        struct matrix x = make_rows(shapes[i][0], shapes[i][1], 20, 0.8, i);
        struct kmeans_result r = fit(&x, shapes[i][2], 12, 1);
        check_result(&x, shapes[i][2], &r);
        if (r.iterations[r.n_iterations - 1].n_split == 0)
            check_assigned_to_nearest(&x, &r);
    }
}

static void test_real_rows(void **state)
{
    static const size_t ks[] = { 1, 2, 7, 31, REAL_ROWS };
    (void)state;
    for (size_t i = 0; i < 2 * COUNT_OF(ks); i++) {
        struct matrix x = real_rows(&arena, i % 2);
        struct kmeans_result r = fit(&x, ks[i / 2], 12, 1);
        check_result(&x, ks[i / 2], &r);
        if (r.iterations[r.n_iterations - 1].n_split == 0)
            check_assigned_to_nearest(&x, &r);
    }
}

// Runs of 1, 2, … iterations are beginnings of one run, and the later ones go by bounds.
static void test_every_iteration_assigns_to_the_nearest(void **state)
{
    (void)state;
    struct matrix x = make_rows(4000, 32, 40, 2, 11);
    size_t n_checked = 0;
    for (int n_iterations = 1; n_iterations <= 12; n_iterations++) {
        struct kmeans_result r = fit(&x, 80, n_iterations, 1);
        if (r.n_iterations < n_iterations || r.iterations[n_iterations - 1].n_split)
            continue;
        check_assigned_to_nearest(&x, &r);
        n_checked++;
    }
    assert_true(n_checked >= 10);
}

static void test_duplicates_fill_every_cluster(void **state)
{
    (void)state;
    for (size_t n_centers = 1; n_centers <= 5; n_centers++) {
        struct matrix x = make_rows(40, 16, n_centers, 0, 3);
        for (size_t k = 1; k <= 40; k += 13) {
            struct kmeans_result r = fit(&x, k, 6, 1);
            check_result(&x, k, &r);
        }
        struct kmeans_result r = fit(&x, 40, 6, 1);
        check_result(&x, 40, &r);
    }
}

// What may stay empty does: alike rows are never torn apart.
static void test_clusters_may_stay_empty(void **state)
{
    struct kmeans_params params = kmeans_default_params();
    struct kmeans_result r;
    struct err err = { 0 };
    size_t n_used = 0;
    (void)state;
    struct matrix x = make_rows(60, 16, 5, 0, 3);
    params.k = 12;
    params.keep_empty = true;
    assert_int_equal(kmeans_fit(&x, &params, NULL, &arena, &r, &err), 0);
    for (size_t c = 0; c < 12; c++)
        n_used += r.sizes[c] > 0;
    assert_int_equal(n_used, 5);
    for (size_t i = 0; i < 60; i++)
        for (size_t j = 0; j < i; j++)
            if (!memcmp(matrix_row(&x, i), matrix_row(&x, j), 16 * sizeof(float)))
                assert_int_equal(r.assignment[i], r.assignment[j]);
}

static void test_as_many_clusters_as_rows(void **state)
{
    (void)state;
    struct matrix x = make_rows(50, 24, 50, 0.5, 4);
    struct kmeans_result r = fit(&x, 50, 10, 1);
    check_result(&x, 50, &r);
    for (size_t i = 0; i < 50; i++)
        assert_true(r.similarity[i] > 0.999999F);
}

static void test_finds_planted_clusters(void **state)
{
    (void)state;
    struct matrix x = make_rows(2000, 64, 12, 0.2, 5);
    struct kmeans_result r = fit(&x, 12, 30, 2);
    check_result(&x, 12, &r);
    assert_true(r.iterations[r.n_iterations - 1].objective > 0.9);
}

static void test_threads_do_not_matter(void **state)
{
    (void)state;
    struct matrix x = make_rows(5000, 48, 40, 0.9, 6);
    struct kmeans_result one = fit(&x, 97, 8, 1);
    for (size_t n_threads = 2; n_threads <= 3; n_threads++) {
        struct kmeans_result r = fit(&x, 97, 8, n_threads);
        assert_int_equal(r.n_iterations, one.n_iterations);
        assert_memory_equal(r.centroids.data, one.centroids.data, 97 * 48 * sizeof(float));
        assert_memory_equal(r.assignment, one.assignment, 5000 * sizeof(uint32_t));
        assert_memory_equal(r.similarity, one.similarity, 5000 * sizeof(float));
        assert_memory_equal(r.iterations, one.iterations, 8 * sizeof *r.iterations);
    }
}

static void test_near_ties_are_settled_in_float64(void **state)
{
    struct err err;
    (void)state;
    struct matrix x = make_rows(400, 384, 400, 0, 7), centroids;
    assert_int_equal(matrix_make(&centroids, 64, 384, &arena, "test", &err), 0);
    for (size_t c = 0; c < 64; c++) // all within a hair of one direction
        for (size_t j = 0; j < 384; j++)
            matrix_row(&centroids, c)[j] =
                matrix_row(&x, 0)[j] + 1e-5F * matrix_row(&x, c + 1)[j];
    uint32_t assignment[400];
    float similarity[400];
    assert_int_equal(kmeans_assign(&x, &centroids, NULL, assignment, similarity, &err), 0);
    for (size_t i = 0; i < 400; i++)
        assert_int_equal(assignment[i], nearest(&centroids, matrix_row(&x, i)));
}

static void test_views_with_gaps(void **state)
{
    struct err err;
    (void)state;
    struct matrix x = make_rows(200, 40, 10, 0.5, 8), wide;
    assert_int_equal(matrix_make(&wide, 200, 47, &arena, "test", &err), 0);
    for (size_t i = 0; i < 200; i++)
        memcpy(matrix_row(&wide, i), matrix_row(&x, i), 40 * sizeof(float));
    wide.n_cols = 40;
    struct kmeans_result plain = fit(&x, 9, 5, 1), gaps = fit(&wide, 9, 5, 1);
    assert_memory_equal(plain.assignment, gaps.assignment, 200 * sizeof(uint32_t));
}

static void test_bad_input_is_refused(void **state)
{
    struct kmeans_params params = kmeans_default_params();
    struct kmeans_result r;
    struct err err;
    (void)state;
    struct matrix x = make_rows(10, 4, 3, 0.5, 9);
    params.k = 11;
    assert_int_equal(kmeans_fit(&x, &params, NULL, &arena, &r, &err), ERR_DATA);
    params.k = 0;
    assert_int_equal(kmeans_fit(&x, &params, NULL, &arena, &r, &err), ERR_DATA);
    params.k = 2;
    x.data[17] = NAN;
    assert_int_equal(kmeans_fit(&x, &params, NULL, &arena, &r, &err), ERR_DATA);
    x.data[17] = 3; // found by fuzzing: seeding went round for ever on rows of any length
    assert_int_equal(kmeans_fit(&x, &params, NULL, &arena, &r, &err), ERR_DATA);
    x.data[17] = INFINITY;
    assert_int_equal(kmeans_fit(&x, &params, NULL, &arena, &r, &err), ERR_DATA);
    x.n_rows = 0;
    assert_int_equal(kmeans_fit(&x, &params, NULL, &arena, &r, &err), ERR_DATA);
}

static void test_a_given_start_is_used(void **state)
{
    struct kmeans_params params = kmeans_default_params();
    struct kmeans_result r;
    struct err err;
    (void)state;
    struct matrix x = make_rows(300, 16, 4, 0.1, 10), start = matrix_rows(&x, 5, 3);
    params.k = 3;
    params.max_iterations = 1;
    params.start = &start;
    assert_int_equal(kmeans_fit(&x, &params, NULL, &arena, &r, &err), 0);
    assert_int_equal(r.n_iterations, 1);
    for (size_t j = 0; j < 16 * 3; j++)
        assert_true(fabsf(r.centroids.data[j] - start.data[j]) < 1e-6F);
}

static void test_bad_assignments_are_refused(void **state)
{
    struct err err;
    uint32_t assignment[10];
    float similarity[10];
    (void)state;
    struct matrix x = make_rows(10, 4, 3, 0.5, 9), few = make_rows(3, 4, 3, 0.5, 9), other = few;
    other.n_rows = 0;
    assert_error(kmeans_assign(&x, &other, NULL, assignment, similarity, &err), ERR_DATA);
    other = matrix_view(few.data, 3, 3);
    assert_error(kmeans_assign(&x, &other, NULL, assignment, similarity, &err), ERR_DATA);
    few.data[11] = NAN;
    assert_error(kmeans_assign(&x, &few, NULL, assignment, similarity, &err), ERR_DATA);
    few.data[11] = 0;
    x.data[39] = -INFINITY;
    assert_error(kmeans_assign(&x, &few, NULL, assignment, similarity, &err), ERR_DATA);
    x.n_rows = 1; // fewer rows than centroids
    assert_ok(kmeans_assign(&x, &few, NULL, assignment, similarity, &err));
    assert_int_equal(assignment[0], nearest(&few, x.data));
}

// The rule written out: the chance that these rows are drawn, in this order.
static double chance_of(const struct matrix *x, const size_t *drawn, size_t k)
{
    double chance = 1 / (double)x->n_rows;
    for (size_t c = 1; c < k; c++) {
        double sum = 0, own = 0;
        for (size_t i = 0; i < x->n_rows; i++) {
            double least = 2;
            for (size_t b = 0; b < c; b++)
                least =
                    fmin(least, i == drawn[b] ? 0
                                              : 1 - dot_floats(matrix_row(x, i),
                                                               matrix_row(x, drawn[b]), x->n_cols));
            sum += least;
            own = i == drawn[c] ? least : own;
        }
        chance *= own / sum;
    }
    return chance;
}

// Of every three of four rows, in every order, as many as the rule says.
static void test_seeds_follow_the_rule(void **state)
{
    enum { DRAWS = 3000, ROWS = 4, K = 3, D = 5 };
    size_t count[ROWS * ROWS * ROWS] = { 0 };
    struct matrix x = make_rows(ROWS, D, ROWS, 0.8, 21), centroids;
    struct err err;
    double all = 0;
    (void)state;
    assert_ok(matrix_make(&centroids, K, D, &arena, "test", &err));
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        size_t at = 0;
        assert_ok(seeding_draw(&x, seed, NULL, &arena, &centroids, &err));
        for (size_t c = 0; c < K; c++) {
            size_t i = 0;
            while (memcmp(matrix_row(&centroids, c), matrix_row(&x, i), D * sizeof(float)) != 0)
                assert_true(++i < ROWS);
            at = at * ROWS + i;
        }
        count[at]++;
    }
    for (size_t at = 0; at < COUNT_OF(count); at++) {
        size_t drawn[K] = { at / ROWS / ROWS, at / ROWS % ROWS, at % ROWS };
        double chance = chance_of(&x, drawn, K), share = (double)count[at] / DRAWS;
        assert_true(fabs(share - chance) <= 4.5 * sqrt(chance * (1 - chance) / DRAWS));
        all += chance;
    }
    assert_true(fabs(all - 1) < 1e-9);
}

// No row twice, alike rows too; the same for any number of threads.
static void test_no_row_is_drawn_twice(void **state)
{
    enum { N = 1500, D = 8 };
    static const size_t ks[] = { 1, 2, 3, 200, N };
    struct pool *pool;
    struct err err;
    (void)state;
    assert_ok(pool_open(&pool, 3, &err));
    for (size_t i = 0; i < 2 * COUNT_OF(ks); i++) {
        struct matrix x = make_rows(N, D, 7, i % 2 ? 0.5 : 0, i), one, three;
        size_t k = ks[i / 2];
        unsigned char used[N] = { 0 };
        assert_ok(matrix_make(&one, k, D, &arena, "test", &err));
        assert_ok(matrix_make(&three, k, D, &arena, "test", &err));
        assert_ok(seeding_draw(&x, 5, NULL, &arena, &one, &err));
        assert_ok(seeding_draw(&x, 5, pool, &arena, &three, &err));
        assert_memory_equal(one.data, three.data, k * D * sizeof(float));
        for (size_t c = 0; c < k; c++) {
            size_t row = 0;
            while (row < N && (used[row] || memcmp(matrix_row(&one, c), matrix_row(&x, row),
                                                   D * sizeof(float)) != 0))
                row++;
            assert_true(row < N);
            used[row] = 1;
        }
    }
    pool_close(pool);
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
        cmocka_unit_test(test_awkward_shapes),
        cmocka_unit_test(test_real_rows),
        cmocka_unit_test(test_every_iteration_assigns_to_the_nearest),
        cmocka_unit_test(test_duplicates_fill_every_cluster),
        cmocka_unit_test(test_clusters_may_stay_empty),
        cmocka_unit_test(test_as_many_clusters_as_rows),
        cmocka_unit_test(test_finds_planted_clusters),
        cmocka_unit_test(test_threads_do_not_matter),
        cmocka_unit_test(test_near_ties_are_settled_in_float64),
        cmocka_unit_test(test_views_with_gaps),
        cmocka_unit_test(test_bad_input_is_refused),
        cmocka_unit_test(test_bad_assignments_are_refused),
        cmocka_unit_test(test_a_given_start_is_used),
        cmocka_unit_test(test_seeds_follow_the_rule),
        cmocka_unit_test(test_no_row_is_drawn_twice),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
