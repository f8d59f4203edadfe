// SPDX-License-Identifier: Apache-2.0
// How well a run's clusters agree with known labels. Formulas: normalised mutual information with
// the arithmetic mean of the entropies and the adjusted Rand index (Hubert and Arabie 1985), both
// as scikit-learn defines them; purity = share of conversations with their cluster's commonest
// label.
#ifndef EVALUATE_AGREEMENT_H
#define EVALUATE_AGREEMENT_H

#include "base/buf.h"
#include "run/run.h"

struct agreement {
    size_t n, n_clusters, n_labels;
    double nmi, ari, purity; // all 1 when every part agrees; nmi and ari 1 for n = 0
};
// a and b: the two parts of each of n conversations, any numbers.
void agreement_measure(const uint32_t *a, const uint32_t *b, size_t n, struct arena *scratch,
                       struct agreement *out);

// For `clio evaluate agreement`: `truth` is a TSV with a header, conversation ids in its first
// column and labels in one or two more (intent and domain, say). Every level of the tree is
// compared with every column of labels, over all conversations that are labelled and placed;
// unclustered ones count as one cluster. Text or JSON into `out`. ERR_NO_INPUT, ERR_DATA name file
// and line.
int evaluate_agreement(struct run *run, const char *truth, bool json, struct buf *out,
                       struct err *err) MUST_USE;

#endif
