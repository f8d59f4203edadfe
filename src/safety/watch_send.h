// SPDX-License-Identifier: Apache-2.0
// Where alerts go: standard output, a file they are appended to, a mail through the relay of this
// machine (net/mail.h), and a webhook. safety.db keeps, alert by alert, on which of these it is
// still to be told (alert_due): where one fails the others go on, and the next time it is told
// there alone. A program that is killed between telling and noting it tells one alert again, on
// that channel (one mail; not in the file, whose end is looked at).
//
// The webhook's host must stand in the setting webhook-hosts; the address that its name stands for
// is looked at when the connection is made and may not be private unless the host is given as that
// address or is localhost. No redirects, no proxy, https outside of this machine.
#ifndef SAFETY_WATCH_SEND_H
#define SAFETY_WATCH_SEND_H

#include "base/buf.h"
#include "run/config.h"
#include "store/safety.h"

#include <stdio.h>

// A new alert is due on standard output and on what the settings alert-file, mail-to and webhook
// name. Inside a transaction.
int watch_send_note(const struct config *config, struct safety *safety, int64_t alert_id,
                    struct err *err) MUST_USE;

// The two below: outside of a transaction. Prints what is due on standard output, as text or as
// JSON lines. ERR_IO when `out` does not take it: it stays due.
int watch_send_output(struct safety *safety, bool json, struct arena *a, FILE *out, size_t *n_told,
                      struct err *err) MUST_USE;
// Sends what is due on the channels that the settings name. All are tried; the first fault is
// returned, others are warnings. ERR_CONFIG says what the settings do not allow, also when nothing
// is due, ERR_UNAVAILABLE that nobody took it, ERR_IO and ERR_CANNOT_CREATE are the file's.
int watch_send(const struct config *config, struct safety *safety, struct arena *a,
               struct err *err) MUST_USE;

// How many alerts wait for which channel: a line each where some do, or "waiting":{…} as JSON.
int watch_send_waiting(struct safety *safety, bool json, struct arena *a, struct buf *out,
                       struct err *err) MUST_USE;

#endif
