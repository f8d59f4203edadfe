// SPDX-License-Identifier: Apache-2.0
// `clio audit` on a finished run: every gate again, on the atlas as it lies there, and the funnel
// of the paper's privacy evaluation (figure 5): how many texts a program finds private in the
// conversations, in the facet values and in what is published.
#ifndef PRIVACY_RELEASE_GATE_H
#define PRIVACY_RELEASE_GATE_H

#include "base/buf.h"
#include "run/run.h"

// Writes the report, as lines or as one JSON object. ERR_PRIVACY, after the report is whole, when a
// gate does not hold; its sentence says how many faults there are.
int release_gate(struct run *run, bool json, struct buf *out, struct err *err) MUST_USE;

#endif
