// SPDX-License-Identifier: Apache-2.0
#include "privacy/rehome.h"

#include "vec/kmeans.h"

#include <string.h>

int rehome_open(struct rehome *r, const struct matrix *centroids, const bool *is_kept,
                const float *fit, struct pool *pool, struct arena *a, struct err *err)
{
    size_t n_kept = 0, d = centroids->n_cols;
    for (size_t i = 0; i < centroids->n_rows; i++)
        n_kept += is_kept[i];
    *r = (struct rehome){ .fit = fit, .pool = pool };
    r->id = arena_array(a, n_kept + 1, sizeof *r->id);
    int rc = n_kept ? matrix_make(&r->kept, n_kept, d, a, "centroids", err) : 0;
    for (size_t i = 0, at = 0; !rc && i < centroids->n_rows; i++) {
        if (!is_kept[i])
            continue;
        memcpy(matrix_row(&r->kept, at), matrix_row(centroids, i), d * sizeof(float));
        r->id[at++] = (int64_t)i + 1;
    }
    return rc;
}

// In the order of the numbers, not that of a kernel: what decides beside a floor is the same on
// every machine.
static double product(const float *a, const float *b, size_t d)
{
    double sum = 0;
    for (size_t i = 0; i < d; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

int rehome_rows(const struct rehome *r, const struct matrix *rows, struct arena *a, int64_t *place,
                struct err *err)
{
    uint32_t *nearest = arena_array(a, rows->n_rows + 1, sizeof *nearest);
    float *similarity = arena_array(a, rows->n_rows + 1, sizeof *similarity);
    memset(place, 0, rows->n_rows * sizeof *place);
    if (!rows->n_rows || !r->kept.n_rows)
        return 0;
    int rc = kmeans_assign(rows, &r->kept, r->pool, nearest, similarity, err);
    for (size_t i = 0; !rc && i < rows->n_rows; i++) {
        int64_t id = r->id[nearest[i]];
        double most = product(matrix_row(rows, i), matrix_row(&r->kept, nearest[i]), rows->n_cols);
        place[i] = most >= (double)r->fit[id - 1] ? id : 0;
    }
    return rc;
}
