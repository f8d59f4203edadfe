// SPDX-License-Identifier: Apache-2.0
// A list of verdicts, one a turn, as one verdict: true where any is, the largest number, maps key
// by key. So moderation columns of long conversations are kept where the list itself is too large.
#include "base/limits.h"
#include "ingest/reader.h"

#define DEEPEST 8

struct merge {
    struct buf *out;
    struct arena *a;
    struct err *err;
};

static int put_merged(const struct merge *m, const struct value *const *items, size_t n, int depth);

static const struct value *largest(const struct value *const *items, size_t n)
{
    const struct value *best = items[0];
    double most = 0, number;
    for (size_t i = 0; i < n; i++)
        if (value_is(items[i], VALUE_NUMBER) && str_to_f64(items[i]->text, &number) &&
            (i == 0 || number > most)) {
            most = number;
            best = items[i];
        }
    return best;
}

// Verdicts have their keys in one order, so the next one is mostly the one that is wanted.
static const struct value *member_at(const struct value *map, const struct value **next,
                                     const char *key)
{
    if (*next && str_equal((*next)->key, str_of(key))) {
        const struct value *found = *next;
        *next = found->next;
        return found;
    }
    return value_member(map, key);
}

static int put_map(const struct merge *m, const struct value *const *items, size_t n, int depth)
{
    const struct value **below = arena_array(m->a, n, sizeof(const struct value *));
    const struct value **next = arena_array(m->a, n, sizeof(const struct value *));
    for (size_t i = 0; i < n; i++)
        next[i] = items[i]->first;
    int rc = buf_add_char(m->out, '{', m->err);
    bool first = true;
    for (const struct value *member = items[0]->first; !rc && member; member = member->next) {
        const char *key = arena_copy(m->a, member->key);
        size_t n_below = 0;
        for (size_t i = 0; i < n; i++) {
            const struct value *found = member_at(items[i], &next[i], key);
            if (found)
                below[n_below++] = found;
        }
        if (!first)
            rc = buf_add_char(m->out, ',', m->err);
        first = false;
        if (!rc)
            rc = value_put_text(m->out, member->key, m->err);
        if (!rc)
            rc = buf_add_char(m->out, ':', m->err);
        if (!rc)
            rc = put_merged(m, below, n_below, depth + 1);
    }
    return rc ? rc : buf_add_char(m->out, '}', m->err);
}

static int put_merged(const struct merge *m, const struct value *const *items, size_t n, int depth)
{
    const struct value *chosen = items[0];
    if (value_is(chosen, VALUE_MAP) && depth < DEEPEST)
        return put_map(m, items, n, depth);
    if (value_is(chosen, VALUE_NUMBER))
        chosen = largest(items, n);
    for (size_t i = 0; i < n; i++)
        if (value_is(items[i], VALUE_TRUE) && value_is(chosen, VALUE_FALSE))
            chosen = items[i];
    return value_put(m->out, chosen, m->err);
}

int put_condensed(struct buf *out, const struct value *list, struct arena *a, struct err *err)
{
    const struct value **items = arena_array(a, (size_t)list->n + 1, sizeof(const struct value *));
    struct merge m = { out, a, err };
    size_t n = 0;
    for (const struct value *v = list->first; v; v = v->next)
        if (value_is(v, VALUE_MAP))
            items[n++] = v;
    return n ? put_merged(&m, items, n, 0) : value_put(out, list, err);
}
