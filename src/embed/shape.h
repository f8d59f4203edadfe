// SPDX-License-Identifier: Apache-2.0
// What kind of encoder a model directory holds. Sizes come from the tensors themselves; what
// tensors cannot tell (heads, epsilon, longest sequence, pooling) from config.json,
// sentence_bert_config.json and 1_Pooling/config.json, and where a file is not there from what the
// family's well-known models have. What these, tokenizer_config.json or modules.json tell and is
// not done here (another activation, number of layers or pooling, a step behind it, a vocabulary
// with capitals) is refused.
//   BERT   12 heads for 384 and 768 numbers (else heads of 64), epsilon 1e-12, 256 tokens, mean
//   MPNet  heads by the relative positions' tensor, epsilon 1e-5, 384 tokens, mean
// Private to embed/.
#ifndef EMBED_SHAPE_H
#define EMBED_SHAPE_H

#include "embed/weights.h"

struct shape {
    bool mpnet;
    bool pool_first; // the vector is that of the first token, not the mean
    size_t n_layers, dims, n_heads, n_ffn, n_vocab, n_positions;
    size_t n_buckets;  // MPNet: of relative positions
    size_t max_tokens; // with the two special tokens
    float eps;
    char prefix[16]; // before every tensor's name: "", "bert." or "mpnet."
};

// ERR_DATA names the file and what this encoder cannot do.
int shape_read(struct shape *shape, const char *dir, const struct weights *weights,
               struct err *err) MUST_USE;
// Name of a tensor of layer i (or outside layers: SIZE_MAX), in a buffer of the caller.
#define SHAPE_NAME 96
const char *shape_name(const struct shape *shape, size_t i_layer, const char *part,
                       char name[SHAPE_NAME]);

#endif
