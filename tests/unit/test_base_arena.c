// SPDX-License-Identifier: Apache-2.0
// arena.c: alignment, marks, growth in place, refusal of what overflows.
#include "unit/check.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/rng.h"

static void test_aligns(void **state)
{
    struct arena a = { 0 };
    (void)state;
    for (size_t size = 0; size < 3000; size += 7) {
        uintptr_t p = (uintptr_t)arena_alloc(&a, size);
        assert_int_equal(p % (size >= 64 ? 64 : 16), 0);
    }
    arena_release(&a);
}

// Random sizes in nested marks: what stands below a mark keeps its bytes.
static void test_rewinds(void **state)
{
    struct arena a = { 0 };
    struct rng rng;
    (void)state;
    rng_init(&rng, 1, "arena");
    for (int round = 0; round < 200; round++) {
        size_t n = rng_below(&rng, 3 * LIMIT_ARENA_CHUNK / 2), m = rng_below(&rng, 5000);
        struct arena_mark start = arena_save(&a);
        unsigned char *below = arena_alloc(&a, n);
        memset(below, round, n);
        struct arena_mark inner = arena_save(&a);
        unsigned char *above = arena_zero(&a, m);
        for (size_t i = 0; i < m; i++)
            assert_int_equal(above[i], 0);
        memset(above, 0xEE, m);
        arena_rewind(&a, inner);
        memset(arena_alloc(&a, m + 1), 0xDD, m + 1);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(below[i], (unsigned char)round);
        arena_rewind(&a, start);
    }
    assert_null(a.last);
    arena_release(&a);
}

static void test_grows(void **state)
{
    struct arena a = { 0 };
    (void)state;
    size_t size = 0;
    unsigned char *p = NULL;
    for (size_t next = 1; next < 300000; next = next * 3 / 2 + 1) {
        p = arena_grow(&a, p, size, next);
        memset(p + size, (int)(next & 0xFF), next - size);
        size = next;
    }
    assert_int_equal(p[0], 1);
    // The last allocation grows where it stands, another one moves.
    unsigned char *last = arena_alloc(&a, 128);
    assert_ptr_equal(arena_grow(&a, last, 128, 256), last);
    arena_alloc(&a, 1);
    assert_ptr_not_equal(arena_grow(&a, last, 256, 512), last);
    arena_release(&a);
}

static void test_refuses_what_overflows(void **state)
{
    struct arena a = { 0 };
    struct err err = { 0 };
    (void)state;
    assert_null(arena_try(&a, SIZE_MAX / 2, 3, "clustering", &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(err.text, "clustering needs "));
    assert_null(arena_try(&a, 1, SIZE_MAX - 100, "clustering", &err));
    assert_non_null(arena_try(&a, 0, 8, "clustering", &err));
    arena_release(&a);
}

static void test_texts(void **state)
{
    struct arena a = { 0 };
    (void)state;
    char *copy = arena_copy(&a, str_make("abcd", 3));
    assert_string_equal(copy, "abc");
    assert_string_equal(arena_copy(&a, str_make(NULL, 0)), "");
    assert_text(arena_printf(&a, "%s-%d", "n", 5), "n-5");
    struct str long_one = arena_printf(&a, "%0200000d", 7);
    assert_int_equal(long_one.len, 200000);
    assert_int_equal(long_one.ptr[long_one.len], 0);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aligns),
        cmocka_unit_test(test_rewinds),
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_refuses_what_overflows),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
