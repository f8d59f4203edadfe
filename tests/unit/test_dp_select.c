// SPDX-License-Identifier: Apache-2.0
// Who counts in mode dp: what was drawn at an earlier release stays drawn, whatever came since;
// what the screen left out draws nothing and fills nobody's bound.
#include "unit/check.h"

#include "base/crypto.h"
#include "dp/dp_select.h"
#include "store/sql.h"

static struct vault *vault;
static char dir[256];
static struct err err;

static void must(const char *statements)
{
    if (sql_exec(vault_sql(vault), statements, &err))
        fail_msg("%s", err.text);
}

// 60 conversations of 6 accounts, ten each; the second half of each is a batch that came later.
static int open_vault(void **state)
{
    (void)state;
    make_dir(dir);
    if (crypto_start(&err) || vault_open(&vault, dir, true, &err))
        return -1;
    must("INSERT INTO source VALUES (1, 'x', 'x', 0, 0, 0, 1, NULL);"
         "WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 6) "
         "INSERT INTO account SELECT i, 'a' || i FROM r;"
         "WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 60) "
         "INSERT INTO conversation SELECT i, i, 'c' || i, 1 + i % 6, NULL, NULL, NULL, 1, "
         "i * 7919, 1, 0, NULL, '[]' FROM r");
    return 0;
}

static int close_vault(void **state)
{
    (void)state;
    vault_close(vault);
    remove_dir(dir);
    return 0;
}

static size_t draw(uint64_t most, bool drawn[61])
{
    struct arena a = { 0 };
    struct dp_selected *list;
    size_t n, n_over;
    memset(drawn, 0, 61 * sizeof *drawn);
    assert_ok(dp_select(vault, most, 1, &a, &list, &n, &n_over, &err));
    for (size_t i = 0; i < n; i++)
        drawn[list[i].seq] = true;
    arena_release(&a);
    return n;
}

static void what_was_drawn_stays_drawn(void **state)
{
    bool before[61], now[61];
    (void)state;
    must("CREATE TEMP TABLE later AS SELECT * FROM conversation WHERE seq > 30;"
         "DELETE FROM conversation WHERE seq > 30");
    assert_int_equal(draw(3, before), 18);
    must("INSERT INTO conversation SELECT * FROM temp.later;"
         "INSERT INTO batch VALUES (1, 31, 1, 1, 0, '')");
    assert_int_equal(draw(3, now), 18);
    assert_memory_equal(before, now, sizeof now);
    assert_int_equal(draw(8, now), 48); // those five of each first, then three of the batch
    for (int i = 1; i <= 30; i++)
        assert_true(now[i]);
}

static void what_was_screened_out_fills_no_bound(void **state)
{
    bool drawn[61];
    (void)state;
    must("INSERT INTO screened_out SELECT seq FROM conversation WHERE seq <= 42;"
         "INSERT INTO copy VALUES (60, 1)"); // a copy of one that is out
    assert_int_equal(draw(3, drawn), 17);
    for (int i = 1; i <= 60; i++)
        assert_int_equal(drawn[i], i > 42 && i < 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_drawn_stays_drawn, open_vault, close_vault),
        cmocka_unit_test_setup_teardown(what_was_screened_out_fills_no_bound, open_vault,
                                        close_vault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
