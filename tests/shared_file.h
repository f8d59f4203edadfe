// SPDX-License-Identifier: Apache-2.0
// For unit tests: files that are not part of the project. Corpora lie in ../shared (development and
// CI only; CLIO_SHARED names another place), data that the set-up fetches under
// $XDG_DATA_HOME/clio. A missing one skips the test, and in CI (CI=true) fails it.
#ifndef TESTS_SHARED_FILE_H
#define TESTS_SHARED_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void need_file(const char *path)
{
    if (access(path, R_OK) == 0)
        return;
    const char *ci = getenv("CI");
    if (ci && strcmp(ci, "true") == 0)
        fail_msg("in CI this may not be missing: %s", path);
    print_message("skipped: %s is not there\n", path);
    skip();
}

static inline const char *shared_file(const char *name)
{
    static char path[4096];
    const char *elsewhere = getenv("CLIO_SHARED");
    snprintf(path, sizeof path, "../shared/%s", name);
    if (access(path, R_OK) != 0 && elsewhere)
        snprintf(path, sizeof path, "%s/%s", elsewhere, name);
    need_file(path);
    return path;
}

static inline const char *data_file(const char *name)
{
    static char path[4096];
    const char *own = getenv("CLIO_DATA"), *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (own)
        snprintf(path, sizeof path, "%s/%s", own, name);
    else if (xdg)
        snprintf(path, sizeof path, "%s/clio/%s", xdg, name);
    else
        snprintf(path, sizeof path, "%s/.local/share/clio/%s", home ? home : "", name);
    need_file(path);
    return path;
}

#endif
