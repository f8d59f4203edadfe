// SPDX-License-Identifier: Apache-2.0
#include "base/known_sha256.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEAST_BYTES ((int64_t)1 << 20) // below, reading it costs nothing
#define FRESH_SECONDS 3 // a file system may stamp two changes with one time within a second or two
#define MOST_LIST ((size_t)1 << 16)
#define MOST_LINES 64
#define MOST_LINE 256

// What a line begins with, a space at its end.
static void name_file(const struct stat *st, char line[MOST_LINE])
{
    char state[FILE_STATE];
    file_state(st, state);
    snprintf(line, MOST_LINE, "%s ", state);
}

static bool list_path(char path[LIMIT_PATH_BYTES], struct err *err)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char dir[LIMIT_PATH_BYTES - 16];
    bool own = cache && *cache;
    if (!own && (!home || !*home))
        return false;
    int n = snprintf(dir, sizeof dir, "%s%s/clio", own ? cache : home, own ? "" : "/.cache");
    if (n < 0 || (size_t)n >= sizeof dir || file_make_dir(dir, err))
        return false;
    snprintf(path, LIMIT_PATH_BYTES, "%s/sha256", dir);
    return true;
}

// Whether nobody else can have written it; a list that is not there is nobody's.
static bool is_ours(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
           (st.st_mode & 077) == 0;
}

static bool is_hex(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
            return false;
    return s.len == DIGEST_HEX - 1;
}

static bool find(struct str list, struct str name, char hex[DIGEST_HEX])
{
    struct str line;
    while (list.len && str_cut(&list, '\n', &line)) {
        struct str digest = str_starts(line, name) ? str_from(line, name.len) : STR_LIT("");
        if (!is_hex(digest))
            continue;
        memcpy(hex, digest.ptr, digest.len);
        hex[digest.len] = 0;
        return true;
    }
    return false;
}

// The new line before the others, but for those of the same file as it was before.
static void add_line(const char *path, struct str list, struct str name, const char *hex)
{
    struct err ignored = { 0 }; // the next command reads the file again
    struct buf out;
    struct str line, same = name, device, inode;
    str_cut(&same, ' ', &device);
    str_cut(&same, ' ', &inode);
    same = str_head(name, device.len + inode.len + 2);
    buf_init(&out, MOST_LIST, "known files");
    int rc = buf_printf(&out, &ignored, "%.*s%s\n", STR_ARG(name), hex);
    for (size_t n = 1; !rc && n < MOST_LINES && list.len && str_cut(&list, '\n', &line);)
        if (line.len && line.len < MOST_LINE && !str_starts(line, same)) {
            rc = buf_printf(&out, &ignored, "%.*s\n", STR_ARG(line));
            n++;
        }
    if (!rc && file_write_private(path, buf_view(&out), &ignored))
        err_clear(&ignored);
    buf_release(&out);
}

int known_sha256(const char *path, char hex[DIGEST_HEX], struct err *err)
{
    struct arena a = { 0 };
    struct err none = { 0 };
    struct stat before, after;
    struct str list = STR_LIT("");
    char list_at[LIMIT_PATH_BYTES], name[MOST_LINE], now[MOST_LINE];
    bool may = stat(path, &before) == 0 && S_ISREG(before.st_mode) &&
               before.st_size >= LEAST_BYTES && list_path(list_at, &none);
    if (may && is_ours(list_at) && file_read(&a, list_at, MOST_LIST, &list, &none))
        list = STR_LIT("");
    if (may)
        name_file(&before, name);
    bool known = may && find(list, str_of(name), hex);
    int rc = known ? 0 : file_sha256(path, hex, err);
    if (!rc && may && !known && stat(path, &after) == 0) {
        name_file(&after, now);
        if (strcmp(name, now) == 0 && clock_unix() - after.st_ctim.tv_sec > FRESH_SECONDS)
            add_line(list_at, list, str_of(name), hex);
    }
    arena_release(&a);
    return rc;
}
