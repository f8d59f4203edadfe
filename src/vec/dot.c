// SPDX-License-Identifier: Apache-2.0
// Four accumulators of eight lanes in every variant: the order of the sums is the same with 16-,
// 32- or 64-byte registers; the compiler splits the vectors of GNU C as it needs.
#include "vec/dot.h"

#include "vec/isa.h"

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

static inline __attribute__((always_inline)) void add_whole_body(int64_t *sum, const float *x,
                                                                 size_t n, double unit)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += (int64_t)((double)x[i] * unit);
}

static inline __attribute__((always_inline)) float rough_body(const float *a, const float *b,
                                                              size_t n)
{
    float8 sums[2 * N_SUMS] = { { 0 } }, x, y;
    float total = 0;
    size_t i = 0;
    for (; i + 2 * N_SUMS * N_LANES <= n; i += 2 * N_SUMS * N_LANES)
        for (size_t s = 0; s < 2 * N_SUMS; s++) {
            memcpy(&x, a + i + s * N_LANES, sizeof x);
            memcpy(&y, b + i + s * N_LANES, sizeof y);
            sums[s] += x * y;
        }
    for (; i < n; i++)
        total += a[i] * b[i];
    for (size_t s = 1; s < 2 * N_SUMS; s++)
        sums[0] += sums[s];
    for (size_t l = 0; l < N_LANES; l++)
        total += sums[0][l];
    return total;
}

#ifdef __x86_64__
__attribute__((target("avx512f,avx512dq"))) static void
add_whole_avx512(int64_t *sum, const float *x, size_t n, double unit)
{
    add_whole_body(sum, x, n, unit);
}

__attribute__((target("avx2,fma"))) static float rough_avx2(const float *a, const float *b,
                                                            size_t n)
{
    return rough_body(a, b, n);
}

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
    if (isa_has(ISA_AVX512))
        return dot_avx512(a, b, n);
    if (isa_has(ISA_AVX2))
        return dot_avx2(a, b, n);
#endif
    return dot_body(a, b, n);
}

void dot_add(double *sum, const float *x, size_t n)
{
#ifdef __x86_64__
    if (isa_has(ISA_AVX512)) {
        add_avx512(sum, x, n);
        return;
    }
#endif
    add_body(sum, x, n);
}

void dot_add_whole(int64_t *sum, const float *x, size_t n, double unit)
{
#ifdef __x86_64__
    if (isa_has(ISA_AVX512)) {
        add_whole_avx512(sum, x, n, unit);
        return;
    }
#endif
    add_whole_body(sum, x, n, unit);
}

float dot_rough(const float *a, const float *b, size_t n)
{
#ifdef __x86_64__
    if (isa_has(ISA_AVX2))
        return rough_avx2(a, b, n);
#endif
    return rough_body(a, b, n);
}
