// SPDX-License-Identifier: Apache-2.0
#include "vec/umap_graph.h"

#include <math.h>

#define MIN_SHARE 1e-3 // of the mean distance: the least that sigma may be
#define TOLERANCE 1e-5

static double distance_of(const struct nearest *near, size_t i, size_t c)
{
    return fmax(0, 1 - (double)near->similarity[i * near->k + c]);
}

// Distance of the nearest neighbour that is not at the same place; 0 when all are.
static double find_rho(const struct nearest *near, size_t i)
{
    for (size_t c = 0; c < near->k; c++)
        if (distance_of(near, i, c) > 0)
            return distance_of(near, i, c);
    return 0;
}

static double sum_weights(const struct nearest *near, size_t i, double rho, double sigma)
{
    double sum = 0;
    for (size_t c = 0; c < near->k; c++) {
        double over = distance_of(near, i, c) - rho;
        sum += over > 0 ? exp(-over / sigma) : 1;
    }
    return sum;
}

// Sigma such that the weights of a row sum to log2(k + 1); the row itself counts as a neighbour
// there, as in the reference.
static double find_sigma(const struct nearest *near, size_t i, double rho, double mean_of_all)
{
    double target = log2((double)near->k + 1), low = 0, high = INFINITY, sigma = 1, mean = 0;
    for (int t = 0; t < 64; t++) {
        double sum = sum_weights(near, i, rho, sigma);
        if (fabs(sum - target) < TOLERANCE)
            break;
        if (sum > target)
            high = sigma;
        else
            low = sigma;
        sigma = isinf(high) ? sigma * 2 : (low + high) / 2;
    }
    for (size_t c = 0; c < near->k; c++)
        mean += distance_of(near, i, c) / (double)(near->k + 1);
    return fmax(sigma, MIN_SHARE * (rho > 0 ? mean : mean_of_all));
}

// One direction: row i to its neighbours, in ascending order of them.
static void weigh_rows(const struct nearest *near, struct umap_graph *g)
{
    size_t k = near->k;
    double total = 0;
    for (size_t i = 0; i < near->n * k; i++)
        total += fmax(0, 1 - (double)near->similarity[i]);
    double mean_of_all = total / ((double)near->n * (double)(k + 1));
    for (size_t i = 0; i < near->n; i++) {
        double rho = find_rho(near, i), sigma = find_sigma(near, i, rho, mean_of_all);
        g->start[i] = i * k;
        for (size_t c = 0; c < k; c++) {
            double over = distance_of(near, i, c) - rho;
            float weight = over > 0 && sigma > 0 ? (float)exp(-over / sigma) : 1;
            size_t at = i * k + c;
            for (; at > i * k && g->other[at - 1] > near->index[i * k + c]; at--) {
                g->other[at] = g->other[at - 1];
                g->weight[at] = g->weight[at - 1];
            }
            g->other[at] = near->index[i * k + c];
            g->weight[at] = weight;
        }
    }
    g->start[near->n] = near->n * k;
}

// Every row gets the rows that point at it, ascending because rows are visited in order.
static void transpose(const struct umap_graph *g, struct umap_graph *t)
{
    for (size_t i = 0; i <= g->n; i++)
        t->start[i] = 0;
    for (size_t e = 0; e < g->n_edges; e++)
        t->start[g->other[e] + 1]++;
    for (size_t i = 0; i < g->n; i++)
        t->start[i + 1] += t->start[i];
    for (size_t i = 0; i < g->n; i++)
        for (size_t e = g->start[i]; e < g->start[i + 1]; e++) {
            size_t at = t->start[g->other[e]]++;
            t->other[at] = (uint32_t)i;
            t->weight[at] = g->weight[e];
        }
    for (size_t i = g->n; i > 0; i--)
        t->start[i] = t->start[i - 1];
    t->start[0] = 0;
}

// a + b - a·b, the chance that one of two independent edges is there.
static void unite(const struct umap_graph *g, const struct umap_graph *t, struct umap_graph *u)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++) {
        size_t e = g->start[i], f = t->start[i];
        u->start[i] = n;
        while (e < g->start[i + 1] || f < t->start[i + 1]) {
            bool has_e = e < g->start[i + 1], has_f = f < t->start[i + 1];
            uint32_t j = has_e && (!has_f || g->other[e] <= t->other[f]) ? g->other[e]
                                                                          : t->other[f];
            float a = has_e && g->other[e] == j ? g->weight[e++] : 0;
            float b = has_f && t->other[f] == j ? t->weight[f++] : 0;
            u->other[n] = j;
            u->weight[n++] = a + b - a * b;
        }
    }
    u->start[g->n] = u->n_edges = n;
}

static int make_graph(struct umap_graph *g, size_t n, size_t n_edges, struct arena *a,
                      struct err *err)
{
    const char *what = "the graph of neighbours";
    *g = (struct umap_graph){ .n = n, .n_edges = n_edges };
    g->start = arena_array(a, n + 1, sizeof *g->start);
    g->other = arena_try(a, n_edges, sizeof *g->other, what, err);
    if (g->other)
        g->weight = arena_try(a, n_edges, sizeof *g->weight, what, err);
    return g->weight ? 0 : (int)err->code;
}

int umap_graph_make(struct umap_graph *graph, const struct nearest *near, struct arena *a,
                    struct err *err)
{
    struct umap_graph directed, reversed;
    int rc = make_graph(graph, near->n, 2 * near->n * near->k, a, err);
    struct arena_mark start = arena_save(a);
    if (!rc)
        rc = make_graph(&directed, near->n, near->n * near->k, a, err);
    if (!rc)
        rc = make_graph(&reversed, near->n, near->n * near->k, a, err);
    if (!rc) {
        weigh_rows(near, &directed);
        transpose(&directed, &reversed);
        unite(&directed, &reversed, graph);
    }
    arena_rewind(a, start);
    return rc;
}

void umap_graph_prune(struct umap_graph *g, float floor)
{
    size_t n = 0, e = 0;
    for (size_t i = 0; i < g->n; i++) {
        size_t end = g->start[i + 1];
        g->start[i] = n;
        for (; e < end; e++)
            if (g->weight[e] >= floor) {
                g->other[n] = g->other[e];
                g->weight[n++] = g->weight[e];
            }
    }
    g->start[g->n] = g->n_edges = n;
}
