// SPDX-License-Identifier: Apache-2.0
// What the screen stage writes: the model's yes or no about each conversation.
// vault_read_conversations and vault_count_conversations pass over those that were screened out.
#ifndef STORE_VAULT_SCREEN_H
#define STORE_VAULT_SCREEN_H

#include "store/vault.h"

// `answer`: "yes", "no", or one of our words for why there is none; all but "yes" are out. Replaces
// an answer that is there. Inside a transaction.
int vault_put_screen(struct vault *vault, int64_t seq, const char *answer,
                     struct err *err) MUST_USE;
// Where to go on: all conversations up to this seq that count were asked about. And how many were
// asked about at all.
int vault_last_screen(struct vault *vault, int64_t *seq, int64_t *n, struct err *err) MUST_USE;
// How many have this answer; "" stands for every answer that is neither yes nor no.
int vault_count_screen(struct vault *vault, const char *answer, int64_t *n,
                       struct err *err) MUST_USE;
// Forgets all answers from the first such one on, so that these conversations are asked about anew,
// in order.
int vault_forget_screen(struct vault *vault, const char *answer, struct err *err) MUST_USE;

#endif
