// SPDX-License-Identifier: Apache-2.0
#include "store/vault_assignment.h"

#include "store/sql.h"

static const char query[] = "SELECT c.external_id, p.cluster_id FROM conversation c "
                            "LEFT JOIN copy d ON d.seq = c.seq "
                            "LEFT JOIN left_out l ON l.seq = coalesce(d.first_seq, c.seq) "
                            "JOIN placed p ON p.seq = coalesce(l.first_seq, d.first_seq, c.seq) "
                            "ORDER BY c.seq";

int vault_read_assignments(struct vault *vault, struct arena *a, struct vault_assignment **list,
                           size_t *n, struct err *err)
{
    int64_t n_rows;
    struct sql *db = vault_sql(vault);
    struct sql_query *q = NULL;
    bool row = true;
    *n = 0;
    int rc = sql_get_i64(db, "SELECT count(*) FROM conversation", &n_rows, err);
    if (rc)
        return rc;
    *list = arena_try(a, (size_t)n_rows + 1, sizeof **list, "the list of conversations", err);
    if (!*list)
        return (int)err->code;
    rc = sql_prepare(db, query, &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        assert(*n < (size_t)n_rows);
        (*list)[(*n)++] =
            (struct vault_assignment){ arena_str(a, sql_str(q, 0)), sql_i64(q, 1) };
    }
    sql_finish(q);
    return rc;
}

int vault_read_facet_labels(struct vault *vault, const char *facet, struct arena *a,
                            struct facet_labels *out, struct err *err)
{
    static const char text[] =
        "SELECT c.external_id, f.value FROM conversation c LEFT JOIN copy d ON d.seq = c.seq "
        "JOIN facet_value f ON f.seq = coalesce(d.first_seq, c.seq) AND f.facet = ?1 "
        "ORDER BY c.seq";
    int64_t n_rows;
    struct sql *db = vault_sql(vault);
    struct sql_query *q = NULL;
    bool row = true;
    *out = (struct facet_labels){ 0 };
    int rc = sql_get_i64(db, "SELECT count(*) FROM conversation", &n_rows, err);
    if (rc)
        return rc;
    out->items =
        arena_try(a, (size_t)n_rows + 1, sizeof *out->items, "the list of facet values", err);
    if (!out->items)
        return (int)err->code;
    rc = sql_prepare(db, text, &q, err);
    if (!rc)
        sql_bind_str(q, 1, str_of(facet));
    while (!rc && !(rc = sql_step(q, &row, err)) && row && out->n < (size_t)n_rows)
        out->items[out->n++] = (struct facet_label){ arena_str(a, sql_str(q, 0)),
                                                     raw_of(arena_str(a, sql_str(q, 1))) };
    sql_finish(q);
    return rc;
}

int vault_read_tree(struct vault *vault, struct arena *a, struct vault_tree_node **nodes,
                    size_t *n, struct err *err)
{
    int64_t n_nodes;
    struct sql *db = vault_sql(vault);
    struct sql_query *q = NULL;
    bool row = true;
    int rc = sql_get_i64(db, "SELECT max(id) FROM node", &n_nodes, err);
    if (rc)
        return rc;
    *n = (size_t)n_nodes;
    *nodes = arena_array(a, *n + 1, sizeof **nodes);
    for (size_t i = 0; i < *n; i++)
        (*nodes)[i] = (struct vault_tree_node){ -1, 0 };
    rc = sql_prepare(db, "SELECT id, level, parent_id FROM node", &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row)
        (*nodes)[sql_i64(q, 0) - 1] = (struct vault_tree_node){ (int)sql_i64(q, 1), sql_i64(q, 2) };
    sql_finish(q);
    return rc;
}
