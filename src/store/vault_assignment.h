// SPDX-License-Identifier: Apache-2.0
// Where each of the caller's conversations went, with the caller's own ids: the documented view
// `assignment`, with the cluster above it at a level.
#ifndef STORE_VAULT_ASSIGNMENT_H
#define STORE_VAULT_ASSIGNMENT_H

#include "store/vault.h"

struct vault_assignment {
    struct str conversation_id; // the caller's, in the arena
    int64_t base_id, top_id;    // node ids; 0 = unclustered
};
// All of them, copies of transcripts too, in the order they were read.
int vault_read_assignments(struct vault *vault, struct arena *a, struct vault_assignment **list,
                           size_t *n, struct err *err) MUST_USE;

#endif
