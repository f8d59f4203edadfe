// SPDX-License-Identifier: Apache-2.0
// A request is a list of at most BATCH texts as JSON; an answer is read by
// llm/provider_embeddings.c into lines of hexadecimal floats, a line a text.
#include "embed/embed_remote.h"

#include "base/json.h"
#include "embed/embedder_int.h"
#include "llm/dialect.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCH ((size_t)64)
#define MOST_TEXT_BYTES ((size_t)8000) // of one text; below what models take in any script
#define MOST_BATCH_BYTES (BATCH * (6 * MOST_TEXT_BYTES + 3)) // each byte may be an escape
#define PROBE "words"

struct remote {
    struct embedder embedder;
    struct llm_link *chain;
};

static int write_texts(struct buf *list, const struct str *texts, size_t n, struct err *err)
{
    int rc = buf_add_char(list, '[', err);
    for (size_t i = 0; !rc && i < n; i++) {
        struct str text = str_trim(str_head(texts[i], MOST_TEXT_BYTES));
        if (i)
            rc = buf_add_char(list, ',', err);
        if (!rc) // an empty text is refused by servers; a text cut within a letter is mended
            rc = json_put_str(list, text.len ? text : STR_LIT("-"), err);
    }
    return rc ? rc : buf_add_char(list, ']', err);
}

static int not_vectors(const struct remote *r, const char *what, struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE,
                   "the vectors of %s cannot be used: %s; check --embedder and --embeddings-url",
                   r->embedder.name, what);
}

// The lines of an answer into rows; *dims is set by the first one where it is 0.
static int read_rows(const struct remote *r, struct str text, size_t n, size_t *dims,
                     struct matrix *out, size_t first, struct err *err)
{
    struct str line;
    for (size_t i = 0; i < n; i++) {
        if (!str_cut(&text, '\n', &line) || line.len % EMBEDDING_DIGITS)
            return not_vectors(r, "there are not as many as texts", err);
        size_t found = line.len / EMBEDDING_DIGITS;
        if (!*dims)
            *dims = found;
        if (!found || found != *dims)
            return not_vectors(r, "their length changes", err);
        if (out)
            embedding_read(line, matrix_row(out, first + i));
    }
    return 0;
}

static int ask(struct remote *r, const struct llm_request *requests, size_t n, struct arena *a,
               struct llm_reply *replies, struct err *err)
{
    int rc = llm_ask(r->chain, requests, n, a, replies, err);
    for (size_t i = 0; !rc && i < n; i++)
        if (replies[i].stop == LLM_FAILED && replies[i].why &&
            strcmp(replies[i].why, WHY_UNREACHABLE) == 0)
            rc = err_set(err, ERR_TRY_AGAIN,
                         "the server gives no vectors now; what was made is kept, run the same "
                         "command again later");
        else if (replies[i].stop == LLM_FAILED)
            rc = not_vectors(r, replies[i].why ? replies[i].why : "no answer came", err);
    return rc;
}

static int encode(struct embedder *e, const struct str *texts, size_t n, struct matrix *out,
                  struct err *err)
{
    struct remote *r = (struct remote *)e;
    struct arena a = { 0 };
    size_t n_requests = (n + BATCH - 1) / BATCH;
    struct llm_request *requests = arena_zero_array(&a, n_requests + 1, sizeof *requests);
    struct llm_reply *replies = arena_zero_array(&a, n_requests + 1, sizeof *replies);
    struct buf list;
    int rc = 0;
    assert(out->n_rows == n && out->n_cols == e->dims);
    buf_init(&list, MOST_BATCH_BYTES, "texts of a request");
    for (size_t i = 0; !rc && i < n_requests; i++) {
        buf_clear(&list);
        rc = write_texts(&list, texts + i * BATCH, size_min(BATCH, n - i * BATCH), err);
        requests[i].prompt = raw_of(arena_str(&a, buf_view(&list)));
    }
    if (!rc)
        rc = ask(r, requests, n_requests, &a, replies, err);
    for (size_t i = 0; !rc && i < n_requests; i++)
        rc = read_rows(r, replies[i].text.s, size_min(BATCH, n - i * BATCH), &e->dims, out,
                       i * BATCH, err);
    if (!rc && matrix_normalize(out))
        rc = not_vectors(r, "one is nothing but zeros", err);
    if (!rc)
        rc = matrix_check_unit(out, "vectors of the server", err);
    buf_release(&list);
    arena_release(&a);
    return rc;
}

static void close_remote(struct embedder *e)
{
    struct remote *r = (struct remote *)e;
    llm_close(r->chain);
    free(r);
}

static int probe(struct remote *r, struct err *err)
{
    struct arena a = { 0 };
    struct llm_request request = { .prompt = raw_of(STR_LIT("[\"" PROBE "\"]")) };
    struct llm_reply reply = { 0 };
    int rc = ask(r, &request, 1, &a, &reply, err);
    if (!rc)
        rc = read_rows(r, reply.text.s, 1, &r->embedder.dims, NULL, 0, err);
    arena_release(&a);
    return rc;
}

int embedder_open_remote(struct embedder **out, const struct llm_remote_options *options,
                         struct err *err)
{
    struct remote *r = calloc(1, sizeof *r);
    struct llm_remote_options own = *options;
    if (!r)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    own.dialect = LLM_EMBEDDINGS;
    own.answers = NULL;
    r->embedder = (struct embedder){ .encode = encode, .close = close_remote };
    snprintf(r->embedder.name, sizeof r->embedder.name, "%.100s by a server", own.model);
    int rc = llm_open_remote(&r->chain, &own, err);
    if (!rc)
        rc = probe(r, err);
    if (rc) {
        close_remote(&r->embedder);
        return err_add(err, "embedder");
    }
    *out = &r->embedder;
    return 0;
}
