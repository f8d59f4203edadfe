// SPDX-License-Identifier: Apache-2.0
// A table from text to a number, in insertion order. Open addressing; keys are copied into the
// table's arena. Find and add cost one hash and on average under two probes.
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"

struct map_entry {
    struct str key;
    uint64_t hash;
    uint64_t value;
};
struct map {
    struct arena arena;
    struct map_entry *entries; // n of them, in the order they came
    size_t n, n_room;
    uint32_t *slots; // index + 1 into entries, 0 = free
    size_t n_slots;
};

// A zeroed struct map is ready. Release frees all; the map is then as new.
void map_release(struct map *m);
void map_clear(struct map *m);
// The entry's index, or SIZE_MAX when it is not there.
size_t map_find(const struct map *m, struct str key);
// The entry's index; a new one gets `value`. *is_new may be NULL.
size_t map_add(struct map *m, struct str key, uint64_t value, bool *is_new);
// The number of an id, whose entries are all of this kind: 1, 2, 3 … in the order they come.
uint64_t map_number(struct map *m, int64_t id);

#endif
