// SPDX-License-Identifier: Apache-2.0
#include "serve/posted.h"

#include "base/crypto.h"

#include <string.h>

struct posted *posted_take(struct posted_slots *all, const void *owner, time_t now)
{
    struct posted *oldest = &all->slots[0];
    for (size_t i = 0; i < POSTED_MOST && oldest->owner; i++)
        if (!all->slots[i].owner || all->slots[i].start < oldest->start)
            oldest = &all->slots[i];
    if (oldest->owner && now - oldest->start < POSTED_SECONDS)
        return NULL;
    posted_free(oldest, oldest->owner);
    oldest->owner = owner;
    oldest->start = now;
    return oldest;
}

bool posted_has(const struct posted_slots *all, const void *slot)
{
    const struct posted *at = slot;
    return at >= all->slots && at < all->slots + POSTED_MOST;
}

void posted_receive(struct posted *posted, const char *data, size_t size)
{
    posted->too_long = posted->too_long || size > sizeof posted->body - posted->len;
    if (posted->too_long)
        return;
    memcpy(posted->body + posted->len, data, size);
    posted->len += size;
}

struct str posted_body(const struct posted *posted)
{
    return posted->too_long ? str_make(NULL, 0) : str_make(posted->body, posted->len);
}

void posted_free(struct posted *posted, const void *owner)
{
    if (posted->owner != owner)
        return;
    crypto_wipe(posted->body, sizeof posted->body);
    posted->owner = NULL;
    posted->too_long = false;
    posted->len = 0;
}
