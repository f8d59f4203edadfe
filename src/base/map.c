// SPDX-License-Identifier: Apache-2.0
#include "base/map.h"

#include "base/hash.h"

#include <stdlib.h>

void map_release(struct map *m)
{
    arena_release(&m->arena);
    free(m->entries);
    free(m->slots);
    *m = (struct map){ 0 };
}

void map_clear(struct map *m)
{
    arena_release(&m->arena);
    m->n = 0;
    if (m->slots)
        memset(m->slots, 0, m->n_slots * sizeof *m->slots);
}

static size_t probe(const struct map *m, struct str key, uint64_t hash)
{
    size_t mask = m->n_slots - 1, at = (size_t)hash & mask;
    while (m->slots[at]) {
        const struct map_entry *e = &m->entries[m->slots[at] - 1];
        if (e->hash == hash && str_equal(e->key, key))
            break;
        at = (at + 1) & mask;
    }
    return at;
}

size_t map_find(const struct map *m, struct str key)
{
    if (!m->n)
        return SIZE_MAX;
    uint32_t found = m->slots[probe(m, key, hash_text(key))];
    return found ? found - 1 : SIZE_MAX;
}

static void *must_grow(void *old, size_t n, size_t size)
{
    void *p = reallocarray(old, n, size);
    if (!p) {
        // The arena's handler owns the sentence for this.
        struct arena a = { 0 };
        arena_array(&a, SIZE_MAX, 2);
        __builtin_unreachable();
    }
    return p;
}

static void grow(struct map *m)
{
    m->n_room = size_max(m->n_room * 2, 64);
    m->n_slots = m->n_room * 2;
    assert(m->n_slots < UINT32_MAX);
    m->entries = must_grow(m->entries, m->n_room, sizeof *m->entries);
    m->slots = must_grow(m->slots, m->n_slots, sizeof *m->slots);
    memset(m->slots, 0, m->n_slots * sizeof *m->slots);
    for (size_t i = 0; i < m->n; i++) {
        size_t at = (size_t)m->entries[i].hash & (m->n_slots - 1);
        while (m->slots[at])
            at = (at + 1) & (m->n_slots - 1);
        m->slots[at] = (uint32_t)i + 1;
    }
}

size_t map_add(struct map *m, struct str key, uint64_t value, bool *is_new)
{
    if (m->n == m->n_room)
        grow(m);
    uint64_t hash = hash_text(key);
    size_t at = probe(m, key, hash);
    bool added = !m->slots[at];
    if (added) {
        m->entries[m->n] = (struct map_entry){ arena_str(&m->arena, key), hash, value };
        m->slots[at] = (uint32_t)++m->n;
    }
    if (is_new)
        *is_new = added;
    return m->slots[at] - 1;
}

uint64_t map_number(struct map *m, int64_t id)
{
    return map_add(m, str_make((const char *)&id, sizeof id), 0, NULL) + 1;
}
