// SPDX-License-Identifier: Apache-2.0
// The HTTP server on 127.0.0.1 or a Unix socket; the one door to libmicrohttpd. Answers come out of
// contents in memory (route.h): each is made once and handed out by reference, so a slow reader
// costs 8 KiB and a descriptor, not a copy. The thread that called serve_run holds the embedder and
// answers the search.
//
// One thread turns libmicrohttpd's epoll set and answers: what a turn costs depends on who speaks,
// not on who is connected (bench/serve.sh: 10,000 slow clients). We turn it ourselves because the
// loop inside libmicrohttpd 0.9.75 falls asleep with answers in hand when 128 connections speak at
// once.
#include "serve/serve.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/stop.h"
#include "serve/desk.h"
#include "serve/gate.h"
#include "serve/guard.h"
#include "serve/posted.h"
#include "serve/route.h"
#include "serve/socket_file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MOST_CONNECTIONS 12000
#define SPARE_FILES 64                  // descriptors that are not connections
#define REQUEST_BYTES ((size_t)8 << 10) // of a request's head and the answer's
#define IDLE_SECONDS 30
#define TICK_MS 200
#define RETRY_MS 5000 // until an atlas that could not be read is looked at again, unless it changed

// All answers out of one reading of the atlas. Lives as long as the server or an answer on its way
// needs it. Touched by the thread that turns.
struct generation {
    struct contents contents;
    // Of each tree: plain, packed; made when first asked for. By slice, the same.
    struct MHD_Response *ready[CONTENTS_MOST_TREES][ROUTE_CONTENTS][2];
    struct MHD_Response **clusters[CONTENTS_MOST_TREES];
    atomic_size_t n_users;
};

struct server {
    struct gate *gate;   // NULL: everybody on this machine may look
    const char *outside; // origin of a proxy in front; NULL: none
    struct content_files files;
    struct generation *now;
    bool stale; // the file was replaced by one that cannot be read
    struct content_stamp unread[2]; // the files that could not be, when stale
    int64_t unread_ms;              // when that was
    struct desk desk;
    bool able;                       // there is an embedder
    unsigned long long n_answers[6]; // by the first digit of the status
    unsigned long long n_searches, n_reads;
    struct MHD_Daemon *daemon;
    atomic_bool ending; // set by the thread that called serve_run; all else is the turning one's
    time_t start;
};

static void leave(void *context)
{
    struct generation *g = context;
    if (atomic_fetch_sub(&g->n_users, 1) != 1)
        return;
    contents_release(&g->contents);
    for (size_t t = 0; t < CONTENTS_MOST_TREES; t++)
        free(g->clusters[t]);
    free(g);
}

// The server's own references go; answers on their way keep theirs.
static void retire(struct generation *g)
{
    if (!g)
        return;
    for (size_t t = 0; t < g->contents.n_trees; t++) {
        for (size_t i = 0; i < 2 * (size_t)ROUTE_CONTENTS; i++)
            if (g->ready[t][i / 2][i % 2])
                MHD_destroy_response(g->ready[t][i / 2][i % 2]);
        for (size_t i = 0; i < g->contents.trees[t].clusters.n; i++)
            if (g->clusters[t][i])
                MHD_destroy_response(g->clusters[t][i]);
    }
    leave(g);
}

static int make_generation(struct server *server, struct err *err)
{
    struct generation *g = calloc(1, sizeof *g);
    if (!g)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    atomic_store(&g->n_users, 1);
    int rc = contents_make(&g->contents, &server->files, err);
    for (size_t t = 0; !rc && t < g->contents.n_trees; t++) {
        g->clusters[t] = calloc(g->contents.trees[t].clusters.n + 1, sizeof *g->clusters[t]);
        if (!g->clusters[t])
            rc = err_set(err, ERR_TRY_AGAIN, "out of memory");
    }
    if (rc) {
        memcpy(server->unread, g->contents.stamps, sizeof server->unread);
        server->unread_ms = clock_ms();
        leave(g);
        return rc;
    }
    retire(server->now);
    server->now = g;
    server->n_reads++;
    return 0;
}

// When the new file cannot be read the old contents stay and are still served; that file is left
// alone for a while, as reading it may take long and everybody waits.
static void refresh(struct server *server)
{
    struct err err = { 0 };
    if (contents_fit(server->now->contents.stamps, &server->files)) {
        server->stale = false;
        return;
    }
    if (server->stale && contents_fit(server->unread, &server->files) &&
        clock_ms() - server->unread_ms < RETRY_MS)
        return;
    bool was_stale = server->stale;
    server->stale = make_generation(server, &err) != 0;
    if (server->stale && !was_stale)
        log_warning("the atlas was replaced but cannot be read, so the old one is shown: %s",
                    err.text);
}

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static void add_headers(struct MHD_Response *response, const char *type)
{
    static const char *const list[][2] = {
        { "X-Content-Type-Options", "nosniff" },
        { "X-Frame-Options", "DENY" },
        { "Referrer-Policy", "no-referrer" },
        { "Cross-Origin-Opener-Policy", "same-origin" },
        { "Cross-Origin-Resource-Policy", "same-origin" },
        { "Cache-Control", "no-cache" },
        { "Vary", "Accept-Encoding" },
    };
    bool is_page = strncmp(type, "text/html", 9) == 0;
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Content-Security-Policy",
                            is_page ? page_policy : "default-src 'none'");
    for (size_t i = 0; i < COUNT_OF(list); i++)
        MHD_add_response_header(response, list[i][0], list[i][1]);
}

// Pages that the server wrote for one person: kept nowhere, no script, forms to itself only.
static void add_private_headers(struct MHD_Response *response)
{
    static const char *const list[][2] = {
        { "Content-Type", "text/html; charset=utf-8" },
        { "Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; "
                                     "form-action 'self'; base-uri 'none'; "
                                     "frame-ancestors 'none'" },
        { "X-Content-Type-Options", "nosniff" },
        { "X-Frame-Options", "DENY" },
        { "Referrer-Policy", "same-origin" }, // so that forms name their origin
        { "Cross-Origin-Opener-Policy", "same-origin" },
        { "Cross-Origin-Resource-Policy", "same-origin" },
        { "Cache-Control", "no-store" },
    };
    for (size_t i = 0; i < COUNT_OF(list); i++)
        MHD_add_response_header(response, list[i][0], list[i][1]);
}

// Counts the answer and hands it over; the response stays the caller's.
static enum MHD_Result queue(struct server *server, struct MHD_Connection *connection,
                             unsigned status, struct MHD_Response *response)
{
    server->n_answers[status / 100 < 6 ? status / 100 : 0]++;
    return response ? MHD_queue_response(connection, status, response) : MHD_NO;
}

// A text for this one answer.
static enum MHD_Result answer_text(struct server *server, struct MHD_Connection *connection,
                                   unsigned status, struct str text, const char *type)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        text.len, (void *)(uintptr_t)text.ptr, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    add_headers(response, type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
        MHD_add_response_header(response, "Retry-After", "2");
    enum MHD_Result result = queue(server, connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_plain(struct server *server, struct MHD_Connection *connection,
                                    unsigned status, const char *sentence)
{
    return answer_text(server, connection, status, str_of(sentence), "text/plain; charset=utf-8");
}

// "gzip" as one of the encodings that the reader names, and not with q=0.
static bool takes_gzip(struct MHD_Connection *connection)
{
    const char *accepted = header_of(connection, "Accept-Encoding");
    const char *gzip = accepted ? strstr(accepted, "gzip") : NULL;
    return gzip && strncmp(gzip + 4, ";q=0", 4) != 0;
}

// The answer out of a part of a generation's contents, made when it is asked for the first time.
// `plain`: the length unpacked of a text that is packed, so that a page that reads it can tell how
// much is here; 0: the text is not.
static struct MHD_Response *ready_response(struct generation *g, struct MHD_Response **place,
                                           struct str text, const char *type, const char *tag,
                                           size_t plain)
{
    struct MHD_Response *made = *place;
    if (made)
        return made;
    *place = MHD_create_response_from_buffer_with_free_callback_cls(
        text.len, (void *)(uintptr_t)text.ptr, leave, g);
    if (!*place)
        return NULL;
    atomic_fetch_add(&g->n_users, 1);
    add_headers(*place, type);
    MHD_add_response_header(*place, "ETag", tag);
    if (plain) {
        char length[24];
        snprintf(length, sizeof length, "%zu", plain);
        MHD_add_response_header(*place, "Content-Encoding", "gzip");
        MHD_add_response_header(*place, "X-Plain-Length", length);
    }
    return *place;
}

// The reader has this very answer: one of the tags it names, weak or strong, or any.
static bool is_known(struct MHD_Connection *connection, const char *tag)
{
    const char *known = header_of(connection, "If-None-Match");
    return known && (strstr(known, tag) || strcmp(known, "*") == 0);
}

static enum MHD_Result answer_known(struct server *server, struct MHD_Connection *connection,
                                    const char *type, const char *tag)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    add_headers(response, type);
    MHD_add_response_header(response, "ETag", tag);
    enum MHD_Result result = queue(server, connection, MHD_HTTP_NOT_MODIFIED, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_content(struct server *server, struct MHD_Connection *connection,
                                      const struct route *route)
{
    struct generation *g = server->now;
    const char *facet = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "tree");
    size_t tree = contents_place(route->content, contents_tree(&g->contents, facet));
    const struct content *content;
    struct err err = { 0 };
    if (contents_get(&g->contents, route->content, tree, &content, &err)) {
        log_warning("%s cannot be made: %s", route->path, err.text);
        return answer_plain(server, connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                            "This cannot be read out of the atlas now; ask again.\n");
    }
    bool packed = content->packed.len && takes_gzip(connection);
    char tag[DIGEST_HEX + 8];
    snprintf(tag, sizeof tag, "\"%s%s\"", content->tag, packed ? "-gzip" : "");
    if (is_known(connection, tag))
        return answer_known(server, connection, route->type, tag);
    struct str text = buf_view(packed ? &content->packed : &content->plain);
    return queue(server, connection, MHD_HTTP_OK,
                 ready_response(g, &g->ready[tree][route->content][packed], text, route->type, tag,
                                packed ? content->plain.len : 0));
}

// A cluster that is not there and one that may not be shown get the same answer.
static enum MHD_Result answer_cluster(struct server *server, struct MHD_Connection *connection,
                                      int64_t id)
{
    struct generation *g = server->now;
    const struct page_slice *slice = NULL;
    size_t tree = g->contents.n_trees;
    while (!slice && tree-- > 0) // ids go on from tree to tree
        slice = page_slice_of(&g->contents.trees[tree].clusters, id);
    const char *type = "application/json";
    char tag[DIGEST_HEX + 24];
    if (!slice)
        return answer_plain(server, connection, MHD_HTTP_NOT_FOUND,
                            "Withheld: too few people to show.\n");
    const struct content *details = &g->contents.trees[tree].list[ROUTE_DETAILS];
    snprintf(tag, sizeof tag, "\"%s-%lld\"", details->tag, (long long)id);
    if (is_known(connection, tag))
        return answer_known(server, connection, type, tag);
    struct str text = str_make(buf_view(&details->plain).ptr + slice->from, slice->len);
    struct MHD_Response **place = &g->clusters[tree][slice - g->contents.trees[tree].clusters.list];
    return queue(server, connection, MHD_HTTP_OK, ready_response(g, place, text, type, tag, 0));
}

// In Prometheus' text form; counts only.
static enum MHD_Result answer_metrics(struct server *server, struct MHD_Connection *connection)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    char text[1400];
    int len = snprintf(text, sizeof text,
                       "# HELP clio_http_answers_total Answers by class of status.\n"
                       "# TYPE clio_http_answers_total counter\n"
                       "clio_http_answers_total{status=\"2xx\"} %llu\n"
                       "clio_http_answers_total{status=\"3xx\"} %llu\n"
                       "clio_http_answers_total{status=\"4xx\"} %llu\n"
                       "clio_http_answers_total{status=\"5xx\"} %llu\n"
                       "# HELP clio_http_connections Open connections.\n"
                       "# TYPE clio_http_connections gauge\n"
                       "clio_http_connections %u\n"
                       "# HELP clio_searches_total Questions to the search by meaning.\n"
                       "# TYPE clio_searches_total counter\n"
                       "clio_searches_total %llu\n"
                       "# HELP clio_atlas_clusters Clusters of the atlas that is shown.\n"
                       "# TYPE clio_atlas_clusters gauge\n"
                       "clio_atlas_clusters %lld\n"
                       "# HELP clio_atlas_reads_total How often an atlas was read.\n"
                       "# TYPE clio_atlas_reads_total counter\n"
                       "clio_atlas_reads_total %llu\n"
                       "# HELP clio_ready 1 when what is shown is the atlas on disk.\n"
                       "# TYPE clio_ready gauge\n"
                       "clio_ready %d\n"
                       "# HELP clio_uptime_seconds Since the server began to listen.\n"
                       "# TYPE clio_uptime_seconds gauge\n"
                       "clio_uptime_seconds %lld\n",
                       server->n_answers[2], server->n_answers[3], server->n_answers[4],
                       server->n_answers[5], info ? info->num_connections : 0, server->n_searches,
                       (long long)server->now->contents.n_clusters, server->n_reads, !server->stale,
                       (long long)(time(NULL) - server->start));
    return answer_text(server, connection, MHD_HTTP_OK, str_make(text, (size_t)len),
                       "text/plain; version=0.0.4");
}

static enum MHD_Result answer_ready(struct server *server, struct MHD_Connection *connection)
{
    return server->stale
               ? answer_plain(server, connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                              "The atlas on disk cannot be read; the one before is shown.\n")
               : answer_plain(server, connection, MHD_HTTP_OK, "ok\n");
}

// Puts the question down and lets the connection sleep until it is answered.
static enum MHD_Result ask(struct server *server, struct MHD_Connection *connection, void **state)
{
    const char *query = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "q");
    server->n_searches++;
    struct desk_slot *slot =
        server->able ? desk_take(&server->desk, connection, query ? query : "") : NULL;
    if (!slot && server->able)
        return answer_plain(server, connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                            "Too many questions at once; ask again.\n");
    if (!slot)
        return answer_text(server, connection, MHD_HTTP_OK,
                           STR_LIT("{\"able\":false,\"ready\":false,\"hits\":[]}"),
                           "application/json");
    *state = slot;
    MHD_suspend_connection(connection);
    desk_ask(&server->desk, slot);
    return MHD_YES;
}

static enum MHD_Result answer_asked(struct server *server, struct MHD_Connection *connection,
                                    const struct desk_slot *slot)
{
    return slot->failed ? answer_plain(server, connection, MHD_HTTP_SERVICE_UNAVAILABLE,
                                       "The search cannot answer now; ask again.\n")
                        : answer_text(server, connection, MHD_HTTP_OK, buf_view(&slot->answer),
                                      "application/json");
}

static enum MHD_Result answer_absent(struct server *server, struct MHD_Connection *connection)
{
    return answer_plain(server, connection, MHD_HTTP_NOT_FOUND,
                        "There is no such page. Start at /\n");
}

static enum MHD_Result answer_path(struct server *server, struct MHD_Connection *connection,
                                   const char *url, void **state)
{
    int64_t id = 0;
    const struct route *route = route_find("GET", str_of(url), &id);
    refresh(server);
    switch (route ? route->content : ROUTE_CONTENTS) {
    case ROUTE_SEARCH:
        return ask(server, connection, state);
    case ROUTE_METRICS:
        return answer_metrics(server, connection);
    case ROUTE_READY:
        return answer_ready(server, connection);
    case ROUTE_CLUSTER:
        return answer_cluster(server, connection, id);
    case ROUTE_SIGN_STYLE:
    case ROUTE_PRIVATE_STYLE:
        return server->gate ? answer_content(server, connection, route)
                            : answer_absent(server, connection);
    case ROUTE_CONTENTS: // not in the table; the rest is only for those who sign in
    case ROUTE_SIGN_IN:
    case ROUTE_SIGN_OUT:
    case ROUTE_PRIVATE:
        return answer_absent(server, connection);
    default:
        return answer_content(server, connection, route);
    }
}

static enum MHD_Result answer_made(struct server *server, struct MHD_Connection *connection,
                                   const struct gate_answer *made)
{
    struct str page = buf_view(&made->page);
    struct MHD_Response *response = MHD_create_response_from_buffer(
        page.len, (void *)(uintptr_t)page.ptr, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    add_private_headers(response);
    if (made->location[0])
        MHD_add_response_header(response, "Location", made->location);
    if (made->cookie[0])
        MHD_add_response_header(response, "Set-Cookie", made->cookie);
    enum MHD_Result result = queue(server, connection, made->status, response);
    MHD_destroy_response(response);
    return result;
}

// A visitor signs in, has a page or has none; the public ones are answered as ever.
static enum MHD_Result answer_gated(struct server *server, struct MHD_Connection *connection,
                                    const char *url, const char *method,
                                    const struct posted *posted, void **state)
{
    struct err err = { 0 };
    struct gate_answer made;
    struct gate_request request = { method,
                                    url,
                                    header_of(connection, "Host"),
                                    header_of(connection, "Origin"),
                                    header_of(connection, "Sec-Fetch-Site"),
                                    header_of(connection, "Cookie"),
                                    STR_LIT("") };
    if (posted)
        request.body = posted_body(posted);
    else if (strcmp(method, "POST") == 0)
        request.body = str_make(NULL, 0); // was not welcome
    int rc = gate_answer(server->gate, &request, &made, &err);
    enum MHD_Result result;
    if (rc) {
        log_warning("%s", err.text);
        result = answer_plain(server, connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
                              "This cannot be answered now; the server's log says why.\n");
    } else if (made.kind == GATE_PASS) {
        result = answer_path(server, connection, url, state);
    } else if (made.kind == GATE_ABSENT) {
        result = answer_absent(server, connection);
    } else if (made.kind == GATE_TEXT) {
        result = answer_plain(server, connection, made.status, made.text);
    } else {
        result = answer_made(server, connection, &made);
    }
    buf_release(&made.page);
    return result;
}

// The form of a request, when one may come at all: from a page of this server, with a length that
// is told and small. *welcome is false when it may not; NULL, when it may: there is no memory.
static struct posted *open_form(const struct server *server, struct MHD_Connection *connection,
                                bool *welcome)
{
    struct gate_request asked = { .host = header_of(connection, "Host"),
                                  .origin = header_of(connection, "Origin"),
                                  .site = header_of(connection, "Sec-Fetch-Site") };
    const char *length = header_of(connection, "Content-Length");
    int64_t n_bytes = 0;
    *welcome = guard_named(asked.host, server->outside) &&
               gate_is_own_form(server->outside, &asked) && length &&
               str_to_i64(str_of(length), &n_bytes) && n_bytes >= 0 &&
               n_bytes <= (int64_t)FORM_MOST_BYTES;
    return *welcome ? posted_open((size_t)n_bytes) : NULL;
}

// What a request carries from its head to its end: its form, a question at the desk, or nothing,
// which is the server itself.
static enum MHD_Result begin_request(struct server *server, struct MHD_Connection *connection,
                                     const char *method, void **state)
{
    bool welcome = false;
    struct posted *form = server->gate && strcmp(method, "POST") == 0
                              ? open_form(server, connection, &welcome)
                              : NULL;
    *state = welcome ? (void *)form : server;
    return *state ? MHD_YES : MHD_NO;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **state)
{
    struct server *server = context;
    (void)version;
    if (*state == NULL) // headers only: wait for the end of the request
        return begin_request(server, connection, method, state);
    if (desk_has(&server->desk, *state))
        return answer_asked(server, connection, *state);
    struct posted *posted = *state == server ? NULL : *state;
    if (*upload_data_size) {
        if (posted)
            posted_receive(posted, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return MHD_YES;
    }
    if (!guard_named(header_of(connection, "Host"), server->outside))
        return answer_plain(server, connection, MHD_HTTP_FORBIDDEN,
                            "This server answers only under the name of this machine.\n");
    if (!guard_origin(header_of(connection, "Origin"), header_of(connection, "Sec-Fetch-Site"),
                      header_of(connection, "Sec-Fetch-Mode"), server->outside))
        return answer_plain(server, connection, MHD_HTTP_FORBIDDEN,
                            "Pages of other sites may not read this one.\n");
    if (server->gate) {
        *state = server; // the answer may be a question's, and the form is read now
        enum MHD_Result result = answer_gated(server, connection, url, method, posted, state);
        posted_close(posted);
        return result;
    }
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer_plain(server, connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                            "Only reading is possible.\n");
    return answer_path(server, connection, url, state);
}

static void completed(void *context, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode how)
{
    struct server *server = context;
    (void)connection;
    (void)how;
    if (desk_has(&server->desk, *state))
        desk_free(*state);
    else if (*state != server)
        posted_close(*state);
}

static void wake(void *connection)
{
    MHD_resume_connection(connection);
}

// As many descriptors as the system lets us have, up to what connections need.
static unsigned connections_possible(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 512;
    rlim_t wanted = MOST_CONNECTIONS + SPARE_FILES;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= 2 * SPARE_FILES)
        return SPARE_FILES;
    return (unsigned)(limit.rlim_cur - SPARE_FILES);
}

// `fd` below 0: on the port.
static struct MHD_Daemon *listen_on(struct server *server, uint16_t port, int fd)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct MHD_OptionItem where[] = {
        { fd < 0 ? MHD_OPTION_SOCK_ADDR : MHD_OPTION_LISTEN_SOCKET, fd < 0 ? 0 : fd,
          fd < 0 ? (void *)&address : NULL },
        { MHD_OPTION_END, 0, NULL },
    };
    return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, port, NULL, NULL, answer,
                            server, MHD_OPTION_ARRAY, where, MHD_OPTION_CONNECTION_LIMIT,
                            connections_possible(), MHD_OPTION_CONNECTION_TIMEOUT,
                            (unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            REQUEST_BYTES, MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u,
                            MHD_OPTION_NOTIFY_COMPLETED, completed, server, MHD_OPTION_END);
}

// Answers those who speak, until the server ends.
static void turn(void *context)
{
    struct server *server = context;
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd speaks = { .fd = info ? info->epoll_fd : -1, .events = POLLIN };
    while (!atomic_load(&server->ending)) {
        MHD_UNSIGNED_LONG_LONG ms;
        bool soon = MHD_get_timeout(server->daemon, &ms) == MHD_YES && ms < TICK_MS;
        int wait = soon ? (int)ms : TICK_MS;
        if (wait)
            poll(&speaks, 1, wait);
        MHD_run(server->daemon);
    }
}

// Until somebody asks to stop: vectors for the search are made bit by bit, questions answered.
static void work(struct server *server, const struct serve_options *options)
{
    struct search search = { .meaning = options->meaning, .atlas_path = options->atlas_path };
    bool busy = false;
    while (!stop_asked()) {
        struct err err = { 0 };
        desk_wait(&server->desk, busy ? 0 : TICK_MS);
        if (search_prepare(&search, &busy, &err)) // first: no answer is of an atlas before
            log_warning("there is no search by meaning: %s", err.text);
        desk_answer(&server->desk, &search);
    }
    desk_shut(&server->desk);
    search_release(&search);
}

static void say_ready(const struct server *server, const struct serve_options *options)
{
    char url[128];
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    if (options->socket)
        snprintf(url, sizeof url, "%s", options->socket);
    else
        snprintf(url, sizeof url, "http://127.0.0.1:%u/", info ? info->port : options->port);
    if (options->ready)
        options->ready(options->context, url);
}

static int serve(struct server *server, const struct serve_options *options, struct err *err)
{
    int fd = -1;
    int rc = options->socket ? socket_file_listen(options->socket, &fd, err) : 0;
    if (rc)
        return rc;
    server->daemon = listen_on(server, options->port, fd);
    if (!server->daemon && options->socket)
        rc = err_set_errno(err, ERR_UNAVAILABLE, errno, "%s cannot be used", options->socket);
    else if (!server->daemon)
        rc = err_set_errno(err, ERR_UNAVAILABLE, errno,
                           "port %u on 127.0.0.1 cannot be used; try --port 0", options->port);
    struct loner *loner = NULL;
    if (!rc)
        rc = loner_open(&loner, err);
    if (!rc) {
        loner_start(loner, turn, server);
        say_ready(server, options);
        work(server, options);
        atomic_store(&server->ending, true);
        loner_wait(loner);
    }
    loner_close(loner);
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    if (options->socket)
        unlink(options->socket);
    return rc;
}

int serve_run(const struct serve_options *options, struct err *err)
{
    struct server server = { .files = { options->atlas_path, options->other_path },
                             .able = options->meaning != NULL,
                             .outside = options->outside,
                             .start = time(NULL) };
    struct gate gate = { .access = options->access,
                         .pages = options->pages,
                         .outside = options->outside };
    if (options->outside && !guard_is_outside(options->outside))
        return err_set(err, ERR_USAGE,
                       "--behind takes the origin that the browser shows before the proxy, as "
                       "https://clio.example.org or https://clio.example.org:8443, not \"%.100s\"",
                       options->outside);
    if (options->access) {
        gate_init(&gate);
        server.gate = &gate;
    }
    int rc = desk_open(&server.desk, wake, err);
    if (!rc)
        rc = make_generation(&server, err);
    if (!rc)
        rc = serve(&server, options, err);
    retire(server.now);
    desk_close(&server.desk);
    return rc;
}
