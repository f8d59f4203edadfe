// SPDX-License-Identifier: Apache-2.0
// The one door out of the vault: turns `raw` text into `clean`. Nothing else in the program makes a
// struct clean. release_text asks for proof of the floors and for the auditor's verdict, so it
// cannot be called early.
#ifndef PRIVACY_RELEASE_H
#define PRIVACY_RELEASE_H

#include "base/arena.h"

struct release_proof {
    int64_t n_accounts, n_conversations;       // behind the text
    int64_t min_accounts, min_conversations;   // the floors of this run
    bool has_accounts;                         // false: only conversations are counted
    int grade;                                 // the auditor's, 1 … 5
};
// *out is in the arena. ERR_PRIVACY and a reason without the text when a gate does not hold.
int release_text(struct raw text, const struct release_proof *proof, struct arena *a,
                 struct clean *out, struct err *err) MUST_USE;
// The same for one phrase, which has its own floor: accounts where there are some, conversations
// where there are none.
int release_phrase(struct raw text, const struct release_proof *proof, struct arena *a,
                   struct clean *out, struct err *err) MUST_USE;
// For what no person wrote: numbers we counted, names of settings, models and languages out of
// closed lists. The value must be in `allowed` (n of them).
int release_listed(struct str value, const char *const *allowed, size_t n, struct clean *out,
                   struct err *err) MUST_USE;
int release_number(double value, struct arena *a, struct clean *out, struct err *err) MUST_USE;
// A value of the run's own settings, or the last part of a path in one: letters, digits and ._+-
// only, at most 80.
int release_setting(const char *value, struct arena *a, struct clean *out,
                    struct err *err) MUST_USE;
int release_day(int64_t unix_seconds, struct arena *a, struct clean *out,
                struct err *err) MUST_USE; // "2026-11-23", UTC

#endif
