// SPDX-License-Identifier: Apache-2.0
// A model of two layers, 16 numbers and 9 pieces, as bytes of a safetensors file, with one thing
// about it wrong: a number, or a tensor that is not there, or called otherwise. For tests of what a
// stranger's model directory can hold.
#ifndef TESTS_UNIT_MICRO_MODEL_H
#define TESTS_UNIT_MICRO_MODEL_H

#include "base/arena.h"

#include <stdio.h>

#define MICRO_VOCAB "[PAD]\n[UNK]\n[CLS]\n[SEP]\nplay\n##ing\nthe\n.\n##s\n"
#define MICRO_MPNET_VOCAB "<s>\n<pad>\n</s>\n[UNK]\nplay\n##ing\nthe\n.\n<mask>\n"

struct micro_fault {
    const char *tensor; // whose name holds this; NULL: nothing is wrong
    const char *rename; // "" leaves it out; NULL keeps its name
    float number;       // the tensor's last one, where it keeps its name
    bool all;           // every one
};

struct micro {
    char header[8192];
    float data[16384];
    size_t len, n;
    const struct micro_fault *fault;
};

static inline void micro_add(struct micro *m, const char *name, size_t n_rows, size_t n_cols)
{
    char shape[48];
    size_t n = (n_rows ? n_rows : 1) * n_cols;
    const struct micro_fault *f = m->fault;
    bool wrong = f && f->tensor && strstr(name, f->tensor);
    if (wrong && f->rename && !*f->rename)
        return;
    if (n_rows)
        snprintf(shape, sizeof shape, "%zu,%zu", n_rows, n_cols);
    else
        snprintf(shape, sizeof shape, "%zu", n_cols);
    m->len += (size_t)snprintf(m->header + m->len, sizeof m->header - m->len,
                               "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],"
                               "\"data_offsets\":[%zu,%zu]}",
                               m->len ? "," : "{", wrong && f->rename ? f->rename : name, shape,
                               m->n * sizeof *m->data, (m->n + n) * sizeof *m->data);
    for (size_t i = 0; i < n; i++)
        m->data[m->n + i] = wrong && f->all ? f->number : (float)((m->n + i) * 31 % 41) / 40 - 0.4F;
    m->n += n;
    if (wrong && !f->rename)
        m->data[m->n - 1] = f->number;
}

static inline void micro_add_pair(struct micro *m, size_t layer, const char *part, size_t n_rows,
                                  size_t n_cols)
{
    char name[96];
    snprintf(name, sizeof name, "encoder.layer.%zu.%s.weight", layer, part);
    micro_add(m, name, n_rows, n_cols);
    snprintf(name, sizeof name, "encoder.layer.%zu.%s.bias", layer, part);
    micro_add(m, name, 0, n_rows ? n_rows : n_cols);
}

// The bytes, in the arena. n_buckets: of MPNet's relative positions; 0 makes it BERT's. n_places:
// as many tokens a text has at most, of MPNet two less.
static inline struct str micro_model(struct arena *a, size_t n_buckets, size_t n_layers,
                                     size_t n_places, const struct micro_fault *fault)
{
    static const char *const parts[][2] = {
        { "attention.self.query", "attention.attn.q" },
        { "attention.self.key", "attention.attn.k" },
        { "attention.self.value", "attention.attn.v" },
        { "attention.output.dense", "attention.attn.o" },
    };
    struct micro *m = arena_zero(a, sizeof *m);
    bool mpnet = n_buckets;
    m->fault = fault;
    micro_add(m, "embeddings.word_embeddings.weight", 9, 16);
    micro_add(m, "embeddings.position_embeddings.weight", n_places, 16);
    if (!mpnet)
        micro_add(m, "embeddings.token_type_embeddings.weight", 2, 16);
    micro_add(m, "embeddings.LayerNorm.weight", 0, 16);
    micro_add(m, "embeddings.LayerNorm.bias", 0, 16);
    if (mpnet)
        micro_add(m, "encoder.relative_attention_bias.weight", n_buckets, 2);
    for (size_t i = 0; i < n_layers; i++) {
        for (size_t p = 0; p < COUNT_OF(parts); p++)
            micro_add_pair(m, i, parts[p][mpnet], 16, 16);
        micro_add_pair(m, i, mpnet ? "attention.LayerNorm" : "attention.output.LayerNorm", 0, 16);
        micro_add_pair(m, i, "intermediate.dense", 32, 16);
        micro_add_pair(m, i, "output.dense", 16, 32);
        micro_add_pair(m, i, "output.LayerNorm", 0, 16);
    }
    m->header[m->len++] = '}';
    uint64_t length = m->len;
    size_t n_bytes = m->n * sizeof *m->data;
    char *bytes = arena_alloc(a, sizeof length + m->len + n_bytes);
    memcpy(bytes, &length, sizeof length);
    memcpy(bytes + sizeof length, m->header, m->len);
    memcpy(bytes + sizeof length + m->len, m->data, n_bytes);
    return str_make(bytes, sizeof length + m->len + n_bytes);
}

#endif
