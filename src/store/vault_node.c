// SPDX-License-Identifier: Apache-2.0
#include "store/vault_node.h"

#include "store/sql.h"

int vault_clear_nodes(struct vault *vault, struct err *err)
{
    return sql_exec(vault_sql(vault),
                    "PRAGMA defer_foreign_keys = ON; DELETE FROM identity; "
                    "DELETE FROM node_word; "
                    "DELETE FROM node_phrase; DELETE FROM node",
                    err);
}

int vault_put_node(struct vault *vault, const struct vault_node *node, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT INTO node (id, level, parent_id, title, summary, n_conversations, "
                         "n_accounts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, node->id);
    sql_bind_i64(q, 2, node->level);
    if (node->parent_id)
        sql_bind_i64(q, 3, node->parent_id);
    else
        sql_bind_null(q, 3);
    sql_bind_str(q, 4, node->title.s);
    sql_bind_str(q, 5, node->summary.s);
    sql_bind_i64(q, 6, node->n_conversations);
    sql_bind_i64(q, 7, node->n_accounts);
    return sql_run(q, err);
}

int vault_put_node_phrase(struct vault *vault, int64_t node_id, int rank,
                          const struct vault_phrase *phrase, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT INTO node_phrase (node_id, rank, phrase, n_accounts, "
                         "n_conversations) VALUES (?1, ?2, ?3, ?4, ?5)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, node_id);
    sql_bind_i64(q, 2, rank);
    sql_bind_str(q, 3, phrase->text.s);
    sql_bind_i64(q, 4, phrase->n_accounts);
    sql_bind_i64(q, 5, phrase->n_conversations);
    return sql_run(q, err);
}

int vault_put_node_word(struct vault *vault, int64_t node_id, struct str word, int64_t n_supporters,
                        struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT OR IGNORE INTO node_word (node_id, word, n_supporters) "
                         "VALUES (?1, ?2, ?3)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, node_id);
    sql_bind_str(q, 2, word);
    sql_bind_i64(q, 3, n_supporters);
    return sql_run(q, err);
}

int vault_find_last_cluster(struct vault *vault, int64_t *id, struct err *err)
{
    return sql_get_i64(vault_sql(vault), "SELECT coalesce(max(id), 0) FROM base_cluster", id, err);
}
