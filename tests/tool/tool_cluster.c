// SPDX-License-Identifier: Apache-2.0
// Clusters vectors for scripts that compare and time: `tool_cluster DIMS N|auto FLOOR SEED THREADS
// TOP` reads float32 rows of unit length on stdin; writes the cluster of each (uint32) to stdout,
// then the parent of each at the top of a tree of TOP or fewer; and what was tried, the sizes of
// the levels and the seconds to stderr.
#include "base/clock.h"
#include "cluster/base_clusters.h"
#include "hierarchy/tree.h"

#include <stdio.h>
#include <stdlib.h>

static struct arena arena;

static struct matrix read_rows(size_t d)
{
    size_t len = 0, size = 0;
    char *data = NULL;
    for (;;) {
        if (len == size) {
            data = arena_grow(&arena, data, size, size * 2 + (1 << 20));
            size = size * 2 + (1 << 20);
        }
        size_t got = fread(data + len, 1, size - len, stdin);
        len += got;
        if (!got)
            break;
    }
    return matrix_view((float *)(void *)data, len / sizeof(float) / d, d);
}

static size_t number(const char *text)
{
    int64_t n = 0;
    return str_to_i64(str_of(text), &n) && n > 0 ? (size_t)n : 0;
}

// The labels of the top level in place of those of the base.
static int climb(const struct base_clusters *found, size_t n, size_t n_top, struct err *err)
{
    struct tree tree;
    size_t k = found->centroids.n_rows;
    double *weights = arena_array(&arena, k + 1, sizeof *weights);
    for (size_t c = 0; c < k; c++)
        weights[c] = (double)found->sizes[c];
    int rc = tree_build(&found->centroids, weights, n_top, &arena, &tree, err);
    for (size_t l = 0; l < tree.n_levels && !rc; l++)
        fprintf(stderr, "level %zu: %zu\n", l, tree.size[l]);
    for (size_t i = 0; i < n && !rc; i++)
        found->assignment[i] = tree.label[tree.n_levels - 1][found->assignment[i]];
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = { 0 };
    struct pool *pool = NULL;
    struct base_clusters found;
    if (argc != 7 || !number(argv[1])) {
        fprintf(stderr, "usage: tool_cluster DIMS N|auto FLOOR SEED THREADS TOP < vectors\n");
        return 2;
    }
    struct matrix x = read_rows(number(argv[1]));
    struct base_clusters_params params = { .n_clusters = number(argv[2]),
                                           .floor = number(argv[3]),
                                           .seed = number(argv[4]) };
    int64_t start = clock_ms();
    int rc = pool_open(&pool, number(argv[5]), &err);
    if (!rc)
        rc = base_clusters_fit(&x, &params, pool, &arena, &found, &err);
    if (rc) {
        fprintf(stderr, "tool_cluster: %s\n", err.text);
        return rc;
    }
    for (size_t i = 0; i < found.choice.n_steps; i++)
        fprintf(stderr, "k %zu separation %.4f below %.3f%s\n", found.choice.steps[i].k,
                found.choice.steps[i].separation, found.choice.steps[i].share_below,
                found.choice.steps[i].allowed ? "" : " not allowed");
    fprintf(stderr, "fine %zu k %zu seconds %.3f\n", found.n_fine, found.centroids.n_rows,
            (double)(clock_ms() - start) / 1000);
    fwrite(found.assignment, sizeof *found.assignment, x.n_rows, stdout);
    rc = climb(&found, x.n_rows, number(argv[6]), &err);
    fwrite(found.assignment, sizeof *found.assignment, x.n_rows, stdout);
    pool_close(pool);
    arena_release(&arena);
    return rc;
}
