// SPDX-License-Identifier: Apache-2.0
// Each format: what a record of it becomes. A draft is shown as
//     format id account time language model columns / role:text / role:text …
// with "-" for what is not there.
#include "ingest/table_header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena arena;

static void show_part(struct buf *b, struct str s)
{
    struct err err;
    assert_int_equal(buf_printf(b, &err, " %.*s", STR_ARG(s.ptr ? s : STR_LIT("-"))), 0);
}

static void show(struct buf *b, const char *format, const struct conversation_draft *d)
{
    struct err err;
    int rc = buf_printf(b, &err, "%s", format);
    show_part(b, d->external_id);
    show_part(b, d->account);
    show_part(b,
              d->has_time ? arena_printf(&arena, "%lld", (long long)d->time) : str_make(NULL, 0));
    show_part(b, d->language);
    show_part(b, d->model);
    show_part(b, d->columns);
    for (size_t i = 0; i < d->n_turns && !rc; i++) {
        struct str text = value_unescape(&arena, d->turns[i].escaped);
        rc = buf_printf(b, &err, " / %s:%.*s", turn_role_name(d->turns[i].role), STR_ARG(text));
    }
    assert_int_equal(rc, 0);
}

static void check_mapped(const char *json, const char *map_text, const char *account_from,
                         const char *expected)
{
    struct conversation_draft d = { .a = &arena };
    struct field_map map;
    const struct format *format = NULL;
    struct value *v;
    struct err err = { 0 };
    struct buf b;
    size_t n_repaired = 0;
    buf_init(&b, 1 << 20, "draft");
    assert_int_equal(field_map_parse(&map, str_of(map_text), str_of(account_from), &err), 0);
    assert_int_equal(value_parse(str_of(json), &arena, &v, &n_repaired, &err), 0);
    field_map_spell(&map, v, &arena);
    record_open(v, &map, &arena);
    field_map_spell(&map, v, &arena);
    int rc = draft_read(&d, v, &map, NULL, &format, &err);
    if (rc)
        assert_int_equal(buf_printf(&b, &err, "error %d", rc), 0);
    else
        show(&b, format->name, &d);
    assert_string_equal(b.ptr, expected);
    buf_release(&b);
    arena_release(&arena);
}

static void check(const char *json, const char *expected)
{
    check_mapped(json, "", "", expected);
}

static void test_sharegpt(void **state)
{
    (void)state;
    check("{\"id\":\"x_1\",\"conversations\":[{\"from\":\"human\",\"value\":\"a\"},"
          "{\"from\":\"gpt\",\"value\":\"b\"},{\"from\":\"system\",\"value\":\"c\"}]}",
          "sharegpt x_1 - - - - - / user:a / assistant:b / system:c");
    check("{\"id\":\"x\",\"conversations\":[]}", "sharegpt x - - - - -");
    check("{\"id\":\"x\",\"conversations\":[{\"from\":\"\",\"value\":\"a\"},{\"value\":\"b\"},"
          "{\"from\":\"chatgpt\",\"value\":null}]}",
          "sharegpt x - - - - - / other:a / other:b / assistant:");
    check_mapped("{\"id\":\"ab_c_57\",\"conversations\":[]}", "", "id-prefix",
                 "sharegpt ab_c_57 ab_c - - - -");
    check_mapped("{\"id\":\"57\",\"conversations\":[]}", "", "id-prefix", "sharegpt 57 57 - - - -");
    check_mapped("{\"id\":\"_57\",\"conversations\":[]}", "", "id-prefix",
                 "sharegpt _57 _57 - - - -");
    check_mapped("{\"id\":\"x\",\"who\":{\"n\":7},\"conversations\":[]}", "", "who.n",
                 "sharegpt x 7 - - - {\"who\":{\"n\":7}}");
}

static void test_messages(void **state)
{
    (void)state;
    check("{\"messages\":[{\"role\":\"developer\",\"content\":\"s\"},{\"role\":\"user\","
          "\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"image_url\",\"image_url\":"
          "{\"url\":\"data:image/png;base64,AAAA\"}},{\"type\":\"input_audio\"}]}],"
          "\"metadata\":{\"user_id\":\"u\"},\"created\":1700000000,\"model\":\"m\"}",
          "messages - u 1700000000 - m {\"metadata\":{\"user_id\":\"u\"}} / system:s / "
          "user:a\n[image]\n[audio]");
    check("{\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"1\","
          "\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}]},{\"role\":\"tool\","
          "\"tool_call_id\":\"1\",\"content\":\"42\"}]}",
          "messages - - - - - - / assistant:[tool call: f] {\"x\":1} / tool:42");
    check("{\"system\":[{\"type\":\"text\",\"text\":\"s\"}],\"messages\":[{\"role\":\"user\","
          "\"content\":\"a\"},{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\","
          "\"thinking\":\"t\"},{\"type\":\"text\",\"text\":\"b\"},{\"type\":\"tool_use\",\"name\":"
          "\"f\",\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
          "\"content\":[{\"type\":\"text\",\"text\":\"r\"}]}]}]}",
          "messages - - - - - - / system:s / user:a / assistant:b\n[tool call: f] {} / tool:r");
    check("{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"choices\":[{\"message\":"
          "{\"role\":\"assistant\",\"content\":\"b\"}}]}",
          "messages - - - - - - / user:a / assistant:b");
    check("{\"items\":[{\"role\":\"user\",\"content\":\"a\"}],\"system\":\"s\"}",
          "messages - - - - - - / system:s / user:a");
    check("{\"messages\":[\"a\"]}", "error 65");
    check("{\"messages\":[{\"role\":\"user\",\"content\":7}]}", "error 65");
    check("{\"custom_id\":\"c\",\"method\":\"POST\",\"body\":{\"model\":\"m\",\"messages\":"
          "[{\"role\":\"user\",\"content\":\"a\"}]}}",
          "batch c - - - m - / user:a");
    check("{\"custom_id\":\"c\",\"params\":{\"system\":\"s\",\"messages\":[{\"role\":\"user\","
          "\"content\":\"a\"}]}}",
          "batch c - - - - - / system:s / user:a");
    check("{\"id\":\"r\",\"input\":\"a\",\"instructions\":\"s\",\"output\":[{\"type\":"
          "\"reasoning\"},{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":"
          "\"output_text\",\"text\":\"b\"}]}]}",
          "responses r - - - - - / system:s / user:a / assistant:b");
    check("{\"input\":\"a\",\"output\":[{\"type\":\"thinking\",\"thinking\":\"t\"},{\"type\":"
          "\"text\",\"text\":\"b\"}]}",
          "responses - - - - - - / user:a / assistant:b");
    check("{\"input\":[{\"type\":\"input_text\",\"text\":\"a\"}],\"output\":[{\"type\":"
          "\"output_text\",\"text\":\"b\"},{\"type\":\"output_text\",\"text\":\"c\"}]}",
          "responses - - - - - - / user:a / assistant:b\nc");
    check("{\"input\":\"a\",\"output\":[{\"type\":\"message\",\"role\":\"assistant\",\"content\":"
          "\"b\"},{\"type\":\"text\",\"text\":\"c\"}]}", // messages are what such a list is for
          "responses - - - - - - / user:a / assistant:b");
}

#define ASKED "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"model\":\"m\"}"
#define SAID "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"b\"}}]}"

static void test_calls(void **state)
{
    (void)state;
    check("{\"id\":\"i\",\"request\":" ASKED ",\"response\":" SAID ",\"status\":200}",
          "call i - - - m {\"status\":200} / user:a / assistant:b");
    check("{\"trace_id\":\"i\",\"user_id\":\"u\",\"request\":{\"body\":" ASKED
          "},\"response\":{\"body\":" SAID "}}",
          "call i u - - m - / user:a / assistant:b");
    // as text, in the column of a table
    check("{\"request_body\":\"{\\\"messages\\\":[{\\\"role\\\":\\\"user\\\","
          "\\\"content\\\":\\\"a\\\"}]}\",\"response_body\":\"{\\\"choices\\\":[{\\\"text\\\":"
          "\\\"b\\\"}]}\"}",
          "call - - - - - - / user:a / assistant:b");
    // Anthropic, Gemini, Ollama, Responses, completions, a list and a message, a text
    check("{\"request\":{\"system\":\"s\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],"
          "\"metadata\":{\"user_id\":\"u\"}},\"response\":{\"role\":\"assistant\",\"content\":"
          "[{\"type\":\"thinking\",\"thinking\":\"t\"},{\"type\":\"text\",\"text\":\"b\"}]}}",
          "call - u - - - - / system:s / user:a / assistant:b");
    check("{\"request\":{\"systemInstruction\":{\"parts\":[{\"text\":\"s\"}]},\"contents\":"
          "[{\"role\":\"user\",\"parts\":[{\"text\":\"a\"}]}]},\"response\":{\"candidates\":"
          "[{\"content\":{\"parts\":[{\"text\":\"b\"}]}}]}}",
          "call - - - - - - / system:s / user:a / assistant:b");
    check("{\"input\":" ASKED ",\"output\":{\"message\":{\"content\":\"b\"}}}",
          "call - - - - - - / user:a / assistant:b");
    check("{\"request\":{\"input\":\"a\",\"instructions\":\"s\"},\"response\":{\"output\":"
          "[{\"type\":\"reasoning\"},{\"type\":\"message\",\"role\":\"assistant\",\"content\":"
          "[{\"type\":\"output_text\",\"text\":\"b\"}]}]}}",
          "call - - - - - - / system:s / user:a / assistant:b");
    check("{\"request\":{\"prompt\":\"a\"},\"response\":{\"choices\":[{\"text\":\"b\"}]}}",
          "call - - - - - - / user:a / assistant:b");
    check("{\"input\":[{\"role\":\"user\",\"content\":\"a\"}],\"output\":{\"role\":\"assistant\","
          "\"content\":\"b\"}}",
          "call - - - - - - / user:a / assistant:b");
    check("{\"inputs\":" ASKED ",\"outputs\":\"b\"}", "call - - - - - - / user:a / assistant:b");
    // refused by the model's side: what was asked is there
    check("{\"request\":" ASKED ",\"response\":{\"error\":{\"message\":\"overloaded\"}}}",
          "call - - - - m - / user:a");
    // an answer alone is a text, whatever it looks like; a list of nothing is no call
    check("{\"prompt\":\"a\",\"response\":\"{}\"}", "simple - - - - - - / user:a / assistant:{}");
    check("{\"request\":{\"url\":\"/\"},\"response\":" SAID "}", "error 65");
    check("{\"input\":[],\"output\":{\"content\":\"b\"}}", "error 65");
}

#define LIST_OF "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}"
#define ENDED LIST_OF ",{\"role\":\"assistant\",\"content\":\"b\"}]"

// What stands beside a list of messages is its last turn, if it is not that already.
static void test_answers_beside_messages(void **state)
{
    (void)state;
    const char *wanted = "messages - - - - - - / user:a / assistant:b";
    check(LIST_OF "],\"response\":\"b\"}", wanted);
    check(LIST_OF "],\"completion\":\"b\"}", // kept as a column, too, as it may be another thing
          "messages - - - - - {\"completion\":\"b\"} / user:a / assistant:b");
    check(LIST_OF "],\"response\":" SAID "}", wanted);
    check(LIST_OF "],\"response\":{\"body\":" SAID "}}", wanted);
    check(LIST_OF "],\"response\":{\"content\":[{\"type\":\"text\",\"text\":\"b\"}]}}", wanted);
    check(LIST_OF "],\"response\":{\"role\":\"assistant\",\"content\":\"b\"}}", wanted);
    check(LIST_OF "],\"response\":[{\"type\":\"reasoning\"},{\"type\":\"message\",\"role\":"
                  "\"assistant\",\"content\":\"b\"}]}",
          wanted);
    check(LIST_OF "],\"choices\":[{\"text\":\"b\"}]}", wanted);
    check(LIST_OF "],\"response\":null,\"reply\":\"b\"}",
          "messages - - - - - {\"reply\":\"b\"} / user:a / assistant:b");
    check(LIST_OF "],\"output\":[\"x\"]}", "messages - - - - - {\"output\":[\"x\"]} / user:a");
    // it is there already, or it is a text of which nobody knows what it is
    check(ENDED ",\"response\":\"b\"}", wanted);
    check(ENDED ",\"response\":\"c\"}", wanted);
    check(ENDED ",\"response\":" SAID "}", wanted);
    check(ENDED ",\"choices\":[{\"message\":{\"content\":\"b\"}}]}", wanted);
    // an answer to what ends with the assistant's words goes on behind them
    check(ENDED ",\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"c\"}}]}",
          "messages - - - - - - / user:a / assistant:b / assistant:c");
    check("{\"custom_id\":\"c\",\"body\":" ASKED ",\"response\":{\"body\":" SAID "}}",
          "batch c - - - m - / user:a / assistant:b");
}

static void test_sets(void **state)
{
    (void)state;
    check("{\"conversation_hash\":\"h\",\"model\":\"gpt-4\",\"timestamp\":"
          "\"2023-04-09T00:02:53+00:00\",\"conversation\":[{\"content\":\"a\",\"role\":\"user\","
          "\"hashed_ip\":\"i\"},{\"content\":\"b\",\"role\":\"assistant\"}],\"turn\":1,"
          "\"language\":\"English\",\"toxic\":false,\"state\":null}",
          "wildchat h i 1680998573 English gpt-4 {\"toxic\":false} / user:a / assistant:b");
    check("{\"conversation_id\":\"c\",\"model\":\"vicuna\",\"conversation\":[{\"content\":\"a\","
          "\"role\":\"user\"}],\"turn\":1,\"language\":\"French\",\"openai_moderation\":"
          "[{\"flagged\":true}],\"redacted\":true}",
          "lmsys c - - French vicuna {\"openai_moderation\":[{\"flagged\":true}],\"redacted\":true}"
          " / user:a");
    check(
        "{\"uuid\":\"u\",\"name\":\"n\",\"created_at\":\"2024-01-01T00:00:00Z\",\"account\":"
        "{\"uuid\":\"me\"},\"chat_messages\":[{\"sender\":\"human\",\"text\":\"a\",\"content\":[]},"
        "{\"sender\":\"assistant\",\"text\":\"old\",\"content\":[{\"type\":\"text\",\"text\":"
        "\"b\"}]}]}",
        "claude-export u me 1704067200 - - - / user:a / assistant:b");
    check("{\"conversation_id\":\"c\",\"create_time\":1700000000.5,\"current_node\":\"n3\","
          "\"mapping\":{\"n0\":{\"parent\":null,\"message\":null},\"n1\":{\"parent\":\"n0\","
          "\"message\":{\"author\":{\"role\":\"user\"},\"content\":{\"content_type\":\"text\","
          "\"parts\":[\"a\"]}}},\"n2\":{\"parent\":\"n1\",\"message\":{\"author\":{\"role\":"
          "\"assistant\"},\"content\":{\"parts\":[\"other branch\"]}}},\"n3\":{\"parent\":\"n1\","
          "\"message\":{\"author\":{\"role\":\"assistant\"},\"content\":{\"parts\":[\"b\"]}}}}}",
          "chatgpt-export c - 1700000000 - - - / user:a / assistant:b");
    check("{\"conversation_id\":\"c\",\"current_node\":\"a\",\"mapping\":{\"a\":{\"parent\":\"b\"},"
          "\"b\":{\"parent\":\"a\"}}}",
          "error 65");
}

// Without a node that is current, the newest leaf ends the branch; a time is a number or not there.
static void test_chatgpt_without_current_node(void **state)
{
    (void)state;
#define NODE(name, parent, time, role, text)                                                       \
    "\"" name "\":{\"parent\":" parent ",\"message\":{\"create_time\":" time                       \
    ",\"author\":{\"role\":\"" role "\"},\"content\":{\"parts\":[\"" text "\"]}}}"
#define TREE                                                                                       \
    "\"mapping\":{\"n0\":{\"parent\":null,\"message\":null}," NODE(                                \
        "n1", "\"n0\"", "5", "user",                                                               \
        "a") "," NODE("n2", "\"n1\"", "9.5", "assistant",                                          \
                      "new") "," NODE("n3", "\"n1\"", "9.25", "assistant",                         \
                                      "old") ",\"n4\":{\"parent\":\"n1\"}}"
    const char *wanted = "chatgpt-export c - - - - - / user:a / assistant:new";
    check("{\"conversation_id\":\"c\"," TREE "}", wanted);
    check("{\"conversation_id\":\"c\",\"current_node\":null," TREE "}", wanted);
    check("{\"conversation_id\":\"c\",\"current_node\":\"gone\"," TREE "}", wanted);
    // no time anywhere: the last leaf of the file
    check(
        "{\"conversation_id\":\"c\",\"mapping\":{" NODE("a", "null", "null", "user", "a") "," NODE(
            "b", "\"a\"", "null", "assistant", "old") "," NODE("c", "\"a\"", "null", "assistant",
                                                               "new") "}}",
        wanted);
    check("{\"mapping\":{\"a\":{\"title\":\"b\"}}}", "error 65");
    check("{\"mapping\":{}}", "error 65");
}

static void test_simple(void **state)
{
    (void)state;
    check_mapped("{\"id\":7,\"in\":{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]},"
                 "\"out\":\"b\"}",
                 "text=in,reply=out", "", "mapped 7 - - - - - / user:a / assistant:b");
    check("{\"id\":7,\"role\":\"user\",\"text\":\"a\"}", "error 65"); // one message of a log
    check("{\"id\":7,\"role\":\"user\",\"text\":\"a\",\"reply\":\"b\"}",
          "simple 7 - - - - {\"role\":\"user\"} / user:a / assistant:b");
    check_mapped("{\"id\":7,\"role\":\"user\",\"text\":\"a\"}", "text=text", "",
                 "mapped 7 - - - - {\"role\":\"user\"} / user:a");
    check("{\"id\":7,\"user\":{\"seen\":1,\"id\":5,\"name\":\"n\"},\"text\":\"a\"}",
          "simple 7 5 - - - - / user:a");
    check("{\"id\":7,\"user\":{\"seen\":1,\"mail\":\"m\"},\"text\":\"a\"}",
          "simple 7 - - - - - / user:a");
    check_mapped("{\"id\":7,\"by\":{\"email\":\"m\",\"seen\":1},\"text\":\"a\"}", "", "by",
                 "simple 7 m - - - - / user:a");
    check("{\"id\":7,\"userId\":\"u\",\"createdAt\":\"2100-01-01\",\"text\":\"a\"}",
          "simple 7 u 4102444800 - - - / user:a");
    check("{\"id\":7,\"user\":\"u\",\"time\":\"2100-01-01\",\"text\":\"a\",\"x\":[1]}",
          "simple 7 u 4102444800 - - {\"x\":[1]} / user:a");
    check("{\"prompt\":\"a\",\"response\":\"b\",\"time\":\"soon\"}",
          "simple - - - - - - / user:a / assistant:b");
    check("{\"text\":\"\",\"time\":0}", "simple - - 0 - - - / user:");
    check("{\"x\":1}", "error 65");
    check("[1]", "error 65");
    check("7", "error 65");
}

static void test_map(void **state)
{
    (void)state;
    check_mapped("{\"q\":\"a\",\"r\":{\"t\":\"b\"},\"w\":9,\"z\":1}",
                 "text=q,reply=r.t user=w\nid=z", "",
                 "mapped 1 9 - - - {\"r\":{\"t\":\"b\"}} / "
                 "user:a / assistant:b");
    check_mapped(
        "{\"log\":{\"m\":[{\"role\":\"user\",\"content\":\"a\"}]}}", "messages=log.m", "",
        "mapped - - - - - {\"log\":{\"m\":[{\"role\":\"user\",\"content\":\"a\"}]}} / user:a");
    check_mapped("{\"q\":12}", "text=q", "", "mapped - - - - - - / user:12");
    check_mapped("{\"x\":\"a\"}", "text=q", "", "error 65");
    check_mapped("{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"who\":\"u\"}", "user=who",
                 "", "messages - u - - - - / user:a");
}

// A field that --map names is the one spelled so, else the only one that differs by case.
static void test_map_whatever_the_case(void **state)
{
    (void)state;
    check_mapped("{\"Prompt\":\"a\",\"USER\":\"u\",\"x\":1}", "text=prompt,user=user", "",
                 "mapped - u - - - {\"x\":1} / user:a");
    check_mapped("{\"Prompt\":\"b\",\"prompt\":\"a\"}", "text=prompt", "",
                 "mapped - - - - - {\"Prompt\":\"b\"} / user:a");
    check_mapped("{\"Prompt\":\"b\",\"PROMPT\":\"a\"}", "text=prompt", "", "error 65");
    check_mapped("{\"Log\":[{\"Said\":{\"Text\":\"a\"}}],\"Who.Is\":7}", "text=log.0.said.text",
                 "WHO.is", "mapped - 7 - - - {\"Log\":[{\"Said\":{\"Text\":\"a\"}}]} / user:a");
    check_mapped("{\"Log\":\"{\\\"Said\\\":\\\"a\\\"}\"}", "text=log.said", "",
                 "mapped - - - - - {\"Log\":{\"Said\":\"a\"}} / user:a");
    check_mapped("{\"Log\":{\"Said\":\"a\"}}", "text=log.asked", "", "error 65");
}

// 200 verdicts a turn, the 150th of which flags: one verdict is kept, no turn is lost in it.
static void test_long_verdicts_are_condensed(void **state)
{
    (void)state;
    struct buf b;
    struct err err = { 0 };
    buf_init(&b, 1 << 20, "record");
    int rc = buf_add(&b, STR_LIT("{\"text\":\"a\",\"m\":["), &err);
    for (int i = 0; i < 200 && !rc; i++)
        rc = buf_printf(&b, &err,
                        "%s{\"flagged\":%s,\"scores\":{\"self-harm\":%s,\"x\":0.1},\"by\":\"m\"}",
                        i ? "," : "", i == 150 ? "true" : "false", i == 150 ? "0.75" : "0.25");
    if (!rc)
        rc = buf_add(&b, STR_LIT("],\"tags\":[1,2]}"), &err);
    assert_int_equal(rc, 0);
    check_mapped(b.ptr, "text=text", "",
                 "mapped - - - - - {\"m\":{\"flagged\":true,\"scores\":{\"self-harm\":0.75,"
                 "\"x\":0.1},\"by\":\"m\"},\"tags\":[1,2]} / user:a");
    buf_release(&b);
}

#define LIST "[{\\\"role\\\":\\\"user\\\",\\\"content\\\":\\\"a\\\"}]"
#define REPLY "{\\\"role\\\":\\\"assistant\\\",\\\"content\\\":\\\"b\\\"}"

// JSON inside of texts, as tables and exports of databases have it.
static void test_packed(void **state)
{
    (void)state;
    check("{\"id\":\"x\",\"messages\":\"" LIST "\"}", "messages x - - - - - / user:a");
    check_mapped("{\"in\":\"{\\\"messages\\\":" LIST "}\",\"out\":\"" REPLY "\"}",
                 "messages=in,reply=out", "", "mapped - - - - - - / user:a / assistant:b");
    check_mapped("{\"in\":\"" LIST "\",\"out\":\"plain\"}", "messages=in,reply=out", "",
                 "mapped - - - - - - / user:a / assistant:plain");
    check_mapped("{\"q\":\"{\\\"who\\\":7,\\\"t\\\":" REPLY "}\"}", "text=q.t,user=q.who", "",
                 "mapped - 7 - - - {\"q\":{\"who\":7,\"t\":{\"role\":\"assistant\",\"content\":"
                 "\"b\"}}} / assistant:b");
    // What a person wrote stays as it is, JSON or not.
    check("{\"text\":\"" LIST "\"}",
          "simple - - - - - - / user:[{\"role\":\"user\",\"content\":\"a\"}]");
    check_mapped("{\"q\":\"{\\\"a\\\":1}\"}", "text=q", "", "mapped - - - - - - / user:{\"a\":1}");
    check("{\"messages\":\"[{'role': 'user', 'content': 'a'}]\"}", "error 65");
}

static void test_map_errors(void **state)
{
    (void)state;
    static const char *const wrong[] = { "text", "text=", "=x", "texts=x" };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct field_map map;
        struct err err = { 0 };
        assert_int_equal(field_map_parse(&map, str_of(wrong[i]), str_of(""), &err), ERR_USAGE);
    }
}

static void test_rows(void **state)
{
    (void)state;
    struct str columns[] = { STR_LIT("id"), STR_LIT("text") };
    struct table_header named = { .columns = columns, .n_columns = 2 }, numbered = { 0 };
    struct record row = { .text = STR_LIT("7,\"a, b\xFF\"") };
    struct value *v;
    struct err err = { 0 };
    assert_int_equal(table_row(&row, ',', &named, &arena, &v, &err), 0);
    assert_true(str_equal(value_text(value_member(v, "text")), STR_LIT("a, b\xEF\xBF\xBD")));
    assert_int_equal(table_row(&row, ',', &numbered, &arena, &v, &err), 0);
    assert_true(str_equal(value_text(value_member(v, "1")), STR_LIT("7")));
    row.text = STR_LIT("7,8,,");
    assert_int_equal(table_row(&row, ',', &named, &arena, &v, &err), 0);
    assert_int_equal(v->n, 2);
    row.text = STR_LIT("7,a\0b"); // in one cell or instead of all
    assert_int_equal(table_row(&row, ',', &named, &arena, &v, &err), ERR_DATA);
    row.text = STR_LIT("\0\0");
    assert_int_equal(table_row(&row, ',', &numbered, &arena, &v, &err), ERR_DATA);
    row.text = STR_LIT("7,8,9");
    assert_int_equal(table_row(&row, ',', &named, &arena, &v, &err), ERR_DATA);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sharegpt),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_answers_beside_messages),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_chatgpt_without_current_node),
        cmocka_unit_test(test_simple),
        cmocka_unit_test(test_map),
        cmocka_unit_test(test_packed),
        cmocka_unit_test(test_map_errors),
        cmocka_unit_test(test_map_whatever_the_case),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_long_verdicts_are_condensed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
