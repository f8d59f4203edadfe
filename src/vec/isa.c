// SPDX-License-Identifier: Apache-2.0
#include "vec/isa.h"

#include "vec/gemm.h"

#define KNOWN 256U

static unsigned find(void)
{
    unsigned found = KNOWN;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && gemm_has_avx2())
        found |= ISA_AVX2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && gemm_has_bf16())
        found |= ISA_AVX512;
    if (__builtin_cpu_supports("avx512vnni") && gemm_has_vnni())
        found |= ISA_VNNI;
#endif
    return found;
}

bool isa_has(enum isa isa)
{
    static unsigned known; // the answer is the same whoever asks first
    unsigned found = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (!found) {
        found = find();
        __atomic_store_n(&known, found, __ATOMIC_RELAXED);
    }
    return found & isa;
}
