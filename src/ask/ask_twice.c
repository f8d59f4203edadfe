// SPDX-License-Identifier: Apache-2.0
#include "ask/ask_twice.h"

#include "base/log.h"
#include "llm/llm_remote.h"

const char *const ask_open_gaps[] = { WHY_NOT_ASKED, WHY_UNREACHABLE, WHY_MALFORMED, NULL };

bool ask_is_open(const char *gap)
{
    for (size_t i = 0; gap && ask_open_gaps[i]; i++)
        if (strcmp(gap, ask_open_gaps[i]) == 0)
            return true;
    return false;
}

static const char *take_reply(const struct ask_twice *ask, size_t i, const struct llm_reply *reply,
                              struct arena *a)
{
    if (reply->stop == LLM_FAILED)
        return reply->why ? reply->why : "failed";
    const char *gap = ask->take(ask->context, i, reply->text.s, a);
    return gap && reply->stop == LLM_CUT ? "cut" : gap;
}

static int ask_round(const struct ask_twice *ask, const size_t *items, size_t n, bool repair,
                     struct arena *a, const char **gaps, struct ask_counts *counts, bool *over,
                     struct err *err)
{
    struct llm_request *requests = arena_array(a, n + 1, sizeof *requests);
    struct llm_reply *replies = arena_zero_array(a, n + 1, sizeof *replies);
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++)
        rc = ask->make(ask->context, items[i], repair, a, &requests[i], err);
    if (rc || n == 0)
        return rc;
    counts->n_asked += repair ? 0 : (int64_t)n;
    counts->n_again += repair ? (int64_t)n : 0;
    rc = llm_ask(ask->llm, requests, n, a, replies, err);
    if (rc == ERR_BUDGET) {
        if (!*over)
            log_warning("%s; %s", err->text, ask->otherwise);
        err_clear(err);
        *over = true;
        rc = 0;
    }
    for (size_t i = 0; !rc && i < n; i++) {
        gaps[items[i]] = take_reply(ask, items[i], &replies[i], a);
        counts->n_prompt_tokens += replies[i].n_prompt_tokens;
        counts->n_reply_tokens += replies[i].n_reply_tokens;
    }
    return rc;
}

// A refusal stands; what was never answered was tried often enough.
static bool may_repair(const char *gap)
{
    static const char *const final[] = { WHY_REFUSED,  WHY_REJECTED,    WHY_MALFORMED, WHY_NO_ROOM,
                                         WHY_TOO_LONG, WHY_UNREACHABLE, WHY_NOT_ASKED };
    for (size_t i = 0; gap && i < COUNT_OF(final); i++)
        if (strcmp(gap, final[i]) == 0)
            return false;
    return gap != NULL;
}

int ask_twice(const struct ask_twice *ask, size_t n, struct arena *a, const char **gaps,
              struct ask_counts *counts, bool *over, struct err *err)
{
    size_t *items = arena_array(a, n + 1, sizeof *items), n_items = 0;
    for (size_t i = 0; i < n; i++) {
        gaps[i] = NULL;
        items[i] = i;
    }
    int rc = ask_round(ask, items, n, false, a, gaps, counts, over, err);
    for (size_t i = 0; i < n; i++)
        if (may_repair(gaps[i]))
            items[n_items++] = i;
    if (!rc)
        rc = ask_round(ask, items, n_items, true, a, gaps, counts, over, err);
    for (size_t i = 0; i < n; i++)
        counts->n_gaps += gaps[i] != NULL;
    return rc;
}

int ask_twice_offer(const struct ask_twice *ask, size_t n, struct arena *a, struct err *err)
{
    struct llm_request *requests = arena_array(a, n + 1, sizeof *requests);
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++)
        rc = ask->make(ask->context, i, false, a, &requests[i], err);
    return rc || !n ? rc : llm_offer(ask->llm, requests, n, err);
}
