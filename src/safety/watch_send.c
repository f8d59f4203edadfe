// SPDX-License-Identifier: Apache-2.0
#include "safety/watch_send.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/stop.h"
#include "net/http.h"
#include "net/mail.h"
#include "store/safety_write.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECONDS_A_DAY 86400

enum channel { OUTPUT, WEBHOOK, MAIL, ALERT_FILE, N_CHANNELS };
static const struct {
    const char *name;    // in safety.db
    const char *setting; // that names its target; NULL: it is always there
} channels[N_CHANNELS] = {
    [OUTPUT] = { "output", NULL },
    [WEBHOOK] = { "webhook", "webhook" },
    [MAIL] = { "mail", "mail-to" },
    [ALERT_FILE] = { "file", "alert-file" },
};

struct sender {
    const struct config *config;
    struct safety *safety;
    struct arena *a;
    struct buf text; // of the alerts that go out now
};

static bool is_named(const struct config *config, enum channel channel)
{
    return !channels[channel].setting || *config_text(config, channels[channel].setting);
}

int watch_send_note(const struct config *config, struct safety *safety, int64_t alert_id,
                    struct err *err)
{
    int rc = 0;
    for (int c = 0; !rc && c < N_CHANNELS; c++)
        if (is_named(config, (enum channel)c))
            rc = safety_add_due(safety, alert_id, channels[c].name, err);
    return rc;
}

// ---- an alert as text

// As text the first one stands below what all of them are.
static int put_alert(const struct safety_due *due, bool json, struct buf *out, struct err *err)
{
    const struct safety_alert *alert = &due->alert;
    char day[TIME_TEXT];
    time_format(alert->day * SECONDS_A_DAY, day);
    if (!json)
        return buf_printf(out, err, "%s%.10s  %.*s\n", out->len ? "" : SAFETY_NOTICE "\n", day,
                          STR_ARG(alert->cause));
    int rc =
        buf_printf(out, err, "{\"notice\":\"%s\",\"day\":\"%.10s\",\"watch\":", SAFETY_NOTICE, day);
    if (!rc)
        rc = json_put_str(out, due->watch, err);
    if (!rc)
        rc = buf_printf(out, err,
                        ",\"value\":%.6f,\"low\":%.6f,\"high\":%.6f,\"base\":%.6f,\"p\":%.3e,"
                        "\"cause\":",
                        alert->value, alert->low, alert->high, alert->base, alert->p);
    if (!rc)
        rc = json_put_str(out, alert->cause, err);
    return rc ? rc : buf_add(out, STR_LIT("}\n"), err);
}

// ---- to a file

// Whether the file ends with this line: the last time it was written and the program killed before
// that was noted.
static bool ends_with(int fd, off_t size, struct str line, struct arena *a)
{
    char *end = arena_alloc(a, line.len);
    off_t at = size - (off_t)line.len;
    return at >= 0 && pread(fd, end, line.len, at) == (ssize_t)line.len &&
           memcmp(end, line.ptr, line.len) == 0;
}

static int append(const char *path, struct str line, struct arena *a, struct err *err)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || fstat(fd, &st) != 0) {
        int errnum = errno;
        if (fd >= 0)
            close(fd);
        return err_set_errno(err, ERR_CANNOT_CREATE, errnum,
                             "%s cannot be written (--alert-file); the alerts wait for it", path);
    }
    bool ok = ends_with(fd, st.st_size, line, a);
    if (!ok) {
        ok = write(fd, line.ptr, line.len) == (ssize_t)line.len && fsync(fd) == 0;
        if (!ok && S_ISREG(st.st_mode) && ftruncate(fd, st.st_size) != 0)
            log_detail("%s ends with a part of an alert", path);
    }
    close(fd);
    return ok ? 0
              : err_set(err, ERR_IO,
                        "%s could not be written whole (--alert-file); the alerts wait for it",
                        path);
}

// ---- to a webhook

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
    while (!rc && !(rc = stop_check(err)) && !(rc = http_wait(http, 200, err)))
        if (http_next(http, &answer)) {
            if (answer.fault == HTTP_ANSWERED && answer.status >= 200 && answer.status < 300)
                return 0;
            if (answer.fault == HTTP_ANSWERED)
                return err_set(err, ERR_UNAVAILABLE,
                               "the webhook %s answered with status %d; the "
                               "alerts wait for it and are sent the next time",
                               http_host(http), answer.status);
            return err_set(err, answer.fault == HTTP_FORBIDDEN ? ERR_CONFIG : ERR_UNAVAILABLE,
                           "the webhook %s did not take the alerts: %s; they wait for it and are "
                           "sent the next time",
                           http_host(http),
                           answer.fault == HTTP_FORBIDDEN ? "its name stands for a private address"
                                                          : http_fault_text(answer.fault));
        }
    return rc;
}

// Opens no connection yet.
static int open_webhook(const struct config *config, struct http **http, struct err *err)
{
    struct http_options options = { .url = config_text(config, "webhook"),
                                    .flag = "--webhook",
                                    .only_loopback = config_on(config, "offline"),
                                    .only_public = true,
                                    .most_in_flight = 1,
                                    .most_bytes = 65536,
                                    .connect_ms = 5000,
                                    .idle_ms = 10000,
                                    .total_ms = 30000 };
    int rc = http_open(http, &options, err);
    if (rc)
        return rc;
    if (!is_allowed(str_of(http_host(*http)), str_of(config_text(config, "webhook-hosts"))))
        rc = err_set(err, ERR_CONFIG,
                     "the webhook's host %s is not in --webhook-hosts; nothing is sent to it, "
                     "alerts wait",
                     http_host(*http));
    else if (http_is_plain(*http) && !http_is_loopback(*http))
        rc = err_set(err, ERR_CONFIG,
                     "a webhook outside of this machine needs https; nothing is sent to %s, "
                     "alerts wait",
                     http_host(*http));
    return rc;
}

static int post(struct http *http, struct str line, struct err *err)
{
    int rc = http_post(http, line, NULL, err);
    return rc ? rc : wait_for(http, err);
}

// ---- by mail

static struct mail make_mail(const struct config *config, struct str text)
{
    return (struct mail){ .port = (int)config_whole(config, "mail-port"),
                          .from = str_of(config_text(config, "mail-from")),
                          .to = str_of(config_text(config, "mail-to")),
                          .subject = STR_LIT("clio: new alerts, for human review"),
                          .body = text,
                          .time = clock_unix(),
                          .wait_ms = 10000 };
}

static int mail(const struct config *config, struct str text, struct err *err)
{
    struct mail m = make_mail(config, text);
    int rc = mail_send(&m, err);
    return rc ? err_add(err, "the alerts were not mailed, wait and are mailed the next time") : 0;
}

// ---- what is due

// An alert is taken from what is due, told, and that is kept, in this order: one that was not told,
// whatever ends the program, is due again. Two programs at once tell it once: the transaction lets
// one in.
static int send_one(struct sender *s, struct http *http, const struct safety_due *due,
                    struct err *err)
{
    bool was_due = false;
    int rc = safety_begin(s->safety, err);
    if (!rc)
        rc = safety_take_due(s->safety, due->alert.id, channels[http ? WEBHOOK : ALERT_FILE].name,
                             &was_due, err);
    buf_clear(&s->text);
    if (!rc && was_due)
        rc = put_alert(due, true, &s->text, err);
    if (!rc && was_due)
        rc = http ? post(http, str_trim(buf_view(&s->text)), err)
                  : append(config_text(s->config, "alert-file"), buf_view(&s->text), s->a, err);
    if (!rc)
        rc = safety_commit(s->safety, err);
    if (rc)
        safety_rollback(s->safety);
    return rc;
}

static int send_webhook(struct sender *s, const struct safety_due *list, size_t n, struct err *err)
{
    struct http *http = NULL;
    int rc = open_webhook(s->config, &http, err);
    for (size_t i = 0; !rc && i < n; i++)
        rc = send_one(s, http, &list[i], err);
    http_close(http);
    return rc;
}

static int send_file(struct sender *s, const struct safety_due *list, size_t n, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++)
        rc = send_one(s, NULL, &list[i], err);
    return rc;
}

// All in one mail.
static int send_mail(struct sender *s, const struct safety_due *list, size_t n, struct err *err)
{
    bool was_due = false;
    int rc = safety_begin(s->safety, err);
    buf_clear(&s->text);
    for (size_t i = 0; !rc && i < n; i++) {
        rc = safety_take_due(s->safety, list[i].alert.id, channels[MAIL].name, &was_due, err);
        if (!rc && was_due)
            rc = put_alert(&list[i], false, &s->text, err);
    }
    if (!rc && s->text.len)
        rc = mail(s->config, buf_view(&s->text), err);
    if (!rc)
        rc = safety_commit(s->safety, err);
    if (rc)
        safety_rollback(s->safety);
    return rc;
}

// What the settings do not allow is said on a quiet day, not when the first alert is lost to it.
static int check_channel(const struct config *config, enum channel channel, struct err *err)
{
    struct http *http = NULL;
    struct mail m = make_mail(config, STR_LIT(""));
    int rc = channel == WEBHOOK ? open_webhook(config, &http, err)
             : channel == MAIL  ? mail_check(&m, err)
                                : 0;
    http_close(http);
    return rc;
}

int watch_send(const struct config *config, struct safety *safety, struct arena *a, struct err *err)
{
    static int (*const send[N_CHANNELS])(
        struct sender *, const struct safety_due *, size_t,
        struct err *) = { [WEBHOOK] = send_webhook, [MAIL] = send_mail, [ALERT_FILE] = send_file };
    struct sender s = { config, safety, a, { 0 } };
    int first = 0;
    buf_init(&s.text, (size_t)16 << 20, "list of alerts");
    for (int c = 0; c < N_CHANNELS; c++) {
        struct err one = { 0 };
        struct safety_due *list;
        size_t n = 0;
        int rc = 0;
        if (send[c] && is_named(config, (enum channel)c))
            rc = safety_read_due(safety, channels[c].name, a, &list, &n, &one);
        if (!rc && n)
            rc = send[c](&s, list, n, &one);
        else if (!rc && is_named(config, (enum channel)c))
            rc = check_channel(config, (enum channel)c, &one);
        if (rc && first)
            log_warning("%s", one.text);
        else if (rc) {
            first = rc;
            *err = one;
        }
    }
    buf_release(&s.text);
    return first;
}

int watch_send_output(struct safety *safety, bool json, struct arena *a, FILE *out, size_t *n_told,
                      struct err *err)
{
    struct safety_due *list;
    struct buf text;
    size_t n = 0;
    bool was_due;
    buf_init(&text, (size_t)16 << 20, "list of alerts");
    int rc = safety_begin(safety, err);
    if (!rc)
        rc = safety_read_due(safety, channels[OUTPUT].name, a, &list, &n, err);
    for (size_t i = 0; !rc && i < n; i++) {
        rc = put_alert(&list[i], json, &text, err);
        if (!rc)
            rc = safety_take_due(safety, list[i].alert.id, channels[OUTPUT].name, &was_due, err);
    }
    if (!rc && text.len &&
        (fwrite(buf_view(&text).ptr, 1, text.len, out) != text.len || fflush(out) != 0))
        rc = err_set(err, ERR_IO, "the alerts could not be printed; they are the next time");
    *n_told = n;
    if (!rc)
        rc = safety_commit(safety, err);
    if (rc)
        safety_rollback(safety);
    buf_release(&text);
    return rc;
}

int watch_send_waiting(struct safety *safety, bool json, struct arena *a, struct buf *out,
                       struct err *err)
{
    int rc = json ? buf_add(out, STR_LIT("\"waiting\":{"), err) : 0;
    for (int c = WEBHOOK; !rc && c < N_CHANNELS; c++) {
        struct safety_due *list;
        size_t n = 0;
        rc = safety_read_due(safety, channels[c].name, a, &list, &n, err);
        if (!rc && json)
            rc = buf_printf(out, err, "%s\"%s\":%zu", c > WEBHOOK ? "," : "", channels[c].name, n);
        else if (!rc && n)
            rc = buf_printf(out, err, "%zu %s for --%s\n", n,
                            n == 1 ? "alert waits" : "alerts wait", channels[c].setting);
    }
    return rc || !json ? rc : buf_add(out, STR_LIT("}"), err);
}
