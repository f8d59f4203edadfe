// SPDX-License-Identifier: Apache-2.0
// The oracle, and the choice.
#include "embed/kernel.h"

#include "vec/isa.h"

#include <math.h>

#define MOST_LANES ((size_t)16)

static void attend_query(const struct attention *a, size_t head, size_t i)
{
    size_t width = a->dims / a->n_heads, stride = 3 * a->dims;
    const float *q = a->qkv + i * stride + head * width;
    float *score = a->scratch, *out = a->out + i * a->dims + head * width;
    float most = -INFINITY, sum = 0;
    for (size_t j = 0; j < a->n; j++) {
        const float *k = a->qkv + j * stride + a->dims + head * width;
        float dot = 0;
        for (size_t d = 0; d < width; d++)
            dot += q[d] * k[d];
        score[j] = dot * a->scale;
        if (a->bias)
            score[j] += a->bias[head * a->bias_stride + a->bias_zero + j - i];
        most = fmaxf(most, score[j]);
    }
    for (size_t j = 0; j < a->n; j++)
        sum += score[j] = expf(score[j] - most);
    for (size_t d = 0; d < width; d++)
        out[d] = 0;
    for (size_t j = 0; j < a->n; j++)
        for (size_t d = 0; d < width; d++)
            out[d] += score[j] / sum * a->qkv[j * stride + 2 * a->dims + head * width + d];
}

static void attend(const struct attention *a)
{
    for (size_t head = 0; head < a->n_heads; head++)
        for (size_t i = 0; i < a->n; i++)
            attend_query(a, head, i);
}

static void add_norm(float *x, const float *y, size_t n, size_t dims, const float *gain,
                     const float *bias, float eps)
{
    for (size_t i = 0; i < n; i++) {
        float *row = x + i * dims, mean = 0, spread = 0;
        for (size_t d = 0; d < dims; d++)
            mean += row[d] += y ? y[i * dims + d] : 0.0F;
        mean /= (float)dims;
        for (size_t d = 0; d < dims; d++)
            spread += (row[d] - mean) * (row[d] - mean);
        float scale = 1 / sqrtf(spread / (float)dims + eps);
        for (size_t d = 0; d < dims; d++)
            row[d] = (row[d] - mean) * scale * gain[d] + bias[d];
    }
}

static void gelu(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = 0.5F * x[i] * (1 + erff(x[i] * 0.70710678F));
}

const struct kernel kernel_plain = { "plain", 1, attend, add_norm, gelu };

#if defined(__x86_64__)
static bool fits(const struct kernel *kernel, size_t head_dims, size_t n_ffn)
{
    return head_dims % kernel->lanes == 0 && n_ffn % kernel->lanes == 0;
}
#endif

const struct kernel *kernel_choose(size_t head_dims, size_t n_ffn)
{
#if defined(__x86_64__)
    if (isa_has(ISA_AVX512) && fits(&kernel_avx512, head_dims, n_ffn))
        return &kernel_avx512;
    if (isa_has(ISA_AVX2) && fits(&kernel_avx2, head_dims, n_ffn))
        return &kernel_avx2;
#else
    (void)head_dims;
    (void)n_ffn;
#endif
    return &kernel_plain;
}

size_t kernel_attention_scratch(size_t max_tokens, size_t head_dims)
{
    return size_round_up(max_tokens, MOST_LANES) * (head_dims + KERNEL_QUERIES + 1);
}
