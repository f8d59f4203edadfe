// SPDX-License-Identifier: Apache-2.0
#include "vec/pca.h"

#include "base/rng.h"
#include "vec/dot.h"

#include <math.h>
#include <string.h>

#define N_ITERATIONS 60

struct pca {
    const struct matrix *x;
    size_t n_directions;
    double *mean;
    float *direction; // n_directions × d
    double *next;     // n_directions × d
    double *xy;       // n × n_directions
};

// Places of the rows along the directions.
static void project(struct pca *p)
{
    size_t d = p->x->n_cols;
    for (size_t c = 0; c < p->n_directions; c++) {
        const float *direction = p->direction + c * d;
        double shift = 0;
        for (size_t j = 0; j < d; j++)
            shift += p->mean[j] * (double)direction[j];
        for (size_t i = 0; i < p->x->n_rows; i++)
            p->xy[i * p->n_directions + c] = dot_floats(matrix_row(p->x, i), direction, d) - shift;
    }
}

// The directions, drawn along the rows by their places.
static void pull(struct pca *p)
{
    size_t d = p->x->n_cols;
    memset(p->next, 0, p->n_directions * d * sizeof *p->next);
    for (size_t i = 0; i < p->x->n_rows; i++) {
        const float *row = matrix_row(p->x, i);
        for (size_t c = 0; c < p->n_directions; c++) {
            double place = p->xy[i * p->n_directions + c], *next = p->next + c * d;
            for (size_t j = 0; j < d; j++)
                next[j] += place * ((double)row[j] - p->mean[j]);
        }
    }
}

// Gram and Schmidt; a direction in which nothing differs becomes zero.
static void make_orthonormal(struct pca *p)
{
    size_t d = p->x->n_cols;
    for (size_t c = 0; c < p->n_directions; c++) {
        double *v = p->next + c * d, before = 0, square = 0;
        for (size_t j = 0; j < d; j++)
            before += v[j] * v[j];
        for (size_t b = 0; b < c; b++) {
            double along = 0;
            for (size_t j = 0; j < d; j++)
                along += v[j] * (double)p->direction[b * d + j];
            for (size_t j = 0; j < d; j++)
                v[j] -= along * (double)p->direction[b * d + j];
        }
        for (size_t j = 0; j < d; j++)
            square += v[j] * v[j];
        double scale = square > 1e-10 * before && square > 1e-30 ? 1 / sqrt(square) : 0;
        for (size_t j = 0; j < d; j++)
            p->direction[c * d + j] = (float)(v[j] * scale);
    }
}

static void work(struct pca *p, uint64_t seed, struct arena *scratch)
{
    size_t n = p->x->n_rows, d = p->x->n_cols;
    struct rng rng;
    p->next = arena_array(scratch, p->n_directions * d, sizeof *p->next);
    memset(p->mean, 0, d * sizeof *p->mean);
    for (size_t i = 0; i < n; i++)
        dot_add(p->mean, matrix_row(p->x, i), d);
    for (size_t j = 0; j < d; j++)
        p->mean[j] /= (double)n;
    rng_init(&rng, seed, "pca");
    for (size_t i = 0; i < p->n_directions * d; i++)
        p->next[i] = rng_normal(&rng);
    make_orthonormal(p);
    for (int t = 0; t < N_ITERATIONS; t++) {
        project(p);
        pull(p);
        make_orthonormal(p);
    }
    project(p);
}

void pca_plane(const struct matrix *x, uint64_t seed, struct arena *scratch, double *xy)
{
    struct arena_mark start = arena_save(scratch);
    struct pca p = { .x = x, .n_directions = 2, .xy = xy };
    p.mean = arena_array(scratch, x->n_cols, sizeof *p.mean);
    p.direction = arena_array(scratch, p.n_directions * x->n_cols, sizeof *p.direction);
    work(&p, seed, scratch);
    arena_rewind(scratch, start);
}

void pca_directions(const struct matrix *x, size_t n_directions, uint64_t seed,
                    struct arena *scratch, double *mean, float *directions)
{
    struct arena_mark start = arena_save(scratch);
    struct pca p = { .x = x, .n_directions = n_directions, .mean = mean, .direction = directions };
    p.xy = arena_array(scratch, x->n_rows * n_directions, sizeof *p.xy);
    work(&p, seed, scratch);
    arena_rewind(scratch, start);
}
