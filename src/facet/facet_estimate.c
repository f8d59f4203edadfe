// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_estimate.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/rng.h"
#include "base/stop.h"
#include "facet/facet_ask_remote.h"
#include "facet/screen.h"
#include "llm/llm_remote.h"
#include "run/remote.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_KNOWN ((size_t)10000) // answers from before that are looked at

struct sampled {
    double n_bytes, n_in, n_out;
};
struct work {
    struct run *run;
    struct facet_estimate *out;
    struct llm_price price;
    int64_t *chosen; // positions among the conversations, ascending
    size_t n_chosen;
    struct facet_questions questions;
    struct llm_request *requests; // about the chosen ones, one a question
    size_t n_requests;
    bool only_left;
    struct llm_link *before; // answers of the file; NULL: they are not looked at
    struct sampled *known;   // of them
    size_t n_known;
};

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double prompt_bytes(const struct llm_request *request)
{
    size_t schema = request->schema ? strlen(request->schema) : 0;
    return (double)(request->prefix.len + request->prompt.s.len + schema);
}

// Draws different positions below n.
static void choose(struct work *work, int64_t n, size_t n_ask, uint64_t seed)
{
    struct rng rng;
    size_t want = size_min(n_ask, (size_t)n);
    work->chosen = arena_array(&work->run->scratch, want + 1, sizeof *work->chosen);
    work->requests =
        arena_array(&work->run->scratch, want * work->questions.n + 1, sizeof *work->requests);
    rng_init(&rng, seed, "estimate");
    for (int64_t i = 0; i < n && work->n_chosen < want; i++) // Knuth's selection sampling
        if (rng_below(&rng, (uint64_t)(n - i)) < want - work->n_chosen)
            work->chosen[work->n_chosen++] = i;
    qsort(work->chosen, work->n_chosen, sizeof *work->chosen, by_value);
}

// Whether the file of answers has this one's; then it is part of the sample.
static int find_known(struct work *work, const struct llm_request *request, struct arena *a,
                      bool *known, struct err *err)
{
    struct llm_reply reply;
    int rc = work->before ? llm_ask(work->before, request, 1, a, &reply, err) : ERR_NO_INPUT;
    *known = !rc && llm_is_answer(&reply);
    if (rc == ERR_NO_INPUT)
        err_clear(err);
    if (*known && work->n_known < MOST_KNOWN && reply.stop != LLM_FAILED)
        work->known[work->n_known++] =
            (struct sampled){ prompt_bytes(request), reply.n_prompt_tokens, reply.n_reply_tokens };
    return rc == ERR_NO_INPUT ? 0 : rc;
}

static int add_conversation(struct work *work, const struct conversation *conversation, bool kept,
                            struct arena *a, struct err *err)
{
    int rc = 0;
    for (size_t q = 0; !rc && q < work->questions.n; q++) {
        struct llm_request request;
        bool known = false;
        rc = facet_remote_request(&work->questions.items[q], conversation, false, a, &request, err);
        if (!rc)
            rc = find_known(work, &request, a, &known, err);
        if (rc)
            break;
        bool counts = !known || !work->only_left;
        work->out->n_answered += known;
        work->out->n_requests += counts;
        work->out->n_bytes += counts ? prompt_bytes(&request) : 0;
        if (kept)
            work->requests[work->n_requests++] = request;
    }
    return rc;
}

// Adds up the bytes of all prompts and keeps the chosen ones.
static int walk(struct work *work, struct err *err)
{
    struct run *run = work->run;
    struct arena a = { 0 };
    struct conversations batch = { 0 };
    int64_t after = 0, position = 0;
    int rc = 0;
    do {
        rc = stop_check(err);
        if (!rc)
            rc = vault_read_conversations(run->vault, after, LIMIT_STAGE_BATCH, &a, &batch, err);
        for (size_t i = 0; !rc && i < batch.n; i++, position++) {
            size_t n_kept = work->n_requests / work->questions.n;
            bool kept = n_kept < work->n_chosen && work->chosen[n_kept] == position;
            rc = add_conversation(work, &batch.items[i], kept, kept ? &run->scratch : &a, err);
            after = batch.items[i].seq;
        }
        arena_release(&a);
        run_progress(run, (uint64_t)position, (uint64_t)work->out->n);
    } while (!rc && batch.n);
    return rc;
}

static void set_range(struct estimate_range *range, double middle, double half)
{
    *range = (struct estimate_range){ fmax(0, middle - half), middle, middle + half };
}

static double dollars(const struct work *work, double n_in, double n_out)
{
    return (n_in * work->price.in + n_out * work->price.out) / 1e6;
}

static struct estimate_range guess_tokens(double n_bytes)
{
    return (struct estimate_range){ n_bytes / 5, n_bytes / 4, n_bytes / 3 };
}

static void guess(struct work *work)
{
    struct facet_estimate *out = work->out;
    double n = out->n_requests;
    out->in = guess_tokens(out->n_bytes);
    out->out = (struct estimate_range){ n * 25, n * 60, n * 120 };
    out->dollars = (struct estimate_range){ dollars(work, out->in.low, out->out.low),
                                            dollars(work, out->in.middle, out->out.middle),
                                            dollars(work, out->in.high, out->out.high) };
}

struct estimate_range facet_estimate_time(const struct run *run, double n)
{
    double n_flight = (double)config_whole(run->config, "in-flight");
    double fast = n * 0.5 / fmax(1, fmin(n, n_flight)), slow = n * 30 / fmin(8, n_flight);
    return (struct estimate_range){ fast, sqrt(fast * slow), slow };
}

// Half of a 95 % interval of the total over n items, from m of them with this sum of squares of
// what the estimate leaves open. Student's t by its expansion to second order in 1 / m.
static double half_width(double n, double m, double squares)
{
    double t = 1.96 + 2.37 / (m - 1) + 2.82 / ((m - 1) * (m - 1));
    double rest = 1 - m / n > 0 ? 1 - m / n : 0;
    return t * n * sqrt(squares / (m - 1) / m * rest);
}

// `n_all` requests are those of which m are the sample; the estimate is of n_requests of them.
static void measure(struct work *work, const struct sampled *sample, size_t m, double n_all)
{
    struct facet_estimate *out = work->out;
    double bytes = 0, in = 0, answers = 0;
    double in_squares = 0, out_squares = 0, dollar_squares = 0;
    for (size_t i = 0; i < m; i++) {
        bytes += sample[i].n_bytes;
        in += sample[i].n_in;
        answers += sample[i].n_out;
    }
    double ratio = in / bytes, mean = answers / (double)m;
    for (size_t i = 0; i < m; i++) {
        double d_in = sample[i].n_in - ratio * sample[i].n_bytes, d_out = sample[i].n_out - mean;
        double d_dollars = dollars(work, d_in, d_out);
        in_squares += d_in * d_in;
        out_squares += d_out * d_out;
        dollar_squares += d_dollars * d_dollars;
    }
    double n_in = ratio * out->n_bytes, n_out = mean * out->n_requests;
    set_range(&out->in, n_in, half_width(n_all, (double)m, in_squares));
    set_range(&out->out, n_out, half_width(n_all, (double)m, out_squares));
    set_range(&out->dollars, dollars(work, n_in, n_out),
              half_width(n_all, (double)m, dollar_squares));
    out->n_measured = m;
}

// Time: at best as many at a time as may be, at worst as few as in the sample.
static void measure_time(struct work *work, size_t m, int64_t ms)
{
    double n_flight = (double)config_whole(work->run->config, "in-flight");
    double each = (double)ms / 1000.0 / (double)m;
    double slow = each * work->out->n_requests;
    double fast = slow * fmin(1, fmin((double)m, 8) / n_flight);
    work->out->seconds = (struct estimate_range){ fast, sqrt(fast * slow), slow };
    work->out->timed = true;
}

static int ask_sample(struct work *work, struct err *err)
{
    struct arena *a = &work->run->scratch;
    size_t n = work->n_requests, m = 0;
    struct llm_reply *replies = arena_zero_array(a, n, sizeof *replies);
    struct sampled *sample = arena_array(a, n, sizeof *sample);
    struct llm_spend spend;
    int64_t start = clock_ms();
    // a measurement is not worth a day's wait
    int rc = config_set(work->run->config, STR_LIT("batch"), STR_LIT("no"), FROM_FLAG, err);
    if (!rc)
        rc = run_open_llm(work->run, err);
    if (!rc)
        rc = llm_ask(work->run->llm, work->requests, n, a, replies, err);
    int64_t ms = clock_ms() - start;
    for (size_t i = 0; !rc && i < n; i++)
        if (replies[i].stop != LLM_FAILED)
            sample[m++] = (struct sampled){ prompt_bytes(&work->requests[i]),
                                            replies[i].n_prompt_tokens,
                                            replies[i].n_reply_tokens };
    if (!rc && m < 2)
        rc = err_set(err, ERR_UNAVAILABLE, "the server answered %zu of %zu questions; too few to "
                     "measure", m, n);
    if (rc)
        return rc;
    measure(work, sample, m, work->out->n_requests);
    if (llm_spent(work->run->llm, &spend) && spend.n_sent >= (int64_t)m)
        measure_time(work, m, ms); // answers from the file take no time
    return 0;
}

int facet_estimate_allows(const struct config *config, struct err *err)
{
    return strcmp(config_text(config, "profile"), "remote") == 0
               ? 0
               : err_set(err, ERR_USAGE,
                         "only asking a server costs money; add --profile remote --model NAME");
}

// The file of answers alone, under its key; none when there is no file yet.
static int open_known(struct work *work, struct llm_remote_options options, struct err *err)
{
    options.dialect = LLM_REPLAY;
    options.max_ms = 0;
    options.seal = vault_answers_key(work->run->vault);
    work->known = arena_array(&work->run->scratch, MOST_KNOWN, sizeof *work->known);
    return file_exists(options.answers) ? llm_open_remote(&work->before, &options, err) : 0;
}

static int prepare(struct work *work, size_t n_ask, bool only_left, struct err *err)
{
    struct run *run = work->run;
    struct facet_estimate *out = work->out;
    struct llm_remote_options options;
    int rc = remote_options(run, n_ask || only_left, &run->scratch, &options, err);
    if (!rc)
        rc = vault_count_conversations(run->vault, &out->n, err);
    if (!rc && out->n == 0)
        rc = err_set(err, ERR_NO_INPUT, "there are no conversations");
    if (rc)
        return rc;
    work->price = remote_price_of_most(run->config, &options.price);
    out->priced = work->price.known;
    out->listed = work->price.listed;
    out->price_in = work->price.in;
    out->price_out = work->price.out;
    work->questions =
        facet_questions_make(&run->facets, run_calls_each(run),
                             config_text(run->config, "language-of-titles"), &run->scratch);
    choose(work, out->n, only_left ? 0 : n_ask, options.seed);
    work->only_left = only_left;
    return open_known(work, options, err);
}

int facet_estimate(struct run *run, size_t n_ask, bool only_left, struct facet_estimate *out,
                   struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct work work = { .run = run, .out = out };
    *out = (struct facet_estimate){ 0 };
    run->stage = "estimate";
    int rc = facet_estimate_allows(run->config, err);
    if (!rc)
        rc = prepare(&work, n_ask, only_left, err);
    if (!rc)
        rc = walk(&work, err);
    llm_close(work.before);
    out->seconds = facet_estimate_time(run, out->n_requests);
    if (!rc && work.n_requests > 1)
        rc = ask_sample(&work, err);
    else if (!rc && only_left && work.n_known > 1)
        measure(&work, work.known, work.n_known, out->n_requests + (double)work.n_known);
    else if (!rc)
        guess(&work);
    arena_rewind(&run->scratch, start);
    return rc;
}

// A link that is offered questions and counts them.
struct counter {
    struct llm_link link;
    double n, n_bytes;
};

static int count_offer(struct llm_link *self, const struct llm_request *requests, size_t n,
                       struct err *err)
{
    struct counter *counter = (struct counter *)self;
    (void)err;
    counter->n += (double)n;
    for (size_t i = 0; i < n; i++)
        counter->n_bytes += prompt_bytes(&requests[i]);
    return 0;
}

int facet_estimate_screen(struct run *run, struct screen_estimate *out, struct err *err)
{
    struct counter counter = { .link = { .name = "counter", .offer = count_offer } };
    int rc = screen_offer_rest(run, &counter.link, err);
    double n = counter.n;
    *out = (struct screen_estimate){ n,
                                     guess_tokens(counter.n_bytes),
                                     { n * 2, n * 8, n * SCREEN_MOST_TOKENS } };
    return rc;
}
