// SPDX-License-Identifier: Apache-2.0
#include "vec/bisect.h"

#include "vec/dot.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 3 // of finding the line along which a set is longest

struct placed {
    double at;
    uint32_t row;
};

static int compare(const void *x, const void *y)
{
    const struct placed *a = x, *b = y;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

// The mean of the upper n - n_low rows less the mean of the others.
static void find_line(const struct matrix *x, const struct placed *set, size_t n, size_t n_low,
                      double *sums, float *line)
{
    size_t d = x->n_cols;
    memset(sums, 0, 2 * d * sizeof *sums);
    for (size_t i = 0; i < n; i++)
        dot_add(sums + (i < n_low ? 0 : d), matrix_row(x, set[i].row), d);
    for (size_t j = 0; j < d; j++)
        line[j] = (float)(sums[d + j] / (double)(n - n_low) - sums[j] / (double)n_low);
}

static void place(const struct matrix *x, const float *line, struct placed *set, size_t n)
{
    for (size_t i = 0; i < n; i++)
        set[i].at = dot_floats(matrix_row(x, set[i].row), line, x->n_cols);
    qsort(set, n, sizeof *set, compare);
}

static void halve(const struct matrix *x, size_t size, struct placed *set, size_t n, double *sums,
                  float *line)
{
    size_t n_groups = size_round_up(n, size) / size, n_low = n_groups / 2 * size;
    if (n_groups < 2)
        return;
    const float *one = matrix_row(x, set[0].row); // first along this row less the one least like it
    place(x, one, set, n);
    const float *other = matrix_row(x, set[0].row);
    for (size_t j = 0; j < x->n_cols; j++)
        line[j] = one[j] - other[j];
    place(x, line, set, n);
    for (int round = 0; round < ROUNDS; round++) {
        find_line(x, set, n, n_low, sums, line);
        place(x, line, set, n);
    }
    halve(x, size, set, n_low, sums, line); // as deep as log2 of the groups
    halve(x, size, set + n_low, n - n_low, sums, line);
}

void bisect_rows(const struct matrix *x, size_t size, struct arena *scratch, uint32_t *order)
{
    struct arena_mark start = arena_save(scratch);
    size_t n = x->n_rows;
    struct placed *set = arena_array(scratch, n, sizeof *set);
    double *sums = arena_array(scratch, 2 * x->n_cols, sizeof *sums);
    float *line = arena_array(scratch, x->n_cols, sizeof *line);
    for (size_t i = 0; i < n; i++)
        set[i] = (struct placed){ 0, (uint32_t)i };
    halve(x, size, set, n, sums, line);
    for (size_t i = 0; i < n; i++)
        order[i] = set[i].row;
    arena_rewind(scratch, start);
}
