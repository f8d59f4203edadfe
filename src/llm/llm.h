// SPDX-License-Identifier: Apache-2.0
// Asking a language model. Providers and their helpers are links of one chain that all look alike:
// cache -> budget -> retry -> provider. A question is asked for many items at once, so that a
// provider can decode them together; an answer never depends on what else is in the call.
#ifndef LLM_LLM_H
#define LLM_LLM_H

#include "base/arena.h"
#include "base/pool.h"

#define LLM_TURN "\x1e"
struct llm_request {
    struct str prefix;   // what many requests share: instruction and examples; no one's words.
                         // LLM_TURN in it parts the messages of user and assistant in turn
    struct raw prompt;   // the part of this item; control tokens in it stay plain text
    struct str stem;     // beginning of the answer that is put into the model's mouth; may be empty
    const char *grammar; // GBNF that bounds the answer in process; NULL = none
    const char *schema;  // JSON schema that bounds the answer of a remote model; NULL = plain text
    double temperature;  // of a remote model; in process answers are greedy
    int max_tokens;      // of the answer
    const char *effort;  // how much a remote model thinks first; the chain sets it; NULL = as it is
    bool is_whole;       // of a model in process: the prompt is read whole, however long; else it
                         // loses its middle where it is longer than a short conversation
};
enum llm_stop { LLM_FINISHED, LLM_CUT, LLM_FAILED };
// Words for llm_reply.why.
#define WHY_REFUSED "refused"         // the model declined, or its content filter did
#define WHY_REJECTED "rejected"       // the server will not take this request (400, 413 …)
#define WHY_MALFORMED "malformed"     // what came is no answer, several times
#define WHY_NO_ROOM "no-room"         // thoughts took all tokens, none was left for the answer
#define WHY_NOT_ASKED "not-asked"     // the call ended before its turn
#define WHY_UNREACHABLE "unreachable" // no answer after all tries, while others were answered
#define WHY_TOO_LONG "too-long"       // more than the model in process can read at once
#define WHY_FAILED "failed"           // the model gave up: `why` is NULL
#define WHY_UNUSABLE "unusable"       // not of a reply: what was answered is no use to who asked
// All of them, for who counts by reason, and the place of one; NULL: WHY_FAILED.
#define LLM_N_WHYS 9
extern const char *const llm_whys[LLM_N_WHYS];
size_t llm_why_place(const char *why);
struct llm_reply {
    struct raw text; // without the stem, in the caller's arena
    enum llm_stop stop;
    int n_prompt_tokens, n_reply_tokens; // of this item; a prefix shared in process is not counted
    const char *why; // of LLM_FAILED: one of the words above; NULL = the model gave up
};

// Whether it answers the question: a refusal does, and is kept as an answer is.
bool llm_is_answer(const struct llm_reply *reply);

struct llm_link {
    const char *name;
    // Fills n replies. A failure of one item is LLM_FAILED in its reply; an error ends the call.
    int (*ask)(struct llm_link *self, const struct llm_request *requests, size_t n,
               struct arena *a, struct llm_reply *replies, struct err *err);
    void (*close)(struct llm_link *self);
    struct llm_link *next;
    // Questions that will be asked by and by, so that they can go out together: see llm_offer.
    // NULL: that is no use.
    int (*offer)(struct llm_link *self, const struct llm_request *requests, size_t n,
                 struct err *err);
    // See llm_forget. NULL: nothing is kept, or the answer would be the same.
    int (*forget)(struct llm_link *self, const struct llm_request *request, struct err *err);
};

int llm_ask(struct llm_link *llm, const struct llm_request *requests, size_t n, struct arena *a,
            struct llm_reply *replies, struct err *err) MUST_USE;
// Tells the model beforehand of questions that llm_ask will bring, piece by piece: a model that
// works in batches (--batch) sends them then, and an answer is waited for when it is asked for.
// n = 0: these were all. Nothing is kept but digests. An offer changes no answer.
bool llm_takes_offers(const struct llm_link *llm);
int llm_offer(struct llm_link *llm, const struct llm_request *requests, size_t n,
              struct err *err) MUST_USE;
// The answer that is kept to this request is no use: a later command asks anew. A replay still has
// it.
int llm_forget(struct llm_link *llm, const struct llm_request *request, struct err *err) MUST_USE;
void llm_close(struct llm_link *llm); // the whole chain; accepts NULL

// llama.cpp in this process, on a thread of its own. `path`: a GGUF file; treated as hostile input
// before it is loaded.
int llm_open_llama(struct llm_link **llm, const char *path, size_t n_threads, uint64_t seed,
                   struct err *err) MUST_USE;
// Recorded answers from a file, for tests (format: docs/llm.md). Wraps `next` and records when it
// is not NULL.
int llm_open_replay(struct llm_link **llm, const char *path, struct llm_link *next,
                    struct err *err) MUST_USE;

#endif
