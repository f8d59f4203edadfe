// SPDX-License-Identifier: Apache-2.0
#include "llm/batch_form.h"

#include "base/clock.h"

#include <stdio.h>

#define BOUNDARY "clio-batch-7d1f6a52c09b48e3" // in no line of JSON, where a line end is escaped

static void read_word(const struct json *v, char *out, size_t size)
{
    struct str s = json_str(v);
    bool ok = s.len > 0 && s.len < size;
    for (size_t i = 0; ok && i < s.len; i++) {
        char c = s.ptr[i], l = (char)(c | 32);
        ok = (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    }
    snprintf(out, size, "%.*s", ok ? (int)s.len : 0, ok ? s.ptr : "");
}

void batch_read_id(const struct json *v, char id[BATCH_ID])
{
    read_word(v, id, BATCH_ID);
}

static bool is_one_of(struct str s, const char *const *names)
{
    for (; *names; names++)
        if (str_equal(s, str_of(*names)))
            return true;
    return false;
}

// ---- OpenAI

static int begin_openai(struct buf *out, struct err *err)
{
    return buf_printf(out, err,
                      "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n"
                      "batch\r\n--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"file\"; "
                      "filename=\"clio.jsonl\"\r\nContent-Type: application/jsonl\r\n\r\n");
}

static int put_openai(struct buf *out, bool first, struct str key, struct str body, struct err *err)
{
    (void)first;
    int rc = buf_printf(out, err,
                        "{\"custom_id\":\"%.*s\",\"method\":\"POST\",\"url\":"
                        "\"/v1/chat/completions\",\"body\":",
                        STR_ARG(key));
    if (!rc)
        rc = buf_add(out, body, err);
    return rc ? rc : buf_add(out, STR_LIT("}\n"), err);
}

static int end_openai(struct buf *out, struct err *err)
{
    return buf_add(out, STR_LIT("\r\n--" BOUNDARY "--\r\n"), err);
}

int batch_put_create(struct buf *out, const char *name, const char *file, struct err *err)
{
    return buf_printf(out, err,
                      "{\"input_file_id\":\"%s\",\"endpoint\":\"/v1/chat/completions\","
                      "\"completion_window\":\"24h\",\"metadata\":{\"clio\":\"%s\"}}",
                      file, name);
}

static bool read_line_openai(const struct json *root, struct arena *a, struct batch_line *line)
{
    const struct json *response = json_member(root, "response");
    int64_t status = 0;
    line->key = json_str(json_member(root, "custom_id"));
    if (json_kind(response) == JSON_MAP &&
        !json_whole(json_member(response, "status_code"), &status))
        return false;
    line->status = status >= 100 && status < 600 ? (int)status : 0;
    line->body = status ? json_compact(a, json_member(response, "body")) : str_make("", 0);
    return line->key.len > 0;
}

static bool read_news_openai(const struct json *root, struct batch_news *news)
{
    static const char *const running[] = { "validating", "in_progress", "finalizing", "cancelling",
                                           NULL };
    static const char *const ended[] = { "completed", "expired", "cancelled", NULL };
    const struct json *counts = json_member(root, "request_counts");
    struct str status = json_str(json_member(root, "status"));
    *news = (struct batch_news){ 0 };
    batch_read_id(json_member(root, "id"), news->id);
    batch_read_id(json_member(root, "input_file_id"), news->input);
    batch_read_id(json_member(root, "output_file_id"), news->files[0]);
    batch_read_id(json_member(root, "error_file_id"), news->files[1]);
    read_word(json_member(json_member(root, "metadata"), "clio"), news->name, sizeof news->name);
    json_whole(json_member(counts, "total"), &news->n_all);
    json_whole(json_member(counts, "completed"), &news->n_done);
    json_whole(json_member(root, "created_at"), &news->made);
    const struct json *errors = json_member(json_member(root, "errors"), "data");
    read_word(json_member(json_element(errors, 0), "code"), news->code, sizeof news->code);
    bool failed = str_equal(status, STR_LIT("failed"));
    news->state = failed ? BATCH_FAILED : is_one_of(status, ended) ? BATCH_ENDED : BATCH_RUNS;
    return news->id[0] && (news->state != BATCH_RUNS || is_one_of(status, running));
}

const struct batch_form batch_form_openai = {
    .uploads = true,
    .after = "after",
    .type = "multipart/form-data; boundary=" BOUNDARY,
    .begin = begin_openai,
    .put_item = put_openai,
    .end = end_openai,
    .read_line = read_line_openai,
    .read_news = read_news_openai,
};

// ---- Anthropic

static int begin_anthropic(struct buf *out, struct err *err)
{
    return buf_add(out, STR_LIT("{\"requests\":["), err);
}

static int put_anthropic(struct buf *out, bool first, struct str key, struct str body,
                         struct err *err)
{
    int rc = buf_printf(out, err, "%s{\"custom_id\":\"%.*s\",\"params\":", first ? "" : ",",
                        STR_ARG(key));
    if (!rc)
        rc = buf_add(out, body, err);
    return rc ? rc : buf_add_char(out, '}', err);
}

static int end_anthropic(struct buf *out, struct err *err)
{
    return buf_add(out, STR_LIT("]}"), err);
}

// The status that the same error has in an answer of its own.
static int status_of(struct str type)
{
    static const struct {
        const char *type;
        int status;
    } rows[] = { { "invalid_request_error", 400 }, { "authentication_error", 401 },
                 { "billing_error", 402 },         { "permission_error", 403 },
                 { "not_found_error", 404 },       { "request_too_large", 413 },
                 { "rate_limit_error", 429 },      { "overloaded_error", 529 } };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_equal(type, str_of(rows[i].type)))
            return rows[i].status;
    return 500;
}

static bool read_line_anthropic(const struct json *root, struct arena *a, struct batch_line *line)
{
    const struct json *result = json_member(root, "result");
    const struct json *error = json_member(result, "error");
    struct str type = json_str(json_member(result, "type"));
    line->key = json_str(json_member(root, "custom_id"));
    line->status = 0;
    line->body = str_make("", 0);
    if (str_equal(type, STR_LIT("succeeded"))) {
        line->status = 200;
        line->body = json_compact(a, json_member(result, "message"));
    } else if (str_equal(type, STR_LIT("errored"))) {
        const struct json *inner = json_member(error, "error");
        line->status = status_of(json_str(json_member(inner ? inner : error, "type")));
        line->body = json_compact(a, inner ? error : result);
    }
    return line->key.len > 0 && type.len > 0;
}

static bool read_news_anthropic(const struct json *root, struct batch_news *news)
{
    static const char *const counts[] = { "succeeded", "errored", "canceled", "expired" };
    const struct json *n = json_member(root, "request_counts");
    struct str status = json_str(json_member(root, "processing_status"));
    int64_t one = 0;
    *news = (struct batch_news){ 0 };
    batch_read_id(json_member(root, "id"), news->id);
    for (size_t i = 0; i < COUNT_OF(counts); i++, one = 0)
        news->n_done += json_whole(json_member(n, counts[i]), &one) ? one : 0;
    news->n_all = news->n_done + (json_whole(json_member(n, "processing"), &one) ? one : 0);
    if (!time_parse(json_str(json_member(root, "created_at")), &news->made))
        news->made = 0;
    news->state = str_equal(status, STR_LIT("ended")) ? BATCH_ENDED : BATCH_RUNS;
    return news->id[0] && status.len > 0;
}

const struct batch_form batch_form_anthropic = {
    .after = "after_id",
    .begin = begin_anthropic,
    .put_item = put_anthropic,
    .end = end_anthropic,
    .read_line = read_line_anthropic,
    .read_news = read_news_anthropic,
};
