// SPDX-License-Identifier: Apache-2.0
// A product in whole numbers that comes up to the floor is kept in a short list of the row. Float32
// products sort the list out, at the end or when it is full, and where two are too near to each
// other float64 decides. Where a second byte of each number is kept, products with that go before
// float32: a quarter of the memory is read, and one list in twenty is left, most of equal
// centroids.
#include "vec/assign_int.h"
#include "vec/dot.h"
#include "vec/round.h"

#include <math.h>

void assign_row_open(struct assign_row *s, float bound)
{
    s->floor = s->best = -INFINITY;
    s->bound = bound;
    s->n = s->n_sorted = 0;
    s->fresh = s->many = false;
}

float assign_row_rough(const struct assign_call *call, size_t i, uint32_t centroid)
{
    const struct assigner *as = call->as;
    return dot_rough(matrix_row(as->x, i), matrix_row(&as->centered, centroid), as->x->n_cols);
}

void assign_row_raise(const struct assign_call *call, struct assign_row *s, size_t i, float rough)
{
    if (rough <= s->best)
        return;
    s->best = rough;
    double least =
        ((double)rough - call->slack) / (double)call->as->row_scale[i] - (double)s->bound;
    s->floor = fmaxf(s->floor, (float)(least - 1e-6 * fabs(least)));
}

// Keeps of the list what may be nearest by float32 products.
static void sort_out(const struct assign_call *call, struct assign_row *s, size_t i)
{
    uint32_t n = 0;
    for (uint32_t j = 0; j < s->n; j++) {
        if (j >= s->n_sorted && s->rounded[j] < s->floor)
            continue;
        float rough = j < s->n_sorted ? s->rough[j] : assign_row_rough(call, i, s->list[j]);
        assign_row_raise(call, s, i, rough);
        s->list[n] = s->list[j];
        s->rough[n++] = rough;
    }
    uint32_t n_left = 0;
    for (uint32_t j = 0; j < n; j++)
        if ((double)s->rough[j] >= (double)s->best - 2 * call->slack) {
            s->list[n_left] = s->list[j];
            s->rough[n_left++] = s->rough[j];
        }
    s->n = s->n_sorted = n_left;
}

// The error of a product of what both roundings gave, in units of the row's scale; what rounding
// left of one times what it left of the other is not multiplied.
static double rest_bound(const struct assign_call *call, size_t i)
{
    const struct assigner *as = call->as;
    double half = 1.01 * sqrt((double)as->x->n_cols) / (2 * ROUND_FINER);
    double length = (double)as->length[i] + half, residue = (double)as->residue[i];
    double rounding = (double)(as->x->n_cols + 8) * 0x1p-23;
    return 1.0001 * (half * call->length + length * half * call->scale +
                     (residue + half) * (call->residue + half * call->scale) +
                     rounding * length * (call->length + call->residue));
}

// Keeps of the list what may be nearest by what is known of twice as many bits.
static void refine(const struct assign_call *call, struct assign_row *s, size_t i)
{
    const struct assigner *as = call->as;
    size_t d = as->x->n_cols;
    float best = -INFINITY;
    uint32_t n = 0;
    for (uint32_t j = 0; j < s->n; j++) {
        if (s->rounded[j] < s->floor)
            continue;
        size_t c = s->list[j];
        int32_t more = dot_int8(as->rounded + i * d, as->rest_of_centroids + c * d, d) +
                       dot_int8(as->rest + i * d, as->rounded_centroids + c * d, d);
        s->list[n] = s->list[j];
        s->rounded[n] = s->rounded[j] + (float)more / ROUND_FINER * as->scale[c];
        best = s->rounded[n] > best ? s->rounded[n] : best;
        n++;
    }
    s->n = n;
    s->floor = nextafterf((float)((double)best - 2.0001 * rest_bound(call, i)), -INFINITY);
    n = 0;
    for (uint32_t j = 0; j < s->n; j++)
        if (s->rounded[j] >= s->floor) {
            s->list[n] = s->list[j];
            s->rounded[n++] = s->rounded[j];
        }
    s->n = n;
}

void assign_row_keep(const struct assign_call *call, struct assign_row *s, size_t i,
                     uint32_t centroid, float product)
{
    if ((double)product * (double)call->as->row_scale[i] > (double)s->best && s->fresh)
        assign_row_raise(call, s, i, assign_row_rough(call, i, centroid));
    s->floor = fmaxf(s->floor, nextafterf(product - 2.0002F * s->bound, -INFINITY));
    if (s->n == ASSIGN_LISTED)
        sort_out(call, s, i);
    if (s->n == ASSIGN_LISTED) {
        s->many = true;
        return;
    }
    s->rounded[s->n] = product;
    s->list[s->n++] = centroid;
}

void assign_row_fetch(const struct assign_call *call, const struct assign_row *s, size_t i)
{
    const struct assigner *as = call->as;
    size_t n_bytes = as->x->n_cols * sizeof(float), d = as->x->n_cols;
    if (as->rest) {
        if (s->n > 1)
            dot_fetch(as->rest + i * d, d);
        for (size_t j = 0; j < size_min(s->n, 3) && s->n > 1; j++) {
            dot_fetch(as->rounded_centroids + s->list[j] * d, d);
            dot_fetch(as->rest_of_centroids + s->list[j] * d, d);
        }
        return;
    }
    if (s->n > 1)
        dot_fetch(matrix_row(as->x, i), n_bytes);
    for (size_t j = 0; j < size_min(s->n, 3) && s->n > 1; j++)
        dot_fetch(matrix_row(&as->centered, s->list[j]), n_bytes);
}

uint32_t assign_row_close(const struct assign_call *call, struct assign_row *s, size_t i,
                          struct assign_desk *desk)
{
    size_t n = 0;
    if (!isfinite(s->bound)) // a row of zeros is as near to all
        return 0;
    if (s->n > 1 && call->as->rest && !s->many && !s->n_sorted)
        refine(call, s, i);
    if (s->n > 1 && !s->many)
        sort_out(call, s, i);
    if (s->n == 1 && !s->many)
        return s->list[0];
    for (uint32_t c = 0; s->many && c < call->as->k; c++)
        desk->candidates[n++] = c;
    for (uint32_t j = 0; j < s->n && !s->many; j++)
        desk->candidates[n++] = s->list[j];
    return assign_decide(call, matrix_row(call->as->x, i), desk, n);
}
