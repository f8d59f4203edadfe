// SPDX-License-Identifier: Apache-2.0
// Text -> unit vector. Our own encoder for BERT-type sentence models (all-MiniLM-L6-v2,
// all-mpnet-base-v2) read from a directory with model.safetensors and vocab.txt.
#ifndef EMBED_EMBEDDER_H
#define EMBED_EMBEDDER_H

#include "base/pool.h"
#include "vec/matrix.h"

struct embedder;
// AUTO: bf16 where it is fast, else int16 (vec/quant16.h) where that is, else fp32: all as exact.
// INT8 (vec/quant.h, with AMX vec/tile.h) is the fastest, and less exact.
enum embedder_precision {
    EMBEDDER_AUTO,
    EMBEDDER_FP32,
    EMBEDDER_BF16,
    EMBEDDER_INT16,
    EMBEDDER_INT8
};
enum embedder_precision embedder_precision_of(const char *name);  // "int16"; AUTO where unknown
const char *embedder_products(enum embedder_precision precision); // the name of what is taken here

// By a server: embed_remote.h.
// ERR_NO_INPUT or ERR_DATA names the file and what is wrong. The pool is borrowed.
int embedder_open(struct embedder **e, const char *dir, enum embedder_precision precision,
                  struct pool *pool, struct err *err) MUST_USE;
void embedder_close(struct embedder *e); // accepts NULL
size_t embedder_dims(const struct embedder *e);
// "all-MiniLM-L6-v2 bf16 53aa5117…": model, precision and the start of the weights' sha256.
const char *embedder_name(const struct embedder *e);
// out: n × dims, unit rows. Texts are cut at the model's longest sequence. The same text gives the
// same vector whatever stands beside it and however many threads work. An empty text gives the
// vector of [CLS][SEP], as the reference does.
int embedder_encode(struct embedder *e, const struct str *texts, size_t n, struct matrix *out,
                    struct err *err) MUST_USE;
// The same where a server's ceiling of money or time may end it: with ERR_BUDGET has[i] says
// whether text i has its vector, and these are the rows of out, in the order of the texts; n_rows
// is less.
int embedder_encode_some(struct embedder *e, const struct str *texts, size_t n, struct matrix *out,
                         bool *has, struct err *err) MUST_USE;
// The same for a list that is public, which a file then keeps (kept_vectors.h): the same bits, and
// fast from the second time on. Never for what derives from a conversation.
int embedder_encode_public(struct embedder *e, const struct str *texts, size_t n,
                           struct matrix *out, struct err *err) MUST_USE;

// Floating-point operations of the products that these texts take, attention included; 0 where a
// server makes the vectors.
double embedder_flop(struct embedder *e, const struct str *texts, size_t n);

// Tokens of the texts until now, as a server counts them, kept vectors included; 0 in process.
int64_t embedder_tokens(const struct embedder *e); // accepts NULL

#endif
