// SPDX-License-Identifier: Apache-2.0
// From the top down: the base is cut into the parents at the top, each of these into its children,
// and so on, so levels are nested by construction. A node at level l holds at least 2^l base
// clusters; then it can always be cut into two that may be cut again, and none has a lone child.
#include "hierarchy/tree.h"

#include "hierarchy/partition.h"

#include <math.h>
#include <string.h>

#define MOST_CHILDREN 10.0
#define FEWEST_CHILDREN ((size_t)3) // on average, where the base is small
#define LEAST_OF_MEAN 0.2           // smallest parent at the top, of the mean parent
#define MOST_OF_MEAN 3.0            // largest

struct tree_sizes tree_plan(size_t n_base, size_t n_top)
{
    struct tree_sizes plan = { n_base ? 1 : 0, { n_base } };
    n_top = size_max(n_top, 1);
    if (n_base <= n_top || n_base < 2 * FEWEST_CHILDREN)
        return plan;
    n_top = size_min(n_top, n_base / FEWEST_CHILDREN);
    double times = (double)n_base / (double)n_top;
    size_t n_steps = 1;
    while (n_steps < TREE_LEVELS - 1 && pow(MOST_CHILDREN, (double)n_steps) < times * (1 - 1e-9))
        n_steps++;
    plan.n_levels = n_steps + 1;
    for (size_t l = 1; l <= n_steps; l++)
        plan.size[l] = (size_t)lround((double)n_base * pow(times, -(double)l / (double)n_steps));
    return plan;
}

// The rows with label[i] == node, for the next cut.
struct subset {
    struct matrix x;
    double *weights;
    uint32_t *row, *part;
    size_t n;
};

static int take_subset(const struct matrix *x, const double *weights, const uint32_t *label,
                       uint32_t node, struct arena *a, struct subset *s, struct err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < x->n_rows; i++)
        n += label[i] == node;
    *s = (struct subset){ .n = 0 };
    s->weights = arena_array(a, n, sizeof *s->weights);
    s->row = arena_array(a, n, sizeof *s->row);
    s->part = arena_array(a, n, sizeof *s->part);
    int rc = matrix_make(&s->x, n, x->n_cols, a, "parts of the tree", err);
    for (size_t i = 0; i < x->n_rows && !rc; i++)
        if (label[i] == node) {
            memcpy(matrix_row(&s->x, s->n), matrix_row(x, i), x->n_cols * sizeof(float));
            s->weights[s->n] = weights[i];
            s->row[s->n++] = (uint32_t)i;
        }
    return rc;
}

// Cuts one node of level l + 1 into children at level l, numbered from tree->size[l] on.
static int cut_node(const struct matrix *x, const double *weights, uint32_t node, size_t l,
                    size_t n_wanted, struct arena *scratch, struct tree *tree, struct err *err)
{
    struct arena_mark start = arena_save(scratch);
    struct subset s;
    size_t n_parts = 0;
    int rc = take_subset(x, weights, tree->label[l + 1], node, scratch, &s, err);
    if (!rc) {
        double share = (double)s.n / (double)x->n_rows;
        struct partition_params params = {
            .n_parts = size_max(2, (size_t)lround((double)n_wanted * share)),
            .least_members = (size_t)1 << l,
            .least_share = 0,
            .most_share = 1,
        };
        rc = partition_fit(&s.x, s.weights, &params, scratch, s.part, &n_parts, err);
    }
    for (size_t i = 0; i < s.n && !rc; i++)
        tree->label[l][s.row[i]] = (uint32_t)tree->size[l] + s.part[i];
    for (size_t i = 0; i < n_parts && !rc; i++)
        tree->parent[l][tree->size[l] + i] = node;
    tree->size[l] += n_parts;
    arena_rewind(scratch, start);
    return rc;
}

static int cut_top(const struct matrix *x, const double *weights, size_t n_top, struct arena *a,
                   struct tree *tree, struct err *err)
{
    size_t top = tree->n_levels - 1;
    struct partition_params params = {
        .n_parts = n_top,
        .least_members = (size_t)1 << top,
        .least_share = LEAST_OF_MEAN / (double)n_top,
        .most_share = fmin(1, MOST_OF_MEAN / (double)n_top),
    };
    return partition_fit(x, weights, &params, a, tree->label[top], &tree->size[top], err);
}

int tree_build(const struct matrix *x, const double *weights, size_t n_top, struct arena *a,
               struct tree *tree, struct err *err)
{
    size_t n = x->n_rows;
    struct tree_sizes plan = tree_plan(n, n_top);
    *tree = (struct tree){ .n_levels = plan.n_levels };
    int rc = 0;
    for (size_t l = 0; l < plan.n_levels; l++) {
        tree->label[l] = arena_array(a, n, sizeof *tree->label[l]);
        if (l + 1 < plan.n_levels)
            tree->parent[l] = arena_array(a, n, sizeof *tree->parent[l]);
    }
    if (plan.n_levels > 1)
        rc = cut_top(x, weights, plan.size[plan.n_levels - 1], a, tree, err);
    for (size_t l = plan.n_levels; l-- > 2 && !rc;)
        for (uint32_t node = 0; node < tree->size[l] && !rc; node++)
            rc = cut_node(x, weights, node, l - 1, plan.size[l - 1], a, tree, err);
    tree->size[0] = n;
    for (size_t i = 0; i < n && !rc; i++) {
        tree->label[0][i] = (uint32_t)i;
        if (plan.n_levels > 1)
            tree->parent[0][i] = tree->label[1][i];
    }
    return rc;
}
