// SPDX-License-Identifier: Apache-2.0
// For bench/growth.sh only: takes the place of embed/embedder.c when the program clio_words is
// linked. A text's vector is the sum of those of its words, each drawn from a hash of the word, so
// texts that share words stand together, as with a model, and a million of them take seconds: what
// comes behind the vectors can be measured on any machine. There is no such switch in clio.
#include "base/hash.h"
#include "base/minhash.h"
#include "embed/embedder.h"
#include "phrase/phrase_int.h"

// Only how one is opened is another; the rest of embedder.c goes by what was opened.
int embedder_open_model(struct embedder **e, const char *dir, enum embedder_precision precision,
                        struct pool *pool, struct err *err);
#define embedder_open embedder_open_model
#include "../src/embed/embedder.c"
#undef embedder_open

#define DIMS ((size_t)384)
#define WEAK 0.25F // weight of words that carry no subject

static void add_word(struct str word, float weight, float *row)
{
    uint64_t state = hash_text(word);
    for (size_t j = 0; j < DIMS; j += 64) { // a sign a bit (splitmix64)
        uint64_t bits = mix_bits(state += 0x9E3779B97F4A7C15U);
        for (size_t b = 0; b < 64; b++)
            row[j + b] += bits >> b & 1 ? weight : -weight;
    }
}

static int encode(struct embedder *e, const struct str *texts, size_t n, struct matrix *out,
                  bool *has, struct err *err)
{
    (void)e, (void)has, (void)err;
    memset(out->data, 0, n * DIMS * sizeof *out->data);
    for (size_t i = 0; i < n; i++) {
        struct words words = words_of(texts[i]);
        struct word word;
        add_word(str_of(""), WEAK, matrix_row(out, i)); // so that no row is empty
        while (words_next(&words, &word))
            add_word(word.text, word_kind(word.text) == WORD_CONTENT ? 1 : WEAK,
                     matrix_row(out, i));
    }
    matrix_normalize(out);
    return 0;
}

static void close_embedder(struct embedder *e)
{
    free(e);
}

int embedder_open(struct embedder **e, const char *dir, enum embedder_precision precision,
                  struct pool *pool, struct err *err)
{
    (void)dir, (void)precision, (void)pool;
    *e = calloc(1, sizeof **e);
    if (!*e)
        return err_set(err, ERR_UNAVAILABLE, "no memory");
    **e = (struct embedder){ encode, close_embedder, DIMS, 0, "words" };
    return 0;
}
