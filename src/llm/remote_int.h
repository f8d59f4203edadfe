// SPDX-License-Identifier: Apache-2.0
// Inside a remote model: what llm_remote.c (one call at a time) and batch_drive.c (many calls in a
// batch) share.
#ifndef LLM_REMOTE_INT_H
#define LLM_REMOTE_INT_H

#include "base/map.h"
#include "llm/batch.h"

// How long was asked, under --max-time.
struct asking {
    int64_t most_ms;     // 0 = no ceiling
    int64_t *ms, own_ms; // until this question; shared by chains, or of this one
    const double *part;  // of most_ms that may be used up now; NULL = all
    int64_t since_ms;    // when this question began; 0 = none is asked
};
void asking_open(struct asking *asking, const struct llm_remote_options *options);
void asking_begin(struct asking *asking);
void asking_end(struct asking *asking);
bool asking_is_over(const struct asking *asking);
int asking_check(const struct asking *asking, struct err *err) MUST_USE; // ERR_BUDGET when it is

struct remote {
    struct llm_link link;
    struct call_link *links[4];
    size_t n_links;
    struct call_link *cache; // the first of them; NULL: no answers are kept
    struct http *http; // NULL: only recorded answers
    struct llm_spend spend;
    char *model;
    size_t most_in_flight;
    struct asking asking;
    struct batches *batches; // with --batch; else NULL
    int64_t first_wait_ms;   // before a batch is asked after for the first time
    struct map tried;        // forms of answers → questions with it that went the usual way first
    int n_failed_batches;    // in a row, that the vendor did not take
    bool is_full;            // the vendor takes no batch before one has ended
    bool offers_over;        // the ceiling is reached: no more is offered
};

// One question: the calls and which of them wait.
struct question {
    struct remote *remote;
    struct call *calls;
    size_t n, next, n_open; // next: the first that was never begun; open: begun or to be begun
    size_t *same_as;        // index of the first call with the same key
    struct call **waiting;  // to be sent again
    size_t n_waiting;
    struct map keys; // of the calls → index of the first with it
};

// The digest of model, prompt and settings. `grammar`: what bounds the answer of a model in this
// process; NULL for a server's.
void remote_make_key(const char *model, const char *grammar, struct call *call);
int remote_check_time(const struct remote *remote, struct err *err) MUST_USE;
// Drives the calls of a question one by one; after an error, what is under way is heard or ended.
// Returns before all are answered when batches hold the money for the rest (CALL_HELD).
int remote_drive(struct question *q, struct err *err) MUST_USE;
void remote_drain(struct question *q, bool wait);

// The same by batches. The links are cache, budget, retry, provider, in this order.
int batch_open(struct remote *remote, const struct llm_remote_options *options,
               struct err *err) MUST_USE;
void batch_tell(const struct remote *remote); // before the first call: who keeps what
int batch_drive(struct question *q, struct err *err) MUST_USE;
int batch_offer(struct remote *remote, const struct llm_request *requests, size_t n,
                struct err *err) MUST_USE;

#endif
