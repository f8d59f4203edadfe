// SPDX-License-Identifier: Apache-2.0
// sql.c: opening what is and what is no database, binding, transactions.
#include "unit/check.h"

#include "base/file.h"
#include "store/sql.h"

#include <sys/stat.h>

static char dir[256], path[300];

static void test_opens(void **state)
{
    struct sql *db;
    struct err err;
    struct stat st;
    (void)state;
    assert_error(sql_open(&db, path, SQL_READ_WRITE, &err), ERR_NO_INPUT);
    assert_error(sql_open(&db, dir, SQL_READ_ONLY, &err), ERR_NO_INPUT);
    assert_error(sql_open(&db, dir, SQL_CREATE, &err), ERR_CANNOT_CREATE);
    assert_error(sql_open(&db, "/dev/null/x", SQL_CREATE, &err), ERR_CANNOT_CREATE);
    assert_ok(file_write(path, STR_LIT("this is no database, but a text that is long enough to "
                                       "hold a header of one hundred bytes, as all of them do"),
                         &err));
    const enum sql_mode modes[] = { SQL_READ_ONLY, SQL_READ_WRITE, SQL_CREATE, SQL_CREATE_LARGE };
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        assert_error(sql_open(&db, path, modes[i], &err), ERR_DATA);
        assert_non_null(strstr(err.text, path));
    }
    assert_int_equal(unlink(path), 0);
    assert_ok(sql_open(&db, path, SQL_CREATE, &err));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    sql_close(db);
    sql_close(NULL);
}

static void test_binds(void **state)
{
    struct sql *db;
    struct sql_query *q;
    struct err err;
    bool row;
    (void)state;
    assert_ok(sql_open(&db, path, SQL_CREATE, &err));
    assert_ok(sql_exec(db, "CREATE TABLE u (a INTEGER, b REAL, c TEXT, d BLOB, e TEXT) STRICT",
                       &err));
    assert_ok(sql_prepare(db, "INSERT INTO u VALUES (?1, ?2, ?3, ?4, ?5)", &q, &err));
    sql_bind_i64(q, 1, INT64_MIN);
    sql_bind_f64(q, 2, 0.1);
    sql_bind_str(q, 3, STR_LIT("it's; -- é"));
    sql_bind_blob(q, 4, "\0\1\2", 3);
    sql_bind_str(q, 5, str_make(NULL, 0));
    assert_ok(sql_run(q, &err));
    assert_ok(sql_prepare(db, "SELECT a, b, c, d, e FROM u", &q, &err));
    assert_ok(sql_step(q, &row, &err));
    assert_true(row && sql_i64(q, 0) == INT64_MIN && sql_f64(q, 1) == 0.1);
    assert_text(sql_str(q, 2), "it's; -- é");
    assert_int_equal(sql_blob(q, 3).len, 3);
    assert_true(sql_is_null(q, 4));
    assert_ok(sql_step(q, &row, &err));
    assert_false(row);
    sql_finish(q);
    sql_close(db);
}

// The same text prepared again while its query is in use is a query of its own.
static void test_nested_queries(void **state)
{
    static const char text[] = "SELECT value FROM (SELECT 1 AS value UNION ALL SELECT 2)";
    struct sql *db;
    struct sql_query *outer, *inner;
    struct err err;
    bool row;
    int64_t sum = 0;
    (void)state;
    assert_ok(sql_open(&db, path, SQL_CREATE, &err));
    assert_ok(sql_prepare(db, text, &outer, &err));
    for (assert_ok(sql_step(outer, &row, &err)); row; assert_ok(sql_step(outer, &row, &err))) {
        assert_ok(sql_prepare(db, text, &inner, &err));
        assert_ptr_not_equal(inner, outer);
        assert_ok(sql_step(inner, &row, &err));
        sum += 10 * sql_i64(outer, 0) + sql_i64(inner, 0);
        sql_finish(inner);
    }
    sql_finish(outer);
    assert_int_equal(sum, 32);
    sql_close(db);
}

// Statements are kept for the next call; another text in the same place is another statement.
static void test_texts_in_one_place(void **state)
{
    struct sql *db;
    struct err err;
    char text[32];
    int64_t n;
    (void)state;
    assert_ok(sql_open(&db, path, SQL_CREATE, &err));
    for (int i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "SELECT %d", i % 3);
        assert_ok(sql_get_i64(db, text, &n, &err));
        assert_int_equal(n, i % 3);
    }
    sql_close(db);
}

static void test_transactions(void **state)
{
    struct sql *db, *other;
    struct err err;
    int64_t n;
    (void)state;
    assert_ok(sql_open(&db, path, SQL_CREATE, &err));
    assert_ok(sql_exec(db, "CREATE TABLE v (a INTEGER UNIQUE) STRICT", &err));
    assert_ok(sql_begin(db, &err));
    assert_ok(sql_exec(db, "INSERT INTO v VALUES (1)", &err));
    sql_rollback(db);
    sql_rollback(db);
    assert_ok(sql_begin(db, &err));
    assert_ok(sql_exec(db, "INSERT INTO v VALUES (2)", &err));
    assert_ok(sql_commit(db, &err));
    assert_error(sql_exec(db, "INSERT INTO v VALUES (2)", &err), ERR_SOFTWARE);
    assert_ok(sql_open(&other, path, SQL_READ_ONLY, &err));
    assert_ok(sql_get_i64(other, "SELECT sum(a) FROM v", &n, &err));
    assert_int_equal(n, 2);
    assert_error(sql_exec(other, "INSERT INTO v VALUES (3)", &err), ERR_CANNOT_CREATE);
    assert_ok(sql_get_i64(other, "SELECT a FROM v WHERE a = 9", &n, &err));
    assert_int_equal(n, 0);
    sql_close(other);
    assert_ok(sql_begin(db, &err));
    assert_ok(sql_exec(db, "INSERT INTO v VALUES (4)", &err));
    sql_close(db); // rolls back
    assert_ok(sql_open(&db, path, SQL_READ_WRITE, &err));
    assert_ok(sql_get_i64(db, "SELECT count(*) FROM v", &n, &err));
    assert_int_equal(n, 1);
    sql_close(db);
}

static void expect_journal(struct sql *db, const char *mode)
{
    struct arena a = { 0 };
    struct sql_query *q;
    struct err err;
    bool row;
    assert_ok(sql_prepare(db, "PRAGMA journal_mode", &q, &err));
    assert_ok(sql_step(q, &row, &err));
    assert_text(sql_copy(&a, q, 0), mode);
    sql_finish(q);
    arena_release(&a);
}

static void expect_references(struct sql *db, bool on)
{
    struct err err;
    int64_t n = -1;
    assert_ok(sql_get_i64(db, "PRAGMA foreign_keys", &n, &err));
    assert_int_equal(n, on);
}

static void test_fills(void **state)
{
    struct sql *db, *other;
    struct err err;
    int64_t n;
    (void)state;
    assert_ok(sql_open(&db, path, SQL_CREATE, &err));
    expect_journal(db, "wal");
    assert_ok(sql_exec(db, "CREATE TABLE v (a INTEGER UNIQUE) STRICT", &err));
    assert_ok(sql_open(&other, path, SQL_READ_ONLY, &err));
    assert_ok(sql_get_i64(other, "SELECT count(*) FROM v", &n, &err));
    assert_ok(sql_fill(db, true, &err)); // somebody reads: it stays
    expect_journal(db, "wal");
    sql_close(other);
    assert_ok(sql_fill(db, true, &err));
    expect_journal(db, "truncate");
    assert_ok(sql_begin(db, &err));
    assert_ok(sql_exec(db, "INSERT INTO v VALUES (1), (2)", &err));
    assert_true(sql_changed(db));
    assert_ok(sql_exec(db, "INSERT INTO v VALUES (2) ON CONFLICT DO NOTHING", &err));
    assert_false(sql_changed(db));
    assert_ok(sql_commit(db, &err));
    assert_ok(sql_begin(db, &err));
    assert_error(sql_fill(db, false, &err), ERR_SOFTWARE);
    sql_close(db); // as after a kill: it is opened as it was left
    assert_ok(sql_open(&db, path, SQL_READ_WRITE, &err));
    expect_journal(db, "delete");
    assert_ok(sql_get_i64(db, "SELECT sum(a) FROM v", &n, &err));
    assert_int_equal(n, 3);
    assert_ok(sql_fill(db, false, &err));
    expect_journal(db, "wal");
    expect_references(db, true);
    assert_ok(sql_fill(db, true, &err));
    expect_references(db, false);
    assert_ok(sql_fill(db, false, &err));
    expect_references(db, true);
    sql_close(db);
}

// The cache is a sixteenth of the file, within bounds: it grows with a commit and with the next
// opening.
static void test_cache_fits(void **state)
{
    struct sql *db;
    struct err err;
    int64_t kib;
    (void)state;
    assert_ok(sql_open(&db, path, SQL_CREATE, &err));
    assert_ok(sql_get_i64(db, "PRAGMA cache_size", &kib, &err));
    assert_int_equal(kib, -8192);
    assert_ok(sql_exec(db, "CREATE TABLE w (a BLOB) STRICT", &err));
    assert_ok(sql_fill(db, true, &err));
    assert_ok(sql_begin(db, &err));
    assert_ok(sql_exec(db, "INSERT INTO w VALUES (zeroblob(160 * 1048576))", &err));
    assert_ok(sql_commit(db, &err));
    for (int i = 0; i < 2; i++) {
        assert_ok(sql_get_i64(db, "PRAGMA cache_size", &kib, &err));
        assert_true(kib <= -10 * 1024 && kib > -11 * 1024);
        sql_close(db);
        assert_ok(sql_open(&db, path, SQL_READ_WRITE, &err));
    }
    sql_close(db);
}

static int set_up(void **state)
{
    (void)state;
    make_dir(dir);
    snprintf(path, sizeof path, "%s/x.db", dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_dir(dir);
    return 0;
}

// What lands anywhere is held, whatever the file's size, up to the same bound.
static void test_cache_holds_what_is_scattered(void **state)
{
    static const int64_t sizes[][2] = { { 1, 8192 }, { 20480, 20480 }, { 1 << 20, 32768 } }; // KiB
    struct sql *db;
    struct err err;
    (void)state;
    assert_ok(sql_open(&db, path, SQL_CREATE, &err));
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        int64_t kib = 0;
        sql_expect_scattered(db, 1024 * sizes[i][0]);
        assert_ok(sql_begin(db, &err));
        assert_ok(sql_commit(db, &err));
        assert_ok(sql_get_i64(db, "PRAGMA cache_size", &kib, &err));
        assert_int_equal(kib, -sizes[i][1]);
    }
    sql_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_opens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_binds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nested_queries, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_texts_in_one_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_transactions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fills, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cache_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cache_holds_what_is_scattered, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
