// SPDX-License-Identifier: Apache-2.0
// Exact products of whole numbers where oneDNN has none (AVX2 without VNNI: its int8 kernels
// saturate; long rows), private to gemm.c: the columns stand in the panels of panel.h.
#ifndef VEC_GEMM_PANELS_H
#define VEC_GEMM_PANELS_H

#include "base/err.h"

// b: n_out × n_in numbers of -127 … 127. The panels, to be freed, or NULL: out of memory.
uint8_t *gemm_panels_pack(const int8_t *b, size_t n_out, size_t n_in);
// c: n × n_out = a · bᵀ, a: n × n_in, both without gaps; n_in up to 100,000. Works on the calling
// thread. ERR_UNAVAILABLE when memory is out.
int gemm_panels_run(const uint8_t *panels, size_t n_out, size_t n_in, const int8_t *a, size_t n,
                    int32_t *c, struct err *err) MUST_USE;

#endif
