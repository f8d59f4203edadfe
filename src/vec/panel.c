// SPDX-License-Identifier: Apache-2.0
// With VNNI eight rows at a time: sixteen sums stand in registers, two of a row, one load of the
// panel serves eight products. So the pipes of Zen 4 and of Intel's servers are full. AVX2
// multiplies 16 bits exactly, twice as many a cycle as float32: four rows at a time, widened
// beforehand, and the panel's even and odd numbers told apart in registers. VNNI in 256 bits: six
// rows at a time, as they are.
#include "vec/panel.h"

#include "vec/isa.h"
#include "vec/tile_asm.h"
#include "vec/vnni_tile.h"

#include <string.h>

#define STEP PANEL_STEP

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

// sum += columns × the four numbers at `row`, in each of 16 lanes.
// Written out, because GCC 12 copies every sum before it adds.
#define ADD_AT(sum, columns, row)                                                                  \
    __asm__("vpdpbusd %2%{1to16%}, %1, %0"                                                         \
            : "+v"(sum)                                                                            \
            : "v"(columns), "m"(*(const vnni_four_bytes *)(row)))

#define EACH_ROW(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)

// Two sums for each row, so that no product waits for the one before. Behind the last row stands
// the last one again; its products are not written.
VNNI static void multiply_some(const uint8_t *panel, size_t d, const int8_t *const *rows, size_t n,
                               int32_t (*out)[PANEL_COLUMNS])
{
#define START(i)                                                                                   \
    const int8_t *row##i = rows[(i) < n ? (i) : n - 1];                                            \
    __m512i a##i = _mm512_setzero_si512(), b##i = a##i;
#define FIRST(i) ADD_AT(a##i, columns, row##i + k);
#define SECOND(i) ADD_AT(b##i, columns, row##i + k + STEP);
#define STORE(i)                                                                                   \
    if ((i) < n)                                                                                   \
        _mm512_storeu_si512(out[i], _mm512_add_epi32(a##i, b##i));
    EACH_ROW(START)
    size_t k = 0;
    for (; k + 2 * STEP <= d; k += 2 * STEP, panel += 2 * STEP * PANEL_COLUMNS) {
        __m512i columns = _mm512_loadu_si512(panel);
        EACH_ROW(FIRST)
        columns = _mm512_loadu_si512(panel + STEP * PANEL_COLUMNS);
        EACH_ROW(SECOND)
    }
    if (k < d) {
        __m512i columns = _mm512_loadu_si512(panel);
        EACH_ROW(FIRST)
    }
    EACH_ROW(STORE)
#undef START
#undef STORE
}

#define AVX2 __attribute__((target("avx2")))
#define SOME ((size_t)4)           // rows
#define DEPTH ((size_t)1024)       // numbers of them that are widened at a time
#define NEAR_BYTES ((size_t)24576) // of panels in the first cache

// 16 bits a number, of each four the first, third, second, fourth; zeros behind.
AVX2 static void widen(const int8_t *row, size_t d, int16_t *to)
{
    const __m128i order = _mm_setr_epi8(0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15);
    size_t k = 0;
    for (; k + 16 <= d; k += 16) {
        __m128i some = _mm_shuffle_epi8(_mm_loadu_si128((const void *)(row + k)), order);
        _mm256_storeu_si256((void *)(to + k), _mm256_cvtepi8_epi16(some));
    }
    for (; k < d; k += STEP)
        for (size_t i = 0; i < STEP; i++) {
            size_t from = k + (i % 2 * 2 + i / 2);
            to[k + i] = (int16_t)(from < d ? row[from] : 0);
        }
}

AVX2 static inline __m256i broadcast(const int16_t *two)
{
    int32_t both;
    memcpy(&both, two, sizeof both);
    return _mm256_set1_epi32(both);
}

// The products of SOME widened rows of d numbers with one panel; added to what is at `to` unless
// they are the first. Sums stand in registers from the first number to the last.
AVX2 static inline __attribute__((always_inline)) void
multiply_panel(const uint8_t *panel, size_t d, int16_t (*rows)[DEPTH], bool first,
               int32_t *const *to)
{
    const __m256i low = _mm256_set1_epi16(0xFF);
    __m256i s[SOME][2];
    for (size_t r = 0; r < SOME; r++)
        for (size_t h = 0; h < 2; h++)
            s[r][h] =
                first ? _mm256_setzero_si256() : _mm256_loadu_si256((const void *)(to[r] + h * 8));
    for (size_t k = 0; k < d; k += STEP, panel += STEP * PANEL_COLUMNS) {
        __m256i left = _mm256_load_si256((const void *)panel);
        __m256i right = _mm256_load_si256((const void *)(panel + 32));
        __m256i left_odd = _mm256_srli_epi16(left, 8), right_odd = _mm256_srli_epi16(right, 8);
        left = _mm256_and_si256(left, low);
        right = _mm256_and_si256(right, low);
        for (size_t r = 0; r < SOME; r++) {
            __m256i even = broadcast(rows[r] + k), odd = broadcast(rows[r] + k + 2);
            s[r][0] = _mm256_add_epi32(s[r][0], _mm256_madd_epi16(left, even));
            s[r][1] = _mm256_add_epi32(s[r][1], _mm256_madd_epi16(right, even));
            s[r][0] = _mm256_add_epi32(s[r][0], _mm256_madd_epi16(left_odd, odd));
            s[r][1] = _mm256_add_epi32(s[r][1], _mm256_madd_epi16(right_odd, odd));
        }
    }
    for (size_t r = 0; r < SOME; r++)
        for (size_t h = 0; h < 2; h++)
            _mm256_storeu_si256((void *)(to[r] + h * 8), s[r][h]);
}

// Products of n <= SOME rows with n_panels panels; those of a row stand `stride` apart in out.
AVX2 static void multiply_narrow(const uint8_t *panels, size_t n_panels, size_t d,
                                 const int8_t *const *rows, size_t n, int32_t *out, size_t stride)
{
    _Alignas(32) int16_t wide[SOME][DEPTH];
    int32_t nobody[SOME][PANEL_COLUMNS]; // of the rows behind the last
    size_t size = panel_size(size_round_up(d, STEP));
    for (size_t first = 0; first < d; first += DEPTH) {
        size_t n_here = size_min(DEPTH, d - first);
        for (size_t r = 0; r < SOME; r++)
            widen(rows[r < n ? r : n - 1] + first, n_here, wide[r]);
        for (size_t p = 0; p < n_panels; p++) {
            const uint8_t *panel = panels + p * size + first * PANEL_COLUMNS;
            int32_t *to[SOME];
            for (size_t r = 0; r < SOME; r++)
                to[r] = r < n ? out + r * stride + p * PANEL_COLUMNS : nobody[r];
            if (first)
                multiply_panel(panel, n_here, wide, false, to);
            else
                multiply_panel(panel, n_here, wide, true, to);
        }
    }
}

// The same of n <= VNNI_NARROW_ROWS rows, which need not be widened.
VNNI_NARROW static void multiply_vnni_narrow(const uint8_t *panels, size_t n_panels, size_t d,
                                             const int8_t *const *rows, size_t n, int32_t *out,
                                             size_t stride)
{
    size_t size = panel_size(size_round_up(d, STEP)), whole = d / STEP * STEP;
    const char *row[VNNI_NARROW_ROWS], *last[VNNI_NARROW_ROWS];
    char rest[VNNI_NARROW_ROWS][STEP] = { { 0 } };
    for (size_t i = 0; i < VNNI_NARROW_ROWS; i++) {
        row[i] = (const char *)rows[size_min(i, n - 1)];
        last[i] = memcpy(rest[i], row[i] + whole, d - whole);
    }
    for (size_t p = 0; p < n_panels; p++) {
        const char *panel = (const char *)panels + p * size;
        __m256i sum[VNNI_NARROW_ROWS][VNNI_HALVES];
        EACH for (size_t i = 0; i < VNNI_NARROW_ROWS; i++) sum[i][0] = sum[i][1] =
            _mm256_setzero_si256();
        vnni_narrow_tile(panel, row, whole, false, sum);
        if (whole < d)
            vnni_narrow_tile(panel + whole * PANEL_COLUMNS, last, STEP, false, sum);
        EACH for (size_t i = 0; i < VNNI_NARROW_ROWS; i++)
        {
            if (i >= n)
                continue;
            __m256i *to = (__m256i *)(out + i * stride + p * PANEL_COLUMNS);
            _mm256_storeu_si256(to, sum[i][0]);
            _mm256_storeu_si256(to + 1, sum[i][1]);
        }
    }
}

#define MOST_ROWS VNNI_NARROW_ROWS

// How a CPU without AVX-512 multiplies.
struct way {
    size_t n_rows; // at a time
    void (*multiply)(const uint8_t *panels, size_t n_panels, size_t d, const int8_t *const *rows,
                     size_t n, int32_t *out, size_t stride);
};

static struct way find_way(void)
{
    return isa_has(ISA_AVX_VNNI) ? (struct way){ VNNI_NARROW_ROWS, multiply_vnni_narrow }
                                 : (struct way){ SOME, multiply_narrow };
}
#endif

bool panel_is_fast(void)
{
    return isa_has(ISA_VNNI) || isa_has(ISA_AVX2);
}

void panel_multiply(const uint8_t *panel, size_t d, const int8_t *const *rows, size_t n,
                    int32_t (*out)[PANEL_COLUMNS])
{
#ifdef __x86_64__
    if (isa_has(ISA_VNNI)) {
        for (size_t i = 0; i < n; i += ROWS)
            multiply_some(panel, d, rows + i, size_min(ROWS, n - i), out + i);
        return;
    }
    if (isa_has(ISA_AVX2)) {
        const struct way way = find_way();
        for (size_t i = 0; i < n; i += way.n_rows)
            way.multiply(panel, 1, d, rows + i, size_min(way.n_rows, n - i), out[i], PANEL_COLUMNS);
        return;
    }
#endif
    panel_multiply_plain(panel, d, rows, n, out);
}

// A few panels stand in the first cache while all rows pass by.
void panel_multiply_all(const uint8_t *panels, size_t n_panels, size_t d, const int8_t *rows,
                        size_t n, int32_t *out, size_t stride)
{
    assert(isa_has(ISA_AVX2));
#ifdef __x86_64__
    size_t size = panel_size(size_round_up(d, STEP));
    size_t n_near = size_max(1, size_min(n_panels, NEAR_BYTES / size));
    const struct way way = find_way();
    for (size_t p = 0; p < n_panels; p += n_near)
        for (size_t i = 0; i < n; i += way.n_rows) {
            const int8_t *row[MOST_ROWS];
            for (size_t r = 0; r < way.n_rows; r++)
                row[r] = rows + size_min(i + r, n - 1) * d;
            way.multiply(panels + p * size, size_min(n_near, n_panels - p), d, row,
                         size_min(way.n_rows, n - i), out + i * stride + p * PANEL_COLUMNS, stride);
        }
#else
    (void)panels, (void)n_panels, (void)d, (void)rows, (void)n, (void)out, (void)stride;
#endif
}

bool panel_has_tiles(size_t d)
{
    return isa_has(ISA_AMX) && d % TILE_BYTES == 0;
}

#ifdef __x86_64__
// Sixteen numbers of sixteen columns are a tile as they stand.
static void multiply_sixteen(const uint8_t *panel, size_t d, const int8_t *rows, int32_t *out)
{
    tile_zero(0);
    for (size_t k = 0; k < d; k += TILE_BYTES, panel += TILE_BYTES * PANEL_COLUMNS) {
        tile_load(4, rows + k, d);
        tile_load(6, panel, TILE_BYTES);
        tile_add_int8_uint8(0, 4, 6);
    }
    tile_store(0, out, TILE_BYTES);
}

static void multiply_sixty_four(const uint8_t *panel, size_t d, const int8_t *rows, int32_t *out)
{
    tile_zero(0);
    tile_zero(1);
    tile_zero(2);
    tile_zero(3);
    for (size_t k = 0; k < d; k += TILE_BYTES, panel += TILE_BYTES * PANEL_COLUMNS) {
        tile_load(6, panel, TILE_BYTES);
        tile_load(4, rows + k, d);
        tile_add_int8_uint8(0, 4, 6);
        tile_load(5, rows + TILE_SIDE * d + k, d);
        tile_add_int8_uint8(1, 5, 6);
        tile_load(4, rows + 2 * TILE_SIDE * d + k, d);
        tile_add_int8_uint8(2, 4, 6);
        tile_load(5, rows + 3 * TILE_SIDE * d + k, d);
        tile_add_int8_uint8(3, 5, 6);
    }
    tile_store(0, out, TILE_BYTES);
    tile_store(1, out + TILE_SIDE * PANEL_COLUMNS, TILE_BYTES);
    tile_store(2, out + 2 * TILE_SIDE * PANEL_COLUMNS, TILE_BYTES);
    tile_store(3, out + 3 * TILE_SIDE * PANEL_COLUMNS, TILE_BYTES);
}

void panel_multiply_tiles(const uint8_t *panel, size_t d, const int8_t *rows, size_t n,
                          int32_t (*out)[PANEL_COLUMNS])
{
    size_t i = 0;
    assert(panel_has_tiles(d));
    tiles_begin();
    for (; n - i > 3 * TILE_SIDE && i < n; i += 4 * TILE_SIDE)
        multiply_sixty_four(panel, d, rows + i * d, out[i]);
    for (; i < n; i += TILE_SIDE)
        multiply_sixteen(panel, d, rows + i * d, out[i]);
    tiles_end();
}
#else
void panel_multiply_tiles(const uint8_t *panel, size_t d, const int8_t *rows, size_t n,
                          int32_t (*out)[PANEL_COLUMNS])
{
    (void)panel, (void)d, (void)rows, (void)n, (void)out;
    BUG("panel_multiply_tiles without AMX");
}
#endif
