// SPDX-License-Identifier: Apache-2.0
// The texts of a finished run before the gates once more: what the audit stage decided is decided
// again from the vault as it is, and nothing is written.
#ifndef PRIVACY_RECHECK_H
#define PRIVACY_RECHECK_H

#include "privacy/auditor.h"
#include "run/run.h"

struct recheck_node {
    int64_t id;                // in the atlas
    struct raw title, summary; // as they would be published
    bool withheld;
    const char *fault;                 // why it should not have passed; NULL: it holds
    const struct gate_phrase *phrases; // those that hold
    size_t n_phrases;
    int64_t n_accounts, n_conversations; // counted again; accounts 0 where there are none
};
struct recheck {
    struct recheck_node *nodes; // in run->scratch, as all of it
    size_t n;
    struct audit_floors floors;
};
int recheck_texts(struct run *run, struct recheck *out, struct err *err) MUST_USE;

#endif
