// SPDX-License-Identifier: Apache-2.0
// How many calls may be under way, and which are sent once more.
//
// The number finds itself: it begins small, grows by one with every answer until the server first
// says that it is busy, then by one for a whole round of answers; every sign of trouble takes a
// third away, at most once for the calls that were sent before it (additive increase,
// multiplicative decrease, as TCP does it). Waiting is random between nothing and a bound that
// doubles with each try ("full jitter"), or what the server asks for.
//
// Going on is given up for good when a call has used up its tries and none was answered for a
// while: at once when no connection can be made, after three such calls in a row when the server
// does answer something. As long as others are answered, the call fails alone. A request is turned
// away in no time and answered in seconds, so before the first answer three that are turned away,
// or one with a 403, stop new calls until those under way have come back.
#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "llm/call.h"

#include <stdlib.h>

#define START_LIMIT 8.0
#define LONGEST_BACKOFF_MS 60000.0
#define MOST_MALFORMED 3 // of one call
#define ENOUGH_FAILED 3  // calls in a row without an answer between them
#define ENOUGH_KNOWN 16  // the same, rejected, when the file has answers from before
#define WHILE_MS 30000   // without any answer: the trouble is the server's, not the call's

struct retry {
    struct call_link link;
    struct llm_spend *spend;
    double limit, most, threshold; // of calls under way; where growth becomes slow
    size_t n_under_way;
    int64_t pause_until_ms, cut_ms;
    int n_tries, n_failed_in_row, n_rejected; // rejected: before the first answer
    int64_t first_wait_ms, longest_wait_ms;
    bool has_answered;
    int64_t answer_ms; // when the last answer came
    struct rng rng;
};

// So many were turned away and none answered that only those under way may still tell otherwise.
static bool is_turned_away(const struct retry *retry)
{
    int enough = retry->spend->n_known ? ENOUGH_KNOWN : ENOUGH_FAILED;
    return !retry->has_answered && retry->n_rejected >= enough;
}

static int turn_away(const struct heard *heard, struct err *err)
{
    if (heard->is_forbidden)
        return err_set(err, ERR_CONFIG,
                       "the server does not accept the key (%s); check the "
                       "variable that holds it",
                       heard->code);
    return err_set(err, ERR_CONFIG,
                   "the server takes none of our requests (%s); check --model "
                   "and --base-url",
                   heard->code);
}

static int before(struct call_link *self, struct call *call, enum call_fate *fate, struct err *err)
{
    struct retry *retry = (struct retry *)self;
    int64_t now = clock_ms();
    (void)err;
    bool waits = is_turned_away(retry) && retry->n_under_way > 0;
    if (waits || now < retry->pause_until_ms || retry->n_under_way >= (size_t)retry->limit) {
        *fate = CALL_LATER;
        return 0;
    }
    retry->n_under_way++;
    call->sent_ms = now;
    call->n_tries++;
    return 0;
}

static void undo(struct call_link *self, struct call *call)
{
    ((struct retry *)self)->n_under_way--;
    call->n_tries--;
}

static void grow(struct retry *retry)
{
    retry->limit += retry->limit < retry->threshold ? 1.0 : 1.0 / retry->limit;
    if (retry->limit > retry->most)
        retry->limit = retry->most;
}

static void shrink(struct retry *retry, const struct call *call, int64_t now)
{
    if (call->sent_ms <= retry->cut_ms)
        return; // sent before the last cut: it tells nothing new
    retry->cut_ms = now;
    retry->limit = retry->limit * 2 / 3 < 1 ? 1 : retry->limit * 2 / 3;
    retry->threshold = retry->limit;
}

// All wait: the limit is not one call's alone. An answer may be the last before it is reached, and
// says so; a wait that is too long is for the server to refuse.
static void pause_all(struct retry *retry, int64_t wait_ms)
{
    int64_t until = clock_ms() + wait_ms;
    if (wait_ms > 0 && wait_ms <= retry->longest_wait_ms && retry->pause_until_ms < until)
        retry->pause_until_ms = until;
}

static int give_up_call(struct retry *retry, struct call *call, const char *why,
                        enum call_fate *fate)
{
    *call->reply = (struct llm_reply){ .text = raw_of(str_make("", 0)), .stop = LLM_FAILED,
                                       .why = why };
    retry->spend->n_failed++;
    *fate = CALL_ANSWERED;
    return 0;
}

// No more tries for this call: it fails alone, unless nothing else succeeds either.
static int end_tries(struct retry *retry, struct call *call, const struct heard *heard,
                     enum call_fate *fate, struct err *err)
{
    bool malformed = heard->kind == HEARD_MALFORMED, rejected = heard->kind == HEARD_REJECTED;
    bool no_room = heard->kind == HEARD_NO_ROOM;
    bool no_connection = heard->kind == HEARD_BROKEN && !heard->may_be_charged;
    bool alone = retry->has_answered && clock_ms() - retry->answer_ms < WHILE_MS;
    retry->n_failed_in_row += !rejected;
    retry->n_rejected += heard->is_forbidden ? ENOUGH_FAILED : rejected;
    if (rejected && is_turned_away(retry) && retry->n_under_way == 0)
        return turn_away(heard, err);
    if (no_room && !retry->has_answered && retry->n_failed_in_row >= ENOUGH_FAILED)
        return err_set(err, ERR_CONFIG,
                       "the model uses up all its tokens before it answers (%s, "
                       "%d times); take one that thinks less, or serve it without thoughts",
                       heard->code, retry->n_failed_in_row);
    if (heard->is_minute && !alone)
        return err_set(err, ERR_UNAVAILABLE,
                       "the server says that a quota is used up (%s), %d times for one request; "
                       "what was answered is kept, run the same command again when there is more",
                       heard->code, call->n_tries);
    if (!rejected && !no_room && !alone &&
        (no_connection || retry->n_failed_in_row >= ENOUGH_FAILED))
        return err_set(err, ERR_TRY_AGAIN, "the server does not answer: %s, %d times for one "
                       "request; what was answered is kept, run the same command again later",
                       heard->code, call->n_tries);
    return give_up_call(retry, call,
                        rejected    ? WHY_REJECTED
                        : malformed ? WHY_MALFORMED
                        : no_room   ? WHY_NO_ROOM
                                    : WHY_UNREACHABLE,
                        fate);
}

static int try_again(struct retry *retry, struct call *call, const struct heard *heard,
                     enum call_fate *fate, struct err *err)
{
    int64_t now = clock_ms();
    shrink(retry, call, now);
    if (heard->kind == HEARD_MALFORMED)
        call->n_malformed++;
    if (heard->wait_ms > retry->longest_wait_ms)
        return err_set(err, ERR_TRY_AGAIN, "the server asks to wait %lld minutes (%s); what was "
                       "answered is kept, run the same command again then",
                       (long long)(heard->wait_ms / 60000), heard->code);
    if (call->n_tries >= retry->n_tries || call->n_malformed >= MOST_MALFORMED)
        return end_tries(retry, call, heard, fate, err);
    double bound = (double)retry->first_wait_ms;
    for (int i = 1; i < call->n_tries && bound < LONGEST_BACKOFF_MS; i++)
        bound *= 2;
    bound = bound < LONGEST_BACKOFF_MS ? bound : LONGEST_BACKOFF_MS;
    int64_t wait = (int64_t)(rng_unit(&retry->rng) * bound);
    if (heard->wait_ms >= 0) {
        wait = heard->wait_ms + (int64_t)(rng_unit(&retry->rng) * 0.03 * (double)heard->wait_ms);
        pause_all(retry, heard->wait_ms);
    }
    call->not_before_ms = now + wait;
    log_detail("a request is sent again in %lld ms (%s)", (long long)wait, heard->code);
    *fate = CALL_AGAIN;
    return 0;
}

static int after(struct call_link *self, struct call *call, struct heard *heard,
                 enum call_fate *fate, struct err *err)
{
    struct retry *retry = (struct retry *)self;
    retry->n_under_way--;
    switch (heard->kind) {
    case HEARD_ANSWER:
    case HEARD_REFUSED:
        retry->has_answered = true;
        retry->answer_ms = clock_ms();
        retry->n_failed_in_row = 0;
        retry->spend->n_failed += heard->kind == HEARD_REFUSED;
        grow(retry);
        pause_all(retry, heard->wait_ms);
        *fate = CALL_ANSWERED;
        return 0;
    case HEARD_ADAPT:
        call->n_tries--;
        *fate = CALL_AGAIN;
        return 0;
    case HEARD_REJECTED:
    case HEARD_NO_ROOM:
        return end_tries(retry, call, heard, fate, err);
    case HEARD_BUSY:
    case HEARD_BROKEN:
    case HEARD_MALFORMED:
        return try_again(retry, call, heard, fate, err);
    case HEARD_STOP:
        break;
    }
    return 0;
}

static void close_retry(struct call_link *self)
{
    free(self);
}

int link_retry_open(struct call_link **link, const struct llm_remote_options *options,
                    struct llm_spend *spend, struct err *err)
{
    struct retry *retry = calloc(1, sizeof *retry);
    if (!retry)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    retry->link = (struct call_link){ "retry", before, after, close_retry, undo };
    retry->spend = spend;
    retry->most = retry->threshold = (double)options->most_in_flight;
    retry->limit = retry->most < START_LIMIT ? retry->most : START_LIMIT;
    retry->n_tries = options->n_tries;
    retry->first_wait_ms = options->first_wait_ms;
    retry->longest_wait_ms = options->longest_wait_ms;
    retry->cut_ms = -1;
    rng_init(&retry->rng, options->seed, "retry");
    *link = &retry->link;
    return 0;
}
