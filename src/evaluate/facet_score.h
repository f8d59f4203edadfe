// SPDX-License-Identifier: Apache-2.0
// How well a run's facets agree with labels: language, turns and concern (paper, C.1: Spearman 0.84
// between people and the model for concern).
#ifndef EVALUATE_FACET_SCORE_H
#define EVALUATE_FACET_SCORE_H

#include "base/buf.h"
#include "run/run.h"

// Spearman's rank correlation, ties by their mean rank; false when n < 3 or one side is all alike.
bool spearman(const double *x, const double *y, size_t n, struct arena *scratch, double *rho);

// For `clio evaluate facets`: of each column of `truth` called turns, concern or language (the last
// one), the share of conversations whose facet has that value, with Wilson's 95 % interval, and of
// the first two Spearman's correlation with Fisher's. ERR_DATA when no column has such a name or no
// conversation of the run has a label.
int evaluate_facets(struct run *run, const char *truth, bool json, struct buf *out,
                    struct err *err) MUST_USE;

#endif
