// SPDX-License-Identifier: Apache-2.0
// Requests to one server, many in flight, on the calling thread: libcurl's multi
// interface, connections kept open, HTTP/2 where TLS offers it. Nothing else: no retries, no
// meaning of statuses. http.c is the one door to curl.
//
//     int rc = http_post(http, body, owner, err);       // starts, returns at once
//     while (!rc && !(rc = http_wait(http, 100, err)))  // drives; an answer came or 100 ms passed
//         while (http_next(http, &answer))
//             use(answer.owner, answer.status, answer.body);
//
// What it never does: follow a redirect, read .netrc, ask for compressed answers, use another
// protocol than http and https, or accept a certificate that does not check out.
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/arena.h"

struct http;

struct http_options {
    const char *url;                    // http://… or https://…, with its path; no user:password
    const char *flag;                   // that the URL came from, for sentences; NULL: --base-url
    const char *const *headers;         // "name: value", ended by NULL; copied, wiped at the end
    bool only_loopback;                 // refuse to send anything outside this machine
    bool only_public; // a name may not stand for a private address, and no proxy is asked: for
                      // URLs that somebody else could have chosen (server-side request forgery)
    size_t most_in_flight;              // places for requests, 1 … 4096
    size_t most_bytes;                  // of an answer's body
    int64_t connect_ms, idle_ms, total_ms; // time to connect, without a byte, for one request
};

enum http_fault {
    HTTP_ANSWERED,    // there is a status and a whole body
    HTTP_UNREACHABLE, // no connection: nothing was sent
    HTTP_NO_HOST,     // the name is not known: nothing was sent
    HTTP_TLS,         // the certificate does not check out: nothing was sent
    HTTP_FORBIDDEN,   // by only_loopback or only_public: nothing was sent
    HTTP_TIMEOUT,     // too slow
    HTTP_BROKEN,      // the connection ended, or what came is not HTTP
    HTTP_TOO_LONG,    // the body is larger than most_bytes, or all under way are than 16 times that
};
struct http_answer {
    void *owner; // as given to http_post
    enum http_fault fault;
    bool sent;                 // the request, or some of it, went out
    int status;                // 0 when none came
    struct str body, headers;  // headers: "name: value" lines; both valid until the next call
};

// ERR_CONFIG says what is wrong with the URL. Reads the proxy variables (HTTP_PROXY, HTTPS_PROXY,
// ALL_PROXY, NO_PROXY, in either case) and SSL_CERT_FILE. A loopback address gets no proxy.
int http_open(struct http **http, const struct http_options *options, struct err *err) MUST_USE;
void http_close(struct http *http); // ends what is in flight; accepts NULL

const char *http_host(const struct http *http);  // "api.example.com" or "127.0.0.1:8080"
const char *http_proxy(const struct http *http); // "host:port" of the proxy; NULL = none
bool http_is_loopback(const struct http *http);  // by its name: localhost, 127.0.0.0/8, ::1
bool http_url_is_loopback(const char *url);      // the same of a URL; false when it is none
bool http_is_plain(const struct http *http);     // no TLS

// Starts a request; `body` (JSON) is borrowed until its answer was taken. There must be room:
// http_in_flight < most_in_flight. It goes out once: when it breaks off, that is said.
int http_post(struct http *http, struct str body, void *owner, struct err *err) MUST_USE;
// The same to another address of the same host, on a connection of its own, so that it goes out
// once and no more; ERR_CONFIG when the host is another.
enum http_method { HTTP_POST, HTTP_GET, HTTP_DELETE };
struct http_request {
    enum http_method method;
    const char *url;
    const char *type; // content type of the body; NULL = JSON
    struct str body;  // of HTTP_POST
};
int http_send(struct http *http, const struct http_request *request, void *owner,
              struct err *err) MUST_USE;
size_t http_in_flight(const struct http *http);
// Returns when an answer is there or after `ms`.
int http_wait(struct http *http, int64_t ms, struct err *err) MUST_USE;
// Takes an answer; false when there is none.
bool http_next(struct http *http, struct http_answer *answer);
// Ends one that is under way, as HTTP_BROKEN; false when there is none.
bool http_cancel(struct http *http, struct http_answer *answer);
// The value of a header, in any case of letters; ptr NULL when it did not come.
struct str http_header(const struct http_answer *answer, const char *name);

// What a person may read of a fault: "the connection was refused or cannot be made".
const char *http_fault_text(enum http_fault fault);

#endif
