// SPDX-License-Identifier: Apache-2.0
// Conversations that come after the base clusters were found (docs/append.md): filed under the
// nearest cluster with a fit score, gathered as emerging where they fit nowhere, and made into new
// clusters when enough of them are alike. Pure: numbers in, numbers out.
#ifndef CLUSTER_FILING_H
#define CLUSTER_FILING_H

#include "store/vault_threshold.h"
#include "vec/kmeans.h"

// The fit score of a conversation is the share of the nearest cluster's own members (those that it
// was made of) that are less similar to the centroid: 0.5 is as close as the middle one.
#define FILING_FITS 0.1     // as the threshold stage: as well as nine tenths of the members do
#define FILING_NOWHERE 0.01 // less than all but a hundredth: it is emerging

struct filing_member {
    int64_t cluster_id; // 1 … k; 0: emerging; FILING_NEW: not filed yet
    int64_t account_id;
    bool has_account;
    bool is_filed;    // by an append, with `fit`; false: the cluster was made of it
    float similarity; // to the centroid; emerging: to the nearest one
    float fit;        // 0 … 1
};
#define FILING_NEW (-1)

struct filing_params {
    int64_t min_conversations, min_accounts; // what a new cluster needs
    bool has_accounts;
    uint64_t seed;
    const struct count_noise *noise; // as in base_clusters_params
};
struct filing {
    struct matrix centroids; // those given, then those of new clusters
    size_t n_new_clusters;
    size_t n_filed;    // of the members that were new
    size_t n_emerging; // in the end, of all
    size_t n_gathered; // that went to new clusters
    size_t n_later;    // in the end, of all: no cluster was made of it, filed or emerging
    size_t n_unfit;    // of these, that fit worse than FILING_FITS
};
// x: n × d unit rows; members[i] is of row i. Files the new ones, then looks for new clusters among
// all that were filed without fitting. Changes members. centroids are never moved. The same for any
// number of threads. Results in the arena. Cost n_new·k·d.
int filing_run(const struct matrix *x, const struct matrix *centroids,
               struct filing_member *members, const struct filing_params *params, struct pool *pool,
               struct arena *a, struct filing *out, struct err *err) MUST_USE;

// Whether the clusters are of another time: more than a third of n conversations came later (what
// they were made of has grown by half), or more than a tenth came later and does not fit.
bool filing_is_outgrown(const struct filing *filing, size_t n);

#endif
