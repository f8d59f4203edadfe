// SPDX-License-Identifier: Apache-2.0
// A language model's server on loopback, for tests and for measuring: speaks OpenAI's chat
// completions and embeddings and Anthropic's messages, answers the facet prompt with what the first
// user turn says, the screen's with yes or no, and shows faults on demand. One thread, epoll.
//
//     tool_provider PORT [TRUTH.tsv]  0 = any; prints the port and serves until it is ended; with a
//                               truth (tests/oracle.h) it also answers what is asked about clusters
//     tool_provider --list      the faults of provider_faults.inc: name, mode, what must come of it
//     tool_provider --uncharged those of them that come before an answer was begun
//
//     GET /set?fault=NAME&mode=once|always|all|tenth&latency=MS&capacity=N    starts counting anew
//         &share=N           of `always`, 8 when it is not there
//     GET /count                {"requests":…,"tokens":…,"most":…,"busy":…,"path":…,"key":…}
//
// once: the first attempt of a fourth of the prompts; always: every attempt of one in N of them;
// all: everything; tenth: every tenth attempt. Which prompts, their text decides. capacity: beyond
// so many requests at a time the answer is 429.
#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/map.h"
#include "oracle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_CONNECTIONS 8192
#define MOST_REQUEST ((size_t)64 << 20)
#define MOST_ANSWER ((size_t)64 << 20)

// What happens to the connection when the bytes are out.
enum after { KEEP, CLOSE, RESET, STALL, DRIP };
enum mode { ONCE, ALWAYS, ALL, TENTH };
static const char *const modes[] = { "once", "always", "all", "tenth" };

struct fault {
    const char *name;
    enum mode mode;
    const char *expected;
    int status;            // of an answer of ours; 0 = 200
    const char *headers;   // more of them, each ended by \r\n
    const char *body;      // NULL: the right answer
    enum after after;
    int cut;               // send only so many per cent of the bytes; 0 = all of them
    const char *raw;       // instead of all the above: bytes as they are
    const char *only_with; // only when this stands in the request
};
#include "provider_faults.inc"

struct connection {
    int fd;
    struct buf in, out;
    size_t sent;
    enum after after;
    int64_t due_ms; // the answer goes out then; 0 = no request is being answered
    bool counted;   // of the requests under way
};

static struct {
    int epoll, listener;
    struct connection *of[MOST_CONNECTIONS]; // by descriptor
    const struct fault *fault;
    enum mode mode;
    int64_t latency_ms, capacity, share;
    int64_t n_requests, n_tokens, n_under_way, n_most, n_busy;
    struct map attempts;
    char path[256], key[256]; // of the last question
    struct oracle oracle;     // of topics, when a truth is given
} server;

static void must(int rc, const struct err *err)
{
    if (rc) {
        fprintf(stderr, "tool_provider: %s\n", err->text);
        exit(1);
    }
}

static void add(struct buf *b, struct str s)
{
    struct err err = { 0 };
    must(buf_add(b, s, &err), &err);
}

static void add_text(struct buf *b, const char *text)
{
    add(b, str_of(text));
}

// ---- the right answer

// The first user turn of the transcript in the request, still escaped as in the request's JSON.
static struct str user_text(struct str body)
{
    struct str mark = STR_LIT("\\u003cuser\\u003e");
    size_t from = SIZE_MAX;
    size_t conversation = str_find(body, STR_LIT("\\u003cconversation\\u003e\\n"), 0);
    if (conversation != SIZE_MAX)
        from = str_find(body, mark, conversation);
    if (from == SIZE_MAX)
        return STR_LIT("say something that was not asked");
    struct str rest = str_from(body, from + mark.len);
    size_t end = str_find(rest, STR_LIT("\\u003c/user\\u003e"), 0);
    return end == SIZE_MAX ? rest : str_head(rest, end);
}

static void add_escaped(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"' || s.ptr[i] == '\\')
            add_text(b, "\\");
        if (s.ptr[i] == '\n')
            add_text(b, "\\n");
        else
            add(b, str_make(s.ptr + i, 1));
    }
}

// To the screen's question: yes; to one of "most of them" no for a fifth of the texts.
static void write_screen(struct str prompt, struct str text, struct buf *out)
{
    bool chooses = str_find(prompt, STR_LIT("most of them"), 0) != SIZE_MAX;
    bool no = chooses && hash_text(text) % 5 == 0;
    add_text(out, no ? "<answer>no</answer>" : "<answer>yes</answer>");
}

// {"request":…} for a prompt.
static void write_content(struct str text, struct buf *out)
{
    struct str verb = text;
    size_t space = str_find(text, STR_LIT(" "), 0);
    verb.len = space == SIZE_MAX ? text.len : space;
    add_text(out, "{\"request\":\"");
    add(out, text);
    add_text(out, "\",\"task\":\"");
    add(out, verb);
    add_text(out, " something\",\"language\":\"English\",\"concern\":1}");
}

// With a truth: yes to the screen, facets of a conversation, or what the oracle says of clusters.
static void write_true_content(struct str prompt, struct buf *out)
{
    struct arena a = { 0 };
    struct err err = { 0 };
    struct str turn = oracle_turn(prompt);
    size_t i_text;
    if (str_find(prompt, STR_LIT("<question>\n"), 0) != SIZE_MAX) {
        write_screen(prompt, turn, out);
    } else if (turn.len) {
        add_text(out, "{\"request\":");
        must(json_put_str(out, oracle_facet(&server.oracle, turn, &i_text, &a), &err), &err);
        add_text(out, ",\"task\":\"answer it\",\"language\":\"English\",\"concern\":1}");
    } else {
        add(out, oracle_answer(&server.oracle, prompt, &a));
    }
    arena_release(&a);
}

// Whether a server that shows this fault has worked for it.
static bool is_charged(const struct fault *fault)
{
    return !fault || (fault->status < 300 && (!fault->raw || strstr(fault->raw, "%R")));
}

static void write_answer(struct str path, struct str content, size_t n_in, struct buf *out)
{
    struct err err = { 0 };
    bool anthropic = str_ends(path, STR_LIT("/messages"));
    size_t n_out = content.len / 4;
    if (anthropic)
        add_text(out, "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":"
                      "\"text\",\"text\":\"");
    else
        add_text(out, "{\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":"
                      "{\"role\":\"assistant\",\"content\":\"");
    add_escaped(out, content);
    if (anthropic)
        must(buf_printf(out, &err, "\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":"
                        "%zu,\"output_tokens\":%zu}}", n_in, n_out), &err);
    else
        must(buf_printf(out, &err, "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":"
                        "%zu,\"completion_tokens\":%zu}}", n_in, n_out), &err);
}

// ---- faults

// `embeds`: a list of texts, of which there are few: each shows once what is shown once.
static bool shows_fault(struct str text, struct str body, bool embeds)
{
    bool is_new;
    uint64_t hash = hash_text(text);
    size_t i = map_add(&server.attempts, text, 0, &is_new);
    uint64_t attempt = server.attempts.entries[i].value++;
    if (!server.fault || (server.fault->only_with &&
                          str_find(body, str_of(server.fault->only_with), 0) == SIZE_MAX))
        return false;
    switch (server.mode) {
    case ONCE:
        return attempt == 0 && (embeds || hash % 4 == 0);
    case ALWAYS:
        return hash % (uint64_t)server.share == 0;
    case TENTH:
        return (hash / 8 + attempt * 7) % 10 == 0;
    case ALL:
        return true;
    }
    return false;
}

static void add_head(struct buf *out, int status, const char *headers, size_t length)
{
    struct err err = { 0 };
    must(buf_printf(out, &err, "HTTP/1.1 %d Status\r\nContent-Type: application/json\r\n%s",
                    status, headers ? headers : ""), &err);
    if (!headers || (!strstr(headers, "Content-Length") && !strstr(headers, "Transfer-Encoding")))
        must(buf_printf(out, &err, "Content-Length: %zu\r\n", length), &err);
    add_text(out, "\r\n");
}

// The body of a fault: %R stands for the right answer, %C for its content, %L for a long text, %D
// for brackets without end, %K for the key that came with the question.
static void expand(const char *form, struct str answer, struct str content, struct buf *out)
{
    for (const char *p = form; *p; p++) {
        if (*p != '%' || !p[1] || !strchr("RCLDK", p[1])) {
            add(out, str_make(p, 1));
            continue;
        }
        p++;
        if (*p == 'R')
            add(out, answer);
        if (*p == 'K')
            add_text(out, server.key);
        if (*p == 'C')
            add_escaped(out, content);
        for (int i = 0; *p == 'L' && i < 100000; i++)
            add_text(out, "a very long title without end and without any sense, it goes on and on "
                          "and on, ");
        for (int i = 0; *p == 'D' && i < 100000; i++)
            add_text(out, "[");
    }
}

static void write_fault(struct connection *c, const struct fault *fault, struct str answer,
                        struct str content)
{
    struct buf body;
    buf_init(&body, MOST_ANSWER, "answer");
    if (fault->raw) {
        expand(fault->raw, answer, content, &c->out);
    } else {
        expand(fault->body ? fault->body : "%R", answer, content, &body);
        add_head(&c->out, fault->status ? fault->status : 200, fault->headers, body.len);
        add(&c->out, buf_view(&body));
    }
    if (fault->cut)
        c->out.len = c->out.len * (size_t)fault->cut / 100;
    c->after = fault->after;
    buf_release(&body);
}

// ---- requests

static const char *parameter(struct str query, const char *name, char *out, size_t size)
{
    struct str rest = query, pair;
    out[0] = 0;
    while (rest.len && str_cut(&rest, '&', &pair)) {
        struct str key, value = pair;
        str_cut(&value, '=', &key);
        if (str_equal(key, str_of(name)))
            snprintf(out, size, "%.*s", STR_ARG(value));
    }
    return out;
}

static bool set_server(struct str query)
{
    char text[64];
    const struct fault *found = NULL;
    parameter(query, "fault", text, sizeof text);
    for (size_t i = 0; i < COUNT_OF(faults); i++)
        if (strcmp(faults[i].name, text) == 0)
            found = &faults[i];
    for (size_t i = 0; i < COUNT_OF(vector_faults); i++)
        if (strcmp(vector_faults[i].name, text) == 0)
            found = &vector_faults[i];
    bool ok = found || !*text;
    server.fault = found;
    server.mode = found ? found->mode : ONCE;
    parameter(query, "mode", text, sizeof text);
    for (size_t i = 0; i < COUNT_OF(modes); i++)
        if (strcmp(modes[i], text) == 0)
            server.mode = (enum mode)i;
    str_to_i64(str_of(parameter(query, "latency", text, sizeof text)), &server.latency_ms);
    if (!*text)
        server.latency_ms = 0;
    str_to_i64(str_of(parameter(query, "share", text, sizeof text)), &server.share);
    if (!*text || server.share < 1)
        server.share = 8;
    str_to_i64(str_of(parameter(query, "capacity", text, sizeof text)), &server.capacity);
    if (!*text)
        server.capacity = 0;
    server.n_requests = server.n_tokens = server.n_most = server.n_busy = 0;
    map_clear(&server.attempts);
    return ok;
}

static void answer_control(struct connection *c, struct str path)
{
    struct err err = { 0 };
    struct buf body;
    struct str rest = path, first;
    bool ok = true;
    str_cut(&rest, '?', &first);
    buf_init(&body, 4096, "answer");
    if (str_equal(first, STR_LIT("/set")))
        ok = set_server(rest);
    must(buf_printf(&body, &err,
                    "{\"requests\":%lld,\"tokens\":%lld,\"most\":%lld,\"busy\":%lld,"
                    "\"path\":\"%s\",\"key\":\"%s\"}\n",
                    (long long)server.n_requests, (long long)server.n_tokens,
                    (long long)server.n_most, (long long)server.n_busy, server.path, server.key),
         &err);
    add_head(&c->out, ok ? 200 : 404, NULL, body.len);
    add(&c->out, buf_view(&body));
    buf_release(&body);
}

static bool has_fault(const char *name)
{
    return server.fault && strcmp(server.fault->name, name) == 0;
}

// A vector for every text: eight numbers of its hash. Four bytes count as a token.
static void write_embeddings(struct str body, struct buf *out)
{
    struct json *root;
    struct err err = { 0 };
    must(json_open(&root, body, &err), &err);
    const struct json *input = json_member(root, "input");
    size_t n = json_length(input), last = has_fault("vectors-few") && n > 1, n_tokens = 1;
    add_text(out, "{\"object\":\"list\",\"data\":[");
    for (size_t i = n; i-- > last;) { // out of order: the index says which is which
        uint64_t hash = hash_text(json_str(json_element(input, i)));
        n_tokens += json_str(json_element(input, i)).len / 4;
        size_t index = has_fault("vectors-twice") ? 0 : i + has_fault("vectors-far");
        bool wide = has_fault("vectors-wide");
        int dims = has_fault("vectors-uneven") && i == 1 ? 7 : wide ? 4096 : 8;
        must(
            buf_printf(out, &err, "{\"object\":\"embedding\",\"index\":%zu,\"embedding\":[", index),
            &err);
        for (int j = 0; j < dims; j++)
            if (has_fault("vectors-text") || has_fault("vectors-zero"))
                must(buf_printf(out, &err, "%s%s", j ? "," : "",
                                has_fault("vectors-zero") ? "0" : "\"0\""),
                     &err);
            else
                must(buf_printf(out, &err, "%s%d.5%s", j ? "," : "",
                                (int)(hash >> (8 * (j % 8)) & 255) - 128,
                                wide ? "0000000000000001" : ""),
                     &err);
        add_text(out, i > last ? "]}," : "]}");
    }
    must(buf_printf(out, &err, "],\"usage\":{\"prompt_tokens\":%zu,\"total_tokens\":%zu}}",
                    n_tokens, n_tokens),
         &err);
    json_close(root);
}

static void answer_model(struct connection *c, struct str path, struct str body)
{
    struct arena a = { 0 };
    bool knows = server.oracle.n_topics > 0, embeds = str_ends(path, STR_LIT("/embeddings"));
    struct str text = embeds ? body : knows ? oracle_prompt(body, &a) : user_text(body);
    struct buf content, answer;
    buf_init(&content, MOST_ANSWER, "content");
    buf_init(&answer, MOST_ANSWER, "answer");
    server.n_requests++;
    server.n_under_way++;
    c->counted = true;
    if (server.n_under_way > server.n_most)
        server.n_most = server.n_under_way;
    bool fault = shows_fault(text, body, embeds);
    bool busy = server.capacity && server.n_under_way > server.capacity;
    server.n_busy += busy;
    if (busy) {
        add_head(&c->out, 429, NULL, 2);
        add_text(&c->out, "{}");
    } else if (embeds) {
        write_embeddings(body, &answer);
    } else {
        if (knows)
            write_true_content(text, &content);
        else if (str_find(body, STR_LIT("\\u003cquestion\\u003e\\n"), 0) != SIZE_MAX)
            write_screen(body, text, &content);
        else
            write_content(text, &content);
        if (is_charged(fault ? server.fault : NULL))
            server.n_tokens += (int64_t)(body.len / 4 + content.len / 4);
        write_answer(path, buf_view(&content), body.len / 4, &answer);
    }
    if (!busy && fault) {
        write_fault(c, server.fault, buf_view(&answer), buf_view(&content));
    } else if (!busy) {
        add_head(&c->out, 200, NULL, answer.len);
        add(&c->out, buf_view(&answer));
    }
    c->due_ms = clock_ms() + (busy ? 0 : server.latency_ms);
    buf_release(&content);
    buf_release(&answer);
    arena_release(&a);
}

static bool take_request(struct connection *c)
{
    struct str all = buf_view(&c->in), rest, line, method, path;
    size_t end = str_find(all, STR_LIT("\r\n\r\n"), 0);
    int64_t length = 0;
    if (end == SIZE_MAX)
        return false;
    rest = str_head(all, end);
    str_cut(&rest, '\n', &line);
    str_cut(&line, ' ', &method);
    str_cut(&line, ' ', &path);
    while (rest.len && str_cut(&rest, '\n', &line)) {
        struct str key, value = line;
        str_cut(&value, ':', &key);
        if (str_equal_ci(key, STR_LIT("content-length")))
            str_to_i64(str_trim(value), &length);
        if (str_equal_ci(key, STR_LIT("authorization")) || str_equal_ci(key, STR_LIT("x-api-key")))
            snprintf(server.key, sizeof server.key, "%.*s", STR_ARG(str_trim(value)));
    }
    if (all.len < end + 4 + (size_t)length)
        return false;
    c->after = KEEP;
    c->due_ms = clock_ms();
    if (str_equal(method, STR_LIT("POST")))
        snprintf(server.path, sizeof server.path, "%.*s", STR_ARG(path));
    if (str_equal(method, STR_LIT("POST")))
        answer_model(c, path, str_make(all.ptr + end + 4, (size_t)length));
    else
        answer_control(c, path);
    buf_drop(&c->in, end + 4 + (size_t)length);
    return true;
}

// ---- connections

static void end_connection(struct connection *c, bool reset)
{
    struct linger now = { 1, 0 };
    if (reset)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    server.n_under_way -= c->counted;
    server.of[c->fd] = NULL;
    close(c->fd);
    buf_release(&c->in);
    buf_release(&c->out);
    free(c);
}

// Sends what is due. False when the connection is gone.
static bool flush(struct connection *c)
{
    if (!c->due_ms || clock_ms() < c->due_ms)
        return true;
    while (c->sent < c->out.len) {
        size_t most = c->after == DRIP ? size_min(8, c->out.len - c->sent) : c->out.len - c->sent;
        ssize_t n = send(c->fd, c->out.ptr + c->sent, most, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n < 0) {
            end_connection(c, false);
            return false;
        }
        c->sent += (size_t)n;
        if (c->after == DRIP) {
            c->due_ms = clock_ms() + 5;
            return true;
        }
    }
    if (c->after == STALL)
        return true;
    server.n_under_way -= c->counted;
    c->counted = false;
    c->due_ms = 0;
    c->sent = 0;
    buf_clear(&c->out);
    if (c->after != CLOSE && c->after != RESET)
        return true;
    end_connection(c, c->after == RESET);
    return false;
}

static void hear(struct connection *c)
{
    struct err err = { 0 };
    for (;;) {
        char *place = buf_room(&c->in, 1 << 16, &err);
        must(place ? 0 : (int)err.code, &err);
        ssize_t n = recv(c->fd, place, 1 << 16, 0);
        if (n < 0 && errno == EAGAIN)
            break;
        if (n <= 0) {
            end_connection(c, false);
            return;
        }
        c->in.len += (size_t)n;
    }
    while (!c->due_ms && take_request(c))
        if (!flush(c))
            return;
}

static void greet(void)
{
    int fd, one = 1;
    while ((fd = accept4(server.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = fd < MOST_CONNECTIONS ? calloc(1, sizeof *c) : NULL;
        if (!c) {
            close(fd);
            continue;
        }
        struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
        c->fd = fd;
        buf_init(&c->in, MOST_REQUEST, "request");
        buf_init(&c->out, MOST_ANSWER, "answer");
        server.of[fd] = c;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        epoll_ctl(server.epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

static void flush_due(void)
{
    for (int fd = 0; fd < MOST_CONNECTIONS; fd++)
        if (server.of[fd] && server.of[fd]->due_ms && flush(server.of[fd])) {
            struct connection *c = server.of[fd];
            while (!c->due_ms && take_request(c))
                if (!flush(c))
                    break;
        }
}

static void serve(void)
{
    struct epoll_event events[512];
    for (int64_t flushed = 0;;) {
        int n = epoll_wait(server.epoll, events, COUNT_OF(events), 2);
        for (int i = 0; i < n; i++)
            if (events[i].data.fd == server.listener)
                greet();
            else if (server.of[events[i].data.fd])
                hear(server.of[events[i].data.fd]);
        if (clock_ms() > flushed + 1) {
            flush_due();
            flushed = clock_ms();
        }
    }
}

int main(int argc, char **argv)
{
    int64_t port = 0;
    int one = 1;
    socklen_t size = sizeof(struct sockaddr_in);
    struct err err = { 0 };
    bool list = argc == 2 && strcmp(argv[1], "--list") == 0;
    bool free_ones = argc == 2 && strcmp(argv[1], "--uncharged") == 0;
    for (size_t i = 0; (list || free_ones) && i < COUNT_OF(faults); i++)
        if (list || !is_charged(&faults[i]))
            printf("%s %s %s\n", faults[i].name, modes[faults[i].mode], faults[i].expected);
    if (list || free_ones)
        return 0;
    if (argc < 2 || argc > 3 || !str_to_i64(str_of(argv[1]), &port)) {
        fprintf(stderr, "usage: tool_provider PORT [TRUTH.tsv] | --list | --uncharged\n");
        return 2;
    }
    if (argc == 3)
        must(oracle_read(&server.oracle, argv[2], NULL, NULL, &err), &err);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(server.listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server.listener, (struct sockaddr *)&address, size) != 0 ||
        listen(server.listener, 4096) != 0) {
        perror("tool_provider");
        return 1;
    }
    getsockname(server.listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    server.epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = server.listener };
    epoll_ctl(server.epoll, EPOLL_CTL_ADD, server.listener, &event);
    serve();
}
