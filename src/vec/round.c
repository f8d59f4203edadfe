// SPDX-License-Identifier: Apache-2.0
#include "vec/round.h"

#include "vec/isa.h"

#include <string.h>

static inline uint32_t round_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t rounded = bits + 0x7FFFU + (bits >> 16 & 1U);
    bool is_nan = (bits & 0x7FFFFFFFU) > 0x7F800000U;
    return is_nan ? bits | 0x400000U : rounded;
}

static inline void round_all(const float *from, size_t n, uint16_t *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint16_t)(round_bits(from[i]) >> 16);
}

// The same loop, compiled for wider registers; the results are the same bits.
#ifdef __x86_64__
__attribute__((target("avx512f,avx512bw"))) static void round_avx512(const float *from, size_t n,
                                                                     uint16_t *to)
{
    round_all(from, n, to);
}
#endif

void round_to_bf16(const float *from, size_t n, uint16_t *to)
{
#ifdef __x86_64__
    if (isa_has(ISA_AVX512)) {
        round_avx512(from, n, to);
        return;
    }
#endif
    round_all(from, n, to);
}

void round_in_float(const float *from, size_t n, float *to)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = round_bits(from[i]) & 0xFFFF0000U;
        memcpy(&to[i], &bits, sizeof bits);
    }
}

// Written so that the compiler can use its widest registers: no branches, whole numbers at the end.
static inline __attribute__((always_inline)) float int8_body(const float *from, size_t n,
                                                             int8_t *to)
{
    uint32_t most = 0; // finite numbers of one sign are ordered as their bits
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, from + i, sizeof bits);
        bits &= 0x7FFFFFFFU;
        most = bits > most ? bits : most;
    }
    float largest;
    memcpy(&largest, &most, sizeof largest);
    if (largest < 1e-30F)
        largest = 0; // its inverse would not be finite
    float scale = largest / 127, inverse = largest > 0 ? 127 / largest : 0;
    for (size_t i = 0; i < n; i++) {
        float value = from[i] * inverse;
        value += value < 0 ? -0.5F : 0.5F;
        int whole = (int)value;
        whole = whole > 127 ? 127 : whole < -127 ? -127 : whole;
        to[i] = (int8_t)whole;
    }
    return scale;
}

#ifdef __x86_64__
__attribute__((target("avx512f,avx512bw"))) static float int8_avx512(const float *from, size_t n,
                                                                     int8_t *to)
{
    return int8_body(from, n, to);
}
#endif

float round_to_int8(const float *from, size_t n, int8_t *to)
{
#ifdef __x86_64__
    if (isa_has(ISA_AVX512))
        return int8_avx512(from, n, to);
#endif
    return int8_body(from, n, to);
}

static inline __attribute__((always_inline)) void
rest_body(const float *from, size_t n, float scale, const int8_t *to, int8_t *rest)
{
    const float whole = 12582912; // 1.5 · 2²³: what is added to it is rounded to a whole number
    float inverse = scale > 0 ? 1 / scale : 0;
    for (size_t i = 0; i < n; i++) {
        float v = (from[i] * inverse - (float)to[i]) * ROUND_FINER;
        int32_t r = (int32_t)((v + whole) - whole);
        r = r < 127 ? r : 127;
        rest[i] = (int8_t)(r > -127 ? r : -127);
    }
}

#ifdef __x86_64__
__attribute__((target("avx512f,avx512bw"))) static void
rest_avx512(const float *from, size_t n, float scale, const int8_t *to, int8_t *rest)
{
    rest_body(from, n, scale, to, rest);
}
#endif

void round_finer(const float *from, size_t n, float scale, const int8_t *to, int8_t *rest)
{
#ifdef __x86_64__
    if (isa_has(ISA_AVX512)) {
        rest_avx512(from, n, scale, to, rest);
        return;
    }
#endif
    rest_body(from, n, scale, to, rest);
}
