// SPDX-License-Identifier: Apache-2.0
// kernel_body.inc over AVX-512. This file alone is compiled for it; kernel_choose asks the CPU
// first.
#pragma GCC target("avx512f,avx512dq,avx2,fma")
#include <immintrin.h>

typedef __m512 vec;
#define LANES ((size_t)16)
#define N_KEYS 4
#define v_load _mm512_loadu_ps
#define v_store _mm512_storeu_ps
#define v_set _mm512_set1_ps
#define v_add _mm512_add_ps
#define v_mul _mm512_mul_ps
#define v_max _mm512_max_ps
#define v_min _mm512_min_ps
#define v_fma _mm512_fmadd_ps
#define v_sum _mm512_reduce_add_ps
#define v_most _mm512_reduce_max_ps
#define v_round(x) _mm512_roundscale_ps((x), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)
#define v_exp2(n, p) _mm512_scalef_ps((p), (n))

#include "embed/kernel_body.inc"

const struct kernel kernel_avx512 = { "avx512", LANES, attend, add_norm, gelu };
