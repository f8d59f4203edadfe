// SPDX-License-Identifier: Apache-2.0
// A window that slides over a file or standard input. Places are offsets in the whole stream, so
// they stay good when the window moves. Reads go in blocks; what a record needs is kept.
#ifndef INGEST_WINDOW_H
#define INGEST_WINDOW_H

#include "base/file.h"
#include "base/hash.h"

struct window {
    int fd;
    const char *path; // borrowed, for sentences
    char *data;
    size_t len, size, block; // bytes
    uint64_t base;           // offset of data[0]
    bool ended;              // nothing follows data[len - 1]
    bool is_file, skipped;   // a regular file; bytes of it were passed over
    char state[FILE_STATE];  // of the file when it was opened
    struct content_digest digest; // of a file's bytes so far, while they are in the cache
};

// "-" is standard input. ERR_NO_INPUT when it is not there, not readable, or a directory.
int window_open(struct window *w, const char *path, size_t block, struct err *err) MUST_USE;
void window_close(struct window *w);
// Reads one more block behind the window; bytes before `keep` may go. Sets `ended` at the end.
int window_more(struct window *w, uint64_t keep, struct err *err) MUST_USE;
// Empties the window and goes on at `offset`, at or behind its end: by seeking, or by reading.
int window_skip_to(struct window *w, uint64_t offset, struct err *err) MUST_USE;
// file_digest of a regular file and its state (base/file.h), with *same: nobody wrote to it while
// it was read. Reads on to the end, and all of it again where bytes were skipped. *same is false
// for what is no regular file. The window is of no use behind it.
int window_digest(struct window *w, char hex[DIGEST_HEX], char state[FILE_STATE], bool *same,
                  struct err *err) MUST_USE;

static inline uint64_t window_end(const struct window *w)
{
    return w->base + w->len;
}
static inline const char *window_at(const struct window *w, uint64_t offset)
{
    assert(offset >= w->base && offset <= window_end(w));
    return w->data + (offset - w->base);
}
static inline struct str window_text(const struct window *w, uint64_t from, uint64_t to)
{
    return str_make(window_at(w, from), (size_t)(to - from));
}

#endif
