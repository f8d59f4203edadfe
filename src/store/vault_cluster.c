// SPDX-License-Identifier: Apache-2.0
#include "store/vault_cluster.h"

#include "store/sql.h"

int vault_clear_clusters(struct vault *vault, struct err *err)
{
    return sql_exec(vault_sql(vault),
                    "DELETE FROM filed; DELETE FROM member; "
                    "DELETE FROM base_cluster",
                    err);
}

int vault_add_cluster(struct vault *vault, int64_t id, int64_t n_members, const float *centroid,
                      size_t n_dims, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT INTO base_cluster (id, n_members, centroid) VALUES (?1, ?2, ?3)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, id);
    sql_bind_i64(q, 2, n_members);
    sql_bind_blob(q, 3, centroid, n_dims * sizeof *centroid);
    return sql_run(q, err);
}

int vault_add_member(struct vault *vault, int64_t seq, int64_t cluster_id, float similarity,
                     struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT INTO member (seq, cluster_id, similarity) VALUES (?1, ?2, ?3)", &q,
                         err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, seq);
    sql_bind_i64(q, 2, cluster_id);
    sql_bind_f64(q, 3, (double)similarity);
    return sql_run(q, err);
}

int vault_count_clusters(struct vault *vault, int64_t *n, struct err *err)
{
    return sql_get_i64(vault_sql(vault), "SELECT count(*) FROM base_cluster", n, err);
}

int vault_read_filed(struct vault *vault, struct arena *a, struct vault_filed **list, size_t *n,
                     struct err *err)
{
    struct sql_query *q;
    int64_t n_all = 0;
    bool row = false;
    *n = 0;
    int rc = vault_count_conversations(vault, &n_all, err);
    if (rc)
        return rc;
    *list = arena_try(a, (size_t)n_all + 1, sizeof **list, "the list of members", err);
    if (!*list)
        return (int)err->code;
    rc = sql_prepare(vault_sql(vault),
                     "SELECT c.seq, c.account_id, m.seq IS NOT NULL, m.cluster_id, m.similarity, "
                     "f.fit FROM conversation c LEFT JOIN member m ON m.seq = c.seq "
                     "LEFT JOIN filed f ON f.seq = c.seq WHERE c.seq NOT IN (SELECT seq FROM copy) "
                     "AND c.seq NOT IN (SELECT seq FROM screened_out) "
                     "AND c.seq NOT IN (SELECT seq FROM left_out) ORDER BY c.seq",
                     &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        assert(*n < (size_t)n_all);
        (*list)[(*n)++] = (struct vault_filed){
            .seq = sql_i64(q, 0),
            .account_id = sql_i64(q, 1),
            .has_account = !sql_is_null(q, 1),
            .is_member = sql_i64(q, 2) != 0,
            .cluster_id = sql_i64(q, 3),
            .similarity = (float)sql_f64(q, 4),
            .fit = sql_is_null(q, 5) ? -1 : sql_f64(q, 5),
        };
    }
    sql_finish(q);
    return rc;
}

static int put_fit(struct vault *vault, const struct vault_filed *filed, struct err *err)
{
    struct sql_query *q;
    int rc = filed->fit < 0
                 ? sql_prepare(vault_sql(vault), "DELETE FROM filed WHERE seq = ?1", &q, err)
                 : sql_prepare(vault_sql(vault), "INSERT OR REPLACE INTO filed VALUES (?1, ?2)", &q,
                               err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, filed->seq);
    if (filed->fit >= 0)
        sql_bind_f64(q, 2, filed->fit);
    return sql_run(q, err);
}

int vault_put_filed(struct vault *vault, const struct vault_filed *filed, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT OR REPLACE INTO member (seq, cluster_id, similarity) "
                         "VALUES (?1, ?2, ?3)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, filed->seq);
    if (filed->cluster_id)
        sql_bind_i64(q, 2, filed->cluster_id);
    sql_bind_f64(q, 3, (double)filed->similarity);
    rc = sql_run(q, err);
    return rc ? rc : put_fit(vault, filed, err);
}

int vault_count_members(struct vault *vault, struct err *err)
{
    return sql_exec(vault_sql(vault),
                    "UPDATE base_cluster SET n_members = (SELECT count(*) FROM member m "
                    "WHERE m.cluster_id = base_cluster.id)",
                    err);
}

int vault_digest_cluster(struct vault *vault, int64_t id, char hex[DIGEST_HEX], bool *found,
                         struct err *err)
{
    struct sql_query *q;
    struct digest digest;
    *found = false;
    hex[0] = 0;
    int rc =
        sql_prepare(vault_sql(vault), "SELECT centroid FROM base_cluster WHERE id = ?1", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, id);
    rc = sql_step(q, found, err);
    if (!rc && *found) {
        digest_init(&digest);
        digest_add(&digest, sql_blob(q, 0));
        digest_hex(&digest, hex);
    }
    sql_finish(q);
    return rc;
}

static int make_room(struct kept_clusters *out, size_t n, size_t n_dims, struct arena *a,
                     struct err *err)
{
    out->id = arena_array(a, n, sizeof *out->id);
    out->n_conversations = arena_array(a, n, sizeof *out->n_conversations);
    out->n_accounts = arena_array(a, n, sizeof *out->n_accounts);
    return matrix_make(&out->centroids, n, n_dims, a, "the centroids", err);
}

static int take_row(struct sql_query *q, struct kept_clusters *out, size_t n, struct arena *a,
                    struct err *err)
{
    struct str blob = sql_blob(q, 3);
    size_t i = out->n;
    int rc = i ? 0 : make_room(out, n, blob.len / sizeof(float), a, err);
    if (rc)
        return rc;
    if (blob.len == 0 || blob.len != out->centroids.n_cols * sizeof(float))
        return err_set(err, ERR_DATA, "base cluster %lld is damaged; run `clio cluster` again",
                       (long long)sql_i64(q, 0));
    out->id[i] = sql_i64(q, 0);
    out->n_conversations[i] = sql_i64(q, 1);
    out->n_accounts[i] = sql_i64(q, 2);
    memcpy(matrix_row(&out->centroids, i), blob.ptr, blob.len);
    out->n++;
    return 0;
}

int vault_shown_total(struct vault *vault, int64_t n_placed, int64_t *total, struct err *err)
{
    int rc = vault_get_note(vault, "threshold", "shown_total", total, err);
    if (!rc && !*total)
        *total = n_placed;
    return rc;
}

int vault_read_kept(struct vault *vault, struct arena *a, struct kept_clusters *out,
                    struct err *err)
{
    int64_t n = 0;
    struct sql *db = vault_sql(vault);
    struct sql_query *q = NULL;
    bool row = true;
    *out = (struct kept_clusters){ 0 };
    int rc = sql_get_i64(db, "SELECT count(*) FROM kept_cluster WHERE kept = 1", &n, err);
    if (!rc)
        rc = sql_prepare(db,
                         "SELECT id, n_conversations, n_accounts, centroid FROM kept_cluster "
                         "WHERE kept = 1 ORDER BY id",
                         &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row)
        rc = take_row(q, out, (size_t)n, a, err);
    sql_finish(q);
    return rc;
}
