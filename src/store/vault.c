// SPDX-License-Identifier: Apache-2.0
#include "store/vault.h"

#include "base/crypto.h"
#include "base/file.h"
#include "base/limits.h"
#include "store/schema.h"
#include "store/seal.h"
#include "store/sql.h"
#include "store/vault_trees.h"

#include <stdio.h>
#include <stdlib.h>

#define VAULT_APPLICATION 1129072982
#define VAULT_VERSION 10

struct vault {
    struct sql *sql;
    struct hash_key key;
    struct seal_key answers; // where is_sealed
    bool is_sealed;
    bool is_held; // between vault_hold and vault_let_go
};

static int check_kind(struct sql *db, const char *path, bool create, struct err *err)
{
    struct sql_kind kind;
    int rc = sql_read_kind(db, create ? schema_vault() : NULL, &kind, err);
    if (rc)
        return rc;
    if (kind.application != VAULT_APPLICATION)
        return err_set(err, ERR_DATA, "%s is no vault of clio; name another directory", path);
    if (kind.version > VAULT_MORE_TREES)
        kind.version -= VAULT_MORE_TREES;
    if (kind.version > VAULT_VERSION)
        return err_set(err, ERR_CONFIG,
                       "%s was made by a newer clio (vault version %lld, this program reads up to "
                       "%d); install that version",
                       path, (long long)kind.version, VAULT_VERSION);
    if (kind.version < VAULT_VERSION)
        return err_set(err, ERR_CONFIG,
                       "%s was made by an older clio (vault version %lld, this program writes %d); "
                       "run into a new directory",
                       path, (long long)kind.version, VAULT_VERSION);
    return 0;
}

// What the person has must fit what the file is.
static int check_secret(const char *path, const struct seal_secret *secret, struct err *err)
{
    bool is_sealed = seal_is_sealed(path);
    if (is_sealed && !secret)
        return err_set(err, ERR_CONFIG,
                       "%s is encrypted; name its key with --vault-key FILE, or where its "
                       "passphrase comes from with --vault-passphrase-from ask",
                       path);
    if (!is_sealed && secret && file_size(path) > 0)
        return err_set(err, ERR_CONFIG,
                       "%s is not encrypted, but a key is given; leave the key out, or run into a "
                       "new directory with it",
                       path);
    return 0;
}

static bool path_of(const char *dir, char path[LIMIT_PATH_BYTES])
{
    int n = snprintf(path, LIMIT_PATH_BYTES, "%s/vault.db", dir);
    return n > 0 && (size_t)n < LIMIT_PATH_BYTES;
}

bool vault_is_there(const char *dir)
{
    char path[LIMIT_PATH_BYTES];
    return path_of(dir, path) && file_size(path) > 0;
}

const struct seal_key *vault_answers_key(const struct vault *vault)
{
    return vault->is_sealed ? &vault->answers : NULL;
}

bool vault_is_sealed(const struct vault *vault)
{
    return vault->is_sealed;
}

// A key is made only for a vault without conversations: ids that another key hashed are not known
// again, and a person would count as two.
static int load_key(struct vault *vault, const char *dir, struct err *err)
{
    char path[LIMIT_PATH_BYTES];
    int64_t used = 0;
    int rc = 0;
    snprintf(path, sizeof path, "%s/vault.key", dir);
    if (!file_exists(path))
        rc = sql_get_i64(vault->sql, "SELECT EXISTS (SELECT 1 FROM conversation)", &used, err);
    if (!rc && used)
        rc = err_set(err, ERR_DATA,
                     "%s is gone, and with another key one person would count as two; restore it "
                     "from a backup, or run into a new directory",
                     path);
    return rc ? rc : crypto_load_or_make_key(path, &vault->key, err);
}

int vault_open(struct vault **out, const char *dir, bool create, struct err *err)
{
    return vault_open_sealed(out, dir, create, NULL, err);
}

int vault_open_sealed(struct vault **out, const char *dir, bool create,
                      const struct seal_secret *secret, struct err *err)
{
    char path[LIMIT_PATH_BYTES];
    if (!path_of(dir, path))
        return err_set(err, ERR_CANNOT_CREATE, "the directory name is too long");
    if (secret && secret->kind == SEAL_NO_SECRET)
        secret = NULL;
    int rc = check_secret(path, secret, err);
    if (rc)
        return rc;
    struct vault *vault = calloc(1, sizeof *vault);
    if (!vault)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    enum sql_mode mode = create ? SQL_CREATE_LARGE : SQL_READ_WRITE;
    rc = sql_open_sealed(&vault->sql, path, mode, secret, err);
    if (!rc)
        rc = check_kind(vault->sql, path, create, err);
    if (!rc)
        rc = load_key(vault, dir, err);
    if (!rc)
        vault->is_sealed = sql_key_for(vault->sql, 1, &vault->answers);
    if (rc) {
        vault_close(vault);
        return rc;
    }
    *out = vault;
    return 0;
}

void vault_close(struct vault *vault)
{
    if (!vault)
        return;
    sql_close(vault->sql);
    crypto_wipe(&vault->key, sizeof vault->key);
    crypto_wipe(&vault->answers, sizeof vault->answers);
    free(vault);
}

struct sql *vault_sql(struct vault *vault)
{
    return vault->sql;
}

const struct hash_key *vault_key(const struct vault *vault)
{
    return &vault->key;
}

int vault_begin(struct vault *vault, struct err *err)
{
    return vault->is_held ? 0 : sql_begin(vault->sql, err);
}

int vault_commit(struct vault *vault, struct err *err)
{
    return vault->is_held ? 0 : sql_commit(vault->sql, err);
}

int vault_hold(struct vault *vault, struct err *err)
{
    int rc = sql_begin(vault->sql, err);
    vault->is_held = rc == 0;
    return rc;
}

int vault_let_go(struct vault *vault, bool keep, struct err *err)
{
    if (!vault->is_held)
        return 0;
    vault->is_held = false;
    int rc = keep ? sql_commit(vault->sql, err) : 0;
    if (!keep || rc)
        sql_rollback(vault->sql);
    return rc;
}

int vault_set_durable(struct vault *vault, bool durable, struct err *err)
{
    return sql_exec(vault->sql,
                    durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", err);
}

bool vault_is_held(const struct vault *vault)
{
    return vault->is_held;
}

int vault_fill(struct vault *vault, bool on, struct err *err)
{
    return vault->is_held ? 0 : sql_fill(vault->sql, on, err);
}

void vault_rollback(struct vault *vault)
{
    if (!vault->is_held)
        sql_rollback(vault->sql);
}

int vault_set_setting(struct vault *vault, const char *key, struct str value, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault->sql, "INSERT OR REPLACE INTO setting VALUES (?1, ?2)", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(key));
    sql_bind_str(q, 2, value);
    return sql_run(q, err);
}

int vault_get_setting(struct vault *vault, const char *key, struct arena *a, struct str *value,
                      struct err *err)
{
    return sql_find_text(vault->sql, "SELECT value FROM setting WHERE key = ?1", key, a, value,
                         err);
}

int vault_get_stage(struct vault *vault, const char *stage, struct stage_record *record,
                    struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *record = (struct stage_record){ 0 };
    int rc = sql_prepare(vault->sql,
                         "SELECT fingerprint, done, n_in, n_out, ms, n_prompt_tokens, "
                         "n_reply_tokens FROM stage_run WHERE stage = ?1",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(stage));
    rc = sql_step(q, &row, err);
    if (!rc && row) {
        struct str fingerprint = str_head(sql_str(q, 0), DIGEST_HEX - 1);
        if (fingerprint.len)
            memcpy(record->fingerprint, fingerprint.ptr, fingerprint.len);
        record->done = sql_i64(q, 1) != 0;
        record->n_in = sql_i64(q, 2);
        record->n_out = sql_i64(q, 3);
        record->ms = sql_i64(q, 4);
        record->n_prompt_tokens = sql_i64(q, 5);
        record->n_reply_tokens = sql_i64(q, 6);
    }
    sql_finish(q);
    return rc;
}

int vault_name_clustering(struct vault *vault, struct arena *a, struct str *name, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    int rc = sql_prepare(vault->sql,
                         "SELECT coalesce(group_concat(stage || ' ' || fingerprint || ' ' || done "
                         "|| ' ' || n_in || ' ' || n_out, ', '), '') FROM (SELECT * FROM stage_run "
                         "WHERE stage IN ('cluster', 'noise') ORDER BY stage)",
                         &q, err);
    if (rc)
        return rc;
    rc = sql_step(q, &row, err);
    *name = !rc && row ? arena_str(a, sql_str(q, 0)) : STR_LIT("");
    sql_finish(q);
    return rc;
}

int vault_put_stage(struct vault *vault, const char *stage, const struct stage_record *record,
                    struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault->sql,
                         "INSERT OR REPLACE INTO stage_run VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(stage));
    sql_bind_str(q, 2, str_of(record->fingerprint));
    sql_bind_i64(q, 3, record->done);
    sql_bind_i64(q, 4, record->n_in);
    sql_bind_i64(q, 5, record->n_out);
    sql_bind_i64(q, 6, record->ms);
    sql_bind_i64(q, 7, record->n_prompt_tokens);
    sql_bind_i64(q, 8, record->n_reply_tokens);
    return sql_run(q, err);
}

int vault_clear_tables(struct vault *vault, const char *tables, struct err *err)
{
    struct str rest = str_of(tables), name;
    int rc = sql_exec(vault->sql, "PRAGMA defer_foreign_keys = ON", err);
    while (!rc && str_cut(&rest, ' ', &name)) {
        char statement[128];
        if (!name.len)
            continue;
        snprintf(statement, sizeof statement, "DELETE FROM %.*s", STR_ARG(name));
        rc = sql_exec(vault->sql, statement, err);
    }
    return rc;
}

// One statement with the stage's name as its only parameter.
static int run_for_stage(struct vault *vault, const char *text, const char *stage, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault->sql, text, &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(stage));
    return sql_run(q, err);
}

int vault_clear_stage(struct vault *vault, const char *stage, const char *tables, struct err *err)
{
    int rc = vault_begin(vault, err);
    if (rc)
        return rc;
    rc = vault_clear_tables(vault, tables, err);
    if (!rc)
        rc = run_for_stage(vault, "DELETE FROM stage_note WHERE stage = ?1", stage, err);
    if (!rc)
        rc = run_for_stage(vault, "DELETE FROM stage_run WHERE stage = ?1", stage, err);
    if (!rc)
        rc = vault_commit(vault, err);
    if (rc)
        vault_rollback(vault);
    return rc;
}

int vault_set_note(struct vault *vault, const char *stage, const char *key, int64_t value,
                   struct err *err)
{
    struct sql_query *q;
    int rc =
        sql_prepare(vault->sql, "INSERT OR REPLACE INTO stage_note VALUES (?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(stage));
    sql_bind_str(q, 2, str_of(key));
    sql_bind_i64(q, 3, value);
    return sql_run(q, err);
}

int vault_put_note(struct vault *vault, const char *stage, const char *key, int64_t value,
                   struct err *err)
{
    struct sql_query *q;
    if (value)
        return vault_set_note(vault, stage, key, value, err);
    int rc =
        sql_prepare(vault->sql, "DELETE FROM stage_note WHERE stage = ?1 AND key = ?2", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(stage));
    sql_bind_str(q, 2, str_of(key));
    return sql_run(q, err);
}

int vault_get_note(struct vault *vault, const char *stage, const char *key, int64_t *value,
                   struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *value = 0;
    int rc = sql_prepare(vault->sql, "SELECT value FROM stage_note WHERE stage = ?1 AND key = ?2",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(stage));
    sql_bind_str(q, 2, str_of(key));
    rc = sql_step(q, &row, err);
    if (!rc && row)
        *value = sql_i64(q, 0);
    sql_finish(q);
    return rc;
}

// All less those that do not count, both from indexes: a walk over the table reads all transcripts.
int vault_count_conversations(struct vault *vault, int64_t *n, struct err *err)
{
    return sql_get_i64(vault->sql,
                       "SELECT (SELECT count(*) FROM conversation) - (SELECT count(*) FROM "
                       "(SELECT seq FROM copy UNION SELECT seq FROM screened_out UNION "
                       "SELECT seq FROM left_out))",
                       n, err);
}

int vault_has_accounts(struct vault *vault, bool *yes, struct err *err)
{
    int64_t n = 0;
    int rc = sql_get_i64(vault->sql,
                         "SELECT EXISTS (SELECT 1 FROM conversation WHERE account_id IS NOT NULL)",
                         &n, err);
    *yes = n != 0;
    return rc;
}
