// SPDX-License-Identifier: Apache-2.0
// A growing byte buffer that is born with its largest size. Adding past it fails with a sentence,
// so no input can make it grow without bound. The content is always NUL-terminated. Within that
// size it grows or the program ends (arena_die).
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/err.h"
#include "base/text.h"

struct buf {
    char *ptr;
    size_t len, size, max; // bytes; max without the NUL
    const char *what;      // named in the error: "record", "page"
};

// Caller owns the struct; release frees the contents. `what` must live as long as the buffer.
void buf_init(struct buf *b, size_t max, const char *what);
void buf_release(struct buf *b);
void buf_clear(struct buf *b); // empty, memory kept
struct str buf_view(const struct buf *b); // borrowed, valid until b changes

int buf_add(struct buf *b, struct str s, struct err *err) MUST_USE;
int buf_add_char(struct buf *b, char c, struct err *err) MUST_USE;
int buf_add_i64(struct buf *b, int64_t v, struct err *err) MUST_USE; // in decimal
int buf_printf(struct buf *b, struct err *err, const char *fmt, ...) PRINTF_LIKE(3, 4) MUST_USE;
// Drops the first n bytes (n <= len) and moves the rest to the front.
void buf_drop(struct buf *b, size_t n);
// Room for n bytes more behind the content; returns the place, NULL and a sentence at the limit.
char *buf_room(struct buf *b, size_t n, struct err *err) MUST_USE;

#endif
