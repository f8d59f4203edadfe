// SPDX-License-Identifier: Apache-2.0
#include "store/vault_threshold.h"

#include "store/sql.h"

int vault_read_members(struct vault *vault, struct arena *a, struct vault_member **members,
                       size_t *n, struct err *err)
{
    int64_t n_members;
    struct sql *db = vault_sql(vault);
    struct sql_query *q = NULL;
    bool row = true;
    *n = 0;
    int rc = sql_get_i64(db, "SELECT count(*) FROM member", &n_members, err);
    if (rc)
        return rc;
    *members = arena_try(a, (size_t)n_members + 1, sizeof **members, "the list of members", err);
    if (!*members)
        return (int)err->code;
    rc = sql_prepare(db,
                     "SELECT m.seq, m.cluster_id, m.similarity, c.account_id FROM member m "
                     "JOIN conversation c USING (seq) ORDER BY m.seq",
                     &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        assert(*n < (size_t)n_members);
        (*members)[(*n)++] =
            (struct vault_member){ sql_i64(q, 0), sql_i64(q, 1), sql_i64(q, 3), !sql_is_null(q, 3),
                                   (float)sql_f64(q, 2) };
    }
    sql_finish(q);
    return rc;
}

int vault_read_centroids(struct vault *vault, size_t n_dims, struct arena *a,
                         struct matrix *centroids, struct err *err)
{
    int64_t k;
    struct sql *db = vault_sql(vault);
    struct sql_query *q = NULL;
    bool row = true;
    int rc = sql_get_i64(db, "SELECT count(*) FROM base_cluster", &k, err);
    if (!rc)
        rc = matrix_make(centroids, (size_t)k, n_dims, a, "the centroids", err);
    if (!rc)
        rc = sql_prepare(db, "SELECT id, centroid FROM base_cluster ORDER BY id", &q, err);
    for (int64_t i = 0; !rc && !(rc = sql_step(q, &row, err)) && row; i++) {
        struct str blob = sql_blob(q, 1);
        if (sql_i64(q, 0) != i + 1 || blob.len != n_dims * sizeof(float))
            rc = err_set(err, ERR_DATA, "base cluster %lld is damaged; run `clio cluster` again",
                         (long long)i + 1);
        else
            memcpy(matrix_row(centroids, (size_t)i), blob.ptr, blob.len);
    }
    sql_finish(q);
    return rc;
}

int vault_clear_placed(struct vault *vault, struct err *err)
{
    return sql_exec(vault_sql(vault), "DELETE FROM placed; DELETE FROM kept_cluster", err);
}

int vault_put_placed(struct vault *vault, int64_t seq, int64_t cluster_id, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault), "INSERT INTO placed VALUES (?1, ?2)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, seq);
    if (cluster_id)
        sql_bind_i64(q, 2, cluster_id);
    else
        sql_bind_null(q, 2);
    return sql_run(q, err);
}

int vault_put_kept(struct vault *vault, int64_t id, int64_t n_conversations, int64_t n_accounts,
                   bool kept, const float *centroid, size_t n_dims, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT INTO kept_cluster (id, n_conversations, n_accounts, kept, "
                         "centroid) VALUES (?1, ?2, ?3, ?4, ?5)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, id);
    sql_bind_i64(q, 2, n_conversations);
    sql_bind_i64(q, 3, n_accounts);
    sql_bind_i64(q, 4, kept);
    sql_bind_blob(q, 5, centroid, n_dims * sizeof *centroid);
    return sql_run(q, err);
}
