// SPDX-License-Identifier: Apache-2.0
// Drives calls through the links. One thread: calls are begun in the order they came as long as the
// links let them, then the wire is driven until an answer is there. Calls with the same prompt in
// one question are sent once. At most most_in_flight bodies are in memory.
#include "llm/llm_remote.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/stop.h"
#include "llm/remote_int.h"

#include <stdlib.h>

#define WAIT_MS 20    // how long a signal to stop, or the end of a pause, may go unseen
#define DRAIN_MS 5000 // for answers under way when the end has come: they are paid for

void remote_make_key(const char *model, const char *grammar, struct call *call)
{
    const struct llm_request *request = call->request;
    struct digest d;
    digest_init(&d);
    digest_add(&d, STR_LIT("clio answer 1"));
    digest_add(&d, str_of(model));
    digest_add(&d, request->prefix);
    digest_add(&d, request->prompt.s);
    digest_add(&d, request->stem);
    digest_add(&d, str_of(request->schema ? request->schema : ""));
    digest_add(&d, str_make((const char *)&request->temperature, sizeof request->temperature));
    digest_add(&d, str_make((const char *)&request->max_tokens, sizeof request->max_tokens));
    if (grammar)
        digest_add(&d, str_of(grammar));
    digest_hex(&d, call->key);
}

// ---- one call through the links

static int begin_call(struct question *q, struct call *call, enum call_fate *fate, struct err *err)
{
    struct remote *remote = q->remote;
    int rc = 0;
    *fate = CALL_ON;
    size_t i = 0;
    if (remote->http)
        provider_give_room(remote->links[remote->n_links - 1], call);
    while (!rc && *fate == CALL_ON && i < remote->n_links) {
        rc = remote->links[i]->before(remote->links[i], call, fate, err);
        i += !rc && *fate == CALL_ON;
    }
    while (i < remote->n_links && *fate != CALL_ANSWERED && i-- > 0)
        if (remote->links[i]->undo)
            remote->links[i]->undo(remote->links[i], call);
    return rc;
}

static int end_call(struct question *q, const struct http_answer *answer, struct err *err)
{
    struct remote *remote = q->remote;
    struct call *call = answer->owner;
    struct heard heard = { .answer = answer };
    enum call_fate fate = CALL_ON;
    struct err why = { 0 };
    int rc = 0;
    for (size_t i = remote->n_links; i-- > 0;) { // all of them, even when one ends the question
        struct err more = { 0 };
        int code = remote->links[i]->after(remote->links[i], call, &heard, &fate, &more);
        if (code && !rc) {
            rc = code;
            why = more;
        }
    }
    if (rc)
        *err = why;
    else if (fate == CALL_AGAIN)
        q->waiting[q->n_waiting++] = call;
    else
        q->n_open--;
    return rc;
}

// ---- which call is next

static struct call *take_waiting(struct question *q, int64_t now)
{
    for (size_t i = 0; i < q->n_waiting; i++)
        if (q->waiting[i]->not_before_ms <= now) {
            struct call *call = q->waiting[i];
            q->waiting[i] = q->waiting[--q->n_waiting];
            return call;
        }
    return NULL;
}

static int64_t time_to_next(const struct question *q, int64_t now)
{
    int64_t ms = WAIT_MS;
    for (size_t i = 0; i < q->n_waiting; i++)
        if (q->waiting[i]->not_before_ms - now < ms)
            ms = q->waiting[i]->not_before_ms - now;
    return ms > 0 ? ms : 1;
}

static bool has_room(const struct remote *remote)
{
    return !remote->http || http_in_flight(remote->http) < remote->most_in_flight;
}

static bool is_let_on(enum call_fate fate)
{
    return fate != CALL_LATER && fate != CALL_HELD;
}

static int begin_calls(struct question *q, enum call_fate *fate, struct err *err)
{
    int rc = 0;
    *fate = CALL_ON;
    while (!rc && is_let_on(*fate) && has_room(q->remote)) {
        struct call *call = take_waiting(q, clock_ms());
        bool again = call != NULL;
        while (!call && q->next < q->n) {
            if (q->same_as[q->next] == q->next)
                call = &q->calls[q->next];
            else
                q->next++;
        }
        if (!call)
            break;
        rc = begin_call(q, call, fate, err);
        if (!rc && again && !is_let_on(*fate))
            q->waiting[q->n_waiting++] = call;
        else if (!again && is_let_on(*fate))
            q->next++;
        if (!rc && *fate == CALL_ANSWERED)
            q->n_open--;
    }
    return rc;
}

static int hear_calls(struct question *q, struct err *err)
{
    struct http_answer answer;
    int rc = 0;
    while (!rc && http_next(q->remote->http, &answer))
        rc = end_call(q, &answer, err);
    return rc;
}

bool asking_is_over(const struct asking *asking)
{
    int64_t now = *asking->ms + (asking->since_ms ? clock_ms() - asking->since_ms : 0);
    double part = asking->part ? *asking->part : 1;
    return asking->most_ms && (double)now >= part * (double)asking->most_ms;
}

void asking_open(struct asking *asking, const struct llm_remote_options *options)
{
    asking->most_ms = options->max_ms;
    asking->ms = options->asked_ms ? options->asked_ms : &asking->own_ms;
    asking->part = options->part;
}

void asking_begin(struct asking *asking)
{
    asking->since_ms = clock_ms();
}

void asking_end(struct asking *asking)
{
    *asking->ms += clock_ms() - asking->since_ms;
    asking->since_ms = 0;
}

int asking_check(const struct asking *asking, struct err *err)
{
    if (!asking_is_over(asking))
        return 0;
    return err_set(err, ERR_BUDGET, "--max-time is used up%s", LLM_KEPT_PART(asking->part));
}

int remote_check_time(const struct remote *remote, struct err *err)
{
    int rc = asking_check(&remote->asking, err);
    return rc ? rc : stop_check(err);
}

// The question has ended with an error: what is under way is heard for a while, so that answers
// that are paid for are kept; the rest is given up, link by link.
void remote_drain(struct question *q, bool wait)
{
    struct remote *remote = q->remote;
    struct http_answer answer;
    struct err ignored = { 0 };
    int64_t until = clock_ms() + (wait ? DRAIN_MS : 0);
    bool more = true;
    while (more && http_in_flight(remote->http) > 0) { // once at least: for what has come already
        more = !http_wait(remote->http, wait ? WAIT_MS : 0, &ignored);
        while (http_next(remote->http, &answer))
            if (end_call(q, &answer, &ignored))
                err_clear(&ignored);
        more = more && clock_ms() < until;
    }
    while (http_cancel(remote->http, &answer))
        if (end_call(q, &answer, &ignored))
            err_clear(&ignored);
}

int remote_drive(struct question *q, struct err *err)
{
    struct remote *remote = q->remote;
    enum call_fate fate = CALL_ON;
    int rc = 0;
    while (!rc && q->n_open > 0) {
        rc = remote_check_time(remote, err);
        if (!rc)
            rc = begin_calls(q, &fate, err);
        if (!rc && fate == CALL_HELD && !http_in_flight(remote->http))
            break;
        if (!rc && q->n_open > 0)
            rc = http_wait(remote->http, time_to_next(q, clock_ms()), err);
        if (!rc && q->n_open > 0)
            rc = hear_calls(q, err);
    }
    return rc;
}

static void set_calls(struct question *q, const struct llm_request *requests,
                      struct llm_reply *replies, struct arena *a)
{
    bool is_new;
    for (size_t i = 0; i < q->n; i++) {
        q->calls[i].request = &requests[i];
        q->calls[i].reply = &replies[i];
        q->calls[i].a = a;
        replies[i] = (struct llm_reply){ .stop = LLM_FAILED, .why = WHY_NOT_ASKED };
        remote_make_key(q->remote->model, NULL, &q->calls[i]);
        size_t j = map_add(&q->keys, str_of(q->calls[i].key), i, &is_new);
        q->same_as[i] = q->keys.entries[j].value;
        q->n_open += is_new;
    }
}

// What is left without an answer is written down for a replay. At a ceiling what was answered
// before costs nothing, wherever in the question it stands.
static int keep_gaps(struct question *q, bool over, struct err *err)
{
    struct call_link *cache = q->remote->cache;
    int rc = 0;
    for (size_t i = 0; !rc && cache && i < q->n; i++) {
        struct call *call = &q->calls[i];
        enum call_fate fate = CALL_ON;
        const char *why = llm_whys[llm_why_place(call->reply->why)];
        if (q->same_as[i] != i || llm_is_answer(call->reply))
            continue;
        if (over && strcmp(why, WHY_NOT_ASKED) == 0)
            rc = cache->before(cache, call, &fate, err);
        if (!rc && fate == CALL_ON)
            rc = cache_keep_gap(cache, call->key, why, err);
    }
    return rc;
}

static int ask(struct llm_link *self, const struct llm_request *requests, size_t n, struct arena *a,
               struct llm_reply *replies, struct err *err)
{
    struct remote *remote = (struct remote *)self;
    struct arena own = { 0 };
    struct question q = { .remote = remote, .n = n };
    q.calls = arena_zero_array(&own, n + 1, sizeof *q.calls);
    q.same_as = arena_array(&own, n + 1, sizeof *q.same_as);
    q.waiting = arena_array(&own, n + 1, sizeof *q.waiting);
    set_calls(&q, requests, replies, a);
    remote->spend.n_asked += (int64_t)n;
    asking_begin(&remote->asking);
    int rc = remote->batches ? batch_drive(&q, err) : remote_drive(&q, err);
    if (rc && remote->http)
        remote_drain(&q, rc != ERR_IO && !asking_is_over(&remote->asking));
    asking_end(&remote->asking);
    struct err more = { 0 };
    int kept = rc == 0 || rc == ERR_BUDGET ? keep_gaps(&q, rc == ERR_BUDGET, &more) : 0;
    rc = err_instead(rc, err, kept, &more);
    for (size_t i = 0; i < n; i++)
        replies[i] = replies[q.same_as[i]];
    for (size_t i = 0; i < n; i++) {
        bool left = replies[i].stop == LLM_FAILED && replies[i].why &&
                    strcmp(replies[i].why, WHY_NOT_ASKED) == 0;
        remote->spend.n_not_asked += rc == ERR_BUDGET && left;
        buf_release(&q.calls[i].body);
    }
    map_release(&q.keys);
    arena_release(&own);
    return rc;
}

static int offer(struct llm_link *self, const struct llm_request *requests, size_t n,
                 struct err *err)
{
    struct remote *remote = (struct remote *)self;
    asking_begin(&remote->asking);
    int rc = batch_offer(remote, requests, n, err);
    asking_end(&remote->asking);
    return rc;
}

static int forget(struct llm_link *self, const struct llm_request *request, struct err *err)
{
    struct remote *remote = (struct remote *)self;
    struct call call = { .request = request };
    remote_make_key(remote->model, NULL, &call);
    return cache_forget(remote->cache, call.key, err);
}

// ---- opening

struct llm_remote_options llm_remote_defaults(void)
{
    return (struct llm_remote_options){ .most_in_flight = 256,
                                        .n_tries = 8,
                                        .first_wait_ms = 500,
                                        .longest_wait_ms = 600000,
                                        .timeout_ms = 120000 };
}

static void close_remote(struct llm_link *self)
{
    struct remote *remote = (struct remote *)self;
    batches_close(remote->batches);
    map_release(&remote->tried);
    for (size_t i = 0; i < remote->n_links; i++)
        remote->links[i]->close(remote->links[i]);
    free(remote->model);
    free(remote);
}

static int open_links(struct remote *remote, const struct llm_remote_options *options,
                      struct err *err)
{
    bool replay = options->dialect == LLM_REPLAY;
    int rc = 0;
    if (options->answers)
        rc = link_cache_open(&remote->links[remote->n_links], options, &remote->spend, err);
    else if (replay)
        rc = err_set(err, ERR_SOFTWARE, "a replay needs a file of answers");
    remote->n_links += !rc && options->answers;
    remote->cache = remote->n_links ? remote->links[0] : NULL;
    if (!rc && !replay) {
        rc = link_budget_open(&remote->links[remote->n_links], options, &remote->spend, err);
        remote->n_links += !rc;
    }
    if (!rc && !replay) {
        rc = link_retry_open(&remote->links[remote->n_links], options, &remote->spend, err);
        remote->n_links += !rc;
    }
    if (!rc && !replay) {
        rc = link_provider_open(&remote->links[remote->n_links], options, &remote->spend,
                                &remote->http, err);
        remote->n_links += !rc;
        if (!rc && options->answers)
            cache_set_host(remote->cache, http_host(remote->http));
    }
    return rc;
}

// Said before the first call: who will read the conversations.
static void tell_host(const struct remote *remote, const struct llm_remote_options *options)
{
    const struct http *http = remote->http;
    const char *proxy = http_proxy(http);
    if (http_is_loopback(http))
        log_note("text of conversations goes to %s on this machine, model %s", http_host(http),
                 options->model);
    else
        log_warning("text of conversations goes to %s, model %s%s%s%s", http_host(http),
                    options->model, proxy ? ", through the proxy " : "", proxy ? proxy : "",
                    http_is_plain(http) ? "; it travels without encryption (http)" : "");
}

int llm_open_remote(struct llm_link **llm, const struct llm_remote_options *options,
                    struct err *err)
{
    struct remote *remote = calloc(1, sizeof *remote);
    char *model = NULL; // an answer belongs to a model and to how much it thinks
    if (asprintf(&model, "%s%s%s", options->model, options->effort ? "\neffort " : "",
                 options->effort ? options->effort : "") < 0)
        model = NULL;
    if (!remote || !model) {
        free(remote);
        free(model);
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    }
    bool batches = options->batches && options->answers && options->dialect != LLM_REPLAY;
    remote->link = (struct llm_link){
        .name = "remote",
        .ask = ask,
        .close = close_remote,
        .offer = batches ? offer : NULL,
        .forget = options->answers ? forget : NULL,
    };
    remote->model = model;
    remote->most_in_flight = options->most_in_flight;
    asking_open(&remote->asking, options);
    int rc = open_links(remote, options, err);
    if (!rc && batches)
        rc = batch_open(remote, options, err);
    if (rc) {
        close_remote(&remote->link);
        return rc;
    }
    if (remote->http)
        tell_host(remote, options);
    if (remote->batches)
        batch_tell(remote);
    *llm = &remote->link;
    return 0;
}

bool llm_url_is_own(const char *url)
{
    return url && http_url_is_loopback(url);
}

const char *llm_host(const struct llm_link *llm)
{
    const struct remote *remote = (const struct remote *)llm;
    assert(llm->ask == ask);
    return remote->http ? http_host(remote->http) : NULL;
}

bool llm_spent(const struct llm_link *llm, struct llm_spend *spend)
{
    if (!llm || llm->ask != ask)
        return llm_kept(llm, spend);
    *spend = ((const struct remote *)llm)->spend;
    return true;
}
