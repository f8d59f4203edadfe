// SPDX-License-Identifier: Apache-2.0
// Inside an embedder: what its two kinds have in common. Each kind's own struct begins with it.
#ifndef EMBED_EMBEDDER_INT_H
#define EMBED_EMBEDDER_INT_H

#include "embed/embedder.h"

struct embedder {
    // has: as for embedder_encode_some, or NULL.
    int (*encode)(struct embedder *e, const struct str *texts, size_t n, struct matrix *out,
                  bool *has, struct err *err);
    void (*close)(struct embedder *e);
    size_t dims;
    int64_t n_tokens; // that a server counted for the texts until now
    char name[160];
};

#endif
