// SPDX-License-Identifier: Apache-2.0
// How well the auditor tells texts with private details from texts without (paper, D: 98 % of 1,237
// texts). Three judges, each by itself: patterns and names ("patterns"), the same with the support
// gate, for which enough accounts use the words of the text without the detail and no others
// ("gate": what a run publishes through), and the model with the paper's prompt ("model", when the
// run's setting `auditor` is the model's). A text is flagged when its grade is below 3.
#ifndef EVALUATE_AUDIT_SCORE_H
#define EVALUATE_AUDIT_SCORE_H

#include "base/buf.h"
#include "run/run.h"

// For `clio evaluate audit`. `items`: a TSV with a header, six columns: id, title, summary, words
// that enough accounts share, kind ("clean", or of the private detail), language. Recall, precision
// and accuracy with Wilson's 95 % intervals, the share flagged of each kind, recall of each
// language. ERR_DATA names the line. Asks the run's model; reads nothing else of the run.
int evaluate_audit(struct run *run, const char *items, bool json, struct buf *out,
                   struct err *err) MUST_USE;

#endif
