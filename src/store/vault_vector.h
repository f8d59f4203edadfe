// SPDX-License-Identifier: Apache-2.0
// The vectors of facet values: blocks in the order of seq, written by the stage embed, read by
// cluster and what comes after. Vectors have unit length; all blocks have the same width.
#ifndef STORE_VAULT_VECTOR_H
#define STORE_VAULT_VECTOR_H

#include "base/limits.h"
#include "store/vault.h"
#include "vec/matrix.h"

// Conversations a block. Block i holds the facet values number i·ROWS … in the order of seq, so
// that an interruption cannot move a boundary. Only the last block may be shorter; when values come
// behind it (`clio append`), it is filled up in one transaction before another is begun.
#define VAULT_VECTOR_ROWS LIMIT_STAGE_BATCH

struct vault_vectors {
    struct matrix vectors; // n_rows × dims; n_rows 0 and data NULL when nothing was embedded
    int64_t *seq;          // of each row, rising; conversation.seq
};

int vault_count_vectors(struct vault *vault, size_t *n, struct err *err) MUST_USE;
// All vectors into the arena. ERR_UNAVAILABLE names need and allowance, before anything is
// allocated, when they take more than max_bytes (0 = what the machine gives) or memory is gone.
// ERR_DATA when a block is damaged.
int vault_load_vectors(struct vault *vault, size_t max_bytes, struct arena *a,
                       struct vault_vectors *out, struct err *err) MUST_USE;

// One block of vectors, 0, 1, 2 …, into the arena: for whoever needs them once, in constant
// memory. n_rows 0 when there is no such block.
int vault_load_vector_block(struct vault *vault, int64_t i_block, struct arena *a,
                            struct vault_vectors *out, struct err *err) MUST_USE;

// For the stage embed -------------------------------------------------------------------------

struct vault_vector_texts {
    struct str *texts;    // facet values, in the arena
    struct str *openings; // of the same conversations: the facet opening, len 0 where it is not
    struct str *languages; // their facet language, len 0 where it is not
    int64_t *seq;         // rising
    size_t n;
};
// The next values of `facet` with seq > after, at most max_n <= VAULT_VECTOR_ROWS of them.
int vault_read_vector_texts(struct vault *vault, const char *facet, int64_t after, size_t max_n,
                            struct arena *a, struct vault_vector_texts *out,
                            struct err *err) MUST_USE;
// How many values `facet` has with seq <= last: what will be embedded in the end.
int vault_count_vector_texts(struct vault *vault, const char *facet, int64_t last, int64_t *n,
                             struct err *err) MUST_USE;
// Where to go on: the number of blocks there, the rows in them, the last seq in them (0: none).
int vault_find_vector_end(struct vault *vault, int64_t *n_blocks, int64_t *n_rows,
                          int64_t *last_seq, struct err *err) MUST_USE;
// Adds block i_block or puts it in place of the one that is there.
int vault_add_vector_block(struct vault *vault, int64_t i_block, const int64_t *seq,
                           const struct matrix *vectors, struct err *err) MUST_USE;
int vault_drop_vectors(struct vault *vault, struct err *err) MUST_USE; // and subjects; all of them
// Values of n conversations are about to change (seqs rising, n ≥ 1), in the tree in place: takes
// away vectors and subjects from the first of them on, and which clusters they are in, and notes
// that embed and cluster have work. In a transaction of its own.
int vault_take_back(struct vault *vault, const int64_t *seqs, size_t n, struct err *err) MUST_USE;
// The subject that the vector of `seq` is nearest to.
int vault_put_subject(struct vault *vault, int64_t seq, struct str value, struct err *err) MUST_USE;
// Conversations with a value of `facet` whose language facet is known and not English.
int vault_count_not_english(struct vault *vault, const char *facet, int64_t *n,
                            struct err *err) MUST_USE;

#endif
