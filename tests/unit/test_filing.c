// SPDX-License-Identifier: Apache-2.0
// Filing what comes later: near conversations go to their cluster with a fit score, far ones are
// emerging, and become a cluster when there are enough of them, of enough accounts, and alike.
#include "unit/check.h"

#include "base/pool.h"
#include "base/rng.h"
#include "cluster/filing.h"

#define DIMS 24
#define N_OLD 200
#define MOST 320

static struct arena arena;
static struct err err;
static struct pool *pool;
static float data[MOST * DIMS];
static struct filing_member members[MOST];
static struct matrix rows, centroids;
static float centres[2 * DIMS];
static size_t n_rows;

// A unit row near direction `axis`; noise says how near.
static void add_row(int axis, double noise, int64_t cluster, int64_t account, uint64_t seed)
{
    struct rng rng;
    float *row = data + n_rows * DIMS;
    rng_init(&rng, seed * 1000 + n_rows, "row");
    for (int j = 0; j < DIMS; j++)
        row[j] = (float)(noise * rng_normal(&rng)) + (j == axis ? 1.0F : 0.0F);
    struct matrix one = matrix_view(row, 1, DIMS);
    matrix_normalize(&one);
    members[n_rows++] = (struct filing_member){
        .cluster_id = cluster, .account_id = account, .has_account = true, .similarity = row[axis]
    };
}

static int setup(void **state)
{
    (void)state;
    memset(centres, 0, sizeof centres);
    centres[0] = centres[DIMS + 1] = 1;
    centroids = matrix_view(centres, 2, DIMS);
    n_rows = 0;
    for (int i = 0; i < N_OLD; i++)
        add_row(i % 2, 0.1, 1 + i % 2, i, 1);
    return pool_open(&pool, 2, &err);
}

static int teardown(void **state)
{
    (void)state;
    pool_close(pool);
    arena_release(&arena);
    return 0;
}

static struct filing run(int64_t min_conversations, int64_t min_accounts)
{
    struct filing_params params = { .min_conversations = min_conversations,
                                    .min_accounts = min_accounts,
                                    .has_accounts = true,
                                    .seed = 1 };
    struct filing filing;
    rows = matrix_view(data, n_rows, DIMS);
    assert_ok(filing_run(&rows, &centroids, members, &params, pool, &arena, &filing, &err));
    return filing;
}

static void test_near_ones_are_filed(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++)
        add_row(i % 2, 0.1, FILING_NEW, 1000 + i, 2);
    struct filing filing = run(10, 3);
    size_t n_right = 0;
    double fit = 0;
    for (size_t i = N_OLD; i < n_rows; i++) {
        n_right += members[i].cluster_id == 1 + (int64_t)(i % 2);
        assert_true(members[i].is_filed && members[i].fit >= 0 && members[i].fit <= 1);
        fit += (double)members[i].fit;
    }
    assert_true(n_right >= 38);
    assert_true(fit / 40 > 0.3 && fit / 40 < 0.7); // as near as the clusters' own
    assert_int_equal(filing.n_new_clusters, 0);
    assert_int_equal(filing.n_filed + filing.n_emerging, 40);
    for (size_t i = 0; i < N_OLD; i++)
        assert_true(!members[i].is_filed && members[i].cluster_id == 1 + (int64_t)(i % 2));
}

static void test_a_subject_of_enough_people_is_born(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++)
        add_row(7, 0.1, FILING_NEW, 2000 + i, 3);
    struct filing filing = run(10, 3);
    assert_int_equal(filing.n_new_clusters, 1);
    assert_int_equal(filing.n_gathered, 30);
    assert_int_equal(filing.centroids.n_rows, 3);
    assert_true(matrix_row(&filing.centroids, 2)[7] > 0.95F);
    assert_memory_equal(filing.centroids.data, centres, sizeof centres); // the old do not move
    for (size_t i = N_OLD; i < n_rows; i++)
        assert_true(members[i].cluster_id == 3 && !members[i].is_filed);
}

static void test_few_wait_until_more_come(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        add_row(7, 0.1, FILING_NEW, 2000 + i, 3);
    struct filing first = run(10, 3);
    assert_int_equal(first.n_new_clusters, 0);
    assert_int_equal(first.n_emerging, 8);
    for (int i = 0; i < 8; i++)
        add_row(7, 0.1, FILING_NEW, 3000 + i, 4);
    struct filing second = run(10, 3);
    assert_int_equal(second.n_new_clusters, 1);
    assert_int_equal(second.n_gathered, 16);
    assert_int_equal(second.n_emerging, 0);
}

static void test_one_account_makes_no_cluster(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++)
        add_row(7, 0.1, FILING_NEW, 2000 + i % 2, 3);
    struct filing filing = run(10, 3);
    assert_int_equal(filing.n_new_clusters, 0);
    assert_int_equal(filing.n_emerging, 40);
}

static void test_what_is_not_alike_makes_no_cluster(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++)
        add_row(4 + i % 20, 0.1, FILING_NEW, 2000 + i, 3);
    struct filing filing = run(50, 3); // three of each; as one group they are not alike
    assert_int_equal(filing.n_new_clusters, 0);
    assert_int_equal(filing.n_emerging, 60);
}

static void test_threads_do_not_matter(void **state)
{
    (void)state;
    struct filing_member first[MOST];
    for (int i = 0; i < 60; i++)
        add_row(i % 3 ? 7 : 1, 0.12, FILING_NEW, 2000 + i, 3);
    memcpy(first, members, sizeof first);
    run(10, 3);
    struct filing_member two[MOST];
    memcpy(two, members, sizeof two);
    memcpy(members, first, sizeof first);
    pool_close(pool);
    assert_ok(pool_open(&pool, 1, &err));
    run(10, 3);
    assert_memory_equal(two, members, sizeof two);
}

static void test_a_run_outgrows_its_clusters(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        add_row(i % 2, 0.1, FILING_NEW, 1000 + i, 2);
    struct filing filing = run(10, 3);
    assert_int_equal(filing.n_later, 100); // of 300: a third, and no more
    assert_false(filing_is_outgrown(&filing, n_rows));
    add_row(0, 0.1, FILING_NEW, 1200, 2);
    filing = run(10, 3);
    assert_int_equal(filing.n_later, 101);
    assert_true(filing_is_outgrown(&filing, n_rows));
}

static void test_a_run_that_drifts_outgrows_its_clusters(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++)
        add_row(4 + i % 20, 0.1, FILING_NEW, 2000 + i, 3); // a sixth, and none of it fits
    struct filing filing = run(50, 3);
    assert_int_equal(filing.n_unfit, 40);
    assert_true(filing_is_outgrown(&filing, n_rows));
    assert_false(filing_is_outgrown(&filing, 10 * filing.n_unfit));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_near_ones_are_filed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_subject_of_enough_people_is_born, setup, teardown),
        cmocka_unit_test_setup_teardown(test_few_wait_until_more_come, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_account_makes_no_cluster, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_not_alike_makes_no_cluster, setup, teardown),
        cmocka_unit_test_setup_teardown(test_threads_do_not_matter, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_run_outgrows_its_clusters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_run_that_drifts_outgrows_its_clusters, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
