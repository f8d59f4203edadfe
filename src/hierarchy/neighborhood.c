// SPDX-License-Identifier: Apache-2.0
#include "hierarchy/neighborhood.h"

#include "vec/dot.h"

#include <math.h>

static void find_near(const struct matrix *x, const struct kmeans_result *parts, size_t part,
                      struct neighborhood *out)
{
    double best[NEIGHBORHOOD_NEAR] = { 0 };
    for (size_t i = 0; i < x->n_rows; i++) {
        if (parts->assignment[i] == part)
            continue;
        double near = dot_floats(matrix_row(x, i), matrix_row(&parts->centroids, part), x->n_cols);
        if (out->n_near == NEIGHBORHOOD_NEAR && near <= best[NEIGHBORHOOD_NEAR - 1])
            continue;
        size_t at = out->n_near < NEIGHBORHOOD_NEAR ? out->n_near++ : NEIGHBORHOOD_NEAR - 1;
        for (; at > 0 && near > best[at - 1]; at--) {
            best[at] = best[at - 1];
            out->near[at] = out->near[at - 1];
        }
        best[at] = near;
        out->near[at] = (uint32_t)i;
    }
}

int neighborhood_find(const struct matrix *x, uint64_t seed, struct pool *pool, struct arena *a,
                      struct neighborhoods *out, struct err *err)
{
    struct kmeans_params params = kmeans_default_params();
    struct kmeans_result parts;
    size_t n = x->n_rows;
    params.k = size_max(1, (size_t)lround((double)n / NEIGHBORHOOD_MEAN));
    params.seed = seed;
    int rc = kmeans_fit(x, &params, pool, a, &parts, err);
    if (rc)
        return rc;
    *out = (struct neighborhoods){ arena_zero_array(a, params.k, sizeof *out->items), params.k };
    for (size_t p = 0; p < params.k; p++) {
        struct neighborhood *one = &out->items[p];
        one->inside = arena_array(a, parts.sizes[p] + 1, sizeof *one->inside);
        one->near = arena_array(a, NEIGHBORHOOD_NEAR, sizeof *one->near);
        for (size_t i = 0; i < n; i++)
            if (parts.assignment[i] == p)
                one->inside[one->n_inside++] = (uint32_t)i;
        find_near(x, &parts, p, one);
    }
    return 0;
}
