// SPDX-License-Identifier: Apache-2.0
// What asking a server for the facets of a run's conversations will take, before it is asked.
#ifndef FACET_FACET_ESTIMATE_H
#define FACET_FACET_ESTIMATE_H

#include "run/run.h"

struct estimate_range {
    double low, middle, high;
};
struct facet_estimate {
    int64_t n;                         // conversations that count
    double n_requests;                 // that would be sent
    double n_bytes;                    // of their prompts, counted
    int64_t n_answered;                // questions that the file of answers has an answer to
    size_t n_measured;                 // answers that the figures are from; 0 = they are a guess
    bool timed;                        // these were waited for now; else the time is a guess
    struct estimate_range in, out;     // tokens
    bool priced;                       // dollars are known
    bool listed;                       // by the table of prices that comes with clio
    double price_in, price_out;        // dollars a million tokens
    struct estimate_range dollars;
    struct estimate_range seconds;
};

// ERR_USAGE when the profile asks no server.
int facet_estimate_allows(const struct config *config, struct err *err) MUST_USE;
// Counts the bytes of every prompt. With `n_ask` > 0 asks about so many conversations drawn with
// the seed, the answers of which stay in the file of answers, and takes tokens a byte, tokens an
// answer and time an answer from them, with 95 % intervals (ratio estimate: Cochran 1977, ch. 6).
// Without, tokens are guessed: 3 to 5 bytes each, 25 to 120 an answer; and time:
// facet_estimate_time. Questions that the file of answers has an answer to are counted (n_answered)
// and stay in the sums. `only_left`: of the questions that it has no answer to;
// those that it has are the sample, when there are two or more, and nothing is sent.
int facet_estimate(struct run *run, size_t n_ask, bool only_left, struct facet_estimate *out,
                   struct err *err) MUST_USE;
// Seconds for n questions of which nobody knows how long one takes: half a second to half a minute
// each, as many at a time as may be or no more than a connection begins with.
struct estimate_range facet_estimate_time(const struct run *run, double n);

// The questions of --screen to conversations that it was not asked about yet.
struct screen_estimate {
    double n;                      // questions
    struct estimate_range in, out; // tokens
};
int facet_estimate_screen(struct run *run, struct screen_estimate *out, struct err *err) MUST_USE;

#endif
