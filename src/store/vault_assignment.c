// SPDX-License-Identifier: Apache-2.0
#include "store/vault_assignment.h"

#include "store/sql.h"

static const char query[] =
    "WITH RECURSIVE above (base, id) AS ("
    "  SELECT id, id FROM node WHERE level = 0"
    "  UNION ALL SELECT a.base, n.parent_id FROM above a JOIN node n ON n.id = a.id "
    "    WHERE n.parent_id IS NOT NULL), "
    "top (base, id) AS (SELECT a.base, a.id FROM above a JOIN node n ON n.id = a.id "
    "  WHERE n.parent_id IS NULL) "
    "SELECT c.external_id, p.cluster_id, t.id FROM conversation c "
    "JOIN placed p ON p.seq = coalesce(c.duplicate_of, c.seq) "
    "LEFT JOIN top t ON t.base = p.cluster_id ORDER BY c.seq";

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
        (*list)[(*n)++] = (struct vault_assignment){ arena_str(a, sql_str(q, 0)), sql_i64(q, 1),
                                                     sql_i64(q, 2) };
    }
    sql_finish(q);
    return rc;
}
