// SPDX-License-Identifier: Apache-2.0
// How well a run's clusters agree with known labels. Formulas: normalised mutual information with
// the arithmetic mean of the entropies and the adjusted Rand index (Hubert and Arabie 1985), both
// as scikit-learn defines them; purity = share of conversations with their cluster's commonest
// label. Spillover in two forms: the share of labels that more than one cluster has, and of
// conversations outside the cluster that holds most of their label.
#ifndef EVALUATE_AGREEMENT_H
#define EVALUATE_AGREEMENT_H

#include "base/buf.h"
#include "evaluate/placement.h"
#include "evaluate/truth.h"
#include "run/run.h"

struct agreement {
    size_t n, n_clusters, n_labels;
    double nmi, ari, purity; // all 1 when every part agrees, 0 for n = 0
    double split, outside;   // both 0 when no part of b is in more than one of a
};
// a and b: the two parts of each of n conversations, any numbers; a the clusters, b the labels.
void agreement_measure(const uint32_t *a, const uint32_t *b, size_t n, struct arena *scratch,
                       struct agreement *out);

// Every level of the tree against every column of labels: a table, or the member "levels" of a JSON
// object.
int levels_put(const struct truth *truth, const struct placement *tree, bool json,
               struct arena *scratch, struct buf *out, struct err *err) MUST_USE;
// For `clio evaluate agreement`: `truth` is a TSV with a header, conversation ids in its first
// column and labels in one or two more (intent and domain, say). Every level of the tree is
// compared with every column of labels, over all conversations that are labelled and placed;
// unclustered ones count as one cluster. Text or JSON into `out`. ERR_NO_INPUT, ERR_DATA name file
// and line.
int evaluate_agreement(struct run *run, const char *truth, bool json, struct buf *out,
                       struct err *err) MUST_USE;

#endif
