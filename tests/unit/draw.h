// SPDX-License-Identifier: Apache-2.0
// What tests of rounded products share: an arena, numbers drawn at random, and how far results of
// few bits are from those of float64; with vectors of real texts.
#ifndef TESTS_UNIT_DRAW_H
#define TESTS_UNIT_DRAW_H

#include "base/arena.h"
#include "base/rng.h"

#include "real_rows.h"

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
