// SPDX-License-Identifier: Apache-2.0
// What asking a server for the facets of a run's conversations will take, before it is asked.
#ifndef FACET_FACET_ESTIMATE_H
#define FACET_FACET_ESTIMATE_H

#include "run/run.h"

struct estimate_range {
    double low, middle, high;
};
struct facet_estimate {
    int64_t n;                         // conversations that would be asked about
    double n_bytes;                    // of all prompts, counted
    size_t n_measured;                 // of them were asked; 0 = nothing was sent
    struct estimate_range in, out;     // tokens
    bool priced;                       // dollars are known
    double price_in, price_out;        // dollars a million tokens
    struct estimate_range dollars;
    struct estimate_range seconds;     // 0 when nothing was measured
};

// ERR_USAGE when the profile asks no server.
int facet_estimate_allows(const struct run *run, struct err *err) MUST_USE;
// Counts the bytes of every prompt. With `n_ask` > 0 asks about so many conversations drawn with
// the seed, the answers of which stay in the file of answers, and takes tokens a byte, tokens an
// answer and time an answer from them, with 95 % intervals (ratio estimate: Cochran 1977, ch. 6).
// Without, tokens are guessed: 3 to 5 bytes each, 25 to 120 an answer.
int facet_estimate(struct run *run, size_t n_ask, struct facet_estimate *out, struct err *err)
    MUST_USE;

#endif
