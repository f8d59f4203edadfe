// SPDX-License-Identifier: Apache-2.0
#include "store/vault_describe.h"

#include "store/sql.h"

int placed_walk_open(struct placed_walk *walk, struct vault *vault, const char *facet,
                     struct err *err)
{
    *walk = (struct placed_walk){ 0 };
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT p.seq, p.cluster_id, c.account_id, r.value, t.value, l.value, "
                         "o.value, s.value "
                         "FROM placed p JOIN conversation c ON c.seq = p.seq "
                         "LEFT JOIN facet_value r ON r.facet = iif(?1 = 'task', 'request', ?1) "
                         "AND r.seq = p.seq "
                         "LEFT JOIN facet_value t ON t.facet = 'task' AND t.seq = p.seq "
                         "AND ?1 IN ('request', 'task') "
                         "LEFT JOIN facet_value l ON l.facet = 'language' AND l.seq = p.seq "
                         "LEFT JOIN facet_value o ON o.facet = 'opening' AND o.seq = p.seq "
                         "AND ?1 IN ('request', 'task') "
                         "LEFT JOIN subject s ON s.seq = p.seq ORDER BY p.seq",
                         &walk->query, err);
    if (!rc)
        sql_bind_str(walk->query, 1, str_of(facet));
    return rc;
}

int placed_walk_next(struct placed_walk *walk, bool *found, struct err *err)
{
    int rc = sql_step(walk->query, found, err);
    if (rc || !*found)
        return rc;
    walk->seq = sql_i64(walk->query, 0);
    walk->cluster_id = sql_i64(walk->query, 1);
    walk->account_id = sql_i64(walk->query, 2);
    walk->request = raw_of(sql_str(walk->query, 3));
    walk->task = raw_of(sql_str(walk->query, 4));
    walk->language = raw_of(sql_str(walk->query, 5));
    walk->opening = raw_of(sql_str(walk->query, 6));
    walk->subject = raw_of(sql_str(walk->query, 7));
    return 0;
}

void placed_walk_close(struct placed_walk *walk)
{
    sql_finish(walk->query);
    walk->query = NULL;
}

int vault_list_described(struct vault *vault, struct arena *a, struct described_cluster **list,
                         size_t *n, struct err *err)
{
    struct sql_query *q;
    int64_t n_room = 0;
    bool row = false;
    *n = 0;
    int rc = sql_get_i64(vault_sql(vault), "SELECT count(*) FROM kept_cluster WHERE kept = 1",
                         &n_room, err);
    if (rc)
        return rc;
    rc = sql_prepare(vault_sql(vault),
                     "SELECT id, n_conversations, n_accounts FROM kept_cluster WHERE kept = 1 "
                     "ORDER BY id",
                     &q, err);
    if (rc)
        return rc;
    *list = arena_array(a, (size_t)n_room + 1, sizeof **list);
    while (!(rc = sql_step(q, &row, err)) && row && (int64_t)*n < n_room)
        (*list)[(*n)++] = (struct described_cluster){ sql_i64(q, 0), sql_i64(q, 1), sql_i64(q, 2) };
    sql_finish(q);
    return rc;
}

int vault_put_phrase(struct vault *vault, int64_t cluster_id, int rank,
                     const struct vault_phrase *phrase, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT INTO phrase (cluster_id, rank, phrase, n_accounts, "
                         "n_conversations, score) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, cluster_id);
    sql_bind_i64(q, 2, rank);
    sql_bind_str(q, 3, phrase->text.s);
    sql_bind_i64(q, 4, phrase->n_accounts);
    sql_bind_i64(q, 5, phrase->n_conversations);
    sql_bind_f64(q, 6, phrase->score);
    return sql_run(q, err);
}

int vault_put_description(struct vault *vault, int64_t cluster_id, struct raw title,
                          struct raw summary, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT INTO description (cluster_id, title, summary) VALUES (?1, ?2, ?3)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, cluster_id);
    sql_bind_str(q, 2, title.s);
    sql_bind_str(q, 3, summary.s);
    return sql_run(q, err);
}

int vault_clear_descriptions(struct vault *vault, struct err *err)
{
    return sql_exec(vault_sql(vault), "DELETE FROM phrase; DELETE FROM description", err);
}

int vault_get_description(struct vault *vault, int64_t cluster_id, struct arena *a,
                          struct raw *title, struct raw *summary, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *title = *summary = raw_of(str_make(NULL, 0));
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT title, summary FROM description WHERE cluster_id = ?1", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, cluster_id);
    rc = sql_step(q, &row, err);
    if (!rc && row) {
        *title = raw_of(arena_str(a, sql_str(q, 0)));
        *summary = raw_of(arena_str(a, sql_str(q, 1)));
    }
    sql_finish(q);
    return rc;
}

int vault_get_phrases(struct vault *vault, int64_t cluster_id, struct arena *a,
                      struct vault_phrase **list, size_t *n, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT phrase, n_accounts, n_conversations, score FROM phrase "
                         "WHERE cluster_id = ?1 ORDER BY rank",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, cluster_id);
    while (!(rc = sql_step(q, &row, err)) && row) {
        *list = arena_grow(a, *list, *n * sizeof **list, (*n + 1) * sizeof **list);
        (*list)[(*n)++] = (struct vault_phrase){ raw_of(arena_str(a, sql_str(q, 0))), sql_i64(q, 1),
                                                 sql_i64(q, 2), sql_f64(q, 3) };
    }
    sql_finish(q);
    return rc;
}
