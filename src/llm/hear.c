// SPDX-License-Identifier: Apache-2.0
// What an answer means that is no success: try again, leave a field out, give this one up, or stop.
// Servers differ in status and wording, so both are looked at; of the wording only short codes of
// the server's reach a person, never its sentences.
#include "base/clock.h"
#include "llm/dialect.h"

#include <stdio.h>

#define MOST_LOOKED ((size_t)16 << 10)
#define MINUTES_MS ((int64_t)600000) // a limit that is over after this is none of the account's

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

// Whether any of the texts (in lower case, ended by NULL) stands in the body.
static bool speaks_of(struct str body, const char *const *texts)
{
    body = str_head(body, MOST_LOOKED);
    for (; *texts; texts++) {
        size_t len = strlen(*texts);
        for (size_t i = 0; i + len <= body.len; i++) {
            size_t j = 0;
            while (j < len && lower(body.ptr[i + j]) == (*texts)[j])
                j++;
            if (j == len)
                return true;
        }
    }
    return false;
}

#define MOST_SAID ((size_t)400) // a sentence of the server's; what follows may be ours
#define MOST_FAULTS ((size_t)16) // of a list of them, and steps to one: what follows adds nothing

static void add_text(struct str *all, const struct json *value, struct arena *a)
{
    if (json_kind(value) == JSON_TEXT)
        *all = arena_printf(a, "%.*s %.*s", STR_ARG(*all),
                            STR_ARG(str_head(json_str(value), MOST_SAID)));
}

// Google's APIs put an answer that is a fault into a list.
static const struct json *top_of(const struct json *root)
{
    return json_kind(root) == JSON_LIST ? json_element(root, 0) : root;
}

// What the server says of a fault. Some send the request back with it, and then a conversation
// would speak for the server: of JSON only its own sentences are taken. In the arena or a view.
static struct str said_of(struct str body, struct arena *a)
{
    static const char *const places[] = { "message", "code", "type", "param" };
    struct json *root = NULL;
    struct err ignored = { 0 };
    struct str all = STR_LIT("");
    if (json_open_within(&root, body, ANSWER_VALUES, &ignored) != 0)
        return str_head(body, MOST_LOOKED);
    const struct json *top = top_of(root);
    const struct json *error = json_member(top, "error"), *detail = json_member(top, "detail");
    add_text(&all, error, a);
    add_text(&all, detail, a);
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        add_text(&all, json_member(error, places[i]), a);
        add_text(&all, json_member(top, places[i]), a);
    }
    for (size_t i = 0; i < size_min(json_length(detail), MOST_FAULTS); i++) {
        const struct json *loc = json_member(json_element(detail, i), "loc");
        add_text(&all, json_member(json_element(detail, i), "msg"), a);
        for (size_t j = 0; j < size_min(json_length(loc), MOST_FAULTS); j++)
            add_text(&all, json_element(loc, j), a);
    }
    json_close(root);
    return all.len ? all : str_head(body, MOST_LOOKED); // of a form that we do not know
}

// Codes that are told to a person and kept in logs: those that servers document. Any other word may
// be one of a conversation's, sent back by a server that is careless, or not ours.
static bool is_code(struct str s)
{
    static const char *const codes[] = { "account_deactivated",
                                         "api_error",
                                         "authentication_error",
                                         "badrequesterror",
                                         "bad_request",
                                         "billing_error",
                                         "billing_hard_limit_reached",
                                         "billing_not_active",
                                         "content_filter",
                                         "content_policy_violation",
                                         "context_length_exceeded",
                                         "deploymentnotfound",
                                         "engine_overloaded",
                                         "exceed_context_size_error",
                                         "forbidden",
                                         "insufficient_quota",
                                         "internal_error",
                                         "internal_server_error",
                                         "internalservererror",
                                         "invalid_api_key",
                                         "invalid_organization",
                                         "invalid_prompt",
                                         "invalid_request",
                                         "invalid_request_error",
                                         "invalid_type",
                                         "invalid_value",
                                         "model_not_found",
                                         "not_found_error",
                                         "notfounderror",
                                         "overloaded",
                                         "overloaded_error",
                                         "permission_denied",
                                         "permission_error",
                                         "quota_exceeded",
                                         "rate_limit_error",
                                         "rate_limit_exceeded",
                                         "rate_limit_reached",
                                         "request_too_large",
                                         "requests",
                                         "resource_exhausted",
                                         "server_error",
                                         "server_overloaded",
                                         "string_above_max_length",
                                         "timeout",
                                         "timeout_error",
                                         "tokens",
                                         "too_many_requests",
                                         "unavailable_error",
                                         "unsupported_country_region_territory",
                                         "unsupported_parameter",
                                         "unsupported_value" };
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (str_equal_ci(s, str_of(codes[i])))
            return true;
    return false;
}

static void name_status(const struct http_answer *answer, struct heard *heard)
{
    struct json *root = NULL;
    struct err ignored = { 0 };
    struct str code = str_make(NULL, 0);
    if (answer->body.len < MOST_LOOKED && json_open(&root, answer->body, &ignored) == 0) {
        const struct json *error = json_member(root, "error");
        code = json_str(json_member(error, "code"));
        if (!is_code(code))
            code = json_str(json_member(error, "type"));
    }
    if (is_code(code))
        snprintf(heard->code, sizeof heard->code, "HTTP %d, %.*s", answer->status, STR_ARG(code));
    else
        snprintf(heard->code, sizeof heard->code, "HTTP %d", answer->status);
    json_close(root);
}

// "2", "1.5", "120ms", "1s", "6m0s", "1h2m"; -1 when it is none.
static int64_t read_duration(struct str s)
{
    double total = 0, value;
    bool any = false;
    while (s.len) {
        size_t n = 0;
        while (n < s.len && ((s.ptr[n] >= '0' && s.ptr[n] <= '9') || s.ptr[n] == '.'))
            n++;
        if (!n || !str_to_f64(str_head(s, n), &value))
            return -1;
        s = str_from(s, n);
        bool milli = str_starts(s, STR_LIT("ms"));
        char unit = s.len ? s.ptr[0] : 's';
        double factor = milli ? 1 : unit == 's' ? 1e3 : unit == 'm' ? 6e4 : unit == 'h' ? 3.6e6 : 0;
        if (factor <= 0)
            return -1;
        total += value * factor;
        any = true;
        s = str_from(s, milli ? 2 : 1);
    }
    return any && total < 1e12 ? (int64_t)total : -1;
}

// "Fri, 27 Nov 2026 10:00:00 GMT" as seconds from `now`, or RFC 3339.
static int64_t read_date(struct str s, int64_t now)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char zone[4] = "", month[4] = "";
    int day, year, hour, minute, second;
    char text[64];
    int64_t at;
    snprintf(text, sizeof text, "%.*s", STR_ARG(str_head(s, sizeof text - 1)));
    if (sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d %3s", &day, month, &year, &hour, &minute,
               &second, zone) == 7) {
        const char *found = strstr(months, month);
        if (!found)
            return -1;
        snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", year,
                 (int)(found - months) / 3 + 1, day, hour, minute, second);
    }
    if (strlen(text) < 10 || text[4] != '-' || !time_parse(str_of(text), &at))
        return -1;
    return at > now ? (at - now) * 1000 : 0;
}

int64_t wait_asked(const struct http_answer *answer, int64_t now)
{
    static const char *const resets[] = { "x-ratelimit-reset-requests",
                                          "x-ratelimit-reset-tokens",
                                          "anthropic-ratelimit-requests-reset",
                                          "anthropic-ratelimit-tokens-reset",
                                          "anthropic-ratelimit-input-tokens-reset",
                                          "anthropic-ratelimit-output-tokens-reset" };
    static const char *const left[] = { "x-ratelimit-remaining-requests",
                                        "x-ratelimit-remaining-tokens",
                                        "anthropic-ratelimit-requests-remaining",
                                        "anthropic-ratelimit-tokens-remaining",
                                        "anthropic-ratelimit-input-tokens-remaining",
                                        "anthropic-ratelimit-output-tokens-remaining" };
    struct str value = http_header(answer, "retry-after-ms");
    double ms;
    if (value.len && str_to_f64(value, &ms) && ms >= 0 && ms < 1e12)
        return (int64_t)ms;
    value = http_header(answer, "retry-after");
    int64_t wait = value.len ? read_duration(value) : -1;
    if (wait < 0 && value.len)
        wait = read_date(value, now);
    if (wait >= 0)
        return wait;
    for (size_t i = 0; i < COUNT_OF(resets); i++) { // the longest of those that are used up
        value = http_header(answer, resets[i]);
        if (!value.len || !str_equal(http_header(answer, left[i]), STR_LIT("0")))
            continue;
        int64_t until = read_duration(value);
        if (until < 0)
            until = read_date(value, now);
        wait = until > wait ? until : wait;
    }
    return wait;
}

// What the server's clock says, which its dates go by; ours when it does not say.
static int64_t time_of(const struct http_answer *answer)
{
    int64_t past = read_date(http_header(answer, "date"), 0); // milliseconds since 1970
    return past > 0 ? past / 1000 : clock_unix();
}

int64_t wait_told(const struct http_answer *answer)
{
    return wait_asked(answer, time_of(answer));
}

// Google's APIs name it in the body: "retryDelay":"34.07s" of a detail. Where a limit of a day is
// named too ("quotaId":"GenerateRequestsPerDay…") that wait would end in the same answer.
static int64_t wait_in_body(struct str body)
{
    static const char *const day[] = { "perday", NULL };
    struct json *root = NULL;
    struct err ignored = { 0 };
    int64_t wait = -1;
    bool of_day = false;
    if (body.len >= MOST_LOOKED || json_open(&root, body, &ignored) != 0)
        return -1;
    const struct json *details = json_member(json_member(top_of(root), "error"), "details");
    for (size_t i = 0; i < size_min(json_length(details), MOST_FAULTS); i++) {
        const struct json *detail = json_element(details, i);
        const struct json *violations = json_member(detail, "violations");
        if (wait < 0)
            wait = read_duration(json_str(json_member(detail, "retryDelay")));
        for (size_t j = 0; j < size_min(json_length(violations), MOST_FAULTS); j++)
            of_day = of_day ||
                     speaks_of(json_str(json_member(json_element(violations, j), "quotaId")), day);
    }
    json_close(root);
    return of_day ? -1 : wait;
}

// A 400 is mostly about one request, and its words may be those of a conversation: what it says of
// the whole account stands at the beginning.
static bool begins_with(struct str said, const char *const *texts)
{
    said = str_trim(said);
    for (; *texts; texts++)
        if (str_equal_ci(str_head(said, strlen(*texts)), str_of(*texts)))
            return true;
    return false;
}

// Money is gone: waiting does not help, and trying again would only look busy.
static bool is_quota(const struct http_answer *answer, struct str said)
{
    static const char *const begins[] = { "your credit balance is too low", // Anthropic
                                          "you have reached your specified api usage limit",
                                          "you have reached your specified workspace api usage lim",
                                          "billing hard limit has been reached", // OpenAI
                                          "access denied, please make sure your account is in good",
                                          NULL }; // the last one: DashScope
    int status = answer->status;
    if (status == 400)
        return begins_with(said, begins);
    if (status < 400 || status >= 500)
        return false;
    static const char *const texts[] = { "insufficient_quota",
                                         "billing_",
                                         "credit balance",
                                         "exceeded your current quota",
                                         "exceeded_current_quota", // Moonshot
                                         "insufficient credit",
                                         "insufficient balance",
                                         "quota_exhausted",
                                         "payment required",
                                         "used all available credits", // xAI
                                         "have any credits",
                                         "monthly spending limit", // and Fireworks
                                         "key limit exceeded",     // OpenRouter
                                         "free-models-per-day",
                                         NULL };
    return status == 402 || speaks_of(said, texts);
}

// A key that is refused with a 400, as Gemini and xAI do.
static bool is_key(const struct http_answer *answer, struct str said)
{
    static const char *const begins[] = { "api key not valid", "api key expired",
                                          "api key not found", "incorrect api key",
                                          "invalid api key",   NULL };
    return answer->status == 400 && begins_with(said, begins);
}

// The same words where the limit is one of a minute, as Gemini says it: the server names the time
// when there is more.
static bool is_minute(const struct http_answer *answer, struct str said, int64_t wait_ms)
{
    static const char *const money[] = { "insufficient_quota", "billing_", "credit",
                                         "spending limit",     "per-day",  NULL };
    return answer->status == 429 && wait_ms >= 0 && wait_ms <= MINUTES_MS &&
           !speaks_of(said, money);
}

// A filter's word on what a conversation holds: it is about this request, not about the account.
static bool is_moderated(const struct http_answer *answer)
{
    static const char *const texts[] = { "moderation",     "flagged",        "content policy",
                                         "content_policy", "content_filter", NULL };
    return answer->status == 403 && speaks_of(answer->body, texts);
}

static int stop(const struct http_answer *answer, struct str said, const char *host,
                const struct heard *heard, struct err *err)
{
    static const char *const keys[] = { "invalid_api_key", "invalid x-api-key",
                                        "incorrect api key", "authentication_error", NULL };
    const char *address = heard->of_vectors ? "--embeddings-url" : "--base-url";
    int status = answer->status;
    if (is_quota(answer, said))
        return err_set(err, ERR_UNAVAILABLE, "%s says that the account's quota or credit is used "
                       "up (%s); what was answered is kept, run the same command again when there "
                       "is credit", host, heard->code);
    if (status == 401 || status == 403 || is_key(answer, said) || speaks_of(said, keys))
        return err_set(err, ERR_CONFIG, "%s does not accept the key (%s); check the variable that "
                       "holds it", host, heard->code);
    if (status == 404 || status == 405 || status == 410)
        return err_set(err, ERR_CONFIG, "%s knows no such address or model (%s); check %s and %s",
                       host, heard->code, address, heard->of_vectors ? "--embedder" : "--model");
    if (status >= 300 && status < 400)
        return err_set(err, ERR_CONFIG,
                       "%s sends us on to another address (%s), which clio does "
                       "not follow; name that address with %s",
                       host, heard->code, address);
    return err_set(err, ERR_UNAVAILABLE, "%s does not speak as expected (%s); check %s", host,
                   heard->code, address);
}

// The field that a 400 or 422 complains about; 0 when it is none that can be left out.
static unsigned unwanted_field(struct str said, unsigned left_out)
{
    static const char *const effort[] = { "effort", "thinking.type", NULL };
    static const char *const format[] = { "output_config", "output_format", NULL };
    static const char *const schema[] = { "response_format", "json_schema", "tool_choice",
                                          "structured output", "guided", "'tools'", NULL };
    static const char *const tokens[] = { "max_completion_tokens", NULL };
    static const char *const temperature[] = { "temperature", NULL };
    if (speaks_of(said, tokens))
        return LEFT_MAX_TOKENS;
    if (!(left_out & LEFT_EFFORT) && speaks_of(said, effort))
        return LEFT_EFFORT;
    if (!(left_out & LEFT_FORMAT) && speaks_of(said, format))
        return LEFT_FORMAT;
    if (speaks_of(said, schema))
        return LEFT_SCHEMA;
    return speaks_of(said, temperature) ? LEFT_TEMPERATURE : 0;
}

static bool is_passing(int status)
{
    return status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
}

// The request itself is at fault, not the server and not the account.
static bool is_items(int status)
{
    static const int statuses[] = { 400, 413, 414, 415, 422, 431, 451 };
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        if (status == statuses[i])
            return true;
    return false;
}

void hear_status(const struct http_answer *answer, unsigned left_out, const char *host,
                 struct heard *heard, unsigned *leave_out, struct err *err)
{
    int status = answer->status;
    struct arena a = { 0 };
    struct str said = said_of(answer->body, &a);
    name_status(answer, heard);
    heard->wait_ms = wait_told(answer);
    if (heard->wait_ms < 0 && status == 429)
        heard->wait_ms = wait_in_body(answer->body);
    bool quota = is_quota(answer, said), key = is_key(answer, said);
    bool item = (is_items(status) || is_moderated(answer)) && !key;
    heard->is_minute = quota && is_minute(answer, said, heard->wait_ms);
    if (quota && !heard->is_minute)
        heard->kind = HEARD_STOP;
    else if (is_passing(status) &&
             !str_equal_ci(http_header(answer, "x-should-retry"), STR_LIT("false")))
        heard->kind = HEARD_BUSY;
    else if (is_passing(status) || item)
        heard->kind = HEARD_REJECTED;
    else
        heard->kind = HEARD_STOP;
    unsigned field = item ? unwanted_field(said, left_out) : 0;
    if (heard->kind == HEARD_REJECTED && field && !(left_out & field)) {
        heard->kind = HEARD_ADAPT;
        *leave_out |= field;
    }
    if (heard->kind == HEARD_STOP)
        err->code = (enum err_code)stop(answer, said, host, heard, err);
    arena_release(&a);
}
