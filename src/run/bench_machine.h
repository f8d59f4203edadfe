// SPDX-License-Identifier: Apache-2.0
// `clio bench`: how fast the kernels are on this machine, beside what its products can do.
#ifndef RUN_BENCH_MACHINE_H
#define RUN_BENCH_MACHINE_H

#include "base/buf.h"
#include "run/config.h"

// A table as text: first the peak of matrix products in float32, bf16 and int8, measured here;
// then what our kernels reach, as GFLOP/s and as a share of the peak of the products they are made
// of. One core, processor time, about ten seconds; the embedder is left out when it is not
// installed. Rows are made up; nothing is read but the embedder's weights.
int bench_machine(const struct config *config, struct buf *out, struct err *err) MUST_USE;

#endif
