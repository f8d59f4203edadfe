// SPDX-License-Identifier: Apache-2.0
// What a relay receives: line ends of SMTP, and no line of the body that ends the mail early.
#include "unit/check.h"

#include "net/mail.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>

static struct err err;

static void say(int fd, const char *line)
{
    if (write(fd, line, strlen(line)) < 0)
        _exit(1);
}

// One mail of a client that waits for each answer; what follows DATA goes to `out`.
static void relay(int listener, int out)
{
    char text[4096];
    size_t len = 0;
    int fd = accept(listener, NULL, NULL);
    ssize_t n;
    bool data = false;
    say(fd, "220 here\r\n");
    while ((n = read(fd, text + len, sizeof text - len)) > 0) {
        if (!data) {
            data = strncmp(text, "DATA", 4) == 0;
            say(fd, data ? "354 go on\r\n" : "250 ok\r\n");
            continue;
        }
        len += (size_t)n;
        if (len >= 5 && memcmp(text + len - 5, "\r\n.\r\n", 5) == 0) {
            data = false;
            if (write(out, text, len) < 0)
                _exit(1);
            say(fd, "250 taken\r\n");
            break;
        }
    }
    close(fd);
    _exit(0);
}

static void send_through(const char *body, char got[4096])
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0), ends[2], status;
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        relay(listener, ends[1]);
    struct mail mail = { ntohs(at.sin_port),
                         STR_LIT("clio@example.org"),
                         STR_LIT("  ada@example.org ,bob@example.org "),
                         STR_LIT("An alert"),
                         str_of(body),
                         1767222245,
                         5000 };
    assert_ok(mail_send(&mail, &err));
    ssize_t n = read(ends[0], got, 4095);
    assert_true(n > 0);
    got[n] = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    close(listener);
    close(ends[0]);
    close(ends[1]);
}

static void a_point_at_the_start_of_a_line_is_doubled(void **state)
{
    (void)state;
    char got[4096];
    send_through("one\n.two\n  .\n\t.three\nfour\n", got);
    const char *body = strstr(got, "\r\n\r\n");
    assert_non_null(body);
    assert_string_equal(body, "\r\n\r\none\r\n..two\r\n..\r\n..three\r\nfour\r\n\r\n.\r\n");
}

// What stands around an address is no part of the header, and a line end there would be one.
static void a_list_of_addresses_is_one_line(void **state)
{
    (void)state;
    char got[4096];
    send_through("one\n", got);
    assert_non_null(
        strstr(got, "\r\nTo: ada@example.org, bob@example.org\r\nDate: Wed, 31 Dec 2025 23:04:05 "
                    "+0000\r\nSubject: An alert\r\n"));
    assert_non_null(strstr(got, "\r\nContent-Transfer-Encoding: 8bit\r\n"));
    static const char *const bad[] = { "ada@example.org\nBcc: all@example.org",
                                       "ada@example.org,\r\nbob@example.org", "ada@example.org\n",
                                       "ada@example.org\t" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct mail mail = {
            1, STR_LIT("clio@example.org"), str_of(bad[i]), STR_LIT("s"), STR_LIT("b"), 0, 100
        };
        assert_error(mail_send(&mail, &err), ERR_CONFIG);
        err_clear(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_addresses_is_one_line),
        cmocka_unit_test(a_point_at_the_start_of_a_line_is_doubled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
