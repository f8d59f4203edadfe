// SPDX-License-Identifier: Apache-2.0
// What the describe prompt shows of each kept cluster (paper, G.5): up to 50 members drawn with the
// seed and the 50 conversations nearest to its centroid that are placed elsewhere or nowhere.
#ifndef CLUSTER_OUTSIDER_H
#define CLUSTER_OUTSIDER_H

#include "cluster/sample.h"
#include "run/run.h"
#include "store/vault_cluster.h"

struct contrast {
    size_t n;                           // clusters, in the order of kept_clusters
    struct sample *members, *outsiders; // of each
};
// Walks the conversations once for the members and the vectors, block by block, for the outsiders:
// cost conversations × clusters × dims, memory 32 bytes a conversation. In run->scratch.
int contrast_find(struct run *run, const struct kept_clusters *kept, struct contrast *out,
                  struct err *err) MUST_USE;

#endif
