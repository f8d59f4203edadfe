// SPDX-License-Identifier: Apache-2.0
#include "base/known_sha256.h"

#include "base/buf.h"
#include "base/cache.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

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
               before.st_size >= LEAST_BYTES && cache_path("sha256", list_at);
    if (may && cache_is_ours(list_at) && file_read(&a, list_at, MOST_LIST, &list, &none))
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
