// SPDX-License-Identifier: Apache-2.0
// The auditor's model part (paper, D and G.8; prompts/audit.txt): one question a cluster with its
// title and summary, a grade of 1 … 5. It can only make the program's verdict worse. Who gives no
// grade after all tries does not pass.
#ifndef PRIVACY_AUDITOR_ASK_H
#define PRIVACY_AUDITOR_ASK_H

#include "ask/ask.h"
#include "privacy/auditor.h"

#define AUDIT_MOST_TOKENS 200 // of an answer

extern const char auditor_no_grade[]; // the reason of its verdict

struct auditor_text {
    struct raw title, summary;
};
// verdicts[i]: the program's, made worse where the model grades lower; those below AUDIT_PASSES are
// not asked about. One llm_ask a round for all.
int auditor_ask(struct llm_link *llm, const struct auditor_text *texts, size_t n, struct arena *a,
                struct audit_verdict *verdicts, struct ask_counts *counts,
                struct err *err) MUST_USE;

#endif
