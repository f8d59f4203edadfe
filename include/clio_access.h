// SPDX-License-Identifier: Apache-2.0
// Who may look closer at a run: users, rules, the log, and the explorer for those who sign in. The
// conventions are those of clio.h.
// docs/access.md says what each role is for.
#ifndef CLIO_ACCESS_H
#define CLIO_ACCESS_H

#include "clio.h"

#ifdef __cplusplus
extern "C" {
#endif

// Users of the run in `dir` (a run directory that is there). Every change is one entry of the log.
// `value` is what the change needs, else NULL:
//   add       a role, and `secret` the password
//   role      a role: viewer, analyst, safety, admin
//   password  `secret` the new one
//   totp      nothing; the secret for an authenticator is written to `out`, once
//   disable, enable   nothing
int clio_access_user(const char *dir, const char *change, const char *name, const char *value,
                     const char *secret, FILE *out, struct clio_error *error);
bool clio_access_has_role(const char *name); // whether `name`, which may be NULL, is one of them
// One line a user: name, role, whether codes are set, whether it is disabled. Or JSON lines.
int clio_access_users(const char *dir, bool json, FILE *out, struct clio_error *error);
// Sets a rule; with `name` NULL writes all of them, one a line or as JSON lines.
int clio_access_policy(const char *dir, const char *name, const char *value, bool json, FILE *out,
                       struct clio_error *error);
// Status 3 and a sentence when an entry was edited, dropped, added, moved or cut off. `anchor` and
// `key` may be NULL: what an earlier call wrote, and the public key kept elsewhere. Writes how many
// entries there are and the anchor, as text or JSON.
int clio_access_log_verify(const char *dir, const char *anchor, const char *key, bool json,
                           FILE *out, struct clio_error *error);
// The last `most` entries, newest first, as text or JSON lines.
int clio_access_log_show(const char *dir, size_t most, bool json, FILE *out,
                         struct clio_error *error);

// As clio_serve, of the run in `dir`, for those who sign in, with the pages of their role: signals
// of trust and safety, and under a permit accounts and text. ERR_NO_INPUT's status 66 while there
// is no user.
int clio_serve_safety(struct clio *session, const char *dir,
                      const struct clio_serve_options *options, struct clio_error *error);

#ifdef __cplusplus
}
#endif
#endif
