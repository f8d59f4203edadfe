// SPDX-License-Identifier: Apache-2.0
// OpenAI's chat completions, as most servers speak them.
#include "llm/dialect.h"

static int write_openai(const struct llm_request *request, const char *model, unsigned left_out,
                        struct buf *body, struct err *err)
{
    bool schema = request->schema && !(left_out & LEFT_SCHEMA);
    int rc = put_model(model, body, err);
    if (!rc)
        rc = buf_printf(body, err, ",\"%s\":%d,",
                        left_out & LEFT_MAX_TOKENS ? "max_completion_tokens" : "max_tokens",
                        request->max_tokens);
    if (!rc)
        rc = put_temperature(request, left_out, body, err);
    if (!rc && request->effort && !(left_out & LEFT_EFFORT))
        rc = buf_printf(body, err, "\"reasoning_effort\":\"%s\",", request->effort);
    if (!rc && schema)
        rc = buf_printf(body, err, "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
                        "{\"name\":\"answer\",\"strict\":true,\"schema\":%s}},", request->schema);
    if (!rc)
        rc = put_messages(request, !schema, body, err);
    return rc ? rc : buf_add_char(body, '}', err);
}

// Content is a text, or a list of parts of which those of type text count.
static struct str read_content(const struct llm_request *request, const struct json *content,
                               struct arena *a)
{
    return json_kind(content) == JSON_TEXT ? keep_text(request, json_str(content), a)
                                           : read_texts(request, content, a);
}

static bool read_openai(const struct llm_request *request, const struct json *root, struct arena *a,
                        struct llm_reply *reply)
{
    const struct json *choices = json_member(root, "choices");
    const struct json *choice = json_kind(choices) == JSON_LIST ? json_element(choices, 0) : NULL;
    const struct json *message = json_member(choice, "message");
    const struct json *content = json_member(message, "content");
    struct str reason = json_str(json_member(choice, "finish_reason"));
    enum json_kind kind = json_kind(content);
    bool refused = str_equal(reason, STR_LIT("content_filter")) ||
                   json_kind(json_member(message, "refusal")) == JSON_TEXT;
    bool failed = json_kind(json_member(choice, "error")) == JSON_MAP ||
                  str_equal(reason, STR_LIT("error")); // OpenRouter, with status 200
    if (failed || json_kind(message) != JSON_MAP)
        return false;
    if (!refused && kind != JSON_TEXT && kind != JSON_LIST && kind != JSON_NULL_VALUE)
        return false;
    reply->n_prompt_tokens = read_count(json_member(root, "usage"), "prompt_tokens");
    reply->n_reply_tokens = read_count(json_member(root, "usage"), "completion_tokens");
    put_ending(reply, refused, str_equal(reason, STR_LIT("length")),
               refused ? str_make("", 0) : read_content(request, content, a));
    return true;
}

const struct dialect dialect_openai = {
    .name = "openai",
    .path = "/chat/completions",
    .home = "https://api.openai.com/v1",
    .most_values = ANSWER_VALUES,
    .write = write_openai,
    .read = read_openai,
};
