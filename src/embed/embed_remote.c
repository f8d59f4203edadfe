// SPDX-License-Identifier: Apache-2.0
// A text that has a vector in the file of vectors is not asked about. The others go out in lists of
// at most BATCH texts as JSON; an answer is read by llm/provider_embeddings.c into lines of
// hexadecimal floats, a line a text, and each line is kept by itself: the digest is of the model
// and one text, so it does not matter in which list a text stood.
#include "embed/embed_remote.h"

#include "base/json.h"
#include "base/map.h"
#include "embed/embedder_int.h"
#include "llm/dialect.h"
#include "llm/remote_int.h"

#include <stdio.h>
#include <stdlib.h>

#define BATCH ((size_t)64)
#define MOST_TEXT_BYTES ((size_t)8000) // of one text; below what models take in any script
#define MOST_BATCH_BYTES (BATCH * (6 * MOST_TEXT_BYTES + 3)) // each byte may be an escape
#define PROBE "words"

struct by_server {
    struct embedder embedder;
    struct llm_link *chain; // NULL: only what is kept
    struct call_link *kept; // vectors by model and text
    struct llm_spend of_kept;
    char *model;
};

// Texts on their way to vectors.
struct texts {
    struct arena *a;
    struct llm_request *requests; // one a text
    struct llm_reply *lines;
    struct call *calls;
    size_t *same_as, *missing; // the first that is the same; those of them to be asked about
    size_t n, n_missing;
};

// What is sent for a text: an empty one is refused by servers; json_put_str mends a cut letter.
static struct str text_to_send(struct str text)
{
    text = str_trim(str_head(text, MOST_TEXT_BYTES));
    return text.len ? text : STR_LIT("-");
}

static int write_texts(struct buf *list, const struct texts *t, size_t first, size_t n,
                       struct err *err)
{
    int rc = buf_add_char(list, '[', err);
    for (size_t i = 0; !rc && i < n; i++) {
        if (i)
            rc = buf_add_char(list, ',', err);
        if (!rc)
            rc = json_put_str(list, t->requests[t->missing[first + i]].prompt.s, err);
    }
    return rc ? rc : buf_add_char(list, ']', err);
}

static int not_vectors(const struct by_server *r, const char *what, struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE,
                   "the vectors of %s cannot be used: %s; check --embedder and --embeddings-url",
                   r->embedder.name, what);
}

// A line as a row of n_cols numbers, or checked alone where row is NULL.
static int read_row(struct by_server *r, struct str line, float *row, struct err *err)
{
    size_t found = line.len / EMBEDDING_DIGITS;
    if (!r->embedder.dims)
        r->embedder.dims = found;
    if (!found || found != r->embedder.dims || line.len % EMBEDDING_DIGITS)
        return not_vectors(r, "their length changes", err);
    if (row)
        embedding_read(line, row);
    return 0;
}

static bool is_nothing(struct str line)
{
    for (size_t i = 0; i < line.len; i++) // minus zero is one, too
        if (line.ptr[i] != '0' && (line.ptr[i] != '8' || i % EMBEDDING_DIGITS))
            return false;
    return true;
}

// The answer to a list of n texts: its lines are checked and kept. What it took is shared out.
static int take_list(struct by_server *r, struct texts *t, size_t first, size_t n,
                     const struct llm_reply *reply, struct err *err)
{
    struct str text = reply->text.s, line;
    struct heard heard = { .kind = HEARD_ANSWER };
    enum call_fate fate = CALL_ON;
    int rc = 0, share = reply->n_prompt_tokens / (int)n;
    for (size_t i = 0; !rc && i < n; i++) {
        struct call *call = &t->calls[t->missing[first + i]];
        if (!str_cut(&text, '\n', &line))
            return not_vectors(r, "there are not as many as texts", err);
        rc = read_row(r, line, NULL, err);
        if (!rc && is_nothing(line))
            rc = not_vectors(r, "one is nothing but zeros", err);
        *call->reply = (struct llm_reply){ .text = raw_of(line) };
        call->reply->n_prompt_tokens = share + ((int)i < reply->n_prompt_tokens % (int)n);
        if (!rc)
            rc = r->kept->after(r->kept, call, &heard, &fate, err);
    }
    return rc;
}

static int no_answer(const struct by_server *r, const struct llm_reply *reply, struct err *err)
{
    if (reply->why && strcmp(reply->why, WHY_UNREACHABLE) == 0)
        return err_set(err, ERR_TRY_AGAIN,
                       "the server gives no vectors now; what was made is kept, run the same "
                       "command again later");
    return not_vectors(r, reply->why ? reply->why : "no answer came", err);
}

// Asks for those that are missing. Lists that were answered are kept, also when another was not.
static int ask_missing(struct by_server *r, struct texts *t, struct err *err)
{
    size_t n_lists = (t->n_missing + BATCH - 1) / BATCH;
    struct llm_request *requests = arena_zero_array(t->a, n_lists, sizeof *requests);
    struct llm_reply *replies = arena_zero_array(t->a, n_lists, sizeof *replies);
    struct buf list;
    int rc = 0;
    buf_init(&list, MOST_BATCH_BYTES, "texts of a request");
    for (size_t i = 0; !rc && i < n_lists; i++) {
        buf_clear(&list);
        rc = write_texts(&list, t, i * BATCH, size_min(BATCH, t->n_missing - i * BATCH), err);
        requests[i].prompt = raw_of(arena_str(t->a, buf_view(&list)));
    }
    buf_release(&list);
    if (rc)
        return rc;
    rc = llm_ask(r->chain, requests, n_lists, t->a, replies, err);
    for (size_t i = 0; i < n_lists; i++) {
        struct err why = { 0 };
        int code = replies[i].stop == LLM_FAILED
                       ? no_answer(r, &replies[i], &why)
                       : take_list(r, t, i * BATCH, size_min(BATCH, t->n_missing - i * BATCH),
                                   &replies[i], &why);
        // At a ceiling the lists that are missing are no fault; an answer that is wrong is one.
        if (code && (!rc || (rc == ERR_BUDGET && replies[i].stop != LLM_FAILED))) {
            rc = code;
            *err = why;
        }
    }
    return rc;
}

// Looks the texts up; equal ones are asked about once.
static int look_up(struct by_server *r, struct texts *t, const struct str *texts, struct err *err)
{
    struct map keys = { 0 };
    int rc = 0;
    t->requests = arena_zero_array(t->a, t->n + 1, sizeof *t->requests);
    t->lines = arena_zero_array(t->a, t->n + 1, sizeof *t->lines);
    t->calls = arena_zero_array(t->a, t->n + 1, sizeof *t->calls);
    t->same_as = arena_array(t->a, t->n + 1, sizeof *t->same_as);
    t->missing = arena_array(t->a, t->n + 1, sizeof *t->missing);
    for (size_t i = 0; !rc && i < t->n; i++) {
        struct call *call = &t->calls[i];
        enum call_fate fate = CALL_ON;
        bool is_new;
        t->requests[i].prompt = raw_of(text_to_send(texts[i]));
        *call = (struct call){ .request = &t->requests[i], .reply = &t->lines[i], .a = t->a };
        remote_make_key(r->model, NULL, call);
        size_t place = map_add(&keys, str_of(call->key), i, &is_new);
        t->same_as[i] = (size_t)keys.entries[place].value;
        if (is_new)
            rc = r->kept->before(r->kept, call, &fate, err);
        if (is_new && fate == CALL_ON)
            t->missing[t->n_missing++] = i;
    }
    map_release(&keys);
    return rc;
}

// The vectors that are there become rows, one behind the other; that a ceiling is why one is not is
// kept for a replay. out = NULL: nothing but how long they are.
static int put_rows(struct by_server *r, const struct texts *t, struct matrix *out, bool *has,
                    size_t *n_rows, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < t->n; i++) {
        const struct llm_reply *line = &t->lines[t->same_as[i]];
        bool there = line->text.s.len > 0;
        if (has)
            has[i] = there;
        if (there)
            rc = read_row(r, line->text.s, out ? matrix_row(out, *n_rows) : NULL, err);
        else if (t->same_as[i] == i)
            rc = cache_keep_gap(r->kept, t->calls[i].key, WHY_NOT_ASKED, err);
        *n_rows += there;
        r->embedder.n_tokens += t->same_as[i] == i ? line->n_prompt_tokens : 0;
    }
    return rc;
}

// ERR_BUDGET when a ceiling is why rows are missing; out has those that there are.
static int make_rows(struct by_server *r, const struct str *texts, size_t n, struct matrix *out,
                     bool *has, struct err *err)
{
    struct arena a = { 0 };
    struct texts t = { .a = &a, .n = n };
    struct err more = { 0 };
    size_t n_rows = 0;
    int rc = look_up(r, &t, texts, err);
    if (!rc && t.n_missing)
        rc = ask_missing(r, &t, err);
    int put = !rc || rc == ERR_BUDGET ? put_rows(r, &t, out, has, &n_rows, &more) : 0;
    rc = err_instead(rc, err, put, &more);
    if (!rc && n_rows < n)
        rc = err_set(err, ERR_BUDGET, "a ceiling was reached in the run that is repeated");
    if (out && n_rows < n)
        *out = matrix_rows(out, 0, n_rows);
    arena_release(&a);
    return rc;
}

static int encode(struct embedder *e, const struct str *texts, size_t n, struct matrix *out,
                  bool *has, struct err *err)
{
    struct by_server *r = (struct by_server *)e;
    assert(out->n_rows == n && out->n_cols == e->dims);
    struct err more = { 0 };
    int rc = make_rows(r, texts, n, out, has, err), bad = 0;
    if (rc && rc != ERR_BUDGET)
        return rc;
    if (matrix_normalize(out))
        bad = not_vectors(r, "one is nothing but zeros", &more);
    if (!bad)
        bad = matrix_check_unit(out, "vectors of the server", &more);
    return err_instead(rc, err, bad, &more);
}

static void close_remote(struct embedder *e)
{
    struct by_server *r = (struct by_server *)e;
    llm_close(r->chain);
    if (r->kept)
        r->kept->close(r->kept);
    free(r->model);
    free(r);
}

static int open_links(struct by_server *r, const struct llm_remote_options *options,
                      struct err *err)
{
    struct llm_remote_options own = *options;
    int rc = link_cache_open(&r->kept, options, &r->of_kept, err);
    if (rc || options->dialect == LLM_REPLAY)
        return rc;
    own.dialect = LLM_EMBEDDINGS;
    own.answers = NULL; // a list of texts may never come again; each text's vector is kept here
    rc = llm_open_remote(&r->chain, &own, err);
    if (!rc)
        cache_set_host(r->kept, llm_host(r->chain));
    return rc;
}

int embedder_open_remote(struct embedder **out, const struct llm_remote_options *options,
                         struct err *err)
{
    static const struct str probe[] = { { PROBE, sizeof PROBE - 1 } };
    struct by_server *r = calloc(1, sizeof *r);
    if (r)
        r->model = strdup(options->model);
    if (!r || !r->model) {
        free(r);
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    }
    r->embedder = (struct embedder){ .encode = encode, .close = close_remote };
    snprintf(r->embedder.name, sizeof r->embedder.name, "%.100s by a server", r->model);
    int rc = open_links(r, options, err);
    if (!rc)
        rc = make_rows(r, probe, 1, NULL, NULL, err);
    if (rc) {
        close_remote(&r->embedder);
        return err_add(err, "embedder");
    }
    *out = &r->embedder;
    return 0;
}
