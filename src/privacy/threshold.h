// SPDX-License-Identifier: Apache-2.0
// The floors of the paper (2.3): a cluster is shown only when enough distinct accounts and enough
// conversations are in it. Pure: numbers in, numbers out.
#ifndef PRIVACY_THRESHOLD_H
#define PRIVACY_THRESHOLD_H

#include "base/noise.h"
#include "store/vault_threshold.h"

struct threshold_floors {
    int64_t min_accounts, min_conversations;
    bool has_accounts; // false: only conversations are counted
};
struct threshold_count {
    int64_t n_conversations, n_accounts; // distinct accounts; conversations without one add none
    uint64_t people;                     // who these are (noise_person)
};
// Counts for clusters 1 … k into counts[0 … k-1]; members, in the order of seq, with cluster_id 0
// count nowhere.
void threshold_count(const struct vault_member *members, size_t n, size_t k, struct arena *scratch,
                     struct threshold_count *counts);
bool threshold_holds(const struct threshold_count *count, const struct threshold_floors *floors);
// In the mode guarded both floors have noise, so that whoever brings floor - 1 accounts, or
// conversations of accounts enough, cannot tell by a cluster whether one more account is there:
// that of people as noise_meets_floor has it, that of conversations with the scale of their
// number, and with a margin, as one account may bring several. Noise off: as above.
bool threshold_holds_noisily(const struct threshold_count *count,
                             const struct threshold_floors *floors,
                             const struct count_noise *noise);
// What is shown of clusters that are kept: each count with noise of its own, and over the floors.
// Others are as they were. Noise off: all are.
void threshold_blur(const struct threshold_count *counts, const bool *kept, size_t k,
                    const struct threshold_floors *floors, const struct count_noise *noise,
                    struct threshold_count *shown);
// For each cluster 1 … k the similarity that a tenth of its members do not reach: what "fits" means
// for a conversation that comes from elsewhere. 2 (never reached) for an empty cluster.
void threshold_fit(const struct vault_member *members, size_t n, size_t k, struct arena *scratch,
                   float *fit);

#endif
