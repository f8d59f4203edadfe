// SPDX-License-Identifier: Apache-2.0
// Who may see what, and the record of who did. One struct access is one run directory's users
// (access.db) and log; a server or a command holds it, on one thread.
//
// Roles are no ladder: safety may open text, admin may not. A route, a page or a verb names the set
// of roles that it is for.
#ifndef ACCESS_ACCESS_H
#define ACCESS_ACCESS_H

#include "access/access_log.h"
#include "base/crypto.h"

// role, bit, name
#define ROLES(X)                                                                                   \
    X(ROLE_NONE, 1u, "signed out")                                                                 \
    X(ROLE_VIEWER, 2u, "viewer")                                                                   \
    X(ROLE_ANALYST, 4u, "analyst")                                                                 \
    X(ROLE_SAFETY, 8u, "safety")                                                                   \
    X(ROLE_ADMIN, 16u, "admin")
enum role {
#define ROLE_ENUM(role, bit, name) role = (bit),
    ROLES(ROLE_ENUM)
#undef ROLE_ENUM
};
#define ROLES_SIGNED_IN (2u | 4u | 8u | 16u)
#define ROLES_ALL (1u | ROLES_SIGNED_IN)
const char *role_name(enum role role); // static; "" for no role
// ROLE_NONE when there is none of that name that a user can have.
enum role role_find(struct str name);

struct access_options {
    struct password_cost cost;           // zeros: 64 MiB and three passes, about 0.2 s
    int64_t (*now)(const void *context); // NULL: the clock
    const void *context;
};
struct access;
// ERR_NO_INPUT when there is no vault in the directory: then nobody needs access to it.
int access_check_dir(const char *dir, struct err *err) MUST_USE;
// `create`: makes access.db and the log when they are not there; else ERR_NO_INPUT.
int access_open(struct access **access, const char *dir, bool create,
                const struct access_options *options, struct err *err) MUST_USE;
void access_close(struct access *access); // accepts NULL
int64_t access_now(const struct access *access);
// One entry of the log, at the time that it is.
int access_note(struct access *access, struct str actor, const char *what, struct str object,
                struct str detail, struct err *err) MUST_USE;

// Rules that a person may change, with their defaults. ------------------------------------------
#define POLICIES(X)                                                                                \
    X(POLICY_TOTP, "totp", 1, 0, 1, "1: safety and admin must sign in with a code too")            \
    X(POLICY_SECOND_PERSON, "second-person", 0, 0, 1, "1: a permit waits for somebody else's yes") \
    X(POLICY_PERMIT_MINUTES, "permit-minutes", 30, 1, 1440, "how long a permit lasts")             \
    X(POLICY_LOOKS, "looks-per-hour", 60, 1, 100000, "most looks of one user in an hour")          \
    X(POLICY_IDLE_MINUTES, "idle-minutes", 30, 1, 1440, "a session unused for so long ends")       \
    X(POLICY_SESSION_HOURS, "session-hours", 12, 1, 168, "a session ends after so long in any case")
enum policy {
#define POLICY_ENUM(policy, name, initial, least, most, help) policy,
    POLICIES(POLICY_ENUM)
#undef POLICY_ENUM
        N_POLICIES
};
struct policy_row {
    const char *name, *help;
    int64_t initial, least, most;
};
const struct policy_row *policy_table(void); // N_POLICIES of them
int access_get_policy(struct access *access, enum policy policy, int64_t *value,
                      struct err *err) MUST_USE;
// ERR_USAGE for a name or value that does not exist. Logged.
int access_set_policy(struct access *access, struct str actor, struct str name, int64_t value,
                      struct err *err) MUST_USE;

// Users. Each change is logged and ends the sessions and permits of that user. ------------------
#define USER_LEAST_PASSWORD 12 // bytes
struct user {
    struct str name;
    enum role role;
    bool disabled, has_totp;
};
// ERR_USAGE: a name with other characters than a-z, 0-9 . _ -, one that is there, or a password
// that is too short, too common, or the name itself.
int user_add(struct access *access, struct str actor, struct str name, enum role role,
             struct str password, struct err *err) MUST_USE;
int user_set_password(struct access *access, struct str actor, struct str name, struct str password,
                      struct err *err) MUST_USE; // and unlocks
int user_set_role(struct access *access, struct str actor, struct str name, enum role role,
                  struct err *err) MUST_USE;
int user_set_disabled(struct access *access, struct str actor, struct str name, bool disabled,
                      struct err *err) MUST_USE;
// A new secret; *uri is what an authenticator reads (otpauth://…), shown once and kept nowhere.
int user_make_totp(struct access *access, struct str actor, struct str name, struct arena *a,
                   struct str *uri, struct err *err) MUST_USE;
int user_list(struct access *access, struct arena *a, struct user **list, size_t *n,
              struct err *err) MUST_USE;

#endif
