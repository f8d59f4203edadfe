// SPDX-License-Identifier: Apache-2.0
// The arithmetic of the encoder that is no matrix product, in three makes: AVX-512, AVX2 and plain
// C. The plain one is the oracle. All sums run in an order that depends on the sizes of one text
// only, so a text's numbers do not depend on its neighbours. Private to embed/.
#ifndef EMBED_KERNEL_H
#define EMBED_KERNEL_H

#include "base/prelude.h"

#define KERNEL_QUERIES ((size_t)6) // that vector kernels take at a time
#define KERNEL_BEHIND ((size_t)16) // floats

// Self-attention of one text (Vaswani et al. 2017): for each head
// out = softmax(q · kᵀ · scale + bias) · v.
struct attention {
    const float *qkv; // n rows of q | k | v, each dims wide
    float *out;       // n × dims
    size_t n, dims, n_heads; // n tokens; dims / n_heads numbers a head
    float scale;
    const float *bias;  // of head h, query i, key j at bias[h * bias_stride + bias_zero + j - i],
    size_t bias_stride; // finite, KERNEL_BEHIND more may be read; NULL = none (MPNet's relative
                        // positions, T5's scheme)
    size_t bias_zero;
    float *scratch; // kernel_attention_scratch floats, 64-byte aligned
};

struct kernel {
    const char *name;
    size_t lanes; // sizes of heads and rows must be multiples of it
    void (*attend)(const struct attention *a);
    // Each of the n rows: x = normalize(x + y) · gain + bias; y may be NULL (Ba et al. 2016).
    void (*add_norm)(float *x, const float *y, size_t n, size_t dims, const float *gain,
                     const float *bias, float eps);
    // x = x · Φ(x), Φ by a polynomial: off by 2e-5 at most for |x| < 3.9, by 5e-5 · |x| beyond
    // (Hendrycks and Gimpel 2016). For products that are rounded anyway; n a multiple of lanes.
    void (*gelu)(float *x, size_t n);
};

extern const struct kernel kernel_plain, kernel_avx2, kernel_avx512;

// The fastest that this CPU runs and whose lanes divide the widths of a head and between the two
// wide products.
const struct kernel *kernel_choose(size_t head_dims, size_t n_ffn);
size_t kernel_attention_scratch(size_t max_tokens, size_t head_dims); // floats

#endif
