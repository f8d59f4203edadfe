// SPDX-License-Identifier: Apache-2.0
#include "store/vault_look.h"

#include "base/limits.h"
#include "store/seal.h"
#include "store/sql.h"

#define MOST_FACETS 64

// Which member each conversation stands with, as vault_safety.c resolves it: a copy with the first
// of its text, a near-copy that was left out with the one that it is near to. From one
// conversation, or those of an account:
#define ONE_IN_CLUSTER                                                                             \
    " FROM conversation c LEFT JOIN copy d ON d.seq = c.seq "                                      \
    "LEFT JOIN left_out l ON l.seq = coalesce(d.first_seq, c.seq) "                                \
    "JOIN member m ON m.seq = coalesce(l.first_seq, d.first_seq, c.seq) "                          \
    "WHERE m.cluster_id = ?1 "
// The other way, from the cluster to all of them, by way of the indexes:
#define WITH_ALL_IN_CLUSTER                                                                        \
    "WITH first (seq) AS (SELECT seq FROM member WHERE cluster_id = ?1 UNION ALL "                 \
    "SELECT l.seq FROM member m JOIN left_out l ON l.first_seq = m.seq WHERE m.cluster_id = ?1), " \
    "inside (seq) AS (SELECT seq FROM first UNION ALL SELECT d.seq FROM first f "                  \
    "JOIN copy d ON d.first_seq = f.seq) "

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
                         WITH_ALL_IN_CLUSTER
                         "SELECT count(*), count(DISTINCT c.account_id) FROM inside i "
                         "JOIN conversation c ON c.seq = i.seq",
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

int vault_look_conversations(struct vault *vault, int64_t cluster_id, size_t from, size_t most,
                             struct arena *a, struct look_conversation **list, size_t *n,
                             struct err *err)
{
    struct sql_query *q;
    bool row;
    size_t i = 0;
    *n = 0;
    int rc = prepare(vault,
                     WITH_ALL_IN_CLUSTER
                     "SELECT i.seq, coalesce(c.account_id, 0), coalesce(c.time, 0), "
                     "count(*) OVER (PARTITION BY c.account_id) AS n_own FROM inside i "
                     "JOIN conversation c ON c.seq = i.seq "
                     "ORDER BY n_own DESC, c.account_id, i.seq LIMIT ?2 OFFSET ?3",
                     cluster_id, (int64_t)most, &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 3, (int64_t)from);
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
                     "SELECT a.external_id FROM account a WHERE a.id = ?2 AND EXISTS "
                     "(SELECT 1" ONE_IN_CLUSTER "AND c.account_id = a.id)",
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
                     "SELECT facet, value FROM facet_value WHERE seq = (SELECT m.seq" ONE_IN_CLUSTER
                     "AND c.seq = ?2) ORDER BY facet",
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
    int rc =
        prepare(vault, "SELECT c.turns" ONE_IN_CLUSTER "AND c.seq = ?2", cluster_id, seq, &q, err);
    if (rc)
        return rc;
    rc = sql_step(q, found, err);
    if (!rc && *found)
        text = arena_str(a, sql_str(q, 0));
    sql_finish(q);
    return rc || !*found ? rc : vault_parse_turns(text, a, turns, n, err);
}
