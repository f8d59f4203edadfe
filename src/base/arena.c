// SPDX-License-Identifier: Apache-2.0
// A stack of chunks. Chunks come from aligned_alloc and are 64-byte aligned inside, so that rows
// of matrices start on a cache line. Rewinding frees every chunk above the mark.
#include "base/arena.h"

#include "base/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct arena_chunk {
    struct arena_chunk *below;
    size_t size;             // bytes of data behind this header
    _Alignas(64) char data[];
};

NO_RETURN void arena_die(size_t size)
{
    fprintf(stderr,
            "clio: out of memory (%zu bytes more were needed). Give --memory a smaller value or "
            "free memory on this machine, then run the same command again: it resumes.\n",
            size);
    _Exit(ERR_TRY_AGAIN);
}

static bool add_chunk(struct arena *a, size_t size)
{
    size_t total;
    size = size_max(size, LIMIT_ARENA_CHUNK);
    if (!size_add(size, sizeof(struct arena_chunk) + 64, &total))
        return false;
    struct arena_chunk *chunk = aligned_alloc(64, total / 64 * 64);
    if (!chunk)
        return false;
    chunk->below = a->last;
    chunk->size = total / 64 * 64 - sizeof *chunk;
    a->last = chunk;
    a->used = 0;
    return true;
}

// NULL when memory is gone.
static void *take(struct arena *a, size_t size)
{
    size_t align = size >= 64 ? 64 : 16;
    size_t start = size_round_up(a->used, align);
    if (!a->last || start > a->last->size || a->last->size - start < size) {
        if (!add_chunk(a, size))
            return NULL;
        start = 0;
    }
    a->used = start + size;
    return a->last->data + start;
}

void arena_release(struct arena *a)
{
    arena_rewind(a, (struct arena_mark){ NULL, 0 });
}

struct arena_mark arena_save(const struct arena *a)
{
    return (struct arena_mark){ a->last, a->used };
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
    while (a->last != mark.chunk) {
        struct arena_chunk *below = a->last->below;
        free(a->last);
        a->last = below;
    }
    a->used = mark.used;
}

void *arena_alloc(struct arena *a, size_t size)
{
    void *p = take(a, size);
    if (!p)
        arena_die(size);
    return p;
}

void *arena_zero(struct arena *a, size_t size)
{
    return memset(arena_alloc(a, size), 0, size);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t total;
    if (!size_mul(n, size, &total))
        arena_die(SIZE_MAX);
    return arena_alloc(a, total);
}

void *arena_zero_array(struct arena *a, size_t n, size_t size)
{
    void *p = arena_array(a, n, size);
    return memset(p, 0, n * size);
}

void *arena_try(struct arena *a, size_t n, size_t size, const char *what, struct err *err)
{
    size_t total;
    void *p = size_mul(n, size, &total) ? take(a, total) : NULL;
    if (!p)
        err_set(err, ERR_UNAVAILABLE,
                "%s needs %.1f MiB of memory, more than this machine gives; use --sample or "
                "--limit to take fewer conversations",
                what, (double)n * (double)size / 1048576.0);
    return p;
}

char *arena_copy(struct arena *a, struct str s)
{
    char *copy = arena_alloc(a, s.len + 1);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = 0;
    return copy;
}

struct str arena_str(struct arena *a, struct str s)
{
    return str_make(arena_copy(a, s), s.len);
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        BUG("bad format \"%s\"", fmt);
    char *text = arena_alloc(a, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return str_make(text, (size_t)n);
}

void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size)
{
    assert(new_size >= old_size && (old || old_size == 0));
    if (old && a->last && (char *)old + old_size == a->last->data + a->used && new_size >= 64 &&
        ((uintptr_t)old & 63) == 0 && (size_t)((char *)old - a->last->data) <= a->last->size &&
        new_size <= a->last->size - (size_t)((char *)old - a->last->data)) {
        a->used = (size_t)((char *)old - a->last->data) + new_size;
        return old;
    }
    void *grown = arena_alloc(a, new_size);
    if (old_size)
        memcpy(grown, old, old_size);
    return grown;
}

void *arena_room(struct arena *a, void *list, size_t n, size_t *room, size_t size)
{
    if (n < *room)
        return list;
    size_t more = *room ? 2 * *room : 64;
    list = arena_grow(a, list, *room * size, more * size);
    *room = more;
    return list;
}
