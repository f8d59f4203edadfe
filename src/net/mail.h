// SPDX-License-Identifier: Apache-2.0
// One mail through the mail relay of this machine (SMTP, RFC 5321): to 127.0.0.1 and nowhere else,
// so nothing leaves the machine but by what its owner set up there. No TLS, no password.
#ifndef NET_MAIL_H
#define NET_MAIL_H

#include "base/err.h"
#include "base/text.h"

struct mail {
    int port;                 // of the relay on 127.0.0.1
    struct str from, to;      // addresses; `to` may be several, separated by commas
    struct str subject, body; // subject: one line; body: UTF-8 text
    int64_t time;             // of the header, in seconds since 1970
    int64_t wait_ms;          // for each answer
};
// ERR_CONFIG when an address or the subject could be taken for something else (spaces, line ends,
// angle brackets). Sends nothing.
int mail_check(const struct mail *mail, struct err *err) MUST_USE;
// The same first; ERR_UNAVAILABLE when the relay is not there or refuses; then it was not taken.
int mail_send(const struct mail *mail, struct err *err) MUST_USE;

#endif
