// SPDX-License-Identifier: Apache-2.0
#include "safety/watch_send.h"

#include "base/buf.h"
#include "net/http.h"
#include "net/mail.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int append(const char *path, struct str lines, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_CANNOT_CREATE, errno, "%s cannot be written (--alert-file)",
                             path);
    ssize_t n = write(fd, lines.ptr, lines.len);
    bool ok = n == (ssize_t)lines.len && fsync(fd) == 0;
    close(fd);
    return ok ? 0 : err_set(err, ERR_IO, "%s could not be written whole (--alert-file)", path);
}

// host[:port] as http_host gives it, against names separated by commas; a name without a port
// allows any.
static bool is_allowed(struct str host, struct str names)
{
    struct str name;
    size_t colon = host.len;
    for (size_t i = 0; i < host.len; i++)
        if (host.ptr[i] == ':')
            colon = i;
    if (host.len && host.ptr[0] == '[' &&
        memchr(host.ptr, ']', host.len) == host.ptr + host.len - 1)
        colon = host.len; // an IPv6 address without a port
    while (str_cut(&names, ',', &name))
        if (str_equal_ci(str_trim(name), host) ||
            str_equal_ci(str_trim(name), str_head(host, colon)))
            return true;
    return false;
}

static int wait_for(struct http *http, struct err *err)
{
    struct http_answer answer;
    int rc = 0;
    while (!rc && !(rc = http_wait(http, 200, err)))
        if (http_next(http, &answer)) {
            if (answer.fault == HTTP_ANSWERED && answer.status >= 200 && answer.status < 300)
                return 0;
            if (answer.fault == HTTP_ANSWERED)
                return err_set(err, ERR_UNAVAILABLE,
                               "the webhook %s answered with status %d; the "
                               "alerts are told again the next time",
                               http_host(http), answer.status);
            return err_set(err, answer.fault == HTTP_FORBIDDEN ? ERR_CONFIG : ERR_UNAVAILABLE,
                           "the webhook %s did not take the alerts: %s; they are told again the "
                           "next time",
                           http_host(http),
                           answer.fault == HTTP_FORBIDDEN ? "its name stands for a private address"
                                                          : http_fault_text(answer.fault));
        }
    return rc;
}

static int post(const struct config *config, const char *url, struct str lines, struct err *err)
{
    struct http *http = NULL;
    struct http_options options = { .url = url,
                                    .only_loopback = config_on(config, "offline"),
                                    .only_public = true,
                                    .most_in_flight = 1,
                                    .most_bytes = 65536,
                                    .connect_ms = 5000,
                                    .idle_ms = 10000,
                                    .total_ms = 30000 };
    int rc = http_open(&http, &options, err);
    if (rc)
        return err_add(err, "--webhook");
    if (!is_allowed(str_of(http_host(http)), str_of(config_text(config, "webhook-hosts"))))
        rc = err_set(err, ERR_CONFIG,
                     "the webhook's host %s is not in --webhook-hosts; nothing was "
                     "sent",
                     http_host(http));
    else if (http_is_plain(http) && !http_is_loopback(http))
        rc = err_set(err, ERR_CONFIG,
                     "a webhook outside of this machine needs https; nothing was "
                     "sent to %s",
                     http_host(http));
    struct str rest = lines, line;
    while (!rc && str_cut(&rest, '\n', &line)) {
        if (!line.len)
            continue;
        rc = http_post(http, line, NULL, err);
        if (!rc)
            rc = wait_for(http, err);
    }
    http_close(http);
    return rc;
}

static int mail(const struct config *config, struct str text, struct err *err)
{
    struct mail m = { .port = (int)config_whole(config, "mail-port"),
                      .from = str_of(config_text(config, "mail-from")),
                      .to = str_of(config_text(config, "mail-to")),
                      .subject = STR_LIT("clio: new alerts, for human review"),
                      .body = text,
                      .wait_ms = 10000 };
    int rc = mail_send(&m, err);
    return rc ? err_add(err, "the alerts were not mailed and are told again the next time") : 0;
}

int watch_send(const struct config *config, struct str lines, struct str text, struct err *err)
{
    const char *file = config_text(config, "alert-file"), *url = config_text(config, "webhook");
    int rc = 0;
    if (!lines.len)
        return 0;
    if (*url)
        rc = post(config, url, lines, err);
    if (!rc && *config_text(config, "mail-to"))
        rc = mail(config, text, err);
    if (!rc && *file)
        rc = append(file, lines, err);
    return rc;
}
