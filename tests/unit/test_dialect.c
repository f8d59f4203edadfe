// SPDX-License-Identifier: Apache-2.0
// What goes over the wire, byte by byte, and how answers, faults, waits and prices are read.
#include "llm/dialect.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

const char *price_table(void); // llm/prices.csv, embedded

static struct arena a;
static struct err err;

static void test_urls(void **state)
{
    static const char *const rows[][2] = {
        { "http://h", "http://h/v1/chat/completions" },
        { "http://h/", "http://h/v1/chat/completions" },
        { "http://h/v1", "http://h/v1/chat/completions" },
        { "http://h:8080/v1//", "http://h:8080/v1/chat/completions" },
        { "https://h/v1beta/openai/", "https://h/v1beta/openai/chat/completions" },
        { "https://h/v1/chat/completions", "https://h/v1/chat/completions" },
        { "https://v1.example", "https://v1.example/v1/chat/completions" },
        { "https://h/very", "https://h/very/v1/chat/completions" },
        { "https://h/?a=b/c", "https://h/v1/chat/completions?a=b/c" },
        { "https://h/v1/?a=b", "https://h/v1/chat/completions?a=b" },
        { "https://h/v1/chat/completions?a=b", "https://h/v1/chat/completions?a=b" },
        { "https://h/openai/deployments/d?api-version=2024-10-21",
          "https://h/openai/deployments/d/chat/completions?api-version=2024-10-21" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(dialect_url(&dialect_openai, rows[i][0], &a).ptr, rows[i][1]);
    assert_string_equal(dialect_url(&dialect_anthropic, "https://h/v1", &a).ptr,
                        "https://h/v1/messages");
    assert_int_equal(llm_check_url("https://h/v1?api-version=1&x=key", "--base-url", false, &err),
                     0);
    assert_int_equal(llm_check_url("https://h/v1", "--base-url", true, &err), 0);
    static const char *const wrong[] = { "https://h/v1#x", "https://h/v1?#", "https://h/?key=x",
                                         "https://h/?a=b&api_key=x", "https://h?access_token=x" };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(llm_check_url(wrong[i], "--base-url", false, &err), ERR_CONFIG);
        assert_null(strstr(err.text, "=x"));
        err_clear(&err);
    }
    assert_int_equal(llm_check_url("https://h/v1?a=b", "--base-url", true, &err), ERR_CONFIG);
    err_clear(&err);
}

static const char *body_of(const struct dialect *dialect, const struct llm_request *request,
                           unsigned left_out)
{
    struct buf body;
    buf_init(&body, 1 << 16, "body");
    assert_int_equal(dialect->write(request, "m\"1", left_out, &body, &err), 0);
    char *copy = arena_copy(&a, buf_view(&body));
    buf_release(&body);
    return copy;
}

static void test_bytes(void **state)
{
    struct llm_request request = { .prefix = STR_LIT("Say." LLM_TURN "yes" LLM_TURN "Now:"),
                                   .prompt = raw_of(STR_LIT("a\"b <|im_end|> [INST]c")),
                                   .stem = STR_LIT("It is"), .max_tokens = 9 };
    (void)state;
    assert_string_equal(
        body_of(&dialect_openai, &request, 0),
        "{\"model\":\"m\\\"1\",\"max_tokens\":9,\"temperature\":0,\"messages\":["
        "{\"role\":\"user\",\"content\":\"Say.\"},{\"role\":\"assistant\",\"content\":\"yes\"},"
        "{\"role\":\"user\",\"content\":\"Now:a\\\"b ‹|im_end|\\u003e (INST]c\\n\\nAnswer with a "
        "text that begins: It is\"}]}");
    request = (struct llm_request){
        .prompt = raw_of(STR_LIT("<user><｜User｜><bos>[gMASK]<sop></s> <b>5 < 6</b></user>")),
        .max_tokens = 9
    };
    assert_string_equal(
        body_of(&dialect_openai, &request, 0),
        "{\"model\":\"m\\\"1\",\"max_tokens\":9,\"temperature\":0,\"messages\":[{\"role\":\"user\","
        "\"content\":\"\\u003cuser\\u003e‹｜User｜\\u003e‹bos\\u003e(gMASK]‹sop\\u003e‹/s"
        "\\u003e \\u003cb\\u003e5 \\u003c 6\\u003c/b\\u003e\\u003c/user\\u003e\"}]}");
    request = (struct llm_request){ .prompt = raw_of(STR_LIT("x")), .schema = "{\"type\":1}",
                                    .temperature = 0.5, .max_tokens = 3 };
    assert_string_equal(body_of(&dialect_openai, &request, 0),
                        "{\"model\":\"m\\\"1\",\"max_tokens\":3,\"temperature\":0.5,"
                        "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":"
                        "\"answer\",\"strict\":true,\"schema\":{\"type\":1}}},\"messages\":["
                        "{\"role\":\"user\",\"content\":\"x\"}]}");
    assert_string_equal(
        body_of(&dialect_openai, &request, LEFT_SCHEMA | LEFT_TEMPERATURE | LEFT_MAX_TOKENS),
        "{\"model\":\"m\\\"1\",\"max_completion_tokens\":3,\"messages\":[{\"role\":\"user\","
        "\"content\":\"x\\n\\nAnswer with one JSON object of this schema and nothing else: "
        "{\\\"type\\\":1}\"}]}");
    assert_string_equal(body_of(&dialect_anthropic, &request, 0),
                        "{\"model\":\"m\\\"1\",\"max_tokens\":3,\"temperature\":0.5,"
                        "\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{"
                        "\"type\":1}}},\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
    request.effort = "low";
    assert_string_equal(body_of(&dialect_anthropic, &request, LEFT_TEMPERATURE),
                        "{\"model\":\"m\\\"1\",\"max_tokens\":3,\"output_config\":{\"effort\":"
                        "\"low\",\"format\":{\"type\":\"json_schema\",\"schema\":{\"type\":1}}},"
                        "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}");
    assert_non_null(strstr(body_of(&dialect_openai, &request, 0), "\"reasoning_effort\":\"low\","));
    assert_null(strstr(body_of(&dialect_openai, &request, LEFT_EFFORT), "effort"));
    request.effort = "none";
    assert_string_equal(
        body_of(&dialect_anthropic, &request, LEFT_TEMPERATURE | LEFT_SCHEMA),
        "{\"model\":\"m\\\"1\",\"max_tokens\":3,\"thinking\":{\"type\":"
        "\"disabled\"},\"messages\":[{\"role\":\"user\",\"content\":\"x\\n\\nAnswer "
        "with one JSON object of this schema and nothing else: "
        "{\\\"type\\\":1}\"}]}");
    request.effort = NULL;
    assert_string_equal(body_of(&dialect_anthropic, &request, LEFT_FORMAT),
                        "{\"model\":\"m\\\"1\",\"max_tokens\":3,\"temperature\":0.5,\"tools\":[{"
                        "\"name\":\"answer\",\"description\":\"Takes the answer.\","
                        "\"input_schema\":{\"type\":1}}],\"tool_choice\":{\"type\":\"tool\","
                        "\"name\":\"answer\"},\"messages\":[{\"role\":\"user\",\"content\":"
                        "\"x\"}]}");
}

static bool read_text(const struct dialect *dialect, const char *text, struct llm_reply *reply)
{
    struct json *root;
    *reply = (struct llm_reply){ 0 };
    assert_int_equal(json_open(&root, str_of(text), &err), 0);
    struct llm_request request = { .prompt = raw_of(STR_LIT("[\"x\",\"y\"]")) };
    bool ok = dialect->read(&request, root, &a, reply);
    json_close(root);
    return ok;
}

static void test_answers(void **state)
{
    struct llm_reply reply;
    (void)state;
    assert_true(read_text(&dialect_anthropic,
                          "{\"type\":\"message\",\"content\":[{\"type\":\"tool_use\",\"input\":"
                          "{\"b\":1,\"a\":\"x\"}}],\"stop_reason\":\"tool_use\",\"usage\":"
                          "{\"input_tokens\":5,\"cache_read_input_tokens\":7,\"output_tokens\":2}}",
                          &reply));
    assert_true(str_equal(reply.text.s, STR_LIT("{\"b\":1,\"a\":\"x\"}")));
    assert_int_equal(reply.n_prompt_tokens, 12);
    assert_int_equal(reply.n_reply_tokens, 2);
    assert_true(read_text(&dialect_anthropic,
                          "{\"type\":\"message\",\"content\":[],\"stop_reason\":\"refusal\"}",
                          &reply));
    assert_int_equal(reply.stop, LLM_FAILED);
    assert_string_equal(reply.why, WHY_REFUSED);
    assert_false(read_text(&dialect_anthropic, "{\"type\":\"error\",\"content\":[]}", &reply));
    assert_false(read_text(&dialect_openai, "{\"choices\":{\"message\":1}}", &reply));
    struct llm_request request = { .stem = STR_LIT("The user asks") };
    struct str s = tidy_answer(&request, STR_LIT(" <think>{}</think> the user asks for tea \n"));
    assert_true(str_equal(s, STR_LIT("for tea")));
}

// An answer in very many parts is put together once, and none is longer than an answer can be.
static void test_many_parts(void **state)
{
    static const char part[] = "{\"type\":\"text\",\"text\":\"xyz\"},";
    struct buf body;
    struct llm_reply reply;
    (void)state;
    buf_init(&body, 8 << 20, "body");
    for (int anthropic = 0; anthropic < 2; anthropic++) {
        struct arena_mark start = arena_save(&a);
        buf_clear(&body);
        assert_int_equal(buf_printf(&body, &err, "%s",
                                    anthropic ? "{\"type\":\"message\",\"content\":["
                                              : "{\"choices\":[{\"message\":{\"content\":["),
                         0);
        for (int i = 0; i < 100000; i++)
            assert_int_equal(buf_add(&body, STR_LIT(part), &err), 0);
        assert_int_equal(buf_printf(&body, &err, "{\"type\":\"text\",\"text\":\"end\"}]%s",
                                    anthropic ? "}" : "}}]}"),
                         0);
        assert_int_equal(buf_add_char(&body, 0, &err), 0);
        assert_true(read_text(anthropic ? &dialect_anthropic : &dialect_openai, body.ptr, &reply));
        assert_int_equal(reply.text.s.len, 64 << 10); // of the request's 0 tokens
        assert_true(str_starts(reply.text.s, STR_LIT("xyzxyz")));
        arena_rewind(&a, start);
    }
    buf_release(&body);
    assert_true(read_text(&dialect_openai,
                          "{\"choices\":[{\"message\":{\"content\":[{\"text\":\"a\"},{\"x\":1},"
                          "{\"text\":\"b\"}]}}]}",
                          &reply));
    assert_true(str_equal(reply.text.s, STR_LIT("ab")));
}

static void test_errors_with_200(void **state)
{
    struct llm_reply reply;
    (void)state;
    assert_false(read_text(
        &dialect_openai,
        "{\"choices\":[{\"message\":{\"content\":\"\"},\"error\":{\"code\":502}}]}", &reply));
    assert_false(read_text(&dialect_openai,
                           "{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":"
                           "\"error\"}]}",
                           &reply));
}

static bool thinks(const char *text)
{
    struct json *root;
    assert_int_equal(json_open(&root, str_of(text), &err), 0);
    const struct json *message =
        json_member(json_element(json_member(root, "choices"), 0), "message");
    bool shown = shows_thoughts(root, json_str(json_member(message, "content")));
    json_close(root);
    return shown;
}

static void test_thoughts(void **state)
{
    static const char *const rows[][2] = {
        { "<think>{}</think>yes", "yes" },
        { "<think>so</think> <think>well</think>yes", "yes" },
        { "it is {so}</think>\nyes", "yes" }, // opened in the prompt
        { "<think>without an end", "" },
        { "a <think> of mine", "a <think> of mine" },
        { "yes", "yes" },
    };
    struct llm_request request = { 0 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_true(str_equal(tidy_answer(&request, str_of(rows[i][0])), str_of(rows[i][1])));
    assert_true(thinks("{\"choices\":[{\"message\":{\"content\":\"so</think>yes\"}}]}"));
    assert_true(thinks("{\"choices\":[{\"message\":{\"reasoning_content\":\"hm\"}}]}"));
    assert_true(thinks("{\"usage\":{\"completion_tokens_details\":{\"reasoning_tokens\":9}}}"));
    assert_false(thinks("{\"choices\":[{\"message\":{\"content\":\"yes\",\"reasoning_content\":"
                        "null}}],\"usage\":{\"completion_tokens_details\":{"
                        "\"reasoning_tokens\":0}}}"));
    assert_false(thinks("[]"));
}

static int64_t wait_of(const char *headers)
{
    struct http_answer answer = { .status = 429, .headers = str_of(headers) };
    return wait_asked(&answer, 1000000000); // 2001-09-09T01:46:40Z
}

static void test_waits(void **state)
{
    (void)state;
    assert_int_equal(wait_of(""), -1);
    assert_int_equal(wait_of("Retry-After: 7\n"), 7000);
    assert_int_equal(wait_of("retry-after: 0.5\n"), 500);
    assert_int_equal(wait_of("retry-after: -5\n"), -1);
    assert_int_equal(wait_of("retry-after: soon\n"), -1);
    assert_int_equal(wait_of("Retry-After: Sun, 09 Sep 2001 01:46:50 GMT\n"), 10000);
    assert_int_equal(wait_of("Retry-After: Sun, 09 Sep 2001 01:46:30 GMT\n"), 0);
    assert_int_equal(wait_of("retry-after-ms: 20\nretry-after: 9\n"), 20);
    assert_int_equal(wait_of("x-ratelimit-remaining-requests: 0\n"
                             "x-ratelimit-reset-requests: 1m2.5s\n"), 62500);
    assert_int_equal(wait_of("x-ratelimit-remaining-requests: 3\n"
                             "x-ratelimit-reset-requests: 60s\n"), -1);
    assert_int_equal(wait_of("anthropic-ratelimit-tokens-remaining: 0\n"
                             "anthropic-ratelimit-tokens-reset: 2001-09-09T01:46:43Z\n"), 3000);
    // two are used up: the later one counts
    assert_int_equal(wait_of("anthropic-ratelimit-requests-remaining: 0\n"
                             "anthropic-ratelimit-requests-reset: 2001-09-09T01:46:41Z\n"
                             "anthropic-ratelimit-input-tokens-remaining: 0\n"
                             "anthropic-ratelimit-input-tokens-reset: 2001-09-09T01:46:45Z\n"),
                     5000);
    assert_int_equal(wait_of("anthropic-ratelimit-output-tokens-remaining: 0\n"
                             "anthropic-ratelimit-output-tokens-reset: 2001-09-09T01:46:42Z\n"),
                     2000);
}

static void test_no_words_of_theirs(void **state)
{
    struct heard heard = { 0 };
    unsigned leave_out = 0;
    struct http_answer answer = {
        .status = 401,
        .body = STR_LIT("{\"error\":{\"message\":\"bad key sk-abc\",\"code\":\"sk-abc\"}}")
    };
    (void)state;
    hear_status(&answer, 0, "host", &heard, &leave_out, &err);
    assert_int_equal(heard.kind, HEARD_STOP);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_null(strstr(err.text, "sk-"));
    assert_non_null(strstr(err.text, "HTTP 401"));
    err_clear(&err);
    answer = (struct http_answer){ .status = 400, .body = STR_LIT("no Temperature, please") };
    hear_status(&answer, 0, "host", &heard, &leave_out, &err);
    assert_int_equal(heard.kind, HEARD_ADAPT);
    assert_int_equal(leave_out, LEFT_TEMPERATURE);
    hear_status(&answer, LEFT_TEMPERATURE, "host", &heard, &leave_out, &err);
    assert_int_equal(heard.kind, HEARD_REJECTED);
}

static struct heard hear(int status, const char *headers, const char *body, unsigned *leave_out)
{
    struct http_answer answer = { .status = status,
                                  .headers = str_of(headers),
                                  .body = str_of(body) };
    struct heard heard = { 0 };
    *leave_out = 0;
    err_clear(&err);
    hear_status(&answer, 0, "host", &heard, leave_out, &err);
    return heard;
}

static enum heard_kind heard_as(int status, const char *body, unsigned *leave_out)
{
    return hear(status, "", body, leave_out).kind;
}

// A limit of a minute is worded like a quota of money; what the server says of when there is more
// tells them apart.
static void test_a_quota_of_a_minute(void **state)
{
    static const struct {
        const char *headers, *body;
        enum heard_kind kind;
        int64_t wait_ms;
    } rows[] = {
        { "", "{\"error\":\"You exceeded your current quota\"}", HEARD_STOP, -1 },
        { "Retry-After: 30\n", "{\"error\":\"You exceeded your current quota\"}", HEARD_BUSY,
          30000 },
        { "Retry-After: 3600\n", "{\"error\":\"You exceeded your current quota\"}", HEARD_STOP,
          3600000 },
        { "Retry-After: 30\n",
          "{\"error\":{\"code\":\"insufficient_quota\",\"message\":\"You "
          "exceeded your current quota\"}}",
          HEARD_STOP, 30000 },
        { "",
          "[{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota\","
          "\"details\":[{\"links\":[]},{\"retryDelay\":\"34.5s\"}]}}]",
          HEARD_BUSY, 34500 },
        { "", "{\"error\":{\"message\":\"slow down\",\"details\":[{\"retryDelay\":\"2s\"}]}}",
          HEARD_BUSY, 2000 },
    };
    unsigned out;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct heard heard = hear(429, rows[i].headers, rows[i].body, &out);
        assert_int_equal(heard.kind, rows[i].kind);
        assert_int_equal(heard.wait_ms, rows[i].wait_ms);
    }
}

// What vendors say, in their words, of an account that has no money or no key that counts: most
// with a status that is otherwise of one request, or passes. And the same words where they are not
// theirs.
static void test_words_of_vendors(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum heard_kind kind;
        enum err_code code; // of a stop
    } rows[] = {
        { 400,
          "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"You "
          "have "
          "reached your specified API usage limits. You will regain access on 2026-12-01.\"}}",
          HEARD_STOP, ERR_UNAVAILABLE },
        { 400,
          "{\"type\":\"error\",\"error\":{\"message\":\"You have reached your specified workspace "
          "API "
          "usage limits.\"}}",
          HEARD_STOP, ERR_UNAVAILABLE },
        { 400,
          "{\"error\":{\"code\":\"billing_hard_limit_reached\",\"message\":\"Billing hard limit "
          "has "
          "been reached\"}}",
          HEARD_STOP, ERR_UNAVAILABLE },
        { 400,
          "{\"error\":{\"code\":\"Arrearage\",\"message\":\"Access denied, please make sure your "
          "account is in good standing.\"}}",
          HEARD_STOP, ERR_UNAVAILABLE },
        { 429,
          "{\"code\":\"exhausted\",\"error\":\"Your team has either used all available credits or "
          "reached its monthly spending limit.\"}",
          HEARD_STOP, ERR_UNAVAILABLE },
        { 403, "{\"error\":\"Your newly created team doesn't have any credits or licenses yet.\"}",
          HEARD_STOP, ERR_UNAVAILABLE },
        { 403, "{\"error\":{\"code\":403,\"message\":\"Key limit exceeded (total limit).\"}}",
          HEARD_STOP, ERR_UNAVAILABLE },
        { 429,
          "{\"error\":{\"message\":\"Rate limit exceeded: free-models-per-day. Add 10 credits\"}}",
          HEARD_STOP, ERR_UNAVAILABLE },
        { 412,
          "{\"error\":{\"message\":\"Account is suspended, possibly due to reaching the monthly "
          "spending limit\"}}",
          HEARD_STOP, ERR_UNAVAILABLE },
        { 429, "{\"error\":{\"type\":\"exceeded_current_quota_error\",\"message\":\"suspended\"}}",
          HEARD_STOP, ERR_UNAVAILABLE },
        { 429, // a wait is named, but the limit is one of a day
          "[{\"error\":{\"message\":\"You exceeded your current "
          "quota\",\"details\":[{\"violations\":"
          "[{\"quotaId\":\"GenerateRequestsPerDayPerProjectPerModel-FreeTier\"}]},{\"retryDelay\":"
          "\"17s\"}]}}]",
          HEARD_STOP, ERR_UNAVAILABLE },
        { 400,
          "[{\"error\":{\"code\":400,\"message\":\"API key not valid. Please pass a valid one\"}}]",
          HEARD_STOP, ERR_CONFIG },
        { 400, "{\"code\":\"invalid\",\"error\":\"Incorrect API key provided: te***st.\"}",
          HEARD_STOP, ERR_CONFIG },
        // in the middle of what a server says of one request they may be a conversation's
        { 400,
          "{\"error\":{\"message\":\"cannot take: You have reached your specified API usage "
          "limits\"}}",
          HEARD_REJECTED, 0 },
        { 400, "{\"error\":{\"message\":\"bad prompt: why is my API key not valid?\"}}",
          HEARD_REJECTED, 0 },
        { 400, "[{\"error\":{\"message\":\"no\"},\"input\":\"API key not valid\"}]", HEARD_REJECTED,
          0 },
    };
    unsigned out;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(heard_as(rows[i].status, rows[i].body, &out), rows[i].kind);
        assert_int_equal(err.code, rows[i].code);
        if (rows[i].code)
            assert_non_null(strstr(err.text, rows[i].code == ERR_CONFIG ? "the key" : "quota"));
    }
}

// What a server calls a code may be what somebody wrote, or a name: only documented ones are told.
static void test_a_code_is_a_known_one(void **state)
{
    struct heard heard = { 0 };
    unsigned leave_out = 0;
    struct http_answer answer = {
        .status = 429,
        .body =
            STR_LIT("{\"error\":{\"code\":\"quorvath.zelnick\",\"type\":\"RATE_LIMIT_ERROR\"}}")
    };
    (void)state;
    hear_status(&answer, 0, "host", &heard, &leave_out, &err);
    assert_string_equal(heard.code, "HTTP 429, RATE_LIMIT_ERROR");
    answer.body = STR_LIT("{\"error\":{\"code\":\"quorvath\",\"type\":\"zelnick\"}}");
    hear_status(&answer, 0, "host", &heard, &leave_out, &err);
    assert_string_equal(heard.code, "HTTP 429");
}

// A fault of thousands of sentences is read to its beginning only: each of them was once copied
// with all before it, gigabytes for an answer of four megabytes.
static void test_a_long_list_of_faults(void **state)
{
    struct buf body;
    unsigned out;
    (void)state;
    buf_init(&body, 4 << 20, "body");
    assert_int_equal(buf_printf(&body, &err, "{\"detail\":[{\"msg\":\"no\"}"), 0);
    for (int i = 0; i < 900; i++)
        assert_int_equal(buf_printf(&body, &err, ",{\"msg\":\"no\"}"), 0);
    assert_int_equal(buf_printf(&body, &err, ",{\"msg\":\"temperature\"}]}"), 0);
    assert_int_equal(buf_add_char(&body, 0, &err), 0);
    assert_int_equal(heard_as(400, buf_view(&body).ptr, &out), HEARD_REJECTED);
    assert_int_equal(out, 0);
    buf_release(&body);
}

// Servers that check with pydantic send the request back: what somebody wrote is not what the
// server says, and ends no run, nor takes the schema from all others.
static void test_an_echo_says_nothing(void **state)
{
    unsigned out;
    (void)state;
    assert_int_equal(heard_as(422,
                              "{\"detail\":[{\"loc\":[\"body\",\"messages\"],\"msg\":\"too "
                              "long\",\"input\":\"insufficient_quota, your credit balance is too "
                              "low, response_format\"}]}",
                              &out),
                     HEARD_REJECTED);
    assert_int_equal(out, 0);
    assert_int_equal(heard_as(400,
                              "{\"error\":{\"message\":\"invalid\"},\"input\":\"your credit "
                              "balance is too low; temperature\"}",
                              &out),
                     HEARD_REJECTED);
    assert_int_equal(out, 0);
    // what the server itself says counts as it did
    assert_int_equal(heard_as(400,
                              "{\"type\":\"error\",\"error\":{\"message\":\"Your credit balance "
                              "is too low to use the API\"}}",
                              &out),
                     HEARD_STOP);
    assert_int_equal(heard_as(429, "{\"error\":{\"code\":\"insufficient_quota\"}}", &out),
                     HEARD_STOP);
    assert_int_equal(heard_as(429, "{\"error\":\"You exceeded your current quota\"}", &out),
                     HEARD_STOP);
    assert_int_equal(heard_as(422,
                              "{\"detail\":[{\"loc\":[\"body\",\"response_format\"],\"msg\":"
                              "\"Extra inputs are not permitted\",\"input\":\"x\"}]}",
                              &out),
                     HEARD_ADAPT);
    assert_int_equal(out, LEFT_SCHEMA);
    assert_int_equal(heard_as(400, "{\"errors\":[\"no temperature\"]}", &out), HEARD_ADAPT);
}

static unsigned left_after(unsigned left_out, const char *message)
{
    struct str body = arena_printf(&a,
                                   "{\"type\":\"error\",\"error\":{\"type\":"
                                   "\"invalid_request_error\",\"message\":\"%s\"}}",
                                   message);
    struct http_answer answer = { .fault = HTTP_ANSWERED, .status = 400, .body = body };
    struct heard heard = { 0 };
    unsigned out = 0;
    err_clear(&err);
    hear_status(&answer, left_out, "host", &heard, &out, &err);
    assert_int_equal(heard.kind, out ? HEARD_ADAPT : HEARD_REJECTED);
    return out;
}

// What Anthropic's models of different ages refuse, each in the words that are reported of them.
static void test_models_of_different_ages(void **state)
{
    (void)state;
    assert_int_equal(left_after(0, "temperature is deprecated for this model."), LEFT_TEMPERATURE);
    assert_int_equal(left_after(0, "output_config.effort: not supported by this model"),
                     LEFT_EFFORT);
    assert_int_equal(left_after(0, "thinking.type.disabled is not supported"), LEFT_EFFORT);
    assert_int_equal(left_after(0, "output_config: Extra inputs are not permitted"), LEFT_FORMAT);
    assert_int_equal(left_after(0, "output_config.format: json_schema is not supported"),
                     LEFT_FORMAT);
    assert_int_equal(left_after(LEFT_FORMAT, "Thinking may not be enabled when tool_choice forces "
                                             "tool use."),
                     LEFT_SCHEMA);
    assert_int_equal(left_after(LEFT_FORMAT | LEFT_SCHEMA, "tool_choice: unknown"), 0);
    assert_int_equal(left_after(0, "messages: too long"), 0);
}

// Thoughts in an answer, however the server shows them, tell that more room is needed.
static void test_thoughts_show(void **state)
{
    static const struct {
        const char *answer;
        bool shown;
    } rows[] = {
        { "{\"content\":[{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"s\"},"
          "{\"type\":\"text\",\"text\":\"x\"}]}",
          true },
        { "{\"content\":[{\"type\":\"redacted_thinking\",\"data\":\"s\"}]}", true },
        { "{\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}", false },
        { "{\"choices\":[{\"message\":{\"content\":\"x\",\"reasoning\":\"y\"}}]}", true },
        { "{\"choices\":[{\"message\":{\"content\":\"x\"}}]}", false },
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct json *root;
        assert_int_equal(json_open(&root, str_of(rows[i].answer), &err), 0);
        assert_int_equal(shows_thoughts(root, STR_LIT("x")), rows[i].shown);
        json_close(root);
    }
}

static void test_prices(void **state)
{
    static const char table[] = "# in, out\ngpt*,1,2\n gpt-4o-mini* , 0.15, 0.60\ngpt-4o,5,6\n";
    struct llm_price price;
    (void)state;
    assert_int_equal(llm_find_price(str_of(table), STR_LIT("gpt-4o-mini-2024"), &price, &err), 0);
    assert_true(price.known && price.in > 0.149 && price.in < 0.151);
    assert_int_equal(llm_find_price(str_of(table), STR_LIT("gpt-4o"), &price, &err), 0);
    assert_true(price.out > 5.9);
    assert_int_equal(llm_find_price(str_of(table), STR_LIT("llama"), &price, &err), 0);
    assert_false(price.known);
    assert_int_equal(llm_find_price(STR_LIT("a,1,2\nb,x,1\n"), STR_LIT("a"), &price, &err),
                     ERR_CONFIG);
    assert_non_null(strstr(err.text, "line 2"));
    err_clear(&err);
}

// The table that clio brings: a price is of a version and its dates, never of one that comes after.
static void test_own_prices(void **state)
{
    static const struct {
        const char *model;
        double out; // 0: not known
    } rows[] = { { "gpt-4o", 10 },
                 { "gpt-4o-2024-08-06", 10 },
                 { "gpt-4o-2024-05-13", 15 },
                 { "gpt-5-2025-08-07", 10 },
                 { "gpt-5.1", 10 },
                 { "gpt-5.1-codex-max", 0 },
                 { "gpt-6-luna", 0.5 },
                 { "gpt-6-luna-2026-09-22", 0.5 },
                 { "gpt-7", 0 },
                 { "gpt-4o-audio-preview", 0 },
                 { "claude-opus-4-1", 75 },
                 { "claude-opus-4-20250514", 75 },
                 { "claude-opus-4-7", 25 },
                 { "claude-opus-5-5", 20 },
                 { "claude-opus-5-2", 0 },
                 { "claude-fable-5-2", 40 },
                 { "claude-haiku-5-5", 0.5 } };
    struct llm_price price;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(llm_find_price(str_of(price_table()), str_of(rows[i].model), &price, &err),
                         0);
        assert_true(price.known == (rows[i].out > 0));
        assert_true(!price.known ||
                    (price.out > 0.99 * rows[i].out && price.out < 1.01 * rows[i].out));
    }
    assert_true(llm_url_is_own("http://127.0.0.1:8080/v1") && llm_url_is_own("https://localhost"));
    assert_true(llm_url_is_own("http://[::1]:1"));
    assert_false(llm_url_is_own("http://127.0.0.1.nip.io") ||
                 llm_url_is_own("http://localhost.x.y"));
    assert_false(llm_url_is_own(NULL) || llm_url_is_own("") || llm_url_is_own("127.0.0.1"));
}

// Vectors of two texts: by their index, in any order; nothing else will do.
static void test_vectors(void **state)
{
    static const char *const bad[] = {
        "{}",
        "{\"data\":{}}",
        "{\"data\":[]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]}]}", // one is missing
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":0,\"embedding\":[2]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":2,\"embedding\":[2]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":-1,\"embedding\":[2]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":\"1\",\"embedding\":[2]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1,2]},{\"index\":1,\"embedding\":[2]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[\"2\"]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[null]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[1]},{\"index\":1,\"embedding\":[1e39]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":[]},{\"index\":1,\"embedding\":[]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":\"AACAPw==\"},{\"index\":1}]}",
        "{\"data\":[1,2]}",
    };
    struct llm_reply reply;
    struct str rest, line;
    float row[2];
    (void)state;
    assert_true(read_text(&dialect_embeddings,
                          "{\"data\":[{\"index\":1,\"embedding\":[0.5,-2]},"
                          "{\"index\":0,\"embedding\":[1,3e-2]}],"
                          "\"usage\":{\"prompt_tokens\":4}}",
                          &reply));
    assert_int_equal(reply.n_prompt_tokens, 4);
    rest = reply.text.s;
    assert_true(str_cut(&rest, '\n', &line) && line.len == 2 * EMBEDDING_DIGITS);
    embedding_read(line, row);
    assert_true(row[0] == 1.0F && row[1] == 0.03F);
    assert_true(str_cut(&rest, '\n', &line) && line.len == 2 * EMBEDDING_DIGITS);
    embedding_read(line, row);
    assert_true(row[0] == 0.5F && row[1] == -2.0F);
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(read_text(&dialect_embeddings, bad[i], &reply));
    struct llm_request request = { .prompt = raw_of(STR_LIT("[\"x\"]")) };
    assert_string_equal(body_of(&dialect_embeddings, &request, 0),
                        "{\"model\":\"m\\\"1\",\"input\":[\"x\"]}");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_a_quota_of_a_minute),
        cmocka_unit_test(test_words_of_vendors),
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_prices),
        cmocka_unit_test(test_no_words_of_theirs),
        cmocka_unit_test(test_a_code_is_a_known_one),
        cmocka_unit_test(test_a_long_list_of_faults),
        cmocka_unit_test(test_an_echo_says_nothing),
        cmocka_unit_test(test_models_of_different_ages),
        cmocka_unit_test(test_thoughts_show),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_thoughts),
        cmocka_unit_test(test_own_prices),
        cmocka_unit_test(test_many_parts),
        cmocka_unit_test(test_errors_with_200),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    arena_release(&a);
    return rc;
}
