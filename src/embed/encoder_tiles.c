// SPDX-License-Identifier: Apache-2.0
// The layers in bf16 by AMX's tiles. What goes from one product to the next is written in bf16 by
// the product itself or by the normalisation, so that no number is rounded in a pass of its own;
// only the tokens themselves (x) and what is added to them stay float32.
#include "embed/encoder_int.h"
#include "embed/kernel_tiles.h"

#include <math.h>
#include <string.h>

#define BEHIND ((size_t)16) // rows that attention may read behind the last text

bool encoder_tiles_can(const struct shape *s)
{
    return kernel_tiles_can(s->dims, s->n_heads) && tile_can(3 * s->dims, s->dims) &&
           tile_can(s->n_ffn, s->dims) && tile_can(s->dims, s->n_ffn);
}

int encoder_tiles_open_bench(struct bench *b, size_t longest, struct arena *a, struct err *err)
{
    const struct shape *s = &b->e->shape;
    size_t n = size_round_up(b->n, TILE_ROWS);
    size_t scratch = kernel_tiles_scratch(longest, s->dims / s->n_heads);
    size_t n_floats = 2 * n * s->dims, n_halves = (5 * n + 3 * BEHIND) * s->dims + n * s->n_ffn;
    char *room = arena_try(a, scratch + n_floats * sizeof(float) + n_halves * sizeof(uint16_t), 1,
                           "embedding", err);
    if (!room)
        return err->code;
    b->tile_scratch = room;
    b->x = (float *)(void *)(room + scratch);
    b->change = b->x + n * s->dims;
    b->x16 = (uint16_t *)(void *)(b->change + n * s->dims);
    b->mixed16 = b->x16 + n * s->dims;
    b->qkv16 = b->mixed16 + n * s->dims;
    b->wide16 = b->qkv16 + (3 * n + 3 * BEHIND) * s->dims;
    // Rows behind the tokens are multiplied with the rest of their block.
    size_t last = (n - TILE_ROWS) * s->dims, block = TILE_ROWS * s->dims * sizeof *b->x16;
    memset(b->x16 + last, 0, block);
    memset(b->mixed16 + last, 0, block);
    memset(b->qkv16 + 3 * n * s->dims, 0, 3 * BEHIND * s->dims * sizeof *b->x16);
    return 0;
}

void encoder_tiles_attend(const struct bench *b)
{
    const struct shape *s = &b->e->shape;
    struct tile_attention a = { .dims = s->dims,
                                .n_heads = s->n_heads,
                                .scratch = b->tile_scratch,
                                .scale = 1 / sqrtf((float)s->dims / (float)s->n_heads),
                                .bias = b->e->bias,
                                .bias_stride = 2 * s->max_tokens - 1,
                                .bias_zero = s->max_tokens - 1 };
    for (size_t i = 0; i < b->n_texts; i++) {
        size_t first = b->starts[i] - b->starts[0];
        a.n = b->starts[i + 1] - b->starts[i];
        a.qkv = b->qkv16 + first * 3 * s->dims;
        a.out = b->mixed16;
        a.first = first;
        kernel_tiles_attend(&a);
    }
}

// What `product` gives is added to the tokens, and they are normalised.
static void add_product(const struct bench *b, const struct tile_weights *product,
                        const uint16_t *from, const struct norm *norm)
{
    const struct shape *s = &b->e->shape;
    tile_run(product, from, b->n, TILE_FLOATS, b->change);
    kernel_tiles_add_norm(b->x, b->change, b->n, s->dims, norm->gain, norm->bias, s->eps, b->x16);
}

void encoder_tiles_run_attention(const struct bench *b, const struct layer *l)
{
    tile_run(l->qkv.tiles, b->x16, b->n, TILE_BF16, b->qkv16);
    encoder_tiles_attend(b);
    add_product(b, l->out.tiles, b->mixed16, &l->after_attention);
}

void encoder_tiles_run_ffn(const struct bench *b, const struct layer *l)
{
    tile_run(l->up.tiles, b->x16, b->n, TILE_GELU, b->wide16);
    add_product(b, l->down.tiles, b->wide16, &l->after_ffn);
}
