// SPDX-License-Identifier: Apache-2.0
// One set of tables a tree: what is written in one is not seen in another, what is shared is seen
// in all; sets survive a kill, hold on to what they refer to, and go when they are dropped.
#include "unit/check.h"

#include "store/sql.h"
#include "store/vault_look.h"
#include "store/vault_past.h"
#include "store/vault_trees.h"

static char dir[256];
static struct vault *vault;
static struct err err;

static int64_t number(const char *query)
{
    int64_t n = -1;
    assert_ok(sql_get_i64(vault_sql(vault), query, &n, &err));
    return n;
}

static void must(const char *statements)
{
    assert_ok(sql_exec(vault_sql(vault), statements, &err));
}

static size_t count(void)
{
    size_t n;
    assert_ok(vault_trees_count(vault, &n, &err));
    return n;
}

static void test_sets_are_apart(void **state)
{
    (void)state;
    assert_int_equal(count(), 1);
    must("INSERT INTO source VALUES (1, 'x', 'simple', 1, 2, 0, 1, NULL);"
         "INSERT INTO conversation (seq, id, external_id, n_turns, turns, transcript_hash,"
         " source_id, byte_offset) VALUES (1, 1, 'a', 1, '[]', 1, 1, 0),"
         " (2, 2, 'b', 1, '[]', 2, 1, 0);"
         "INSERT INTO base_cluster VALUES (7, 1, x'00');"
         "INSERT INTO member VALUES (1, 7, 0.5); INSERT INTO placed VALUES (1, 7);"
         "BEGIN; INSERT INTO node VALUES (7, 0, NULL, 't', 's', 1, 1); COMMIT;");
    assert_ok(vault_trees_choose(vault, 1, &err));
    assert_int_equal(count(), 2);
    assert_int_equal(number("SELECT count(*) FROM member"), 0);
    assert_int_equal(number("SELECT count(*) FROM assignment"), 0); // the view follows the set
    assert_int_equal(number("SELECT count(*) FROM conversation"), 2);
    must("INSERT INTO base_cluster VALUES (3, 1, x'00'); INSERT INTO member VALUES (2, 3, 0.5);"
         "INSERT INTO placed VALUES (2, 3);"
         "BEGIN; INSERT INTO node VALUES (3, 0, NULL, 't', 's', 1, 1); COMMIT;");
    assert_int_equal(number("SELECT cluster_id FROM assignment"), 1);
    // the set's own references hold, and its indexes are there
    assert_error(sql_exec(vault_sql(vault), "INSERT INTO member VALUES (1, 7, 0.5)", &err),
                 ERR_SOFTWARE);
    assert_int_equal(number("SELECT count(*) FROM sqlite_schema WHERE type = 'index' "
                            "AND tbl_name IN ('member', 'placed') AND sql IS NOT NULL"),
                     2);
    assert_ok(vault_trees_choose(vault, 2, &err)); // by way of the first
    assert_int_equal(count(), 3);
    assert_int_equal(number("SELECT count(*) FROM member"), 0);
    assert_ok(vault_trees_choose(vault, 0, &err));
    assert_int_equal(number("SELECT cluster_id FROM member"), 7);
}

// Whoever was killed in another tree left it in place.
static void test_a_kill_is_seen(void **state)
{
    (void)state;
    assert_ok(vault_trees_choose(vault, 1, &err));
    vault_close(vault);
    assert_ok(vault_open(&vault, dir, false, &err));
    assert_int_equal(number("SELECT cluster_id FROM member"), 3);
    assert_ok(vault_trees_choose(vault, 0, &err));
    assert_int_equal(number("SELECT cluster_id FROM member"), 7);
}

// A look reads of one moment: who and the clustering that they are of.
static void test_a_look_is_of_one_tree(void **state)
{
    (void)state;
    struct arena a = { 0 };
    struct vault *look;
    struct look_cluster size;
    struct str name;
    bool found;
    must("INSERT INTO stage_run VALUES ('cluster', 'one', 1, 2, 1, 0, 0, 0)");
    assert_ok(vault_trees_choose(vault, 1, &err));
    must("INSERT INTO stage_run VALUES ('cluster', 'two', 1, 2, 1, 0, 0, 0)");
    assert_ok(vault_open_to_look(&look, dir, &err));
    assert_ok(vault_look_cluster(look, 3, &size, &found, &err)); // of the second tree
    assert_true(found);
    assert_ok(vault_trees_choose(vault, 0, &err));
    assert_ok(vault_name_clustering(look, &a, &name, &err));
    assert_true(str_find(name, STR_LIT("two"), 0) != SIZE_MAX);
    vault_close(look);
    assert_ok(vault_open_to_look(&look, dir, &err));
    assert_ok(vault_look_cluster(look, 3, &size, &found, &err));
    assert_false(found);
    assert_ok(vault_name_clustering(look, &a, &name, &err));
    assert_true(str_find(name, STR_LIT("one"), 0) != SIZE_MAX);
    vault_close(look);
    must("DELETE FROM stage_run WHERE stage = 'cluster'");
    assert_ok(vault_trees_choose(vault, 1, &err));
    must("DELETE FROM stage_run WHERE stage = 'cluster'");
    assert_ok(vault_trees_choose(vault, 0, &err));
    arena_release(&a);
}

// A program that knows of one tree may not open it; what another tree refers to cannot be deleted.
static void test_nobody_forgets_a_set(void **state)
{
    (void)state;
    assert_true(number("PRAGMA user_version") > VAULT_MORE_TREES);
    assert_error(sql_exec(vault_sql(vault), "DELETE FROM conversation WHERE seq = 2", &err),
                 ERR_SOFTWARE);
}

// Statements for all sets find those that are parked, whichever is in place.
static void test_every_set_is_reached(void **state)
{
    int64_t most = 0;
    (void)state;
    must("INSERT INTO batch VALUES (1, 3, 0, 1, 3, ''); INSERT INTO clustered_batch VALUES "
         "(1, 1, 0)");
    for (size_t tree = 0; tree < 3; tree++) {
        bool through = false;
        assert_ok(vault_trees_choose(vault, tree, &err));
        assert_ok(vault_trees_most(vault, "SELECT max(cluster_id) FROM @member", &most, &err));
        assert_int_equal(most, 7);
        assert_ok(vault_trees_exec(vault,
                                   "DELETE FROM @past_member; DELETE FROM @past_cluster;"
                                   "INSERT INTO @past_cluster VALUES (1, NULL, 0, 't', 's', "
                                   "1, 1, 5, NULL, NULL); INSERT INTO @past_member VALUES "
                                   "(2, 1)",
                                   &err));
        assert_int_equal(number("SELECT cluster_id FROM past_member"), 1);
        assert_ok(vault_put_clustered(vault, 1, BATCH_WARM, &err));
        assert_ok(vault_forget_clustered(vault, &through, &err));
        assert_true(through); // what was decided stands, here and where it is not through
        assert_ok(vault_trees_exec(vault, "UPDATE @clustered_batch SET clustered = 0", &err));
    }
    assert_ok(vault_trees_choose(vault, 0, &err));
    bool through = true;
    assert_ok(vault_forget_clustered(vault, &through, &err));
    assert_false(through);
    assert_ok(vault_trees_most(vault, "SELECT count(*) FROM @clustered_batch", &most, &err));
    assert_int_equal(most, 0);
    assert_ok(vault_last_atlas_id(vault, &most, &err));
    assert_int_equal(most, 1);
    assert_ok(vault_trees_choose(vault, 1, &err)); // of the other sets, too
    must("UPDATE past_member SET cluster_id = 1; PRAGMA foreign_keys = OFF;"
         "UPDATE past_cluster SET id = 40; DELETE FROM past_member; PRAGMA foreign_keys = ON");
    assert_ok(vault_trees_choose(vault, 0, &err));
    assert_ok(vault_last_atlas_id(vault, &most, &err));
    assert_int_equal(most, 40);
    assert_ok(vault_trees_exec(vault, "DELETE FROM @past_member", &err));
}

static void test_numbers_go_on(void **state)
{
    int64_t last = 0;
    (void)state;
    assert_ok(vault_trees_choose(vault, 1, &err));
    must("BEGIN; INSERT INTO node VALUES (4, 1, NULL, 't', 's', 2, 1),"
         " (5, 0, 4, 't', 's', 9, 1); COMMIT;");
    assert_ok(vault_trees_number(vault, 10, &last, &err));
    assert_int_equal(last, 13);
    assert_int_equal(number("SELECT atlas_id FROM identity WHERE node_id = 4"), 11); // the top
    assert_int_equal(number("SELECT atlas_id FROM identity WHERE node_id = 5"), 12); // then larger
    assert_ok(vault_trees_number(vault, 20, &last, &err)); // anew when the first tree changed
    assert_int_equal(number("SELECT min(atlas_id) FROM identity"), 21);
    assert_ok(vault_trees_choose(vault, 0, &err));
    assert_int_equal(number("SELECT count(*) FROM identity"), 0);
}

// A set that an older program parked lacks what is of each tree since; it is made good, empty.
static void test_an_older_set_is_completed(void **state)
{
    (void)state;
    must("DROP TABLE tree_2_released_word; DROP TABLE tree_2_released_cluster");
    assert_ok(vault_trees_choose(vault, 1, &err));
    must("INSERT INTO released_cluster VALUES (0, 9, 9, 'A: b', x'00');"
         "INSERT INTO released_word VALUES (0, 'word', 9)");
    assert_ok(vault_trees_choose(vault, 0, &err));
    assert_int_equal(number("SELECT count(*) FROM released_word"), 0); // a release is of one tree
    assert_int_equal(number("SELECT count(*) FROM tree_2_released_word"), 1);
    must("DROP TABLE tree_2_released_word"); // and one that lacks it may go
}

static void test_dropped_sets_are_gone(void **state)
{
    (void)state;
    assert_ok(vault_trees_drop(vault, 2, &err));
    assert_int_equal(count(), 2);
    assert_ok(vault_trees_drop(vault, 1, &err));
    assert_int_equal(count(), 1);
    assert_int_equal(number("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'tree%'"), 0);
    assert_true(number("PRAGMA user_version") < VAULT_MORE_TREES);
    must("DELETE FROM conversation WHERE seq = 2");
    assert_int_equal(number("SELECT cluster_id FROM member"), 7);
}

static int setup(void **state)
{
    (void)state;
    make_dir(dir);
    return vault_open(&vault, dir, true, &err);
}

static int teardown(void **state)
{
    (void)state;
    vault_close(vault);
    remove_dir(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_are_apart),
        cmocka_unit_test(test_a_kill_is_seen),
        cmocka_unit_test(test_a_look_is_of_one_tree),
        cmocka_unit_test(test_nobody_forgets_a_set),
        cmocka_unit_test(test_every_set_is_reached),
        cmocka_unit_test(test_numbers_go_on),
        cmocka_unit_test(test_an_older_set_is_completed),
        cmocka_unit_test(test_dropped_sets_are_gone),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
