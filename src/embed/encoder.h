// SPDX-License-Identifier: Apache-2.0
// The layers of a BERT-type encoder (Devlin et al. 2018; MPNet: Song et al. 2020) over packed
// tokens: texts stand one behind the other without padding. Private to embed/.
#ifndef EMBED_ENCODER_H
#define EMBED_ENCODER_H

#include "base/arena.h"
#include "embed/kernel.h"
#include "embed/shape.h"

struct encoder;
// FP32 and BF16 of vec/gemm.h, INT16 of vec/quant16.h, INT8 of vec/quant.h; where AMX is, BF16 and
// INT8 of vec/tile.h.
enum encoder_products { ENCODER_FP32, ENCODER_BF16, ENCODER_INT16, ENCODER_INT8 };

// `weights` stays the caller's and must outlive the encoder: word vectors are read from it.
int encoder_open(struct encoder **e, const struct shape *shape, const struct weights *weights,
                 enum encoder_products products, struct err *err) MUST_USE;
void encoder_close(struct encoder *e); // accepts NULL

// Tokens of n texts, text i at ids[starts[i]] … ids[starts[i + 1]], at most max_tokens each. out: n
// rows of unit vectors, rows `stride` floats apart. Several threads may use one encoder, each with
// its own scratch (left as it was).
int encoder_run(const struct encoder *e, const uint32_t *ids, const size_t *starts, size_t n,
                struct arena *scratch, float *out, size_t stride, struct err *err) MUST_USE;

#endif
