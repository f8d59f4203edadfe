// SPDX-License-Identifier: Apache-2.0
// What a finished run is missing.
#ifndef PIPELINE_GAPS_H
#define PIPELINE_GAPS_H

#include "run/run.h"

// 0 when every conversation has the model's answer and its vectors, and the tree is the model's
// where it was asked for one; ERR_BUDGET when some questions were not asked, about conversations or
// about clusters, or vectors, else ERR_GAPS. The sentence counts them by reason. The atlas is whole
// and valid in any case: where an answer is missing the facets come from rules, and who has no
// vector is left out.
int gaps_check(struct run *run, struct err *err) MUST_USE;

#endif
