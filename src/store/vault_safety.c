// SPDX-License-Identifier: Apache-2.0
#include "store/vault_safety.h"

#include "store/sql.h"

#define MAX_BATCH_BYTES ((size_t)16 << 20)

static const char select_sources[] =
    "SELECT c.seq, coalesce(l.first_seq, d.first_seq, c.seq) AS rep, c.account_id, c.time, "
    "m.cluster_id, g.value, f.value, CASE WHEN ?4 & 2 THEN c.columns END, "
    "CASE WHEN ?4 & 1 THEN c.turns END, CASE WHEN ?4 & 4 THEN (SELECT r.transcript_hash FROM "
    "conversation r WHERE r.seq = coalesce(l.first_seq, d.first_seq, c.seq)) END "
    "FROM conversation c LEFT JOIN copy d ON d.seq = c.seq "
    "LEFT JOIN left_out l ON l.seq = coalesce(d.first_seq, c.seq) "
    "LEFT JOIN member m ON m.seq = coalesce(l.first_seq, d.first_seq, c.seq) "
    "LEFT JOIN facet_value g ON g.facet = 'concern' AND "
    "g.seq = coalesce(l.first_seq, d.first_seq, c.seq) "
    "LEFT JOIN facet_value f ON f.facet = 'language' AND "
    "f.seq = coalesce(l.first_seq, d.first_seq, c.seq) "
    "WHERE c.seq > ?1 AND (?2 <= 1 OR c.seq % ?2 = 0) ORDER BY c.seq LIMIT ?3";

static struct safety_source copy_row(struct arena *a, struct sql_query *q)
{
    int64_t concern = 0;
    if (!str_to_i64(sql_str(q, 5), &concern) || concern < 1 || concern > 5)
        concern = 0;
    return (struct safety_source){
        .seq = sql_i64(q, 0),
        .stands_for = sql_i64(q, 1),
        .has_account = !sql_is_null(q, 2),
        .has_time = !sql_is_null(q, 3),
        .account_id = sql_i64(q, 2),
        .time = sql_i64(q, 3),
        .cluster_id = sql_i64(q, 4),
        .concern = (int)concern,
        .language = sql_copy(a, q, 6),
        .columns = sql_copy(a, q, 7),
        .turns = sql_copy(a, q, 8),
        .transcript = sql_i64(q, 9),
    };
}

int vault_read_sources(struct vault *vault, int64_t after_seq, int64_t step, size_t max_n,
                       int parts, struct arena *a, struct safety_sources *out, struct err *err)
{
    struct sql_query *q;
    size_t n_bytes = 0, n_room = 0;
    *out = (struct safety_sources){ 0 };
    int rc = sql_prepare(vault_sql(vault), select_sources, &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, after_seq);
    sql_bind_i64(q, 2, step);
    sql_bind_i64(q, 3, (int64_t)size_min(max_n, INT64_MAX));
    sql_bind_i64(q, 4, parts);
    bool row = true;
    while (n_bytes < MAX_BATCH_BYTES && !(rc = sql_step(q, &row, err)) && row) {
        out->items = arena_room(a, out->items, out->n, &n_room, sizeof *out->items);
        out->items[out->n] = copy_row(a, q);
        n_bytes += out->items[out->n].turns.len + out->items[out->n].columns.len;
        out->n++;
    }
    sql_finish(q);
    return rc;
}

int vault_count_sources(struct vault *vault, int64_t *n, struct err *err)
{
    return sql_get_i64(vault_sql(vault), "SELECT count(*) FROM conversation", n, err);
}
