// SPDX-License-Identifier: Apache-2.0
#include "store/sql.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/sealed_vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Keyed hashes land anywhere in an index: pages that do not fit in the cache are read and written
// again and again. A small file gets by with less, and every page of memory costs its first touch.
#define CACHE_KIB_MIN 8192
#define CACHE_KIB_MAX 32768
#define CACHE_SHARE 16 // of the file
#define BUSY_MS 5000

// Of a file that may be anybody's (sql_distrust). An atlas as clio writes it takes less than a
// hundredth of the work and a tenth of what is given out.
#define STRANGER_VALUE (1 << 20) // bytes of a value, a row, a statement
#define STRANGER_TICK 256        // steps of SQLite's machine between looks
#define STRANGER_TICKS(size) (INT64_C(1000000) + (size))
#define STRANGER_BYTES(size) ((INT64_C(16) << 20) + 64 * (size))
#define STRANGER_MEMORY(size) ((INT64_C(128) << 20) + 4 * (size))
#define STRANGER_ROW 16 // what a row counts for beside its texts

struct sql_query {
    struct sql *db;
    sqlite3_stmt *stmt;
    const char *given; // where the caller's text is: found fast
    char *text;        // what stood there
    struct sql_query *next;
    bool in_use;
};

struct sql {
    sqlite3 *handle;
    struct sql_query *queries;
    int64_t cache_kib, scattered_kib;
    int64_t n_ticks, n_given, most_given, most_memory; // sql_distrust; most_given 0: trusted
    struct seal *seal;      // NULL: not encrypted
    struct sealed_vfs *vfs; // the same
};

static int refuse_stranger(const char *path, struct err *err)
{
    return err_set(err, ERR_DATA,
                   "%s takes far more to read than its size accounts for: it is damaged or was not "
                   "written by clio; ask for a new copy",
                   path);
}

// SQLite's words about its own files hold no conversation text: values are always bound.
static int fail(struct sql *db, const char *what, struct err *err)
{
    int code = sqlite3_errcode(db->handle);
    const char *text = sqlite3_errmsg(db->handle);
    const char *path = db->handle ? sqlite3_db_filename(db->handle, "main") : NULL;
    if (!path)
        path = "a database"; // no memory for a handle, or not open yet
    const char *damage = db->vfs ? sealed_vfs_damage(db->vfs) : NULL;
    if (damage)
        return err_set(err, ERR_DATA,
                       "%s is damaged or was changed by somebody without its key: %s cannot be "
                       "unsealed. Nothing was taken from it; take it from a backup, or begin a new "
                       "directory",
                       path, damage);
    switch (code & 0xFF) {
    case SQLITE_TOOBIG:
    case SQLITE_INTERRUPT:
        return refuse_stranger(path, err);
    case SQLITE_NOMEM:
        return err_set(err, ERR_TRY_AGAIN,
                       "%s: out of memory; free some and run the same command again", path);
    case SQLITE_FULL:
        return err_set(err, ERR_CANNOT_CREATE,
                       "%s: the disk is full; free space and run the same command again", path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(err, ERR_TRY_AGAIN, "%s is in use by another program; try again", path);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return err_set(err, ERR_DATA, "%s is no database or is damaged (%s)", path, text);
    case SQLITE_READONLY:
        return err_set(err, ERR_CANNOT_CREATE, "%s may not be written (%s)", path, text);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return err_set(err, ERR_IO, "%s: %s (%s)", path, what, text);
    default:
        return err_set(err, ERR_SOFTWARE, "%s: %s: %s", path, what, text);
    }
}

static bool may_create(enum sql_mode mode)
{
    return mode == SQL_CREATE || mode == SQL_CREATE_LARGE;
}

static int make_private(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, ERR_CANNOT_CREATE,
                       "%s cannot be created or opened; check that the directory is there and "
                       "may be written",
                       path);
    close(fd);
    return 0;
}

static int open_plain(struct sql *db, const char *path, enum sql_mode mode, struct err *err)
{
    int flags = mode == SQL_READ_ONLY ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int rc = 0;
    if (sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        rc = fail(db, "cannot be opened", err);
    if (!rc) {
        sqlite3_busy_timeout(db->handle, BUSY_MS);
        rc = sql_exec(db, "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY", err);
    }
    // Reading the schema shows what is no database; only a file that was empty becomes WAL, so that
    // another program's database, named by mistake, stays as it was.
    if (!rc)
        rc = sql_exec(db, "SELECT count(*) FROM sqlite_schema; PRAGMA synchronous = NORMAL", err);
    if (!rc && may_create(mode) && file_size(path) == 0)
        rc = sql_exec(db,
                      mode == SQL_CREATE_LARGE
                          ? "PRAGMA page_size = 32768; PRAGMA journal_mode = WAL"
                          : "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL",
                      err);
    return rc;
}

// Order matters: reserved bytes and page size before the first page, EXCLUSIVE before the log. The
// journal of the change to WAL, of an empty file, is kept in memory.
static int open_sealed(struct sql *db, const char *path, const struct seal_secret *secret,
                       struct err *err)
{
    int reserved = SEAL_EXTRA;
    int rc = seal_open(&db->seal, path, secret, err);
    if (!rc)
        rc = sealed_vfs_open(&db->vfs, db->seal, err);
    if (!rc && sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                               sealed_vfs_name(db->vfs)) != SQLITE_OK)
        rc = fail(db, "cannot be opened", err);
    if (rc)
        return rc;
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
    rc = sql_exec(db,
                  "PRAGMA page_size = 4096; PRAGMA locking_mode = EXCLUSIVE; "
                  "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY",
                  err);
    if (!rc && file_size(path) <= (int64_t)SEAL_BLOCK)
        rc = sql_exec(db, "PRAGMA journal_mode = MEMORY", err);
    if (!rc)
        rc = sql_exec(db,
                      "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; "
                      "SELECT count(*) FROM sqlite_schema",
                      err);
    if (!rc && sealed_vfs_cut(db->vfs))
        log_warning("the last change in %s-wal was not written whole; going on from the one before",
                    path);
    return rc;
}

static int fit_cache(struct sql *db, struct err *err)
{
    int64_t n_pages = 0, page_size = 0;
    char statement[64];
    if (db->cache_kib == CACHE_KIB_MAX)
        return 0;
    int rc = sql_get_i64(db, "PRAGMA page_count", &n_pages, err);
    if (!rc)
        rc = sql_get_i64(db, "PRAGMA page_size", &page_size, err);
    int64_t kib = n_pages * page_size / 1024 / CACHE_SHARE;
    kib = kib < db->scattered_kib ? db->scattered_kib : kib;
    kib = kib < CACHE_KIB_MIN ? CACHE_KIB_MIN : kib > CACHE_KIB_MAX ? CACHE_KIB_MAX : kib;
    if (rc || kib <= db->cache_kib)
        return rc;
    db->cache_kib = kib;
    snprintf(statement, sizeof statement, "PRAGMA cache_size = -%lld", (long long)kib);
    return sql_exec(db, statement, err);
}

void sql_expect_scattered(struct sql *db, int64_t n_bytes)
{
    db->scattered_kib = n_bytes / 1024;
}

int sql_open(struct sql **out, const char *path, enum sql_mode mode, struct err *err)
{
    return sql_open_sealed(out, path, mode, NULL, err);
}

int sql_open_sealed(struct sql **out, const char *path, enum sql_mode mode,
                    const struct seal_secret *secret, struct err *err)
{
    if (may_create(mode)) {
        int rc = make_private(path, err);
        if (rc)
            return rc;
    } else if (!file_exists(path) || file_is_dir(path)) {
        return err_set(err, ERR_NO_INPUT, "%s is not there; run `clio run` first", path);
    }
    struct sql *db = calloc(1, sizeof *db);
    if (!db)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    int rc = secret ? open_sealed(db, path, secret, err) : open_plain(db, path, mode, err);
    if (!rc)
        rc = fit_cache(db, err);
    if (rc) {
        sql_close(db);
        return rc;
    }
    *out = db;
    return 0;
}

static int tick(void *context)
{
    struct sql *db = context;
    return --db->n_ticks < 0 || sqlite3_memory_used() > db->most_memory;
}

void sql_distrust(struct sql *db)
{
    static const struct {
        int limit, most;
    } limits[] = {
        { SQLITE_LIMIT_LENGTH, STRANGER_VALUE },
        { SQLITE_LIMIT_SQL_LENGTH, STRANGER_VALUE },
        { SQLITE_LIMIT_COLUMN, 100 },
        { SQLITE_LIMIT_EXPR_DEPTH, 100 },
        { SQLITE_LIMIT_COMPOUND_SELECT, 10 },
        { SQLITE_LIMIT_VDBE_OP, 25000 },
        { SQLITE_LIMIT_FUNCTION_ARG, 8 },
        { SQLITE_LIMIT_ATTACHED, 0 },
        { SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50 },
        { SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
    };
    int64_t size = file_size(sqlite3_db_filename(db->handle, "main"));
    size = size < 0 ? 0 : size;
    for (size_t i = 0; i < COUNT_OF(limits); i++)
        sqlite3_limit(db->handle, limits[i].limit, limits[i].most);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (!db->most_given)
        db->most_memory = sqlite3_memory_used() + STRANGER_MEMORY(size);
    db->n_ticks = STRANGER_TICKS(size);
    db->n_given = 0;
    db->most_given = STRANGER_BYTES(size);
    sqlite3_progress_handler(db->handle, STRANGER_TICK, tick, db);
}

bool sql_key_for(const struct sql *db, uint64_t purpose, struct seal_key *key)
{
    if (db->seal)
        seal_key_for(db->seal, purpose, key);
    return db->seal != NULL;
}

void sql_close(struct sql *db)
{
    struct err err = { 0 };
    if (!db)
        return;
    while (db->queries) {
        struct sql_query *next = db->queries->next;
        sqlite3_finalize(db->queries->stmt);
        free(db->queries->text);
        free(db->queries);
        db->queries = next;
    }
    sqlite3_close(db->handle);
    sealed_vfs_close(db->vfs);
    if (seal_close(db->seal, &err))
        log_warning("%s", err.text);
    free(db);
}

int sql_exec(struct sql *db, const char *statements, struct err *err)
{
    if (sqlite3_exec(db->handle, statements, NULL, NULL, NULL) != SQLITE_OK)
        return fail(db, "a statement failed", err);
    return 0;
}

int sql_begin(struct sql *db, struct err *err)
{
    return sql_exec(db, "BEGIN IMMEDIATE", err);
}

int sql_commit(struct sql *db, struct err *err)
{
    int rc = sql_exec(db, "COMMIT", err);
    return rc ? rc : fit_cache(db, err);
}

void sql_rollback(struct sql *db)
{
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

int sql_fill(struct sql *db, bool on, struct err *err)
{
    if (db->seal)
        return 0;
    sqlite3_busy_timeout(db->handle, on ? 0 : BUSY_MS); // not worth a wait
    int rc = sql_exec(db,
                      on ? "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL; "
                           "PRAGMA foreign_keys = OFF"
                         : "PRAGMA foreign_keys = ON; PRAGMA journal_mode = WAL; "
                           "PRAGMA synchronous = NORMAL",
                      err);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    if (rc && (sqlite3_errcode(db->handle) & 0xFF) == SQLITE_BUSY) {
        err_clear(err);
        rc = 0;
    }
    return rc;
}

// One transaction of the log, whose pages go out as the cache fills.
static int copy_from(struct sql *db, const char *path, struct err *err)
{
    sqlite3 *from = NULL;
    const char *vfs = db->vfs ? sealed_vfs_name(db->vfs) : NULL;
    int rc = 0;
    if (sqlite3_open_v2(path, &from, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, vfs) != SQLITE_OK)
        rc = err_set(err, ERR_IO, "%s cannot be read", path);
    sqlite3_backup *copy = rc ? NULL : sqlite3_backup_init(db->handle, "main", from, "main");
    if (copy)
        sqlite3_backup_step(copy, -1);
    if (!rc && (!copy || sqlite3_backup_finish(copy) != SQLITE_OK))
        rc = fail(db, "could not be written anew", err);
    sqlite3_close(from);
    return rc;
}

static int vacuum_into(struct sql *db, const char *path, struct err *err)
{
    struct sql_query *q;
    int rc = make_private(path, err);
    if (!rc)
        rc = sql_prepare(db, "VACUUM INTO ?1", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(path));
    return sql_run(q, err);
}

static int remove_rewritten(const char *path, struct err *err)
{
    char journal[LIMIT_PATH_BYTES + 24];
    snprintf(journal, sizeof journal, "%s-journal", path);
    if ((unlink(journal) != 0 && errno != ENOENT) || (unlink(path) != 0 && errno != ENOENT))
        return err_set_errno(err, ERR_IO, errno, "%s cannot be deleted", path);
    return 0;
}

// All goes from one end to the other, so a small cache serves; SQLite counts the pages of the new
// file as 4 KiB each, so those of 32 take eight times what is said here.
int sql_rewrite(struct sql *db, const char *what, struct err *err)
{
    char path[LIMIT_PATH_BYTES + 8];
    struct err other = { 0 };
    int64_t busy = 0;
    snprintf(path, sizeof path, "%s" SQL_REWRITTEN, sqlite3_db_filename(db->handle, "main"));
    int rc = remove_rewritten(path, err);
    if (!rc)
        rc = sql_exec(db, "PRAGMA cache_size = -1024", err);
    if (!rc)
        rc = vacuum_into(db, path, err);
    if (!rc)
        rc = copy_from(db, path, err);
    int after = remove_rewritten(path, rc ? &other : err);
    db->cache_kib = 0;
    if (!rc && !after)
        after = fit_cache(db, err);
    rc = rc ? rc : after;
    if (!rc)
        rc = sql_get_i64(db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, err);
    if (!rc && busy)
        rc = err_set(err, ERR_TRY_AGAIN,
                     "another program reads %s, so its log could not be emptied; close it and run "
                     "the same command again",
                     what);
    return rc;
}

int sql_prepare(struct sql *db, const char *text, struct sql_query **out, struct err *err)
{
    *out = NULL;
    struct sql_query *q = db->queries;
    while (q && (q->in_use || q->given != text || strcmp(q->text, text) != 0))
        q = q->next;
    if (!q) {
        q = calloc(1, sizeof *q);
        char *copy = q ? strdup(text) : NULL;
        if (!copy) {
            free(q);
            return err_set(err, ERR_TRY_AGAIN, "out of memory");
        }
        if (sqlite3_prepare_v3(db->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt, NULL) !=
            SQLITE_OK) {
            free(copy);
            free(q);
            return fail(db, "a query could not be prepared", err);
        }
        q->db = db;
        q->given = text;
        q->text = copy;
        q->next = db->queries;
        db->queries = q;
    }
    q->in_use = true;
    *out = q;
    return 0;
}

void sql_bind_i64(struct sql_query *q, int i, int64_t v)
{
    sqlite3_bind_int64(q->stmt, i, v);
}

void sql_bind_f64(struct sql_query *q, int i, double v)
{
    sqlite3_bind_double(q->stmt, i, v);
}

void sql_bind_str(struct sql_query *q, int i, struct str v)
{
    if (v.ptr)
        sqlite3_bind_text64(q->stmt, i, v.ptr, v.len, SQLITE_STATIC, SQLITE_UTF8);
    else
        sqlite3_bind_null(q->stmt, i);
}

void sql_bind_blob(struct sql_query *q, int i, const void *data, size_t size)
{
    sqlite3_bind_blob64(q->stmt, i, data, size, SQLITE_STATIC);
}

void sql_bind_null(struct sql_query *q, int i)
{
    sqlite3_bind_null(q->stmt, i);
}

int sql_step(struct sql_query *q, bool *row, struct err *err)
{
    int code = sqlite3_step(q->stmt);
    *row = code == SQLITE_ROW;
    q->db->n_given += STRANGER_ROW;
    if (q->db->most_given && q->db->n_given > q->db->most_given) {
        *row = false;
        return refuse_stranger(sqlite3_db_filename(q->db->handle, "main"), err);
    }
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        return 0;
    return fail(q->db, "a query failed", err);
}

int sql_run(struct sql_query *q, struct err *err)
{
    bool row = true;
    int rc = 0;
    while (!rc && row)
        rc = sql_step(q, &row, err);
    sql_finish(q);
    return rc;
}

int sql_run_with(struct sql *db, const char *text, int64_t value, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(db, text, &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, value);
    return sql_run(q, err);
}

void sql_finish(struct sql_query *q)
{
    if (!q)
        return;
    sqlite3_reset(q->stmt);
    sqlite3_clear_bindings(q->stmt);
    q->in_use = false;
}

bool sql_changed(struct sql *db)
{
    return sqlite3_changes64(db->handle) > 0;
}

bool sql_is_null(struct sql_query *q, int i)
{
    return sqlite3_column_type(q->stmt, i) == SQLITE_NULL;
}

int64_t sql_i64(struct sql_query *q, int i)
{
    return sqlite3_column_int64(q->stmt, i);
}

double sql_f64(struct sql_query *q, int i)
{
    return sqlite3_column_double(q->stmt, i);
}

struct str sql_str(struct sql_query *q, int i)
{
    const char *text = (const char *)sqlite3_column_text(q->stmt, i);
    size_t len = (size_t)sqlite3_column_bytes(q->stmt, i);
    q->db->n_given += (int64_t)len;
    return str_make(text, len);
}

struct str sql_blob(struct sql_query *q, int i)
{
    const char *data = sqlite3_column_blob(q->stmt, i);
    return str_make(data, (size_t)sqlite3_column_bytes(q->stmt, i));
}

struct str sql_copy(struct arena *a, struct sql_query *q, int i)
{
    return sql_is_null(q, i) ? str_make(NULL, 0) : arena_str(a, sql_str(q, i));
}

int sql_get_i64(struct sql *db, const char *text, int64_t *out, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    int rc = sql_prepare(db, text, &q, err);
    if (!rc)
        rc = sql_step(q, &row, err);
    if (!rc)
        *out = row ? sql_i64(q, 0) : 0;
    sql_finish(q);
    return rc;
}

int sql_find_text(struct sql *db, const char *text, const char *key, struct arena *a,
                  struct str *out, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *out = str_make(NULL, 0);
    int rc = sql_prepare(db, text, &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(key));
    rc = sql_step(q, &row, err);
    if (!rc && row)
        *out = sql_copy(a, q, 0);
    sql_finish(q);
    return rc;
}

static int make_tables(struct sql *db, const char *schema, struct err *err)
{
    int64_t n_tables = 0;
    int rc = sql_get_i64(db, "SELECT count(*) FROM sqlite_schema", &n_tables, err);
    if (rc || n_tables)
        return rc;
    rc = sql_begin(db, err);
    if (!rc)
        rc = sql_exec(db, schema, err);
    return rc ? rc : sql_commit(db, err);
}

int sql_read_kind(struct sql *db, const char *schema, struct sql_kind *kind, struct err *err)
{
    int rc = schema ? make_tables(db, schema, err) : 0;
    *kind = (struct sql_kind){ 0 };
    if (!rc)
        rc = sql_get_i64(db, "PRAGMA application_id", &kind->application, err);
    return rc ? rc : sql_get_i64(db, "PRAGMA user_version", &kind->version, err);
}
