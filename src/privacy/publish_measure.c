// SPDX-License-Identifier: Apache-2.0
// How close the conversations of a base cluster are: the mean cosine of its members to the centre,
// as `clio evaluate coherence` tells it, for the colours of the map. A number is published when the
// members it is made of meet both floors, and in steps of 0.05. Steps alone would tell of one
// person at the edge of a step, so that in the mode guarded the mean has noise before: cosines are
// held to 0.3 … 1, of n conversations one account has at most m, and Laplace noise of scale 0.7 · m
// / n changes the odds of a value by at most e. Where that would be more than 0.1 nothing is told.
// Memory: 32 bytes a conversation.
#include "privacy/bound.h"
#include "privacy/publish.h"
#include "store/vault_threshold.h"

#include <stdlib.h>

#define STEPS 20.0 // of 1
#define LOW 0.3
#define MILLION 1000000
#define MOST_SCALE 100 // thousandths

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

// The mean in thousandths; -1: not told. `sum`: in millionths, whole numbers, so that the order of
// members, which is that of the vault's own key, changes nothing. `shown`: the cluster's size as it
// is shown, which tells nothing new.
static int64_t blur(const struct publish *p, int64_t id, int64_t sum, int64_t n, int64_t shown)
{
    int64_t exact[2] = { sum, n };
    int64_t thousandths = (sum + 500 * n) / (1000 * n);
    if (!p->noise.is_on)
        return thousandths;
    int64_t share = p->floors.has_accounts ? bound_share(shown) : 1;
    int64_t most = config_whole(p->run->config, "max-per-account");
    share = most > 0 && most < share ? most : share;
    int64_t scale = (700 * share + shown - 1) / shown;
    struct str name = arena_printf(&p->run->scratch, "coherence %lld", (long long)id);
    struct count_noise own = noise_of_counts(&p->noise, name, exact, sizeof exact);
    if (scale > MOST_SCALE)
        return -1;
    int64_t noisy = noise_count(&own, (uint64_t)scale, 0, thousandths, 0);
    return noisy < 1000 ? noisy : 1000;
}

// Of the members of one cluster, sorted by account.
static int add_coherence(struct publish *p, const struct vault_member *members, size_t n,
                         struct atlas_writer *w, struct err *err)
{
    size_t node = publish_find_node(p, members[0].cluster_id);
    int64_t n_accounts = 0;
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        double cosine = (double)members[i].similarity;
        if (p->noise.is_on)
            cosine = cosine < LOW ? LOW : cosine > 1 ? 1 : cosine;
        sum += (int64_t)(cosine * MILLION + (cosine < 0 ? -0.5 : 0.5));
        n_accounts += members[i].has_account &&
                      (i == 0 || members[i].account_id != members[i - 1].account_id);
    }
    if (node == SIZE_MAX || p->nodes[node - 1].level != 0 ||
        !cell_holds((int64_t)n, n_accounts, &p->floors))
        return 0;
    int64_t shown = p->noise.is_on ? p->nodes[node - 1].n_conversations : (int64_t)n;
    int64_t told =
        blur(p, publish_id(p, node), sum > 0 ? sum : 0, (int64_t)n, shown > 0 ? shown : 1);
    if (told < 0)
        return 0;
    double step = (double)(int64_t)(STEPS * (double)told / 1000 + 0.5) / STEPS;
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
