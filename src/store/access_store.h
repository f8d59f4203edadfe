// SPDX-License-Identifier: Apache-2.0
// access.db in a run's directory: users, sessions, permits (access.sql). Rows in, rows out; every
// rule about them is in access/, the only folder that includes this.
#ifndef STORE_ACCESS_STORE_H
#define STORE_ACCESS_STORE_H

#include "base/arena.h"
#include "base/crypto.h"

struct access_store;
// Makes DIR/access.db (0600) when `create`. ERR_NO_INPUT, ERR_DATA, ERR_CONFIG as vault_open.
int access_store_open(struct access_store **store, const char *dir, bool create,
                      struct err *err) MUST_USE;
void access_store_close(struct access_store *store); // accepts NULL
int access_store_begin(struct access_store *store, struct err *err) MUST_USE;
// Commits when rc is 0, else rolls back; returns rc, or what the commit returned.
int access_store_end(struct access_store *store, int rc, struct err *err) MUST_USE;

int access_store_get_setting(struct access_store *store, const char *key, int64_t initial,
                             int64_t *value, struct err *err) MUST_USE;
int access_store_put_setting(struct access_store *store, const char *key, int64_t value,
                             struct err *err) MUST_USE;

#define USER_MOST_NAME 64
#define TOTP_BYTES 32
struct user_row {
    char name[USER_MOST_NAME + 1], role[16];
    bool disabled, has_totp;
    char password[PASSWORD_HASH];
    unsigned char totp[TOTP_BYTES];
    int64_t totp_step;
};
int access_store_get_user(struct access_store *store, struct str name, struct user_row *user,
                          bool *found, struct err *err) MUST_USE;
int access_store_put_user(struct access_store *store, const struct user_row *user, struct err *err)
    MUST_USE; // added, or in the place of the one with its name
int access_store_list_users(struct access_store *store, struct arena *a, struct user_row **list,
                            size_t *n, struct err *err) MUST_USE; // by name

// Steps whose codes were taken. Forget: all of a user's, whose secret is a new one.
int access_store_is_code_used(struct access_store *store, struct str name, int64_t step, bool *used,
                              struct err *err) MUST_USE;
int access_store_use_code(struct access_store *store, struct str name, int64_t step,
                          struct err *err) MUST_USE;
int access_store_forget_codes(struct access_store *store, struct str name,
                              struct err *err) MUST_USE;

struct attempt_row {
    uint64_t name_hash;
    int64_t n_failed, last, locked_until;
};
// A row of zeros when there is none.
int access_store_get_attempt(struct access_store *store, uint64_t name_hash,
                             struct attempt_row *attempt, struct err *err) MUST_USE;
// Rows whose last failure is before `forget` go, so that made-up names cannot fill the file.
int access_store_put_attempt(struct access_store *store, const struct attempt_row *attempt,
                             int64_t forget, struct err *err) MUST_USE;

struct session_row {
    char token_hash[DIGEST_HEX], name[USER_MOST_NAME + 1];
    int64_t born, seen;
};
int access_store_get_session(struct access_store *store, const char *token_hash,
                             struct session_row *session, bool *found, struct err *err) MUST_USE;
int access_store_put_session(struct access_store *store, const struct session_row *session,
                             struct err *err) MUST_USE; // a new one
// Sets `seen`; a session that was dropped meanwhile stays dropped.
int access_store_touch_session(struct access_store *store, const char *token_hash, int64_t seen,
                               struct err *err) MUST_USE;
int access_store_drop_session(struct access_store *store, const char *token_hash,
                              struct err *err) MUST_USE;
int access_store_drop_sessions_of(struct access_store *store, struct str name,
                                  struct err *err) MUST_USE; // and closes their permits

struct permit_row {
    int64_t id;                                                  // 0: to be added
    char name[USER_MOST_NAME + 1], approver[USER_MOST_NAME + 1]; // approver "": none
    int64_t cluster_id, asked, expires; // expires 0: waits for a second person
    struct str clusters, reason;        // clusters: the clustering that cluster_id is of
    bool closed;
};
int access_store_get_permit(struct access_store *store, int64_t id, struct arena *a,
                            struct permit_row *permit, bool *found, struct err *err) MUST_USE;
int access_store_put_permit(struct access_store *store, struct permit_row *permit,
                            struct err *err) MUST_USE; // sets id of a new one
// The newest `most`, and those before that are not closed and run out after `now` or wait since
// after `since`; newest first.
int access_store_list_permits(struct access_store *store, size_t most, int64_t now, int64_t since,
                              struct arena *a, struct permit_row **list, size_t *n,
                              struct err *err) MUST_USE;
// A user's for a cluster that are not closed, newest first.
int access_store_find_permits(struct access_store *store, struct str name, int64_t cluster_id,
                              struct arena *a, struct permit_row **list, size_t *n,
                              struct err *err) MUST_USE;

// How deep `subject` was opened under the permit; 0: not at all.
int access_store_get_depth(struct access_store *store, int64_t permit_id, int64_t subject,
                           int64_t *depth, struct err *err) MUST_USE;
int access_store_add_looked(struct access_store *store, int64_t permit_id, int64_t subject,
                            int64_t depth, struct str name, int64_t time, struct err *err) MUST_USE;
// When a user's nth newest look (1: the newest) of those from `since` to `until` was; 0: there are
// not so many.
int access_store_nth_looked(struct access_store *store, struct str name, int64_t nth, int64_t since,
                            int64_t until, int64_t *time, struct err *err) MUST_USE;

#endif
