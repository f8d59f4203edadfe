// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// *size is SIZE_MAX when only the end tells: of a pipe, a terminal, or what the kernel makes up.
static int open_to_read(const char *path, int *fd, size_t *size, struct err *err)
{
    struct stat st;
    *fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                 : open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0)
        return err_set_errno(err, ERR_NO_INPUT, errno, "%s cannot be opened", path);
    if (fstat(*fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        close(*fd);
        return err_set(err, ERR_NO_INPUT, "%s is a directory; name a file", path);
    }
    *size = S_ISREG(st.st_mode) && st.st_size ? (size_t)st.st_size : SIZE_MAX;
    return 0;
}

static int read_all(int fd, const char *path, char *to, size_t size, struct err *err)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = read(fd, to + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(err, ERR_IO, errno, "%s cannot be read", path);
        if (n == 0)
            return err_set(err, ERR_IO, "%s became shorter while it was read", path);
        done += (size_t)n;
    }
    return 0;
}

static int refuse_size(const char *path, size_t max, struct err *err)
{
    return err_set(err, ERR_DATA, "%s has more than the %zu bytes that are read of it", path, max);
}

static int read_sized(struct arena *a, int fd, const char *path, size_t size, struct str *out,
                      struct err *err)
{
    char *text = arena_alloc(a, size + 1);
    int rc = read_all(fd, path, text, size, err);
    text[rc ? 0 : size] = 0;
    *out = str_make(text, rc ? 0 : size);
    return rc;
}

static int read_to_end(struct arena *a, int fd, const char *path, size_t max, struct str *out,
                       struct err *err)
{
    size_t room = (size_t)64 << 10, n = 0;
    char *text = arena_alloc(a, room + 1);
    for (;;) {
        if (n == room) {
            text = arena_grow(a, text, room + 1, 2 * room + 1);
            room *= 2;
        }
        ssize_t got = read(fd, text + n, room - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(err, ERR_IO, errno, "%s cannot be read", path);
        n += (size_t)got;
        if (n > max)
            return refuse_size(path, max, err);
        if (got == 0)
            break;
    }
    text[n] = 0;
    *out = str_make(text, n);
    return 0;
}

int file_read(struct arena *a, const char *path, size_t max, struct str *out, struct err *err)
{
    int fd;
    size_t size;
    int rc = open_to_read(path, &fd, &size, err);
    if (rc)
        return rc;
    if (size == SIZE_MAX)
        rc = read_to_end(a, fd, path, max, out, err);
    else if (size > max)
        rc = refuse_size(path, max, err);
    else
        rc = read_sized(a, fd, path, size, out, err);
    close(fd);
    return rc;
}

// 0 or what errno says.
static int write_all(int fd, struct str content)
{
    for (size_t done = 0; done < content.len;) {
        ssize_t n = write(fd, content.ptr + done, content.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        done += (size_t)n;
    }
    return 0;
}

void file_sync_folder(const char *path)
{
    char folder[LIMIT_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
             slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)!fsync(fd);
    close(fd);
}

int file_sync(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    return failed ? err_set_errno(err, ERR_IO, failed, "%s cannot be written", path) : 0;
}

static int write_beside(const char *path, struct str content, mode_t mode, struct err *err)
{
    char beside[LIMIT_PATH_BYTES];
    int n = snprintf(beside, sizeof beside, "%s.%ld.part", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof beside)
        return err_set(err, ERR_CANNOT_CREATE, "the path %.100s… is too long", path);
    // Never into a file that somebody put there first, who would own it and choose its mode.
    unlink(beside);
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return err_set_errno(err, ERR_CANNOT_CREATE, errno, "%s cannot be created", path);
    int failed = write_all(fd, content);
    if (!failed && fsync(fd) != 0)
        failed = errno;
    if (close(fd) != 0 && !failed)
        failed = errno;
    if (!failed && rename(beside, path) != 0)
        failed = errno;
    if (!failed) {
        file_sync_folder(path);
        return 0;
    }
    unlink(beside);
    return err_set_errno(err, ERR_CANNOT_CREATE, failed, "%s cannot be written", path);
}

int file_write(const char *path, struct str content, struct err *err)
{
    return write_beside(path, content, 0644, err);
}

int file_write_private(const char *path, struct str content, struct err *err)
{
    return write_beside(path, content, 0600, err);
}

// Standard output may be a file that others append to: what is there stays, as with `>>`.
static int open_through(const char *path)
{
    if (strcmp(path, "/dev/stdout") == 0)
        return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    return open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
}

static int write_through(const char *path, struct str content, struct err *err)
{
    int fd = open_through(path);
    if (fd < 0)
        return err_set_errno(err, ERR_CANNOT_CREATE, errno, "%s cannot be opened", path);
    int failed = write_all(fd, content);
    if (close(fd) != 0 && !failed)
        failed = errno;
    return failed ? err_set_errno(err, ERR_CANNOT_CREATE, failed, "%s cannot be written", path) : 0;
}

int file_write_named(const char *path, struct str content, struct err *err)
{
    struct stat link, st;
    bool is_link = lstat(path, &link) == 0 && S_ISLNK(link.st_mode);
    bool is_there = stat(path, &st) == 0;
    bool is_plain = is_there ? S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) : !is_link;
    if (!is_plain || strcmp(path, "/dev/stdout") == 0)
        return write_through(path, content, err);
    char *target = is_link ? realpath(path, NULL) : NULL;
    if (is_link && !target)
        return err_set_errno(err, ERR_CANNOT_CREATE, errno, "%s cannot be followed", path);
    int rc = write_beside(target ? target : path, content, 0644, err);
    free(target);
    return rc;
}

int file_make_dir(const char *path, struct err *err)
{
    char part[LIMIT_PATH_BYTES];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof part)
        return err_set(err, ERR_CANNOT_CREATE, "the directory name is empty or too long");
    memcpy(part, path, len + 1);
    for (char *p = part + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            if (mkdir(part, 0755) != 0 && errno != EEXIST)
                return err_set_errno(err, ERR_CANNOT_CREATE, errno, "%s cannot be created", part);
            *p = '/';
        }
    if (mkdir(part, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, ERR_CANNOT_CREATE, errno, "%s cannot be created", path);
    if (!file_is_dir(path))
        return err_set(err, ERR_CANNOT_CREATE, "%s is there but is not a directory", path);
    return 0;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool file_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int64_t file_size(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

void file_state(const struct stat *st, char text[FILE_STATE])
{
    snprintf(text, FILE_STATE, "%llu %llu %lld %lld.%09ld %lld.%09ld",
             (unsigned long long)st->st_dev, (unsigned long long)st->st_ino, (long long)st->st_size,
             (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec, (long long)st->st_ctim.tv_sec,
             st->st_ctim.tv_nsec);
}

struct str path_join(struct arena *a, struct str dir, const char *name)
{
    bool slash = dir.len && dir.ptr[dir.len - 1] == '/';
    return arena_printf(a, "%.*s%s%s", STR_ARG(dir), slash ? "" : "/", name);
}

#define LOCK_WORDS 120

// What the holder of the lock said last, with "; " behind it; "" when that is nothing.
static void hear_holder(int fd, char words[LOCK_WORDS])
{
    ssize_t n = pread(fd, words, LOCK_WORDS - 3, 0);
    size_t len = 0;
    while (n > 0 && len < (size_t)n && words[len] >= ' ' && words[len] <= '~')
        len++;
    snprintf(words + len, LOCK_WORDS - len, "%s", len ? "; " : "");
}

int file_lock(const char *path, int *lock, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_CANNOT_CREATE, errno,
                             "%s cannot be opened for writing, which every look at a run directory "
                             "needs; `clio tree` needs no more than to read its atlas",
                             path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        char words[LOCK_WORDS];
        hear_holder(fd, words);
        close(fd);
        return err_set(err, ERR_TRY_AGAIN,
                       "another clio works on this directory (%s%s is locked); wait for it to end",
                       words, path);
    }
    *lock = fd;
    file_lock_say(fd, ""); // of a holder that was killed
    return 0;
}

void file_lock_say(int lock, const char *words)
{
    size_t len = strlen(words);
    // a word that is lost does no harm: the next one comes soon
    if (ftruncate(lock, 0) == 0 && len && pwrite(lock, words, len, 0) < 0)
        return;
}

void file_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}

int file_map_open(struct file_map *map, const char *path, struct err *err)
{
    int fd;
    size_t size;
    *map = (struct file_map){ NULL, 0 };
    int rc = open_to_read(path, &fd, &size, err);
    if (rc)
        return rc;
    if (size != SIZE_MAX) {
        void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED)
            rc = err_set_errno(err, ERR_IO, errno, "%s cannot be mapped", path);
        else
            *map = (struct file_map){ data, size };
    }
    close(fd);
    return rc;
}

void file_map_close(struct file_map *map)
{
    if (map->data)
        munmap((void *)(uintptr_t)map->data, map->size);
    *map = (struct file_map){ NULL, 0 };
}
