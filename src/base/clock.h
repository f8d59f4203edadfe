// SPDX-License-Identifier: Apache-2.0
// Time. Nothing that reaches the atlas may come from clock_*; only from the conversations.
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/text.h"

int64_t clock_ms(void);      // monotonic, milliseconds
int64_t clock_cpu_us(void);  // processor time of this process, microseconds
int64_t clock_unix(void);    // seconds since 1970-01-01 UTC

#define TIME_TEXT 21 // "2026-11-23T20:38:39Z" and a NUL
void time_format(int64_t unix_seconds, char text[TIME_TEXT]); // RFC 3339, UTC
// Reads RFC 3339, the same with a space and with or without zone (then UTC), a plain date, RFC 2822
// ("Tue, 01 Jul 2003 10:52:37 +0200", also with a comment behind it and its old names of zones) and
// epoch seconds, milliseconds, microseconds or nanoseconds (told apart by size). False when `s`
// is none of them.
bool time_parse(struct str s, int64_t *unix_seconds);

#endif
