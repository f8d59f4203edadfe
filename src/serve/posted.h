// SPDX-License-Identifier: Apache-2.0
// Forms that are being received: a fixed number of slots, so that nobody can fill the memory, and
// none is kept by who sends slowly: one that is older than POSTED_SECONDS may be taken over by the
// next. Touched by one thread. Private to serve/.
#ifndef SERVE_POSTED_H
#define SERVE_POSTED_H

#include "serve/form.h"

#include <time.h>

#define POSTED_MOST 32
#define POSTED_SECONDS 10

struct posted {
    const void *owner; // the connection; NULL: free
    time_t start;
    bool too_long;
    size_t len;
    char body[FORM_MOST_BYTES];
};
struct posted_slots {
    struct posted slots[POSTED_MOST];
};

// A slot for the form that `owner` sends; NULL when all are taken and none is old enough.
struct posted *posted_take(struct posted_slots *all, const void *owner, time_t now);
// Whether a pointer is into the slots, whoever owns it now.
bool posted_has(const struct posted_slots *all, const void *slot);
void posted_receive(struct posted *posted, const char *data, size_t size);
// The whole form; ptr NULL when it was too long. Borrowed until the slot is freed.
struct str posted_body(const struct posted *posted);
// Wipes and frees the slot; nothing when it was taken over by another owner.
void posted_free(struct posted *posted, const void *owner);

#endif
