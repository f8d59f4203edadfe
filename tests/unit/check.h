// SPDX-License-Identifier: Apache-2.0
// What unit tests share: cmocka with what it needs before it, texts compared as texts, success
// with the sentence of the error shown, and a directory of the test's own.
#ifndef TESTS_UNIT_CHECK_H
#define TESTS_UNIT_CHECK_H

#include "base/err.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define assert_text(got, want) check_text((got), (want), __FILE__, __LINE__)
static inline void check_text(struct str got, const char *want, const char *file, int line)
{
    struct str wanted = str_of(want);
    if (!str_equal(got, wanted)) {
        print_error("\"%.*s\" instead of \"%.*s\"\n", STR_ARG(got), STR_ARG(wanted));
        _fail(file, line);
    }
}

#define assert_ok(call) check_status((call), 0, &err, __FILE__, __LINE__)
#define assert_error(call, code) check_status((call), (code), &err, __FILE__, __LINE__)
static inline void check_status(int got, int want, const struct err *err, const char *file,
                                int line)
{
    if (got != want || (want && ((int)err->code != want || !err->text[0]))) {
        print_error("code %d (%s) instead of %d\n", got, got ? err->text : "ok", want);
        _fail(file, line);
    }
}

// A fresh directory; given back with remove_dir, which takes its files with it.
static inline void make_dir(char path[256])
{
    const char *top = getenv("TMPDIR");
    snprintf(path, 256, "%s/clio-unit-XXXXXX", top ? top : P_tmpdir);
    assert_non_null(mkdtemp(path));
}

static inline void remove_dir(const char *path)
{
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    assert_int_equal(system(command), 0);
}

#endif
