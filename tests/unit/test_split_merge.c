// SPDX-License-Identifier: Apache-2.0
// Splits and merges bring centroids where Lloyd's iterations cannot, never make them worse, bear a
// few rows and equal ones, and are the same for any number of threads.
#include "grouped_rows.h"

#include "base/rng.h"
#include "cluster/split_merge.h"
#include "vec/kmeans.h"

#define DIMS ((size_t)32)
#define GROUPS ((size_t)12)

static struct arena arena;
static struct err err;

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

// Row i belongs to group i % GROUPS.
static struct matrix plant(size_t n, double spread)
{
    return grouped_rows(&arena, n, DIMS, GROUPS, spread, 5);
}

static struct matrix rows_of(const struct matrix *x, const size_t *rows, size_t k)
{
    struct matrix out;
    assert_int_equal(matrix_make(&out, k, DIMS, &arena, "centroids", &err), 0);
    for (size_t c = 0; c < k; c++)
        memcpy(matrix_row(&out, c), matrix_row(x, rows[c]), DIMS * sizeof(float));
    return out;
}

static struct kmeans_result lloyd(const struct matrix *x, const struct matrix *start)
{
    struct kmeans_result fit;
    struct kmeans_params p = kmeans_default_params();
    p.k = start->n_rows;
    p.start = start;
    p.keep_empty = true;
    assert_int_equal(kmeans_fit(x, &p, NULL, &arena, &fit, &err), 0);
    return fit;
}

static double objective_of(const struct kmeans_result *fit)
{
    return fit->iterations[fit->n_iterations - 1].objective;
}

// How many rows are beside the first row of their group.
static size_t count_right(const struct kmeans_result *fit, size_t n)
{
    size_t n_right = 0;
    for (size_t i = 0; i < n; i++)
        n_right += fit->assignment[i] == fit->assignment[i % GROUPS];
    for (size_t g = 0; g < GROUPS; g++) // two groups in one cluster are right once
        for (size_t other = 0; other < g; other++)
            if (fit->assignment[g] == fit->assignment[other]) {
                n_right -= n / GROUPS;
                break;
            }
    return n_right;
}

// Three centroids stand in one group, two groups have none.
static void test_what_iterations_cannot_mend(void **state)
{
    (void)state;
    static const size_t rows[GROUPS] = { 0, 12, 24, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
    struct matrix x = plant(600, 0.3), start = rows_of(&x, rows, GROUPS);
    struct kmeans_result stuck = lloyd(&x, &start);
    assert_true(count_right(&stuck, x.n_rows) < 550);
    assert_int_equal(split_merge(&x, &start, NULL, &err), 0);
    assert_int_equal(start.n_rows, GROUPS);
    struct kmeans_result mended = lloyd(&x, &start);
    assert_int_equal(count_right(&mended, x.n_rows), 600);
}

// Where groups run into each other, from ten starts.
static void test_never_worse_and_mostly_better(void **state)
{
    (void)state;
    struct matrix x = plant(1200, 1.5);
    struct rng rng;
    size_t n_better = 0;
    rng_init(&rng, 3, "starts");
    for (int i = 0; i < 10; i++) {
        size_t rows[30];
        for (size_t c = 0; c < COUNT_OF(rows); c++)
            rows[c] = 40 * c + rng_below(&rng, 40);
        struct matrix start = rows_of(&x, rows, COUNT_OF(rows));
        struct kmeans_result plain = lloyd(&x, &start);
        struct matrix better = plain.centroids;
        double before = objective_of(&plain), first = before;
        for (int again = 0; again < 4; again++) { // the better it is, the less is left
            assert_int_equal(split_merge(&x, &better, NULL, &err), 0);
            struct kmeans_result fit = lloyd(&x, &better);
            assert_true(objective_of(&fit) >= before);
            before = objective_of(&fit);
            better = fit.centroids;
            n_better += again == 0 && before > first * 1.001;
        }
    }
    assert_in_range(n_better, 8, 10);
}

static void test_few_and_equal_rows(void **state)
{
    (void)state;
    static const size_t rows[5] = { 0, 1, 2, 3, 4 };
    for (size_t n = 1; n <= 5; n++)
        for (size_t k = 1; k <= n; k++) {
            struct matrix x = plant(n, 0.1), start = rows_of(&x, rows, k);
            assert_int_equal(split_merge(&x, &start, NULL, &err), 0);
            assert_in_range(start.n_rows, 1, k);
        }
    static const size_t copies[6] = { 0, 12, 24, 36, 1, 13 }; // two places, six centroids
    struct matrix x = plant(48, 0), start = rows_of(&x, copies, 6);
    assert_int_equal(split_merge(&x, &start, NULL, &err), 0);
    struct kmeans_result fit = lloyd(&x, &start);
    for (size_t i = GROUPS; i < 48; i++) // equal rows stay together
        assert_int_equal(fit.assignment[i], fit.assignment[i % GROUPS]);
}

static void test_threads_change_nothing(void **state)
{
    (void)state;
    struct pool *three;
    size_t rows[40];
    struct matrix x = plant(3000, 1.2);
    for (size_t c = 0; c < COUNT_OF(rows); c++)
        rows[c] = 7 * c;
    struct matrix a = rows_of(&x, rows, COUNT_OF(rows)), b = rows_of(&x, rows, COUNT_OF(rows));
    assert_int_equal(pool_open(&three, 3, &err), 0);
    assert_int_equal(split_merge(&x, &a, NULL, &err), 0);
    assert_int_equal(split_merge(&x, &b, three, &err), 0);
    pool_close(three);
    assert_int_equal(a.n_rows, b.n_rows);
    assert_memory_equal(a.data, b.data, a.n_rows * DIMS * sizeof(float));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_iterations_cannot_mend),
        cmocka_unit_test(test_never_worse_and_mostly_better),
        cmocka_unit_test(test_few_and_equal_rows),
        cmocka_unit_test(test_threads_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
