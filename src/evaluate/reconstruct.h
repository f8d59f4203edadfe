// SPDX-License-Identifier: Apache-2.0
// The paper's test with known categories (C.2): the base clusters, found without labels, are put
// under the known categories by the assignment step, and each conversation is scored by its
// cluster's category. And how close the members of a base cluster are.
#ifndef EVALUATE_RECONSTRUCT_H
#define EVALUATE_RECONSTRUCT_H

#include "base/buf.h"
#include "run/run.h"

struct score {
    size_t n, n_right;
    double macro_f1; // mean over the categories that n conversations are of
};
// truth[i] < n_categories; found[i] may be n_categories or more: none.
void score_measure(const uint32_t *truth, const uint32_t *found, size_t n, size_t n_categories,
                   struct arena *scratch, struct score *out);

// For `clio evaluate reconstruct`: the last column of labels in `truth` holds the categories; "_"
// in them is read as a space. Conversations in no cluster count as wrong. Asks the run's model.
// Text or JSON into `out`.
int evaluate_reconstruct(struct run *run, const char *truth, bool json, struct buf *out,
                         struct err *err) MUST_USE;
// For `clio evaluate coherence`: of each base cluster, how similar its members are to its centroid,
// on average and the least similar tenth, and how near the nearest other cluster is. Needs no
// truth.
int evaluate_coherence(struct run *run, const char *none, bool json, struct buf *out,
                       struct err *err) MUST_USE;

#endif
