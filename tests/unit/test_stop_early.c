// SPDX-License-Identifier: Apache-2.0
// Whoever is asked to stop does so inside the long sums of the stage cluster and of the map, not
// behind them: each ends with ERR_INTERRUPTED and works again when nobody asks.
#include "unit/check.h"

#include "base/rng.h"
#include "base/stop.h"
#include "cluster/base_clusters.h"
#include "vec/kmeans.h"
#include "vec/linkage.h"
#include "vec/nearest.h"
#include "vec/umap.h"

#include <signal.h>

#define N ((size_t)600)
#define D ((size_t)16)

static struct arena arena;
static struct matrix x;
static struct err err;

static void must_stop(int (*work)(void))
{
    stop_request(SIGINT);
    assert_error(work(), ERR_INTERRUPTED);
    stop_request(0);
    err_clear(&err);
    assert_ok(work());
}

static int fit(void)
{
    struct kmeans_params params = kmeans_default_params();
    struct kmeans_result result;
    params.k = 20;
    return kmeans_fit(&x, &params, NULL, &arena, &result, &err);
}

static int fit_from(void) // without the seeding, which looks, too
{
    struct kmeans_params params = kmeans_default_params();
    struct kmeans_result result;
    struct matrix start = matrix_rows(&x, 0, 20);
    params.k = 20;
    params.start = &start;
    return kmeans_fit(&x, &params, NULL, &arena, &result, &err);
}

static int link_all(void)
{
    struct linkage_merge *merges;
    double weights[N];
    for (size_t i = 0; i < N; i++)
        weights[i] = 1;
    return linkage_ward(&x, weights, &arena, &merges, &err);
}

static int search(void)
{
    struct nearest near;
    return nearest_search(&x, 5, NULL, &arena, &near, &err);
}

static int lay_out(void)
{
    struct umap_params params = umap_default_params();
    float xy[2 * N];
    return umap_layout(&x, &params, NULL, &arena, xy, &err);
}

static int find_base(void)
{
    struct base_clusters_params params = { .floor = 5, .seed = 1 };
    struct base_clusters found;
    return base_clusters_fit(&x, &params, NULL, &arena, &found, &err);
}

static void test_sums_stop(void **state)
{
    (void)state;
    must_stop(fit);
    must_stop(fit_from);
    must_stop(link_all);
    must_stop(search);
    must_stop(lay_out);
    must_stop(find_base);
}

static int setup(void **state)
{
    struct rng rng;
    (void)state;
    rng_init(&rng, 1, "stop");
    if (matrix_make(&x, N, D, &arena, "vectors", &err))
        return -1;
    for (size_t i = 0; i < N * D; i++)
        matrix_row(&x, i / D)[i % D] = (float)rng_normal(&rng);
    matrix_normalize(&x);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_sums_stop) };
    return cmocka_run_group_tests(tests, setup, teardown);
}
