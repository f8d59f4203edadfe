// SPDX-License-Identifier: Apache-2.0
// One error value, on the caller's stack. A function that can fail returns 0 or an err_code and
// fills *err; on success it leaves *err alone, so calls chain:
//
//     int rc = first(x, err);
//     if (!rc)
//         rc = second(x, err);
//     return rc;
//
// The code is for the program, the text is a sentence for the person: what happened, where, and
// what to do. Text of people's conversations never goes into it. `err` may not be NULL.
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/prelude.h"

// code, exit status of the command, name
#define ERR_CODES(X)                                                                              \
    X(ERR_NONE, 0, "ok")                                                                          \
    X(ERR_FAILURE, 1, "failure")                                                                  \
    X(ERR_USAGE, 2, "usage")                                                                      \
    X(ERR_PRIVACY, 3, "privacy gate failed")                                                      \
    X(ERR_BUDGET, 4, "budget reached")                                                            \
    X(ERR_GAPS, 5, "finished with gaps")                                                          \
    X(ERR_DATA, 65, "bad data")                                                                   \
    X(ERR_NO_INPUT, 66, "no input")                                                               \
    X(ERR_UNAVAILABLE, 69, "unavailable")                                                         \
    X(ERR_SOFTWARE, 70, "internal error")                                                         \
    X(ERR_CANNOT_CREATE, 73, "cannot create")                                                     \
    X(ERR_IO, 74, "input/output error")                                                           \
    X(ERR_TRY_AGAIN, 75, "try again later")                                                       \
    X(ERR_CONFIG, 78, "bad configuration")                                                        \
    X(ERR_INTERRUPTED, 130, "interrupted")                                                        \
    X(ERR_TERMINATED, 143, "terminated")

enum err_code {
#define ERR_ENUM(code, status, name) code = (status),
    ERR_CODES(ERR_ENUM)
#undef ERR_ENUM
};

struct err {
    enum err_code code;
    char text[480]; // NUL-terminated, one line, cut at a character boundary when too long
};

// Sets code and sentence, returns the code: `return err_set(err, ERR_DATA, "…")`.
int err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
// As err_set, with ": " and the system's text for `errnum` behind the sentence.
int err_set_errno(struct err *err, enum err_code code, int errnum, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
// Puts "where: " in front of the sentence that is there; returns the code that is there.
int err_add(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
// `code` is never ERR_NONE. The macros say so to the compiler, which then knows that what comes
// behind `if (!rc)` does not follow a failure.
#define err_set(...) err_failed(err_set(__VA_ARGS__))
#define err_set_errno(...) err_failed(err_set_errno(__VA_ARGS__))
#define err_add(...) err_failed(err_add(__VA_ARGS__))
static inline int err_failed(int code)
{
    if (code == ERR_NONE)
        __builtin_unreachable();
    return code;
}
// Behind a call that ended with `rc` and *err (none, or one that does not end the work): `later`,
// with *more, takes its place where it is one.
int err_instead(int rc, struct err *err, int later, const struct err *more) MUST_USE;
// Back to ERR_NONE with an empty text.
void err_clear(struct err *err);
const char *err_name(enum err_code code); // static text

#endif
