// SPDX-License-Identifier: Apache-2.0
#include "serve/posted.h"

#include "base/crypto.h"

#include <stdlib.h>
#include <string.h>

struct posted {
    char *body; // NULL: nothing came yet
    size_t len, length;
    bool failed;
};

struct posted *posted_open(size_t length)
{
    assert(length <= FORM_MOST_BYTES);
    struct posted *posted = calloc(1, sizeof *posted);
    if (posted)
        posted->length = length;
    return posted;
}

void posted_receive(struct posted *posted, const char *data, size_t size)
{
    if (!posted->body)
        posted->body = malloc(posted->length + 1);
    posted->failed = posted->failed || !posted->body || size > posted->length - posted->len;
    if (posted->failed)
        return;
    memcpy(posted->body + posted->len, data, size);
    posted->len += size;
}

struct str posted_body(const struct posted *posted)
{
    if (posted->failed)
        return str_make(NULL, 0);
    return posted->body ? str_make(posted->body, posted->len) : STR_LIT("");
}

void posted_close(struct posted *posted)
{
    if (!posted)
        return;
    if (posted->body)
        crypto_wipe(posted->body, posted->len);
    free(posted->body);
    free(posted);
}
