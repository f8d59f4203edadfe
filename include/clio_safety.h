// SPDX-License-Identifier: Apache-2.0
// Trust and safety: signals for human review. Results go to DIR/safety.db, as private as the vault,
// and to `out`: text, or JSON with the setting `json`. No call acts on an account.
#ifndef CLIO_SAFETY_H
#define CLIO_SAFETY_H

#include "clio.h"

#ifdef __cplusplus
extern "C" {
#endif

// `what`: "run" (clusters without floors by concern, languages that they have more of),
// "coordinated" (accounts that send similarly built prompts), "classifier" (setting `column` beside
// concern) or "drop" (forgets that of `column`). docs/safety.md says what the numbers are. `of`:
// the clustered facet whose clusters "run" and "classifier" show without keeping them; NULL: the
// first, and they are kept.
int clio_safety(struct clio *session, const char *dir, const char *what, const char *of, FILE *out,
                struct clio_error *error);

// Stored questions about the stream. `what`: "add" (name, and the question as JSON), "drop" (name),
// "list" or "run": counts by day, judges, writes alerts that are new; also to the settings
// `alert-file`, `mail-to` and `webhook`. name, question and `of` (of add: the clustered facet whose
// tree the question is about) are NULL where they do not belong.
int clio_watch(struct clio *session, const char *dir, const char *what, const char *name,
               const char *question, const char *of, FILE *out, struct clio_error *error);

// After a new batch: clio_watch "run" where the run in `dir` keeps watches, else nothing.
int clio_watch_batch(struct clio *session, const char *dir, FILE *out, struct clio_error *error);

#ifdef __cplusplus
}
#endif
#endif
