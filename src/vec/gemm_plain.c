// SPDX-License-Identifier: Apache-2.0
// The oracle for gemm.c: three loops, sums in float64, nothing clever.
#include "vec/gemm.h"

#include <math.h>

void gemm_plain(const float *a, size_t n, const float *b, size_t n_out, size_t n_in,
                const float *bias, enum gemm_after after, float *c)
{
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < n_out; o++) {
            double sum = bias ? (double)bias[o] : 0;
            for (size_t j = 0; j < n_in; j++)
                sum += (double)a[i * n_in + j] * (double)b[o * n_in + j];
            if (after == GEMM_GELU_ERF)
                sum = 0.5 * sum * (1 + erf(sum * 0.70710678118654752));
            c[i * n_out + o] = (float)sum;
        }
}
