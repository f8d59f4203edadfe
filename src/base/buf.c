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

int buf_add_i64(struct buf *b, int64_t v, struct err *err)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;
    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (v < 0)
        digits[--at] = '-';
    return buf_add(b, str_make(digits + at, sizeof digits - at), err);
}

// Most texts fit in the room that is there already and are made once; else the length is known now.
int buf_printf(struct buf *b, struct err *err, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    size_t room = b->ptr ? size_min(b->size - b->len, b->max - b->len + 1) : 0;
    char *place = b->ptr ? b->ptr + b->len : NULL;
    int n = vsnprintf(place, room, fmt, args);
    va_end(args);
    if (n < 0)
        BUG("bad format \"%s\"", fmt);
    if ((size_t)n >= room) {
        if (place)
            *place = 0;
        place = buf_room(b, (size_t)n, err);
        if (place)
            vsnprintf(place, (size_t)n + 1, fmt, again);
    }
    if (place)
        b->len += (size_t)n;
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
