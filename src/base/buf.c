// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t max, const char *what)
{
    *b = (struct buf){ .max = max, .what = what };
}

void buf_release(struct buf *b)
{
    free(b->ptr);
    buf_init(b, b->max, b->what);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->ptr)
        b->ptr[0] = 0;
}

struct str buf_view(const struct buf *b)
{
    return str_make(b->ptr ? b->ptr : "", b->len);
}

char *buf_room(struct buf *b, size_t n, struct err *err)
{
    size_t need;
    if (!size_add(b->len, n, &need) || need > b->max) {
        err_set(err, ERR_DATA, "this %s is larger than %zu bytes, the most that is read", b->what,
                b->max);
        return NULL;
    }
    if (need + 1 > b->size) {
        size_t size = size_max(need + 1, size_min(b->size + b->size / 2, b->max + 1));
        char *grown = realloc(b->ptr, size_max(size, 64));
        if (!grown)
            arena_die(size);
        b->ptr = grown;
        b->size = size_max(size, 64);
    }
    return b->ptr + b->len;
}

int buf_add(struct buf *b, struct str s, struct err *err)
{
    char *place = buf_room(b, s.len, err);
    if (!place)
        return (int)err->code;
    if (s.len)
        memcpy(place, s.ptr, s.len);
    b->len += s.len;
    b->ptr[b->len] = 0;
    return 0;
}

int buf_add_char(struct buf *b, char c, struct err *err)
{
    return buf_add(b, str_make(&c, 1), err);
}

int buf_printf(struct buf *b, struct err *err, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        BUG("bad format \"%s\"", fmt);
    char *place = buf_room(b, (size_t)n, err);
    if (place) {
        vsnprintf(place, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
    return place ? 0 : (int)err->code;
}

void buf_drop(struct buf *b, size_t n)
{
    assert(n <= b->len);
    if (n)
        memmove(b->ptr, b->ptr + n, b->len - n + 1);
    b->len -= n;
}
