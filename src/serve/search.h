// SPDX-License-Identifier: Apache-2.0
// Search by meaning: the groups whose released words lie nearest to a question. Their vectors are
// made anew from what the atlas shows (title and phrases) and kept in memory only; no vector
// is read from a file or handed out. Private to serve/.
#ifndef SERVE_SEARCH_H
#define SERVE_SEARCH_H

#include "serve/serve.h"

#define SEARCH_MOST_QUERY 400 // bytes of a question that are read
#define SEARCH_MOST_TREES 6

struct search {
    const struct serve_meaning *meaning; // NULL: no embedder, every answer says so
    const char *atlas_path;
    int64_t inode, modified_ns; // of the atlas the vectors were made from
    struct arena arena;         // of the texts and what follows
    int64_t *id;
    unsigned char *tree; // which one each is of: 0, 1 …
    struct str *texts;
    size_t n, n_done;
    float *vectors; // n × meaning->n_dims, unit rows
    bool broken;    // the embedder failed; not tried again for this atlas
};
// A zeroed struct with meaning and atlas_path set is ready.

// A little of the work when the atlas is new: reads it, or embeds the next texts. *busy tells
// whether more is to do.
int search_prepare(struct search *search, bool *busy, struct err *err) MUST_USE;
// {"able":true,"ready":true,"hits":[[id,cosine],…]}, best first, at most 20 of each tree, none
// below a cosine of 0.25. able is false without an embedder, ready while vectors are made; then
// there are no hits.
int search_answer(struct search *search, struct str query, struct buf *out,
                  struct err *err) MUST_USE;
void search_release(struct search *search);

#endif
