// SPDX-License-Identifier: Apache-2.0
#include "cluster/confusable.h"

#include "vec/dot.h"

#include <stdlib.h>

struct near {
    double similarity;
    uint32_t row;
};

// The rows nearest to row i, nearest first; returns how many.
static size_t find_near(const struct matrix *x, size_t i, struct near near[CONFUSABLE_NEAR])
{
    size_t n = 0;
    for (size_t j = 0; j < x->n_rows; j++) {
        double similarity = dot_floats(matrix_row(x, i), matrix_row(x, j), x->n_cols);
        if (j == i || (n == CONFUSABLE_NEAR && similarity <= near[n - 1].similarity))
            continue;
        size_t at = n < CONFUSABLE_NEAR ? n++ : n - 1;
        for (; at > 0 && near[at - 1].similarity < similarity; at--)
            near[at] = near[at - 1];
        near[at] = (struct near){ similarity, (uint32_t)j };
    }
    return n;
}

static int by_alike(const void *x, const void *y)
{
    const struct confusable *a = x, *b = y;
    if (a->alike != b->alike)
        return a->alike > b->alike ? -1 : 1;
    if (a->a != b->a)
        return a->a < b->a ? -1 : 1;
    return (a->b > b->b) - (a->b < b->b);
}

void confusable_find(const struct matrix *centroids, const struct matrix *titles,
                     const uint32_t *which, struct arena *a, struct confusable **pairs, size_t *n)
{
    size_t n_rows = centroids->n_rows, n_all = 0;
    struct confusable *all =
        arena_array(a, n_rows * CONFUSABLE_NEAR + 1, sizeof *all); // some stand there twice
    bool *taken = arena_zero_array(a, n_rows + 1, sizeof *taken);
    for (size_t i = 0; i < n_rows; i++) {
        struct near near[CONFUSABLE_NEAR];
        for (size_t j = 0, n_near = find_near(centroids, i, near); j < n_near; j++) {
            uint32_t row = near[j].row, low = (uint32_t)size_min(i, row);
            double alike =
                dot_floats(matrix_row(titles, i), matrix_row(titles, row), titles->n_cols);
            if (alike >= CONFUSABLE_TITLES)
                all[n_all++] = (struct confusable){ low, (uint32_t)size_max(i, row), alike };
        }
    }
    qsort(all, n_all, sizeof *all, by_alike);
    *pairs = all;
    *n = 0;
    for (size_t i = 0; i < n_all; i++) {
        struct confusable pair = all[i];
        if (taken[pair.a] || taken[pair.b])
            continue;
        taken[pair.a] = taken[pair.b] = true;
        pair.a = which[pair.a];
        pair.b = which[pair.b];
        all[(*n)++] = pair;
    }
}
