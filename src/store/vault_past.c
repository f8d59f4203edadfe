// SPDX-License-Identifier: Apache-2.0
#include "store/vault_past.h"

#include "base/map.h"
#include "base/noise.h"
#include "store/sql.h"
#include "store/vault_bound.h"
#include "store/vault_ingest.h"
#include "store/vault_trees.h"

#define RELEASED "releases whose past is kept" // settings of the vault
#define ASIDE "open batches set aside"

int vault_get_batch(struct vault *vault, struct arena *a, struct vault_batch *batch,
                    struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *batch = (struct vault_batch){ 0 };
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT id, first_seq, n_sources, state, "
                         "coalesce(t.recluster, b.recluster), coalesce(t.clustered, 0), settings, "
                         "(SELECT min(first_seq) FROM batch WHERE state < 2) FROM batch b "
                         "LEFT JOIN clustered_batch t ON t.batch_id = b.id "
                         "ORDER BY id DESC LIMIT 1",
                         &q, err);
    if (rc)
        return rc;
    rc = sql_step(q, &row, err);
    if (!rc && row)
        *batch = (struct vault_batch){
            .id = sql_i64(q, 0),
            .first_seq = sql_i64(q, 1),
            .n_sources = sql_i64(q, 2),
            .state = (enum batch_state)sql_i64(q, 3),
            .recluster = (enum batch_recluster)sql_i64(q, 4),
            .clustered = sql_i64(q, 5) != 0,
            .settings = arena_str(a, sql_str(q, 6)),
            .first_open = sql_i64(q, 7),
        };
    sql_finish(q);
    return rc;
}

int vault_put_batch(struct vault *vault, const struct vault_batch *batch, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT OR REPLACE INTO batch (id, first_seq, n_sources, state, "
                         "recluster, settings) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, batch->id);
    sql_bind_i64(q, 2, batch->first_seq);
    sql_bind_i64(q, 3, batch->n_sources);
    sql_bind_i64(q, 4, batch->state);
    sql_bind_i64(q, 5, batch->recluster);
    sql_bind_str(q, 6, batch->settings);
    return sql_run(q, err);
}

int vault_put_clustered(struct vault *vault, int64_t batch_id, enum batch_recluster recluster,
                        struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT OR REPLACE INTO clustered_batch VALUES (?1, ?2, 1)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, batch_id);
    sql_bind_i64(q, 2, recluster);
    return sql_run(q, err);
}

int vault_forget_clustered(struct vault *vault, bool *through, struct err *err)
{
    int64_t n = 0;
    int rc = vault_trees_most(vault,
                              "SELECT count(*) FROM @clustered_batch t JOIN batch b "
                              "ON b.id = t.batch_id WHERE t.clustered AND b.state < 2",
                              &n, err);
    *through = n > 0;
    return rc || n
               ? rc
               : vault_trees_exec(vault, "DELETE FROM @clustered_batch WHERE clustered = 0", err);
}

int vault_release_batches(struct vault *vault, struct err *err)
{
    return sql_exec(vault_sql(vault), "UPDATE batch SET state = 2", err);
}

int vault_drop_batch(struct vault *vault, const struct vault_batch *batch, struct err *err)
{
    int rc = sql_run_with(vault_sql(vault), "DELETE FROM conversation WHERE seq >= ?1",
                          batch->first_seq, err);
    if (!rc)
        rc = vault_drop_lone_accounts(vault, err);
    if (!rc)
        rc = sql_run_with(vault_sql(vault), "DELETE FROM bad_record WHERE source_id > ?1",
                          batch->n_sources, err);
    if (!rc)
        rc = sql_run_with(vault_sql(vault), "DELETE FROM source WHERE id > ?1", batch->n_sources,
                          err);
    return rc ? rc
              : sql_run_with(vault_sql(vault), "DELETE FROM batch WHERE id = ?1", batch->id, err);
}

static int aside(struct vault *vault, int64_t first_seq, struct err *err)
{
    static const char *const steps[] = {
        "DELETE FROM copy WHERE seq >= ?1",
        "INSERT OR REPLACE INTO left_out SELECT seq, NULL FROM conversation WHERE seq >= ?1",
    };
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(steps); i++)
        rc = sql_run_with(vault_sql(vault), steps[i], first_seq, err);
    if (!rc)
        rc = sql_exec(vault_sql(vault), "UPDATE stage_run SET done = 0 WHERE stage = 'bound'", err);
    return rc ? rc : vault_set_setting(vault, ASIDE, STR_LIT("1"), err);
}

int vault_set_aside(struct vault *vault, int64_t first_seq, struct err *err)
{
    int rc = vault_begin(vault, err);
    if (!rc)
        rc = aside(vault, first_seq, err);
    if (!rc)
        rc = vault_commit(vault, err);
    if (rc)
        vault_rollback(vault);
    return rc;
}

int vault_give_back(struct vault *vault, int64_t first_seq, struct err *err)
{
    struct arena a = { 0 };
    struct str set;
    int rc = vault_get_setting(vault, ASIDE, &a, &set, err);
    bool is_aside = !rc && str_equal(set, STR_LIT("1"));
    arena_release(&a);
    if (rc || !is_aside)
        return rc;
    rc = vault_begin(vault, err);
    if (!rc)
        rc = vault_settle_copies(vault, err);
    if (!rc)
        rc = vault_clear_left_out(vault, first_seq, err);
    if (!rc) // of them the stage cluster saw none
        rc = vault_trees_exec(vault,
                              "UPDATE @clustered_batch SET clustered = 0 WHERE batch_id IN "
                              "(SELECT id FROM batch WHERE state < 2)",
                              err);
    if (!rc)
        rc = vault_set_setting(vault, ASIDE, STR_LIT("0"), err);
    if (!rc)
        rc = vault_commit(vault, err);
    if (rc)
        vault_rollback(vault);
    return rc;
}

// One number of a query with one number.
static int get_number(struct vault *vault, const char *text, int64_t parameter, int64_t *n,
                      struct err *err)
{
    struct sql_query *q;
    bool row = false;
    int rc = sql_prepare(vault_sql(vault), text, &q, err);
    *n = 0;
    if (rc)
        return rc;
    sql_bind_i64(q, 1, parameter);
    rc = sql_step(q, &row, err);
    if (!rc && row)
        *n = sql_i64(q, 0);
    sql_finish(q);
    return rc;
}

#define COUNTS                                                                                     \
    " FROM conversation WHERE seq >= ?1 AND seq NOT IN (SELECT seq FROM copy) "                    \
    "AND seq NOT IN (SELECT seq FROM screened_out) AND seq NOT IN (SELECT seq FROM left_out)"

int vault_count_batch(struct vault *vault, int64_t first_seq, int64_t *n_read,
                      int64_t *n_conversations, int64_t *n_accounts, struct err *err)
{
    int rc = get_number(vault, "SELECT count(*) FROM conversation WHERE seq >= ?1", first_seq,
                        n_read, err);
    if (!rc)
        rc = get_number(vault, "SELECT count(*)" COUNTS, first_seq, n_conversations, err);
    if (!rc)
        rc = get_number(vault, "SELECT count(DISTINCT account_id)" COUNTS, first_seq, n_accounts,
                        err);
    return rc;
}

int vault_batch_people(struct vault *vault, int64_t first_seq, bool has_accounts, uint64_t *people,
                       struct err *err)
{
    struct sql_query *q;
    struct map known = { 0 }, here = { 0 };
    bool row = false;
    *people = 0;
    int rc = sql_prepare(vault_sql(vault),
                         has_accounts ? "SELECT seq, account_id" COUNTS
                                        " AND account_id IS NOT NULL ORDER BY seq"
                                      : "SELECT seq, seq" COUNTS " ORDER BY seq",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, 0); // numbers are those of all that came
    while (!(rc = sql_step(q, &row, err)) && row) {
        uint64_t number = map_number(&known, sql_i64(q, 1));
        size_t n_before = here.n;
        if (sql_i64(q, 0) < first_seq)
            continue;
        map_number(&here, sql_i64(q, 1));
        *people += here.n > n_before ? noise_person(number) : 0;
    }
    sql_finish(q);
    map_release(&known);
    map_release(&here);
    return rc;
}

int vault_read_unasked(struct vault *vault, int64_t first_seq, struct arena *a, int64_t **seqs,
                       size_t *n, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    size_t room = 0;
    *seqs = NULL;
    *n = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT seq FROM conversation WHERE seq < ?1 "
                         "AND seq NOT IN (SELECT seq FROM copy) "
                         "AND seq NOT IN (SELECT seq FROM screened_out) "
                         "AND seq NOT IN (SELECT seq FROM left_out) "
                         "AND seq NOT IN (SELECT seq FROM facet_value WHERE facet = 'turns') "
                         "ORDER BY seq",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, first_seq);
    while (!(rc = sql_step(q, &row, err)) && row) {
        *seqs = arena_room(a, *seqs, *n, &room, sizeof **seqs);
        (*seqs)[(*n)++] = sql_i64(q, 0);
    }
    sql_finish(q);
    return rc;
}

static const char keep[] =
    "PRAGMA defer_foreign_keys = ON;"
    "DELETE FROM past_member; DELETE FROM past_cluster;"
    "DROP TABLE IF EXISTS temp.known;"
    "CREATE TEMP TABLE known (node_id INTEGER PRIMARY KEY, atlas_id INTEGER NOT NULL);"
    "INSERT INTO temp.known SELECT node_id, atlas_id FROM numbered;"
    "INSERT INTO past_cluster SELECT k.atlas_id, p.atlas_id, n.level, "
    "CASE WHEN v.grade >= 3 THEN coalesce(v.title, n.title) END, "
    "CASE WHEN v.grade >= 3 THEN coalesce(v.summary, n.summary) END, "
    "n.n_conversations, n.n_accounts, coalesce(v.grade, 0), x.x, x.y "
    "FROM node n JOIN temp.known k ON k.node_id = n.id "
    "LEFT JOIN temp.known p ON p.node_id = n.parent_id "
    "LEFT JOIN verdict v ON v.node_id = n.id LEFT JOIN position x ON x.node_id = n.id;"
    "INSERT INTO past_member SELECT d.seq, k.atlas_id FROM placed d "
    "JOIN temp.known k ON k.node_id = d.cluster_id;"
    "DROP TABLE temp.known";

int vault_next_publication(struct vault *vault, int64_t *id, struct err *err)
{
    struct arena a = { 0 };
    struct str text;
    *id = 1;
    int rc = vault_get_setting(vault, RELEASED, &a, &text, err);
    if (!rc && text.len && str_to_i64(text, id))
        ++*id;
    arena_release(&a);
    return rc;
}

int vault_keep_past(struct vault *vault, struct err *err)
{
    return sql_exec(vault_sql(vault), keep, err);
}

int vault_count_past(struct vault *vault, struct err *err)
{
    struct arena a = { 0 };
    int64_t now = 1;
    int rc = vault_next_publication(vault, &now, err);
    if (!rc)
        rc = vault_set_setting(vault, RELEASED, arena_printf(&a, "%lld", (long long)now), err);
    arena_release(&a);
    return rc;
}

int vault_read_past(struct vault *vault, struct arena *a, struct past_cluster **list, size_t *n,
                    struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT id, parent_id, level, title, summary, n_conversations, "
                         "n_accounts, grade, x, y FROM past_cluster ORDER BY level, id",
                         &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct past_cluster){
            .id = sql_i64(q, 0),
            .parent_id = sql_i64(q, 1),
            .level = (int)sql_i64(q, 2),
            .title = raw_of(sql_copy(a, q, 3)),
            .summary = raw_of(sql_copy(a, q, 4)),
            .n_conversations = sql_i64(q, 5),
            .n_accounts = sql_i64(q, 6),
            .grade = (int)sql_i64(q, 7),
            .placed = !sql_is_null(q, 8),
            .x = sql_f64(q, 8),
            .y = sql_f64(q, 9),
        };
    }
    sql_finish(q);
    return rc;
}

int vault_read_overlaps(struct vault *vault, struct arena *a, struct past_overlap **list, size_t *n,
                        struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT m.cluster_id, coalesce(p.cluster_id, 0) AS base, count(*) "
                         "FROM past_member m JOIN placed p ON p.seq = m.seq "
                         "GROUP BY m.cluster_id, base ORDER BY m.cluster_id, base",
                         &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct past_overlap){ sql_i64(q, 0), sql_i64(q, 1), sql_i64(q, 2) };
    }
    sql_finish(q);
    return rc;
}

int vault_last_atlas_id(struct vault *vault, int64_t *id, struct err *err)
{
    int64_t past = 0, now = 0;
    int rc =
        sql_get_i64(vault_sql(vault), "SELECT coalesce(max(cluster_id), 0) FROM lineage", id, err);
    if (!rc)
        rc = vault_trees_most(vault, "SELECT coalesce(max(id), 0) FROM @past_cluster", &past, err);
    if (!rc)
        rc = vault_trees_most(vault, "SELECT coalesce(max(atlas_id), 0) FROM @identity", &now, err);
    *id = past > *id ? past : *id;
    *id = now > *id ? now : *id;
    return rc;
}

#define BASE_NODES                                                                                 \
    " FROM numbered JOIN node n ON n.id = node_id WHERE n.level = 0 AND EXISTS (SELECT 1 FROM "    \
    "stage_run WHERE stage = 'hierarchy' AND done) AND "

int vault_find_atlas_id(struct vault *vault, int64_t base_id, int64_t *atlas_id, struct err *err)
{
    return get_number(vault, "SELECT atlas_id" BASE_NODES "node_id = ?1", base_id, atlas_id, err);
}

int vault_find_base(struct vault *vault, int64_t atlas_id, int64_t *base_id, struct err *err)
{
    return get_number(vault, "SELECT node_id" BASE_NODES "atlas_id = ?1", atlas_id, base_id, err);
}

int vault_put_identity(struct vault *vault, int64_t node_id, int64_t atlas_id, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault), "INSERT INTO identity VALUES (?1, ?2)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, node_id);
    sql_bind_i64(q, 2, atlas_id);
    return sql_run(q, err);
}

static int put_event(struct vault *vault, int64_t publication_id, int64_t rank,
                     const struct vault_event *e, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT INTO lineage VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)", &q,
                         err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, publication_id);
    sql_bind_i64(q, 2, rank);
    sql_bind_str(q, 3, e->kind);
    sql_bind_i64(q, 4, e->cluster_id);
    if (e->other_id)
        sql_bind_i64(q, 5, e->other_id);
    if (e->title.s.ptr)
        sql_bind_str(q, 6, e->title.s);
    sql_bind_i64(q, 7, e->n_accounts);
    sql_bind_i64(q, 8, e->n_conversations);
    sql_bind_i64(q, 9, e->grade);
    sql_bind_i64(q, 10, e->tree);
    return sql_run(q, err);
}

static int put_row(struct vault *vault, const struct vault_publication *p, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT OR REPLACE INTO publication VALUES (?1, ?2, ?3, ?4)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, p->id);
    if (p->last_day.ptr)
        sql_bind_str(q, 2, p->last_day);
    sql_bind_i64(q, 3, p->n_conversations);
    sql_bind_i64(q, 4, p->n_base);
    return sql_run(q, err);
}

int vault_put_publication(struct vault *vault, const struct vault_publication *publication,
                          const struct vault_event *events, size_t n, struct err *err)
{
    int rc = vault_begin(vault, err);
    if (!rc)
        rc = sql_run_with(vault_sql(vault), "DELETE FROM lineage WHERE publication_id >= ?1",
                          publication->id, err);
    if (!rc)
        rc = sql_run_with(vault_sql(vault), "DELETE FROM publication WHERE id >= ?1",
                          publication->id, err);
    if (!rc)
        rc = put_row(vault, publication, err);
    for (size_t i = 0; !rc && i < n; i++)
        rc = put_event(vault, publication->id, (int64_t)i, &events[i], err);
    if (!rc)
        rc = vault_commit(vault, err);
    if (rc)
        vault_rollback(vault);
    return rc;
}

int vault_read_publications(struct vault *vault, struct arena *a, struct vault_publication **list,
                            size_t *n, struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT id, last_day, n_conversations, n_base FROM publication "
                         "ORDER BY id",
                         &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct vault_publication){ sql_i64(q, 0), sql_copy(a, q, 1),
                                                      sql_i64(q, 2), sql_i64(q, 3) };
    }
    sql_finish(q);
    return rc;
}

int vault_read_lineage(struct vault *vault, int64_t before, struct arena *a,
                       struct vault_event **list, size_t *n, struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT publication_id, kind, cluster_id, other_id, title, n_accounts, "
                         "n_conversations, grade, tree FROM lineage WHERE publication_id < ?1 "
                         "ORDER BY publication_id, rank",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, before);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] =
            (struct vault_event){ sql_i64(q, 0), arena_str(a, sql_str(q, 1)), sql_i64(q, 2),
                                  sql_i64(q, 3), raw_of(sql_copy(a, q, 4)),   sql_i64(q, 5),
                                  sql_i64(q, 6), (int)sql_i64(q, 7),          sql_i64(q, 8) };
    }
    sql_finish(q);
    return rc;
}
