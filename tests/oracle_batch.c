// SPDX-License-Identifier: Apache-2.0
#include "oracle_batch.h"

#include "base/json.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST_TEXT ((size_t)512 << 20)
#define MOST_BATCHES ((size_t)256)
#define MOST_LINES ((size_t)50000)
#define PAGE ((size_t)2) // batches of a list

struct kept_batch {
    bool anthropic, deleted, told;
    char id[40], name[40], fault[16], file[40]; // file: of questions; OpenAI's
    size_t n, n_polled;
    struct buf answers, errors; // JSONL
};
struct kept_file { // OpenAI's
    char id[40];
    struct str text; // of the server's arena
    bool deleted;
};
struct oracle_batches {
    pthread_mutex_t lock;
    struct arena arena;
    size_t n_polls; // until a batch has ended
    char fault[16];
    struct kept_batch *batches;
    size_t n, n_files, n_questions, n_asked, n_deleted;
    struct kept_file files[MOST_BATCHES];
    size_t n_busy;
};

struct oracle_batches *oracle_batches_open(size_t n_polls)
{
    struct oracle_batches *b = calloc(1, sizeof *b);
    if (!b)
        abort();
    b->n_polls = n_polls;
    b->batches = calloc(MOST_BATCHES, sizeof *b->batches);
    pthread_mutex_init(&b->lock, NULL);
    return b;
}

void oracle_batches_close(struct oracle_batches *b)
{
    for (size_t i = 0; i < b->n; i++) {
        buf_release(&b->batches[i].answers);
        buf_release(&b->batches[i].errors);
    }
    arena_release(&b->arena);
    free(b->batches);
    free(b);
}

static void add(struct buf *out, struct str s)
{
    struct err err = { 0 };
    if (buf_add(out, s, &err))
        abort();
}

static bool is_fault(const struct kept_batch *batch, const char *name)
{
    return strcmp(batch->fault, name) == 0;
}

// What a vendor says that takes no form of the answer; NULL when the question asks for none.
static const char *refusal_of(struct str question)
{
    if (str_find(question, STR_LIT("\"response_format\""), 0) != SIZE_MAX)
        return "Unsupported parameter: 'response_format'";
    if (str_find(question, STR_LIT("\"output_config\""), 0) != SIZE_MAX)
        return "output_config: Extra inputs are not permitted";
    return NULL;
}

// ---- answering all questions of a batch

static void put_line(struct kept_batch *batch, struct str key, int status, const char *said,
                     struct str body)
{
    char text[400];
    bool ok = status == 200;
    struct buf *out = ok || batch->anthropic ? &batch->answers : &batch->errors;
    if (batch->anthropic && !status)
        snprintf(text, sizeof text, "{\"custom_id\":\"%.*s\",\"result\":{\"type\":\"expired\"}}\n",
                 STR_ARG(key));
    else if (batch->anthropic && !ok)
        snprintf(text, sizeof text,
                 "{\"custom_id\":\"%.*s\",\"result\":{\"type\":\"errored\",\"error\":{\"type\":"
                 "\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"}}}}\n",
                 STR_ARG(key),
                 status == 400   ? "invalid_request_error"
                 : status == 404 ? "not_found_error"
                                 : "api_error",
                 said);
    else if (batch->anthropic)
        snprintf(text, sizeof text,
                 "{\"custom_id\":\"%.*s\",\"result\":{\"type\":\"succeeded\",\"message\":",
                 STR_ARG(key));
    else if (!status)
        snprintf(text, sizeof text,
                 "{\"id\":\"r\",\"custom_id\":\"%.*s\",\"response\":null,\"error\":{\"code\":"
                 "\"batch_expired\",\"message\":\"no\"}}\n",
                 STR_ARG(key));
    else
        snprintf(text, sizeof text,
                 "{\"id\":\"r\",\"custom_id\":\"%.*s\",\"error\":null,\"response\":{"
                 "\"status_code\":%d,\"request_id\":\"q\",\"body\":",
                 STR_ARG(key), status);
    add(out, str_of(text));
    if (!ok && status && !batch->anthropic) {
        snprintf(text, sizeof text, "{\"error\":{\"code\":\"no\",\"message\":\"%s\"}}}}\n", said);
        add(out, str_of(text));
    }
    if (ok) {
        add(out, body);
        add(out, STR_LIT("}}\n"));
    }
}

static void answer_one(struct kept_batch *batch, size_t i, struct str key, struct str question,
                       oracle_answer_fn *answer)
{
    struct arena a = { 0 };
    struct buf out;
    int status = 200;
    const char *refusal = is_fault(batch, "no-schema") || is_fault(batch, "batch-schema")
                              ? refusal_of(question)
                              : NULL;
    buf_init(&out, MOST_TEXT, "answer");
    answer(question, batch->anthropic, &a, &out);
    if (refusal)
        status = 400;
    if (is_fault(batch, "errored") && i % 7 == 0)
        status = 500;
    if (is_fault(batch, "rejected") && i % 7 == 0)
        status = 400;
    if (is_fault(batch, "line-stop") && i == 3)
        status = 404;
    if (is_fault(batch, "all-expired") || (is_fault(batch, "expired") && i % 2))
        status = 0;
    if (!(is_fault(batch, "missing") && i % 5 == 0))
        put_line(batch, key, status, refusal ? refusal : "no", buf_view(&out));
    if (is_fault(batch, "double")) {
        buf_clear(&out);
        answer(STR_LIT("{}"), batch->anthropic, &a, &out);
        put_line(batch, key, 200, "", buf_view(&out));
    }
    if (is_fault(batch, "unknown") && i % 3 == 0)
        put_line(batch, STR_LIT("somebody-elses"), 200, "", buf_view(&out));
    buf_release(&out);
    arena_release(&a);
}

// OpenAI's: the batch was looked at and not taken.
static bool is_failed(const struct kept_batch *batch)
{
    return is_fault(batch, "failed") || is_fault(batch, "no-money");
}

static bool runs_another(const struct oracle_batches *b, const struct kept_batch *batch)
{
    bool others = false;
    for (size_t i = 0; i < b->n; i++)
        others = others || (&b->batches[i] != batch && !b->batches[i].deleted &&
                            !is_failed(&b->batches[i]) && b->batches[i].n_polled < b->n_polls);
    return others;
}

// Until another is set, and not for one batch only.
static bool lasts(const char *fault)
{
    static const char *const lasting[] = { "all-expired", "busy",      "stuck",
                                           "full",        "no-schema", "batch-schema" };
    for (size_t i = 0; i < COUNT_OF(lasting); i++)
        if (strcmp(fault, lasting[i]) == 0)
            return true;
    return false;
}

static struct kept_batch *new_batch(struct oracle_batches *b, bool anthropic)
{
    if (b->n == MOST_BATCHES) {
        fprintf(stderr, "the oracle keeps %zu batches at most\n", MOST_BATCHES);
        abort();
    }
    struct kept_batch *batch = &b->batches[b->n++];
    *batch = (struct kept_batch){ .anthropic = anthropic };
    snprintf(batch->id, sizeof batch->id, "%s_%03zu", anthropic ? "msgbatch" : "batch", b->n);
    snprintf(batch->fault, sizeof batch->fault, "%s", b->fault);
    if (!lasts(b->fault))
        b->fault[0] = 0;
    if (is_fault(batch, "full"))
        snprintf(batch->fault, sizeof batch->fault, "%s", runs_another(b, batch) ? "failed" : "");
    buf_init(&batch->answers, MOST_TEXT, "answers");
    buf_init(&batch->errors, MOST_TEXT, "errors");
    return batch;
}

static void end_answers(struct oracle_batches *b, struct kept_batch *batch)
{
    b->n_questions += batch->n;
    if (is_fault(batch, "half-line"))
        batch->answers.len -= size_min(batch->answers.len, 20);
}

// Anthropic: the questions are in the body.
static struct kept_batch *make_anthropic(struct oracle_batches *b, struct str body,
                                         oracle_answer_fn *answer)
{
    struct arena a = { 0 };
    struct json *root = NULL;
    struct err err = { 0 };
    if (json_open(&root, body, &err))
        return NULL;
    struct kept_batch *batch = new_batch(b, true);
    const struct json *requests = json_member(root, "requests");
    batch->n = json_length(requests);
    for (size_t i = batch->n; i-- > 0;) {
        const struct json *one = json_element(requests, i);
        answer_one(batch, i, json_str(json_member(one, "custom_id")),
                   json_compact(&a, json_member(one, "params")), answer);
    }
    end_answers(b, batch);
    json_close(root);
    arena_release(&a);
    return batch;
}

static struct kept_file *find_file(struct oracle_batches *b, struct str id)
{
    for (size_t i = 0; i < b->n_files; i++)
        if (str_equal(id, str_of(b->files[i].id)))
            return &b->files[i];
    return NULL;
}

// OpenAI: the questions are in a file that was uploaded.
static struct kept_batch *make_openai(struct oracle_batches *b, struct str body,
                                      oracle_answer_fn *answer)
{
    struct arena a = { 0 };
    struct json *root = NULL;
    struct err err = { 0 };
    struct kept_batch *batch = NULL;
    struct str *lines = arena_array(&a, MOST_LINES, sizeof *lines), rest;
    size_t n = 0;
    if (json_open(&root, body, &err))
        return NULL;
    struct kept_file *file = find_file(b, json_str(json_member(root, "input_file_id")));
    if (file && !file->deleted)
        batch = new_batch(b, false);
    rest = file ? file->text : str_make(NULL, 0);
    while (batch && n < MOST_LINES && str_cut(&rest, '\n', &lines[n]))
        n += lines[n].len > 0;
    if (batch) {
        snprintf(batch->name, sizeof batch->name, "%.*s",
                 STR_ARG(json_str(json_member(json_member(root, "metadata"), "clio"))));
        snprintf(batch->file, sizeof batch->file, "%s", file->id);
    }
    json_close(root);
    for (size_t i = n; batch && i-- > 0;) {
        if (json_open(&root, lines[i], &err))
            abort();
        answer_one(batch, i, json_str(json_member(root, "custom_id")),
                   json_compact(&a, json_member(root, "body")), answer);
        json_close(root);
    }
    if (batch) {
        batch->n = n;
        end_answers(b, batch);
    }
    arena_release(&a);
    return batch;
}

// ---- telling of it

static void put_file(const char *name, const char *id, bool there, struct buf *out)
{
    char text[100];
    if (there)
        snprintf(text, sizeof text, ",\"%s_file_id\":\"%s-%s\"", name,
                 strcmp(name, "error") == 0 ? "errors" : "out", id);
    else
        snprintf(text, sizeof text, ",\"%s_file_id\":null", name);
    add(out, str_of(text));
}

static const char *status_of(const struct kept_batch *batch, bool over)
{
    if (is_failed(batch))
        return "failed";
    if (!over)
        return batch->n_polled ? "in_progress" : "validating";
    return is_fault(batch, "expired") ? "expired" : "completed";
}

static void put_news_openai(const struct kept_batch *batch, bool over, struct buf *out)
{
    char text[400];
    bool failed = is_failed(batch);
    snprintf(text, sizeof text,
             "{\"id\":\"%s\",\"object\":\"batch\",\"status\":\"%s\",\"created_at\":4000000000,"
             "\"input_file_id\":\"%s\",\"metadata\":{\"clio\":\"%s\"},\"request_counts\":{"
             "\"total\":%zu,\"completed\":"
             "%zu,\"failed\":0}",
             batch->id, status_of(batch, over), batch->file, batch->name, batch->n,
             over ? batch->n : 0);
    add(out, str_of(text));
    put_file("output", batch->id, over && !failed, out);
    put_file("error", batch->id, over && !failed && batch->errors.len > 0, out);
    if (failed)
        add(out, is_fault(batch, "no-money")
                     ? STR_LIT(",\"errors\":{\"data\":[{\"code\":\"billing_hard_limit_reached\"}]}")
                     : STR_LIT(",\"errors\":{\"data\":[{\"code\":\"token_limit_exceeded\"}]}"));
    add(out, STR_LIT("}"));
}

static void put_news(const struct oracle_batches *b, const struct kept_batch *batch,
                     struct buf *out)
{
    char text[400];
    bool over = batch->n_polled >= b->n_polls && strcmp(b->fault, "stuck") != 0;
    if (!batch->anthropic) {
        put_news_openai(batch, over, out);
        return;
    }
    char made[32];
    struct tm day;
    time_t now = time(NULL);
    strftime(made, sizeof made, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &day));
    snprintf(text, sizeof text,
             "{\"id\":\"%s\",\"type\":\"message_batch\",\"processing_status\":\"%s\",\"created_"
             "at\":\"%s\",\"request_counts\":{\"processing\":%zu,"
             "\"succeeded\":%zu,\"errored\":0,\"canceled\":0,\"expired\":0}}",
             batch->id, over ? "ended" : "in_progress", made, over ? 0 : batch->n,
             over ? batch->n : 0);
    add(out, str_of(text));
}

static struct kept_batch *find_batch(struct oracle_batches *b, struct str id)
{
    for (size_t i = 0; i < b->n; i++)
        if (str_equal(id, str_of(b->batches[i].id)) && !b->batches[i].deleted)
            return &b->batches[i];
    return NULL;
}

static int tell_batch(struct oracle_batches *b, struct kept_batch *batch, const char *method,
                      struct buf *out)
{
    if (!batch || is_fault(batch, "gone")) {
        add(out, STR_LIT("{\"error\":{\"code\":\"not_found\"}}"));
        return 404;
    }
    if (strcmp(method, "DELETE") == 0) {
        batch->deleted = true;
        b->n_deleted++;
        add(out, STR_LIT("{\"deleted\":true}"));
        return 200;
    }
    b->n_asked++;
    put_news(b, batch, out);
    batch->n_polled++;
    return 200;
}

static int list_batches(struct oracle_batches *b, bool anthropic, const char *after,
                        struct buf *out)
{
    size_t n = 0, i = b->n;
    while (after && i > 0 && strcmp(b->batches[i - 1].id, after) != 0)
        i--;
    i -= after && i > 0;
    add(out, STR_LIT("{\"data\":["));
    for (; i > 0 && n < PAGE; i--) {
        if (b->batches[i - 1].anthropic != anthropic || b->batches[i - 1].deleted)
            continue;
        if (n++)
            add(out, STR_LIT(","));
        put_news(b, &b->batches[i - 1], out);
        b->batches[i - 1].n_polled++;
    }
    add(out, i ? STR_LIT("],\"has_more\":true}") : STR_LIT("],\"has_more\":false}"));
    return 200;
}

static int give_file(struct oracle_batches *b, struct str id, struct buf *out)
{
    bool errors = str_starts(id, STR_LIT("errors-"));
    struct kept_batch *batch = find_batch(b, str_from(id, errors ? 7 : 4));
    if (!batch)
        return 404;
    add(out, buf_view(errors ? &batch->errors : &batch->answers));
    return 200;
}

// What stands between two boundaries of multipart/form-data, after the file's own headers.
static int take_file(struct oracle_batches *b, struct str body, struct buf *out)
{
    struct str end;
    size_t at = str_find(body, STR_LIT("filename="), 0), from;
    if (!str_cut(&(struct str){ body.ptr, body.len }, '\r', &end) || at == SIZE_MAX ||
        b->n_files == MOST_BATCHES || str_find(body, STR_LIT("name=\"purpose\""), 0) == SIZE_MAX)
        return 400;
    from = str_find(body, STR_LIT("\r\n\r\n"), at) + 4;
    char tail[128];
    snprintf(tail, sizeof tail, "\r\n%.*s--", STR_ARG(end));
    size_t to = str_find(body, str_of(tail), from);
    if (to == SIZE_MAX)
        return 400;
    struct kept_file *file = &b->files[b->n_files++];
    snprintf(file->id, sizeof file->id, "file-%03zu", b->n_files);
    file->text = arena_str(&b->arena, str_make(body.ptr + from, to - from));
    struct err err = { 0 };
    return buf_printf(out, &err, "{\"id\":\"%s\",\"object\":\"file\"}", file->id) ? 500 : 200;
}

static int delete_file(struct oracle_batches *b, struct str id, struct buf *out)
{
    struct kept_file *file = find_file(b, id);
    if (file)
        file->deleted = true;
    b->n_deleted++;
    add(out, STR_LIT("{\"deleted\":true}"));
    return 200;
}

static int make_batch(struct oracle_batches *b, bool anthropic, struct str body,
                      oracle_answer_fn *answer, struct buf *out)
{
    struct kept_batch *batch =
        anthropic ? make_anthropic(b, body, answer) : make_openai(b, body, answer);
    if (!batch)
        return 400;
    if (is_fault(batch, "lost"))
        return 0;
    put_news(b, batch, out);
    return 200;
}

static int count(const struct oracle_batches *b, struct buf *out)
{
    char text[200];
    size_t n_files = 0;
    for (size_t i = 0; i < b->n_files; i++)
        n_files += !b->files[i].deleted;
    snprintf(text, sizeof text,
             "{\"questions\":%zu,\"batches\":%zu,\"asked\":%zu,\"deleted\":%zu,\"files\":%zu}\n",
             b->n_questions, b->n, b->n_asked, b->n_deleted, n_files);
    add(out, str_of(text));
    return 200;
}

static int route(struct oracle_batches *b, const char *method, struct str url, const char *after,
                 struct str body, oracle_answer_fn *answer, struct buf *out)
{
    const struct str batches = STR_LIT("/v1/batches"), files = STR_LIT("/v1/files"),
                     messages = STR_LIT("/v1/messages/batches");
    bool post = strcmp(method, "POST") == 0, anthropic = str_starts(url, messages);
    struct str base = anthropic ? messages : str_starts(url, files) ? files : batches;
    struct str id = str_from(url, base.len + 1), what;
    if (b->fault[0] && strcmp(b->fault, "busy") == 0 && b->n_busy++ % 2 == 0)
        return 429;
    if (post && base.ptr == files.ptr)
        return take_file(b, body, out);
    if (post)
        return make_batch(b, anthropic, body, answer, out);
    if (!id.len)
        return list_batches(b, anthropic, after, out);
    str_cut(&id, '/', &what);
    if (base.ptr == files.ptr)
        return id.ptr ? give_file(b, what, out) : delete_file(b, what, out);
    struct kept_batch *batch = find_batch(b, what);
    if (!id.ptr)
        return tell_batch(b, batch, method, out);
    if (!batch)
        return 404;
    add(out, buf_view(&batch->answers));
    return 200;
}

bool oracle_batches_handle(struct oracle_batches *b, const char *method, const char *url,
                           const char *after, struct str body, oracle_answer_fn *answer,
                           int *status, struct buf *out)
{
    static const char *const ours[] = { "/v1/batches", "/v1/files", "/v1/messages/batches" };
    struct str path = str_of(url);
    bool mine = str_equal(path, STR_LIT("/count")) || str_starts(path, STR_LIT("/set/"));
    for (size_t i = 0; i < COUNT_OF(ours); i++)
        mine = mine || str_starts(path, str_of(ours[i]));
    if (!mine)
        return false;
    pthread_mutex_lock(&b->lock);
    *status = 200;
    if (str_equal(path, STR_LIT("/count")))
        *status = count(b, out);
    else if (str_starts(path, STR_LIT("/set/")))
        snprintf(b->fault, sizeof b->fault, "%s", url + 5);
    else
        *status = route(b, method, path, after, body, answer, out);
    pthread_mutex_unlock(&b->lock);
    return true;
}

bool oracle_batches_refuse(struct oracle_batches *b, struct str body, struct buf *out)
{
    pthread_mutex_lock(&b->lock);
    const char *refusal = strcmp(b->fault, "no-schema") == 0 ? refusal_of(body) : NULL;
    pthread_mutex_unlock(&b->lock);
    if (!refusal)
        return false;
    add(out, STR_LIT("{\"error\":{\"type\":\"invalid_request_error\",\"message\":\""));
    add(out, str_of(refusal));
    add(out, STR_LIT("\"}}"));
    return true;
}
