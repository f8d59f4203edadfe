// SPDX-License-Identifier: Apache-2.0
#include "privacy/threshold.h"

#include "base/map.h"

#include <stdlib.h>

struct pair {
    int64_t cluster_id;
    uint64_t number; // of the account: 1, 2, 3 … as they come
};

static int by_cluster_and_account(const void *x, const void *y)
{
    const struct pair *a = x, *b = y;
    if (a->cluster_id != b->cluster_id)
        return a->cluster_id < b->cluster_id ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

void threshold_count(const struct vault_member *members, size_t n, size_t k, struct arena *scratch,
                     struct threshold_count *counts)
{
    struct arena_mark start = arena_save(scratch);
    struct pair *pairs = arena_array(scratch, n + 1, sizeof *pairs);
    struct map accounts = { 0 };
    size_t n_pairs = 0;
    memset(counts, 0, k * sizeof *counts);
    for (size_t i = 0; i < n; i++) {
        uint64_t number = members[i].has_account ? map_number(&accounts, members[i].account_id) : 0;
        if (!members[i].cluster_id)
            continue;
        assert(members[i].cluster_id > 0 && (size_t)members[i].cluster_id <= k);
        counts[members[i].cluster_id - 1].n_conversations++;
        if (members[i].has_account)
            pairs[n_pairs++] = (struct pair){ members[i].cluster_id, number };
    }
    qsort(pairs, n_pairs, sizeof *pairs, by_cluster_and_account);
    for (size_t i = 0; i < n_pairs; i++)
        if (i == 0 || by_cluster_and_account(&pairs[i - 1], &pairs[i]) != 0) {
            counts[pairs[i].cluster_id - 1].n_accounts++;
            counts[pairs[i].cluster_id - 1].people += noise_person(pairs[i].number);
        }
    for (size_t i = 0; i < n; i++) // nobody is known: each conversation is somebody
        if (members[i].cluster_id && !counts[members[i].cluster_id - 1].n_accounts)
            counts[members[i].cluster_id - 1].people += noise_person(i + 1);
    map_release(&accounts);
    arena_rewind(scratch, start);
}

bool threshold_holds(const struct threshold_count *count, const struct threshold_floors *floors)
{
    return count->n_conversations >= floors->min_conversations &&
           (!floors->has_accounts || count->n_accounts >= floors->min_accounts);
}

// The floor of conversations, where accounts are counted beside it. One account may bring
// several: with as much noise as on their number, so far over the floor that all that it may have
// in a cluster that is just under it does not make it shown for sure.
static bool has_enough(const struct threshold_count *count, const struct threshold_floors *floors,
                       const struct count_noise *noise)
{
    int64_t under = floors->min_conversations - 1, margin = under / 4; // a fifth of both
    if (margin > (int64_t)noise->conversations)
        margin = (int64_t)noise->conversations;
    return noise_meets_wide_floor(&noise->people, count->people, count->n_conversations,
                                  under + 1 + margin, noise->conversations);
}

bool threshold_holds_noisily(const struct threshold_count *count,
                             const struct threshold_floors *floors, const struct count_noise *noise)
{
    int64_t n = floors->has_accounts ? count->n_accounts : count->n_conversations;
    int64_t floor = floors->has_accounts ? floors->min_accounts : floors->min_conversations;
    if (!threshold_holds(count, floors) || !noise->is_on)
        return threshold_holds(count, floors);
    return noise_meets_floor(&noise->people, count->people, n, floor) &&
           (!floors->has_accounts || has_enough(count, floors, noise));
}

void threshold_blur(const struct threshold_count *counts, const bool *kept, size_t k,
                    const struct threshold_floors *floors, const struct count_noise *noise,
                    struct threshold_count *shown)
{
    struct count_noise own =
        noise_of_counts(noise, STR_LIT("clusters"), counts, k * sizeof *counts);
    int64_t least = floors->min_conversations; // as many as there are people at least
    if (floors->has_accounts && floors->min_accounts > least)
        least = floors->min_accounts;
    for (size_t i = 0; i < k; i++) {
        shown[i] = counts[i];
        if (!noise->is_on || !kept[i])
            continue;
        shown[i].n_conversations =
            noise_count(&own, own.conversations, 2 * i, counts[i].n_conversations, least);
        if (!floors->has_accounts)
            continue;
        // No more people than conversations: it is the people that give way, so that conversations,
        // which are added up, are as likely too many as too few.
        int64_t n_people =
            noise_count(&own, own.accounts, 2 * i + 1, counts[i].n_accounts, floors->min_accounts);
        shown[i].n_accounts =
            n_people < shown[i].n_conversations ? n_people : shown[i].n_conversations;
    }
}

struct fit {
    int64_t cluster_id;
    float similarity;
};

static int by_cluster_and_similarity(const void *x, const void *y)
{
    const struct fit *a = x, *b = y;
    if (a->cluster_id != b->cluster_id)
        return a->cluster_id < b->cluster_id ? -1 : 1;
    return (a->similarity > b->similarity) - (a->similarity < b->similarity);
}

void threshold_fit(const struct vault_member *members, size_t n, size_t k, struct arena *scratch,
                   float *fit)
{
    struct arena_mark start = arena_save(scratch);
    struct fit *sorted = arena_array(scratch, n + 1, sizeof *sorted);
    for (size_t i = 0; i < k; i++)
        fit[i] = 2;
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct fit){ members[i].cluster_id, members[i].similarity };
    qsort(sorted, n, sizeof *sorted, by_cluster_and_similarity);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first; end < n && sorted[end].cluster_id == sorted[first].cluster_id;)
            end++;
        if (sorted[first].cluster_id)
            fit[sorted[first].cluster_id - 1] = sorted[first + (end - first) / 10].similarity;
    }
    arena_rewind(scratch, start);
}
