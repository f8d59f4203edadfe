// SPDX-License-Identifier: Apache-2.0
// A form that is being received. Each has its own memory, so that who sends slowly, or never, keeps
// nobody else from being heard: as much as the form is long, taken when its first byte comes, and
// given back with the request. All together are bounded by the connections that there may be times
// FORM_MOST_BYTES. Private to serve/.
#ifndef SERVE_POSTED_H
#define SERVE_POSTED_H

#include "serve/form.h"

struct posted; // of one request

// For a form of `length` bytes, at most FORM_MOST_BYTES. NULL when there is no memory.
struct posted *posted_open(size_t length);
void posted_receive(struct posted *posted, const char *data, size_t size);
// The whole form; ptr NULL when more came than was told, or there was no memory for it. Borrowed.
struct str posted_body(const struct posted *posted);
void posted_close(struct posted *posted); // wipes it; accepts NULL

#endif
