// SPDX-License-Identifier: Apache-2.0
#include "llm/dialect.h"

#include "base/limits.h"
#include "base/utf8.h"

#define MOST_MESSAGE ((size_t)64 << 20)
#define MOST_TOKEN_BYTES ((size_t)16)
#define MOST_MORE_BYTES ((size_t)64 << 10) // of thoughts that are written down, and odd tokens

// ---- the URL

static bool is_version(struct str segment)
{
    return segment.len >= 2 && segment.ptr[0] == 'v' && segment.ptr[1] >= '0' &&
           segment.ptr[1] <= '9';
}

struct str dialect_url(const struct dialect *dialect, const char *base, struct arena *a)
{
    struct str url = str_of(base), query = STR_LIT(""), segment;
    size_t mark = str_find(url, STR_LIT("?"), 0);
    if (mark != SIZE_MAX) {
        query = str_from(url, mark);
        url = str_head(url, mark);
    }
    while (url.len && url.ptr[url.len - 1] == '/')
        url.len--;
    if (str_ends(url, str_of(dialect->path)))
        return arena_printf(a, "%.*s%.*s", STR_ARG(url), STR_ARG(query));
    size_t slashes = str_find(url, STR_LIT("://"), 0);
    struct str rest = slashes == SIZE_MAX ? url : str_from(url, slashes + 3);
    bool versioned = str_find(query, STR_LIT("api-version="), 0) != SIZE_MAX; // Azure's
    str_cut(&rest, '/', &segment); // the host
    while (rest.len && str_cut(&rest, '/', &segment))
        versioned = versioned || is_version(segment);
    return arena_printf(a, "%.*s%s%s%.*s", STR_ARG(url), versioned ? "" : "/v1", dialect->path,
                        STR_ARG(query));
}

// A parameter of a query that holds a key, by its name: "key", "api_key", "access_token".
static bool is_secret(struct str parameter)
{
    struct str name;
    str_cut(&parameter, '=', &name);
    return str_ends(name, STR_LIT("key")) || str_ends(name, STR_LIT("token"));
}

int llm_check_url(const char *url, const char *flag, bool batch, struct err *err)
{
    struct str rest = str_of(url), parameter;
    if (str_find(rest, STR_LIT("#"), 0) != SIZE_MAX)
        return err_set(err, ERR_CONFIG,
                       "the URL of %s has a # in it, which no server is sent; "
                       "leave it and what follows out",
                       flag);
    size_t mark = str_find(rest, STR_LIT("?"), 0);
    if (mark == SIZE_MAX)
        return 0;
    if (batch)
        return err_set(err, ERR_CONFIG,
                       "the URL of %s has a query (?…), and the addresses of "
                       "--batch take none; leave --batch out, or the query",
                       flag);
    rest = str_from(rest, mark + 1);
    while (rest.len && str_cut(&rest, '&', &parameter))
        if (is_secret(parameter))
            return err_set(err, ERR_CONFIG,
                           "the URL of %s has a key in it, which would be kept "
                           "with the settings; put it into OPENAI_API_KEY or ANTHROPIC_API_KEY",
                           flag);
    return 0;
}

// ---- messages

// How the signs begin that servers' chat templates are built from (ChatML, Llama, DeepSeek with its
// wide bars, Gemma, GLM, Mistral, T5, Qwen's tools and code); in a conversation they are only text.
static const char *const control_signs[] = { "<|",
                                             "<｜",
                                             "<s>",
                                             "</s>",
                                             "<bos>",
                                             "<eos>",
                                             "<pad>",
                                             "<unk>",
                                             "<mask>",
                                             "<sop>",
                                             "<eop>",
                                             "<start_of_",
                                             "<end_of_",
                                             "<begin_of_",
                                             "<unused",
                                             "<extra_",
                                             "<fim_",
                                             "<reserved_",
                                             "<tool_",
                                             "</tool_",
                                             "<tools>",
                                             "</tools>",
                                             "<think",
                                             "</think",
                                             "[INST]",
                                             "[/INST]",
                                             "[gMASK]",
                                             "[TOOL_",
                                             "[/TOOL_",
                                             "[AVAILABLE_TOOLS]",
                                             "[/AVAILABLE_TOOLS]",
                                             "[SYSTEM_PROMPT]",
                                             "[/SYSTEM_PROMPT]" };

static int put_neutral(struct buf *out, struct str text, struct err *err)
{
    int rc = 0;
    size_t from = 0;
    for (size_t i = 0; !rc && i < text.len; i++) {
        if (text.ptr[i] != '<' && text.ptr[i] != '[')
            continue;
        for (size_t j = 0; j < COUNT_OF(control_signs); j++)
            if (str_starts(str_from(text, i), str_of(control_signs[j]))) {
                rc = buf_add(out, str_make(text.ptr + from, i - from), err);
                if (!rc)
                    rc = buf_add(out, text.ptr[i] == '<' ? STR_LIT("‹") : STR_LIT("("), err);
                from = i + 1;
                break;
            }
    }
    return rc ? rc : buf_add(out, str_from(text, from), err);
}

static int put_message(struct buf *body, const char *role, struct str text, bool first,
                       struct err *err)
{
    int rc = buf_printf(body, err, "%s{\"role\":\"%s\",\"content\":", first ? "" : ",", role);
    if (!rc)
        rc = json_put_str(body, text, err);
    return rc ? rc : buf_add_char(body, '}', err);
}

// The item's own message: the end of the prefix, the prompt, and what the answer is to be like.
static int write_item(const struct llm_request *request, struct str head, bool tell_schema,
                      struct buf *text, struct err *err)
{
    int rc = buf_add(text, head, err);
    if (!rc)
        rc = put_neutral(text, request->prompt.s, err);
    if (!rc && request->stem.len)
        rc = buf_printf(text, err, "\n\nAnswer with a text that begins: %.*s",
                        STR_ARG(request->stem));
    if (!rc && request->schema && tell_schema)
        rc = buf_printf(text, err, "\n\nAnswer with one JSON object of this schema and nothing "
                        "else: %s", request->schema);
    return rc;
}

int put_messages(const struct llm_request *request, bool tell_schema, struct buf *body,
                 struct err *err)
{
    static const char *const roles[] = { "user", "assistant" };
    struct str rest = request->prefix, part, last = str_make(NULL, 0);
    struct buf text;
    size_t n = 0;
    int rc = buf_add(body, STR_LIT("\"messages\":["), err);
    while (!rc && rest.ptr && str_cut(&rest, LLM_TURN[0], &part)) {
        if (!rest.ptr) {
            last = part;
            break;
        }
        rc = put_message(body, roles[n % 2], part, n == 0, err);
        n++;
    }
    buf_init(&text, MOST_MESSAGE, "prompt");
    if (!rc)
        rc = write_item(request, last, tell_schema, &text, err);
    if (!rc)
        rc = put_message(body, roles[n % 2], buf_view(&text), n == 0, err);
    buf_release(&text);
    return rc ? rc : buf_add_char(body, ']', err);
}

#define THOUGHTS "<think>"
#define THOUGHTS_END "</think>"

bool shows_thoughts(const struct json *root, struct str text)
{
    static const char *const names[] = { "reasoning_content", "reasoning" };
    const struct json *usage = json_member(root, "usage");
    const struct json *message =
        json_member(json_element(json_member(root, "choices"), 0), "message");
    bool shown =
        read_count(json_member(usage, "completion_tokens_details"), "reasoning_tokens") > 0 ||
        str_starts(str_trim(text), STR_LIT(THOUGHTS)) ||
        str_find(text, STR_LIT(THOUGHTS_END), 0) != SIZE_MAX;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        shown = shown || json_str(json_member(message, names[i])).len > 0;
    const struct json *blocks = json_member(root, "content"); // Anthropic's
    for (size_t i = 0; i < json_length(blocks); i++)
        shown = shown || str_find(json_str(json_member(json_element(blocks, i), "type")),
                                  STR_LIT("thinking"), 0) != SIZE_MAX;
    return shown;
}

// Many templates open the thoughts in the prompt, so that only their end stands in the answer;
// where they have none, all of it is thought.
static struct str without_thoughts(struct str text)
{
    struct str end = STR_LIT(THOUGHTS_END);
    size_t from = 0;
    for (size_t at; (at = str_find(text, end, from)) != SIZE_MAX;)
        from = at + end.len;
    if (!from && str_starts(text, STR_LIT(THOUGHTS)))
        from = text.len;
    return str_trim(str_from(text, from));
}

struct str tidy_answer(const struct llm_request *request, struct str text)
{
    text = without_thoughts(str_trim(text));
    if (request->stem.len && text.len >= request->stem.len &&
        str_equal_ci(str_head(text, request->stem.len), request->stem))
        text = str_trim(str_from(text, request->stem.len));
    return text;
}

int put_model(const char *model, struct buf *body, struct err *err)
{
    int rc = buf_add(body, STR_LIT("{\"model\":"), err);
    return rc ? rc : json_put_str(body, str_of(model), err);
}

int put_temperature(const struct llm_request *request, unsigned left_out, struct buf *body,
                    struct err *err)
{
    if (left_out & LEFT_TEMPERATURE)
        return 0;
    int rc = buf_add(body, STR_LIT("\"temperature\":"), err);
    if (!rc)
        rc = json_put_number(body, request->temperature, err);
    return rc ? rc : buf_add_char(body, ',', err);
}

int read_count(const struct json *usage, const char *name)
{
    int64_t n;
    return json_whole(json_member(usage, name), &n) && n >= 0 && n < INT32_MAX ? (int)n : -1;
}

static size_t most_bytes(const struct llm_request *request)
{
    return (size_t)request->max_tokens * MOST_TOKEN_BYTES + MOST_MORE_BYTES;
}

struct str keep_text(const struct llm_request *request, struct str text, struct arena *a)
{
    return arena_str(a, utf8_clip(text, most_bytes(request)));
}

struct str read_texts(const struct llm_request *request, const struct json *parts, struct arena *a)
{
    size_t most = most_bytes(request), n = 0, len = 0;
    for (size_t i = 0; i < json_length(parts) && len < most; i++, n++)
        len += json_str(json_member(json_element(parts, i), "text")).len;
    char *all = arena_alloc(a, len + 1), *to = all;
    for (size_t i = 0; i < n; i++) {
        struct str part = json_str(json_member(json_element(parts, i), "text"));
        if (part.len)
            memcpy(to, part.ptr, part.len);
        to += part.len;
    }
    *to = 0;
    return utf8_clip(str_make(all, len), most);
}

void put_ending(struct llm_reply *reply, bool refused, bool cut, struct str text)
{
    reply->stop = refused ? LLM_FAILED : cut ? LLM_CUT : LLM_FINISHED;
    reply->why = refused ? WHY_REFUSED : NULL;
    reply->text = raw_of(text);
}
