// SPDX-License-Identifier: Apache-2.0
// Circles on the map: sizes by weight, inside the square, apart from each other, the same every
// time; the density grid holds exactly the weight that goes in.
#include "base/rng.h"
#include "hierarchy/map_place.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static struct map_circle *random_circles(size_t n, double spread)
{
    struct rng rng;
    struct map_circle *c = arena_zero_array(&arena, n + 1, sizeof *c);
    rng_init(&rng, n, "circles");
    for (size_t i = 0; i < n; i++) {
        c[i].x = 40 + spread * rng_normal(&rng);
        c[i].y = -7 + spread * rng_normal(&rng);
        c[i].weight = (double)(15 + rng_below(&rng, 400));
    }
    map_size_circles(c, n);
    map_fit(c, n);
    map_spread(c, n, &arena);
    return c;
}

static double largest_overlap(const struct map_circle *c, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            most = fmax(most, c[i].radius + c[j].radius - hypot(c[i].x - c[j].x, c[i].y - c[j].y));
    return most;
}

static void check_inside(const struct map_circle *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_true(c[i].radius > 0 && c[i].radius <= 0.045 + 1e-12);
        assert_true(c[i].x - c[i].radius >= 0 && c[i].x + c[i].radius <= 1);
        assert_true(c[i].y - c[i].radius >= 0 && c[i].y + c[i].radius <= 1);
    }
}

static void test_circles_do_not_cover_each_other(void **state)
{
    static const size_t counts[] = { 0, 1, 2, 3, 10, 100, 700 };
    (void)state;
    for (size_t s = 0; s < COUNT_OF(counts); s++)
        for (double spread = 0; spread < 4; spread += 3) { // 0: all at one place
            struct map_circle *c = random_circles(counts[s], spread);
            check_inside(c, counts[s]);
            double overlap = largest_overlap(c, counts[s]);
            double radius = counts[s] ? c[0].radius : 0;
            if (overlap > 0.2 * radius)
                fail_msg("%zu circles overlap by %g, radius %g", counts[s], overlap, radius);
        }
}

static void test_area_follows_weight(void **state)
{
    struct map_circle c[] = { { 0, 0, 0, 100 }, { 1, 1, 0, 25 } };
    (void)state;
    map_size_circles(c, 2);
    assert_true(fabs(c[0].radius - 2 * c[1].radius) < 1e-12);
    map_fit(c, 2);
    assert_true(c[0].x < 0.2 && c[0].y < 0.2 && c[1].x > 0.8 && c[1].y > 0.8);
}

static void test_one_circle_is_in_the_middle(void **state)
{
    struct map_circle *c = random_circles(1, 3);
    (void)state;
    assert_true(c[0].x == 0.5 && c[0].y == 0.5);
}

static void test_the_same_every_time(void **state)
{
    (void)state;
    assert_memory_equal(random_circles(90, 2), random_circles(90, 2),
                        90 * sizeof(struct map_circle));
}

static void test_density_holds_all_weight(void **state)
{
    struct map_circle *c = random_circles(50, 3);
    double *cells = arena_array(&arena, MAP_CELLS * MAP_CELLS, sizeof *cells), want = 0, sum = 0;
    (void)state;
    for (size_t i = 0; i < 50; i++)
        want += c[i].weight;
    map_density(c, 50, cells);
    for (size_t i = 0; i < MAP_CELLS * MAP_CELLS; i++) {
        assert_true(cells[i] >= 0);
        sum += cells[i];
    }
    assert_true(fabs(sum - want) < 1e-6 * want);
    map_density(c, 0, cells);
    for (size_t i = 0; i < MAP_CELLS * MAP_CELLS; i++)
        assert_true(cells[i] == 0);
}

static void test_density_is_highest_at_the_circle(void **state)
{
    struct map_circle c = { 0.75, 0.25, 0.02, 15 };
    double cells[MAP_CELLS * MAP_CELLS];
    size_t most = 0;
    (void)state;
    map_density(&c, 1, cells);
    for (size_t i = 0; i < MAP_CELLS * MAP_CELLS; i++)
        most = cells[i] > cells[most] ? i : most;
    assert_true(most % MAP_CELLS == 47 || most % MAP_CELLS == 48);
    assert_true(most / MAP_CELLS == 15 || most / MAP_CELLS == 16);
}

static int release(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void test_new_circles_come_beside_those_that_stay(void **state)
{
    (void)state;
    float rows[7][3] = { { 1, 0, 0 },        { 0, 1, 0 },        { 0, 0, 1 },
                         { 0.98F, 0.2F, 0 }, { 0.98F, 0, 0.2F }, { 0, 0.98F, 0.2F },
                         { 0, 0.2F, 0.98F } };
    struct matrix centroids = matrix_view(&rows[0][0], 7, 3);
    struct map_circle c[7] = { { 0.2, 0.2, 0, 100 }, { 0.8, 0.2, 0, 100 }, { 0.5, 0.8, 0, 100 } };
    bool fixed[7] = { true, true, true };
    for (size_t i = 0; i < 7; i++)
        c[i].weight = 100;
    matrix_normalize(&centroids);
    map_size_circles(c, 7);
    assert_true(map_has_fixed(fixed, 7) && !map_has_fixed(fixed + 3, 4));
    map_place_new(&centroids, fixed, true, c, 7);
    assert_true(c[0].x == 0.2 && c[0].y == 0.2 && c[1].x == 0.8 && c[2].y == 0.8);
    for (size_t i = 3; i < 7; i++) {
        size_t near = i < 5 ? 0 : i == 5 ? 1 : 2;
        for (size_t j = 0; j < 3; j++)
            assert_true(hypot(c[i].x - c[near].x, c[i].y - c[near].y) <=
                        hypot(c[i].x - c[j].x, c[i].y - c[j].y) + 1e-12);
    }
    assert_true(largest_overlap(c, 7) <= 1e-9);
}

// Every fourth was drawn smaller when the places were found: half of all stay, none goes further
// than the largest radius.
static void test_circles_that_grew_into_each_other_are_parted(void **state)
{
    enum { N = 60, N_NEW = 12 };
    float rows[N][3] = { { 0 } };
    struct matrix centroids = matrix_view(&rows[0][0], N, 3);
    struct map_circle *c = random_circles(N, 11), before[N];
    bool fixed[N] = { false };
    (void)state;
    for (size_t i = 0; i < N; i++) {
        rows[i][i % 3] = 1;
        rows[i][(i + 1) % 3] = (float)i / N;
        fixed[i] = i >= N_NEW;
    }
    matrix_normalize(&centroids);
    for (size_t i = N_NEW; i < N; i += 4)
        c[i].radius *= 1.3;
    assert_true(largest_overlap(c, N) > 0.003);
    memcpy(before, c, sizeof before);
    map_place_new(&centroids, fixed, false, c, N); // not asked to
    for (size_t i = N_NEW; i < N; i++)
        assert_true(c[i].x == before[i].x && c[i].y == before[i].y);
    map_place_new(&centroids, fixed, true, c, N);
    size_t n_moved = 0;
    double furthest = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(hypot(c[i].x - c[j].x, c[i].y - c[j].y) >=
                        c[i].radius + c[j].radius - 0.1 * fmin(c[i].radius, c[j].radius) - 1e-8);
    for (size_t i = N_NEW; i < N; i++) {
        double way = hypot(c[i].x - before[i].x, c[i].y - before[i].y);
        n_moved += way > 0;
        furthest = fmax(furthest, way);
    }
    assert_true(n_moved > 0 && n_moved <= (N - N_NEW) / 2);
    assert_true(furthest < 0.045);
}

// No place is left for a circle: all make way.
static void test_without_a_free_place_all_make_way(void **state)
{
    enum { SIDE = 9, N = SIDE * SIDE + 1 };
    float rows[N][2];
    struct matrix centroids = matrix_view(&rows[0][0], N, 2);
    struct map_circle c[N];
    bool fixed[N] = { false };
    (void)state;
    for (size_t i = 0; i < N; i++) {
        rows[i][0] = 1;
        rows[i][1] = 0;
        fixed[i] = i + 1 < N;
        c[i] = (struct map_circle){ 0.1 + 0.1 * (double)(i % SIDE), 0.1 + 0.1 * (double)(i / SIDE),
                                    0.03, 10 };
    }
    c[N - 1].radius = 0.06;
    map_place_new(&centroids, fixed, false, c, N);
    assert_true(largest_overlap(c, N) < 0.003);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_circles_do_not_cover_each_other),
        cmocka_unit_test(test_area_follows_weight),
        cmocka_unit_test(test_one_circle_is_in_the_middle),
        cmocka_unit_test(test_the_same_every_time),
        cmocka_unit_test(test_density_holds_all_weight),
        cmocka_unit_test(test_density_is_highest_at_the_circle),
        cmocka_unit_test(test_new_circles_come_beside_those_that_stay),
        cmocka_unit_test(test_circles_that_grew_into_each_other_are_parted),
        cmocka_unit_test(test_without_a_free_place_all_make_way),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
