// SPDX-License-Identifier: Apache-2.0
// What tests of rounded products share: an arena, numbers drawn at random, and how far results of
// few bits are from those of float64; with vectors of real texts.
#ifndef TESTS_UNIT_DRAW_H
#define TESTS_UNIT_DRAW_H

#include "base/arena.h"
#include "base/rng.h"

#include "real_rows.h"
#include "vec/gemm.h"

#include <math.h>

static struct arena arena;
static struct rng rng;
static struct err err;

static inline float *draw(size_t n, float scale)
{
    float *x = arena_array(&arena, n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = scale * (float)rng_normal(&rng);
    return x;
}

// C = A · Bᵀ + bias of n × n_in and n_out × n_in, in the arena; rows of C have a gap behind them.
typedef float *draw_product(const float *a, size_t n, const float *b, size_t n_out, size_t n_in,
                            const float *bias);

// Multiplies what is drawn, with rows of one number, of zeros and of next to nothing.
static inline void draw_awkward(draw_product *run, size_t n, size_t n_out, size_t n_in)
{
    float *a = draw(n * n_in, 1), *b = draw(n_out * n_in, 0.1F);
    for (size_t j = 0; j < n_in; j++) {
        a[j] = n > 1 ? 0.25F : a[j];
        a[(n - 1) * n_in + j] *= n > 2 ? 0 : 1;
        a[n / 2 * n_in + j] *= n > 5 ? 1e-36F : 1;
        b[(n_out - 1) * n_in + j] *= n_out > 2 ? 0 : 1;
    }
    run(a, n, b, n_out, n_in, draw(n_out, 1));
}

// Vectors of texts with vectors of texts: each product is nearer to float64's than `off`. gap: of
// run's rows.
static inline void draw_real(draw_product *run, size_t gap, float off)
{
    for (int mpnet = 0; mpnet < 2; mpnet++) {
        struct matrix x = real_rows(&arena, mpnet);
        size_t n = REAL_ROWS - 7;
        float *bias = draw(n, 0), *want = draw(REAL_ROWS * n, 1);
        float *got = run(x.data, REAL_ROWS, x.data, n, x.n_cols, bias);
        gemm_plain(x.data, REAL_ROWS, x.data, n, x.n_cols, bias, GEMM_NOTHING, want);
        for (size_t i = 0; i < REAL_ROWS * n; i++)
            assert_true(fabsf(got[i / n * (n + gap) + i % n] - want[i]) < off);
    }
}

// The relative error over n results.
static inline double error_of(const float *got, const float *want, size_t n)
{
    double wrong = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        wrong += pow((double)got[i] - (double)want[i], 2);
        all += pow((double)want[i], 2);
    }
    return sqrt(wrong / all);
}

static inline int open_draw(void **state)
{
    (void)state;
    rng_init(&rng, 3, "draw");
    return 0;
}

static inline int close_draw(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

#endif
