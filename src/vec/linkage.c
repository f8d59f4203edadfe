// SPDX-License-Identifier: Apache-2.0
// Nearest-neighbour chains: walk from a cluster to its nearest neighbour until two are nearest to
// each other, merge them, go on from what is left of the chain. Ward's cost is reducible, so the
// merges are those of the greedy rule; they are found out of order and sorted afterwards. Costs of
// a union come from those of its parts (Lance and Williams 1967). Time n², whatever the data.
#include "vec/linkage.h"

#include "base/stop.h"
#include "vec/dot.h"

#include <math.h>
#include <stdlib.h>

// Cost of every pair i < j, row by row; a merged cluster lives in the place of its right part.
struct tree {
    float *cost;
    double *weight;
    uint32_t *active; // ascending
    size_t n, n_active;
};

// A merge by any leaf of its two sides, as found.
struct found {
    uint32_t a, b;
    float cost;
    uint32_t i_found;
};

static size_t pair_index(size_t n, size_t i, size_t j)
{
    if (i > j) {
        size_t swap = i;
        i = j;
        j = swap;
    }
    return i * n - i * (i + 1) / 2 + (j - i - 1);
}

static void fill_costs(struct tree *t, const struct matrix *points, double *square)
{
    size_t d = points->n_cols;
    for (size_t i = 0; i < t->n; i++)
        square[i] = dot_floats(matrix_row(points, i), matrix_row(points, i), d);
    float *cost = t->cost;
    for (size_t i = 0; i < t->n && !stop_asked(); i++)
        for (size_t j = i + 1; j < t->n; j++) {
            double ab = dot_floats(matrix_row(points, i), matrix_row(points, j), d);
            double distance = fmax(0, square[i] + square[j] - 2 * ab);
            double wi = t->weight[i], wj = t->weight[j];
            *cost++ = (float)(wi * wj / (wi + wj) * distance);
        }
}

// Nearest active neighbour of i; `before` wins a tie, then the lower index.
static uint32_t find_nearest(const struct tree *t, uint32_t i, uint32_t before, float *cost)
{
    uint32_t best = before;
    *cost = before == i ? INFINITY : t->cost[pair_index(t->n, i, before)];
    for (size_t k = 0; k < t->n_active; k++) {
        uint32_t j = t->active[k];
        if (j == i)
            continue;
        float c = t->cost[pair_index(t->n, i, j)];
        if (c < *cost || best == i) {
            *cost = c;
            best = j;
        }
    }
    return best;
}

static void merge_pair(struct tree *t, uint32_t a, uint32_t b, float cost)
{
    double wa = t->weight[a], wb = t->weight[b];
    size_t n_left = 0;
    for (size_t k = 0; k < t->n_active; k++) {
        uint32_t j = t->active[k];
        if (j == a)
            continue;
        t->active[n_left++] = j;
        if (j == b)
            continue;
        double wj = t->weight[j];
        float *kept = &t->cost[pair_index(t->n, b, j)];
        double sum = (wa + wj) * (double)t->cost[pair_index(t->n, a, j)] +
                     (wb + wj) * (double)*kept - wj * (double)cost;
        *kept = (float)fmax(0, sum / (wa + wb + wj));
    }
    t->n_active = n_left;
    t->weight[b] = wa + wb;
}

static void follow_chains(struct tree *t, uint32_t *chain, struct found *found)
{
    size_t n_chain = 0;
    for (uint32_t i_found = 0; i_found + 1 < t->n;) {
        if (n_chain == 0)
            chain[n_chain++] = t->active[0];
        uint32_t last = chain[n_chain - 1], before = n_chain > 1 ? chain[n_chain - 2] : last;
        float cost;
        uint32_t nearest = find_nearest(t, last, before, &cost);
        if (nearest != before || n_chain == 1) {
            chain[n_chain++] = nearest;
            continue;
        }
        uint32_t a = last < before ? last : before, b = last < before ? before : last;
        found[i_found] = (struct found){ a, b, cost, i_found };
        i_found++;
        merge_pair(t, a, b, cost);
        n_chain -= 2;
    }
}

static int compare_found(const void *x, const void *y)
{
    const struct found *a = x, *b = y;
    if (a->cost != b->cost)
        return a->cost < b->cost ? -1 : 1;
    return a->i_found < b->i_found ? -1 : a->i_found > b->i_found;
}

static uint32_t find_root(uint32_t *root, uint32_t i)
{
    while (root[i] != i) {
        root[i] = root[root[i]];
        i = root[i];
    }
    return i;
}

// Names the sides of each merge by leaf or by earlier merge. root has 2n - 1 places.
static void number_merges(const struct found *found, const double *weights, size_t n,
                          uint32_t *root, struct linkage_merge *merges)
{
    for (uint32_t i = 0; i < 2 * n - 1; i++)
        root[i] = i;
    for (uint32_t i = 0; i + 1 < n; i++) {
        uint32_t a = find_root(root, found[i].a), b = find_root(root, found[i].b);
        uint32_t left = a < b ? a : b, right = a < b ? b : a;
        double w_left = left < n ? weights[left] : merges[left - n].weight;
        double w_right = right < n ? weights[right] : merges[right - n].weight;
        merges[i] = (struct linkage_merge){ left, right, (double)found[i].cost, w_left + w_right };
        root[a] = root[b] = (uint32_t)n + i;
    }
}

int linkage_ward(const struct matrix *points, const double *weights, struct arena *a,
                 struct linkage_merge **merges, struct err *err)
{
    size_t n = points->n_rows;
    *merges = NULL;
    if (n == 0 || n > UINT32_MAX / 2)
        return err_set(err, ERR_DATA, "%zu clusters cannot be linked", n);
    int rc = matrix_check_finite(points, "vectors of clusters", err);
    if (rc)
        return rc;
    *merges = arena_array(a, n, sizeof **merges);
    struct arena_mark start = arena_save(a);
    struct tree t = { .n = n, .n_active = n };
    t.cost = arena_try(a, n * (n - 1) / 2 + 1, sizeof *t.cost, "linking clusters", err);
    if (!t.cost)
        return err->code;
    t.weight = arena_array(a, n, sizeof *t.weight);
    t.active = arena_array(a, n, sizeof *t.active);
    double *square = arena_array(a, n, sizeof *square);
    uint32_t *chain = arena_array(a, 2 * n, sizeof *chain);
    struct found *found = arena_array(a, n, sizeof *found);
    for (size_t i = 0; i < n; i++) {
        assert(weights[i] > 0);
        t.weight[i] = weights[i];
        t.active[i] = (uint32_t)i;
    }
    fill_costs(&t, points, square);
    rc = stop_check(err); // then costs are missing
    if (!rc) {
        follow_chains(&t, chain, found);
        qsort(found, n - 1, sizeof *found, compare_found);
        number_merges(found, weights, n, chain, *merges);
    }
    arena_rewind(a, start);
    return rc;
}

void linkage_cut(const struct linkage_merge *merges, size_t n, size_t n_clusters, uint32_t *label,
                 struct arena *scratch)
{
    assert(n_clusters >= 1 && n_clusters <= n);
    struct arena_mark start = arena_save(scratch);
    uint32_t *root = arena_array(scratch, 2 * n, sizeof *root);
    uint32_t *number = arena_array(scratch, 2 * n, sizeof *number), n_numbers = 0;
    for (uint32_t i = 0; i < 2 * n; i++) {
        root[i] = i;
        number[i] = UINT32_MAX;
    }
    for (uint32_t i = 0; i < n - n_clusters; i++)
        root[merges[i].left] = root[merges[i].right] = (uint32_t)n + i;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t top = find_root(root, i);
        if (number[top] == UINT32_MAX)
            number[top] = n_numbers++;
        label[i] = number[top];
    }
    arena_rewind(scratch, start);
}
