// SPDX-License-Identifier: Apache-2.0
#include "privacy/bound.h"

#include <stdlib.h>

struct ranked {
    int64_t account;
    uint64_t rank;
    size_t i;
};

static int by_account_and_rank(const void *x, const void *y)
{
    const struct ranked *a = x, *b = y;
    if (a->account != b->account)
        return a->account < b->account ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return (a->i > b->i) - (a->i < b->i);
}

size_t bound_accounts(struct bound_item *items, size_t n, int64_t most, struct arena *scratch)
{
    struct arena_mark start = arena_save(scratch);
    struct ranked *list = arena_array(scratch, n + 1, sizeof *list);
    size_t n_list = 0, n_out = 0;
    int64_t n_kept = 0;
    for (size_t i = 0; most && i < n; i++)
        if (items[i].has_account && items[i].counts)
            list[n_list++] = (struct ranked){ items[i].account, items[i].rank, i };
    if (n_list)
        qsort(list, n_list, sizeof *list, by_account_and_rank);
    for (size_t i = 0; i < n_list; i++) {
        n_kept = i && list[i].account == list[i - 1].account ? n_kept + 1 : 1;
        items[list[i].i].counts = n_kept <= most;
        n_out += n_kept > most;
    }
    arena_rewind(scratch, start);
    return n_out;
}

struct bound_room {
    int64_t most;
    size_t n;
    struct used {
        int64_t account, n;
    } used[];
};

static int by_account(const void *x, const void *y)
{
    const struct used *a = x, *b = y;
    return (a->account > b->account) - (a->account < b->account);
}

struct bound_room *bound_room_make(const struct bound_item *items, size_t n, int64_t most,
                                   struct arena *a)
{
    struct bound_room *room = arena_alloc(a, sizeof *room + n * sizeof *room->used);
    size_t n_used = 0;
    room->most = most;
    for (size_t i = 0; i < n; i++)
        if (items[i].has_account)
            room->used[n_used++] = (struct used){ items[i].account, items[i].counts };
    if (n_used)
        qsort(room->used, n_used, sizeof *room->used, by_account);
    room->n = 0;
    for (size_t i = 0; i < n_used; i++)
        if (room->n && room->used[room->n - 1].account == room->used[i].account)
            room->used[room->n - 1].n += room->used[i].n;
        else
            room->used[room->n++] = room->used[i];
    return room;
}

bool bound_room_take(struct bound_room *room, const struct bound_item *item)
{
    struct used key = { item->account, 0 };
    if (!item->has_account)
        return true;
    struct used *used = bsearch(&key, room->used, room->n, sizeof *room->used, by_account);
    if (!used || (room->most && used->n >= room->most))
        return false;
    used->n++;
    return true;
}

int64_t bound_share(int64_t n)
{
    int64_t small = n / 5 < 5 ? n / 5 : 5, large = n / 50;
    int64_t most = small > large ? small : large;
    return most > 1 ? most : 1;
}

struct part { // one conversation of an account in a cluster
    int64_t cluster_id, account_id;
    float similarity;
    size_t i;
};

static int by_cluster_and_part(const void *x, const void *y)
{
    const struct part *a = x, *b = y;
    if (a->cluster_id != b->cluster_id)
        return a->cluster_id < b->cluster_id ? -1 : 1;
    if (a->account_id != b->account_id)
        return a->account_id < b->account_id ? -1 : 1;
    if (a->similarity != b->similarity)
        return a->similarity > b->similarity ? -1 : 1;
    return (a->i > b->i) - (a->i < b->i);
}

// How many of `parts` (one cluster, sorted) remain when each account has at most `most`.
static int64_t count_within(const struct part *parts, size_t n, int64_t most)
{
    int64_t n_within = 0, n_own = 0;
    for (size_t i = 0; i < n; i++) {
        n_own = i && parts[i].account_id == parts[i - 1].account_id ? n_own + 1 : 1;
        n_within += n_own <= most;
    }
    return n_within;
}

static size_t move_out(struct vault_member *members, const struct part *parts, size_t n,
                       int64_t most)
{
    size_t n_moved = 0;
    int64_t n_own = 0;
    for (size_t i = 0; i < n; i++) {
        n_own = i && parts[i].account_id == parts[i - 1].account_id ? n_own + 1 : 1;
        if (n_own > most) {
            members[parts[i].i].cluster_id = 0;
            n_moved++;
        }
    }
    return n_moved;
}

size_t bound_clusters(struct vault_member *members, size_t n, size_t k, struct arena *scratch)
{
    struct arena_mark start = arena_save(scratch);
    struct part *parts = arena_array(scratch, n + 1, sizeof *parts);
    int64_t *n_others = arena_zero_array(scratch, k + 1, sizeof *n_others); // without an account
    size_t n_parts = 0, n_moved = 0;
    for (size_t i = 0; i < n; i++) {
        const struct vault_member *m = &members[i];
        if (m->cluster_id && m->has_account)
            parts[n_parts++] = (struct part){ m->cluster_id, m->account_id, m->similarity, i };
        else if (m->cluster_id)
            n_others[m->cluster_id]++;
    }
    if (n_parts)
        qsort(parts, n_parts, sizeof *parts, by_cluster_and_part);
    for (size_t at = 0, end; at < n_parts; at = end) {
        int64_t id = parts[at].cluster_id, most, left;
        for (end = at; end < n_parts && parts[end].cluster_id == id;)
            end++;
        left = (int64_t)(end - at) + n_others[id];
        do { // what is left only falls, so this ends
            most = bound_share(left);
            left = count_within(parts + at, end - at, most) + n_others[id];
        } while (bound_share(left) < most);
        n_moved += move_out(members, parts + at, end - at, most);
    }
    arena_rewind(scratch, start);
    return n_moved;
}
