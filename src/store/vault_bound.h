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

#endif
