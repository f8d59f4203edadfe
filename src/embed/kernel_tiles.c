// SPDX-License-Identifier: Apache-2.0
// Attention of one text, head by head: keys are transposed into tiles, values interleaved; then for
// 16 queries at a time scores are a product of tiles, softmax runs over them in vectors, and what
// it gives is multiplied with the values in tiles again.
#include "embed/kernel_tiles.h"

#include "vec/isa.h"
#include "vec/tile.h"
#include "vec/tile_asm.h"

#include <math.h>

#define MOST_WIDTH ((size_t)128) // of a head
#define KEYS ((size_t)32)        // that a tile of weights takes
#define LANES ((size_t)16)
#define LOG2E 1.44269504F

bool kernel_tiles_can(size_t dims, size_t n_heads)
{
    size_t width = dims / n_heads;
    return isa_has(ISA_AMX) && width * n_heads == dims && width % KEYS == 0 && width <= MOST_WIDTH;
}

size_t kernel_tiles_scratch(size_t max_tokens, size_t head_dims)
{
    size_t room = size_round_up(max_tokens, KEYS);
    return room * head_dims * 2 * sizeof(uint16_t) + // keys, values
           TILE_SIDE * room * (sizeof(float) + sizeof(uint16_t)) + TILE_SIDE * MOST_WIDTH * 4;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512bw,avx512dq,avx512bf16")))
#define INLINE WIDE static inline __attribute__((always_inline))

struct head {
    const uint16_t *q, *k, *v; // of token 0
    uint16_t *out;
    size_t first, column;                // of out
    const float *bias;                   // of distance 0; NULL = none
    size_t n, room, width, stride, dims; // room: n in whole KEYS; stride of qkv's rows in numbers
    float scale;                         // times log2 e
    char *keys;                          // for each 16 keys and each 32 numbers a tile
    char *values;                        // for each 32 keys and each 16 numbers a tile
    float *scores;                       // 16 × room
    uint16_t *weights;                   // 16 × room
    float *mixed;                        // 16 × width
};

// 16 × 16 numbers of 32 bits, rows `stride` bytes apart.
INLINE void transpose(const char *from, size_t stride, char *to)
{
    __m512i r[16], t[16];
    for (size_t i = 0; i < 16; i++)
        r[i] = _mm512_loadu_si512(from + i * stride);
    for (size_t i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    for (size_t i = 0; i < 16; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    for (size_t i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
        t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xDD);
        t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
        t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xDD);
    }
    for (size_t i = 0; i < 4; i++) {
        r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
        r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
        r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xDD);
        r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xDD);
    }
    for (size_t i = 0; i < 16; i++)
        _mm512_store_si512(to + i * TILE_BYTES, r[i]);
}

INLINE void pack_keys(const struct head *h)
{
    char *to = h->keys;
    for (size_t j = 0; j < h->n; j += TILE_SIDE)
        for (size_t d = 0; d < h->width; d += 2 * LANES, to += TILE_SIZE)
            transpose((const char *)(h->k + j * h->stride + d), h->stride * sizeof *h->k, to);
}

// Row i of a tile: the numbers of keys 2i and 2i + 1 side by side; zeros for keys behind the text.
INLINE void pack_values(const struct head *h)
{
    static const uint16_t places[] = {
        0, 32, 1, 33, 2,  34, 3,  35, 4,  36, 5,  37, 6,  38, 7,  39,
        8, 40, 9, 41, 10, 42, 11, 43, 12, 44, 13, 45, 14, 46, 15, 47
    };
    __m512i low = _mm512_loadu_si512(places);
    __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(16));
    size_t n_tiles = h->width / LANES;
    for (size_t j = 0; j < h->room; j += 2) {
        char *to = h->values + j / KEYS * n_tiles * TILE_SIZE + j % KEYS / 2 * TILE_BYTES;
        for (size_t d = 0; d < h->width; d += 2 * LANES, to += 2 * TILE_SIZE) {
            const uint16_t *from = h->v + j * h->stride + d;
            __m512i none = _mm512_setzero_si512();
            __m512i a = j < h->n ? _mm512_loadu_si512(from) : none;
            __m512i b = j + 1 < h->n ? _mm512_loadu_si512(from + h->stride) : none;
            _mm512_store_si512(to, _mm512_permutex2var_epi16(a, low, b));
            _mm512_store_si512(to + TILE_SIZE, _mm512_permutex2var_epi16(a, high, b));
        }
    }
}

INLINE void score(const struct head *h, size_t i)
{
    size_t n_tiles = h->width / (2 * LANES), stride = h->room * sizeof *h->scores;
    const uint16_t *q = h->q + i * h->stride;
    for (size_t j = 0; j < h->n; j += 2 * TILE_SIDE) {
        const char *keys = h->keys + j / TILE_SIDE * n_tiles * TILE_SIZE;
        bool two = j + TILE_SIDE < h->n;
        tile_zero(0);
        tile_zero(1);
        for (size_t t = 0; t < n_tiles; t++) {
            tile_load(4, q + t * 2 * LANES, h->stride * sizeof *q);
            tile_load(5, keys + t * TILE_SIZE, TILE_BYTES);
            tile_add_bf16(0, 4, 5);
            if (two) {
                tile_load(6, keys + (n_tiles + t) * TILE_SIZE, TILE_BYTES);
                tile_add_bf16(1, 4, 6);
            }
        }
        tile_store(0, h->scores + j, stride);
        tile_store(1, h->scores + j + TILE_SIDE, stride); // zeros, where there is no second
    }
}

// 2^x for x <= 0, the polynomial is its Taylor sum to the fifth power over ±½, error below 3e-6.
INLINE __m512 exp2_of(__m512 x)
{
    x = _mm512_max_ps(x, _mm512_set1_ps(-126.0F));
    __m512 n = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_sub_ps(x, n), p = _mm512_set1_ps(0.00133335581F);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.00961812911F));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.0555041087F));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.240226507F));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.693147181F));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0F));
    return _mm512_scalef_ps(p, n);
}

// Scores of query i -> weights; returns what they sum to.
INLINE float soften(const struct head *h, float *scores, size_t i, uint16_t *weights)
{
    __m512 scale = _mm512_set1_ps(h->scale), log2e = _mm512_set1_ps(LOG2E);
    __m512 most = _mm512_set1_ps(-INFINITY), sum = _mm512_setzero_ps();
    for (size_t j = 0; j < h->n; j += LANES) {
        __mmask16 there = (__mmask16)(h->n - j < LANES ? (1U << (h->n - j)) - 1 : 0xFFFFU);
        __m512 x = _mm512_mul_ps(_mm512_load_ps(scores + j), scale);
        if (h->bias)
            x = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(there, h->bias + j - i), log2e, x);
        most = _mm512_mask_max_ps(most, there, most, x);
        _mm512_store_ps(scores + j, x);
    }
    most = _mm512_set1_ps(_mm512_reduce_max_ps(most));
    for (size_t j = 0; j < h->room; j += KEYS) {
        size_t n = h->n - j;
        __mmask32 there = n < KEYS ? (1U << n) - 1 : UINT32_MAX;
        __mmask16 first = (__mmask16)there, second = (__mmask16)(there >> LANES);
        __m512 a = exp2_of(_mm512_sub_ps(_mm512_load_ps(scores + j), most));
        __m512 b = exp2_of(_mm512_sub_ps(_mm512_load_ps(scores + j + LANES), most));
        a = _mm512_maskz_mov_ps(first, a);
        b = _mm512_maskz_mov_ps(second, b);
        sum = _mm512_add_ps(sum, _mm512_add_ps(a, b));
        put_bf16(weights + j, b, a);
    }
    return _mm512_reduce_add_ps(sum);
}

INLINE void mix(const struct head *h)
{
    size_t n_tiles = h->width / LANES, stride = h->width * sizeof *h->mixed;
    for (size_t t = 0; t < n_tiles; t += 2) {
        const char *values = h->values + t * TILE_SIZE;
        tile_zero(0);
        tile_zero(1);
        for (size_t j = 0; j < h->room; j += KEYS, values += n_tiles * TILE_SIZE) {
            tile_load(4, h->weights + j, h->room * sizeof *h->weights);
            tile_load(5, values, TILE_BYTES);
            tile_add_bf16(0, 4, 5);
            tile_load(6, values + TILE_SIZE, TILE_BYTES);
            tile_add_bf16(1, 4, 6);
        }
        tile_store(0, h->mixed + t * LANES, stride);
        tile_store(1, h->mixed + (t + 1) * LANES, stride);
    }
}

INLINE void put_out(const struct head *h, size_t i, size_t row, float total)
{
    __m512 part = _mm512_set1_ps(1 / total);
    const float *mixed = h->mixed + row * h->width;
    uint16_t *out = h->out + tile_place_bf16(h->first + i + row, h->column, h->dims);
    for (size_t d = 0; d < h->width; d += 2 * LANES) {
        __m512 a = _mm512_mul_ps(_mm512_load_ps(mixed + d), part);
        __m512 b = _mm512_mul_ps(_mm512_load_ps(mixed + d + LANES), part);
        put_bf16(out + d * TILE_ROWS, b, a);
    }
}

WIDE static void attend_head(const struct head *h)
{
    pack_keys(h);
    pack_values(h);
    for (size_t i = 0; i < h->n; i += TILE_SIDE) {
        size_t n = size_min(TILE_SIDE, h->n - i);
        float total[TILE_SIDE];
        score(h, i);
        for (size_t row = 0; row < n; row++)
            total[row] = soften(h, h->scores + row * h->room, i + row, h->weights + row * h->room);
        mix(h);
        for (size_t row = 0; row < n; row++)
            put_out(h, i, row, total[row]);
    }
}

void kernel_tiles_attend(const struct tile_attention *a)
{
    size_t width = a->dims / a->n_heads, room = size_round_up(a->n, KEYS);
    struct head h = { .n = a->n,
                      .room = room,
                      .width = width,
                      .stride = 3 * a->dims,
                      .dims = a->dims,
                      .out = a->out,
                      .first = a->first,
                      .scale = a->scale * LOG2E };
    h.keys = a->scratch;
    h.values = h.keys + room * width * sizeof *h.k;
    h.scores = (float *)(void *)(h.values + room * width * sizeof *h.v);
    h.mixed = h.scores + TILE_SIDE * room;
    h.weights = (uint16_t *)(void *)(h.mixed + TILE_SIDE * width);
    tiles_begin();
    for (size_t i_head = 0; i_head < a->n_heads; i_head++) {
        h.q = a->qkv + i_head * width;
        h.k = h.q + a->dims;
        h.v = h.k + a->dims;
        h.column = i_head * width;
        h.bias = a->bias ? a->bias + i_head * a->bias_stride + a->bias_zero : NULL;
        attend_head(&h);
    }
    tiles_end();
}

INLINE __m512 norm_vector(float *x, __m512 mean, __m512 scale, const float *gain, const float *bias)
{
    __m512 v = _mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(x), mean), scale);
    v = _mm512_fmadd_ps(v, _mm512_loadu_ps(gain), _mm512_loadu_ps(bias));
    _mm512_storeu_ps(x, v);
    return v;
}

WIDE static void add_norm_row(float *x, const float *y, size_t dims, const float *gain,
                              const float *bias, float eps, uint16_t *rounded)
{
    __m512 sum = _mm512_setzero_ps(), spread = _mm512_setzero_ps();
    for (size_t d = 0; d < dims; d += LANES) {
        __m512 v = _mm512_loadu_ps(x + d);
        if (y) {
            v = _mm512_add_ps(v, _mm512_loadu_ps(y + d));
            _mm512_storeu_ps(x + d, v);
        }
        sum = _mm512_add_ps(sum, v);
    }
    __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / (float)dims);
    for (size_t d = 0; d < dims; d += LANES) {
        __m512 v = _mm512_sub_ps(_mm512_loadu_ps(x + d), mean);
        spread = _mm512_fmadd_ps(v, v, spread);
    }
    __m512 scale = _mm512_set1_ps(1 / sqrtf(_mm512_reduce_add_ps(spread) / (float)dims + eps));
    for (size_t d = 0; d < dims; d += 2 * LANES) {
        __m512 low = norm_vector(x + d, mean, scale, gain + d, bias + d);
        __m512 high = norm_vector(x + d + LANES, mean, scale, gain + d + LANES, bias + d + LANES);
        if (rounded)
            put_bf16(rounded + d * TILE_ROWS, high, low);
    }
}

void kernel_tiles_add_norm(float *x, const float *y, size_t n, size_t dims, const float *gain,
                           const float *bias, float eps, uint16_t *rounded)
{
    for (size_t i = 0; i < n; i++)
        add_norm_row(x + i * dims, y ? y + i * dims : NULL, dims, gain, bias, eps,
                     rounded ? rounded + tile_place_bf16(i, 0, dims) : NULL);
}
#else
void kernel_tiles_attend(const struct tile_attention *a)
{
    (void)a;
    BUG("kernel_tiles_attend without AMX");
}

void kernel_tiles_add_norm(float *x, const float *y, size_t n, size_t dims, const float *gain,
                           const float *bias, float eps, uint16_t *rounded)
{
    (void)x, (void)y, (void)n, (void)dims, (void)gain, (void)bias, (void)eps, (void)rounded;
    BUG("kernel_tiles_add_norm without AMX");
}
#endif
