// SPDX-License-Identifier: Apache-2.0
// Weights for tile.c. Of int8, with x' = (x - middle) · inverse ≈ base + step · q, and
// b / inverse ≈ scale · v:
//
//     x · b = step · scale · Σ q v + base · scale · Σ v + middle · b
//
// where the last is the same for every row and goes into the bias.
#include "vec/isa.h"
#include "vec/round.h"
#include "vec/take.h"
#include "vec/tile_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEP (TILE_BYTES / sizeof(uint16_t)) // bf16 numbers of A's rows at a time
#define MOST_INT8 ((size_t)32768) // numbers of a row whose products do not leave int32

bool tile_can(size_t n_out, size_t n_in)
{
    return isa_has(ISA_AMX) && n_out > 0 && n_in > 0 && n_out % TILE_ROWS == 0 && n_in % STEP == 0;
}

bool tile_can_int8(size_t n_out, size_t n_in)
{
    return tile_can(n_out, n_in) && n_in % TILE_PIECE == 0 && n_in <= MOST_INT8;
}

static struct tile_weights *make(size_t n_out, size_t n_in, size_t item, bool is_int8)
{
    struct tile_weights *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    *w = (struct tile_weights){ .n_out = n_out, .n_in = n_in, .row_bytes = n_in * item };
    w->packed = take(n_out * n_in, item);
    w->bias = take(n_out, sizeof *w->bias);
    if (is_int8) {
        w->scale = take(n_out, sizeof *w->scale);
        w->sum = take(n_out, sizeof *w->sum);
    }
    if (w->packed && w->bias && (!is_int8 || (w->scale && w->sum)))
        return w;
    tile_weights_close(w);
    return NULL;
}

void tile_weights_close(struct tile_weights *w)
{
    if (!w)
        return;
    free(w->packed);
    free(w->bias);
    free(w->scale);
    free(w->sum);
    free(w);
}

// Column j of the tile: row j of b. Two numbers that follow each other stand side by side.
static void pack_tile(const float *b, size_t n_in, uint16_t *to)
{
    uint16_t row[STEP];
    for (size_t j = 0; j < TILE_SIDE; j++) {
        round_to_bf16(b + j * n_in, STEP, row);
        for (size_t k = 0; k < STEP; k++)
            to[k / 2 * STEP + 2 * j + k % 2] = row[k];
    }
}

int tile_weights_open(struct tile_weights **out, const float *b, size_t n_out, size_t n_in,
                      const float *bias, struct err *err)
{
    assert(tile_can(n_out, n_in));
    struct tile_weights *w = make(n_out, n_in, sizeof(uint16_t), false);
    if (!w)
        return err_set(err, ERR_UNAVAILABLE, "no memory for a matrix product");
    memcpy(w->bias, bias, n_out * sizeof *bias);
    uint16_t *to = w->packed;
    for (size_t j = 0; j < n_out; j += 2 * TILE_SIDE)
        for (size_t k = 0; k < n_in; k += STEP)
            for (size_t half = 0; half < 2; half++, to += TILE_SIZE / sizeof *to)
                pack_tile(b + (j + half * TILE_SIDE) * n_in + k, n_in, to);
    *out = w;
    return 0;
}

// Place of number k of row j of b: four that follow each other stand side by side.
static size_t place(const struct tile_weights *w, size_t j, size_t k)
{
    size_t block = j / TILE_ROWS * TILE_ROWS * w->n_in, half = j / TILE_SIDE % 2 * TILE_SIZE;
    return block + k / TILE_PIECE * 2 * TILE_SIZE + half + k % TILE_PIECE / 4 * TILE_BYTES +
           j % TILE_SIDE * 4 + k % 4;
}

static void pack_row(struct tile_weights *w, size_t j, const float *b, float bias,
                     const struct tile_rounding *r, float *smooth, int8_t *whole)
{
    int8_t *packed = w->packed;
    int32_t sum = 0;
    double middle = (double)bias;
    for (size_t k = 0; k < w->n_in; k++) {
        smooth[k] = r->inverse ? b[k] / r->inverse[k] : b[k];
        middle += r->middle ? (double)b[k] * (double)r->middle[k] : 0;
    }
    w->scale[j] = round_to_int8(smooth, w->n_in, whole);
    for (size_t k = 0; k < w->n_in; k++) {
        sum += whole[k];
        packed[place(w, j, k)] = whole[k];
    }
    w->bias[j] = (float)middle;
    w->sum[j] = w->scale[j] * (float)sum;
}

int tile_weights_open_int8(struct tile_weights **out, const float *b, size_t n_out, size_t n_in,
                           const float *bias, const struct tile_rounding *rounding, struct err *err)
{
    assert(tile_can_int8(n_out, n_in));
    struct tile_weights *w = make(n_out, n_in, sizeof(int8_t), true);
    float *smooth = take(n_in, sizeof *smooth);
    int8_t *whole = take(n_in, sizeof *whole);
    bool room = w && smooth && whole;
    for (size_t j = 0; j < n_out && room; j++)
        pack_row(w, j, b + j * n_in, bias[j], rounding, smooth, whole);
    free(smooth);
    free(whole);
    if (!room) {
        tile_weights_close(w);
        return err_set(err, ERR_UNAVAILABLE, "no memory for a matrix product");
    }
    *out = w;
    return 0;
}

void tile_plain_int8(const struct tile_weights *w, const int8_t *a, const struct tile_row *rows,
                     size_t n, float *c)
{
    const int8_t *packed = w->packed;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < w->n_out; j++) {
            const int8_t *row = a + tile_place(i, w->n_in);
            int32_t sum = 0;
            for (size_t k = 0; k < w->n_in; k++)
                sum += row[k / TILE_PIECE * TILE_ROWS * TILE_PIECE + k % TILE_PIECE] *
                       packed[place(w, j, k)];
            c[i * w->n_out + j] = fmaf((float)sum, rows[i].step * w->scale[j],
                                       fmaf(rows[i].base, w->sum[j], w->bias[j]));
        }
}
