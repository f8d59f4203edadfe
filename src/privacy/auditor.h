// SPDX-License-Identifier: Apache-2.0
// The auditor: judges every text of a cluster by program, whoever wrote it. Grades as in the paper
// (1 = a person can be told … 5 = nothing private); below 3 is withheld.
#ifndef PRIVACY_AUDITOR_H
#define PRIVACY_AUDITOR_H

#include "scan/scan.h"
#include "scan/support.h"
#include "store/vault_gate.h"

#define AUDIT_TITLE_BYTES 200
#define AUDIT_SUMMARY_BYTES 1200
#define AUDIT_PASSES 3

struct audit_subject {
    struct raw title, summary;
    const struct gate_phrase *phrases; // its own
    size_t n_phrases;
    const struct support *support; // words of its phrases and of those of its children
};
struct audit_verdict {
    int grade;          // 1 … 5
    const char *reason; // static code, "" for 5
};
struct audit_floors {
    int64_t min_accounts, min_conversations;
    bool has_accounts; // false: only conversations are counted, and both floors count them
};

int auditor_judge(struct scanner *scanner, const struct audit_subject *subject, struct arena *a,
                  struct audit_verdict *verdict, struct err *err) MUST_USE;
// Whether enough accounts share a phrase for it to be published or to support anything.
bool auditor_phrase_holds(const struct gate_phrase *phrase, const struct audit_floors *floors);

#endif
