// SPDX-License-Identifier: Apache-2.0
// What encoder.c and encoder_tiles.c share. Private to embed/.
#ifndef EMBED_ENCODER_INT_H
#define EMBED_ENCODER_INT_H

#include "embed/encoder.h"
#include "vec/gemm.h"
#include "vec/quant.h"
#include "vec/tile.h"

struct norm {
    float *gain, *bias;
};
// In int8, the parts of a stacked product stand alone: each is smoothed for its own weights.
struct product {
    struct gemm_weights *gemm;  // or
    struct tile_weights *tiles; // or
    struct quant_weights *quant[3];
    size_t n_quant, n_out; // n_out of each part
};
struct layer {
    struct product qkv, out, up, down;
    struct norm after_attention, after_ffn;
};
struct encoder {
    struct shape shape;
    const struct kernel *kernel;
    const struct tensor *words;
    float *places; // n_positions × dims; BERT: with the vector of segment 0 added
    struct norm first;
    struct layer *layers;
    enum encoder_products products;
    bool tiled;  // bf16 by AMX's tiles, encoder_tiles.c
    float *bias; // MPNet: n_heads × (2·max_tokens - 1), by distance
    struct arena arena;
};

// What one batch works on, all in the scratch arena.
struct bench {
    const struct encoder *e;
    const size_t *starts;
    size_t n_texts, n; // n tokens
    float *x;          // n × dims, the tokens
    float *qkv;        // n × 3·dims
    float *mixed;      // n × dims, what attention gives
    float *change;     // n × dims, what a part of the layer adds to x
    float *wide;       // ffn_rows × n_ffn
    float *keys;       // attention's scratch
    void *rounded;     // of int8 products
    size_t ffn_rows;
    // Where tiles multiply: bf16 in the place of floats; there is no `rounded`.
    uint16_t *x16, *qkv16, *mixed16, *wide16;
    void *tile_scratch;
};

// The layers by AMX's tiles: whether this CPU and these sizes allow it, room for a batch (all but
// x, which is there: rows for n in whole TILE_ROWS), and one layer.
bool encoder_tiles_can(const struct shape *s);
int encoder_tiles_open_bench(struct bench *b, size_t longest, struct arena *a,
                             struct err *err) MUST_USE;
void encoder_tiles_run_layer(const struct bench *b, const struct layer *l);

#endif
