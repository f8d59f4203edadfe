// SPDX-License-Identifier: Apache-2.0
// Facet values: put, walk in order, count with weights.
#include "base/crypto.h"
#include "base/file.h"
#include "store/sql.h"
#include "store/vault_facet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct vault *vault;
static char dir[64] = P_tmpdir "/clio-vault-facet-XXXXXX";

static int open_vault(void **state)
{
    struct err err = { 0 };
    (void)state;
    if (!mkdtemp(dir) || crypto_start(&err) || vault_open(&vault, dir, true, &err))
        return -1;
    return sql_exec(vault_sql(vault),
                    "INSERT INTO source VALUES (1, 'x', 'x', 0, 0, 0, 1, NULL);"
                    "INSERT INTO conversation SELECT value, value, value, NULL, NULL, NULL, NULL, "
                    "1, value, 1, 0, NULL, '[]' FROM json_each('[1,2,3,4,5,6,7,8]');"
                    "INSERT INTO copy VALUES (5, 3), (6, 3), (7, 3), (8, 3)",
                    &err);
}

static int close_vault(void **state)
{
    char command[128];
    (void)state;
    vault_close(vault);
    snprintf(command, sizeof command, "rm -r %s", dir);
    return system(command);
}

static void put(int64_t seq, const char *facet, const char *value)
{
    struct err err = { 0 };
    assert_int_equal(vault_put_facet(vault, seq, facet, raw_of(str_of(value)), &err), 0);
}

static void test_walk_is_in_order(void **state)
{
    struct err err = { 0 };
    struct facet_walk walk;
    bool found = true;
    int64_t expected = 2, last = 0, n = 0;
    (void)state;
    put(3, "language", "Polish");
    put(1, "language", "English");
    put(4, "language", "English");
    put(2, "language", "English");
    put(2, "request", "sort a list");
    assert_int_equal(facet_walk_open(&walk, vault, "language", 1, &err), 0);
    while (!facet_walk_next(&walk, &found, &err) && found)
        assert_int_equal(walk.seq, expected++);
    assert_int_equal(expected, 5);
    facet_walk_close(&walk);
    assert_int_equal(vault_last_facet(vault, "language", &last, &n, &err), 0);
    assert_int_equal(last, 8); // copies have none
    assert_int_equal(n, 4);
    assert_int_equal(vault_last_facet(vault, "request", &last, &n, &err), 0);
    assert_int_equal(last, 0); // the first has none
    assert_int_equal(vault_last_facet(vault, "none", &last, &n, &err), 0);
    assert_int_equal(last, 0);
}

static void test_counts_have_weights(void **state)
{
    struct err err = { 0 };
    struct arena arena = { 0 };
    struct facet_counts counts;
    (void)state;
    assert_int_equal(vault_count_facet_values(vault, "language", &arena, &counts, &err), 0);
    assert_int_equal(counts.n, 2);
    assert_true(str_equal(counts.items[0].value.s, STR_LIT("Polish"))); // one and four copies
    assert_int_equal(counts.items[0].n, 5);
    assert_int_equal(counts.items[1].n, 3);
    arena_release(&arena);
}

static void test_a_value_is_replaced(void **state)
{
    struct err err = { 0 };
    struct arena arena = { 0 };
    struct raw value;
    int64_t n = 0;
    (void)state;
    put(2, "request", "sort a table");
    assert_int_equal(vault_get_facet(vault, 2, "request", &arena, &value, &err), 0);
    assert_true(str_equal(value.s, STR_LIT("sort a table")));
    assert_int_equal(vault_get_facet(vault, 1, "request", &arena, &value, &err), 0);
    assert_null(value.s.ptr);
    assert_int_equal(vault_put_facet_gap(vault, 1, "empty", &err), 0);
    assert_int_equal(vault_put_facet_gap(vault, 1, "cut", &err), 0);
    assert_int_equal(vault_count_facet_gaps(vault, &n, &err), 0);
    assert_int_equal(n, 1);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_walk_is_in_order),
        cmocka_unit_test(test_counts_have_weights),
        cmocka_unit_test(test_a_value_is_replaced),
    };
    return cmocka_run_group_tests(tests, open_vault, close_vault);
}
