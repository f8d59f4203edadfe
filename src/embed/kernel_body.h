// SPDX-License-Identifier: Apache-2.0
// The vector kernels, written once over the operations that kernel_avx2.c and kernel_avx512.c
// define before they include this file:
//   vec, LANES, N_KEYS (vectors of keys a block), v_load v_store v_set v_add v_mul v_max
//   v_fma(a, b, c) = a·b + c, v_sum v_most (over the lanes), v_exp2 (2^n · p for whole n).
// Keys are laid out transposed, one row a number of the head, so that 4 queries times N_KEYS
// vectors of keys run in registers; the scores of 4 queries stay in the first cache.
#include "embed/kernel.h"

#include <math.h>

#define QUERIES ((size_t)4)

// exp(x) for x <= 0 by 2^n · p(r), r in ±ln2/2; the polynomial is exp's Taylor sum to the sixth
// power, error below 2e-7. Very small x give 0.
static inline vec exp_vector(vec x)
{
    x = v_max(x, v_set(-87.0F));
    vec n = v_round(v_mul(x, v_set(1.44269504F)));
    vec r = v_fma(n, v_set(-0.693359375F), x);
    r = v_fma(n, v_set(2.12194440e-4F), r);
    vec p = v_set(1.0F / 720);
    p = v_fma(p, r, v_set(1.0F / 120));
    p = v_fma(p, r, v_set(1.0F / 24));
    p = v_fma(p, r, v_set(1.0F / 6));
    p = v_fma(p, r, v_set(0.5F));
    p = v_fma(p, r, v_set(1.0F));
    p = v_fma(p, r, v_set(1.0F));
    return v_exp2(n, p);
}

struct head {
    const float *q, *v; // of token 0
    float *out;
    const float *bias; // of distance 0; NULL = none
    size_t n, room, width, stride, dims;
    float scale;
    float *keys;   // width × room, transposed, zeros behind n
    float *scores; // QUERIES × room
};

static void transpose_keys(const struct head *h, const float *k)
{
    for (size_t d = 0; d < h->width; d++)
        for (size_t j = h->n; j < h->room; j++)
            h->keys[d * h->room + j] = 0;
    for (size_t j = 0; j < h->n; j++)
        for (size_t d = 0; d < h->width; d++)
            h->keys[d * h->room + j] = k[j * h->stride + d];
}

// scores[4][j … j + N_KEYS·LANES) of the four queries from i on.
static inline void score_block(const struct head *h, const float *const q[QUERIES], size_t j)
{
    vec sum[QUERIES][N_KEYS];
    for (size_t a = 0; a < QUERIES; a++)
        for (size_t b = 0; b < N_KEYS; b++)
            sum[a][b] = v_set(0);
    const float *keys = h->keys + j;
    for (size_t d = 0; d < h->width; d++, keys += h->room) {
        vec k[N_KEYS];
        for (size_t b = 0; b < N_KEYS; b++)
            k[b] = v_load(keys + b * LANES);
        for (size_t a = 0; a < QUERIES; a++) {
            vec one = v_set(q[a][d]);
            for (size_t b = 0; b < N_KEYS; b++)
                sum[a][b] = v_fma(one, k[b], sum[a][b]);
        }
    }
    for (size_t a = 0; a < QUERIES; a++)
        for (size_t b = 0; b < N_KEYS; b++)
            v_store(h->scores + a * h->room + j + b * LANES,
                    v_mul(sum[a][b], v_set(h->scale)));
}

// Scores of one query -> weights that sum to 1; what lies behind n is not used.
static inline void soften(const struct head *h, float *score, size_t i)
{
    size_t room = size_round_up(h->n, LANES);
    if (h->bias)
        for (size_t j = 0; j < h->n; j++)
            score[j] += *(h->bias + j - i);
    for (size_t j = h->n; j < room; j++)
        score[j] = -INFINITY;
    vec most = v_load(score), sum = v_set(0);
    for (size_t j = LANES; j < room; j += LANES)
        most = v_max(most, v_load(score + j));
    vec less = v_set(-v_most(most));
    for (size_t j = 0; j < room; j += LANES) {
        vec e = exp_vector(v_add(v_load(score + j), less));
        v_store(score + j, e);
        if (j + LANES <= h->n)
            sum = v_add(sum, e);
    }
    float total = v_sum(sum);
    for (size_t j = h->n / LANES * LANES; j < h->n; j++)
        total += score[j];
    vec part = v_set(1 / total);
    for (size_t j = 0; j < room; j += LANES)
        v_store(score + j, v_mul(v_load(score + j), part));
}

// out of n_queries queries, two vectors of the head's numbers at a time.
static inline void mix_values(const struct head *h, size_t i, size_t n_queries, size_t d)
{
    vec sum[QUERIES][2];
    size_t second = d + LANES < h->width ? LANES : 0;
    for (size_t a = 0; a < QUERIES; a++)
        sum[a][0] = sum[a][1] = v_set(0);
    for (size_t j = 0; j < h->n; j++) {
        const float *v = h->v + j * h->stride + d;
        vec low = v_load(v), high = v_load(v + second);
        for (size_t a = 0; a < QUERIES; a++) {
            vec weight = v_set(h->scores[a * h->room + j]);
            sum[a][0] = v_fma(weight, low, sum[a][0]);
            sum[a][1] = v_fma(weight, high, sum[a][1]);
        }
    }
    for (size_t a = 0; a < n_queries; a++) {
        v_store(h->out + (i + a) * h->dims + d, sum[a][0]);
        v_store(h->out + (i + a) * h->dims + d + second, second ? sum[a][1] : sum[a][0]);
    }
}

static void attend_queries(const struct head *h, size_t i)
{
    size_t n_queries = size_min(QUERIES, h->n - i);
    const float *q[QUERIES]; // behind the last query the last one again
    for (size_t a = 0; a < QUERIES; a++)
        q[a] = h->q + size_min(i + a, h->n - 1) * h->stride;
    for (size_t j = 0; j < h->n; j += N_KEYS * LANES)
        score_block(h, q, j);
    for (size_t a = 0; a < n_queries; a++)
        soften(h, h->scores + a * h->room, i + a);
    for (size_t d = 0; d < h->width; d += 2 * LANES)
        mix_values(h, i, n_queries, d);
}

static void attend(const struct attention *a)
{
    size_t width = a->dims / a->n_heads;
    struct head h = { .n = a->n, .room = size_round_up(a->n, N_KEYS * LANES), .width = width,
                      .stride = 3 * a->dims, .dims = a->dims, .scale = a->scale };
    h.keys = a->scratch;
    h.scores = a->scratch + h.room * width;
    for (size_t i_head = 0; i_head < a->n_heads; i_head++) {
        h.q = a->qkv + i_head * width;
        h.v = h.q + 2 * a->dims;
        h.out = a->out + i_head * width;
        h.bias = a->bias ? a->bias + i_head * a->bias_stride + a->bias_zero : NULL;
        transpose_keys(&h, h.q + a->dims);
        for (size_t i = 0; i < a->n; i += QUERIES)
            attend_queries(&h, i);
    }
}

static void add_norm(float *x, const float *y, size_t n, size_t dims, const float *gain,
                     const float *bias, float eps)
{
    for (size_t i = 0; i < n; i++, x += dims) {
        vec sum = v_set(0), spread = v_set(0);
        for (size_t d = 0; d < dims; d += LANES) {
            vec v = v_load(x + d);
            if (y) {
                v = v_add(v, v_load(y + i * dims + d));
                v_store(x + d, v);
            }
            sum = v_add(sum, v);
        }
        vec less = v_set(-v_sum(sum) / (float)dims);
        for (size_t d = 0; d < dims; d += LANES) {
            vec v = v_add(v_load(x + d), less);
            spread = v_fma(v, v, spread);
        }
        vec scale = v_set(1 / sqrtf(v_sum(spread) / (float)dims + eps));
        for (size_t d = 0; d < dims; d += LANES) {
            vec v = v_mul(v_add(v_load(x + d), less), scale);
            v_store(x + d, v_fma(v, v_load(gain + d), v_load(bias + d)));
        }
    }
}
