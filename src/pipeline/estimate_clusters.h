// SPDX-License-Identifier: Apache-2.0
// What the questions about clusters will take, before anybody knows the clusters: titles and those
// that are told apart, tree, audit, in every tree of the run.
#ifndef PIPELINE_ESTIMATE_CLUSTERS_H
#define PIPELINE_ESTIMATE_CLUSTERS_H

#include "facet/facet_estimate.h"

// `high` is a bound, but for models that think first and answers lost on the way: as many clusters
// as the stage cluster may find, every one of them in a pair that is told apart, every list as long
// as it may be and every question asked ASK_ROUNDS times, with tokens of three bytes and answers as
// long as they may be. `low` and `middle` are guesses of a run in which nothing is asked again.
struct cluster_estimate {
    struct estimate_range clusters;  // of a tree
    struct estimate_range questions; // requests
    struct estimate_range apart;     // of these, for titles that may be taken for one another
    struct estimate_range in, out;   // tokens
};
// n: conversations that count. All 0 in mode dp and where no model is asked about clusters.
void estimate_clusters(const struct run *run, int64_t n, struct cluster_estimate *out);

#endif
