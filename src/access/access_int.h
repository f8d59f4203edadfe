// SPDX-License-Identifier: Apache-2.0
// Private to access/.
#ifndef ACCESS_ACCESS_INT_H
#define ACCESS_ACCESS_INT_H

#include "access/access.h"
#include "store/access_store.h"

#define MOST_ATTEMPTS_A_MINUTE 30 // sign-ins of all users together; each costs a password's hash

struct access {
    struct access_store *store;
    struct access_log *log;
    struct access_options options;
    char nobody[PASSWORD_HASH]; // hash of a password that nobody knows: what unknown names get
    int64_t attempts[MOST_ATTEMPTS_A_MINUTE]; // when the last ones came, a ring
    size_t i_attempt;
};

// Role of a user's row; ROLE_NONE when it is disabled.
enum role user_role_of(const struct user_row *row);
uint64_t name_hash_of(struct str name);

#endif
