// SPDX-License-Identifier: Apache-2.0
#include "ingest/window.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int window_open(struct window *w, const char *path, size_t block, struct err *err)
{
    struct stat info;
    bool is_stdin = strcmp(path, "-") == 0;
    *w = (struct window){ .fd = -1, .path = is_stdin ? "standard input" : path, .block = block };
    w->fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
    if (w->fd < 0)
        return err_set_errno(err, ERR_NO_INPUT, errno,
                             "%s cannot be read; check the name and the permissions", w->path);
    bool known = fstat(w->fd, &info) == 0;
    if (known && S_ISDIR(info.st_mode)) {
        window_close(w);
        return err_set(err, ERR_NO_INPUT, "%s is a directory; name the files in it", w->path);
    }
    w->is_file = known && !is_stdin && S_ISREG(info.st_mode);
    if (w->is_file)
        file_state(&info, w->state);
    content_digest_init(&w->digest);
#ifdef POSIX_FADV_SEQUENTIAL
    posix_fadvise(w->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
#endif
    return 0;
}

void window_close(struct window *w)
{
    if (w->fd >= 0)
        close(w->fd);
    free(w->data);
    *w = (struct window){ .fd = -1 };
}

static int read_some(struct window *w, char *out, size_t size, size_t *n, struct err *err)
{
    ssize_t got;
    do
        got = read(w->fd, out, size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return err_set_errno(err, ERR_IO, errno, "%s cannot be read further than byte %llu",
                             w->path, (unsigned long long)window_end(w));
    *n = (size_t)got;
    return 0;
}

int window_more(struct window *w, uint64_t keep, struct err *err)
{
    size_t drop = (size_t)((keep < window_end(w) ? keep : window_end(w)) - w->base), n = 0;
    if (drop) {
        memmove(w->data, w->data + drop, w->len - drop);
        w->len -= drop;
        w->base += drop;
    }
    if (w->size - w->len < w->block) {
        size_t size = w->len + w->len / 2 + w->block;
        char *grown = realloc(w->data, size);
        if (!grown)
            return err_set(err, ERR_TRY_AGAIN, "out of memory for a record of %zu bytes", w->len);
        w->data = grown;
        w->size = size;
    }
    int rc = read_some(w, w->data + w->len, w->block, &n, err);
    if (w->is_file && !w->skipped)
        content_digest_add(&w->digest, str_make(w->data + w->len, n));
    w->len += n;
    w->ended = !rc && n == 0;
    return rc;
}

static int refuse_shorter(const struct window *w, struct err *err)
{
    return err_set(err, ERR_DATA,
                   "%s is shorter than what was read of it before; give the same input again, or "
                   "a new directory",
                   w->path);
}

int window_skip_to(struct window *w, uint64_t offset, struct err *err)
{
    struct stat info;
    assert(offset >= w->base);
    if (offset > window_end(w) && lseek(w->fd, (off_t)offset, SEEK_SET) == (off_t)offset) {
        if (!fstat(w->fd, &info) && S_ISREG(info.st_mode) && (uint64_t)info.st_size < offset)
            return refuse_shorter(w, err);
        w->skipped = true;
        w->base = offset;
        w->len = 0;
        w->ended = false;
        return 0;
    }
    while (window_end(w) < offset && !w->ended) {
        int rc = window_more(w, window_end(w), err);
        if (rc)
            return rc;
    }
    if (window_end(w) < offset)
        return refuse_shorter(w, err);
    size_t drop = (size_t)(offset - w->base);
    memmove(w->data, w->data + drop, w->len - drop);
    w->len -= drop;
    w->base = offset;
    return 0;
}

// From the first byte on again.
static int begin_again(struct window *w, struct err *err)
{
    if (lseek(w->fd, 0, SEEK_SET) != 0)
        return err_set_errno(err, ERR_IO, errno, "%s cannot be read again", w->path);
    w->base = w->len = 0;
    w->ended = w->skipped = false;
    content_digest_init(&w->digest);
    return 0;
}

int window_digest(struct window *w, char hex[DIGEST_HEX], char state[FILE_STATE], bool *same,
                  struct err *err)
{
    struct stat info;
    int rc = w->is_file && w->skipped ? begin_again(w, err) : 0;
    *same = false;
    while (w->is_file && !rc && !w->ended)
        rc = window_more(w, window_end(w), err);
    if (rc || !w->is_file || fstat(w->fd, &info) != 0)
        return rc;
    content_digest_hex(&w->digest, hex);
    file_state(&info, state);
    *same = strcmp(state, w->state) == 0;
    return 0;
}
