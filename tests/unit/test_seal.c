// SPDX-License-Identifier: Apache-2.0
// The encrypted vault (seal.c, sealed_vfs.c): what is written is read again, no text stands in any
// file, and whatever is changed, cut off or put in another's place is refused with a sentence.
// FLIPS is how many bits are turned over (300).
#include "unit/check.h"

#include "base/file.h"
#include "base/rng.h"
#include "store/safety_write.h"
#include "store/secret.h"
#include "store/sql.h"

#include <sys/stat.h>
#include <sys/wait.h>

#define N_ROWS 400
#define MORE 120
#define CANARY "vermilion-canary-of-nobody"

static char dir[256], path[300], log_path[310];
static const struct seal_secret secret = { SEAL_KEY_FILE,
                                           { "thirty-two bytes of a test's key" },
                                           { NULL, 0 } };

static int open_it(struct sql **db, enum sql_mode mode, struct err *err)
{
    return sql_open_sealed(db, path, mode, &secret, err);
}

static void fill(struct sql *db, int from, int n)
{
    struct sql_query *q;
    struct err err;
    char text[200];
    assert_ok(sql_begin(db, &err));
    for (int i = from; i < from + n; i++) {
        snprintf(text, sizeof text,
                 CANARY " %d, and a sentence that makes the row long, %d times "
                        "over, so that the file has many pages",
                 i, i * 7);
        assert_ok(sql_prepare(db, "INSERT INTO t VALUES (?1, ?2)", &q, &err));
        sql_bind_i64(q, 1, i);
        sql_bind_str(q, 2, str_of(text));
        assert_ok(sql_run(q, &err));
    }
    assert_ok(sql_commit(db, &err));
}

static void make(void)
{
    struct sql *db;
    struct err err;
    unlink(path);
    unlink(log_path);
    assert_ok(open_it(&db, SQL_CREATE, &err));
    assert_ok(sql_exec(db, "CREATE TABLE t (x INTEGER PRIMARY KEY, s TEXT)", &err));
    fill(db, 0, N_ROWS);
    sql_close(db);
}

// Every row, read; an error is what the database says.
static int read_all(int64_t *n, struct err *err)
{
    struct sql *db;
    int64_t sum = 0;
    int rc = open_it(&db, SQL_READ_WRITE, err);
    if (rc)
        return rc;
    rc = sql_get_i64(db, "SELECT count(*) FROM t WHERE s LIKE '" CANARY "%'", n, err);
    if (!rc)
        rc = sql_get_i64(db,
                         "SELECT count(*) FROM pragma_integrity_check WHERE "
                         "integrity_check <> 'ok'",
                         &sum, err);
    if (!rc && sum)
        rc = err_set(err, ERR_DATA, "the check of the whole file failed");
    sql_close(db);
    return rc;
}

static struct str contents(struct arena *a, const char *name)
{
    struct str text = { "", 0 };
    struct err err = { 0 };
    if (file_exists(name))
        assert_ok(file_read(a, name, 64 << 20, &text, &err));
    return text;
}

static void test_writes_and_hides(void **state)
{
    struct sql *db;
    struct err err;
    struct arena a = { 0 };
    struct stat st;
    int64_t n;
    (void)state;
    make();
    assert_ok(read_all(&n, &err));
    assert_int_equal(n, N_ROWS);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_ok(open_it(&db, SQL_READ_WRITE, &err));
    fill(db, N_ROWS, 50); // in the log now
    struct str log = contents(&a, log_path), file = contents(&a, path);
    assert_true(log.len > 4096 && file.len > 4 * 4096);
    assert_int_equal(str_find(log, STR_LIT("canary"), 0), SIZE_MAX);
    assert_int_equal(str_find(file, STR_LIT("canary"), 0), SIZE_MAX);
    assert_int_equal(str_find(file, STR_LIT("SQLite"), 0), SIZE_MAX);
    // A statement's journal, a sorter and VACUUM need no other file.
    assert_ok(sql_exec(db,
                       "UPDATE t SET s = s || s; CREATE TEMP TABLE u AS SELECT * FROM t ORDER "
                       "BY s DESC; INSERT INTO t SELECT x + 10000, s FROM u; DELETE FROM t WHERE x "
                       "% 3 = 0; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)",
                       &err));
    sql_close(db);
    assert_int_equal(file_size(log_path), -1);
    assert_ok(read_all(&n, &err));
    assert_true(n > 500);
    arena_release(&a);
}

// Signals for review would stand in the clear beside it.
static void test_no_signals_beside_it(void **state)
{
    struct safety *safety;
    struct err err;
    (void)state;
    make();
    assert_error(safety_open_to_write(&safety, dir, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "in the clear"));
}

static void test_keys(void **state)
{
    struct sql *db;
    struct err err;
    struct seal_secret other = secret;
    struct seal_secret words = { SEAL_PASSPHRASE, { { 0 } }, STR_LIT("a passphrase of a test") };
    (void)state;
    make();
    other.key.bytes[31] ^= 1;
    assert_error(sql_open_sealed(&db, path, SQL_READ_WRITE, &other, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "does not open"));
    assert_error(sql_open_sealed(&db, path, SQL_READ_WRITE, &words, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "--vault-key"));
    unlink(path);
    assert_ok(sql_open_sealed(&db, path, SQL_CREATE, &words, &err));
    assert_ok(sql_exec(db, "CREATE TABLE t (x)", &err));
    sql_close(db);
    assert_ok(sql_open_sealed(&db, path, SQL_READ_WRITE, &words, &err));
    sql_close(db);
    words.passphrase = STR_LIT("a passphrase of a tesT");
    assert_error(sql_open_sealed(&db, path, SQL_READ_WRITE, &words, &err), ERR_CONFIG);
}

static void write_file(const char *name, struct str text)
{
    FILE *f = fopen(name, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text.ptr, 1, text.len, f), text.len);
    assert_int_equal(fclose(f), 0);
}

// Each bit of a file that was closed in order counts.
static void test_flips(void **state)
{
    struct arena a = { 0 };
    struct rng rng;
    struct err err;
    const char *given = getenv("FLIPS");
    long n_flips = given ? strtol(given, NULL, 10) : 300;
    int64_t n;
    (void)state;
    rng_init(&rng, 11, "flips");
    make();
    struct str good = contents(&a, path);
    char *bad = arena_copy(&a, good);
    for (long i = 0; i < n_flips; i++) {
        size_t at = i < 200 ? (size_t)i * 7 : (size_t)rng_below(&rng, good.len);
        bad[at] ^= (char)(1 << (i % 8));
        write_file(path, str_make(bad, good.len));
        int rc = read_all(&n, &err);
        if (rc != ERR_DATA && rc != ERR_CONFIG)
            fail_msg("a flipped bit at byte %zu gave code %d", at, rc);
        assert_true(strlen(err.text) > 30);
        bad[at] ^= (char)(1 << (i % 8));
    }
    write_file(path, good); // nothing was lost by looking
    assert_ok(read_all(&n, &err));
    assert_int_equal(n, N_ROWS);
    arena_release(&a);
}

static void test_cut_grown_and_rolled_together(void **state)
{
    struct arena a = { 0 };
    struct sql *db;
    struct err err;
    int64_t n;
    (void)state;
    make();
    struct str old = contents(&a, path);
    for (size_t cut = 1; cut < old.len; cut += cut < 5000 ? 997 : 8192) {
        write_file(path, str_head(old, old.len - cut));
        assert_error(read_all(&n, &err), ERR_DATA);
    }
    write_file(path, arena_printf(&a, "%.*s", 4, "more")); // no vault at all
    assert_error(read_all(&n, &err), ERR_DATA);
    write_file(path, old);
    assert_ok(open_it(&db, SQL_READ_WRITE, &err));
    assert_ok(sql_exec(db, "UPDATE t SET s = replace(s, 'sentence', 'Sentence')", &err));
    sql_close(db);
    struct str new = contents(&a, path);
    assert_int_equal(old.len, new.len);
    int n_mixed = 0;
    for (size_t page = 1; page < new.len / 4096; page++) { // a page of yesterday
        char *mixed = arena_copy(&a, new);
        if (memcmp(mixed + page * 4096, old.ptr + page * 4096, 4096) == 0)
            continue;
        memcpy(mixed + page * 4096, old.ptr + page * 4096, 4096);
        write_file(path, str_make(mixed, new.len));
        assert_error(read_all(&n, &err), ERR_DATA);
        assert_non_null(strstr(err.text, "older state"));
        n_mixed++;
    }
    assert_true(n_mixed > 5);
    char *swapped = arena_copy(&a, new); // two pages of today
    memcpy(swapped + 4096 * 2, new.ptr + 4096 * 3, 4096);
    memcpy(swapped + 4096 * 3, new.ptr + 4096 * 2, 4096);
    write_file(path, str_make(swapped, new.len));
    assert_error(read_all(&n, &err), ERR_DATA);
    arena_release(&a);
}

// A process that ends amid a transaction, with N_ROWS + 2 * MORE rows in database and log.
static void die_at_work(void)
{
    make();
    pid_t child = fork();
    if (child == 0) {
        struct sql *db;
        struct err err;
        if (open_it(&db, SQL_READ_WRITE, &err) == 0) {
            fill(db, N_ROWS, MORE);
            fill(db, N_ROWS + MORE, MORE);
            if (sql_begin(db, &err) == 0 && sql_exec(db, "DELETE FROM t", &err) == 0)
                _exit(0);
        }
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void test_killed(void **state)
{
    struct arena a = { 0 };
    struct err err;
    int64_t n;
    (void)state;
    die_at_work();
    struct str file = contents(&a, path), log = contents(&a, log_path);
    assert_true(log.len > 3 * 4096);
    assert_ok(read_all(&n, &err));
    assert_int_equal(n, N_ROWS + 2 * MORE);
    // A log that ends anywhere: what was committed before counts, nothing is half there.
    for (size_t cut = 0; cut < log.len; cut += 1777) {
        write_file(path, file);
        write_file(log_path, str_head(log, log.len - cut));
        assert_ok(read_all(&n, &err));
        assert_true(n == N_ROWS + 2 * MORE || n == N_ROWS + MORE || n == N_ROWS);
    }
    // A changed byte in the middle of it is no end, and is refused; the files stay as they are.
    char *bad = arena_copy(&a, log);
    for (size_t at = 0; at + 2 * 4160 < log.len; at += 1009) {
        bad[at] ^= 4;
        write_file(path, file);
        write_file(log_path, str_make(bad, log.len));
        assert_error(read_all(&n, &err), ERR_DATA);
        assert_true(str_equal(contents(&a, log_path), str_make(bad, log.len)));
        bad[at] ^= 4;
    }
    // The log of another day beside a file that was closed in order.
    make();
    write_file(log_path, log);
    assert_error(read_all(&n, &err), ERR_DATA);
    assert_non_null(strstr(err.text, "another state"));
    unlink(log_path);
    arena_release(&a);
}

// More pages than SQLite keeps, changed over and over in one transaction: they leave its cache for
// the log and come back, and the checksums there are reckoned anew when it ends.
static int change_much(struct sql *db, struct err *err)
{
    int rc = sql_exec(db, "PRAGMA cache_size = 10; BEGIN", err);
    for (int i = 0; i < 6 && !rc; i++)
        rc = sql_exec(db,
                      i % 2 ? "UPDATE t SET s = replace(s, 'Sentence', 'sentence')"
                            : "UPDATE t SET s = replace(s, 'sentence', 'Sentence')",
                      err);
    return rc;
}

static void test_large_transaction(void **state)
{
    struct sql *db;
    struct err err;
    int64_t n;
    (void)state;
    for (int round = 0; round < 2; round++) { // from the log's first frame on, and behind others
        make();
        assert_ok(open_it(&db, SQL_READ_WRITE, &err));
        if (round)
            fill(db, N_ROWS, MORE);
        assert_ok(change_much(db, &err));
        assert_ok(sql_exec(db, "DELETE FROM t WHERE x = 0; COMMIT", &err));
        sql_close(db);
        assert_ok(read_all(&n, &err));
        assert_int_equal(n, N_ROWS - 1 + round * MORE);
    }
    pid_t child = fork(); // and one that does not end leaves what was before
    if (child == 0)
        _exit(open_it(&db, SQL_READ_WRITE, &err) || change_much(db, &err));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct arena a = { 0 };
    struct str file = contents(&a, path), log = contents(&a, log_path);
    char *torn = arena_copy(&a, log); // a page of it that was written again in part
    torn[4 * 4160] ^= 4;
    for (int round = 0; round < 2; round++) {
        write_file(path, file);
        write_file(log_path, round ? str_make(torn, log.len) : log);
        assert_ok(read_all(&n, &err));
        assert_int_equal(n, N_ROWS - 1 + MORE);
    }
    arena_release(&a);
}

int main(void)
{
    make_dir(dir);
    snprintf(path, sizeof path, "%s/vault.db", dir);
    snprintf(log_path, sizeof log_path, "%s-wal", path);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_and_hides),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_no_signals_beside_it),
        cmocka_unit_test(test_flips),
        cmocka_unit_test(test_cut_grown_and_rolled_together),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_large_transaction),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove_dir(dir);
    return failed;
}
