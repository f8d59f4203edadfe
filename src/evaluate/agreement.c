// SPDX-License-Identifier: Apache-2.0
#include "evaluate/agreement.h"

#include <math.h>
#include <stdlib.h>

struct cell {
    uint32_t a, b;
};

static int by_a_then_b(const void *x, const void *y)
{
    const struct cell *p = x, *q = y;
    if (p->a != q->a)
        return p->a < q->a ? -1 : 1;
    return (p->b > q->b) - (p->b < q->b);
}

static int by_number(const void *x, const void *y)
{
    uint32_t p = *(const uint32_t *)x, q = *(const uint32_t *)y;
    return (p > q) - (p < q);
}

static double pairs(double n)
{
    return n * (n - 1) / 2;
}

struct side {
    size_t n_parts;
    double entropy, pairs; // nats; pairs of conversations in one part
};

static struct side measure_side(const uint32_t *part, size_t n, struct arena *scratch)
{
    struct arena_mark start = arena_save(scratch);
    struct side side = { 0 };
    uint32_t *sorted = arena_array(scratch, n + 1, sizeof *sorted);
    memcpy(sorted, part, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_number);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first; end < n && sorted[end] == sorted[first];)
            end++;
        double size = (double)(end - first), share = size / (double)n;
        side.n_parts++;
        side.entropy -= share * log(share);
        side.pairs += pairs(size);
    }
    arena_rewind(scratch, start);
    return side;
}

// Of every part of a the most that it has in common with one part of b, summed up; *n_split counts
// the parts of a that have more than one of b.
static double sum_best(const struct cell *sorted, size_t n, size_t *n_split)
{
    double best = 0, sum = 0;
    size_t n_kinds = 0;
    *n_split = 0;
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first; end < n && by_a_then_b(&sorted[end], &sorted[first]) == 0;)
            end++;
        bool same = first && sorted[first - 1].a == sorted[first].a;
        best = same ? fmax(best, (double)(end - first)) : (double)(end - first);
        n_kinds = same ? n_kinds + 1 : 1;
        *n_split += n_kinds == 2;
        if (end == n || sorted[end].a != sorted[first].a)
            sum += best;
    }
    return sum;
}

static void measure_joint(const struct cell *sorted, size_t n, double *entropy, double *common)
{
    *entropy = *common = 0;
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first; end < n && by_a_then_b(&sorted[end], &sorted[first]) == 0;)
            end++;
        double size = (double)(end - first), share = size / (double)n;
        *entropy -= share * log(share);
        *common += pairs(size);
    }
}

void agreement_measure(const uint32_t *a, const uint32_t *b, size_t n, struct arena *scratch,
                       struct agreement *out)
{
    struct arena_mark start = arena_save(scratch);
    struct side of_a = measure_side(a, n, scratch), of_b = measure_side(b, n, scratch);
    struct cell *cells = arena_array(scratch, n + 1, sizeof *cells);
    double joint, common, expected = n > 1 ? of_a.pairs * of_b.pairs / pairs((double)n) : 0;
    double mean = (of_a.entropy + of_b.entropy) / 2, most = (of_a.pairs + of_b.pairs) / 2;
    size_t n_split;
    for (size_t i = 0; i < n; i++)
        cells[i] = (struct cell){ b[i], a[i] };
    qsort(cells, n, sizeof *cells, by_a_then_b);
    double together = sum_best(cells, n, &n_split);
    *out = (struct agreement){ .n = n,
                               .n_clusters = of_a.n_parts,
                               .n_labels = of_b.n_parts,
                               .nmi = n > 0,
                               .ari = n > 0,
                               .purity = n > 0 };
    if (n) {
        out->split = (double)n_split / (double)of_b.n_parts;
        out->outside = 1 - together / (double)n;
    }
    for (size_t i = 0; i < n; i++)
        cells[i] = (struct cell){ a[i], b[i] };
    qsort(cells, n, sizeof *cells, by_a_then_b);
    measure_joint(cells, n, &joint, &common);
    if (n)
        out->purity = sum_best(cells, n, &n_split) / (double)n;
    double information = of_a.entropy + of_b.entropy - joint;
    if (mean > 0)
        out->nmi = information > 0 ? information / mean : 0;
    if (fabs(most - expected) > 0)
        out->ari = (common - expected) / (most - expected);
    arena_rewind(scratch, start);
}
