// SPDX-License-Identifier: Apache-2.0
// Which siblings may be taken for one another: near by centroid, like by title, each once.
#include "cluster/confusable.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct arena arena;

// Unit rows in the plane, by angle.
static struct matrix rows_of(const double *degrees, size_t n)
{
    struct matrix m;
    struct err err = { 0 };
    assert_int_equal(matrix_make(&m, n, 2, &arena, "rows", &err), 0);
    for (size_t i = 0; i < n; i++) {
        matrix_row(&m, i)[0] = (float)cos(degrees[i] * 0.017453292519943295);
        matrix_row(&m, i)[1] = (float)sin(degrees[i] * 0.017453292519943295);
    }
    return m;
}

static void test_most_alike_first_and_once(void **state)
{
    static const double places[] = { 0, 1, 2, 3, 4 }, says[] = { 0, 20, 30, 90, 180 };
    static const uint32_t which[] = { 7, 8, 9, 10, 11 };
    struct matrix centroids = rows_of(places, 5), titles = rows_of(says, 5);
    struct confusable *pairs;
    size_t n;
    (void)state;
    confusable_find(&centroids, &titles, which, &arena, &pairs, &n);
    assert_int_equal(n, 1); // 0 is like 1, but 1 is more like 2; 3 and 4 are like none
    assert_int_equal(pairs[0].a, 8);
    assert_int_equal(pairs[0].b, 9);
    assert_true(fabs(pairs[0].alike - 0.984808) < 1e-5);
}

// Two far clusters may have like titles: between them stand more than are looked at.
static void test_far_clusters_are_left_alone(void **state)
{
    enum { N = 2 * CONFUSABLE_NEAR + 3 };
    double places[N], says[N];
    uint32_t which[N];
    struct confusable *pairs;
    size_t n;
    (void)state;
    for (uint32_t i = 0; i < N; i++) {
        places[i] = 3.0 * i;
        says[i] = i == 0 || i == N - 1 ? 0 : 60.0 + 37 * i; // neighbours 37 degrees apart: 0.799
        which[i] = i;
    }
    struct matrix centroids = rows_of(places, N), titles = rows_of(says, N);
    confusable_find(&centroids, &titles, which, &arena, &pairs, &n);
    for (size_t i = 0; i < n; i++)
        assert_false(pairs[i].a == 0 && pairs[i].b == N - 1);
    places[N - 1] = 1;
    centroids = rows_of(places, N);
    confusable_find(&centroids, &titles, which, &arena, &pairs, &n);
    assert_true(n > 0 && pairs[0].a == 0 && pairs[0].b == N - 1);
}

static void test_none_and_one(void **state)
{
    static const double places[] = { 0 };
    static const uint32_t which[] = { 0 };
    struct matrix one = rows_of(places, 1), none = rows_of(places, 0);
    struct confusable *pairs;
    size_t n;
    (void)state;
    confusable_find(&one, &one, which, &arena, &pairs, &n);
    assert_int_equal(n, 0);
    confusable_find(&none, &none, which, &arena, &pairs, &n);
    assert_int_equal(n, 0);
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
        cmocka_unit_test(test_most_alike_first_and_once),
        cmocka_unit_test(test_far_clusters_are_left_alone),
        cmocka_unit_test(test_none_and_one),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
