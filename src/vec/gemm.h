// SPDX-License-Identifier: Apache-2.0
// Matrix products, C = A · Bᵀ (+ bias, + activation), the shape of all our arithmetic: rows of A
// are texts or vectors, rows of B are weights or centroids. gemm.c is the one door to oneDNN and
// takes the best kernel of this CPU; gemm_plain.c is the oracle that it must agree with. Every call
// works on the calling thread only. Never call these on the thread that runs llama.cpp: both own
// the AMX tile configuration (docs/llm.md).
#ifndef VEC_GEMM_H
#define VEC_GEMM_H

#include "vec/matrix.h"

enum gemm_type { GEMM_FP32, GEMM_BF16 };
enum gemm_after { GEMM_NOTHING, GEMM_GELU_ERF }; // applied to A·Bᵀ + bias

// B packed once for many products: n_out × n_in, with a bias of n_out or NULL (copied).
struct gemm_weights;
int gemm_weights_open(struct gemm_weights **w, const float *b, size_t n_out, size_t n_in,
                      const float *bias, enum gemm_type type, enum gemm_after after,
                      struct err *err) MUST_USE;
// The same with sizes, type and activation of `like`, and a bias where that has one: fast, because
// what `like` had to try out (which kernels agree to the bit) depends on these alone.
int gemm_weights_open_like(struct gemm_weights **w, const struct gemm_weights *like, const float *b,
                           const float *bias, struct err *err) MUST_USE;
void gemm_weights_close(struct gemm_weights *w); // accepts NULL
// c: n × n_out, a: n × n_in, both row-major without gaps. In bf16, A is rounded to bf16 inside and
// sums are kept in float32. Several threads may use one w at a time. n may differ from call to
// call; a row's result does not depend on the other rows or on n.
int gemm_run(const struct gemm_weights *w, const float *a, size_t n, float *c, struct err *err)
    MUST_USE;
void gemm_plain(const float *a, size_t n, const float *b, size_t n_out, size_t n_in,
                const float *bias, enum gemm_after after, float *c); // the oracle, in float64 sums

// The same for whole numbers of -127 … 127: b and a int8, c int32, exact. There when
// gemm_has_int8(); n_in up to 100,000. VNNI and AMX by oneDNN, AVX2 and rows of more than 1,040
// numbers by the panels of vec/panel.h.
int gemm_weights_open_int8(struct gemm_weights **w, const int8_t *b, size_t n_out, size_t n_in,
                           struct err *err) MUST_USE;
int gemm_run_int8(const struct gemm_weights *w, const int8_t *a, size_t n, int32_t *c,
                  struct err *err) MUST_USE;

bool gemm_has_avx2(void);
bool gemm_has_avx2_vnni(void);
bool gemm_has_int8(void);        // AVX2, or VNNI
bool gemm_has_vnni(void);        // of AVX-512, or AMX
bool gemm_has_bf16(void);        // AVX-512; elsewhere bf16 is rounding with float32 products
bool gemm_multiplies_bf16(void); // AMX or AVX512-BF16
// Whether that is faster than float32: not on Intel's CPUs without AMX, where it takes twice as
// long (docs/embed.md).
bool gemm_has_fast_bf16(void);
bool gemm_has_amx(void);         // of bf16 and int8
const char *gemm_kernel(void);   // name of what the CPU gives: "avx512_core_bf16" …

#endif
