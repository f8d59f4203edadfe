// SPDX-License-Identifier: Apache-2.0
// Planted corpora for `clio evaluate reconstruct` (paper, C.2), made by a grammar of templates and
// a seed: 20 ordinary and 18 concerning categories, six subcategories each (what is asked about the
// subject), 15 languages evenly, four tones and up to three more sentences. The grammar is
// src/evaluate/grammar.tsv; its texts name their subject plainly, which makes them easier than what
// people write. A model may write the messages instead, each out of what the grammar says in
// English.
#ifndef EVALUATE_PLANT_H
#define EVALUATE_PLANT_H

#include "base/arena.h"
#include "base/buf.h"

// As many as in the paper.
#define PLANT_ORDINARY 19476
#define PLANT_CONCERNING 19488

enum plant_kind { PLANT_KIND_ORDINARY, PLANT_KIND_CONCERNING };
struct planted {
    struct buf conversations; // JSON lines with id, user and text
    struct buf truth;         // TSV: conversation, topic, category, language
    struct buf texts;         // TSV for an oracle: category, topic, text, language, and
                              // the text in English, as the facets are to be answered
};
struct plant_text {
    struct str text;    // by the grammar, in its language; a writer puts its own in place, in `a`,
                        // or nothing (ptr NULL): then the conversation is left out
    struct str english; // by the grammar, the same in English
    struct str language;
    size_t category, aspect; // places in the grammar
};
struct plant_writer {
    struct str name; // for the header of the truth
    int (*write)(void *context, struct plant_text *texts, size_t n, struct arena *a,
                 struct err *err);
    void *context;
};
// n conversations, each of an account of its own, no text twice; ERR_USAGE when the grammar has not
// as many. `writer` NULL: the grammar writes. The caller releases the buffers.
int plant_corpus(enum plant_kind kind, size_t n, uint64_t seed, const struct plant_writer *writer,
                 struct planted *out, struct err *err) MUST_USE;
void planted_release(struct planted *planted);
// Writes ordinary.jsonl, ordinary.tsv, ordinary-texts.tsv and the same for concerning into `dir`,
// `n` conversations each (0: as many as in the paper).
int plant_files(const char *dir, size_t n, uint64_t seed, const struct plant_writer *writer,
                struct err *err) MUST_USE;

#endif
