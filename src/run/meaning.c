// SPDX-License-Identifier: Apache-2.0
#include "run/meaning.h"

#include "embed/embedder.h"
#include "run/model_path.h"

#include <stdlib.h>

struct meaning {
    struct embedder *embedder;
};

// One thread: the server answers readers on another, and a question is one short text.
int meaning_open(struct meaning **out, const struct config *config, struct err *err)
{
    struct arena a = { 0 };
    struct str path;
    struct meaning *m = calloc(1, sizeof *m);
    int rc = m ? 0 : err_set(err, ERR_TRY_AGAIN, "out of memory");
    if (!rc)
        rc = model_path_embedder(&a, config, &path, err);
    if (!rc)
        rc = embedder_open(&m->embedder, path.ptr, EMBEDDER_AUTO, NULL, err);
    arena_release(&a);
    if (rc) {
        meaning_close(m);
        return rc;
    }
    *out = m;
    return 0;
}

void meaning_close(struct meaning *m)
{
    if (!m)
        return;
    embedder_close(m->embedder);
    free(m);
}

size_t meaning_dims(const struct meaning *m)
{
    return embedder_dims(m->embedder);
}

int meaning_encode(void *meaning, const struct str *texts, size_t n, float *out, struct err *err)
{
    const struct meaning *m = meaning;
    struct arena a = { 0 };
    struct matrix x;
    size_t d = meaning_dims(m);
    int rc = matrix_make(&x, n, d, &a, "the vectors of titles", err);
    if (!rc)
        rc = embedder_encode(m->embedder, texts, n, &x, err);
    for (size_t i = 0; !rc && i < n; i++)
        memcpy(out + i * d, matrix_row(&x, i), d * sizeof *out);
    arena_release(&a);
    return rc;
}
