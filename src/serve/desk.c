// SPDX-License-Identifier: Apache-2.0
#include "serve/desk.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define MOST_ANSWER ((size_t)64 << 10)

int desk_open(struct desk *desk, void (*wake)(void *asker), struct err *err)
{
    *desk = (struct desk){ .wake = wake };
    for (size_t i = 0; i < DESK_SLOTS; i++)
        buf_init(&desk->slots[i].answer, MOST_ANSWER, "answer of the search");
    if (pipe2(desk->bell, O_CLOEXEC | O_NONBLOCK) != 0)
        return err_set_errno(err, ERR_TRY_AGAIN, errno, "no pipe can be made");
    return 0;
}

void desk_close(struct desk *desk)
{
    for (size_t i = 0; i < DESK_SLOTS; i++)
        buf_release(&desk->slots[i].answer);
    for (size_t i = 0; i < 2; i++)
        if (desk->bell[i] > 0)
            close(desk->bell[i]);
}

struct desk_slot *desk_take(struct desk *desk, void *asker, const char *query)
{
    if (atomic_load(&desk->closed))
        return NULL;
    for (size_t i = 0; i < DESK_SLOTS; i++) {
        struct desk_slot *slot = &desk->slots[i];
        if (atomic_load(&slot->state) != DESK_FREE)
            continue;
        size_t len = strlen(query);
        len = size_min(len, SEARCH_MOST_QUERY);
        memcpy(slot->query, query, len);
        slot->query[len] = 0;
        slot->asker = asker;
        slot->failed = true;
        buf_clear(&slot->answer);
        atomic_store(&slot->state, DESK_TAKEN);
        return slot;
    }
    return NULL;
}

// True for the one of two threads that may wake the asker.
static bool claim(struct desk_slot *slot)
{
    int asked = DESK_ASKED;
    return atomic_compare_exchange_strong(&slot->state, &asked, DESK_ANSWERED);
}

void desk_ask(struct desk *desk, struct desk_slot *slot)
{
    atomic_store(&slot->state, DESK_ASKED);
    if (write(desk->bell[1], "!", 1) < 0 && errno != EAGAIN) // full: it rings already
        log_warning("the search cannot be rung for; it answers a little later");
    // Either desk_shut sees the question, or this sees that the desk is shut.
    if (atomic_load(&desk->closed) && claim(slot))
        desk->wake(slot->asker);
}

void desk_free(struct desk_slot *slot)
{
    atomic_store(&slot->state, DESK_FREE);
}

bool desk_has(const struct desk *desk, const void *slot)
{
    const struct desk_slot *at = slot;
    return at >= desk->slots && at < desk->slots + DESK_SLOTS;
}

void desk_wait(const struct desk *desk, int ms)
{
    struct pollfd bell = { .fd = desk->bell[0], .events = POLLIN };
    char taken[64];
    if (poll(&bell, 1, ms) > 0)
        while (read(desk->bell[0], taken, sizeof taken) == (ssize_t)sizeof taken)
            continue;
}

void desk_answer(struct desk *desk, struct search *search)
{
    for (size_t i = 0; i < DESK_SLOTS; i++) {
        struct desk_slot *slot = &desk->slots[i];
        struct err err = { 0 };
        if (atomic_load(&slot->state) != DESK_ASKED)
            continue;
        slot->failed = search_answer(search, str_of(slot->query), &slot->answer, &err) != 0;
        if (slot->failed)
            log_warning("the search failed: %s", err.text);
        if (claim(slot))
            desk->wake(slot->asker);
    }
}

void desk_shut(struct desk *desk)
{
    atomic_store(&desk->closed, true);
    for (size_t i = 0; i < DESK_SLOTS; i++)
        if (claim(&desk->slots[i]))
            desk->wake(desk->slots[i].asker);
}
