// SPDX-License-Identifier: Apache-2.0
// Messages in the spellings in use: {from, value}, {role, content}, {sender, text}, {author:
// {role}, content: {parts}}. Content is text, a list of parts, or missing. What is no text is kept
// as a marker, so that a transcript shows that it was there: [image], [audio], [file], [tool call:
// name]. What a model thought by itself (thinking, reasoning) is left out: nobody said it.
#include "base/limits.h"
#include "ingest/reader.h"

static const struct {
    const char *name;
    enum turn_role role;
} roles[] = {
    { "human", TURN_USER },          { "gpt", TURN_ASSISTANT },
    { "user", TURN_USER },           { "assistant", TURN_ASSISTANT },
    { "system", TURN_SYSTEM },       { "tool", TURN_TOOL },
    { "developer", TURN_SYSTEM },    { "function", TURN_TOOL },
    { "prompter", TURN_USER },       { "chatgpt", TURN_ASSISTANT },
    { "bing", TURN_ASSISTANT },      { "bard", TURN_ASSISTANT },
    { "model", TURN_ASSISTANT },     { "ai", TURN_ASSISTANT },
    { "bot", TURN_ASSISTANT },       { "claude", TURN_ASSISTANT },
    { "customer", TURN_USER },       { "agent", TURN_ASSISTANT },
    { "observation", TURN_TOOL },    { "function_call", TURN_ASSISTANT },
    { "tool_call", TURN_ASSISTANT }, { "function_response", TURN_TOOL },
    { "client", TURN_USER },         { "operator", TURN_ASSISTANT },
    { "visitor", TURN_USER },        { "support", TURN_ASSISTANT },
    { "guest", TURN_USER },          { "representative", TURN_ASSISTANT },
    { "caller", TURN_USER },         { "chatbot", TURN_ASSISTANT },
    { "person", TURN_USER },         { "llm", TURN_ASSISTANT },
    { "end_user", TURN_USER },       { "answer", TURN_ASSISTANT },
    { "question", TURN_USER },       { "response", TURN_ASSISTANT },
};

static const struct {
    const char *name;
    enum turn_role role;
} meant[] = { { "user", TURN_USER },
              { "assistant", TURN_ASSISTANT },
              { "system", TURN_SYSTEM },
              { "tool", TURN_TOOL } };

// Cuts the next NAME=ROLE off the list; false when it is none.
static bool cut_role(struct str *own, struct str *name, enum turn_role *role)
{
    struct str said;
    str_cut(own, ',', &said);
    bool good = str_cut(&said, '=', name);
    *name = str_trim(*name);
    said = str_trim(said);
    for (size_t i = 0; good && i < COUNT_OF(meant); i++)
        if (str_equal(said, str_of(meant[i].name))) {
            *role = meant[i].role;
            return true;
        }
    return false;
}

int roles_check(struct str own, struct err *err)
{
    struct str name;
    enum turn_role role;
    while (own.len) {
        if (!cut_role(&own, &name, &role) || !name.len)
            return err_set(err, ERR_USAGE,
                           "--roles wants NAME=user, =assistant, =system or =tool with commas "
                           "between, as in --roles client=user,operator=assistant");
    }
    return 0;
}

enum turn_role role_named(struct str name, struct str own)
{
    struct str key;
    enum turn_role role;
    while (own.len)
        if (cut_role(&own, &key, &role) && str_equal_ci(key, name))
            return role;
    for (size_t i = 0; i < COUNT_OF(roles); i++)
        if (str_equal_ci(name, str_of(roles[i].name)))
            return roles[i].role;
    return TURN_OTHER;
}

static const struct {
    const char *type, *marker;
} markers[] = {
    { "image", "[image]" },       { "image_url", "[image]" },
    { "input_image", "[image]" }, { "image_asset_pointer", "[image]" },
    { "input_audio", "[audio]" }, { "audio", "[audio]" },
    { "document", "[file]" },     { "file", "[file]" },
    { "input_file", "[file]" },   { "video", "[video]" },
};
static const char *const silent[] = { "thinking", "redacted_thinking", "reasoning", "thoughts",
                                      "token_budget" };

static bool is_silent(struct str type)
{
    for (size_t i = 0; i < COUNT_OF(silent); i++)
        if (str_equal(type, str_of(silent[i])))
            return true;
    return false;
}

// Pieces of one message, joined by line ends. One piece is not copied. All with their escapes, as
// the transcript has them in the end: what a record says the same way is never decoded.
struct joined {
    struct conversation_draft *d;
    struct buf buf;
    struct str only;
    size_t n;
};

static int join(struct joined *j, struct str piece, struct err *err)
{
    int rc = 0;
    if (!piece.ptr)
        return 0;
    if (j->n == 1)
        rc = buf_add(&j->buf, j->only, err);
    if (!rc && j->n)
        rc = buf_add(&j->buf, STR_LIT("\\n"), err);
    if (!rc && j->n)
        rc = buf_add(&j->buf, piece, err);
    j->only = piece;
    j->n++;
    return rc;
}

static int join_text(struct joined *j, const struct value *text, struct err *err)
{
    return join(j, value_escaped(text, j->d->a), err);
}

static struct str joined_text(const struct joined *j)
{
    return j->n == 1 ? j->only : arena_str(j->d->a, buf_view(&j->buf));
}

static int join_call(struct joined *j, const struct value *name, const struct value *arguments,
                     struct err *err)
{
    struct str called = value_text(name), with = value_plain(arguments, j->d->a, err);
    struct buf b;
    buf_init(&b, LIMIT_RECORD_BYTES, "tool call");
    int rc = buf_add(&b, STR_LIT("[tool call: "), err);
    if (!rc)
        rc = buf_add(&b, called, err);
    if (!rc)
        rc = buf_add(&b, with.len ? STR_LIT("] ") : STR_LIT("]"), err);
    if (!rc)
        rc = buf_add(&b, with, err);
    if (!rc)
        rc = join(j, value_escape(j->d->a, arena_str(j->d->a, buf_view(&b))), err);
    buf_release(&b);
    return rc;
}

static int join_parts(struct joined *j, const struct value *content, struct err *err);

static int join_part(struct joined *j, const struct value *part, struct err *err)
{
    struct str type = value_text(value_member(part, "type"));
    const struct value *text = value_member(part, "text");
    if (!type.ptr)
        type = value_text(value_member(part, "content_type"));
    if (is_silent(type))
        return 0;
    if (value_is(text, VALUE_TEXT))
        return join_text(j, text, err);
    if (value_is(text, VALUE_MAP)) // the Assistants API: {"text": {"value": …}}
        return join_text(j, value_member(text, "value"), err);
    for (size_t i = 0; i < COUNT_OF(markers); i++)
        if (str_equal(type, str_of(markers[i].type)))
            return join(j, str_of(markers[i].marker), err);
    if (str_equal(type, STR_LIT("tool_use")) || str_equal(type, STR_LIT("server_tool_use")))
        return join_call(j, value_member(part, "name"), value_member(part, "input"), err);
    if (str_equal(type, STR_LIT("tool_result")))
        return draft_add_content(j->d, TURN_TOOL, value_member(part, "content"), err);
    if (value_is(value_member(part, "refusal"), VALUE_TEXT))
        return join_text(j, value_member(part, "refusal"), err);
    if (value_member(part, "parts"))
        return join_parts(j, value_member(part, "parts"), err);
    return join(j, STR_LIT("[other]"), err);
}

static int join_parts(struct joined *j, const struct value *content, struct err *err)
{
    int rc = 0;
    if (!content || content->kind == VALUE_NULL)
        return 0;
    if (content->kind == VALUE_TEXT)
        return join_text(j, content, err);
    if (content->kind == VALUE_MAP)
        return join_part(j, content, err);
    if (content->kind != VALUE_LIST)
        return err_set(err, ERR_DATA, "a message's content is neither text nor a list of parts");
    for (const struct value *part = content->first; !rc && part; part = part->next)
        rc = part->kind == VALUE_TEXT ? join_text(j, part, err) : join_part(j, part, err);
    return rc;
}

int draft_add_content(struct conversation_draft *d, enum turn_role role,
                      const struct value *content, struct err *err)
{
    struct joined j = { .d = d };
    buf_init(&j.buf, MAX_TRANSCRIPT, "message");
    int rc = join_parts(&j, content, err);
    if (!rc)
        draft_add_turn(d, role, joined_text(&j));
    buf_release(&j.buf);
    return rc;
}

static const struct value *first_of(const struct value *map, const char *const *keys, size_t n)
{
    const struct value *found = NULL;
    for (size_t i = 0; i < n && !found; i++) {
        const struct value *v = value_member(map, keys[i]);
        bool empty = !v || v->kind == VALUE_NULL || (v->kind == VALUE_LIST && !v->n);
        found = empty ? NULL : v;
    }
    return found;
}

static struct str role_text(const struct value *message)
{
    static const char *const keys[] = { "from", "role", "sender", "author", "speaker" };
    const struct value *v = first_of(message, keys, COUNT_OF(keys));
    return value_text(value_is(v, VALUE_MAP) ? value_member(v, "role") : v);
}

static const struct value *message_content(const struct value *message)
{
    static const char *const keys[] = { "value", "content", "text", "parts", "message", "output" };
    return first_of(message, keys, COUNT_OF(keys));
}

static int join_calls(struct joined *j, const struct value *message, struct err *err)
{
    const struct value *calls = value_member(message, "tool_calls");
    const struct value *old = value_member(message, "function_call");
    int rc = 0;
    if (value_is(old, VALUE_MAP))
        rc = join_call(j, value_member(old, "name"), value_member(old, "arguments"), err);
    if (!value_is(calls, VALUE_LIST))
        return rc;
    for (const struct value *call = calls->first; !rc && call; call = call->next) {
        const struct value *f = value_member(call, "function");
        f = value_is(f, VALUE_MAP) ? f : call;
        rc = join_call(j, value_member(f, "name"), value_member(f, "arguments"), err);
    }
    return rc;
}

// Anthropic puts tool results into a message of the user: that alone is no turn of the person.
static bool only_tool_results(const struct value *content)
{
    if (!value_is(content, VALUE_LIST) || !content->n)
        return false;
    for (const struct value *part = content->first; part; part = part->next)
        if (!str_equal(value_text(value_member(part, "type")), STR_LIT("tool_result")))
            return false;
    return true;
}

int draft_add_message(struct conversation_draft *d, const struct value *message, struct err *err)
{
    struct joined j = { .d = d };
    if (!value_is(message, VALUE_MAP))
        return err_set(err, ERR_DATA, "a message is not a map with a role and a text");
    const struct value *content = message_content(message);
    struct str role = role_text(message);
    buf_init(&j.buf, MAX_TRANSCRIPT, "message");
    int rc = join_parts(&j, content, err);
    if (!rc)
        rc = join_calls(&j, message, err);
    if (!rc && !(j.n == 0 && only_tool_results(content)))
        draft_add_turn(d, role_named(role, d->roles), joined_text(&j));
    buf_release(&j.buf);
    return rc;
}

int draft_add_messages(struct conversation_draft *d, const struct value *list, struct err *err)
{
    if (value_is(list, VALUE_TEXT))
        return err_set(err, ERR_DATA,
                       MESSAGES_UNREAD " (as Python's str() of a list; json.dumps writes JSON)");
    if (!value_is(list, VALUE_LIST))
        return err_set(err, ERR_DATA, "the messages are not a list");
    int rc = 0;
    for (const struct value *message = list->first; !rc && message; message = message->next)
        rc = draft_add_message(d, message, err);
    return rc;
}

bool is_message_or_list(const struct value *v)
{
    const struct value *one = value_is(v, VALUE_LIST) ? v->first : v;
    return value_is(one, VALUE_MAP) && role_text(one).ptr && message_content(one);
}

bool is_message_list(const struct value *v)
{
    if (!value_is(v, VALUE_LIST))
        return false;
    return !v->n || (value_is(v->first, VALUE_MAP) &&
                     (role_text(v->first).ptr || message_content(v->first)));
}
