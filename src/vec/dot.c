// SPDX-License-Identifier: Apache-2.0
// Four accumulators of eight lanes in every variant: the order of the sums is the same with 16-,
// 32- or 64-byte registers; the compiler splits the vectors of GNU C as it needs.
#include "vec/dot.h"

#include <string.h>

typedef float float8 __attribute__((vector_size(32)));
typedef double double8 __attribute__((vector_size(64)));

#define N_LANES ((size_t)8)
#define N_SUMS ((size_t)4)

static inline __attribute__((always_inline)) double dot_body(const float *a, const float *b,
                                                             size_t n)
{
    double8 sums[N_SUMS] = { { 0 } };
    float8 x, y;
    size_t i = 0;
    for (; i + N_SUMS * N_LANES <= n; i += N_SUMS * N_LANES)
        for (size_t s = 0; s < N_SUMS; s++) {
            memcpy(&x, a + i + s * N_LANES, sizeof x);
            memcpy(&y, b + i + s * N_LANES, sizeof y);
            sums[s] += __builtin_convertvector(x, double8) * __builtin_convertvector(y, double8);
        }
    double total = 0;
    for (; i < n; i++)
        total += (double)a[i] * (double)b[i];
    double8 lanes = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    for (size_t l = 0; l < N_LANES; l++)
        total += lanes[l];
    return total;
}

static inline __attribute__((always_inline)) void add_body(double *sum, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += (double)x[i];
}

#ifdef __x86_64__
__attribute__((target("avx512f"))) static double dot_avx512(const float *a, const float *b,
                                                            size_t n)
{
    return dot_body(a, b, n);
}

__attribute__((target("avx2"))) static double dot_avx2(const float *a, const float *b, size_t n)
{
    return dot_body(a, b, n);
}

__attribute__((target("avx512f"))) static void add_avx512(double *sum, const float *x, size_t n)
{
    add_body(sum, x, n);
}
#endif

double dot_floats(const float *a, const float *b, size_t n)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f"))
        return dot_avx512(a, b, n);
    if (__builtin_cpu_supports("avx2"))
        return dot_avx2(a, b, n);
#endif
    return dot_body(a, b, n);
}

void dot_add(double *sum, const float *x, size_t n)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f")) {
        add_avx512(sum, x, n);
        return;
    }
#endif
    add_body(sum, x, n);
}
