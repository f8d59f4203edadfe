// SPDX-License-Identifier: Apache-2.0
// Who is who in the next release of a run that grows (docs/append.md). A cluster is the same as one
// that was released when they share enough of their conversations: Jaccard's index over those that
// were in a cluster then and still count, one to one, the most alike first. Conversations that came
// since say nothing about identity.
#ifndef HIERARCHY_IDENTITY_H
#define HIERARCHY_IDENTITY_H

#include "hierarchy/tree.h"
#include "run/run.h"
#include "store/vault_cluster.h"
#include "store/vault_past.h"

#define IDENTITY_LEAST 0.5 // with more than half, two can never claim one

struct identity_pair { // conversations that are in both
    size_t past, now;
    int64_t n;
};
// past_sizes and now_sizes: of the conversations known to both releases. now[i] becomes the place
// of the past cluster that i is, SIZE_MAX when it is new. Pure; sorts the pairs.
void identity_match(struct identity_pair *pairs, size_t n_pairs, const int64_t *past_sizes,
                    const int64_t *now_sizes, size_t n_now, struct arena *scratch, size_t *now);

struct identity {
    bool grows;     // the run has a past: ids are to be kept
    // The tree of the past stays, and what is new comes under it; false where it has one level and
    // there is enough for two.
    bool is_frozen;
    struct past_cluster *past;
    size_t n_past, *place_of, n_ids; // place_of[id in the atlas]: in `past`, SIZE_MAX: none
    struct past_overlap *overlaps;   // base_id: place in `kept` + 1, 0 where it is in none
    size_t n_overlaps;
    const struct kept_clusters *kept;
    int64_t *ids[TREE_LEVELS]; // in the atlas, of each node; 0: new
};
// Reads the past and finds who the base clusters are. In run->scratch.
int identity_open(struct identity *id, struct run *run, const struct kept_clusters *kept,
                  struct err *err) MUST_USE;
// The tree of the past over the kept clusters: those that were there stay under their parent, new
// ones come under the parent whose clusters they are nearest to. Parents without a child are gone.
int identity_tree(struct identity *id, struct arena *a, struct tree *tree,
                  struct err *err) MUST_USE;
// Ids of all nodes of the tree, new ones from the largest id that ever was on.
int identity_number(struct identity *id, struct run *run, const struct tree *tree,
                    struct err *err) MUST_USE;

#endif
