// SPDX-License-Identifier: Apache-2.0
#include "cluster/ward_means.h"

#include "vec/dot.h"

#include <string.h>

static int find_means(const struct matrix *x, const struct kmeans_result *fit, struct arena *a,
                      struct ward_means *ward, struct err *err)
{
    size_t k = fit->centroids.n_rows, d = x->n_cols, n_used = 0;
    int rc = matrix_make(&ward->means, k, d, a, "means of clusters", err);
    double *sums = rc ? NULL : arena_try(a, k * d + 1, sizeof *sums, "means of clusters", err);
    if (!sums)
        return (int)err->code;
    ward->sizes = arena_array(a, k + 1, sizeof *ward->sizes);
    memset(sums, 0, k * d * sizeof *sums);
    for (size_t i = 0; i < x->n_rows; i++)
        dot_add(sums + (size_t)fit->assignment[i] * d, matrix_row(x, i), d);
    for (size_t c = 0; c < k; c++) {
        if (!fit->sizes[c])
            continue;
        ward->sizes[n_used] = (double)fit->sizes[c];
        for (size_t j = 0; j < d; j++)
            matrix_row(&ward->means, n_used)[j] = (float)(sums[c * d + j] / (double)fit->sizes[c]);
        n_used++;
    }
    ward->means.n_rows = n_used;
    return 0;
}

int ward_means_make(const struct matrix *x, const struct kmeans_result *fit, struct arena *a,
                    struct ward_means *ward, struct err *err)
{
    int rc = find_means(x, fit, a, ward, err);
    return rc ? rc : linkage_ward(&ward->means, ward->sizes, a, &ward->merges, err);
}

int ward_means_cut(const struct ward_means *ward, size_t k, struct arena *a,
                   struct matrix *centroids, struct err *err)
{
    size_t n = ward->means.n_rows, d = ward->means.n_cols;
    k = size_min(k, n);
    uint32_t *label = arena_array(a, n + 1, sizeof *label);
    double *sums = arena_try(a, k * d + 1, sizeof *sums, "first centroids", err);
    if (!sums)
        return (int)err->code;
    int rc = matrix_make(centroids, k, d, a, "first centroids", err);
    if (rc)
        return rc;
    linkage_cut(ward->merges, n, k, label, a);
    memset(sums, 0, k * d * sizeof *sums);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            sums[label[i] * d + j] += ward->sizes[i] * (double)matrix_row(&ward->means, i)[j];
    for (size_t i = 0; i < k; i++) {
        double scale = 0; // brings the sum into the range of a float
        for (size_t j = 0; j < d; j++)
            scale += sums[i * d + j] * sums[i * d + j];
        for (size_t j = 0; j < d; j++)
            matrix_row(centroids, i)[j] = scale > 0 ? (float)(sums[i * d + j] / scale) : 0;
    }
    matrix_normalize(centroids);
    return 0;
}
