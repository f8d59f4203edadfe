// SPDX-License-Identifier: Apache-2.0
// A model in this process with its answers kept in the run's file of answers: what was answered
// before is not asked again, and a run that was killed goes on where it was. The rest is asked a
// few at a time, so that little is lost, a signal is heard soon and --max-time holds.
#include "base/log.h"
#include "base/stop.h"
#include "llm/remote_int.h"

#include <stdlib.h>

struct keep {
    struct llm_link link; // link.next: the model; NULL = recorded answers only
    struct call_link *cache;
    struct llm_spend spend;
    char *model;
    size_t at_once; // requests of one call of the model
    struct asking asking;
};

// Looks n requests up. calls[i] is a request that has no answer yet, *n_open of them.
static int look_up(struct keep *keep, const struct llm_request *requests, size_t n, struct arena *a,
                   struct llm_reply *replies, struct call *calls, size_t *n_open, struct err *err)
{
    int rc = 0;
    *n_open = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        struct call call = { .request = &requests[i], .reply = &replies[i], .a = a };
        enum call_fate fate = CALL_ON;
        replies[i] = (struct llm_reply){ .stop = LLM_FAILED, .why = WHY_NOT_ASKED };
        remote_make_key(keep->model, requests[i].grammar ? requests[i].grammar : "", &call);
        rc = keep->cache->before(keep->cache, &call, &fate, err);
        if (!rc && fate == CALL_ON)
            calls[(*n_open)++] = call;
    }
    return rc;
}

static int keep_answer(struct keep *keep, struct call *call, struct err *err)
{
    struct heard heard = { .kind = HEARD_ANSWER };
    enum call_fate fate = CALL_ON;
    if (call->reply->stop == LLM_FAILED)
        return cache_keep_gap(keep->cache, call->key, call->reply->why, err);
    keep->spend.n_prompt_tokens += call->reply->n_prompt_tokens;
    keep->spend.n_reply_tokens += call->reply->n_reply_tokens;
    return keep->cache->after(keep->cache, call, &heard, &fate, err);
}

static int ask_some(struct keep *keep, struct call *calls, size_t n, struct arena *a,
                    struct err *err)
{
    struct llm_request *requests = arena_array(a, n, sizeof *requests);
    struct llm_reply *replies = arena_zero_array(a, n, sizeof *replies);
    for (size_t i = 0; i < n; i++)
        requests[i] = *calls[i].request;
    int rc = stop_check(err);
    if (!rc)
        rc = asking_check(&keep->asking, err);
    if (!rc)
        rc = llm_ask(keep->link.next, requests, n, a, replies, err);
    keep->spend.n_sent += rc ? 0 : (int64_t)n;
    for (size_t i = 0; !rc && i < n; i++) {
        *calls[i].reply = replies[i];
        rc = keep_answer(keep, &calls[i], err);
    }
    return rc;
}

static int ask(struct llm_link *self, const struct llm_request *requests, size_t n, struct arena *a,
               struct llm_reply *replies, struct err *err)
{
    struct keep *keep = (struct keep *)self;
    struct arena own = { 0 };
    struct call *calls = arena_array(&own, n + 1, sizeof *calls);
    size_t n_open = 0, done = 0;
    int rc = look_up(keep, requests, n, a, replies, calls, &n_open, err);
    keep->spend.n_asked += (int64_t)n;
    asking_begin(&keep->asking);
    while (!rc && done < n_open) {
        size_t some = size_min(n_open - done, keep->at_once);
        rc = ask_some(keep, calls + done, some, a, err);
        done += rc ? 0 : some;
    }
    asking_end(&keep->asking);
    if (rc == ERR_BUDGET) {
        struct err more = { 0 };
        keep->spend.n_not_asked += (int64_t)(n_open - done);
        int kept = 0;
        for (; !kept && done < n_open; done++)
            kept = cache_keep_gap(keep->cache, calls[done].key, WHY_NOT_ASKED, &more);
        rc = err_instead(rc, err, kept, &more);
    }
    arena_release(&own);
    return rc;
}

static void close_keep(struct llm_link *self)
{
    struct keep *keep = (struct keep *)self;
    if (keep->cache)
        keep->cache->close(keep->cache);
    free(keep->model);
    free(keep);
}

int llm_keep(struct llm_link **llm, const struct llm_remote_options *options, size_t at_once,
             struct err *err)
{
    struct keep *keep = calloc(1, sizeof *keep);
    char *model = strdup(options->model);
    if (!keep || !model) {
        free(keep);
        free(model);
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    }
    keep->link = (struct llm_link){ "keep", ask, close_keep, NULL, NULL, NULL };
    keep->model = model;
    keep->at_once = at_once;
    asking_open(&keep->asking, options);
    int rc = link_cache_open(&keep->cache, options, &keep->spend, err);
    if (rc) {
        close_keep(&keep->link);
        return rc;
    }
    keep->link.next = *llm;
    *llm = &keep->link;
    return 0;
}

bool llm_kept(const struct llm_link *llm, struct llm_spend *spend)
{
    if (!llm || llm->ask != ask)
        return false;
    *spend = ((const struct keep *)llm)->spend;
    return true;
}
