// SPDX-License-Identifier: Apache-2.0
#include "base/cache.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool cache_path(const char *name, char path[LIMIT_PATH_BYTES])
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    bool own = cache && *cache;
    struct err ignored = { 0 };
    if (!own && (!home || !*home))
        return false;
    int n = snprintf(path, LIMIT_PATH_BYTES, "%s%s/clio/%s", own ? cache : home,
                     own ? "" : "/.cache", name);
    if (n < 0 || (size_t)n >= LIMIT_PATH_BYTES)
        return false;
    char *slash = strrchr(path, '/');
    *slash = 0;
    bool made = file_make_dir(path, &ignored) == 0;
    *slash = '/';
    return made;
}

bool cache_is_ours(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
           (st.st_mode & 077) == 0;
}
