// SPDX-License-Identifier: Apache-2.0
// Levels above the base: sizes by the paper's ratio, nested, no lone child, no crumb beside a
// giant.
#include "base/rng.h"
#include "hierarchy/partition.h"
#include "hierarchy/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DIMS ((size_t)24)

struct fixture {
    struct arena arena;
    struct err err;
};

static int setup(void **state)
{
    return (*state = calloc(1, sizeof(struct fixture))) ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    arena_release(&f->arena);
    free(f);
    return 0;
}

// n unit vectors, row i near direction i % n_groups (all in one place with n_groups 1, spread 0).
static struct matrix plant(struct fixture *f, size_t n, size_t n_groups, double spread)
{
    struct matrix x;
    struct rng rng;
    rng_init(&rng, 3, "tree");
    assert_int_equal(matrix_make(&x, n + 1, DIMS, &f->arena, "rows", &f->err), 0);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < DIMS; j++)
            matrix_row(&x, i)[j] =
                (float)(spread * rng_normal(&rng)) + (j == i % n_groups ? 1.0F : 0.0F) + 0.2F;
    x.n_rows = n;
    matrix_normalize(&x);
    return x;
}

static double *equal_weights(struct fixture *f, size_t n)
{
    double *w = arena_array(&f->arena, n + 1, sizeof *w);
    for (size_t i = 0; i < n; i++)
        w[i] = 20;
    return w;
}

static void assert_plan(size_t n_base, size_t n_top, size_t n_levels, size_t middle, size_t top)
{
    struct tree_sizes plan = tree_plan(n_base, n_top);
    assert_int_equal(plan.n_levels, n_levels);
    if (n_levels)
        assert_int_equal(plan.size[0], n_base);
    if (n_levels > 1)
        assert_int_equal(plan.size[n_levels - 1], top);
    if (n_levels > 2)
        assert_int_equal(plan.size[1], middle);
}

static void test_sizes_follow_the_ratio(void **state)
{
    (void)state;
    assert_plan(0, 10, 0, 0, 0);
    assert_plan(1, 10, 1, 0, 0);
    assert_plan(10, 10, 1, 0, 0);
    assert_plan(5, 2, 1, 0, 0);
    assert_plan(11, 10, 2, 0, 3);
    assert_plan(22, 10, 2, 0, 7);
    assert_plan(40, 10, 2, 0, 10);
    assert_plan(100, 10, 2, 0, 10);
    assert_plan(165, 10, 3, 41, 10);
    assert_plan(1000, 10, 3, 100, 10); // the example of the paper
    assert_plan(2000, 10, 4, 342, 10);
    assert_plan(100, 1, 3, 10, 1);
    assert_plan(1000000, 1, 7, 100000, 1);
}

// Labels are nested, every node has its place, every parent two children at least.
static void assert_sound(const struct tree *tree, size_t n)
{
    assert_int_equal(tree->size[0], n);
    for (size_t l = 0; l + 1 < tree->n_levels; l++) {
        size_t *n_children = calloc(tree->size[l + 1] + 1, sizeof *n_children);
        for (size_t node = 0; node < tree->size[l]; node++) {
            assert_true(tree->parent[l][node] < tree->size[l + 1]);
            n_children[tree->parent[l][node]]++;
        }
        for (size_t i = 0; i < n; i++)
            assert_int_equal(tree->parent[l][tree->label[l][i]], tree->label[l + 1][i]);
        for (size_t node = 0; node < tree->size[l + 1]; node++)
            assert_true(n_children[node] >= 2);
        free(n_children);
    }
}

static void test_trees_are_sound(void **state)
{
    struct fixture *f = *state;
    static const size_t sizes[] = { 0, 1, 2, 3, 7, 8, 11, 12, 25, 101, 163, 450, 1010 };
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (size_t n_top = 1; n_top <= 10; n_top += 3)
            for (int odd = 0; odd < 3; odd++) { // groups, equal rows, noise
                struct matrix x = plant(f, sizes[i], odd == 1 ? 1 : 9,
                                        odd == 1 ? 0
                                        : odd    ? 3
                                                 : 0.1);
                struct tree tree;
                assert_int_equal(
                    tree_build(&x, equal_weights(f, sizes[i]), n_top, &f->arena, &tree, &f->err),
                    0);
                if (sizes[i])
                    assert_sound(&tree, sizes[i]);
                else
                    assert_int_equal(tree.n_levels, 0);
                if (tree.n_levels > 1)
                    assert_true(tree.size[tree.n_levels - 1] <= n_top);
                arena_release(&f->arena);
            }
}

static void test_planted_parents_are_found(void **state)
{
    struct fixture *f = *state;
    struct matrix x = plant(f, 90, 9, 0.1);
    struct tree tree;
    assert_int_equal(tree_build(&x, equal_weights(f, 90), 9, &f->arena, &tree, &f->err), 0);
    assert_int_equal(tree.n_levels, 2);
    assert_int_equal(tree.size[1], 9);
    for (size_t i = 9; i < 90; i++)
        assert_int_equal(tree.label[1][i], tree.label[1][i % 9]);
}

// Nine tenths of the rows are spread around one direction, the rest are pairs far away: Ward alone
// makes one giant and crumbs of it.
static void test_no_crumb_beside_a_giant(void **state)
{
    struct fixture *f = *state;
    struct matrix x = plant(f, 200, 1, 0.25), far = plant(f, 200, 12, 0.02);
    double *weights = equal_weights(f, 200), part[10] = { 0 }, least = 1e9, most = 0;
    struct tree tree;
    for (size_t i = 0; i < 18; i++) {
        memcpy(matrix_row(&x, i), matrix_row(&far, 3 + i % 9), DIMS * sizeof(float));
        weights[i] = 1;
    }
    assert_int_equal(tree_build(&x, weights, 10, &f->arena, &tree, &f->err), 0);
    size_t top = tree.n_levels - 1;
    assert_true(tree.size[top] >= 4);
    for (size_t i = 0; i < 200; i++)
        part[tree.label[top][i]] += weights[i] / (182 * 20 + 18);
    for (size_t c = 0; c < tree.size[top]; c++) {
        least = part[c] < least ? part[c] : least;
        most = part[c] > most ? part[c] : most;
    }
    assert_true(least >= 0.02 - 1e-9);
    assert_true(most <= 0.34);
}

static void test_parts_are_numbered_by_weight(void **state)
{
    struct fixture *f = *state;
    struct matrix x = plant(f, 60, 6, 0.05);
    struct partition_params params = { 6, 1, 0, 1 };
    double *weights = equal_weights(f, 60), part[6] = { 0 };
    uint32_t label[60];
    size_t n_parts;
    for (size_t i = 0; i < 60; i++)
        weights[i] = (double)(1 + i % 6);
    assert_int_equal(partition_fit(&x, weights, &params, &f->arena, label, &n_parts, &f->err), 0);
    assert_int_equal(n_parts, 6);
    for (size_t i = 0; i < 60; i++)
        part[label[i]] += weights[i];
    for (size_t c = 1; c < 6; c++)
        assert_true(part[c - 1] > part[c]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_sizes_follow_the_ratio),       TEST(test_trees_are_sound),
        TEST(test_planted_parents_are_found),    TEST(test_no_crumb_beside_a_giant),
        TEST(test_parts_are_numbered_by_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
