// SPDX-License-Identifier: Apache-2.0
// Anthropic's messages. An answer of a given schema is asked for as the form of the answer; of a
// server that does not take that, as models before 4.5 do not, as the input of a tool that the
// model must use, which those that always think (from Opus 5.5 on) refuse.
#include "llm/dialect.h"

// How much to think, and the form of the answer.
static int put_output(const struct llm_request *request, bool format, unsigned left_out,
                      struct buf *body, struct err *err)
{
    bool said = request->effort && !(left_out & LEFT_EFFORT);
    bool none = said && strcmp(request->effort, "none") == 0, effort = said && !none;
    int rc = none ? buf_add(body, STR_LIT("\"thinking\":{\"type\":\"disabled\"},"), err) : 0;
    if (rc || (!effort && !format))
        return rc;
    rc = buf_add(body, STR_LIT("\"output_config\":{"), err);
    if (!rc && effort)
        rc = buf_printf(body, err, "\"effort\":\"%s\"%s", request->effort, format ? "," : "");
    if (!rc && format)
        rc = buf_printf(body, err, "\"format\":{\"type\":\"json_schema\",\"schema\":%s}",
                        request->schema);
    return rc ? rc : buf_add(body, STR_LIT("},"), err);
}

static int write_anthropic(const struct llm_request *request, const char *model, unsigned left_out,
                           struct buf *body, struct err *err)
{
    bool schema = request->schema && !(left_out & LEFT_SCHEMA);
    bool format = schema && !(left_out & LEFT_FORMAT);
    int rc = put_model(model, body, err);
    if (!rc)
        rc = buf_printf(body, err, ",\"max_tokens\":%d,", request->max_tokens);
    if (!rc)
        rc = put_temperature(request, left_out, body, err);
    if (!rc)
        rc = put_output(request, format, left_out, body, err);
    if (!rc && schema && !format)
        rc = buf_printf(body, err, "\"tools\":[{\"name\":\"answer\",\"description\":\"Takes the "
                        "answer.\",\"input_schema\":%s}],\"tool_choice\":{\"type\":\"tool\","
                        "\"name\":\"answer\"},", request->schema);
    if (!rc)
        rc = put_messages(request, !schema, body, err);
    return rc ? rc : buf_add_char(body, '}', err);
}

// A prompt that the server had in its cache counts as read.
static int sum_of(const struct json *usage, const char *const *names)
{
    int64_t sum = -1;
    for (int n; *names; names++)
        if ((n = read_count(usage, *names)) >= 0)
            sum = sum < 0 ? n : sum + n;
    return sum < INT32_MAX ? (int)sum : -1;
}

static struct str read_blocks(const struct llm_request *request, const struct json *content,
                              struct arena *a)
{
    for (size_t i = 0; i < json_length(content); i++) {
        const struct json *block = json_element(content, i);
        struct str type = json_str(json_member(block, "type"));
        if (str_equal(type, STR_LIT("tool_use"))) {
            struct arena work = { 0 };
            struct str input = json_compact(&work, json_member(block, "input"));
            input = keep_text(request, input, a);
            arena_release(&work);
            return input;
        }
    }
    return read_texts(request, content, a);
}

static bool read_anthropic(const struct llm_request *request, const struct json *root,
                           struct arena *a, struct llm_reply *reply)
{
    static const char *const in[] = { "input_tokens", "cache_creation_input_tokens",
                                      "cache_read_input_tokens", NULL };
    const struct json *content = json_member(root, "content");
    struct str reason = json_str(json_member(root, "stop_reason"));
    bool refused = str_equal(reason, STR_LIT("refusal"));
    if (json_kind(content) != JSON_LIST ||
        !str_equal(json_str(json_member(root, "type")), STR_LIT("message")))
        return false;
    reply->n_prompt_tokens = sum_of(json_member(root, "usage"), in);
    reply->n_reply_tokens = read_count(json_member(root, "usage"), "output_tokens");
    put_ending(reply, refused, str_equal(reason, STR_LIT("max_tokens")),
               refused ? str_make("", 0) : read_blocks(request, content, a));
    return true;
}

const struct dialect dialect_anthropic = {
    .name = "anthropic",
    .path = "/messages",
    .home = "https://api.anthropic.com",
    .most_values = ANSWER_VALUES,
    .write = write_anthropic,
    .read = read_anthropic,
};
