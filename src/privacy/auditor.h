// SPDX-License-Identifier: Apache-2.0
// The auditor: judges every text of a cluster by program, whoever wrote it. Grades as in the paper
// (1 = a person can be told … 5 = nothing private); below 3 it is not published.
#ifndef PRIVACY_AUDITOR_H
#define PRIVACY_AUDITOR_H

#include "privacy/tally.h"
#include "scan/scan.h"
#include "scan/support.h"
#include "store/vault_gate.h"

#define AUDIT_TITLE_CHARACTERS 200
#define AUDIT_SUMMARY_CHARACTERS 1200
#define AUDIT_MOST_BYTES (4 * (AUDIT_TITLE_CHARACTERS + AUDIT_SUMMARY_CHARACTERS) + 2) // "T: S"
#define AUDIT_PASSES 3

struct audit_text {
    struct raw title, summary;
};
struct audit_subject {
    struct raw title, summary;
    struct audit_text above; // the parent's, which a reader has in front of it; empty: none
    const struct gate_phrase *phrases; // its own
    size_t n_phrases;
    const struct support *support; // what enough accounts use; NULL: that is not judged
    const struct tally *tally;     // knows the words that few use; NULL: nothing is looked for that
                                   // is spelled out by letters of several words
    bool by_model;                 // who chose the words; they may not come again and again
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
// The grade of a text by patterns and names alone, of any kind and length: *verdict gets worse,
// never better.
int auditor_grade(struct scanner *scanner, struct str text, struct arena *a,
                  struct audit_verdict *verdict, struct err *err) MUST_USE;
// Whether enough accounts share a phrase for it to be published or to support anything.
bool auditor_phrase_holds(const struct gate_phrase *phrase, const struct audit_floors *floors);
// What a word must reach: accounts, or conversations when there are no accounts.
int64_t auditor_word_floor(const struct audit_floors *floors);

#endif
