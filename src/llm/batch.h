// SPDX-License-Identifier: Apache-2.0
// Batches at a vendor: half the price, answers within a day. Questions are added one by one and go
// out as batches of at most BATCH_MOST; then the vendor is asked now and then whether one has
// ended, and its answers are fetched and deleted there. One request at a time. Which question an
// answer belongs to is the caller's business (batch_drive.c).
//
// At most one batch's questions or answers are in memory: BATCH_BYTES and what was answered.
#ifndef LLM_BATCH_H
#define LLM_BATCH_H

#include "llm/batch_list.h"
#include "llm/call.h"

#define BATCH_MOST ((size_t)20000)     // OpenAI takes 50,000, Anthropic 100,000
#define BATCH_BYTES ((size_t)64 << 20) // OpenAI takes 200 MB, Anthropic 256 MB
#define BATCH_LEAST ((size_t)8)        // fewer questions are not worth a day's wait
#define BATCH_PENDING (UINT64_MAX - 1) // found in what is not sent yet

struct batches;
int batches_open(struct batches **batches, const struct llm_remote_options *options,
                 struct err *err) MUST_USE;
void batches_close(struct batches *batches); // what was added and not sent is forgotten

// The index of the open batch with this question, BATCH_PENDING or BATCH_NONE.
uint64_t batches_find(const struct batches *b, struct str key);
// Likewise, of a question that is asked now: of batches from before a purge only answers to such
// questions may be kept.
uint64_t batches_claim(struct batches *b, struct str key);
bool batches_keeps(const struct batches *b, size_t index, struct str key);
// Adds a question, as its dialect writes it, at its highest price; sends what is there when that is
// a whole batch. ERR_TRY_AGAIN when the vendor cannot be reached or does not take it.
int batches_add(struct batches *b, struct str key, struct str body, double dollars,
                struct err *err) MUST_USE;
size_t batches_pending(const struct batches *b);
int batches_send(struct batches *b, struct err *err) MUST_USE; // what was added
// Forgets what was added and returns its price.
double batches_drop(struct batches *b);

size_t batches_n(const struct batches *b); // indexes are below
const struct batch *batches_item(const struct batches *b, size_t index);
size_t batches_n_open(const struct batches *b);
// Asks after an open batch. A batch that the vendor no longer knows counts as ended.
int batches_ask(struct batches *b, size_t index, struct batch_news *news, struct err *err) MUST_USE;
// Gives every line of an ended batch's answers to `each`; lines that cannot be read are counted.
typedef int batch_each(void *context, const struct batch_line *line, struct err *err);
int batches_fetch(struct batches *b, size_t index, const struct batch_news *news, batch_each *each,
                  void *context, size_t *n_unreadable, struct err *err) MUST_USE;
// Notes that all answers are kept, and deletes them at the vendor. `ours`: no answer, or one at
// least, is to a question of it; else it stays there.
int batches_end(struct batches *b, size_t index, const struct batch_news *news, bool ours,
                struct err *err) MUST_USE;
// The vendor took a batch and failed it for its size: from here on they are half as large.
void batches_shrink(struct batches *b);
const char *batches_host(const struct batches *b);

#endif
