// SPDX-License-Identifier: Apache-2.0
// What makes repeated assignments fast changes no answer: panels multiply as plain C does, groups
// hold every centroid once, and with bounds every row goes where all products in float64 send it,
// whatever the centroids do between calls.
#include "unit/check.h"

#include "base/pool.h"
#include "base/rng.h"
#include "vec/assign.h"
#include "vec/bisect.h"
#include "vec/dot.h"
#include "vec/isa.h"
#include "vec/panel.h"
#include "vec/prune_bounds.h"
#include "vec/row_scan.h"

#include <math.h>

static struct arena arena;
static struct rng rng;

static struct matrix draw(size_t n, size_t d, double spread)
{
    struct matrix m, centers;
    struct err err;
    assert_int_equal(matrix_make(&m, n, d, &arena, "test", &err), 0);
    assert_int_equal(matrix_make(&centers, 30, d, &arena, "test", &err), 0);
    for (size_t i = 0; i < 30 * d; i++)
        centers.data[i] = (float)rng_normal(&rng);
    for (size_t i = 0; i < n; i++) {
        const float *center = matrix_row(&centers, rng_below(&rng, 30));
        for (size_t j = 0; j < d; j++)
            matrix_row(&m, i)[j] = center[j] + (float)(spread * rng_normal(&rng));
    }
    matrix_normalize(&m);
    return m;
}

static void test_panels_multiply_as_plain_c(void **state)
{
    static const size_t widths[] = { 4, 8, 20, 384, 768, 1000, 2052, 32768 };
    (void)state;
    for (size_t w = 0; w < COUNT_OF(widths); w++) {
        size_t d = widths[w], n = 21;
        int8_t *numbers = arena_array(&arena, (n + PANEL_COLUMNS) * d, 1);
        const int8_t *rows[21], *columns[PANEL_COLUMNS];
        uint8_t *panel = arena_alloc(&arena, panel_size(d));
        int32_t fast[21][PANEL_COLUMNS], plain[21][PANEL_COLUMNS];
        for (size_t i = 0; i < (n + PANEL_COLUMNS) * d; i++)
            numbers[i] = (int8_t)(i % 7 ? (int)rng_below(&rng, 255) - 127 : i % 2 ? 127 : -127);
        for (size_t i = 0; i < n; i++)
            rows[i] = numbers + (i * 5 % n) * d; // in any order
        for (size_t j = 0; j < PANEL_COLUMNS; j++)
            columns[j] = j == 3 ? NULL : numbers + (n + j) * d;
        panel_pack(columns, d, panel);
        panel_multiply_plain(panel, d, rows, n, plain);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < PANEL_COLUMNS; j++) {
                int32_t sum = 0;
                for (size_t k = 0; k < d; k++)
                    sum += rows[i][k] * (128 + (columns[j] ? columns[j][k] : 0));
                assert_int_equal(plain[i][j], sum);
            }
        for (size_t m = 1; m <= n; m++) {
            memset(fast, 0x55, sizeof fast);
            panel_multiply(panel, d, rows, m, fast);
            assert_memory_equal(fast, plain, m * sizeof *fast);
            for (size_t j = 0; m < n && j < PANEL_COLUMNS; j++)
                assert_int_equal(fast[m][j], 0x55555555); // nothing behind the last row
        }
    }
}

static void test_tiles_multiply_as_plain_c(void **state)
{
    static const size_t widths[] = { 64, 384, 768 }, counts[] = { 1, 16, 17, 49, 64, 65, 128 };
    enum { MOST = 128 };
    (void)state;
    assert_false(panel_has_tiles(20));
    if (!panel_has_tiles(64))
        skip();
    for (size_t w = 0; w < COUNT_OF(widths); w++) {
        size_t d = widths[w];
        int8_t *numbers = arena_array(&arena, (MOST + PANEL_COLUMNS) * d, 1);
        const int8_t *rows[MOST], *columns[PANEL_COLUMNS];
        uint8_t *panel = arena_alloc(&arena, panel_size(d));
        static int32_t fast[MOST][PANEL_COLUMNS], plain[MOST][PANEL_COLUMNS];
        for (size_t i = 0; i < (MOST + PANEL_COLUMNS) * d; i++)
            numbers[i] = (int8_t)(i % 7 ? (int)rng_below(&rng, 255) - 127 : i % 2 ? 127 : -127);
        for (size_t i = 0; i < MOST; i++)
            rows[i] = numbers + i * d;
        for (size_t j = 0; j < PANEL_COLUMNS; j++)
            columns[j] = j == 3 ? NULL : numbers + (MOST + j) * d;
        panel_pack(columns, d, panel);
        panel_multiply_plain(panel, d, rows, MOST, plain);
        for (size_t c = 0; c < COUNT_OF(counts); c++) {
            memset(fast, 0x55, sizeof fast);
            panel_multiply_tiles(panel, d, numbers, counts[c], fast);
            assert_memory_equal(fast, plain, counts[c] * sizeof *fast);
        }
    }
}

static void test_whole_products(void **state)
{
    int8_t a[100], b[100];
    (void)state;
    for (size_t n = 0; n <= 100; n++) {
        int32_t sum = 0;
        for (size_t i = 0; i < n; i++) {
            a[i] = (int8_t)(n % 9 ? (int)rng_below(&rng, 256) - 128 : -128);
            b[i] = (int8_t)(n % 9 ? (int)rng_below(&rng, 256) - 128 : -128);
            sum += a[i] * b[i];
        }
        assert_int_equal(dot_int8(a, b, n), sum);
    }
    size_t longest = 100000; // with the largest sums there are, and the lowest
    int8_t *low = arena_alloc(&arena, longest), *high = arena_alloc(&arena, longest);
    memset(low, -128, longest);
    memset(high, 127, longest);
    assert_int_equal(dot_int8(low, low, longest), 128 * 128 * 100000);
    assert_int_equal(dot_int8(low, high, longest), -128 * 127 * 100000);
    assert_int_equal(dot_int8(high, low, longest), -128 * 127 * 100000);
}

static void test_groups_hold_every_row_once(void **state)
{
    (void)state;
    for (size_t n = 1; n < 200; n += 13) {
        struct matrix x = draw(n, 24, n % 2 ? 0.5 : 0);
        uint32_t *order = arena_array(&arena, n, sizeof *order);
        unsigned char seen[200] = { 0 };
        bisect_rows(&x, 16, &arena, order);
        for (size_t i = 0; i < n; i++) {
            assert_true(order[i] < n && !seen[order[i]]);
            seen[order[i]] = 1;
        }
    }
    // Sixteen copies of each of eight rows: alike rows stand together.
    struct matrix x = draw(128, 48, 0.5);
    uint32_t order[128];
    for (size_t i = 8; i < 128; i++)
        memcpy(matrix_row(&x, i), matrix_row(&x, i % 8), 48 * sizeof(float));
    bisect_rows(&x, 16, &arena, order);
    for (size_t i = 0; i < 128; i++)
        assert_int_equal(order[i] % 8, order[i / 16 * 16] % 8);
}

static uint32_t nearest(const struct matrix *centroids, const float *row)
{
    uint32_t best = 0;
    double best_product = -INFINITY;
    for (uint32_t c = 0; c < centroids->n_rows; c++) {
        double product = dot_floats(row, matrix_row(centroids, c), centroids->n_cols);
        if (product > best_product) {
            best_product = product;
            best = c;
        }
    }
    return best;
}

// Every row goes where all products in float64 send it. Returns how many moved.
static size_t check_call(struct assigner *as, const struct matrix *x,
                         const struct matrix *centroids, uint32_t *index)
{
    struct err err;
    size_t n_moved;
    assert_int_equal(assigner_run(as, centroids, index, &n_moved, &err), 0);
    for (size_t i = 0; i < x->n_rows; i++)
        assert_int_equal(index[i], nearest(centroids, matrix_row(x, i)));
    return n_moved;
}

// What happens to the centroids between two calls.
static void move(struct matrix *centroids, int call, const struct matrix *x)
{
    size_t k = centroids->n_rows, d = centroids->n_cols;
    double size = call == 4 ? 0.5 : call % 2 && call < 9 ? 0.02 : 0.002;
    for (size_t c = 0; c < (call < 9 ? k : 3); c++) // at last few move, as when k-means settles
        for (size_t j = 0; j < d && (call < 6 || c % 7 == 0); j++)
            matrix_row(centroids, c)[j] += (float)(size * rng_normal(&rng));
    if (call == 5) // one becomes another, one a row
        memcpy(matrix_row(centroids, 3), matrix_row(centroids, k - 1), d * sizeof(float));
    if (call == 6)
        memcpy(matrix_row(centroids, 9), matrix_row(x, 17), d * sizeof(float));
    matrix_normalize(centroids);
}

static void check_calls(const struct matrix *x, size_t k, size_t n_threads)
{
    struct assigner *as;
    struct pool *pool;
    struct matrix centroids = draw(k, x->n_cols, 0.4);
    struct err err = { 0 };
    size_t n_moved, n = x->n_rows;
    uint32_t *index = arena_array(&arena, n, sizeof *index), *before;
    before = arena_array(&arena, n, sizeof *before);
    memset(index, 0xFF, n * sizeof *index);
    assert_int_equal(pool_open(&pool, n_threads, &err), 0);
    assert_int_equal(assigner_make(&as, x, k, true, pool, &arena, &err), 0);
    for (int call = 0; call < 22; call++) { // more than bounds have slots
        size_t n_other = 0;
        if (call == 7) // somebody else moves rows
            for (size_t i = 0; i < n; i += 5)
                index[i] = (uint32_t)rng_below(&rng, k);
        memcpy(before, index, n * sizeof *before);
        n_moved = check_call(as, x, &centroids, index);
        for (size_t i = 0; i < n; i++)
            n_other += index[i] != before[i];
        assert_int_equal(n_moved, n_other);
        move(&centroids, call, x);
    }
    print_message("%zu x %zu, %zu centroids: %.2f of the products\n", n, x->n_cols, k,
                  assigner_share(as));
    bool tiled = isa_has(ISA_AMX) && x->n_cols % 64 == 0; // keep no bounds
    if (panel_is_fast() && x->n_cols % 4 == 0 && k >= 64 && !tiled)
        assert_true(assigner_share(as) < 0.9); // else this test looks at nothing
    pool_close(pool);
}

static void test_bounds_change_no_answer(void **state)
{
    (void)state;
    struct matrix x = draw(1100, 384, 0.3);
    memset(matrix_row(&x, 5), 0, 384 * sizeof(float)); // a row of zeros
    memcpy(matrix_row(&x, 6), matrix_row(&x, 7), 384 * sizeof(float));
    check_calls(&x, 100, 1);
    check_calls(&x, 100, 3);
    check_calls(&x, 64, 2);
    x = draw(700, 32, 0.3);
    check_calls(&x, 333, 2);
    x = draw(513, 13, 0.3); // no panels of such rows: all products
    check_calls(&x, 80, 1);
}

// Few directions tell all of the rows, or none tells more than another.
static void test_any_spectrum_changes_no_answer(void **state)
{
    (void)state;
    struct matrix few = draw(900, 8, 0.3), x = draw(900, 256, 0.3), map = draw(8, 256, 1);
    for (size_t i = 0; i < 900; i++)
        for (size_t j = 0; j < 256; j++) {
            double sum = 0;
            for (size_t c = 0; c < 8; c++)
                sum += (double)matrix_row(&few, i)[c] * (double)matrix_row(&map, c)[j];
            matrix_row(&x, i)[j] = (float)sum;
        }
    matrix_normalize(&x);
    check_calls(&x, 90, 2);
    x = draw(700, 128, 20);
    check_calls(&x, 200, 2);
    for (size_t i = 1; i < 700; i++) // nothing differs
        memcpy(matrix_row(&x, i), matrix_row(&x, 0), 128 * sizeof(float));
    check_calls(&x, 70, 1);
}

static void test_shared_bounds_change_no_answer(void **state)
{
    (void)state;
    struct matrix x = draw(600, 16, 0.5); // more than 256 panels
    check_calls(&x, 4200, 2);
}

// One row, or two; centroids of which there are more than rows.
static void test_few_rows(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 2; n++)
        for (size_t k = 1; k <= 80; k += 79) {
            struct assigner *as;
            struct err err;
            uint32_t index[2] = { UINT32_MAX, UINT32_MAX };
            struct matrix x = draw(n, 64, 0.3), centroids = draw(k, 64, 0.4);
            assert_int_equal(assigner_make(&as, &x, k, true, NULL, &arena, &err), 0);
            for (int call = 0; call < 6; call++) {
                check_call(as, &x, &centroids, index);
                for (size_t j = 0; j < k * 64; j++)
                    centroids.data[j] += (float)(0.02 * rng_normal(&rng));
            }
        }
}

static void test_equal_centroids_go_to_the_lowest(void **state)
{
    struct assigner *as;
    struct err err;
    size_t n_moved;
    uint32_t index[300];
    (void)state;
    struct matrix x = draw(300, 64, 0.3), centroids = draw(96, 64, 0.3);
    for (size_t c = 0; c < 96; c++)
        memcpy(matrix_row(&centroids, c), matrix_row(&centroids, c % 3), 64 * sizeof(float));
    memset(index, 0xFF, sizeof index);
    assert_int_equal(assigner_make(&as, &x, 96, true, NULL, &arena, &err), 0);
    for (int call = 0; call < 4; call++) {
        assert_int_equal(assigner_run(as, &centroids, index, &n_moved, &err), 0);
        for (size_t i = 0; i < 300; i++)
            assert_true(index[i] < 3);
    }
}

// More of them than a list of candidates holds differ in their last digits, and a number of columns
// that is not whole; in the last round all are the same.
static void test_many_that_are_nearly_equal(void **state)
{
    struct assigner *as;
    struct err err;
    uint32_t index[300];
    (void)state;
    struct matrix x = draw(300, 64, 0.3), centroids = draw(70, 64, 0.3);
    for (size_t round = 0; round < 3; round++) {
        for (size_t c = 0; c < 70; c++)
            for (size_t j = 0; j < 64; j++) {
                float off = round < 2 ? (float)(1e-7 * rng_normal(&rng)) : 0;
                matrix_row(&centroids, c)[j] =
                    matrix_row(&centroids, round < 2 ? c % 2 : 0)[j] + off;
            }
        memset(index, 0xFF, sizeof index);
        assert_int_equal(assigner_make(&as, &x, 70, true, NULL, &arena, &err), 0);
        for (int call = 0; call < 3; call++)
            check_call(as, &x, &centroids, index);
    }
}

// Each row stands nearly between two centroids, which move straight towards rows by about as much
// as rounding does: bounds must hold to the hair.
static void test_ties_that_turn(void **state)
{
    struct assigner *as;
    struct err err;
    size_t n_moved, n_turned = 0;
    uint32_t index[600], second[600];
    (void)state;
    struct matrix x = draw(600, 64, 0.3), centroids = draw(96, 64, 3);
    for (size_t i = 0; i < 600; i++) {
        const float *one = matrix_row(&centroids, rng_below(&rng, 96));
        second[i] = (uint32_t)rng_below(&rng, 96);
        const float *other = matrix_row(&centroids, second[i]);
        float less = 1 - (float)(0.2 * rng_unit(&rng));
        for (size_t j = 0; j < 64; j++)
            matrix_row(&x, i)[j] = one[j] + less * other[j];
    }
    matrix_normalize(&x);
    memset(index, 0xFF, sizeof index);
    assert_int_equal(assigner_make(&as, &x, 96, true, NULL, &arena, &err), 0);
    for (int call = 0; call < 60; call++) {
        n_moved = check_call(as, &x, &centroids, index);
        n_turned += call ? n_moved : 0;
        float size = (float)(0.02 * rng_unit(&rng));
        for (int move = 0; move < 40; move++) {
            size_t r = rng_below(&rng, 600);
            float *centroid = matrix_row(&centroids, second[r]);
            for (size_t j = 0; j < 64; j++)
                centroid[j] += matrix_row(&x, r)[j] * size;
        }
    }
    assert_true(n_turned > 100);
}

static void test_scans_of_sixteen(void **state)
{
    (void)state;
    for (int round = 0; round < 500; round++) {
        int32_t p[3][16], less[3];
        float scale[16], floor[3];
        uint16_t above[3];
        for (size_t j = 0; j < 16; j++)
            scale[j] = (float)rng_unit(&rng);
        for (size_t i = 0; i < 3; i++) {
            for (size_t j = 0; j < 16; j++)
                p[i][j] = (int32_t)rng_below(&rng, 2000000) - 1000000;
            less[i] = (int32_t)rng_below(&rng, 1000) - 500;
            floor[i] = (float)rng_normal(&rng) * 300000;
        }
        scan_sixteens_above(p, 3, less, scale, floor, above);
        for (size_t i = 0; i < 3; i++)
            for (size_t j = 0; j < 16; j++) {
                float value = (float)(p[i][j] - less[i]) * scale[j];
                assert_int_equal(above[i] >> j & 1, value > floor[i]);
            }
    }
}

// A bound that is not below the value, nor above it by more than its code takes.
static void check_bound(uint16_t bound, double value, unsigned code, unsigned n_codes)
{
    double units = (value + (double)BOUND_ZERO) * (double)BOUND_UNIT;
    if (units > BOUND_UNKNOWN - n_codes - 4) {
        assert_true(bound == BOUND_UNKNOWN || bound >= units);
        return;
    }
    assert_int_equal(bound % n_codes, code);
    assert_true(bound >= units && bound <= fmax(units, 1) + n_codes + 3);
}

static void test_scans_for_bounds(void **state)
{
    (void)state;
    for (int round = 0; round < 500; round++) {
        struct bound_row rows[20];
        struct bound_pairs pairs, joined;
        int32_t p[16][16] = { { 0 } };
        float scale[16];
        uint16_t list[16], hits[16];
        size_t n = 1 + rng_below(&rng, 16);
        unsigned now = (unsigned)rng_below(&rng, BOUND_SLOTS);
        struct bound_columns columns = { scale, 32, round % 3 ? 16 : 1 + rng_below(&rng, 16) };
        for (size_t j = 0; j < 16; j++)
            scale[j] = (float)rng_unit(&rng);
        for (size_t r = 0; r < 20; r++)
            rows[r] = (struct bound_row){ (int32_t)rng_below(&rng, 1000) - 500,
                                          (uint32_t)rng_below(&rng, 60),
                                          (float)rng_normal(&rng) * 300000, 1e-6F, 0.01F };
        for (size_t i = 0; i < n; i++) {
            list[i] = (uint16_t)rng_below(&rng, 20);
            for (size_t j = 0; j < 16; j++)
                p[i][j] = (int32_t)rng_below(&rng, 2400000) - 1200000;
        }
        bound_scan(p, rows, list, n, &columns, now, hits, &pairs);
        for (size_t i = 0; i < n; i++) {
            const struct bound_row *row = &rows[list[i]];
            float first = -1e30F, rest = -1e30F;
            unsigned at = 0;
            for (unsigned j = 0; j < 16; j++) {
                bool counts = j < columns.n && row->own != 32 + j;
                float value = (float)(p[i][j] - row->less) * scale[j];
                assert_int_equal(hits[i] >> j & 1, counts && value >= row->floor);
                if (!counts)
                    continue;
                at = value > first ? j : at;
                rest = fmaxf(rest, fminf(value, first));
                first = fmaxf(first, value);
            }
            if (first > -1e29F)
                check_bound(pairs.first[i], (double)(first * row->scale + row->error),
                            at * BOUND_SLOTS + now, BOUND_FIRSTS);
            check_bound(pairs.rest[i], (double)(rest * row->scale + row->error), now, BOUND_SLOTS);
        }
        joined = pairs;
        bound_join(&joined, &pairs, n);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(joined.first[i], pairs.first[i]);
            assert_true(joined.rest[i] >= pairs.first[i] && joined.rest[i] >= pairs.rest[i]);
        }
    }
}

static uint16_t draw_bound(void)
{
    return (uint16_t)(rng_below(&rng, 20) ? rng_below(&rng, 65536) : BOUND_UNKNOWN);
}

static void test_lists_by_bounds(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        enum { N = 64 };
        uint16_t first[N], rest[N], first_was[N], rest_was[N], low[N], found[N + 16];
        struct bound_drift drift;
        size_t n = 0, at = 0;
        unsigned now = (unsigned)rng_below(&rng, BOUND_SLOTS);
        for (size_t j = 0; j < COUNT_OF(drift.first); j++)
            drift.first[j] = (uint16_t)rng_below(&rng, round % 2 ? 3000 : 65536);
        for (size_t j = 0; j < COUNT_OF(drift.rest); j++)
            drift.rest[j] =
                j < BOUND_SLOTS ? (uint16_t)rng_below(&rng, 9000) : drift.rest[j - BOUND_SLOTS];
        for (size_t i = 0; i < N; i++) {
            first[i] = first_was[i] = draw_bound();
            rest[i] = rest_was[i] = draw_bound();
            low[i] = draw_bound();
        }
        n = bound_list(first, rest, &drift, low, N, now, found);
        for (size_t i = 0; i < N; i++) {
            unsigned one = first_was[i], all = rest_was[i];
            unsigned most_one = one + drift.first[one % BOUND_FIRSTS];
            unsigned most_all = all + drift.rest[all % BOUND_SLOTS];
            most_one = most_one < BOUND_UNKNOWN ? most_one : BOUND_UNKNOWN;
            most_all = most_all < BOUND_UNKNOWN ? most_all : BOUND_UNKNOWN;
            if (most_one > low[i] || most_all > low[i]) {
                assert_true(at < n);
                assert_int_equal(found[at++], i);
            }
            if (one % BOUND_SLOTS != now)
                assert_int_equal(first[i], one);
            else
                assert_true(first[i] >= most_one && first[i] - most_one < BOUND_FIRSTS &&
                            (first[i] == BOUND_UNKNOWN || (first[i] ^ one) % BOUND_FIRSTS == 0));
            if (all % BOUND_SLOTS != now)
                assert_int_equal(rest[i], all);
            else
                assert_true(rest[i] >= most_all && rest[i] - most_all < BOUND_SLOTS &&
                            (rest[i] == BOUND_UNKNOWN || (rest[i] ^ all) % BOUND_SLOTS == 0));
        }
        assert_int_equal(at, n);
    }
}

// Few values, so that the largest stands in several places.
static void test_scans_of_a_row(void **state)
{
    enum { MOST = 70 };
    int32_t whole[MOST];
    float product[MOST], ones[MOST], floor;
    uint32_t found[MOST], found_whole[MOST];
    (void)state;
    for (size_t k = 1; k <= MOST; k++) {
        uint32_t best = 0;
        size_t n = 0;
        for (size_t j = 0; j < k; j++) {
            whole[j] = (int32_t)rng_below(&rng, k) - 1000;
            product[j] = (float)whole[j];
            ones[j] = 1;
            best = product[j] > product[best] ? (uint32_t)j : best;
        }
        floor = product[rng_below(&rng, k)];
        assert_int_equal(scan_best_float(product, k), best);
        assert_int_equal(scan_best_int32(whole, ones, k), best);
        size_t n_found = scan_above_float(product, k, floor, found);
        assert_int_equal(scan_above_int32(whole, ones, k, floor, found_whole), n_found);
        for (size_t j = 0; j < k; j++)
            if (product[j] >= floor) {
                assert_true(n < n_found);
                assert_int_equal(found[n], j);
                assert_int_equal(found_whole[n++], j);
            }
        assert_int_equal(n, n_found);
    }
}

static int open_group(void **state)
{
    (void)state;
    rng_init(&rng, 5, "prune");
    return 0;
}

static int close_group(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_panels_multiply_as_plain_c),
        cmocka_unit_test(test_tiles_multiply_as_plain_c),
        cmocka_unit_test(test_whole_products),
        cmocka_unit_test(test_groups_hold_every_row_once),
        cmocka_unit_test(test_scans_of_sixteen),
        cmocka_unit_test(test_scans_for_bounds),
        cmocka_unit_test(test_lists_by_bounds),
        cmocka_unit_test(test_scans_of_a_row),
        cmocka_unit_test(test_bounds_change_no_answer),
        cmocka_unit_test(test_any_spectrum_changes_no_answer),
        cmocka_unit_test(test_shared_bounds_change_no_answer),
        cmocka_unit_test(test_few_rows),
        cmocka_unit_test(test_equal_centroids_go_to_the_lowest),
        cmocka_unit_test(test_many_that_are_nearly_equal),
        cmocka_unit_test(test_ties_that_turn),
    };
    return cmocka_run_group_tests(tests, open_group, close_group);
}
