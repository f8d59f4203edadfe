// SPDX-License-Identifier: Apache-2.0
#include "net/mail.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_ANSWER 2048

static bool is_address(struct str s)
{
    bool at = false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= ' ' || c >= 0x7F || c == '<' || c == '>' || c == ',')
            return false;
        at |= c == '@' && i > 0 && i + 1 < s.len;
    }
    return at;
}

int mail_check(const struct mail *mail, struct err *err)
{
    struct str rest = mail->to, one;
    bool ok = is_address(mail->from) && mail->to.len;
    for (size_t i = 0; i < mail->to.len; i++) // a line end would end the header
        ok = ok && (unsigned char)mail->to.ptr[i] >= ' ';
    while (str_cut(&rest, ',', &one))
        ok = ok && is_address(str_trim(one));
    for (size_t i = 0; i < mail->subject.len; i++)
        ok = ok && (unsigned char)mail->subject.ptr[i] >= ' ';
    return ok ? 0
              : err_set(err, ERR_CONFIG,
                        "a mail needs addresses like who@where.example, with "
                        "commas between; see --mail-from and --mail-to");
}

static int dial(const struct mail *mail, int *fd, struct err *err)
{
    struct sockaddr_in relay = { .sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)mail->port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval wait = { mail->wait_ms / 1000, mail->wait_ms % 1000 * 1000 };
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = *fd >= 0 && setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
              setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0 &&
              connect(*fd, (const struct sockaddr *)&relay, sizeof relay) == 0;
    return ok ? 0
              : err_set(err, ERR_UNAVAILABLE, "no mail relay answers on 127.0.0.1 port %d",
                        mail->port);
}

// Reads one answer, of several lines where "-" follows the number; *code is its number.
static int hear(int fd, int *code, struct err *err)
{
    char text[LONGEST_ANSWER];
    size_t n = 0, line = 0;
    for (;;) {
        if (n == sizeof text || recv(fd, text + n, 1, 0) != 1)
            return err_set(err, ERR_UNAVAILABLE,
                           "the mail relay ended the connection or is too "
                           "slow");
        if (text[n++] != '\n')
            continue;
        if (n - line >= 4 && text[line + 3] != '-')
            break;
        line = n;
    }
    int64_t number = 0;
    str_to_i64(str_make(text + line, 3), &number);
    *code = (int)number;
    return 0;
}

static int say(int fd, struct str text, int want, struct err *err)
{
    int code = 0;
    for (size_t at = 0; at < text.len;) {
        ssize_t n = send(fd, text.ptr + at, text.len - at, MSG_NOSIGNAL);
        if (n <= 0)
            return err_set(err, ERR_UNAVAILABLE, "the mail relay ended the connection");
        at += (size_t)n;
    }
    int rc = hear(fd, &code, err);
    if (!rc && code / 100 != want)
        rc = err_set(err, ERR_UNAVAILABLE, "the mail relay refused with code %d", code);
    return rc;
}

// RFC 5322 asks for it; the names of days and months are English whatever the locale.
static int put_date(int64_t time, struct buf *b, struct err *err)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)time;
    struct tm t;
    gmtime_r(&seconds, &t);
    return buf_printf(b, err, "\r\nDate: %.3s, %02d %.3s %d %02d:%02d:%02d +0000\r\n",
                      days + 3 * (ptrdiff_t)t.tm_wday, t.tm_mday, months + 3 * (ptrdiff_t)t.tm_mon,
                      t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

// Header and body with line ends of SMTP; a point at the start of a line is doubled.
static int put_message(const struct mail *mail, struct buf *b, struct err *err)
{
    struct str rest = mail->body, line, to = mail->to, one;
    int rc = buf_printf(b, err, "From: <%.*s>\r\nTo: ", STR_ARG(mail->from));
    for (const char *between = ""; !rc && str_cut(&to, ',', &one); between = ", ")
        rc = buf_printf(b, err, "%s%.*s", between, STR_ARG(str_trim(one)));
    if (!rc)
        rc = put_date(mail->time, b, err);
    if (!rc)
        rc = buf_printf(b, err,
                        "Subject: %.*s\r\nMIME-Version: 1.0\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: 8bit\r\n\r\n",
                        STR_ARG(mail->subject));
    while (!rc && str_cut(&rest, '\n', &line)) {
        line = str_trim(line);
        rc = buf_printf(b, err, "%s%.*s\r\n", line.len && line.ptr[0] == '.' ? "." : "",
                        STR_ARG(line));
    }
    return rc ? rc : buf_add(b, STR_LIT(".\r\n"), err);
}

static int talk(const struct mail *mail, int fd, struct buf *b, struct err *err)
{
    struct str to = mail->to, one;
    int rc = say(fd, str_make(NULL, 0), 2, err); // its greeting
    if (!rc)
        rc = say(fd, STR_LIT("EHLO localhost\r\n"), 2, err);
    if (!rc)
        rc = buf_printf(b, err, "MAIL FROM:<%.*s>\r\n", STR_ARG(mail->from));
    if (!rc)
        rc = say(fd, buf_view(b), 2, err);
    while (!rc && str_cut(&to, ',', &one)) {
        buf_clear(b);
        rc = buf_printf(b, err, "RCPT TO:<%.*s>\r\n", STR_ARG(str_trim(one)));
        if (!rc)
            rc = say(fd, buf_view(b), 2, err);
    }
    if (!rc)
        rc = say(fd, STR_LIT("DATA\r\n"), 3, err);
    buf_clear(b);
    if (!rc)
        rc = put_message(mail, b, err);
    if (!rc)
        rc = say(fd, buf_view(b), 2, err);
    struct err ignored = { 0 };
    if (!rc && say(fd, STR_LIT("QUIT\r\n"), 2, &ignored))
        return 0; // it was taken all the same
    return rc;
}

int mail_send(const struct mail *mail, struct err *err)
{
    struct buf b;
    int fd = -1;
    buf_init(&b, (size_t)32 << 20, "mail");
    int rc = mail_check(mail, err);
    if (!rc)
        rc = dial(mail, &fd, err);
    if (!rc)
        rc = talk(mail, fd, &b, err);
    if (fd >= 0)
        close(fd);
    buf_release(&b);
    return rc;
}
