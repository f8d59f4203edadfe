// SPDX-License-Identifier: Apache-2.0
// Inside a remote model: one call on its way through the links. `before` goes from the first link
// to the last and ends in bytes on the wire; what came back goes through `after` from the last link
// to the first. Each link looks like the others; tests put a link of their own at the end.
#ifndef LLM_CALL_H
#define LLM_CALL_H

#include "base/buf.h"
#include "base/hash.h"
#include "llm/llm_remote.h"
#include "net/http.h"

struct call {
    const struct llm_request *request;
    struct llm_reply *reply;
    struct arena *a;          // the caller's: the reply's text goes there
    char key[DIGEST_HEX];     // digest of model, prompt and settings
    struct buf body;          // of the HTTP request, while it is under way
    int n_tries;              // attempts so far
    int n_malformed;          // of them, those that brought no answer that can be read
    int64_t sent_ms;          // of its last one
    int64_t not_before_ms;    // waits until then
    unsigned left_out;        // LEFT_… of its last attempt
    int room;                 // tokens beside those of the answer, for thoughts
    double reserved;          // dollars set aside while it is under way
    bool in_batch;            // at the price of a batch
    bool is_done, is_known;   // batch_drive.c: answered or given up; not in the file of answers
};

// What came back from one attempt, as the provider reads it.
enum heard_kind {
    HEARD_ANSWER,    // the reply is filled
    HEARD_BUSY,      // 408, 409, 429, 5xx: the server cannot now
    HEARD_BROKEN,    // no answer: connection, time
    HEARD_MALFORMED, // an answer that cannot be read
    HEARD_REFUSED,   // the model's own refusal: the reply is filled with LLM_FAILED
    HEARD_REJECTED,  // the server will never take this request
    HEARD_NO_ROOM,   // no token was left for the answer: thoughts, or the prompt, took them all
    HEARD_ADAPT,     // it will when a field is left out, or with more room; both are noted
    HEARD_STOP,      // no request will be taken: *err says why
};
struct heard {
    const struct http_answer *answer;
    enum heard_kind kind;
    int64_t wait_ms;          // that the server asks for; -1 = it does not say
    bool may_be_charged;      // sent, and no word on what it cost
    bool no_usage;            // the server does not count; the reply's tokens are a guess
    bool is_counted;          // no answer, but what it cost is in the reply's tokens
    bool of_vectors;          // the question was one for vectors, which other flags are about
    bool is_minute;           // busy: a quota is used up, of which more is there in minutes
    bool is_forbidden;        // rejected by a 403: what is asked, or the key, as others will show
    char code[48];            // "HTTP 503, overloaded_error" or what the connection did
};

enum call_fate {
    CALL_ON,       // to the next link
    CALL_ANSWERED, // the reply is filled: done
    CALL_LATER,    // not now; looked at again soon
    CALL_HELD,     // not before a batch has ended: what its questions may cost is set aside
    CALL_AGAIN,    // after: to be sent once more, at not_before_ms
};

struct call_link {
    const char *name;
    int (*before)(struct call_link *self, struct call *call, enum call_fate *fate,
                  struct err *err);
    int (*after)(struct call_link *self, struct call *call, struct heard *heard,
                 enum call_fate *fate, struct err *err);
    void (*close)(struct call_link *self);
    // Takes back what `before` did, as a later link did not let the call on; NULL = nothing.
    void (*undo)(struct call_link *self, struct call *call);
};

// The links. Each `open` may fail; close accepts NULL through call_link_close.
int link_cache_open(struct call_link **link, const struct llm_remote_options *options,
                    struct llm_spend *spend, struct err *err) MUST_USE;
// Who is asked now: an answer from another server is named once, when it is used.
void cache_set_host(struct call_link *cache, const char *host);
// The answer under this key does not count from now on; in a replay it does.
int cache_forget(struct call_link *cache, const char *key, struct err *err) MUST_USE;
// The question under this key was left without an answer, for a reason of llm_whys (NULL:
// WHY_FAILED): a replay leaves it so, too; to all others it is as if it had never been asked.
int cache_keep_gap(struct call_link *cache, const char *key, const char *why,
                   struct err *err) MUST_USE;
// Behind the sentence that a ceiling is reached: `part` as in the options.
#define LLM_KEPT_PART(part)                                                                        \
    ((part) && *(part) < 1 ? ", but for a part that is kept for what comes after" : "")
int link_budget_open(struct call_link **link, const struct llm_remote_options *options,
                     struct llm_spend *spend, struct err *err) MUST_USE;
int link_retry_open(struct call_link **link, const struct llm_remote_options *options,
                    struct llm_spend *spend, struct err *err) MUST_USE;
int link_provider_open(struct call_link **link, const struct llm_remote_options *options,
                       struct llm_spend *spend, struct http **http, struct err *err) MUST_USE;

// Gives a call the room for thoughts that is known to be needed by now; before the budget sees it.
void provider_give_room(const struct call_link *provider, struct call *call);

// For batch_drive.c, which sends calls another way. The body of a call as the provider writes it.
int provider_write(struct call_link *provider, struct call *call, struct err *err) MUST_USE;
// Takes what is set aside for a call out of the budget; sets an amount for n calls aside, or gives
// it back.
double budget_take(struct call_link *budget, struct call *call);
void budget_hold(struct call_link *budget, double dollars, size_t n);
void budget_give_back(struct call_link *budget, double dollars, size_t n);

#endif
