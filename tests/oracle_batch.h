// SPDX-License-Identifier: Apache-2.0
// The batch interfaces of two vendors, for the oracle's server: OpenAI's files and batches and
// Anthropic's message batches, kept in memory for as long as the server lives. Answers come in the
// opposite order of the questions. GET /set/FAULT makes the next batch go wrong:
//
//     missing    every fifth question has no answer   double    every answer comes twice, the
//     unknown    answers to questions of nobody                 second time a wrong one
//     expired    half of them expired                 all-expired  all of every batch
//     errored    every seventh ended in a 500         rejected  … in a 400
//     half-line  the answers end within a line        gone      the batch is not known any more
//     failed     it is not taken (OpenAI)             lost      it is made, but nobody is told
//     no-money   as failed, for the account's budget
//     line-stop  one ended in a 404              full       it is not taken while another runs
//     busy       everything is asked for twice        stuck     none ends as long as it is set
//     no-schema  as long as it is set, no question with a form of the answer is taken, in a batch
//                or by itself                         batch-schema  … in a batch
//
// The list of batches has two a page. GET /count tells how many questions were in batches, batches
// made, asked after, and deleted, and how many files of questions are kept.
#ifndef TESTS_ORACLE_BATCH_H
#define TESTS_ORACLE_BATCH_H

#include "base/arena.h"
#include "base/buf.h"

struct oracle_batches; // zeroed by oracle_batches_open; one thread at a time is let in

struct oracle_batches *oracle_batches_open(size_t n_polls);
void oracle_batches_close(struct oracle_batches *b);
// Whether the address is of a batch interface; then *status and `out` are the answer; status 0: the
// connection is to be closed without one. `answer` writes the answer to the body of one question.
typedef void oracle_answer_fn(struct str body, bool anthropic, struct arena *a, struct buf *out);
// `after`: the parameter of this name, or after_id; NULL = none.
bool oracle_batches_handle(struct oracle_batches *b, const char *method, const char *url,
                           const char *after, struct str body, oracle_answer_fn *answer,
                           int *status, struct buf *out);
// Whether a question that came by itself is refused; then *out says why.
bool oracle_batches_refuse(struct oracle_batches *b, struct str body, struct buf *out);

#endif
