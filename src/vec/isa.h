// SPDX-License-Identifier: Apache-2.0
// Which instructions our own kernels may use: what the CPU has and oneDNN may use too. So oneDNN's
// variable ONEDNN_MAX_CPU_ISA (AVX2, AVX2_VNNI, AVX512_CORE …) masks the whole program, and
// tests can be other CPUs.
#ifndef VEC_ISA_H
#define VEC_ISA_H

#include "base/prelude.h"

enum isa {
    ISA_AVX2 = 1,      // with FMA
    ISA_AVX512 = 2,    // F, BW, DQ, VL
    ISA_VNNI = 4,      // of AVX-512, which is there, too
    ISA_AMX = 8,       // tiles of bf16 and int8, with AVX512-BF16; the process may use them
    ISA_AVX_VNNI = 16, // VNNI in 256 bits, where there is no AVX-512
};
bool isa_has(enum isa isa); // asked once, then remembered

#endif
