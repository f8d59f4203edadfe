// SPDX-License-Identifier: Apache-2.0
// Private to access/.
#ifndef ACCESS_ACCESS_INT_H
#define ACCESS_ACCESS_INT_H

#include "access/access.h"
#include "base/map.h"
#include "store/access_store.h"

#define MOST_ATTEMPTS_A_MINUTE                                                                     \
    30 // of one user, or of all names that are not there together; each
       // costs a password's hash

// Seconds that a clock may go back without a word: what is later than that was written before the
// clock was set back, and its time is not known.
#define CLOCK_SLACK 120

struct attempt_ring { // when the last ones came
    int64_t at[MOST_ATTEMPTS_A_MINUTE];
    size_t next;
};

struct access {
    struct access_store *store;
    struct access_log *log;
    struct access_options options;
    char nobody[PASSWORD_HASH]; // hash of a password that nobody knows: what unknown names get
    struct attempt_ring strangers; // names that are not there
    struct map ring_of;            // a user's name -> its place in rings
    struct attempt_ring *rings;
    size_t n_rings_room;
    int64_t n_beyond, beyond_since; // tries that were let in no more and are not in the log yet
};

// Every entry of the log belongs to a transaction between these two: when the program is killed
// after the entry and before the end, rows are as they were and the next begin (or access_open)
// adds an entry "undone" that names it. begin: ERR_PRIVACY when access.db knows of entries that the
// log lacks. end: of the rows too when rc is not 0; returns rc or what went wrong.
int access_change_begin(struct access *access, struct err *err) MUST_USE;
int access_change_end(struct access *access, int rc, struct err *err) MUST_USE;
// Role of a user's row; ROLE_NONE when it is disabled.
enum role user_role_of(const struct user_row *row);
uint64_t name_hash_of(struct str name);
// Writes how many tries were let in no more, when there are some, as one line of the log.
int session_tell_beyond(struct access *access, struct err *err) MUST_USE;

#endif
