// SPDX-License-Identifier: Apache-2.0
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Cuts a text that filled its buffer back to the end of a whole UTF-8 character, and makes it one
// line: what came from outside may hold line ends.
static void tidy(char *text, size_t size, int n_wanted)
{
    size_t len = strlen(text);
    if (n_wanted >= (int)size && len) {
        size_t start = len;
        while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
            start--;
        if (start > 0 && ((unsigned char)text[start - 1] & 0x80))
            text[start - 1] = 0;
    }
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            *p = ' ';
}

int (err_set)(struct err *err, enum err_code code, const char *fmt, ...)
{
    va_list args;
    if (code == ERR_NONE)
        BUG("an error without a code: %s", fmt);
    va_start(args, fmt);
    int n = vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    err->code = code;
    tidy(err->text, sizeof err->text, n);
    return (int)code;
}

int (err_set_errno)(struct err *err, enum err_code code, int errnum, const char *fmt, ...)
{
    char what[sizeof err->text], system[96];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    const char *reason = strerror_r(errnum, system, sizeof system);
    return err_set(err, code, "%s: %s", what, reason);
}

int (err_add)(struct err *err, const char *fmt, ...)
{
    char where[sizeof err->text], old[sizeof err->text];
    va_list args;
    va_start(args, fmt);
    vsnprintf(where, sizeof where, fmt, args);
    va_end(args);
    memcpy(old, err->text, sizeof old);
    return err_set(err, err->code, "%s: %s", where, old);
}

int err_instead(int rc, struct err *err, int later, const struct err *more)
{
    if (later)
        *err = *more;
    return later ? later : rc;
}

void err_clear(struct err *err)
{
    err->code = ERR_NONE;
    err->text[0] = 0;
}

const char *err_name(enum err_code code)
{
    switch (code) {
#define ERR_CASE(c, status, name)                                                                 \
    case c:                                                                                       \
        return name;
        ERR_CODES(ERR_CASE)
#undef ERR_CASE
    }
    return "unknown error";
}

void bug_at(const char *file, int line, const char *fmt, ...)
{
    va_list args;
    fprintf(stderr, "clio: internal error at %s:%d: ", file, line);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputs("\nPlease report this; your run directory is not damaged.\n", stderr);
    abort();
}
