// SPDX-License-Identifier: Apache-2.0
// Eight rows at a time: eight sums stand in registers, one load of the panel serves eight products.
// That is as many as the pipe of Zen 4 and of Ice Lake needs to be full.
#include "vec/panel.h"

#include "vec/isa.h"

#include <string.h>

#define STEP ((size_t)4) // numbers of a column that stand side by side

void panel_pack(const int8_t *const columns[PANEL_COLUMNS], size_t d, uint8_t *panel)
{
    assert(d % STEP == 0);
    for (size_t j = 0; j < PANEL_COLUMNS; j++)
        for (size_t k = 0; k < d; k++) {
            int value = columns[j] ? columns[j][k] : 0;
            panel[k / STEP * STEP * PANEL_COLUMNS + j * STEP + k % STEP] = (uint8_t)(value + 128);
        }
}

void panel_multiply_plain(const uint8_t *panel, size_t d, const int8_t *const *rows, size_t n,
                          int32_t (*out)[PANEL_COLUMNS])
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < PANEL_COLUMNS; j++) {
            int32_t sum = 0;
            for (size_t k = 0; k < d; k++)
                sum += rows[i][k] * panel[k / STEP * STEP * PANEL_COLUMNS + j * STEP + k % STEP];
            out[i][j] = sum;
        }
}

#ifdef __x86_64__
#include <immintrin.h>

#define ROWS ((size_t)8)
#define VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

typedef int32_t __attribute__((may_alias, aligned(1))) four;

// sum += columns × the four numbers at `row`, in each of 16 lanes. Written out, because GCC 12
// copies every sum before it adds.
#define ADD(sum, columns, row)                                                                     \
    __asm__("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(sum) : "v"(columns), "m"(*(const four *)(row)))

// Behind the last row stands the last one again; its products are not written.
VNNI static void multiply_some(const uint8_t *panel, size_t d, const int8_t *const *rows, size_t n,
                               int32_t (*out)[PANEL_COLUMNS])
{
    const int8_t *row[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        row[i] = rows[i < n ? i : n - 1];
    __m512i a = _mm512_setzero_si512(), b = a, c = a, e = a, f = a, g = a, h = a, l = a;
    for (size_t k = 0; k < d; k += STEP, panel += STEP * PANEL_COLUMNS) {
        __m512i columns = _mm512_loadu_si512(panel);
        ADD(a, columns, row[0] + k);
        ADD(b, columns, row[1] + k);
        ADD(c, columns, row[2] + k);
        ADD(e, columns, row[3] + k);
        ADD(f, columns, row[4] + k);
        ADD(g, columns, row[5] + k);
        ADD(h, columns, row[6] + k);
        ADD(l, columns, row[7] + k);
    }
    const __m512i sums[ROWS] = { a, b, c, e, f, g, h, l };
    for (size_t i = 0; i < n; i++)
        _mm512_storeu_si512(out[i], sums[i]);
}

// 24 sums of 8 rows by 3 panels; rows behind the last are the last one again.
VNNI void panel_multiply_wide(const uint8_t *panels, size_t d, const int8_t *rows, size_t n,
                              int32_t (*out)[PANEL_WIDE])
{
#define EACH_ROW(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define START(i)                                                                                   \
    const int8_t *row##i = rows + ((i) < n ? (i) : n - 1) * d;                                     \
    __m512i a##i = _mm512_setzero_si512(), b##i = a##i, c##i = a##i;
#define MULTIPLY(i)                                                                                \
    ADD(a##i, a, row##i + k);                                                                      \
    ADD(b##i, b, row##i + k);                                                                      \
    ADD(c##i, c, row##i + k);
#define STORE(i)                                                                                   \
    if ((i) < n) {                                                                                 \
        _mm512_storeu_si512(out[i], a##i);                                                         \
        _mm512_storeu_si512(out[i] + PANEL_COLUMNS, b##i);                                         \
        _mm512_storeu_si512(out[i] + 2 * PANEL_COLUMNS, c##i);                                     \
    }
    size_t size = panel_size(d);
    EACH_ROW(START)
    for (size_t k = 0; k < d; k += STEP, panels += STEP * PANEL_COLUMNS) {
        __m512i a = _mm512_loadu_si512(panels), b = _mm512_loadu_si512(panels + size);
        __m512i c = _mm512_loadu_si512(panels + 2 * size);
        EACH_ROW(MULTIPLY)
    }
    EACH_ROW(STORE)
}
#endif

bool panel_is_fast(void)
{
    return isa_has(ISA_VNNI) && isa_has(ISA_AVX512);
}

#ifndef __x86_64__
void panel_multiply_wide(const uint8_t *panels, size_t d, const int8_t *rows, size_t n,
                         int32_t (*out)[PANEL_WIDE])
{
    (void)panels, (void)d, (void)rows, (void)n, (void)out;
    BUG("there is no VNNI here");
}
#endif

void panel_multiply(const uint8_t *panel, size_t d, const int8_t *const *rows, size_t n,
                    int32_t (*out)[PANEL_COLUMNS])
{
#ifdef __x86_64__
    if (panel_is_fast()) {
        for (size_t i = 0; i < n; i += ROWS)
            multiply_some(panel, d, rows + i, n - i < ROWS ? n - i : ROWS, out + i);
        return;
    }
#endif
    panel_multiply_plain(panel, d, rows, n, out);
}
