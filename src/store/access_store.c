// SPDX-License-Identifier: Apache-2.0
#include "store/access_store.h"

#include "base/limits.h"
#include "store/schema.h"
#include "store/sql.h"

#include <stdio.h>
#include <stdlib.h>

#define ACCESS_APPLICATION 1129072981
#define ACCESS_VERSION 2

struct access_store {
    struct sql *sql;
};

static int check_kind(struct sql *db, const char *path, bool create, struct err *err)
{
    struct sql_kind kind;
    int rc = sql_read_kind(db, create ? schema_access() : NULL, &kind, err);
    if (rc)
        return rc;
    if (kind.application != ACCESS_APPLICATION)
        return err_set(err, ERR_DATA, "%s does not hold users of clio", path);
    if (kind.version != ACCESS_VERSION)
        return err_set(err, ERR_CONFIG,
                       "%s was made by another version of clio (%lld, this one "
                       "reads %d); move it away and add the users again",
                       path, (long long)kind.version, ACCESS_VERSION);
    return 0;
}

int access_store_open(struct access_store **out, const char *dir, bool create, struct err *err)
{
    char path[LIMIT_PATH_BYTES];
    int n = snprintf(path, sizeof path, "%s/access.db", dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(err, ERR_CANNOT_CREATE, "the directory name is too long");
    struct access_store *store = calloc(1, sizeof *store);
    if (!store)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    int rc = sql_open(&store->sql, path, create ? SQL_CREATE : SQL_READ_WRITE, err);
    if (!rc)
        rc = check_kind(store->sql, path, create, err);
    if (!rc) // what the log says was done is on the disk, whenever the power fails
        rc = sql_exec(store->sql, "PRAGMA synchronous = FULL", err);
    if (!rc) // files of before have no such table; an older clio does not mind it
        rc = sql_exec(store->sql,
                      "CREATE TABLE IF NOT EXISTS used_code (name TEXT NOT NULL REFERENCES user "
                      "(name) ON DELETE CASCADE, step INTEGER NOT NULL, PRIMARY KEY (name, step)) "
                      "STRICT, WITHOUT ROWID",
                      err);
    if (rc) {
        access_store_close(store);
        return rc;
    }
    *out = store;
    return 0;
}

void access_store_close(struct access_store *store)
{
    if (!store)
        return;
    sql_close(store->sql);
    free(store);
}

int access_store_begin(struct access_store *store, struct err *err)
{
    return sql_begin(store->sql, err);
}

int access_store_end(struct access_store *store, int rc, struct err *err)
{
    if (!rc)
        rc = sql_commit(store->sql, err);
    if (rc)
        sql_rollback(store->sql);
    return rc;
}

static void copy_text(struct sql_query *q, int i, char *to, size_t size)
{
    struct str s = str_head(sql_str(q, i), size - 1);
    if (s.len)
        memcpy(to, s.ptr, s.len);
    to[s.len] = 0;
}

// Settings and users ----------------------------------------------------------------------------

int access_store_get_setting(struct access_store *store, const char *key, int64_t initial,
                             int64_t *value, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *value = initial;
    int rc = sql_prepare(store->sql, "SELECT value FROM setting WHERE key = ?1", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(key));
    rc = sql_step(q, &row, err);
    if (!rc && row)
        *value = sql_i64(q, 0);
    sql_finish(q);
    return rc;
}

int access_store_put_setting(struct access_store *store, const char *key, int64_t value,
                             struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(store->sql, "INSERT OR REPLACE INTO setting VALUES (?1, ?2)", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(key));
    sql_bind_i64(q, 2, value);
    return sql_run(q, err);
}

#define USER_COLUMNS "name, role, disabled, password, totp, totp_step"

static void read_user(struct sql_query *q, struct user_row *user)
{
    *user = (struct user_row){ 0 };
    copy_text(q, 0, user->name, sizeof user->name);
    copy_text(q, 1, user->role, sizeof user->role);
    user->disabled = sql_i64(q, 2) != 0;
    copy_text(q, 3, user->password, sizeof user->password);
    struct str totp = sql_blob(q, 4);
    user->has_totp = totp.len == TOTP_BYTES;
    if (user->has_totp)
        memcpy(user->totp, totp.ptr, TOTP_BYTES);
    user->totp_step = sql_i64(q, 5);
}

int access_store_get_user(struct access_store *store, struct str name, struct user_row *user,
                          bool *found, struct err *err)
{
    struct sql_query *q;
    *found = false;
    int rc = sql_prepare(store->sql, "SELECT " USER_COLUMNS " FROM user WHERE name = ?1", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, name);
    rc = sql_step(q, found, err);
    if (!rc && *found)
        read_user(q, user);
    sql_finish(q);
    return rc;
}

int access_store_put_user(struct access_store *store, const struct user_row *user, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(store->sql,
                         "INSERT INTO user (" USER_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
                         "ON CONFLICT (name) DO UPDATE SET role = ?2, disabled = ?3, "
                         "password = ?4, totp = ?5, totp_step = ?6",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(user->name));
    sql_bind_str(q, 2, str_of(user->role));
    sql_bind_i64(q, 3, user->disabled);
    sql_bind_str(q, 4, str_of(user->password));
    if (user->has_totp)
        sql_bind_blob(q, 5, user->totp, TOTP_BYTES);
    sql_bind_i64(q, 6, user->totp_step);
    return sql_run(q, err);
}

int access_store_list_users(struct access_store *store, struct arena *a, struct user_row **list,
                            size_t *n, struct err *err)
{
    struct sql_query *q;
    int64_t count = 0;
    size_t i = 0;
    bool row;
    int rc = sql_get_i64(store->sql, "SELECT count(*) FROM user", &count, err);
    if (!rc)
        rc = sql_prepare(store->sql, "SELECT " USER_COLUMNS " FROM user ORDER BY name", &q, err);
    if (rc)
        return rc;
    *list = arena_zero_array(a, (size_t)count + 1, sizeof **list);
    while (!(rc = sql_step(q, &row, err)) && row && i < (size_t)count)
        read_user(q, &(*list)[i++]);
    sql_finish(q);
    *n = i;
    return rc;
}

int access_store_is_code_used(struct access_store *store, struct str name, int64_t step, bool *used,
                              struct err *err)
{
    struct sql_query *q;
    *used = true;
    int rc =
        sql_prepare(store->sql, "SELECT 1 FROM used_code WHERE name = ?1 AND step = ?2", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, name);
    sql_bind_i64(q, 2, step);
    rc = sql_step(q, used, err);
    sql_finish(q);
    return rc;
}

int access_store_use_code(struct access_store *store, struct str name, int64_t step,
                          struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(store->sql, "INSERT INTO used_code VALUES (?1, ?2)", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, name);
    sql_bind_i64(q, 2, step);
    return sql_run(q, err);
}

// Attempts and sessions ---------------------------------------------------------------------------

int access_store_get_attempt(struct access_store *store, uint64_t name_hash,
                             struct attempt_row *attempt, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *attempt = (struct attempt_row){ .name_hash = name_hash };
    int rc = sql_prepare(store->sql,
                         "SELECT n_failed, last, locked_until FROM attempt WHERE name_hash = ?1",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, (int64_t)name_hash);
    rc = sql_step(q, &row, err);
    if (!rc && row) {
        attempt->n_failed = sql_i64(q, 0);
        attempt->last = sql_i64(q, 1);
        attempt->locked_until = sql_i64(q, 2);
    }
    sql_finish(q);
    return rc;
}

int access_store_put_attempt(struct access_store *store, const struct attempt_row *attempt,
                             int64_t forget, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(store->sql, "DELETE FROM attempt WHERE last < ?1", &q, err);
    if (!rc) {
        sql_bind_i64(q, 1, forget);
        rc = sql_run(q, err);
    }
    if (!rc)
        rc = sql_prepare(store->sql, "INSERT OR REPLACE INTO attempt VALUES (?1, ?2, ?3, ?4)", &q,
                         err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, (int64_t)attempt->name_hash);
    sql_bind_i64(q, 2, attempt->n_failed);
    sql_bind_i64(q, 3, attempt->last);
    sql_bind_i64(q, 4, attempt->locked_until);
    return sql_run(q, err);
}

int access_store_get_session(struct access_store *store, const char *token_hash,
                             struct session_row *session, bool *found, struct err *err)
{
    struct sql_query *q;
    *found = false;
    int rc = sql_prepare(store->sql,
                         "SELECT token_hash, name, born, seen FROM session WHERE token_hash = ?1",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(token_hash));
    rc = sql_step(q, found, err);
    if (!rc && *found) {
        copy_text(q, 0, session->token_hash, sizeof session->token_hash);
        copy_text(q, 1, session->name, sizeof session->name);
        session->born = sql_i64(q, 2);
        session->seen = sql_i64(q, 3);
    }
    sql_finish(q);
    return rc;
}

int access_store_put_session(struct access_store *store, const struct session_row *session,
                             struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(store->sql, "INSERT INTO session VALUES (?1, ?2, ?3, ?4)", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(session->token_hash));
    sql_bind_str(q, 2, str_of(session->name));
    sql_bind_i64(q, 3, session->born);
    sql_bind_i64(q, 4, session->seen);
    return sql_run(q, err);
}

int access_store_touch_session(struct access_store *store, const char *token_hash, int64_t seen,
                               struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(store->sql, "UPDATE session SET seen = ?2 WHERE token_hash = ?1", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(token_hash));
    sql_bind_i64(q, 2, seen);
    return sql_run(q, err);
}

static int run_for_text(struct access_store *store, const char *statement, struct str value,
                        struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(store->sql, statement, &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, value);
    return sql_run(q, err);
}

int access_store_drop_session(struct access_store *store, const char *token_hash, struct err *err)
{
    return run_for_text(store, "DELETE FROM session WHERE token_hash = ?1", str_of(token_hash),
                        err);
}

int access_store_forget_codes(struct access_store *store, struct str name, struct err *err)
{
    return run_for_text(store, "DELETE FROM used_code WHERE name = ?1", name, err);
}

int access_store_drop_sessions_of(struct access_store *store, struct str name, struct err *err)
{
    int rc = run_for_text(store, "DELETE FROM session WHERE name = ?1", name, err);
    return rc ? rc : run_for_text(store, "UPDATE permit SET closed = 1 WHERE name = ?1", name, err);
}

// Permits ---------------------------------------------------------------------------------------

#define PERMIT_COLUMNS "id, name, cluster_id, reason, asked, approver, expires, closed, clusters"

static void read_permit(struct sql_query *q, struct arena *a, struct permit_row *permit)
{
    *permit = (struct permit_row){ .id = sql_i64(q, 0),
                                   .cluster_id = sql_i64(q, 2),
                                   .reason = arena_str(a, sql_str(q, 3)),
                                   .asked = sql_i64(q, 4),
                                   .expires = sql_i64(q, 6),
                                   .closed = sql_i64(q, 7) != 0,
                                   .clusters = arena_str(a, sql_str(q, 8)) };
    copy_text(q, 1, permit->name, sizeof permit->name);
    copy_text(q, 5, permit->approver, sizeof permit->approver);
}

int access_store_get_permit(struct access_store *store, int64_t id, struct arena *a,
                            struct permit_row *permit, bool *found, struct err *err)
{
    struct sql_query *q;
    *found = false;
    int rc =
        sql_prepare(store->sql, "SELECT " PERMIT_COLUMNS " FROM permit WHERE id = ?1", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, id);
    rc = sql_step(q, found, err);
    if (!rc && *found)
        read_permit(q, a, permit);
    sql_finish(q);
    return rc;
}

int access_store_put_permit(struct access_store *store, struct permit_row *permit, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(store->sql,
                         "INSERT INTO permit (" PERMIT_COLUMNS ") VALUES "
                         "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET "
                         "approver = ?6, expires = ?7, closed = ?8",
                         &q, err);
    if (rc)
        return rc;
    if (permit->id)
        sql_bind_i64(q, 1, permit->id);
    sql_bind_str(q, 2, str_of(permit->name));
    sql_bind_i64(q, 3, permit->cluster_id);
    sql_bind_str(q, 4, permit->reason);
    sql_bind_i64(q, 5, permit->asked);
    if (permit->approver[0])
        sql_bind_str(q, 6, str_of(permit->approver));
    sql_bind_i64(q, 7, permit->expires);
    sql_bind_i64(q, 8, permit->closed);
    sql_bind_str(q, 9, permit->clusters);
    rc = sql_run(q, err);
    if (!rc && !permit->id)
        rc = sql_get_i64(store->sql, "SELECT last_insert_rowid()", &permit->id, err);
    return rc;
}

static int read_permits(struct sql_query *q, struct arena *a, struct permit_row **list, size_t *n,
                        struct err *err)
{
    bool row;
    int rc;
    *list = NULL;
    *n = 0;
    while (!(rc = sql_step(q, &row, err)) && row) {
        *list = arena_grow(a, *list, *n * sizeof **list, (*n + 1) * sizeof **list);
        read_permit(q, a, &(*list)[(*n)++]);
    }
    sql_finish(q);
    return rc;
}

int access_store_list_permits(struct access_store *store, size_t most, int64_t now, int64_t since,
                              struct arena *a, struct permit_row **list, size_t *n, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(store->sql,
                         "SELECT " PERMIT_COLUMNS " FROM permit WHERE id IN (SELECT id FROM permit "
                         "ORDER BY id DESC LIMIT ?1) OR (closed = 0 AND (expires > ?2 OR "
                         "(expires = 0 AND asked > ?3))) ORDER BY id DESC",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, (int64_t)most);
    sql_bind_i64(q, 2, now);
    sql_bind_i64(q, 3, since);
    return read_permits(q, a, list, n, err);
}

int access_store_find_permits(struct access_store *store, struct str name, int64_t cluster_id,
                              struct arena *a, struct permit_row **list, size_t *n, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(store->sql,
                         "SELECT " PERMIT_COLUMNS " FROM permit WHERE name = ?1 AND "
                         "cluster_id = ?2 AND closed = 0 ORDER BY id DESC",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, name);
    sql_bind_i64(q, 2, cluster_id);
    return read_permits(q, a, list, n, err);
}

int access_store_get_depth(struct access_store *store, int64_t permit_id, int64_t subject,
                           int64_t *depth, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    int rc = sql_prepare(store->sql,
                         "SELECT coalesce(max(depth), 0) FROM looked WHERE permit_id = ?1 AND "
                         "subject = ?2",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, permit_id);
    sql_bind_i64(q, 2, subject);
    rc = sql_step(q, &row, err);
    *depth = !rc && row ? sql_i64(q, 0) : 0;
    sql_finish(q);
    return rc;
}

int access_store_add_looked(struct access_store *store, int64_t permit_id, int64_t subject,
                            int64_t depth, struct str name, int64_t time, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(store->sql, "INSERT INTO looked VALUES (?1, ?2, ?3, ?4, ?5)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, permit_id);
    sql_bind_i64(q, 2, subject);
    sql_bind_i64(q, 3, depth);
    sql_bind_i64(q, 4, time);
    sql_bind_str(q, 5, name);
    return sql_run(q, err);
}

int access_store_nth_looked(struct access_store *store, struct str name, int64_t nth, int64_t since,
                            int64_t until, int64_t *time, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    int rc = sql_prepare(store->sql,
                         "SELECT time FROM looked WHERE name = ?1 AND time BETWEEN ?2 AND ?3 "
                         "ORDER BY time DESC LIMIT 1 OFFSET ?4 - 1",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, name);
    sql_bind_i64(q, 2, since);
    sql_bind_i64(q, 3, until);
    sql_bind_i64(q, 4, nth);
    rc = sql_step(q, &row, err);
    *time = !rc && row ? sql_i64(q, 0) : 0;
    sql_finish(q);
    return rc;
}
