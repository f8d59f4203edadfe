// SPDX-License-Identifier: Apache-2.0
// One slot a request in flight: an easy handle that is kept for the next one, with the buffers of
// its answer. A slot whose answer was handed out is free again at the next call.
#include "net/http.h"

#include "base/buf.h"
#include "base/crypto.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>

#define MOST_HEADER_BYTES ((size_t)16 << 10)
#define KEEP_BODY_BYTES ((size_t)64 << 10) // a slot that grew larger gives its memory back
#define ANSWERS_HELD 16                    // so many of the longest answers may be here at a time
#define MOST_SLOTS ((size_t)4096)

struct slot {
    struct http *http;
    CURL *easy;
    struct buf body, headers;
    struct str to_send; // what is left of the request's body
    void *owner;
    struct curl_slist *typed; // headers of a body that is no JSON; NULL = those of all requests
    bool under_way, too_long, forbidden;
    bool is_other; // its handle is set for an address or a method of its own
};
struct http {
    CURLM *multi;
    struct slot *slots;
    struct slot **free; // stack of n_free
    size_t n_slots, n_free;
    struct slot *given; // its answer was handed out last
    struct curl_slist *headers;
    char *url, *proxy, *proxy_host;
    char host[300];
    bool loopback, plain, only_loopback, only_public, is_literal;
    size_t most_bytes, held; // held: bytes of all answers that are not handed back
    int64_t connect_ms, idle_ms, total_ms;
};

static int out_of_memory(struct err *err)
{
    return err_set(err, ERR_TRY_AGAIN, "out of memory for requests");
}

// ---- the address

static bool is_loopback_name(const char *host)
{
    struct in_addr four;
    struct in6_addr six;
    char bare[64];
    size_t len = strlen(host);
    if (len > 2 && host[0] == '[' && host[len - 1] == ']' && len - 2 < sizeof bare) {
        memcpy(bare, host + 1, len - 2);
        bare[len - 2] = 0;
        return inet_pton(AF_INET6, bare, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
    }
    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return str_equal_ci(str_of(host), STR_LIT("localhost"));
}

static bool is_loopback_address(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in four;
        memcpy(&four, address, sizeof four);
        return ntohl(four.sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 six;
        memcpy(&six, address, sizeof six);
        return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr) ||
               (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr) && six.sin6_addr.s6_addr[12] == 127);
    }
    return false;
}

// Addresses that are not of the public Internet: of this machine, of local networks, of providers'
// own networks (100.64/10), link-local (169.254/16, where clouds keep their secrets), multicast.
static bool is_private_v4(uint32_t a)
{
    static const struct {
        uint32_t net;
        int bits;
    } ranges[] = { { 0x00000000, 8 },  { 0x0A000000, 8 },  { 0x64400000, 10 }, { 0x7F000000, 8 },
                   { 0xA9FE0000, 16 }, { 0xAC100000, 12 }, { 0xC0000000, 24 }, { 0xC0A80000, 16 },
                   { 0xC6120000, 15 }, { 0xE0000000, 3 } };
    for (size_t i = 0; i < COUNT_OF(ranges); i++)
        if ((a ^ ranges[i].net) >> (32 - ranges[i].bits) == 0)
            return true;
    return false;
}

static uint32_t tail_v4(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_private_address(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in four;
        memcpy(&four, address, sizeof four);
        return is_private_v4(ntohl(four.sin_addr.s_addr));
    }
    if (address->sa_family != AF_INET6)
        return true;
    struct sockaddr_in6 six;
    memcpy(&six, address, sizeof six);
    const unsigned char *b = six.sin6_addr.s6_addr;
    static const unsigned char nat64[12] = { 0, 0x64, 0xFF, 0x9B };
    if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr) || memcmp(b, nat64, sizeof nat64) == 0)
        return is_private_v4(tail_v4(b + 12));
    if (b[0] == 0x20 && b[1] == 0x02) // 6to4 holds an IPv4 address
        return is_private_v4(tail_v4(b + 2));
    return (b[0] & 0xE0) != 0x20; // only 2000::/3 is public
}

static bool is_literal_address(const char *host)
{
    struct in_addr four;
    return host[0] == '[' || inet_pton(AF_INET, host, &four) == 1;
}

// "host" or "host:port" of a URL; false when it has none or holds a user's name.
static bool host_of(const char *url, char *out, size_t size, char **scheme, char **name)
{
    CURLU *parts = curl_url();
    char *port = NULL, *user = NULL;
    bool ok = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_SCHEME, scheme, 0) == CURLUE_OK &&
              curl_url_get(parts, CURLUPART_HOST, name, 0) == CURLUE_OK;
    if (ok && curl_url_get(parts, CURLUPART_PORT, &port, 0) != CURLUE_OK)
        port = NULL;
    if (ok && curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK)
        ok = false;
    int n = ok ? snprintf(out, size, "%s%s%s", *name, port ? ":" : "", port ? port : "") : 0;
    curl_free(port);
    curl_free(user);
    curl_url_cleanup(parts);
    return ok && n > 0 && (size_t)n < size;
}

bool http_url_is_loopback(const char *url)
{
    char host[300];
    char *scheme = NULL, *name = NULL;
    bool yes = host_of(url, host, sizeof host, &scheme, &name) && is_loopback_name(name);
    curl_free(scheme);
    curl_free(name);
    return yes;
}

static int read_url(struct http *http, const char *url, const char *flag, struct err *err)
{
    char *scheme = NULL, *name = NULL;
    bool ok = host_of(url, http->host, sizeof http->host, &scheme, &name);
    if (ok) {
        http->plain = strcmp(scheme, "http") == 0;
        http->loopback = is_loopback_name(name);
        http->is_literal = is_literal_address(name);
        ok = http->plain || strcmp(scheme, "https") == 0;
    }
    curl_free(scheme);
    curl_free(name);
    http->url = ok ? strdup(url) : NULL;
    if (!ok)
        return err_set(err, ERR_CONFIG,
                       "the URL of %s is not of the form https://host[:port]/path "
                       "without a user's name in it",
                       flag);
    return http->url ? 0 : out_of_memory(err);
}

static const char *first_set(const char *a, const char *b)
{
    const char *value = getenv(a);
    if (!value || !*value)
        value = getenv(b);
    return value && *value ? value : NULL;
}

// libcurl reads only some of these by itself, and we want to say where text goes. The proxy's URL
// may hold a password, so only its host is kept for people.
static int read_proxy(struct http *http, struct err *err)
{
    const char *proxy = http->plain ? first_set("http_proxy", "HTTP_PROXY")
                                    : first_set("https_proxy", "HTTPS_PROXY");
    proxy = proxy ? proxy : first_set("all_proxy", "ALL_PROXY");
    if (!proxy || http->loopback || http->only_loopback || http->only_public)
        return 0;
    const char *at = strrchr(proxy, '@'), *slashes = strstr(proxy, "://");
    const char *host = at ? at + 1 : slashes ? slashes + 3 : proxy;
    http->proxy = strdup(proxy);
    http->proxy_host = strndup(host, strcspn(host, "/"));
    return http->proxy && http->proxy_host ? 0 : out_of_memory(err);
}

// ---- one request

static size_t take_body(char *data, size_t size, size_t n, void *context)
{
    struct slot *slot = context;
    struct err err = { 0 };
    bool room = slot->http->held + size * n <= ANSWERS_HELD * slot->http->most_bytes;
    if (room && !buf_add(&slot->body, str_make(data, size * n), &err)) {
        slot->http->held += size * n;
        return size * n;
    }
    slot->too_long = true;
    return 0;
}

static size_t give_body(char *data, size_t size, size_t n, void *context)
{
    struct slot *slot = context;
    size_t len = size_min(size * n, slot->to_send.len);
    if (len)
        memcpy(data, slot->to_send.ptr, len);
    slot->to_send = str_from(slot->to_send, len);
    return len;
}

// When a connection that was kept breaks off, libcurl would begin the request anew, and a question
// would be paid for twice without a word.
static int refuse_again(void *context, curl_off_t offset, int origin)
{
    (void)context, (void)offset, (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

// Only headers of the last answer matter: an interim one (100) is dropped when the next begins.
static size_t take_header(char *data, size_t size, size_t n, void *context)
{
    struct slot *slot = context;
    struct err ignored = { 0 };
    struct str line = str_trim(str_make(data, size * n));
    if (str_starts(line, STR_LIT("HTTP/")))
        buf_clear(&slot->headers);
    else if (line.len && slot->headers.len + line.len + 1 < MOST_HEADER_BYTES &&
             buf_printf(&slot->headers, &ignored, "%.*s\n", STR_ARG(line)))
        return 0;
    return size * n;
}

// Looks at the address itself, just before it is connected to: what a name stands for can differ
// from what it seems.
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct slot *slot = context;
    (void)purpose;
    const struct http *http = slot->http;
    bool outside = (http->only_loopback || http->loopback) && !is_loopback_address(&address->addr);
    bool inside = http->only_public && !http->loopback && !http->is_literal &&
                  is_private_address(&address->addr);
    if (outside || inside) {
        slot->forbidden = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool set_limits(const struct http *http, CURL *easy)
{
    const char *certificates = getenv("SSL_CERT_FILE");
    CURLcode rc = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)http->connect_ms);
    rc |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)http->total_ms);
    rc |= curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)((http->idle_ms + 999) / 1000));
    rc |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    rc |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    rc |= curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    rc |= curl_easy_setopt(easy, CURLOPT_PROXY, http->proxy ? http->proxy : "");
    if (certificates && *certificates)
        rc |= curl_easy_setopt(easy, CURLOPT_CAINFO, certificates);
    return rc == CURLE_OK;
}

static bool set_slot(struct http *http, struct slot *slot)
{
    CURL *easy = slot->easy;
    CURLcode rc = curl_easy_setopt(easy, CURLOPT_URL, http->url);
    rc |= curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->headers);
    rc |= curl_easy_setopt(easy, CURLOPT_POST, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    rc |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
    rc |= curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
    rc |= curl_easy_setopt(easy, CURLOPT_READDATA, slot);
    rc |= curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, refuse_again);
    rc |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    rc |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, slot);
    rc |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    rc |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, slot);
    rc |= curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
    rc |= curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    rc |= curl_easy_setopt(easy, CURLOPT_PIPEWAIT, http->plain ? 0L : 1L);
    rc |= curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    return rc == CURLE_OK && set_limits(http, easy);
}

// ---- opening

static int copy_headers(struct http *http, const char *const *headers, struct err *err)
{
    static const char *const own[] = { "content-type: application/json", "expect:",
                                       "user-agent: clio/" CLIO_VERSION };
    for (size_t i = 0; i < COUNT_OF(own); i++) {
        struct curl_slist *list = curl_slist_append(http->headers, own[i]);
        if (!list)
            return out_of_memory(err);
        http->headers = list;
    }
    for (size_t i = 0; headers && headers[i]; i++) {
        if (strpbrk(headers[i], "\r\n"))
            return err_set(err, ERR_CONFIG, "a key may not hold a line end; look at the variable "
                                            "that it stands in");
        struct curl_slist *list = curl_slist_append(http->headers, headers[i]);
        if (!list)
            return out_of_memory(err);
        http->headers = list;
    }
    return 0;
}

static int open_slots(struct http *http, size_t n, struct err *err)
{
    http->slots = calloc(n, sizeof *http->slots);
    http->free = calloc(n, sizeof *http->free);
    http->multi = curl_multi_init();
    if (!http->slots || !http->free || !http->multi)
        return out_of_memory(err);
    http->n_slots = n;
    for (size_t i = n; i-- > 0;) {
        http->slots[i].http = http;
        http->free[http->n_free++] = &http->slots[i];
        buf_init(&http->slots[i].body, http->most_bytes, "answer");
        buf_init(&http->slots[i].headers, MOST_HEADER_BYTES, "header");
    }
    CURLMcode rc = curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    rc |= curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)n);
    return rc == CURLM_OK ? 0 : err_set(err, ERR_SOFTWARE, "libcurl refuses its settings");
}

int http_open(struct http **out, const struct http_options *options, struct err *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(err, ERR_SOFTWARE, "libcurl cannot start");
    struct http *http = calloc(1, sizeof *http);
    if (!http)
        return out_of_memory(err);
    http->only_loopback = options->only_loopback;
    http->only_public = options->only_public;
    http->most_bytes = options->most_bytes;
    http->connect_ms = options->connect_ms;
    http->idle_ms = options->idle_ms;
    http->total_ms = options->total_ms;
    const char *flag = options->flag ? options->flag : "--base-url";
    int rc = read_url(http, options->url, flag, err);
    if (!rc && http->only_loopback && !http->loopback)
        rc = err_set(err, ERR_CONFIG,
                     "--offline forbids to send anything to %s; name a server on "
                     "this machine with %s",
                     http->host, flag);
    if (!rc)
        rc = read_proxy(http, err);
    if (!rc)
        rc = copy_headers(http, options->headers, err);
    if (!rc)
        rc = open_slots(http, size_max(1, size_min(options->most_in_flight, MOST_SLOTS)), err);
    if (rc) {
        http_close(http);
        return rc;
    }
    *out = http;
    return 0;
}

static void wipe_headers(struct curl_slist *list)
{
    for (struct curl_slist *item = list; item; item = item->next)
        crypto_wipe(item->data, strlen(item->data)); // one of them is the key
    curl_slist_free_all(list);
}

void http_close(struct http *http)
{
    if (!http)
        return;
    for (size_t i = 0; i < http->n_slots; i++) {
        struct slot *slot = &http->slots[i];
        if (slot->easy) {
            curl_multi_remove_handle(http->multi, slot->easy);
            curl_easy_cleanup(slot->easy);
        }
        wipe_headers(slot->typed);
        buf_release(&slot->body);
        buf_release(&slot->headers);
    }
    curl_multi_cleanup(http->multi);
    wipe_headers(http->headers);
    if (http->proxy)
        crypto_wipe(http->proxy, strlen(http->proxy)); // may hold a password
    free(http->proxy);
    free(http->proxy_host);
    free(http->url);
    free(http->slots);
    free(http->free);
    free(http);
}

const char *http_host(const struct http *http)
{
    return http->host;
}

const char *http_proxy(const struct http *http)
{
    return http->proxy_host;
}

bool http_is_loopback(const struct http *http)
{
    return http->loopback;
}

bool http_is_plain(const struct http *http)
{
    return http->plain;
}

// ---- requests

static void free_slot(struct http *http, struct slot *slot)
{
    http->held -= slot->body.len;
    buf_clear(&slot->body);
    if (slot->body.size > KEEP_BODY_BYTES)
        buf_release(&slot->body);
    http->free[http->n_free++] = slot;
}

static void free_given(struct http *http)
{
    if (http->given)
        free_slot(http, http->given);
    http->given = NULL;
}

static int start(struct http *http, struct slot *slot, struct str body, void *owner,
                 struct err *err)
{
    buf_clear(&slot->body);
    buf_clear(&slot->headers);
    slot->owner = owner;
    slot->too_long = slot->forbidden = false;
    slot->to_send = body;
    CURLcode set = CURLE_OK;
    if (body.ptr) // a request without a body keeps its method
        set = curl_easy_setopt(slot->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    if (set != CURLE_OK || curl_multi_add_handle(http->multi, slot->easy) != CURLM_OK)
        return err_set(err, ERR_SOFTWARE, "libcurl refuses a request");
    http->n_free--;
    slot->under_way = true;
    return 0;
}

// A free place, its handle set for the address and method of http_post.
static struct slot *take_slot(struct http *http)
{
    free_given(http);
    if (http->n_free == 0)
        BUG("more requests than places");
    struct slot *slot = http->free[http->n_free - 1];
    if (slot->is_other) { // what a request of another kind has set goes with its handle
        curl_easy_cleanup(slot->easy);
        wipe_headers(slot->typed);
        slot->typed = NULL;
        slot->easy = NULL;
        slot->is_other = false;
    }
    if (slot->easy)
        return slot;
    slot->easy = curl_easy_init();
    return slot->easy && set_slot(http, slot) ? slot : NULL;
}

int http_post(struct http *http, struct str body, void *owner, struct err *err)
{
    struct slot *slot = take_slot(http);
    return slot ? start(http, slot, body, owner, err) : out_of_memory(err);
}

// All headers but the type of JSON, and the type.
static bool set_type(const struct http *http, struct slot *slot, const char *type)
{
    char line[160];
    snprintf(line, sizeof line, "content-type: %s", type);
    for (const struct curl_slist *item = http->headers; item; item = item->next) {
        const char *data =
            str_starts(str_of(item->data), STR_LIT("content-type:")) ? line : item->data;
        struct curl_slist *list = curl_slist_append(slot->typed, data);
        if (!list)
            return false;
        slot->typed = list;
    }
    return curl_easy_setopt(slot->easy, CURLOPT_HTTPHEADER, slot->typed) == CURLE_OK;
}

static int check_same_host(const struct http *http, const char *url, struct err *err)
{
    char host[sizeof http->host];
    char *scheme = NULL, *name = NULL;
    bool same = host_of(url, host, sizeof host, &scheme, &name) && strcmp(host, http->host) == 0 &&
                (strcmp(scheme, "http") == 0) == http->plain;
    curl_free(scheme);
    curl_free(name);
    return same ? 0 : err_set(err, ERR_CONFIG, "a request for %s may go nowhere else", http->host);
}

int http_send(struct http *http, const struct http_request *request, void *owner, struct err *err)
{
    int rc = check_same_host(http, request->url, err);
    if (rc)
        return rc;
    struct slot *slot = take_slot(http);
    if (!slot)
        return out_of_memory(err);
    slot->is_other = true;
    CURLcode set = curl_easy_setopt(slot->easy, CURLOPT_URL, request->url);
    // On a connection that was kept and breaks off, libcurl would send a request a second time.
    set |= curl_easy_setopt(slot->easy, CURLOPT_FRESH_CONNECT, 1L);
    if (request->method != HTTP_POST)
        set |= curl_easy_setopt(slot->easy, CURLOPT_HTTPGET, 1L);
    if (request->method == HTTP_DELETE)
        set |= curl_easy_setopt(slot->easy, CURLOPT_CUSTOMREQUEST, "DELETE");
    bool ok = set == CURLE_OK && (!request->type || set_type(http, slot, request->type));
    return ok ? start(http, slot, request->body, owner, err) : out_of_memory(err);
}

size_t http_in_flight(const struct http *http)
{
    return http->n_slots - http->n_free - (http->given != NULL);
}

int http_wait(struct http *http, int64_t ms, struct err *err)
{
    int n_running = 0, n_before = (int)http_in_flight(http);
    free_given(http);
    CURLMcode rc = curl_multi_perform(http->multi, &n_running);
    if (rc == CURLM_OK && n_running == n_before)
        rc = curl_multi_poll(http->multi, NULL, 0, (int)ms, NULL);
    if (rc == CURLM_OK && n_running == n_before)
        rc = curl_multi_perform(http->multi, &n_running);
    return rc == CURLM_OK ? 0 : err_set(err, ERR_SOFTWARE, "libcurl: %s", curl_multi_strerror(rc));
}

static enum http_fault fault_of(const struct slot *slot, CURLcode code)
{
    if (slot->too_long)
        return HTTP_TOO_LONG;
    if (slot->forbidden && code != CURLE_OK)
        return HTTP_FORBIDDEN;
    switch (code) {
    case CURLE_OK:
        return HTTP_ANSWERED;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return HTTP_NO_HOST;
    case CURLE_COULDNT_CONNECT:
        return HTTP_UNREACHABLE;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
        return HTTP_TLS;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_TIMEOUT;
    default:
        return HTTP_BROKEN;
    }
}

bool http_next(struct http *http, struct http_answer *answer)
{
    int n_left;
    CURLMsg *message;
    free_given(http);
    do
        message = curl_multi_info_read(http->multi, &n_left);
    while (message && message->msg != CURLMSG_DONE);
    if (!message)
        return false;
    CURL *easy = message->easy_handle;
    CURLcode code = message->data.result;
    struct slot *slot = NULL;
    long status = 0, n_sent = 0;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&slot);
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &n_sent);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(http->multi, easy);
    slot->under_way = false;
    *answer = (struct http_answer){ slot->owner, fault_of(slot, code), n_sent > 0, (int)status,
                                    buf_view(&slot->body), buf_view(&slot->headers) };
    http->given = slot;
    return true;
}

bool http_cancel(struct http *http, struct http_answer *answer)
{
    free_given(http);
    for (size_t i = 0; i < http->n_slots; i++) {
        struct slot *slot = &http->slots[i];
        if (!slot->under_way)
            continue;
        curl_multi_remove_handle(http->multi, slot->easy);
        slot->under_way = false;
        *answer = (struct http_answer){ .owner = slot->owner, .fault = HTTP_BROKEN, .sent = true };
        http->given = slot;
        return true;
    }
    return false;
}

struct str http_header(const struct http_answer *answer, const char *name)
{
    struct str rest = answer->headers, line, key;
    while (rest.len && str_cut(&rest, '\n', &line)) {
        struct str value = line;
        if (str_cut(&value, ':', &key) && value.ptr && str_equal_ci(key, str_of(name)))
            return str_trim(value);
    }
    return str_make(NULL, 0);
}

const char *http_fault_text(enum http_fault fault)
{
    static const char *const texts[] = {
        [HTTP_ANSWERED] = "it answered",
        [HTTP_UNREACHABLE] = "no connection can be made",
        [HTTP_NO_HOST] = "its name is not known",
        [HTTP_TLS] = "its certificate does not check out",
        [HTTP_FORBIDDEN] = "its address is not of this machine",
        [HTTP_TIMEOUT] = "it is too slow",
        [HTTP_BROKEN] = "the connection breaks",
        [HTTP_TOO_LONG] = "it sends more than an answer can hold",
    };
    return texts[fault];
}
