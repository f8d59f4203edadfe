// SPDX-License-Identifier: Apache-2.0
// What encoder.c, encoder_tiles.c and encoder_int8.c share. Private to embed/.
#ifndef EMBED_ENCODER_INT_H
#define EMBED_ENCODER_INT_H

#include "embed/encoder.h"
#include "vec/gemm.h"
#include "vec/quant.h"
#include "vec/quant16.h"
#include "vec/tile.h"

struct norm {
    float *gain, *bias;
};
// In int8 without tiles, the parts of a stacked product stand alone: each is smoothed for its own
// weights.
struct product {
    struct gemm_weights *gemm;  // or
    struct tile_weights *tiles; // or
    struct quant16_weights *quant16; // or
    struct quant_weights *quant[3];
    size_t n_quant, n_out; // n_out of each part
};
// In int8 by tiles: how the rows before a product are rounded, as measured (encoder_int8.c).
struct columns {
    float *middle, *inverse; // of each; inverse: how far they go from there, until weights are read
};
struct layer {
    struct product qkv, out, up, down;
    struct norm after_attention, after_ffn;
    struct columns before_qkv, before_up;
};
enum encoder_way {
    WAY_GEMM,       // oneDNN, quant16_weights or quant_weights
    WAY_TILES,      // bf16 by AMX's tiles, encoder_tiles.c; int8, while it is measured, too
    WAY_TILES_INT8, // encoder_int8.c
};
struct encoder {
    struct shape shape;
    const struct kernel *kernel;
    const struct tensor *words;
    float *places; // n_positions × dims; BERT: with the vector of segment 0 added
    struct norm first;
    struct layer *layers;
    enum encoder_products products;
    enum encoder_way way;
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
    // In int8: x, then what attention gives; what is between the wide products; how the rows of
    // what is multiplied next are rounded.
    int8_t *x8, *wide8;
    struct tile_row *rows;
};

// The layers by AMX's tiles: whether this CPU and these sizes allow it, room for a batch (all but
// x, which is there: rows for n in whole TILE_ROWS), and one layer: first up to the normalisation
// after attention, then the rest.
bool encoder_tiles_can(const struct shape *s);
int encoder_tiles_open_bench(struct bench *b, size_t longest, struct arena *a,
                             struct err *err) MUST_USE;
void encoder_tiles_attend(const struct bench *b); // from qkv16 to mixed16
void encoder_tiles_run_attention(const struct bench *b, const struct layer *l);
void encoder_tiles_run_ffn(const struct bench *b, const struct layer *l);

// The same in int8. What comes into a layer's products is measured first, on tokens drawn by chance
// that run through it in bf16: encoder_int8_measure needs the layer in tiles of bf16 and fills its
// columns.
struct measured;
bool encoder_int8_can(const struct shape *s);
int encoder_int8_start(struct measured **m, struct encoder *e, struct err *err) MUST_USE;
void encoder_int8_measure(struct measured *m, struct layer *l);
void encoder_int8_end(struct measured *m); // accepts NULL
// columns NULL: rows are what attention gives, or GELU.
int encoder_int8_pack(const struct columns *columns, const float *b, size_t n_out, size_t n_in,
                      const float *bias, struct tile_weights **w, struct err *err) MUST_USE;
int encoder_int8_open_bench(struct bench *b, size_t longest, struct arena *a,
                            struct err *err) MUST_USE;
void encoder_int8_first(const struct bench *b); // rounds x for the first layer
void encoder_int8_run_layer(const struct bench *b, const struct layer *l,
                            const struct layer *next); // NULL: there is none

// Word and place vectors of a batch's tokens, normalised, to x.
void encoder_look_up(const struct bench *b, const uint32_t *ids);

#endif
