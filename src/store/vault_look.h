// SPDX-License-Identifier: Apache-2.0
// Reading single people's things out of the vault, for inspect/ alone: what a permit opens
// (access/permit.h). Everything asked for must be in the cluster that is named; *found is false
// when it is not. In it are its members and whatever was left out as a copy or a near-copy of one:
// accounts that sent what another had sent before are found like those others. What is over an
// account's bound, or was screened out, is in no cluster. Read-only; a run may work in the same
// directory.
#ifndef STORE_VAULT_LOOK_H
#define STORE_VAULT_LOOK_H

#include "store/vault_conversation.h"

// Opens DIR/vault.db so that nothing can be written. All that is read until it is closed is of the
// moment of the first reading: a run that puts another tree in place between two of them, and back,
// is not seen. Close with vault_close. ERR_CONFIG when it is encrypted: its key is not here.
int vault_open_to_look(struct vault **vault, const char *dir, struct err *err) MUST_USE;

struct look_cluster {
    int64_t n_conversations, n_accounts; // before floors
};
int vault_look_cluster(struct vault *vault, int64_t cluster_id, struct look_cluster *out,
                       bool *found, struct err *err) MUST_USE;

struct look_conversation {
    int64_t seq, account_id, time; // account_id 0: none; time 0: not known
};
// The cluster's conversations by account (most conversations first), then by seq; at most `most`,
// after the first `from` of them.
int vault_look_conversations(struct vault *vault, int64_t cluster_id, size_t from, size_t most,
                             struct arena *a, struct look_conversation **list, size_t *n,
                             struct err *err) MUST_USE;
// The caller's own id of an account that has a conversation in the cluster.
int vault_look_account(struct vault *vault, int64_t cluster_id, int64_t account_id, struct arena *a,
                       struct raw *external_id, bool *found, struct err *err) MUST_USE;
struct look_facet {
    struct str facet;
    struct raw value;
};
// Those of the member that the conversation is, or is a copy or near-copy of.
int vault_look_facets(struct vault *vault, int64_t cluster_id, int64_t seq, struct arena *a,
                      struct look_facet **list, size_t *n, bool *found, struct err *err) MUST_USE;
int vault_look_turns(struct vault *vault, int64_t cluster_id, int64_t seq, struct arena *a,
                     struct turn **turns, size_t *n, bool *found, struct err *err) MUST_USE;

#endif
