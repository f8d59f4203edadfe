// SPDX-License-Identifier: Apache-2.0
#include "store/vault_map.h"

#include "store/sql.h"

int vault_read_map_nodes(struct vault *vault, struct arena *a, struct map_node **nodes, size_t *n,
                         struct err *err)
{
    int64_t n_nodes = 0;
    struct sql *db = vault_sql(vault);
    struct sql_query *q = NULL;
    bool row = true;
    *n = 0;
    int rc = sql_get_i64(db, "SELECT count(*) FROM node", &n_nodes, err);
    if (rc)
        return rc;
    *nodes = arena_try(a, (size_t)n_nodes + 1, sizeof **nodes, "the map", err);
    if (!*nodes)
        return (int)err->code;
    rc = sql_prepare(db,
                     "SELECT id, coalesce(parent_id, 0), level, n_conversations, n_accounts "
                     "FROM node ORDER BY level, id",
                     &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        assert(*n < (size_t)n_nodes);
        (*nodes)[(*n)++] = (struct map_node){ sql_i64(q, 0), sql_i64(q, 1), (int)sql_i64(q, 2),
                                              sql_i64(q, 3), sql_i64(q, 4) };
    }
    sql_finish(q);
    return rc;
}

int vault_read_places(struct vault *vault, struct arena *a, struct map_place **list, size_t *n,
                      struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT i.node_id, p.x, p.y FROM identity i JOIN past_cluster p "
                         "ON p.id = i.atlas_id WHERE p.x IS NOT NULL ORDER BY i.node_id",
                         &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct map_place){ sql_i64(q, 0), sql_f64(q, 1), sql_f64(q, 2) };
    }
    sql_finish(q);
    return rc;
}

int vault_clear_map(struct vault *vault, struct err *err)
{
    return sql_exec(vault_sql(vault), "DELETE FROM position; DELETE FROM density", err);
}

int vault_put_position(struct vault *vault, int64_t node_id, double x, double y, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault), "INSERT INTO position VALUES (?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, node_id);
    sql_bind_f64(q, 2, x);
    sql_bind_f64(q, 3, y);
    return sql_run(q, err);
}

int vault_put_density(struct vault *vault, int i_x, int i_y, double n_conversations,
                      struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault), "INSERT INTO density VALUES (?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, i_x);
    sql_bind_i64(q, 2, i_y);
    sql_bind_f64(q, 3, n_conversations);
    return sql_run(q, err);
}
