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

static inline __attribute__((always_inline)) float rough_end(const void *lanes, float total)
{
    float8 sums[2 * N_SUMS];
    memcpy(sums, lanes, sizeof sums);
    for (size_t s = 1; s < 2 * N_SUMS; s++)
        sums[0] += sums[s];
    for (size_t l = 0; l < N_LANES; l++)
        total += sums[0][l];
    return total;
}

// Sums of products, or of the squares of what the numbers are apart.
static inline __attribute__((always_inline)) float rough_body(const float *a, const float *b,
                                                              size_t n, bool apart)
{
    float8 sums[2 * N_SUMS] = { { 0 } }, x, y;
    float total = 0;
    size_t i = 0;
    for (; i + 2 * N_SUMS * N_LANES <= n; i += 2 * N_SUMS * N_LANES)
        for (size_t s = 0; s < 2 * N_SUMS; s++) {
            memcpy(&x, a + i + s * N_LANES, sizeof x);
            memcpy(&y, b + i + s * N_LANES, sizeof y);
            sums[s] += apart ? (x - y) * (x - y) : x * y;
        }
    for (; i < n; i++)
        total += apart ? (a[i] - b[i]) * (a[i] - b[i]) : a[i] * b[i];
    return rough_end(sums, total);
}

static inline __attribute__((always_inline)) int32_t int8_body(const int8_t *a, const int8_t *b,
                                                               size_t n)
{
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

#ifdef __x86_64__
#include <immintrin.h>

__attribute__((target("avx512f,avx512dq"))) static void
add_whole_avx512(int64_t *sum, const float *x, size_t n, double unit)
{
    add_whole_body(sum, x, n, unit);
}

// Sixteen numbers widened to 16 bits, and the eight sums of the products of each two.
__attribute__((target("avx2"))) static inline __m256i pairs_avx2(const int8_t *a, const int8_t *b)
{
    return _mm256_madd_epi16(_mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)a)),
                             _mm256_cvtepi8_epi16(_mm_loadu_si128((const void *)b)));
}

__attribute__((target("avx2"))) static int32_t int8_avx2(const int8_t *a, const int8_t *b, size_t n)
{
    __m256i even = _mm256_setzero_si256(), odd = even;
    int32_t lanes[8], sum = 0;
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        even = _mm256_add_epi32(even, pairs_avx2(a + i, b + i));
        odd = _mm256_add_epi32(odd, pairs_avx2(a + i + 16, b + i + 16));
    }
    _mm256_storeu_si256((void *)lanes, _mm256_add_epi32(even, odd));
    for (size_t l = 0; l < 8; l++)
        sum += lanes[l];
    return sum + int8_body(a + i, b + i, n - i);
}

// VNNI multiplies unsigned with signed: a is taken as a + 128, and 128 times the sum of b away
// again.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) static int32_t
int8_vnni(const int8_t *a, const int8_t *b, size_t n)
{
    const __m512i top = _mm512_set1_epi8(-128);
    __m512i sum = _mm512_setzero_si512(), less = sum;
    for (size_t i = 0; i < n; i += 64) {
        __mmask64 here = n - i >= 64 ? ~0ULL : (1ULL << (n - i)) - 1;
        __m512i other = _mm512_maskz_loadu_epi8(here, b + i);
        __m512i own = _mm512_xor_si512(_mm512_maskz_loadu_epi8(here, a + i), top);
        sum = _mm512_dpbusd_epi32(sum, own, other);
        less = _mm512_dpbusd_epi32(less, top, other);
    }
    return _mm512_reduce_add_epi32(_mm512_sub_epi32(sum, less));
}

__attribute__((target("avx2,fma"))) static float rough_avx2(const float *a, const float *b,
                                                            size_t n)
{
    return rough_body(a, b, n, false);
}

// The same sums in the same order, two of them in a register.
__attribute__((target("avx512f"))) static float rough_avx512(const float *a, const float *b,
                                                             size_t n)
{
    __m512 sums[N_SUMS];
    float total = 0;
    size_t i = 0;
    for (size_t s = 0; s < N_SUMS; s++)
        sums[s] = _mm512_setzero_ps();
    for (; i + 2 * N_SUMS * N_LANES <= n; i += 2 * N_SUMS * N_LANES)
        for (size_t s = 0; s < N_SUMS; s++) {
            size_t at = i + s * 2 * N_LANES;
            __m512 product = _mm512_mul_ps(_mm512_loadu_ps(a + at), _mm512_loadu_ps(b + at));
            sums[s] = _mm512_add_ps(sums[s], product);
        }
    for (; i < n; i++)
        total += a[i] * b[i];
    return rough_end(sums, total);
}

__attribute__((target("avx2"))) static float apart_avx2(const float *a, const float *b, size_t n)
{
    return rough_body(a, b, n, true);
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
    if (isa_has(ISA_AVX512))
        return rough_avx512(a, b, n);
    if (isa_has(ISA_AVX2))
        return rough_avx2(a, b, n);
#endif
    return rough_body(a, b, n, false);
}

float dot_apart(const float *a, const float *b, size_t n)
{
#ifdef __x86_64__
    if (isa_has(ISA_AVX2))
        return apart_avx2(a, b, n);
#endif
    return rough_body(a, b, n, true);
}

int32_t dot_int8(const int8_t *a, const int8_t *b, size_t n)
{
#ifdef __x86_64__
    if (isa_has(ISA_VNNI))
        return int8_vnni(a, b, n);
    if (isa_has(ISA_AVX2))
        return int8_avx2(a, b, n);
#endif
    return int8_body(a, b, n);
}
