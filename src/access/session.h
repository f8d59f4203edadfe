// SPDX-License-Identifier: Apache-2.0
// Signing in and staying signed in. A session is 32 random bytes in a cookie; the store keeps their
// hash only. A new one is made at every sign-in and none is ever taken from the browser.
#ifndef ACCESS_SESSION_H
#define ACCESS_SESSION_H

#include "access/access.h"

#define SESSION_TOKEN 65 // 64 hex digits and a NUL
#define SESSION_TOKEN_LEN (SESSION_TOKEN - 1)

struct visitor {
    enum role role; // ROLE_NONE: signed out
    char name[65];
    char form[SESSION_TOKEN]; // what forms of this session carry (against forged requests)
};

enum sign_in {
    SIGN_IN_OK,
    SIGN_IN_REFUSED, // name, password or code; which of them is not said
    SIGN_IN_BUSY,    // too many of this name, or of names that are not there, in this minute
};
// After five failures a name is locked for a minute, after each further one twice as long, up to an
// hour; whether such a user is there makes no difference, in words or in time. Every outcome is one
// entry of the log. `old` (may be empty) is a session cookie that came with the request: it ends.
int session_begin(struct access *access, struct str name, struct str password, struct str code,
                  struct str old, enum sign_in *outcome, char token[SESSION_TOKEN],
                  struct err *err) MUST_USE;
// Who the cookie belongs to; ROLE_NONE when it is none, too old, unused for too long, or when the
// user is disabled or lacks a code that the rules now ask for. Counts as use.
int session_find(struct access *access, struct str token, struct visitor *visitor,
                 struct err *err) MUST_USE;
int session_end(struct access *access, struct str token, struct err *err) MUST_USE;
// Whether a form carries what this session's forms carry.
bool session_fits_form(const struct visitor *visitor, struct str form);

#endif
