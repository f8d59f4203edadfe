// SPDX-License-Identifier: Apache-2.0
#include "vec/isa.h"

#include "vec/gemm.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TILE_STATE 18                        // of XSAVE: the tiles' registers
#define ASK_FOR_STATE 0x1023                 // ARCH_REQ_XCOMP_PERM
#define AMX (1U << 22 | 1U << 24 | 1U << 25) // leaf 7, EDX: bf16, tiles, int8
#define AVX512_BF16 (1U << 5)                // leaf 7.1, EAX
#define AVX_VNNI (1U << 4)                   // the same
#endif

#define KNOWN 256U

#ifdef __x86_64__
// Linux gives a process the tiles' 8 KiB of registers when it asks for them.
static bool has_tiles(void)
{
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & AMX) != AMX)
        return false;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & AVX512_BF16) &&
           syscall(SYS_arch_prctl, ASK_FOR_STATE, TILE_STATE) == 0;
}

static bool has_avx_vnni(void)
{
    unsigned a, b, c, d;
    return gemm_has_avx2_vnni() && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & AVX_VNNI);
}
#endif

static unsigned find(void)
{
    unsigned found = KNOWN;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && gemm_has_avx2())
        found |= ISA_AVX2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && gemm_has_bf16())
        found |= ISA_AVX512;
    if (found & ISA_AVX512 && __builtin_cpu_supports("avx512vnni") && gemm_has_vnni())
        found |= ISA_VNNI;
    if (found & ISA_AVX2 && !(found & ISA_AVX512) && has_avx_vnni())
        found |= ISA_AVX_VNNI;
    if (found & ISA_AVX512 && gemm_has_amx() && has_tiles())
        found |= ISA_AMX;
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
