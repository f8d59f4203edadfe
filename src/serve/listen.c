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
    uint16_t port;
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

static enum MHD_Result answer_plain(struct MHD_Connection *connection, unsigned status,
                                    const char *sentence)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(sentence), (void *)(uintptr_t)sentence, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    add_headers(response, "text/plain; charset=utf-8", "default-src 'none'");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_content(struct MHD_Connection *connection,
                                      const struct contents *contents, const struct route *route)
{
    const char *tag = contents->tags[route->content];
    const char *known = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "If-None-Match");
    bool same = known && strcmp(known, tag) == 0;
    struct str text = same ? STR_LIT("") : buf_view(&contents->texts[route->content]);
    // Copied: the contents may be made anew while a slow reader still takes this answer.
    struct MHD_Response *response = MHD_create_response_from_buffer(
        text.len, (void *)(uintptr_t)text.ptr, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    add_headers(response, route->type,
                route->content == ROUTE_PAGE ? contents->policy : "default-src 'none'");
    MHD_add_response_header(response, "ETag", tag);
    enum MHD_Result result =
        MHD_queue_response(connection, same ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload_data,
                              size_t *upload_data_size, void **state)
{
    struct server *server = context;
    struct err err = { 0 };
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
    if (!is_this_host(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host")))
        return answer_plain(connection, MHD_HTTP_FORBIDDEN,
                            "This server answers only under the name of this machine.\n");
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return answer_plain(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "Only reading is possible.\n");
    const struct route *route = route_find(str_of(url));
    if (!route)
        return answer_plain(connection, MHD_HTTP_NOT_FOUND, "There is no such page. Start at /\n");
    if (contents_refresh(&server->contents, &err))
        log_warning("the atlas was replaced but cannot be read, so the old one is shown: %s",
                    err.text);
    return answer_content(connection, &server->contents, route);
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
    struct server server = { .contents.atlas_path = options->atlas_path };
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
