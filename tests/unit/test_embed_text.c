// SPDX-License-Identifier: Apache-2.0
// Marks of the scanner leave the text that becomes a vector, and nothing else does.
#include "cluster/embed_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void marks_leave(void **state)
{
    static const char *const cases[][2] = {
        { "create a letter to [name] about work", "create a letter to about work" },
        { "[person] and [place]: a story", "and : a story" },
        { "a story of [organisation]", "a story of" },
        { "the [name]-based app", "the -based app" },
        { "[name][place] trip", "trip" },
        { "an array [n] and a [names] list", "an array [n] and a [names] list" },
        { "two  spaces stay", "two  spaces stay" },
        { "[name] [person]", "[name] [person]" },
        { "[name", "[name" },
        { "", "" },
    };
    struct arena a = { 0 };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct str got = embed_text(str_of(cases[i][0]), &a);
        if (!str_equal(got, str_of(cases[i][1])))
            fail_msg("\"%s\" became \"%.*s\"", cases[i][0], STR_ARG(got));
    }
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(marks_leave) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
