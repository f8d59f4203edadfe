// SPDX-License-Identifier: Apache-2.0
// The HTTP server on 127.0.0.1; the one door to libmicrohttpd. One thread answers from contents
// that are ready in memory. A request must name this host (against DNS rebinding) and may only
// read.
#include "serve/serve.h"

#include "base/log.h"
#include "base/stop.h"
#include "serve/route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <time.h>

struct server {
    struct contents contents;
    unsigned long long n_answers[6]; // by the first digit of the status
    time_t start;
};

// "127.0.0.1:7325", "localhost" or "[::1]:7325", as a browser on this machine sends it.
static bool is_this_host(const char *host)
{
    static const char *const names[] = { "127.0.0.1", "localhost", "[::1]" };
    if (!host)
        return false;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        size_t len = strlen(names[i]);
        if (strncmp(host, names[i], len) == 0 && (host[len] == 0 || host[len] == ':'))
            return true;
    }
    return false;
}

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

// Another site may lead a reader here by a link, but may not have its own page ask for data.
static bool is_own_request(struct MHD_Connection *connection)
{
    const char *origin = header_of(connection, "Origin");
    const char *site = header_of(connection, "Sec-Fetch-Site");
    const char *mode = header_of(connection, "Sec-Fetch-Mode");
    const char *rest = origin ? strstr(origin, "://") : NULL;
    if (origin && !(rest && is_this_host(rest + 3)))
        return false;
    bool from_elsewhere =
        site && (strcmp(site, "cross-site") == 0 || strcmp(site, "same-site") == 0);
    return !from_elsewhere || (mode && strcmp(mode, "navigate") == 0);
}

static void add_headers(struct MHD_Response *response, const char *type, const char *policy)
{
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Content-Security-Policy", policy);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "X-Frame-Options", "DENY");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cross-Origin-Opener-Policy", "same-origin");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    MHD_add_response_header(response, "Cache-Control", "no-cache");
}

// Counts the answer and hands it over.
static enum MHD_Result queue(struct server *server, struct MHD_Connection *connection,
                             unsigned status, struct MHD_Response *response)
{
    server->n_answers[status / 100 < 6 ? status / 100 : 0]++;
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_plain(struct server *server, struct MHD_Connection *connection,
                                    unsigned status, const char *sentence)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(sentence), (void *)(uintptr_t)sentence, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    add_headers(response, "text/plain; charset=utf-8", "default-src 'none'");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    return queue(server, connection, status, response);
}

// "gzip" as one of the encodings that the reader names, and not with q=0.
static bool takes_gzip(struct MHD_Connection *connection)
{
    const char *accepted = header_of(connection, "Accept-Encoding");
    const char *gzip = accepted ? strstr(accepted, "gzip") : NULL;
    return gzip && strncmp(gzip + 4, ";q=0", 4) != 0;
}

static enum MHD_Result answer_text(struct server *server, struct MHD_Connection *connection,
                                   struct str text, const char *type, const char *tag, bool packed)
{
    const char *known = header_of(connection, "If-None-Match");
    bool same = tag && known && strcmp(known, tag) == 0;
    if (same)
        text = STR_LIT("");
    // Copied: the contents may be made anew while a slow reader still takes this answer.
    struct MHD_Response *response = MHD_create_response_from_buffer(
        text.len, (void *)(uintptr_t)text.ptr, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    bool is_page = strncmp(type, "text/html", 9) == 0;
    add_headers(response, type, is_page ? page_policy : "default-src 'none'");
    MHD_add_response_header(response, "Vary", "Accept-Encoding");
    if (packed && !same)
        MHD_add_response_header(response, "Content-Encoding", "gzip");
    if (tag)
        MHD_add_response_header(response, "ETag", tag);
    return queue(server, connection, same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response);
}

static enum MHD_Result answer_content(struct server *server, struct MHD_Connection *connection,
                                      const struct route *route)
{
    const struct content *content = &server->contents.list[route->content];
    bool packed = content->packed.len && takes_gzip(connection);
    return answer_text(server, connection, buf_view(packed ? &content->packed : &content->plain),
                       route->type, content->tag, packed);
}

// A cluster that is not there and one that may not be shown get the same answer.
static enum MHD_Result answer_cluster(struct server *server, struct MHD_Connection *connection,
                                      int64_t id)
{
    struct page_slice slice;
    if (!page_slice_of(&server->contents.clusters, id, &slice))
        return answer_plain(server, connection, MHD_HTTP_NOT_FOUND,
                            "Withheld: too few people to show.\n");
    struct str text = buf_view(&server->contents.list[ROUTE_DETAILS].plain);
    return answer_text(server, connection, str_make(text.ptr + slice.from, slice.len),
                       "application/json", NULL, false);
}

// In Prometheus' text form; counts only.
static enum MHD_Result answer_metrics(struct server *server, struct MHD_Connection *connection)
{
    char text[640];
    snprintf(text, sizeof text,
             "# HELP clio_http_answers_total Answers by class of status.\n"
             "# TYPE clio_http_answers_total counter\n"
             "clio_http_answers_total{status=\"2xx\"} %llu\n"
             "clio_http_answers_total{status=\"3xx\"} %llu\n"
             "clio_http_answers_total{status=\"4xx\"} %llu\n"
             "# HELP clio_uptime_seconds Since the server began to listen.\n"
             "# TYPE clio_uptime_seconds gauge\n"
             "clio_uptime_seconds %lld\n",
             server->n_answers[2], server->n_answers[3], server->n_answers[4],
             (long long)(time(NULL) - server->start));
    return answer_text(server, connection, str_of(text), "text/plain; version=0.0.4", NULL, false);
}

static enum MHD_Result answer_path(struct server *server, struct MHD_Connection *connection,
                                   const char *url)
{
    struct err err = { 0 };
    const struct route *route = route_find(str_of(url));
    int64_t cluster = route ? 0 : route_cluster(str_of(url));
    if (strcmp(url, "/metrics") == 0)
        return answer_metrics(server, connection);
    if (!route && !cluster)
        return answer_plain(server, connection, MHD_HTTP_NOT_FOUND,
                            "There is no such page. Start at /\n");
    if (contents_refresh(&server->contents, &err))
        log_warning("the atlas was replaced but cannot be read, so the old one is shown: %s",
                    err.text);
    return cluster ? answer_cluster(server, connection, cluster)
                   : answer_content(server, connection, route);
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **state)
{
    struct server *server = context;
    (void)version;
    (void)upload_data;
    if (*state == NULL) { // headers only: wait for the end of the request
        *state = server;
        return MHD_YES;
    }
    if (*upload_data_size) {
        *upload_data_size = 0;
        return MHD_YES;
    }
    if (!is_this_host(header_of(connection, "Host")))
        return answer_plain(server, connection, MHD_HTTP_FORBIDDEN,
                            "This server answers only under the name of this machine.\n");
    if (!is_own_request(connection))
        return answer_plain(server, connection, MHD_HTTP_FORBIDDEN,
                            "Pages of other sites may not read this one.\n");
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer_plain(server, connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                            "Only reading is possible.\n");
    return answer_path(server, connection, url);
}

static struct MHD_Daemon *listen_on(struct server *server, uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL, port, NULL, NULL,
                            answer, server, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
                            MHD_OPTION_CONNECTION_LIMIT, 2000u, MHD_OPTION_CONNECTION_TIMEOUT, 30u,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32 << 10, MHD_OPTION_END);
}

static void wait_for_stop(void)
{
    struct timespec pause = { 0, 100 * 1000 * 1000 };
    while (!stop_asked())
        nanosleep(&pause, NULL);
}

int serve_run(const struct serve_options *options, struct err *err)
{
    struct server server = { .contents.atlas_path = options->atlas_path, .start = time(NULL) };
    int rc = contents_refresh(&server.contents, err);
    if (rc)
        return rc;
    struct MHD_Daemon *daemon = listen_on(&server, options->port);
    if (daemon) {
        char url[64];
        const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
        snprintf(url, sizeof url, "http://127.0.0.1:%u/", info ? info->port : options->port);
        if (options->ready)
            options->ready(options->context, url);
        wait_for_stop();
        MHD_stop_daemon(daemon);
    } else {
        rc = err_set_errno(err, ERR_UNAVAILABLE, errno,
                           "port %u on 127.0.0.1 cannot be used; try --port 0", options->port);
    }
    contents_release(&server.contents);
    return rc;
}
