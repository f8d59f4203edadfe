// SPDX-License-Identifier: Apache-2.0
// Logs of calls, as gateways and tracing tools keep them: {request, response}, {request_body,
// response_body}, {input, output}, {inputs, outputs}, each a body or a map around one. Bodies of
// OpenAI's interfaces (messages; Responses; completions), of Anthropic's, Gemini's and Ollama's.
#include "ingest/reader.h"

static const struct {
    const char *asked, *answered;
} pairs[] = {
    { "request", "response" },         { "request_body", "response_body" },
    { "requestBody", "responseBody" }, { "input", "output" },
    { "inputs", "outputs" },
};

const char *call_names(size_t n, const char **answered)
{
    if (n >= COUNT_OF(pairs))
        return NULL;
    *answered = pairs[n].answered;
    return pairs[n].asked;
}

static const struct value *body_of(const struct value *v)
{
    const struct value *body = value_member(v, "body");
    return value_is(body, VALUE_MAP) ? body : v;
}

// Gemini's name for messages.
static const struct value *contents_of(const struct value *body)
{
    const struct value *list = value_member(body, "contents");
    return is_message_list(list) ? list : NULL;
}

// One text or items; beside an answer only, as anything may be called so.
static const struct value *prompt_of(const struct value *body)
{
    const struct value *prompt = value_member(body, "prompt");
    const struct value *input = value_member(body, "input");
    if (value_is(prompt, VALUE_TEXT))
        return prompt;
    return value_is(input, VALUE_TEXT) || is_item_list(input) ? input : NULL;
}

bool is_call(const struct value *asked)
{
    const struct value *body = body_of(asked);
    if (!value_is(body, VALUE_MAP))
        return is_message_list(body) && body->n;
    return message_list(body) || contents_of(body) || prompt_of(body);
}

static const struct value *find_call(const struct value *record, const struct value **answered)
{
    for (size_t n = 0; n < COUNT_OF(pairs); n++) {
        const struct value *asked = value_member(record, pairs[n].asked);
        *answered = value_member(record, pairs[n].answered);
        if (is_call(asked) && *answered)
            return asked;
    }
    return NULL;
}

static bool fits(const struct value *record)
{
    const struct value *answered;
    return find_call(record, &answered) != NULL;
}

static int read_asked(const struct value *asked, struct conversation_draft *d, struct err *err)
{
    const struct value *body = body_of(asked);
    const struct value *rules = value_member(body, "systemInstruction");
    int rc = 0;
    if (value_is(body, VALUE_LIST))
        return draft_add_messages(d, body, err);
    if (message_list(body))
        return draft_add_asked(d, body, err);
    if (!contents_of(body))
        return draft_add_prompt(d, body, prompt_of(body), err);
    if (rules && rules->kind != VALUE_NULL)
        rc = draft_add_content(d, TURN_SYSTEM, rules, err);
    return rc ? rc : draft_add_messages(d, contents_of(body), err);
}

// Gemini and Anthropic need not say whose the answer is.
static int add_answer(const struct value *v, struct conversation_draft *d, struct err *err)
{
    size_t before = d->n_turns;
    int rc = value_is(v, VALUE_MAP) ? draft_add_message(d, v, err)
                                    : draft_add_content(d, TURN_ASSISTANT, v, err);
    if (!rc && d->n_turns > before && d->turns[d->n_turns - 1].role == TURN_OTHER)
        d->turns[d->n_turns - 1].role = TURN_ASSISTANT;
    return rc;
}

// What the first of the paths leads to.
static int add_first(struct conversation_draft *d, const struct value *body,
                     const char *const *paths, size_t n, struct err *err)
{
    const struct value *found = NULL;
    for (size_t i = 0; i < n && !found; i++)
        found = value_path(body, str_of(paths[i]));
    return found && found->kind != VALUE_NULL ? add_answer(found, d, err) : 0;
}

int draft_add_choice(struct conversation_draft *d, const struct value *body, struct err *err)
{
    static const char *const paths[] = { "choices.0.message", "choices.0.text",
                                         "candidates.0.content" };
    return add_first(d, body, paths, COUNT_OF(paths), err);
}

int draft_add_answer(struct conversation_draft *d, const struct value *answered, struct err *err)
{
    static const char *const paths[] = { "message", "content" };
    const struct value *body = body_of(answered);
    size_t before = d->n_turns;
    if (is_message_list(body))
        return draft_add_messages(d, body, err);
    if (is_item_list(body))
        return draft_add_items(d, TURN_ASSISTANT, body, err);
    if (!value_is(body, VALUE_MAP))
        return value_is(body, VALUE_TEXT) ? draft_add_content(d, TURN_ASSISTANT, body, err) : 0;
    if (message_list(body))
        return draft_add_messages(d, message_list(body), err);
    if (is_item_list(value_member(body, "output")))
        return draft_add_items(d, TURN_ASSISTANT, value_member(body, "output"), err);
    int rc = draft_add_choice(d, body, err);
    return rc || d->n_turns > before ? rc : add_first(d, body, paths, COUNT_OF(paths), err);
}

static int read_turns(const struct value *record, struct conversation_draft *d, struct err *err)
{
    const struct value *answered, *asked = find_call(record, &answered);
    int rc = read_asked(asked, d, err);
    return rc ? rc : draft_add_answer(d, answered, err);
}

const struct format call_format = {
    .name = "call",
    .fields = { "id conversation_id session_id sessionId thread_id trace_id traceId request_id "
                "requestId uuid",
                ACCOUNT_NAMES
                " metadata.user_id metadata.user request.user request.metadata.user_id "
                "request.body.user request_body.user request_user_id end_user",
                TIME_NAMES " created date start_time startTime request_created_at", "language lang",
                "model request.model request.body.model request_body.model response.model",
                "request response request_body response_body requestBody responseBody input output "
                "inputs outputs" },
    .fits = fits,
    .read_turns = read_turns,
};
