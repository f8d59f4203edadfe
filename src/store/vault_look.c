// SPDX-License-Identifier: Apache-2.0
#include "store/vault_look.h"

#include "base/limits.h"
#include "store/seal.h"
#include "store/sql.h"

#define MOST_FACETS 64

int vault_open_to_look(struct vault **vault, const char *dir, struct err *err)
{
    char path[LIMIT_PATH_BYTES];
    snprintf(path, sizeof path, "%s/vault.db", dir);
    if (seal_is_sealed(path))
        return err_set(err, ERR_CONFIG,
                       "The vault of this run is encrypted, and its key is not in the server: "
                       "accounts and text cannot be looked at.");
    int rc = vault_open(vault, dir, false, err);
    return rc ? rc : sql_exec(vault_sql(*vault), "PRAGMA query_only = ON; BEGIN", err);
}

static int prepare(struct vault *vault, const char *text, int64_t cluster_id, int64_t other,
                   struct sql_query **q, struct err *err)
{
    int rc = sql_prepare(vault_sql(vault), text, q, err);
    if (rc)
        return rc;
    sql_bind_i64(*q, 1, cluster_id);
    sql_bind_i64(*q, 2, other);
    return 0;
}

int vault_look_cluster(struct vault *vault, int64_t cluster_id, struct look_cluster *out,
                       bool *found, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *found = false;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT count(*), count(DISTINCT c.account_id) FROM member m "
                         "JOIN conversation c ON c.seq = m.seq WHERE m.cluster_id = ?1",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, cluster_id);
    rc = sql_step(q, &row, err);
    if (!rc && row)
        *out = (struct look_cluster){ sql_i64(q, 0), sql_i64(q, 1) };
    *found = !rc && row && out->n_conversations > 0;
    sql_finish(q);
    return rc;
}

int vault_look_conversations(struct vault *vault, int64_t cluster_id, size_t most, struct arena *a,
                             struct look_conversation **list, size_t *n, struct err *err)
{
    struct sql_query *q;
    bool row;
    size_t i = 0;
    *n = 0;
    int rc = prepare(vault,
                     "SELECT m.seq, coalesce(c.account_id, 0), coalesce(c.time, 0), "
                     "count(*) OVER (PARTITION BY c.account_id) AS n_own FROM member m "
                     "JOIN conversation c ON c.seq = m.seq WHERE m.cluster_id = ?1 "
                     "ORDER BY n_own DESC, c.account_id, m.seq LIMIT ?2",
                     cluster_id, (int64_t)most, &q, err);
    if (rc)
        return rc;
    *list = arena_array(a, most + 1, sizeof **list);
    while (!(rc = sql_step(q, &row, err)) && row && i < most)
        (*list)[i++] = (struct look_conversation){ sql_i64(q, 0), sql_i64(q, 1), sql_i64(q, 2) };
    sql_finish(q);
    *n = i;
    return rc;
}

int vault_look_account(struct vault *vault, int64_t cluster_id, int64_t account_id, struct arena *a,
                       struct raw *external_id, bool *found, struct err *err)
{
    struct sql_query *q;
    *found = false;
    int rc = prepare(vault,
                     "SELECT a.external_id FROM account a WHERE a.id = ?2 AND EXISTS (SELECT 1 "
                     "FROM member m JOIN conversation c ON c.seq = m.seq "
                     "WHERE m.cluster_id = ?1 AND c.account_id = a.id)",
                     cluster_id, account_id, &q, err);
    if (rc)
        return rc;
    rc = sql_step(q, found, err);
    if (!rc && *found)
        *external_id = raw_of(arena_str(a, sql_str(q, 0)));
    sql_finish(q);
    return rc;
}

int vault_look_facets(struct vault *vault, int64_t cluster_id, int64_t seq, struct arena *a,
                      struct look_facet **list, size_t *n, bool *found, struct err *err)
{
    struct sql_query *q;
    bool row;
    size_t i = 0;
    *n = 0;
    int rc = prepare(vault,
                     "SELECT f.facet, f.value FROM facet_value f JOIN member m ON m.seq = f.seq "
                     "WHERE m.cluster_id = ?1 AND f.seq = ?2 ORDER BY f.facet",
                     cluster_id, seq, &q, err);
    if (rc)
        return rc;
    *list = arena_array(a, MOST_FACETS, sizeof **list);
    while (!(rc = sql_step(q, &row, err)) && row && i < MOST_FACETS)
        (*list)[i++] =
            (struct look_facet){ arena_str(a, sql_str(q, 0)), raw_of(arena_str(a, sql_str(q, 1))) };
    sql_finish(q);
    *n = i;
    *found = i > 0;
    return rc;
}

int vault_look_turns(struct vault *vault, int64_t cluster_id, int64_t seq, struct arena *a,
                     struct turn **turns, size_t *n, bool *found, struct err *err)
{
    struct sql_query *q;
    struct str text = { 0 };
    *found = false;
    int rc = prepare(vault,
                     "SELECT c.turns FROM conversation c JOIN member m ON m.seq = c.seq "
                     "WHERE m.cluster_id = ?1 AND c.seq = ?2",
                     cluster_id, seq, &q, err);
    if (rc)
        return rc;
    rc = sql_step(q, found, err);
    if (!rc && *found)
        text = arena_str(a, sql_str(q, 0));
    sql_finish(q);
    return rc || !*found ? rc : vault_parse_turns(text, a, turns, n, err);
}
