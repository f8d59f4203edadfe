// SPDX-License-Identifier: Apache-2.0
// Models behind a URL: any server that speaks OpenAI's chat completions or embeddings (OpenAI,
// vLLM, Ollama, llama.cpp's server, LM Studio …) or Anthropic's messages. A chain of links behind
// one llm_link: cache -> budget -> retry -> provider, hundreds of requests in flight on one thread.
//
// How a failure shows. One item: LLM_FAILED with `why` set; the others go
// on. The whole call ends with an error when going on is no use: a bad key or an unknown model
// (ERR_CONFIG), our own ceiling of money or time (ERR_BUDGET), a quota used up or a certificate
// that does not check out (ERR_UNAVAILABLE), a server that cannot be reached, answers nothing but
// faults or asks to wait for long (ERR_TRY_AGAIN). Replies that came until then are filled, the
// others are LLM_FAILED with WHY_NOT_ASKED. All answers are in the file of answers and are not
// asked for again.
#ifndef LLM_LLM_REMOTE_H
#define LLM_LLM_REMOTE_H

#include "llm/llm.h"

struct llm_price {
    bool known;
    double in, out; // dollars a million tokens
    double batch;   // share of that for a question in a batch
    bool listed;    // from the table that comes with clio, which nobody compared with the vendors'
};

enum llm_dialect { LLM_OPENAI, LLM_ANTHROPIC, LLM_REPLAY, LLM_EMBEDDINGS };
struct llm_remote_options {
    enum llm_dialect dialect; // LLM_REPLAY: answers from the file only; needs no url
    const char *url;          // base, with or without /v1
    const char *model;
    const char *effort;        // "none", "low" … outlives the chain; NULL = the vendor's
    const char *key;           // NULL or "" = none; copied and wiped
    const char *bearer;        // Anthropic's other form of key; NULL = none
    const char *organization, *project; // OpenAI's; NULL = none
    const char *answers;       // file of answers, private to the run; NULL = keep none
    const struct seal_key *seal; // its lines are encrypted under this; NULL = plain
    const char *batches;         // file of batches: many questions go to the vendor's interface for
                                 // batches and wait for it, hours maybe (batch.h); NULL = none do
    struct llm_price price;
    double max_cost;           // dollars for this command; 0 = no ceiling
    double *spent;             // dollars spent by all chains under that ceiling; NULL = this one
    int64_t max_ms;            // of asking; 0 = no ceiling
    int64_t *asked_ms;         // of asking until now by all chains under that ceiling; NULL = this
    const double *part;        // of both ceilings that may be used up now; NULL = all
    bool only_loopback;
    size_t most_in_flight;
    int n_tries;               // of one request
    int64_t first_wait_ms;     // before the second try; doubles with each
    int64_t longest_wait_ms;   // that a server may ask for
    int64_t timeout_ms;        // without a byte from the server
    uint64_t seed;             // of the random part of waiting
};
struct llm_remote_options llm_remote_defaults(void);

int llm_open_remote(struct llm_link **llm, const struct llm_remote_options *options,
                    struct err *err) MUST_USE;

// What was spent since opening. Tokens as the server counts them; where it does not, a guess from
// the bytes.
struct llm_spend {
    int64_t n_asked, n_sent, n_failed; // requests; sent = attempts on the wire
    int64_t n_cached; // answers that were used and were there when the file was opened, each once
    int64_t n_prompt_tokens, n_reply_tokens;     // of answers that came
    int64_t n_not_asked;                         // left over when money or time was used up
    int64_t n_lost;                              // attempts sent and never answered
    int64_t n_known;                             // answers in the file when it was opened
    double cost;                                 // dollars; lost attempts at their highest price
    size_t most_in_flight;
};
// Puts the file of answers before a model in this process, which is then the chain's second link.
// Of the options model (a name that stands for its weights), answers, seal and max_ms count, and
// dialect: LLM_REPLAY when there is no model behind. `at_once`: requests of one call of the model;
// between two of them a call ends with ERR_BUDGET when max_ms is over. On error *llm is as it was.
int llm_keep(struct llm_link **llm, const struct llm_remote_options *options, size_t at_once,
             struct err *err) MUST_USE;
bool llm_kept(const struct llm_link *llm, struct llm_spend *spend); // as llm_spent, of such a chain
// ERR_CONFIG for a base URL with a fragment, with a key in its query, or for batches with a query
// at all; `flag` names it.
int llm_check_url(const char *url, const char *flag, bool batch, struct err *err) MUST_USE;
// Whether the URL is of a server on this machine, by its host: localhost, 127.0.0.0/8, ::1.
bool llm_url_is_own(const char *url);
// False when `llm` is neither a remote model nor one whose answers are kept.
bool llm_spent(const struct llm_link *llm, struct llm_spend *spend);

const char *llm_host(const struct llm_link *llm); // of a remote model; NULL: nobody is asked

// The price of a model from a table of lines "name,dollars in,dollars out[,batch]" a million
// tokens, where batch is the share of that price that a question in a batch costs (1 when it is not
// there); a name may end in *; the longest match counts. ERR_CONFIG names the line that is wrong.
int llm_find_price(struct str table, struct str model, struct llm_price *price,
                   struct err *err) MUST_USE;
struct str llm_price_date(struct str table); // its line "# date: 2026-11-27"; empty: it has none

#endif
