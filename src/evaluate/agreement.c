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

void agreement_measure(const uint32_t *a, const uint32_t *b, size_t n, struct arena *scratch,
                       struct agreement *out)
{
    struct arena_mark start = arena_save(scratch);
    struct side of_a = measure_side(a, n, scratch), of_b = measure_side(b, n, scratch);
    struct cell *cells = arena_array(scratch, n + 1, sizeof *cells);
    double joint = 0, common = 0, pure = 0, best = 0;
    for (size_t i = 0; i < n; i++)
        cells[i] = (struct cell){ a[i], b[i] };
    qsort(cells, n, sizeof *cells, by_a_then_b);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first; end < n && by_a_then_b(&cells[end], &cells[first]) == 0;)
            end++;
        double size = (double)(end - first), share = size / (double)n;
        joint -= share * log(share);
        common += pairs(size);
        best = first && cells[first - 1].a == cells[first].a ? fmax(best, size) : size;
        if (end == n || cells[end].a != cells[first].a)
            pure += best;
    }
    double information = of_a.entropy + of_b.entropy - joint;
    double mean = (of_a.entropy + of_b.entropy) / 2;
    double expected = n > 1 ? of_a.pairs * of_b.pairs / pairs((double)n) : 0;
    double most = (of_a.pairs + of_b.pairs) / 2;
    *out = (struct agreement){ n, of_a.n_parts, of_b.n_parts, 1, 1, n ? pure / (double)n : 1 };
    if (mean > 0)
        out->nmi = information > 0 ? information / mean : 0;
    if (fabs(most - expected) > 0)
        out->ari = (common - expected) / (most - expected);
    arena_rewind(scratch, start);
}
