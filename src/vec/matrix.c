// SPDX-License-Identifier: Apache-2.0
#include "vec/matrix.h"

#include "vec/dot.h"

#include <float.h>
#include <math.h>

int matrix_make(struct matrix *m, size_t n_rows, size_t n_cols, struct arena *a, const char *what,
                struct err *err)
{
    size_t n;
    if (!size_mul(n_rows, n_cols, &n))
        n = SIZE_MAX; // arena_try refuses it with a sentence
    float *data = arena_try(a, n, sizeof *data, what, err);
    if (!data)
        return err->code;
    *m = matrix_view(data, n_rows, n_cols);
    return 0;
}

size_t matrix_normalize(const struct matrix *m)
{
    size_t n_zero = 0;
    for (size_t i = 0; i < m->n_rows; i++) {
        float *row = matrix_row(m, i);
        double sum = 0;
        for (size_t j = 0; j < m->n_cols; j++)
            sum += (double)row[j] * (double)row[j];
        if (sum == 0) {
            n_zero++;
            continue;
        }
        double scale = 1 / sqrt(sum);
        for (size_t j = 0; j < m->n_cols; j++)
            row[j] = (float)((double)row[j] * scale);
    }
    return n_zero;
}

static int check_squares(const struct matrix *m, const char *what, double most, const char *fault,
                         struct err *err)
{
    for (size_t i = 0; i < m->n_rows; i++) {
        const float *row = matrix_row(m, i);
        if (!(dot_floats(row, row, m->n_cols) <= most))
            return err_set(err, ERR_DATA, "some %s %s; make them again with another embedder", what,
                           fault);
    }
    return 0;
}

int matrix_check_finite(const struct matrix *m, const char *what, struct err *err)
{
    return check_squares(m, what, DBL_MAX, "have numbers that are not finite", err);
}

int matrix_check_unit(const struct matrix *m, const char *what, struct err *err)
{
    int rc = matrix_check_finite(m, what, err);
    return rc ? rc : check_squares(m, what, 1.02, "are longer than 1", err);
}
