// SPDX-License-Identifier: Apache-2.0
// A dense row-major matrix of float32. Views are cheap; who owns the numbers is said where the
// matrix comes from.
#ifndef VEC_MATRIX_H
#define VEC_MATRIX_H

#include "base/arena.h"

struct matrix {
    float *data;
    size_t n_rows, n_cols, stride; // stride in floats, at least n_cols
};

static inline float *matrix_row(const struct matrix *m, size_t i)
{
    assert(i < m->n_rows);
    return m->data + i * m->stride;
}
static inline struct matrix matrix_view(float *data, size_t n_rows, size_t n_cols)
{
    return (struct matrix){ data, n_rows, n_cols, n_cols };
}
// Rows first … first + n - 1 of m, borrowed.
static inline struct matrix matrix_rows(const struct matrix *m, size_t first, size_t n)
{
    assert(first <= m->n_rows && n <= m->n_rows - first);
    return (struct matrix){ m->data + first * m->stride, n, m->n_cols, m->stride };
}

// In the arena, not cleared; `what` is named in the refusal when memory is short.
int matrix_make(struct matrix *m, size_t n_rows, size_t n_cols, struct arena *a, const char *what,
                struct err *err) MUST_USE;
// Scales each row to unit length; rows of zeros stay. Returns how many rows were zero.
size_t matrix_normalize(const struct matrix *m);
// ERR_DATA "some <what> have numbers that are not finite".
int matrix_check_finite(const struct matrix *m, const char *what, struct err *err) MUST_USE;
// The same, and no row longer than unit length (by more than a hundredth).
int matrix_check_unit(const struct matrix *m, const char *what, struct err *err) MUST_USE;

#endif
