// SPDX-License-Identifier: Apache-2.0
// How close the conversations of a base cluster are: the mean cosine of its members to the centre,
// as `clio evaluate coherence` tells it, for the colours of the map. A number is published when the
// members it is made of meet both floors, and in steps of 0.05: cosines of members lie within
// about 0.7 of one another, so of the least members (15) one moves the mean by less than a step.
// Memory: 32 bytes a conversation.
#include "privacy/publish.h"
#include "store/vault_threshold.h"

#include <stdlib.h>

#define STEPS 20.0 // of 1

static int by_cluster(const void *x, const void *y)
{
    const struct vault_member *a = x, *b = y;
    if (a->cluster_id != b->cluster_id)
        return a->cluster_id < b->cluster_id ? -1 : 1;
    if (a->has_account != b->has_account)
        return a->has_account ? -1 : 1;
    if (a->account_id != b->account_id)
        return a->account_id < b->account_id ? -1 : 1;
    return (a->seq > b->seq) - (a->seq < b->seq);
}

// Of the members of one cluster, sorted by account.
static int add_coherence(struct publish *p, const struct vault_member *members, size_t n,
                         struct atlas_writer *w, struct err *err)
{
    size_t node = publish_find_node(p, members[0].cluster_id);
    int64_t n_accounts = 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)members[i].similarity;
        n_accounts += members[i].has_account &&
                      (i == 0 || members[i].account_id != members[i - 1].account_id);
    }
    if (node == SIZE_MAX || p->nodes[node - 1].level != 0 ||
        !cell_holds((int64_t)n, n_accounts, &p->floors))
        return 0;
    double mean = sum / (double)n;
    double step = (double)(int64_t)(STEPS * (mean > 0 ? mean : 0) + 0.5) / STEPS;
    return atlas_add_measure(w, publish_id(p, node), "coherence", step, err);
}

int publish_measures(struct publish *p, struct atlas_writer *w, struct err *err)
{
    struct arena_mark start = arena_save(&p->run->scratch);
    struct vault_member *members;
    size_t n;
    int rc = vault_read_members(p->run->vault, &p->run->scratch, &members, &n, err);
    if (!rc && n)
        qsort(members, n, sizeof *members, by_cluster);
    for (size_t i = 0, end; !rc && i < n; i = end) {
        end = i + 1;
        while (end < n && members[end].cluster_id == members[i].cluster_id)
            end++;
        rc = add_coherence(p, members + i, end - i, w, err);
    }
    arena_rewind(&p->run->scratch, start);
    return rc;
}
