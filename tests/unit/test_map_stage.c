// SPDX-License-Identifier: Apache-2.0
// The stage map on made-up trees: no cluster, one, two, three, many with parents; run twice it
// writes the same; a tree that does not fit the kept clusters is refused.
#include "base/crypto.h"
#include "base/rng.h"
#include "run/stage.h"
#include "store/sql.h"
#include "unit/check.h"
#include "vec/matrix.h"

#include <math.h>

#define DIMS 16

struct fixture {
    struct run run;
    char dir[256];
};

static void execute(struct fixture *f, const char *statement)
{
    struct err err = { 0 };
    assert_ok(sql_exec(vault_sql(f->run.vault), statement, &err));
}

static int64_t ask(struct fixture *f, const char *query)
{
    struct err err = { 0 };
    int64_t value = 0;
    assert_ok(sql_get_i64(vault_sql(f->run.vault), query, &value, &err));
    return value;
}

static void add_cluster(struct fixture *f, struct rng *rng, int64_t id, bool has_parent)
{
    struct err err = { 0 };
    struct sql_query *q;
    struct sql *db = vault_sql(f->run.vault);
    float row[DIMS];
    struct matrix one = matrix_view(row, 1, DIMS);
    for (size_t j = 0; j < DIMS; j++)
        row[j] = (float)rng_normal(rng);
    matrix_normalize(&one);
    assert_ok(sql_prepare(db, "INSERT INTO base_cluster VALUES (?1, 20, ?2)", &q, &err));
    sql_bind_i64(q, 1, id);
    sql_bind_blob(q, 2, row, sizeof row);
    assert_ok(sql_run(q, &err));
    assert_ok(sql_prepare(db, "INSERT INTO kept_cluster VALUES (?1, ?2, 6, 1, ?3)", &q, &err));
    sql_bind_i64(q, 1, id);
    sql_bind_i64(q, 2, 15 + id);
    sql_bind_blob(q, 3, row, sizeof row);
    assert_ok(sql_run(q, &err));
    assert_ok(sql_prepare(db, "INSERT INTO node VALUES (?1, 0, ?2, 't', 's', ?3, 6)", &q, &err));
    sql_bind_i64(q, 1, id);
    if (has_parent)
        sql_bind_i64(q, 2, 1001 + id % 3);
    else
        sql_bind_null(q, 2);
    sql_bind_i64(q, 3, 15 + id);
    assert_ok(sql_run(q, &err));
}

static void open_tree(struct fixture *f, int64_t n, bool has_parents)
{
    struct err err = { 0 };
    struct rng rng;
    *f = (struct fixture){ 0 };
    make_dir(f->dir);
    rng_init(&rng, 1, "test");
    assert_ok(crypto_start(&err));
    assert_ok(config_open(&f->run.config, &err));
    assert_ok(vault_open(&f->run.vault, f->dir, true, &err));
    f->run.dir = f->dir;
    execute(f, "BEGIN; PRAGMA defer_foreign_keys = ON");
    for (int64_t id = 1; id <= n; id++)
        add_cluster(f, &rng, id, has_parents);
    if (has_parents)
        execute(f, "INSERT INTO node VALUES (1001, 1, NULL, 't', 's', 1, 6), "
                   "(1002, 1, NULL, 't', 's', 1, 6), (1003, 1, NULL, 't', 's', 1, 6)");
    execute(f, "COMMIT");
}

static void close_tree(struct fixture *f)
{
    arena_release(&f->run.scratch);
    vault_close(f->run.vault);
    config_close(f->run.config);
    remove_dir(f->dir);
}

static void test_few_clusters(void **state)
{
    (void)state;
    for (int64_t n = 0; n <= 4; n++) {
        struct fixture f;
        struct err err = { 0 };
        open_tree(&f, n, false);
        assert_ok(map_stage.run(&f.run, &err));
        assert_int_equal(ask(&f, "SELECT count(*) FROM position"), n);
        assert_int_equal(ask(&f, "SELECT count(*) FROM position WHERE x BETWEEN 0 AND 1 "
                                 "AND y BETWEEN 0 AND 1"),
                         n);
        assert_int_equal(ask(&f, "SELECT count(*) > 0 FROM density"), n > 0);
        assert_int_equal(f.run.record.n_out, n);
        close_tree(&f);
    }
}

static void test_parents_are_in_the_middle_of_their_children(void **state)
{
    struct fixture f;
    struct err err = { 0 };
    (void)state;
    open_tree(&f, 60, true);
    assert_ok(map_stage.run(&f.run, &err));
    assert_int_equal(ask(&f, "SELECT count(*) FROM position"), 63);
    assert_int_equal(
        ask(&f, "SELECT count(*) FROM (SELECT n.parent_id AS id, "
                "sum(p.x * n.n_conversations) / sum(n.n_conversations) AS x "
                "FROM node n JOIN position p ON p.node_id = n.id WHERE n.level = 0 GROUP BY 1) m "
                "JOIN position p ON p.node_id = m.id WHERE abs(p.x - m.x) < 1e-9"),
        3);
    // the density adds up to all conversations
    assert_int_equal(ask(&f, "SELECT round((SELECT sum(n_conversations) FROM density) - "
                             "(SELECT sum(n_conversations) FROM node WHERE level = 0))"),
                     0);
    close_tree(&f);
}

static void test_twice_is_the_same(void **state)
{
    struct fixture f;
    struct err err = { 0 };
    (void)state;
    open_tree(&f, 25, true);
    assert_ok(map_stage.run(&f.run, &err));
    execute(&f, "CREATE TABLE first AS SELECT * FROM position");
    assert_ok(map_stage.run(&f.run, &err));
    assert_int_equal(ask(&f, "SELECT count(*) FROM first NATURAL JOIN position"), 28);
    close_tree(&f);
}

static void test_clusters_under_a_floor_add_no_density(void **state)
{
    struct fixture f;
    struct err err = { 0 };
    (void)state;
    open_tree(&f, 10, false); // 16 … 25 conversations
    assert_ok(config_set(f.run.config, str_of("min-conversations"), str_of("21"), FROM_FLAG, &err));
    assert_ok(map_stage.run(&f.run, &err));
    assert_int_equal(ask(&f, "SELECT round(sum(n_conversations)) FROM density"),
                     21 + 22 + 23 + 24 + 25);
    close_tree(&f);
}

static void test_a_tree_of_other_clusters_is_refused(void **state)
{
    struct fixture f;
    struct err err = { 0 };
    (void)state;
    open_tree(&f, 5, false);
    execute(&f, "DELETE FROM node WHERE id = 3");
    assert_error(map_stage.run(&f.run, &err), ERR_DATA);
    assert_int_equal(ask(&f, "SELECT count(*) FROM position"), 0);
    close_tree(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_clusters),
        cmocka_unit_test(test_parents_are_in_the_middle_of_their_children),
        cmocka_unit_test(test_twice_is_the_same),
        cmocka_unit_test(test_clusters_under_a_floor_add_no_density),
        cmocka_unit_test(test_a_tree_of_other_clusters_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
