// SPDX-License-Identifier: Apache-2.0
// An arena a job: one conversation, one cluster, one request. Save, work, rewind; nothing is freed
// by hand.
//
//     struct arena_mark start = arena_save(a);
//     char *text = arena_copy(a, s);
//     …
//     arena_rewind(a, start);
//
// Small allocations never fail: when memory is gone the program ends with a sentence (stated
// choice: death on out-of-memory, by arena_die, for arenas and buffers only). What the input sizes
// goes through arena_try, which refuses with an error, or is checked against limits.h before.
// An arena is used by one thread at a time. All memory is aligned to 64 bytes when the request is
// 64 bytes or larger, to 16 otherwise. Memory is not cleared unless the name says so.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/err.h"
#include "base/text.h"

struct arena_chunk;
struct arena {
    struct arena_chunk *last;
    size_t used; // bytes used of the last chunk
};
struct arena_mark {
    struct arena_chunk *chunk;
    size_t used;
};

// A zeroed struct arena is ready to use. Release frees all; the arena is then as new.
void arena_release(struct arena *a);

struct arena_mark arena_save(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

// Ends the program with the sentence and ERR_TRY_AGAIN; a run goes on where its last commit was.
NO_RETURN void arena_die(size_t size);

void *arena_alloc(struct arena *a, size_t size) NEVER_NULL;
void *arena_zero(struct arena *a, size_t size) NEVER_NULL; // cleared to 0
// An array of n items of `size` bytes; the product is checked, overflow is out of memory.
void *arena_array(struct arena *a, size_t n, size_t size) NEVER_NULL;
void *arena_zero_array(struct arena *a, size_t n, size_t size) NEVER_NULL;
// For what the input sizes: NULL and a sentence (ERR_UNAVAILABLE) naming `what` when n × size
// overflows or memory is gone.
void *arena_try(struct arena *a, size_t n, size_t size, const char *what, struct err *err) MUST_USE;

char *arena_copy(struct arena *a, struct str s) NEVER_NULL; // NUL-terminated copy
struct str arena_str(struct arena *a, struct str s); // copy as a view; also NUL-terminated
struct str arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

// Takes an existing block's place with a larger one: for arrays that grow inside an arena.
void *arena_grow(struct arena *a, void *old, size_t old_size, size_t new_size) NEVER_NULL;
// The list of n items of `size` bytes with room for one more: itself, or twice as large. *room: the
// items that fit; 0 and a list of NULL at first.
void *arena_room(struct arena *a, void *list, size_t n, size_t *room, size_t size) NEVER_NULL;

#endif
