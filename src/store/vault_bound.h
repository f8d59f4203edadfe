// SPDX-License-Identifier: Apache-2.0
// Which conversations do not count: what the bound stage writes. vault_read_conversations and
// vault_count_conversations pass over them.
#ifndef STORE_VAULT_BOUND_H
#define STORE_VAULT_BOUND_H

#include "store/vault.h"

// The key of the noise in the floors of words, made of the whole corpus.
int vault_put_noise_key(struct vault *vault, const struct hash_key *key, struct err *err) MUST_USE;
int vault_get_noise_key(struct vault *vault, struct hash_key *key, struct err *err) MUST_USE;

// Those with this seq or a higher one; 0: all.
int vault_clear_left_out(struct vault *vault, int64_t first_seq, struct err *err) MUST_USE;
// How many are left out as near-copies, and over the bound of their account.
int vault_count_left_out(struct vault *vault, int64_t *n_near, int64_t *n_over,
                         struct err *err) MUST_USE;
// `first_seq`: the conversation that this one is a near-copy of, 0: it is over the bound of its
// account. Inside a transaction.
int vault_put_left_out(struct vault *vault, int64_t seq, int64_t first_seq,
                       struct err *err) MUST_USE;

// After a purge who counts is drawn anew (privacy/bound_stage.c). ask: the stage bound has work to
// do; `all`: among all conversations, not only those of a batch that is on its way. Inside the
// purge's transaction. end: what was asked of those who count no more goes, and the stage facet has
// work to do where somebody who counts now was not asked. Inside the transaction of the draw.
int vault_ask_redraw(struct vault *vault, bool all, struct err *err) MUST_USE;
int vault_redraw_is_asked(struct vault *vault, bool *yes, struct err *err) MUST_USE;
int vault_end_redraw(struct vault *vault, struct err *err) MUST_USE;

#endif
