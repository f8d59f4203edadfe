// SPDX-License-Identifier: Apache-2.0
// How close the conversations of each base cluster are, out of what the stages cluster and
// threshold wrote: cosines to the centroid, and the nearest other centroid.
#include "evaluate/reconstruct.h"
#include "store/vault_cluster.h"
#include "store/vault_threshold.h"
#include "vec/dot.h"

#include <stdlib.h>

struct closeness {
    float *all; // similarities of the members, room for those of one cluster
    size_t n;
    double mean, low; // low: a tenth of the members is not closer
    double nearest;   // similarity of the nearest other centroid; -1 when there is none
};

static int by_value(const void *x, const void *y)
{
    float a = *(const float *)x, b = *(const float *)y;
    return (a > b) - (a < b);
}

static void measure(const struct kept_clusters *kept, size_t i, struct closeness *c)
{
    double sum = 0;
    qsort(c->all, c->n, sizeof *c->all, by_value);
    for (size_t j = 0; j < c->n; j++)
        sum += (double)c->all[j];
    c->mean = c->n ? sum / (double)c->n : 0;
    c->low = c->n ? (double)c->all[c->n / 10] : 0;
    c->nearest = -1;
    for (size_t j = 0; j < kept->n; j++) {
        double near = j == i ? -1
                             : dot_floats(matrix_row(&kept->centroids, i),
                                          matrix_row(&kept->centroids, j), kept->centroids.n_cols);
        c->nearest = near > c->nearest ? near : c->nearest;
    }
}

static int put_cluster(const struct kept_clusters *kept, size_t i, const struct closeness *c,
                       bool json, struct buf *out, struct err *err)
{
    if (json)
        return buf_printf(out, err,
                          "%s{\"id\":%lld,\"n\":%zu,\"mean\":%.6f,\"low\":%.6f,"
                          "\"nearest\":%.6f}",
                          i ? "," : "", (long long)kept->id[i], c->n, c->mean, c->low, c->nearest);
    return buf_printf(out, err, "%7lld %9zu %8.4f %8.4f %8.4f\n", (long long)kept->id[i], c->n,
                      c->mean, c->low, c->nearest);
}

int evaluate_coherence(struct run *run, const char *none, bool json, struct buf *out,
                       struct err *err)
{
    (void)none;
    struct arena_mark start = arena_save(&run->scratch);
    struct kept_clusters kept;
    struct vault_member *members;
    size_t n = 0;
    int rc = vault_read_kept(run->vault, &run->scratch, &kept, err);
    if (!rc)
        rc = vault_read_members(run->vault, &run->scratch, &members, &n, err);
    struct closeness c = { arena_array(&run->scratch, n + 1, sizeof *c.all), 0, 0, 0, 0 };
    if (!rc)
        rc = buf_add(out,
                     json ? STR_LIT("{\"clusters\":[")
                          : STR_LIT("cluster   members     mean      low  nearest\n"),
                     err);
    for (size_t i = 0; !rc && i < kept.n; i++) {
        c.n = 0;
        for (size_t j = 0; j < n; j++)
            if (members[j].cluster_id == kept.id[i])
                c.all[c.n++] = members[j].similarity;
        measure(&kept, i, &c);
        rc = put_cluster(&kept, i, &c, json, out, err);
    }
    arena_rewind(&run->scratch, start);
    return rc || !json ? rc : buf_add(out, STR_LIT("]}\n"), err);
}
