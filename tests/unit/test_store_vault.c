// SPDX-License-Identifier: Apache-2.0
// vault.c: what it opens and refuses without harm, settings, records and notes of stages.
#include "unit/check.h"

#include "base/file.h"
#include "store/sql.h"
#include "store/vault_past.h"

#include <unistd.h>

static char dir[256], path[300];

static void change(const char *statement)
{
    struct sql *db;
    struct err err;
    assert_ok(sql_open(&db, path, SQL_READ_WRITE, &err));
    assert_ok(sql_exec(db, statement, &err));
    sql_close(db);
}

static void test_refuses_newer_and_foreign(void **state)
{
    struct vault *vault;
    struct err err;
    (void)state;
    assert_error(vault_open(&vault, dir, false, &err), ERR_NO_INPUT);
    assert_ok(vault_open(&vault, dir, true, &err));
    vault_close(vault);
    change("PRAGMA user_version = 99");
    for (int create = 0; create < 2; create++) {
        assert_error(vault_open(&vault, dir, create, &err), ERR_CONFIG);
        assert_non_null(strstr(err.text, "newer clio (vault version 99"));
    }
    change("PRAGMA user_version = 2; PRAGMA application_id = 7");
    assert_error(vault_open(&vault, dir, true, &err), ERR_DATA);
    assert_non_null(strstr(err.text, "no vault of clio"));
    vault_close(NULL);
}

// Another program's database, named by mistake, keeps every byte.
static void test_leaves_others_alone(void **state)
{
    struct vault *vault;
    struct err err;
    struct arena a = { 0 };
    struct str before, after;
    char command[600];
    (void)state;
    snprintf(command, sizeof command, "sqlite3 '%s' 'CREATE TABLE t (x)'", path);
    if (system("command -v sqlite3 >/dev/null") != 0)
        fail_msg("the sqlite3 program is needed (tools/setup --with test)");
    assert_int_equal(system(command), 0);
    assert_ok(file_read(&a, path, 1 << 20, &before, &err));
    assert_error(vault_open(&vault, dir, true, &err), ERR_DATA);
    assert_ok(file_read(&a, path, 1 << 20, &after, &err));
    assert_true(str_equal(before, after));
    assert_ok(file_write(path, STR_LIT("no database at all, only somebody's notes that happen to "
                                       "have this name, and are longer than a header"),
                         &err));
    assert_error(vault_open(&vault, dir, true, &err), ERR_DATA);
    arena_release(&a);
}

static void test_key_stays(void **state)
{
    struct vault *vault;
    struct err err;
    (void)state;
    assert_ok(vault_open(&vault, dir, true, &err));
    struct hash_key first = *vault_key(vault);
    vault_close(vault);
    assert_ok(vault_open(&vault, dir, false, &err));
    assert_memory_equal(&first, vault_key(vault), sizeof first);
    vault_close(vault);
}

// With another key one person would be two.
static void test_key_that_is_gone(void **state)
{
    struct vault *vault;
    struct err err;
    struct arena a = { 0 };
    const char *key = path_join(&a, str_of(dir), "vault.key").ptr;
    (void)state;
    assert_ok(vault_open(&vault, dir, true, &err));
    vault_close(vault);
    assert_int_equal(unlink(key), 0);
    assert_ok(vault_open(&vault, dir, true, &err)); // nothing was hashed with it
    vault_close(vault);
    change("INSERT INTO source VALUES (1, 'a', 'json', 1, 1, 0, 1, NULL);"
           "INSERT INTO conversation (seq, id, external_id, n_turns, turns, transcript_hash, "
           "source_id, byte_offset) VALUES (1, 1, 'c1', 0, '[]', 0, 1, 0)");
    assert_int_equal(unlink(key), 0);
    for (int create = 0; create < 2; create++) {
        assert_error(vault_open(&vault, dir, create, &err), ERR_DATA);
        assert_non_null(strstr(err.text, "vault.key is gone"));
        assert_false(file_exists(key));
    }
    arena_release(&a);
}

static void test_settings_and_notes(void **state)
{
    struct vault *vault;
    struct err err;
    struct arena a = { 0 };
    struct str value;
    int64_t n;
    (void)state;
    assert_ok(vault_open(&vault, dir, true, &err));
    assert_ok(vault_get_setting(vault, "profile", &a, &value, &err));
    assert_null(value.ptr);
    assert_ok(vault_set_setting(vault, "profile", STR_LIT("none"), &err));
    assert_ok(vault_set_setting(vault, "profile", STR_LIT("embedded"), &err));
    assert_ok(vault_get_setting(vault, "profile", &a, &value, &err));
    assert_text(value, "embedded");
    assert_ok(vault_set_note(vault, "ingest", "bad_records", 3, &err));
    assert_ok(vault_get_note(vault, "ingest", "bad_records", &n, &err));
    assert_int_equal(n, 3);
    assert_ok(vault_get_note(vault, "facet", "bad_records", &n, &err));
    assert_int_equal(n, 0);
    vault_close(vault);
    arena_release(&a);
}

// From hold to let_go commits of others count for nothing until all is kept.
static void test_holds(void **state)
{
    struct vault *vault;
    struct err err;
    struct arena a = { 0 };
    struct str value;
    (void)state;
    assert_ok(vault_open(&vault, dir, true, &err));
    assert_ok(vault_let_go(vault, true, &err));
    for (int keep = 0; keep < 2; keep++) {
        assert_ok(vault_hold(vault, &err));
        assert_ok(vault_set_setting(vault, "a", STR_LIT("1"), &err));
        assert_ok(vault_begin(vault, &err));
        assert_ok(vault_set_setting(vault, "b", STR_LIT("2"), &err));
        assert_ok(vault_commit(vault, &err));
        vault_rollback(vault);
        assert_ok(vault_let_go(vault, keep, &err));
        assert_ok(vault_get_setting(vault, "a", &a, &value, &err));
        assert_int_equal(value.ptr != NULL, keep);
        assert_ok(vault_get_setting(vault, "b", &a, &value, &err));
        assert_int_equal(value.ptr != NULL, keep);
    }
    vault_close(vault);
    arena_release(&a);
}

static void test_stage_records(void **state)
{
    struct vault *vault;
    struct err err;
    int64_t n;
    struct stage_record record = { .fingerprint = "f00d", .done = true, .n_in = 1, .n_out = 2,
                                   .ms = 3, .n_prompt_tokens = 4, .n_reply_tokens = 5 };
    struct stage_record got;
    (void)state;
    assert_ok(vault_open(&vault, dir, true, &err));
    assert_ok(vault_get_stage(vault, "embed", &got, &err));
    assert_int_equal(got.fingerprint[0], 0);
    assert_ok(vault_put_stage(vault, "embed", &record, &err));
    assert_ok(vault_get_stage(vault, "embed", &got, &err));
    assert_string_equal(got.fingerprint, record.fingerprint);
    assert_true(got.done && got.n_in == 1 && got.n_out == 2 && got.ms == 3 &&
                got.n_prompt_tokens == 4 && got.n_reply_tokens == 5);
    assert_ok(vault_set_note(vault, "embed", "uncovered", 3, &err));
    assert_ok(vault_set_note(vault, "facet", "asked", 1, &err));
    assert_ok(vault_clear_stage(vault, "embed", "setting  stage_note", &err));
    assert_ok(vault_get_stage(vault, "embed", &got, &err));
    assert_false(got.done);
    assert_ok(vault_get_note(vault, "facet", "asked", &n, &err));
    assert_int_equal(n, 0);
    // A failed clearing leaves all as it was, and no transaction open.
    assert_ok(vault_put_stage(vault, "embed", &record, &err));
    assert_error(vault_clear_stage(vault, "embed", "setting no_such_table", &err), ERR_SOFTWARE);
    assert_ok(vault_get_stage(vault, "embed", &got, &err));
    assert_true(got.done);
    assert_ok(vault_begin(vault, &err));
    vault_rollback(vault);
    vault_rollback(vault);
    vault_close(vault);
}

// 1 … 6; 2 and 5 are copies; 3 is left out; 4 is screened and left out; so is 5, which is a copy.
static void test_counts(void **state)
{
    struct vault *vault;
    struct err err;
    int64_t n, plain;
    (void)state;
    assert_ok(vault_open(&vault, dir, true, &err));
    struct sql *db = vault_sql(vault);
    assert_ok(vault_count_conversations(vault, &n, &err));
    assert_int_equal(n, 0);
    assert_ok(sql_exec(db,
                       "INSERT INTO source VALUES (1, '', '', 0, 0, 0, 0, NULL);"
                       "WITH RECURSIVE s (i) AS (SELECT 1 UNION SELECT i + 1 FROM s WHERE i < 6) "
                       "INSERT INTO conversation (seq, id, external_id, n_turns, turns, "
                       "transcript_hash, source_id, byte_offset) SELECT i, i, i, 1, '', i, 1, 0 "
                       "FROM s; INSERT INTO copy VALUES (2, 1), (5, 1); INSERT INTO left_out "
                       "VALUES (3, NULL), (4, NULL), (5, NULL);"
                       "INSERT INTO screened_out VALUES (4)",
                       &err));
    assert_ok(vault_count_conversations(vault, &n, &err));
    assert_ok(sql_get_i64(db,
                          "SELECT count(*) FROM conversation WHERE seq NOT IN (SELECT seq FROM "
                          "copy) AND seq NOT IN (SELECT seq FROM screened_out) AND seq NOT IN "
                          "(SELECT seq FROM left_out)",
                          &plain, &err));
    assert_int_equal(plain, 2);
    assert_int_equal(n, plain);
    vault_close(vault);
}

// A batch that is taken back may have copies of what was there, and of its own.
static void test_drops_a_batch(void **state)
{
    struct vault *vault;
    struct err err;
    struct vault_batch batch = { .id = 1, .first_seq = 4, .n_sources = 1 };
    int64_t n;
    (void)state;
    assert_ok(vault_open(&vault, dir, true, &err));
    assert_ok(sql_exec(vault_sql(vault),
                       "INSERT INTO source VALUES (1, '', '', 0, 0, 0, 0, NULL);"
                       "WITH RECURSIVE s (i) AS (SELECT 1 UNION SELECT i + 1 FROM s WHERE i < 6) "
                       "INSERT INTO conversation (seq, id, external_id, n_turns, turns, "
                       "transcript_hash, source_id, byte_offset) SELECT i, i, i, 1, '', i, 1, 0 "
                       "FROM s; INSERT INTO copy VALUES (2, 1), (5, 1), (6, 4)",
                       &err));
    assert_ok(vault_drop_batch(vault, &batch, &err));
    assert_ok(vault_count_conversations(vault, &n, &err));
    assert_int_equal(n, 2); // 1 and 3
    vault_close(vault);
}

static int set_up(void **state)
{
    (void)state;
    make_dir(dir);
    snprintf(path, sizeof path, "%s/vault.db", dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_dir(dir);
    return 0;
}

// Reading writes gigabytes row by row: the fewer pages, the less there is to do for each.
static void test_pages_are_large(void **state)
{
    struct vault *vault;
    struct err err = { 0 };
    int64_t size = 0;
    (void)state;
    assert_ok(vault_open(&vault, dir, true, &err));
    assert_ok(sql_get_i64(vault_sql(vault), "PRAGMA page_size", &size, &err));
    assert_int_equal(size, 32768);
    vault_close(vault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refuses_newer_and_foreign, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_leaves_others_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pages_are_large, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_key_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_key_that_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_settings_and_notes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_holds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stage_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_drops_a_batch, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
