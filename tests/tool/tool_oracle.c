// SPDX-License-Identifier: Apache-2.0
// The oracle (tests/oracle.h) as a language model's server on loopback that speaks OpenAI's chat
// completions, Anthropic's messages, and the batches of both (tests/oracle_batch.h): it
// answers the prompts of facet, screen, describe, hierarchy, audit and evaluate from planted truth,
// as wrong, as slow and as malformed as it is told to be.
//
//     tool_oracle TRUTH.tsv [--errors R] [--facet-errors R] [--malformed R] [--latency MS]
//                           [--seed N] [--port N] [--polls N] [--private FILE]
//
// TRUTH.tsv: a header, then field, topic, text and, in a fourth and a fifth column, the language
// and the text in English, which is what facets are asked for in. Errors of
// facets have a rate of their own: no later step can make up for a conversation that was
// misread. Prints the port and serves until standard input ends; then prints its counts.
#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "oracle.h"
#include "oracle_batch.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MOST_BODY ((size_t)256 << 20)

static struct {
    struct oracle oracle;
    struct map languages;  // of texts, by their letters' place in the truth
    uint32_t *language_of; // of each text of oracle.texts
    struct str *english_of; // of each; empty where the truth has none
    size_t n_room;          // of both
    long latency_ms;
    size_t n_strange; // prompts that are none of ours
    size_t n_direct;  // questions that came by themselves
    struct oracle_batches *batches;
} server;

static void must(int rc, const struct err *err)
{
    if (rc) {
        fprintf(stderr, "tool_oracle: %s\n", err->text);
        exit(1);
    }
}

static void add_language(void *context, size_t text, struct str language, struct str english)
{
    (void)context;
    struct arena *a = &server.oracle.arena;
    if (text >= server.n_room) {
        size_t old = server.n_room, room = 2 * text + 1024;
        server.language_of = arena_grow(a, server.language_of, old * sizeof *server.language_of,
                                        room * sizeof *server.language_of);
        server.english_of = arena_grow(a, server.english_of, old * sizeof *server.english_of,
                                       room * sizeof *server.english_of);
        server.n_room = room;
    }
    server.language_of[text] = (uint32_t)map_add(&server.languages, language, 0, NULL);
    server.english_of[text] = arena_str(a, english);
}

// A facet is one sentence, so commas take the place of what ends the others.
static struct str one_sentence(struct str text, struct arena *a)
{
    char *copy = arena_copy(a, text);
    for (char *p = copy; *p; p++)
        if (strchr(".!?:", *p) && p[1] == ' ')
            *p = ',';
    return str_of(copy);
}

// All facets of a conversation as a JSON object.
static struct str answer_facets(struct str turn, struct arena *a)
{
    struct err err = { 0 };
    size_t text = 0;
    struct str value = oracle_facet(&server.oracle, turn, &text, a);
    struct buf out;
    if (!value.len)
        return value;
    struct str english = one_sentence(server.english_of[text], a);
    struct str said = str_head(value, str_find(value, STR_LIT(":"), 0));
    if (english.len)
        value = arena_printf(a, "%.*s: %.*s", STR_ARG(said), STR_ARG(english));
    buf_init(&out, MOST_BODY, "answer");
    must(buf_printf(&out, &err, "{\"request\":"), &err);
    must(json_put_str(&out, value, &err), &err);
    must(buf_printf(&out, &err, ",\"task\":"), &err);
    must(json_put_str(&out, said, &err), &err);
    must(buf_printf(&out, &err, ",\"language\":"), &err);
    must(json_put_str(&out, server.languages.entries[server.language_of[text]].key, &err), &err);
    must(buf_printf(&out, &err, ",\"concern\":1}"), &err);
    value = arena_str(a, buf_view(&out));
    buf_release(&out);
    return value;
}

static void write_reply(struct str prompt, struct str answer, bool anthropic, struct buf *out)
{
    struct err err = { 0 };
    size_t n_in = prompt.len / 4 + 1, n_out = answer.len / 4 + 1;
    must(buf_printf(out, &err, "%s",
                    anthropic ? "{\"id\":\"1\",\"type\":\"message\",\"role\":\"assistant\","
                                "\"stop_reason\":"
                                "\"end_turn\",\"content\":[{\"type\":\"text\",\"text\":"
                              : "{\"id\":\"1\",\"object\":\"chat.completion\",\"model\":\"oracle\","
                                "\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{"
                                "\"role\":\"assistant\",\"content\":"),
         &err);
    must(json_put_str(out, answer, &err), &err);
    if (anthropic)
        must(buf_printf(out, &err, "}],\"usage\":{\"input_tokens\":%zu,\"output_tokens\":%zu}}",
                        n_in, n_out),
             &err);
    else
        must(buf_printf(out, &err,
                        "}}],\"usage\":{\"prompt_tokens\":%zu,\"completion_tokens\":%zu,"
                        "\"total_tokens\":%zu}}",
                        n_in, n_out, n_in + n_out),
             &err);
}

static struct str answer_prompt(struct str prompt, struct arena *a)
{
    struct str turn = oracle_turn(prompt), answer;
    if (str_find(prompt, STR_LIT("<question>\n"), 0) != SIZE_MAX)
        answer = STR_LIT("<answer>yes</answer>"); // of the screen
    else
        answer = turn.len ? answer_facets(turn, a) : oracle_answer(&server.oracle, prompt, a);
    if (!answer.ptr)
        answer = STR_LIT("");
    if (!answer.len)
        __atomic_fetch_add(&server.n_strange, 1, __ATOMIC_RELAXED);
    return answer;
}

static void answer_body(struct str body, bool anthropic, struct arena *a, struct buf *out)
{
    struct str prompt = oracle_prompt(body, a);
    write_reply(prompt, answer_prompt(prompt, a), anthropic, out);
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, const char *method,
                                  const char *url, struct str body)
{
    struct arena a = { 0 };
    struct buf out;
    int status = 200;
    buf_init(&out, 4 * MOST_BODY, "reply");
    struct timespec wait = { server.latency_ms / 1000, server.latency_ms % 1000 * 1000000 };
    const char *after = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "after");
    if (!after)
        after = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "after_id");
    if (!oracle_batches_handle(server.batches, method, url, after, body, answer_body, &status,
                               &out)) {
        if (oracle_batches_refuse(server.batches, body, &out))
            status = 400;
        else
            answer_body(body, str_ends(str_of(url), STR_LIT("/messages")), &a, &out);
        __atomic_fetch_add(&server.n_direct, 1, __ATOMIC_RELAXED);
        if (server.latency_ms)
            nanosleep(&wait, NULL);
    }
    enum MHD_Result sent = MHD_NO;
    if (status) {
        struct MHD_Response *response =
            MHD_create_response_from_buffer(out.len, (void *)out.ptr, MHD_RESPMEM_MUST_COPY);
        MHD_add_response_header(response, "Content-Type", "application/json");
        sent = MHD_queue_response(connection, (unsigned)status, response);
        MHD_destroy_response(response);
    }
    buf_release(&out);
    arena_release(&a);
    return sent;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *n_data, void **kept)
{
    struct err err = { 0 };
    struct buf *body = *kept;
    (void)context, (void)version;
    if (!body) {
        body = calloc(1, sizeof *body);
        if (!body)
            return MHD_NO;
        buf_init(body, MOST_BODY, "request");
        *kept = body;
        return MHD_YES;
    }
    if (*n_data) {
        int rc = buf_add(body, str_make(data, *n_data), &err);
        *n_data = 0;
        return rc ? MHD_NO : MHD_YES;
    }
    return send_reply(connection, method, url, buf_view(body));
}

static void forget(void *context, struct MHD_Connection *connection, void **kept,
                   enum MHD_RequestTerminationCode how)
{
    struct buf *body = *kept;
    (void)context, (void)connection, (void)how;
    if (body)
        buf_release(body);
    free(body);
}

static double option(int argc, char **argv, const char *name, double initial)
{
    double value = initial;
    for (int i = 2; i + 1 < argc; i += 2)
        if (strcmp(argv[i], name) == 0 && !str_to_f64(str_of(argv[i + 1]), &value)) {
            fprintf(stderr, "tool_oracle: %s takes a number\n", name);
            exit(2);
        }
    return value;
}

static void read_privates(int argc, char **argv)
{
    struct err err = { 0 };
    for (int i = 2; i + 1 < argc; i += 2)
        if (strcmp(argv[i], "--private") == 0)
            must(file_read(&server.oracle.arena, argv[i + 1], MOST_BODY, &server.oracle.privates,
                           &err),
                 &err);
}

int main(int argc, char **argv)
{
    struct err err = { 0 };
    if (argc < 2 || argc % 2) {
        fprintf(stderr, "usage: tool_oracle TRUTH.tsv [--errors R] …\n");
        return 2;
    }
    server.oracle.errors = option(argc, argv, "--errors", 0);
    server.oracle.facet_errors = option(argc, argv, "--facet-errors", 0);
    server.oracle.malformed = option(argc, argv, "--malformed", 0);
    server.oracle.seed = (uint64_t)option(argc, argv, "--seed", 1);
    server.latency_ms = (long)option(argc, argv, "--latency", 0);
    server.batches = oracle_batches_open((size_t)option(argc, argv, "--polls", 2));
    read_privates(argc, argv);
    must(oracle_read(&server.oracle, argv[1], add_language, NULL, &err), &err);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)option(argc, argv, "--port", 0)),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL,
        NULL, handle, NULL, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED, forget,
        NULL, MHD_OPTION_CONNECTION_LIMIT, 4096u, MHD_OPTION_THREAD_STACK_SIZE, (size_t)1 << 20,
        MHD_OPTION_END);
    if (!daemon) {
        fprintf(stderr, "tool_oracle: no port\n");
        return 1;
    }
    printf("%u\n", (unsigned)MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    for (char c; read(0, &c, 1) > 0;)
        ;
    MHD_stop_daemon(daemon);
    printf("asked %zu wrong %zu malformed %zu strange %zu direct %zu\n", server.oracle.n_asked,
           server.oracle.n_wrong, server.oracle.n_malformed, server.n_strange, server.n_direct);
    oracle_batches_close(server.batches);
    oracle_close(&server.oracle);
    map_release(&server.languages);
    return 0;
}
