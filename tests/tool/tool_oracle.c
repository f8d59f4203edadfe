// SPDX-License-Identifier: Apache-2.0
// The oracle (tests/oracle.h) as a language model's server on loopback that speaks OpenAI's chat
// completions: it answers the prompts of facet, describe, hierarchy, audit and evaluate from
// planted truth, as wrong, as slow and as malformed as it is told to be.
//
//     tool_oracle TRUTH.tsv [--errors R] [--facet-errors R] [--malformed R] [--latency MS]
//                           [--seed N] [--port N]
//
// TRUTH.tsv: a header, then field, topic, text and, in a fourth and a fifth column, the language
// and the text in English, which is what facets are asked for in. Errors of
// facets have a rate of their own: no later step can make up for a conversation that was
// misread. Prints the port and serves until standard input ends; then prints its counts.
#include "base/buf.h"
#include "base/json.h"
#include "oracle.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MOST_BODY ((size_t)16 << 20)

static struct {
    struct oracle oracle;
    struct map languages;  // of texts, by their letters' place in the truth
    uint32_t *language_of; // of each text of oracle.texts
    struct str *english_of; // of each; empty where the truth has none
    size_t n_room;          // of both
    long latency_ms;
    size_t n_strange; // prompts that are none of ours
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

static void write_reply(struct str prompt, struct str answer, struct buf *out)
{
    struct err err = { 0 };
    must(buf_printf(out, &err,
                    "{\"id\":\"1\",\"object\":\"chat.completion\",\"model\":\"oracle\",\"choices\":"
                    "[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\","
                    "\"content\":"),
         &err);
    must(json_put_str(out, answer, &err), &err);
    must(buf_printf(out, &err,
                    "}}],\"usage\":{\"prompt_tokens\":%zu,\"completion_tokens\":%zu,"
                    "\"total_tokens\":%zu}}",
                    prompt.len / 4 + 1, answer.len / 4 + 1, (prompt.len + answer.len) / 4 + 2),
         &err);
}

static struct str answer_prompt(struct str prompt, struct arena *a)
{
    struct str turn = oracle_turn(prompt);
    struct str answer =
        turn.len ? answer_facets(turn, a) : oracle_answer(&server.oracle, prompt, a);
    if (!answer.ptr)
        answer = STR_LIT("");
    if (!answer.len)
        __atomic_fetch_add(&server.n_strange, 1, __ATOMIC_RELAXED);
    return answer;
}

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct str body)
{
    struct arena a = { 0 };
    struct buf out;
    buf_init(&out, MOST_BODY, "reply");
    struct timespec wait = { server.latency_ms / 1000, server.latency_ms % 1000 * 1000000 };
    struct str prompt = oracle_prompt(body, &a);
    write_reply(prompt, answer_prompt(prompt, &a), &out);
    if (server.latency_ms)
        nanosleep(&wait, NULL);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(out.len, (void *)out.ptr, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result sent = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
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
    (void)context, (void)url, (void)method, (void)version;
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
    return send_reply(connection, buf_view(body));
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
    printf("asked %zu wrong %zu malformed %zu strange %zu\n", server.oracle.n_asked,
           server.oracle.n_wrong, server.oracle.n_malformed, server.n_strange);
    oracle_close(&server.oracle);
    map_release(&server.languages);
    return 0;
}
