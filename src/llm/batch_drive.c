// SPDX-License-Identifier: Apache-2.0
// Drives the calls of a question through batches: what is in the file of answers is taken from
// there, what is in a batch already is waited for, the rest goes out in batches, and what comes
// back goes through the links as every answer does. The first call of a process with a form of
// answer goes the usual way, so that a wrong key or model, or a field that the server does not
// take, shows at once and not after a day, and the next ones while none is answered; so do fewer
// than BATCH_LEAST calls.
//
// Answers come in any order and may lack some: a question that has none when its batch has ended is
// asked again, in MOST_TRIES batches at most; of two answers to one question the first counts; an
// answer to no question of ours is dropped. Answers to questions that nobody waits for yet go into
// the file of answers, unless a purge came after the batch: then only those that are offered or
// asked for again do.
#include "base/clock.h"
#include "base/log.h"
#include "base/stop.h"
#include "llm/remote_int.h"

#include <stdio.h>

#define MOST_TRIES 3
#define MOST_FIRST 3   // calls of a form that go the usual way until one is answered
#define MOST_FAILED 12 // batches in a row that the vendor does not take
#define LONGEST_WAIT_MS 60000
#define STEP_MS 50
#define UNCLAIMED_S (48 * 3600) // a batch has ended after a day

enum { LINK_CACHE, LINK_BUDGET, LINK_RETRY, LINK_PROVIDER };

struct taking {
    struct question *q; // NULL: nobody waits
    struct remote *remote;
    size_t index;    // of the batch
    double share;    // of its price that is set aside, a question
    struct map seen; // keys
    size_t n_ours, n_heard, n_unknown, n_double, n_unreadable, n_masked;
    struct err stop; // the first answer that ends a run; it waits until the others are taken
};

static int before_link(struct remote *remote, size_t link, struct call *call, enum call_fate *fate,
                       struct err *err)
{
    *fate = CALL_ON;
    return remote->links[link]->before(remote->links[link], call, fate, err);
}

static int after_link(struct remote *remote, size_t link, struct call *call, struct heard *heard,
                      struct err *err)
{
    enum call_fate fate = CALL_ON;
    return remote->links[link]->after(remote->links[link], call, heard, &fate, err);
}

static void give_up(struct remote *remote, struct call *call, const char *why)
{
    *call->reply =
        (struct llm_reply){ .text = raw_of(str_make("", 0)), .stop = LLM_FAILED, .why = why };
    remote->spend.n_failed++;
    call->is_done = true;
}

// ---- taking answers

// What an answer in a batch means for its call; a call that is not done is asked again.
static void settle(struct remote *remote, struct call *call, const struct heard *heard)
{
    switch (heard->kind) {
    case HEARD_REFUSED:
        remote->spend.n_failed++;
        call->is_done = true;
        break;
    case HEARD_ANSWER:
        call->is_done = true;
        break;
    case HEARD_REJECTED:
        give_up(remote, call, WHY_REJECTED);
        break;
    case HEARD_NO_ROOM:
        give_up(remote, call, WHY_NO_ROOM);
        break;
    case HEARD_MALFORMED:
        if (++call->n_malformed >= MOST_TRIES)
            give_up(remote, call, WHY_MALFORMED);
        break;
    case HEARD_ADAPT: // the provider has learned what to leave out
        call->n_tries--;
        break;
    case HEARD_BUSY:
    case HEARD_BROKEN:
    case HEARD_STOP:
        break;
    }
}

static int hear_line(struct taking *t, struct call *call, const struct batch_line *line, bool keep,
                     struct err *err)
{
    struct remote *remote = t->remote;
    struct http_answer answer = { .owner = call,
                                  .fault = HTTP_ANSWERED,
                                  .sent = true,
                                  .status = line->status,
                                  .body = line->body };
    struct heard heard = { .answer = &answer };
    call->reserved = t->share; // which the budget gives back
    t->n_heard++;
    call->in_batch = true;
    struct err stop = { 0 };
    if (after_link(remote, LINK_PROVIDER, call, &heard, &stop) && !t->stop.code)
        t->stop = stop;
    int rc = after_link(remote, LINK_BUDGET, call, &heard, err);
    if (!rc && keep)
        rc = after_link(remote, LINK_CACHE, call, &heard, err);
    if (!rc)
        settle(remote, call, &heard);
    return rc;
}

static struct call *find_call(struct question *q, struct str key)
{
    size_t place = q ? map_find(&q->keys, key) : SIZE_MAX;
    return place == SIZE_MAX ? NULL : &q->calls[q->keys.entries[place].value];
}

static int take_line(void *context, const struct batch_line *line, struct err *err)
{
    static const struct llm_request nobodys = { .max_tokens = 0 };
    struct taking *t = context;
    bool is_new;
    if (batches_find(t->remote->batches, line->key) != t->index) {
        t->n_unknown++;
        return 0;
    }
    t->n_ours++;
    map_add(&t->seen, line->key, 0, &is_new);
    struct call *call = find_call(t->q, line->key);
    if (!is_new || (call && call->is_done)) {
        t->n_double++;
        return 0;
    }
    if (!line->status)
        return 0;
    if (call)
        return hear_line(t, call, line, true, err);
    bool keep = batches_keeps(t->remote->batches, t->index, line->key);
    t->n_masked += !keep;
    struct arena a = { 0 };
    struct llm_reply reply = { 0 };
    struct call later = { .request = &nobodys, .reply = &reply, .a = &a };
    snprintf(later.key, sizeof later.key, "%.*s", STR_ARG(line->key));
    int rc = hear_line(t, &later, line, keep, err);
    arena_release(&a);
    return rc;
}

// Those of the question that the batch had and did not answer.
static size_t count_missing(struct taking *t)
{
    size_t n = 0;
    for (size_t i = 0; t->q && i < t->q->n; i++) {
        struct call *call = &t->q->calls[i];
        if (t->q->same_as[i] != i || call->is_done ||
            batches_find(t->remote->batches, str_of(call->key)) != t->index)
            continue;
        n++;
        if (++call->n_tries >= MOST_TRIES)
            give_up(t->remote, call, WHY_UNREACHABLE);
    }
    return n;
}

static int take(struct question *q, struct remote *remote, size_t index,
                const struct batch_news *news, struct err *err)
{
    struct batch batch = *batches_item(remote->batches, index);
    double share = batch.n ? batch.dollars / (double)batch.n : 0;
    struct taking t = { .q = q, .remote = remote, .index = index, .share = share };
    int rc = batches_fetch(remote->batches, index, news, take_line, &t, &t.n_unreadable, err);
    size_t n_missing = rc ? 0 : count_missing(&t);
    if (!rc)
        rc = batches_end(remote->batches, index, news, t.n_ours || !t.n_unknown, err);
    budget_give_back(remote->links[LINK_BUDGET], share * (double)(batch.n - t.n_heard),
                     batch.n - t.n_heard);
    if (!rc)
        log_note("a batch of %zu questions came back", batch.n);
    if (!rc && t.n_masked)
        log_note("%zu of its answers are not kept: since a purge nobody asks for them", t.n_masked);
    if (!rc && n_missing + t.n_unknown + t.n_double + t.n_unreadable)
        log_warning("of a batch of %zu questions %zu have no answer, %zu answers came twice, %zu "
                    "are to no question of it, %zu lines cannot be read",
                    batch.n, n_missing, t.n_double, t.n_unknown, t.n_unreadable);
    map_release(&t.seen);
    if (rc || !t.stop.code)
        return rc;
    *err = t.stop;
    return (int)err->code;
}

static bool is_money(const char *code)
{
    static const char *const codes[] = { "billing_hard_limit_reached", "billing_not_active",
                                         "insufficient_quota" };
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (strcmp(code, codes[i]) == 0)
            return true;
    return false;
}

// A batch that was not taken for the tokens of others that are under way waits for one of them to
// end; any other is sent again at half the size, unless there is no money.
static int end_failed(struct remote *remote, size_t index, const struct batch_news *news,
                      struct err *err)
{
    struct batch batch = *batches_item(remote->batches, index);
    bool full =
        strcmp(news->code, "token_limit_exceeded") == 0 && batches_n_open(remote->batches) > 1;
    log_warning("%s did not take a batch of %zu questions (%s)", batches_host(remote->batches),
                batch.n, news->code[0] ? news->code : "no reason given");
    remote->is_full = remote->is_full || full;
    if (!full)
        batches_shrink(remote->batches);
    int rc = batches_end(remote->batches, index, news, true, err);
    if (!rc)
        budget_give_back(remote->links[LINK_BUDGET], batch.dollars, batch.n);
    if (!rc && is_money(news->code))
        return err_set(err, ERR_UNAVAILABLE,
                       "%s says that the account's quota or credit is used up (%s); what was "
                       "answered is kept, run the same command again when there is credit",
                       batches_host(remote->batches), news->code);
    if (!rc && !full && ++remote->n_failed_batches >= MOST_FAILED)
        rc = err_set(err, ERR_TRY_AGAIN,
                     "%s took none of %d batches in a row (%s); run without "
                     "--batch (--batch=no)",
                     batches_host(remote->batches), MOST_FAILED,
                     news->code[0] ? news->code : "no reason given");
    return rc;
}

// From before a purge, and nobody has asked for one of its questions yet: a later stage may, so it
// comes when there is nothing else to wait for, or when it is old.
static bool is_last(const struct remote *remote, size_t index)
{
    const struct batch *batch = batches_item(remote->batches, index);
    bool others = false;
    if (!batch->is_masked || batch->n_claimed || remote->is_full ||
        clock_unix() - batch->made > UNCLAIMED_S)
        return false;
    for (size_t i = 0; i < batches_n(remote->batches); i++) {
        const struct batch *other = batches_item(remote->batches, i);
        others = others || (other->is_open && (!other->is_masked || other->n_claimed));
    }
    return others;
}

// Asks after every open batch and takes what has come. *any: one has ended.
static int look(struct question *q, bool *any, struct err *err)
{
    struct remote *remote = q->remote;
    int64_t n_done = 0, n_all = 0;
    int rc = 0;
    *any = false;
    for (size_t i = 0; !rc && i < batches_n(remote->batches); i++) {
        struct batch_news news;
        if (!batches_item(remote->batches, i)->is_open || is_last(remote, i))
            continue;
        rc = remote_check_time(remote, err);
        if (!rc)
            rc = batches_ask(remote->batches, i, &news, err);
        if (rc)
            break;
        n_done += news.n_done;
        n_all += (int64_t)batches_item(remote->batches, i)->n;
        *any = *any || news.state != BATCH_RUNS;
        if (news.state == BATCH_ENDED) {
            remote->n_failed_batches = 0;
            remote->is_full = false;
            rc = take(q, remote, i, &news, err);
        } else if (news.state == BATCH_FAILED)
            rc = end_failed(remote, i, &news, err);
    }
    remote->is_full = remote->is_full && batches_n_open(remote->batches);
    if (!rc && n_all)
        log_progress("batches", (uint64_t)n_done, (uint64_t)n_all);
    return rc;
}

// ---- sending

// Asks some calls of a question the usual way. Those for which batches hold the money are not done.
static int ask_directly(struct question *q, struct call *const *calls, size_t n, struct err *err)
{
    struct arena a = { 0 };
    struct question sub = { .remote = q->remote, .n = n, .n_open = n };
    sub.calls = arena_array(&a, n + 1, sizeof *sub.calls);
    sub.same_as = arena_array(&a, n + 1, sizeof *sub.same_as);
    sub.waiting = arena_array(&a, n + 1, sizeof(struct call *));
    for (size_t i = 0; i < n; i++) {
        sub.calls[i] = *calls[i];
        sub.calls[i].in_batch = false;
        sub.same_as[i] = i;
    }
    int rc = n ? remote_drive(&sub, err) : 0;
    if (rc)
        remote_drain(&sub, rc != ERR_IO);
    for (size_t i = 0; i < n; i++) {
        const struct llm_reply *reply = calls[i]->reply;
        calls[i]->is_done =
            reply->stop != LLM_FAILED || !reply->why || strcmp(reply->why, WHY_NOT_ASKED) != 0;
        buf_release(&sub.calls[i].body);
    }
    arena_release(&a);
    return rc;
}

// How many calls with this one's form of answer went the usual way; MOST_FIRST when one of them was
// answered. Each form counts for itself: a server may refuse the field that asks for it, which only
// a question with it shows.
static uint64_t *tries_of(struct remote *remote, const struct call *call)
{
    const char *schema = call->request->schema;
    size_t i = map_add(&remote->tried, str_of(schema ? schema : ""), 0, NULL);
    return &remote->tried.entries[i].value;
}

static bool is_tried(struct remote *remote, const struct call *call)
{
    return *tries_of(remote, call) >= MOST_FIRST;
}

// Asks a call the usual way, as one of the first of its form. *held: it is not done.
static int try_directly(struct question *q, struct call *call, bool *held, struct err *err)
{
    struct remote *remote = q->remote;
    int rc = ask_directly(q, &call, 1, err);
    const struct llm_reply *reply = call->reply;
    bool answered = call->is_done && (llm_is_answer(reply) || reply->why == NULL);
    *held = !rc && !call->is_done;
    if (!rc && !*held)
        *tries_of(remote, call) += answered ? MOST_FIRST : 1;
    return rc;
}

// Asks the first calls of each form the usual way; the others stay in the list.
static int try_forms(struct question *q, struct call **unasked, size_t *n, bool *held,
                     struct err *err)
{
    size_t n_left = 0;
    int rc = 0;
    for (size_t i = 0; !rc && !*held && i < *n; i++)
        if (is_tried(q->remote, unasked[i]))
            unasked[n_left++] = unasked[i];
        else
            rc = try_directly(q, unasked[i], held, err);
    *n = n_left;
    return rc;
}

// Adds a call to what goes out next. *later: its price does not fit beside what is under way.
static int add_call(struct remote *remote, struct call *call, bool *later, struct err *err)
{
    enum call_fate fate;
    call->in_batch = true;
    provider_give_room(remote->links[LINK_PROVIDER], call);
    int rc = before_link(remote, LINK_BUDGET, call, &fate, err);
    *later = !rc && fate != CALL_ON;
    if (rc || *later)
        return rc;
    double dollars = budget_take(remote->links[LINK_BUDGET], call);
    rc = provider_write(remote->links[LINK_PROVIDER], call, err);
    if (!rc) {
        budget_hold(remote->links[LINK_BUDGET], dollars, 1);
        remote->spend.n_sent++;
        rc = batches_add(remote->batches, str_of(call->key), buf_view(&call->body), dollars, err);
    }
    buf_release(&call->body);
    return rc;
}

// What was added goes out, or is taken back when it is too little.
static int send_added(struct remote *remote, struct err *err)
{
    size_t n = batches_pending(remote->batches);
    if (n >= BATCH_LEAST)
        return batches_send(remote->batches, err);
    remote->spend.n_sent -= (int64_t)n;
    budget_give_back(remote->links[LINK_BUDGET], batches_drop(remote->batches), n);
    return 0;
}

// The calls that are neither answered nor in a batch.
static int find_unasked(struct question *q, struct call **unasked, size_t *n, struct err *err)
{
    struct remote *remote = q->remote;
    int rc = 0;
    *n = 0;
    for (size_t i = 0; !rc && i < q->n; i++) {
        struct call *call = &q->calls[i];
        enum call_fate fate = CALL_ON;
        if (q->same_as[i] != i || call->is_done)
            continue;
        if (!call->is_known)
            rc = before_link(remote, LINK_CACHE, call, &fate, err);
        call->is_known = true;
        call->is_done = !rc && fate == CALL_ANSWERED;
        if (!rc && !call->is_done &&
            batches_claim(remote->batches, str_of(call->key)) == BATCH_NONE)
            unasked[(*n)++] = call;
    }
    return rc;
}

static int send_calls(struct question *q, struct call **unasked, struct err *err)
{
    struct remote *remote = q->remote;
    size_t n = 0;
    bool later = false;
    int rc = find_unasked(q, unasked, &n, err);
    if (!rc)
        rc = try_forms(q, unasked, &n, &later, err);
    if (rc || later)
        return rc;
    if (n < BATCH_LEAST)
        return ask_directly(q, unasked, n, err);
    for (size_t i = 0; !rc && !later && !remote->is_full && i < n; i++)
        rc = add_call(remote, unasked[i], &later, err);
    bool few = batches_pending(remote->batches) < BATCH_LEAST;
    struct err more = { 0 };
    int sent = send_added(remote, &more);
    if (!rc || rc == ERR_BUDGET)
        rc = err_instead(rc, err, sent, &more);
    // So little fits under the ceiling that it is no batch: one by one until it is reached.
    if (!rc && few && !batches_n_open(remote->batches))
        rc = ask_directly(q, unasked, n, err);
    return rc;
}

static size_t count_waiting(const struct question *q)
{
    size_t n = 0;
    for (size_t i = 0; i < q->n; i++)
        n += q->same_as[i] == i && !q->calls[i].is_done &&
             batches_find(q->remote->batches, str_of(q->calls[i].key)) != BATCH_NONE;
    return n;
}

static bool is_complete(const struct question *q)
{
    for (size_t i = 0; i < q->n; i++)
        if (q->same_as[i] == i && !q->calls[i].is_done)
            return false;
    return true;
}

// ---- waiting

static int wait_a_while(struct remote *remote, int64_t ms, struct err *err)
{
    int64_t until = clock_ms() + ms;
    int rc = remote_check_time(remote, err);
    while (!rc && clock_ms() < until) {
        rc = http_wait(remote->http, STEP_MS, err);
        if (!rc)
            rc = remote_check_time(remote, err);
    }
    return rc;
}

static int drive(struct question *q, struct call **unasked, struct err *err)
{
    struct err ceiling = { 0 };
    int64_t wait = q->remote->first_wait_ms;
    int rc = 0;
    for (;;) {
        bool any;
        rc = ceiling.code ? 0 : send_calls(q, unasked, err);
        if (rc == ERR_BUDGET && count_waiting(q)) { // what is under way is paid for
            ceiling = *err;
            err_clear(err);
            rc = 0;
        }
        if (rc || is_complete(q))
            return rc;
        if (ceiling.code && !count_waiting(q)) {
            *err = ceiling;
            return (int)ceiling.code;
        }
        if (!batches_n_open(q->remote->batches)) { // asked directly, and again next time round
            rc = send_added(q->remote, err);
            if (rc)
                return rc;
            continue;
        }
        rc = wait_a_while(q->remote, wait, err);
        if (!rc)
            rc = look(q, &any, err);
        if (rc)
            return rc;
        wait = any ? q->remote->first_wait_ms : wait * 2;
        wait = wait > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : wait;
    }
}

// What goes on without us.
static int tell_under_way(const struct remote *remote, struct err *err)
{
    struct err why = *err;
    size_t n = 0;
    for (size_t i = 0; i < batches_n(remote->batches); i++)
        if (batches_item(remote->batches, i)->is_open)
            n += batches_item(remote->batches, i)->n;
    if (!n)
        return (int)why.code;
    return err_set(err, why.code,
                   "%s; %zu questions in batches stay under way at %s, nothing is "
                   "cancelled: the same command asks for their answers",
                   why.text, n, batches_host(remote->batches));
}

int batch_drive(struct question *q, struct err *err)
{
    struct arena a = { 0 };
    struct call **unasked = arena_array(&a, q->n + 1, sizeof(struct call *));
    int rc = remote_check_time(q->remote, err);
    if (!rc)
        rc = drive(q, unasked, err);
    arena_release(&a);
    if (!rc)
        return 0;
    remote_drain(q, false);
    return tell_under_way(q->remote, err);
}

// ---- offers and opening

static int offer_one(struct remote *remote, const struct llm_request *request, struct err *err)
{
    struct arena a = { 0 };
    struct llm_reply reply = { .stop = LLM_FAILED, .why = WHY_NOT_ASKED };
    struct call call = { .request = request, .reply = &reply, .a = &a };
    enum call_fate fate;
    bool later = false;
    remote_make_key(remote->model, NULL, &call);
    int rc = before_link(remote, LINK_CACHE, &call, &fate, err);
    bool known =
        fate == CALL_ANSWERED || batches_claim(remote->batches, str_of(call.key)) != BATCH_NONE;
    if (remote->offers_over)
        known = true; // or as good as
    if (!rc && !known && !is_tried(remote, &call)) {
        struct question q = { .remote = remote };
        rc = try_directly(&q, &call, &later, err);
    } else if (!rc && !known)
        rc = add_call(remote, &call, &later, err);
    if (later)
        remote->offers_over = true;
    arena_release(&a);
    return rc;
}

// Beyond the ceiling nothing is sent, but what is in batches from before a purge is claimed.
int batch_offer(struct remote *remote, const struct llm_request *requests, size_t n,
                struct err *err)
{
    bool masked = false;
    int rc = 0;
    for (size_t i = 0; i < batches_n(remote->batches); i++)
        masked = masked || batches_item(remote->batches, i)->is_masked;
    for (size_t i = 0; !rc && i < n && (masked || !remote->offers_over); i++) {
        rc = remote->offers_over ? stop_check(err) : remote_check_time(remote, err);
        if (!rc)
            rc = offer_one(remote, &requests[i], err);
        if (rc == ERR_BUDGET) { // what is asked for says so again
            err_clear(err);
            remote->offers_over = true;
            rc = 0;
        }
    }
    if (!rc && (n == 0 || remote->offers_over))
        rc = send_added(remote, err);
    return rc ? tell_under_way(remote, err) : 0;
}

int batch_open(struct remote *remote, const struct llm_remote_options *options, struct err *err)
{
    remote->first_wait_ms = options->first_wait_ms;
    int rc = batches_open(&remote->batches, options, err);
    for (size_t i = 0; !rc && i < batches_n(remote->batches); i++) {
        const struct batch *batch = batches_item(remote->batches, i);
        if (batch->is_open)
            budget_hold(remote->links[LINK_BUDGET], batch->dollars, batch->n);
    }
    return rc;
}

void batch_tell(const struct remote *remote)
{
    log_warning("--batch: %s keeps the questions of a batch and their answers until clio has "
                "fetched and deleted them, and may keep them for weeks in its own records: batches "
                "stand outside arrangements of zero retention. An answer may take a day; Ctrl-C "
                "leaves batches under way, and the same command goes on",
                http_host(remote->http));
    if (batches_n_open(remote->batches))
        log_note("batches of an earlier command that are under way: %zu",
                 batches_n_open(remote->batches));
}
