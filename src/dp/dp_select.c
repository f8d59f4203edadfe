// SPDX-License-Identifier: Apache-2.0
#include "dp/dp_select.h"

#include <stdlib.h>

static int by_owner(const void *x, const void *y)
{
    const struct vault_owned *a = x, *b = y;
    if (a->has_account != b->has_account)
        return a->has_account ? 1 : -1;
    if (a->account_id != b->account_id)
        return a->account_id < b->account_id ? -1 : 1;
    if (a->batch != b->batch) // what was drawn before stays drawn
        return a->batch < b->batch ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return (a->first_seq > b->first_seq) - (a->first_seq < b->first_seq);
}

// Each account and transcript once, of its earliest batch.
static int by_transcript(const void *x, const void *y)
{
    const struct vault_owned *a = x, *b = y;
    if (a->has_account != b->has_account)
        return a->has_account ? 1 : -1;
    if (a->account_id != b->account_id)
        return a->account_id < b->account_id ? -1 : 1;
    if (a->first_seq != b->first_seq)
        return a->first_seq < b->first_seq ? -1 : 1;
    return (a->batch > b->batch) - (a->batch < b->batch);
}

static bool same_owner(const struct vault_owned *a, const struct vault_owned *b)
{
    return a->has_account == b->has_account && a->account_id == b->account_id;
}

static size_t drop_repeats(struct vault_owned *owned, size_t n)
{
    size_t n_left = 0;
    if (n)
        qsort(owned, n, sizeof *owned, by_transcript);
    for (size_t i = 0; i < n; i++)
        if (!i || !same_owner(&owned[i], &owned[n_left - 1]) ||
            owned[i].first_seq != owned[n_left - 1].first_seq)
            owned[n_left++] = owned[i];
    return n_left;
}

int dp_select(struct vault *vault, uint64_t most, uint64_t seed, struct arena *a,
              struct dp_selected **list, size_t *n, size_t *n_over, struct err *err)
{
    struct hash_key key = hash_key_of_seed(seed);
    struct vault_owned *owned;
    size_t n_owned, n_mine = 0;
    uint32_t account = 0;
    int rc = vault_read_owned(vault, a, &owned, &n_owned, err);
    *n = *n_over = 0;
    if (rc)
        return rc;
    for (size_t i = 0; i < n_owned; i++) {
        struct vault_owned *o = &owned[i];
        if (!o->has_account)
            o->account_id = o->seq;
        o->rank = hash_bytes(&key, str_make((const char *)&o->transcript, sizeof o->transcript));
    }
    *list = arena_array(a, n_owned + 1, sizeof **list);
    n_owned = drop_repeats(owned, n_owned);
    if (n_owned)
        qsort(owned, n_owned, sizeof *owned, by_owner);
    for (size_t i = 0; i < n_owned; i++) {
        bool same = i && same_owner(&owned[i], &owned[i - 1]);
        account += i && !same;
        n_mine = same ? n_mine + 1 : 1;
        if (n_mine <= most)
            (*list)[(*n)++] = (struct dp_selected){ account, owned[i].first_seq };
        else
            ++*n_over;
    }
    return 0;
}
