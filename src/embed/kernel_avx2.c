// SPDX-License-Identifier: Apache-2.0
// kernel_body.inc over AVX2 with FMA. This file alone is compiled for it; kernel_choose asks first.
#pragma GCC target("avx2,fma")
#include <immintrin.h>
#include <stddef.h>

typedef __m256 vec;
#define LANES ((size_t)8)
#define N_KEYS 2
#define v_load _mm256_loadu_ps
#define v_store _mm256_storeu_ps
#define v_set _mm256_set1_ps
#define v_add _mm256_add_ps
#define v_mul _mm256_mul_ps
#define v_max _mm256_max_ps
#define v_min _mm256_min_ps
#define v_fma _mm256_fmadd_ps
#define v_round(x) _mm256_round_ps((x), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)

static inline float v_sum(vec x)
{
    __m128 a = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    a = _mm_add_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_add_ss(a, _mm_movehdup_ps(a)));
}

static inline float v_most(vec x)
{
    __m128 a = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    a = _mm_max_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_max_ss(a, _mm_movehdup_ps(a)));
}

static inline vec v_exp2(vec n, vec p)
{
    __m256i bits = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n),
                                                      _mm256_set1_epi32(127)), 23);
    return _mm256_mul_ps(p, _mm256_castsi256_ps(bits));
}

#include "embed/kernel_body.inc"

const struct kernel kernel_avx2 = { "avx2", LANES, attend, add_norm, gelu };
