// SPDX-License-Identifier: Apache-2.0
// Where alerts go beside standard output: a file they are appended to, a mail through the relay of
// this machine (net/mail.h), and a webhook. The webhook's
// host must stand in the setting webhook-hosts; the address that its name stands for is looked at
// when the connection is made and may not be private unless the host is given as that address or is
// localhost. No redirects, no proxy, https outside of this machine.
#ifndef SAFETY_WATCH_SEND_H
#define SAFETY_WATCH_SEND_H

#include "base/text.h"
#include "run/config.h"

// lines: alerts as JSON lines, text: the same for people; nothing happens when there is none.
// ERR_CONFIG says what the settings alert-file, mail-…, webhook and webhook-hosts do not allow,
// ERR_UNAVAILABLE that nobody took it.
int watch_send(const struct config *config, struct str lines, struct str text,
               struct err *err) MUST_USE;

#endif
