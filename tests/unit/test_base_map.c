// SPDX-License-Identifier: Apache-2.0
// map.c: against a plain list of keys, through growth, clearing and keys with NULs.
#include "unit/check.h"

#include "base/map.h"
#include "base/rng.h"

static void test_finds_what_was_added(void **state)
{
    struct map m = { 0 };
    struct rng rng;
    bool is_new;
    (void)state;
    assert_true(map_find(&m, STR_LIT("a")) == SIZE_MAX);
    rng_init(&rng, 5, "map");
    for (int round = 0; round < 3; round++) {
        bool seen[5000] = { false };
        size_t n = 0;
        for (int i = 0; i < 20000; i++) {
            size_t k = rng_below(&rng, COUNT_OF(seen));
            size_t at = map_add(&m, str_make((char *)&k, sizeof k), 10 * k, &is_new);
            assert_int_equal(is_new, !seen[k]);
            n += !seen[k];
            seen[k] = true;
            assert_int_equal(m.n, n);
            assert_int_equal(m.entries[at].value, 10 * k);
        }
        for (size_t k = 0; k < COUNT_OF(seen); k++) {
            size_t at = map_find(&m, str_make((char *)&k, sizeof k));
            assert_int_equal(at != SIZE_MAX, seen[k]);
        }
        map_clear(&m);
        assert_int_equal(m.n, 0);
        assert_true(map_find(&m, STR_LIT("a")) == SIZE_MAX);
    }
    map_release(&m);
}

static void test_keeps_the_order_and_the_first_value(void **state)
{
    struct map m = { 0 };
    (void)state;
    assert_int_equal(map_add(&m, STR_LIT("b"), 1, NULL), 0);
    assert_int_equal(map_add(&m, STR_LIT(""), 2, NULL), 1);
    assert_int_equal(map_add(&m, str_make("b\0", 2), 3, NULL), 2);
    assert_int_equal(map_add(&m, STR_LIT("b"), 4, NULL), 0);
    assert_int_equal(m.entries[0].value, 1);
    assert_text(m.entries[1].key, "");
    assert_int_equal(map_find(&m, str_make(NULL, 0)), 1);
    map_release(&m);
    assert_int_equal(map_add(&m, STR_LIT("c"), 5, NULL), 0);
    map_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_what_was_added),
        cmocka_unit_test(test_keeps_the_order_and_the_first_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
