// SPDX-License-Identifier: Apache-2.0
#include "store/vault_gate.h"

#include "store/sql.h"

int vault_gate_nodes(struct vault *vault, struct arena *a, struct gate_node **list, size_t *n,
                     struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT n.id, n.parent_id, n.level, coalesce(v.title, n.title), "
                         "coalesce(v.summary, n.summary), "
                         "n.n_conversations, n.n_accounts, v.grade, p.x, p.y, i.atlas_id, "
                         "b.title, b.summary FROM node n "
                         "LEFT JOIN verdict v ON v.node_id = n.id "
                         "LEFT JOIN position p ON p.node_id = n.id "
                         "LEFT JOIN identity i ON i.node_id = n.id "
                         "LEFT JOIN past_cluster b ON b.id = i.atlas_id "
                         "ORDER BY n.level DESC, n.n_conversations DESC, n.id",
                         &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct gate_node){
            .id = sql_i64(q, 0),
            .parent_id = sql_i64(q, 1),
            .level = (int)sql_i64(q, 2),
            .title = raw_of(arena_str(a, sql_str(q, 3))),
            .summary = raw_of(arena_str(a, sql_str(q, 4))),
            .n_conversations = sql_i64(q, 5),
            .n_accounts = sql_i64(q, 6),
            .grade = (int)sql_i64(q, 7),
            .placed = !sql_is_null(q, 8),
            .x = sql_f64(q, 8),
            .y = sql_f64(q, 9),
            .atlas_id = sql_i64(q, 10),
            .past_title = raw_of(sql_copy(a, q, 11)),
            .past_summary = raw_of(sql_copy(a, q, 12)),
        };
    }
    sql_finish(q);
    return rc;
}

int vault_gate_phrases(struct vault *vault, int64_t node_id, struct arena *a,
                       struct gate_phrase **list, size_t *n, struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT rank, phrase, n_accounts, n_conversations FROM node_phrase "
                         "WHERE node_id = ?1 ORDER BY rank",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, node_id);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] =
            (struct gate_phrase){ (int)sql_i64(q, 0), raw_of(arena_str(a, sql_str(q, 1))),
                                  sql_i64(q, 2), sql_i64(q, 3) };
    }
    sql_finish(q);
    return rc;
}

int vault_gate_words(struct vault *vault, int64_t node_id, struct arena *a,
                     struct gate_phrase **list, size_t *n, struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(
        vault_sql(vault),
        "SELECT word, n_supporters FROM node_word WHERE node_id = ?1 ORDER BY word", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, node_id);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct gate_phrase){ 0, raw_of(arena_str(a, sql_str(q, 0))),
                                                sql_i64(q, 1), sql_i64(q, 1) };
    }
    sql_finish(q);
    return rc;
}

int vault_put_verdict(struct vault *vault, int64_t node_id, const struct gate_verdict *verdict,
                      struct err *err)
{
    struct sql_query *q;
    int rc =
        sql_prepare(vault_sql(vault), "INSERT INTO verdict VALUES (?1, ?2, ?3, ?4, ?5)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, node_id);
    sql_bind_i64(q, 2, verdict->grade);
    sql_bind_str(q, 3, str_of(verdict->reason));
    if (verdict->title.s.ptr) {
        sql_bind_str(q, 4, verdict->title.s);
        sql_bind_str(q, 5, verdict->summary.s);
    } else {
        sql_bind_null(q, 4);
        sql_bind_null(q, 5);
    }
    return sql_run(q, err);
}

int vault_clear_verdicts(struct vault *vault, struct err *err)
{
    return sql_exec(vault_sql(vault), "DELETE FROM verdict", err);
}

static int next_value(struct gate_facet *facet, struct err *err)
{
    int rc = sql_step(facet->query, &facet->found, err);
    if (!rc && facet->found)
        facet->seq = sql_i64(facet->query, 0);
    return rc;
}

int gate_walk_open(struct gate_walk *walk, struct vault *vault, const char *const *facets,
                   size_t n_facets, bool with_columns, struct err *err)
{
    assert(n_facets <= GATE_MOST_FACETS);
    *walk = (struct gate_walk){ .n_values = n_facets };
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT p.seq, p.cluster_id, c.account_id, c.time, "
                         "CASE WHEN ?1 THEN c.columns END FROM "
                         "placed p JOIN conversation c ON c.seq = p.seq ORDER BY p.seq",
                         &walk->query, err);
    if (!rc)
        sql_bind_i64(walk->query, 1, with_columns);
    for (size_t i = 0; !rc && i < n_facets; i++) {
        struct gate_facet *facet = &walk->facets[i];
        rc = sql_prepare(vault_sql(vault),
                         "SELECT seq, value FROM facet_value WHERE facet = ?1 ORDER BY seq",
                         &facet->query, err);
        if (!rc)
            sql_bind_str(facet->query, 1, str_of(facets[i]));
        if (!rc)
            rc = next_value(facet, err);
    }
    return rc;
}

static int take_value(struct gate_walk *walk, size_t i, struct err *err)
{
    struct gate_facet *facet = &walk->facets[i];
    int rc = 0;
    while (!rc && facet->found && facet->seq < walk->seq)
        rc = next_value(facet, err);
    bool is_there = facet->found && facet->seq == walk->seq;
    walk->values[i] = raw_of(is_there ? sql_str(facet->query, 1) : str_make(NULL, 0));
    return rc;
}

int gate_walk_next(struct gate_walk *walk, bool *found, struct err *err)
{
    int rc = sql_step(walk->query, found, err);
    if (rc || !*found)
        return rc;
    walk->seq = sql_i64(walk->query, 0);
    walk->cluster_id = sql_i64(walk->query, 1);
    walk->has_account = !sql_is_null(walk->query, 2);
    walk->account_id = sql_i64(walk->query, 2);
    walk->has_time = !sql_is_null(walk->query, 3);
    walk->time = sql_i64(walk->query, 3);
    walk->columns = sql_str(walk->query, 4);
    for (size_t i = 0; !rc && i < walk->n_values; i++)
        rc = take_value(walk, i, err);
    return rc;
}

void gate_walk_close(struct gate_walk *walk)
{
    sql_finish(walk->query);
    walk->query = NULL;
    for (size_t i = 0; i < walk->n_values; i++) {
        sql_finish(walk->facets[i].query);
        walk->facets[i].query = NULL;
    }
}

int vault_count_placed(struct vault *vault, int64_t *n, struct err *err)
{
    return sql_get_i64(vault_sql(vault), "SELECT count(*) FROM placed", n, err);
}

int vault_gate_density(struct vault *vault, struct arena *a, struct gate_cell **list, size_t *n,
                       struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc =
        sql_prepare(vault_sql(vault),
                    "SELECT i_x, i_y, n_conversations FROM density ORDER BY i_x, i_y", &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] =
            (struct gate_cell){ (int)sql_i64(q, 0), (int)sql_i64(q, 1), sql_f64(q, 2) };
    }
    sql_finish(q);
    return rc;
}

int vault_gate_notes(struct vault *vault, struct arena *a, struct gate_note **list, size_t *n,
                     struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT stage, key, value FROM stage_note ORDER BY stage, key", &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct gate_note){ arena_str(a, sql_str(q, 0)),
                                              arena_str(a, sql_str(q, 1)), sql_i64(q, 2) };
    }
    sql_finish(q);
    return rc;
}

int vault_count_bad_records(struct vault *vault, int64_t *n, struct err *err)
{
    return sql_get_i64(vault_sql(vault), "SELECT count(*) FROM bad_record", n, err);
}
