// SPDX-License-Identifier: Apache-2.0
// Mode dp in the vault: what the noise stage reads of accounts, what it releases (released.h), the
// secrets of releases and the ledger.
#ifndef STORE_VAULT_RELEASED_H
#define STORE_VAULT_RELEASED_H

#include "store/released.h"
#include "store/vault.h"

// A conversation as an account owns it. Copies of a transcript are there once for each.
struct vault_owned {
    int64_t seq, first_seq; // of itself; of the first conversation with this transcript
    int64_t account_id;
    bool has_account;
    int64_t transcript; // its hash
    uint64_t rank;      // for the caller
    int64_t batch;      // 0: of the first run; else the append that brought it
};
int vault_read_owned(struct vault *vault, struct arena *a, struct vault_owned **list, size_t *n,
                     struct err *err) MUST_USE;

// All in the arena. ERR_DATA when nothing was released.
int vault_read_released(struct vault *vault, struct arena *a, struct released *out,
                        struct err *err) MUST_USE;
// Inside a transaction; the tables are empty.
int vault_put_released(struct vault *vault, const struct released *released,
                       struct err *err) MUST_USE;
// The secret of a release: made and kept when it is not there, so that a release is drawn once.
int vault_release_key(struct vault *vault, struct str release, struct hash_key *key,
                      struct err *err) MUST_USE;

// The ledger: rows are added and never changed.
struct ledger_sum {
    int64_t rho, delta; // of all releases but `mine`; in units of dp/budget.h
    size_t n_releases;
    bool has_mine; // all of `mine` are there
};
int vault_ledger_sum(struct vault *vault, const struct released *mine, size_t n,
                     struct ledger_sum *sum, struct err *err) MUST_USE;
// Inside a transaction. A release that is there already is left as it is.
int vault_ledger_add(struct vault *vault, const struct released *released,
                     struct err *err) MUST_USE;

#endif
