// SPDX-License-Identifier: Apache-2.0
#include "store/vault_purge.h"

#include "store/sql.h"
#include "store/vault_bound.h"
#include "store/vault_ingest.h"
#include "store/vault_trees.h"

#define PENDING "purge pending" // rows are gone, what else holds them is not yet

// Settings: hashes with a space behind each; a time.
static const char *const kept_as[] = { [PURGE_ACCOUNT] = "purged accounts",
                                       [PURGE_CONVERSATION] = "purged conversations",
                                       [PURGE_BEFORE] = "purged before" };

// Which conversations go.
static int select_rows(struct vault *vault, const struct vault_purge *purge, struct err *err)
{
    static const char *const queries[] = {
        [PURGE_ACCOUNT] = "INSERT INTO temp.doomed SELECT c.seq FROM conversation c JOIN account a "
                          "ON a.id = c.account_id WHERE a.external_id = ?1",
        // with those that came under this id and that ingest renamed to "ID#2"
        [PURGE_CONVERSATION] =
            "INSERT INTO temp.doomed SELECT seq FROM conversation WHERE external_id = ?1 OR id IN "
            "(SELECT id FROM renamed WHERE given_id = ?2)",
        [PURGE_BEFORE] = "INSERT INTO temp.doomed SELECT seq FROM conversation WHERE time < ?1",
    };
    struct sql_query *q;
    struct sql *db = vault_sql(vault);
    int rc = sql_exec(db,
                      "DROP TABLE IF EXISTS temp.doomed; DROP TABLE IF EXISTS temp.heir; "
                      "CREATE TEMP TABLE doomed (seq INTEGER PRIMARY KEY); "
                      "CREATE TEMP TABLE heir (old INTEGER PRIMARY KEY, new INTEGER)",
                      err);
    if (!rc)
        rc = sql_prepare(db, queries[purge->by], &q, err);
    if (rc)
        return rc;
    if (purge->by == PURGE_BEFORE)
        sql_bind_i64(q, 1, purge->before);
    else
        sql_bind_str(q, 1, purge->id);
    if (purge->by == PURGE_CONVERSATION)
        sql_bind_i64(q, 2, (int64_t)hash_bytes(vault_key(vault), purge->id));
    return sql_run(q, err);
}

// Titles and summaries that one who goes had a part in, up the tree, are not kept of the release
// before; nor of clusters that are gone, which stood on people who may be gone too.
static const char forget_titles[] =
    "UPDATE @past_cluster SET title = NULL, summary = NULL WHERE id IN (WITH RECURSIVE hit (id) AS "
    "(SELECT m.cluster_id FROM @past_member m WHERE m.seq IN (SELECT coalesce(c.first_seq, d.seq) "
    "FROM temp.doomed d LEFT JOIN copy c ON c.seq = d.seq) UNION SELECT p.parent_id FROM "
    "@past_cluster p JOIN hit h ON p.id = h.id WHERE p.parent_id IS NOT NULL) SELECT id FROM hit);"
    "UPDATE lineage SET title = NULL; UPDATE @past_cluster SET grade = 0";

// A copy takes the place of a first one that goes; a first one that stays loses its copies.
static const char hand_over[] =
    "INSERT INTO temp.heir SELECT first_seq, min(seq) FROM copy "
    "WHERE first_seq IN (SELECT seq FROM temp.doomed) "
    "AND seq NOT IN (SELECT seq FROM temp.doomed) GROUP BY first_seq;"
    "DELETE FROM copy WHERE seq IN (SELECT seq FROM temp.doomed UNION SELECT new FROM temp.heir);"
    "UPDATE copy SET first_seq = (SELECT new FROM temp.heir WHERE old = first_seq) "
    "WHERE first_seq IN (SELECT old FROM temp.heir);"
    "UPDATE facet_value SET seq = (SELECT new FROM temp.heir WHERE old = seq) "
    "WHERE seq IN (SELECT old FROM temp.heir);"
    "UPDATE facet_gap SET seq = (SELECT new FROM temp.heir WHERE old = seq) "
    "WHERE seq IN (SELECT old FROM temp.heir);"
    "UPDATE screen_answer SET seq = (SELECT new FROM temp.heir WHERE old = seq) "
    "WHERE seq IN (SELECT old FROM temp.heir);"
    "UPDATE screened_out SET seq = (SELECT new FROM temp.heir WHERE old = seq) "
    "WHERE seq IN (SELECT old FROM temp.heir);"
    "UPDATE left_out SET first_seq = (SELECT new FROM temp.heir WHERE old = first_seq) "
    "WHERE first_seq IN (SELECT seq FROM temp.doomed);"
    "UPDATE left_out SET seq = (SELECT new FROM temp.heir WHERE old = seq) "
    "WHERE seq IN (SELECT old FROM temp.heir)";

static const char hand_over_past[] =
    "UPDATE @past_member SET seq = (SELECT new FROM temp.heir WHERE old = seq) "
    "WHERE seq IN (SELECT old FROM temp.heir);"
    "DELETE FROM @past_member WHERE seq IN (SELECT seq FROM temp.doomed)";

static const char delete_rows[] =
    "DELETE FROM facet_value WHERE seq IN (SELECT seq FROM temp.doomed);"
    "DELETE FROM facet_gap WHERE seq IN (SELECT seq FROM temp.doomed);"
    "DELETE FROM screen_answer WHERE seq IN (SELECT seq FROM temp.doomed);"
    "DELETE FROM screened_out WHERE seq IN (SELECT seq FROM temp.doomed);"
    "DELETE FROM left_out WHERE seq IN (SELECT seq FROM temp.doomed);"
    "DELETE FROM sample_rank WHERE seq IN (SELECT seq FROM temp.doomed);"
    "DELETE FROM conversation WHERE seq IN (SELECT seq FROM temp.doomed);"
    "DELETE FROM account WHERE id NOT IN (SELECT account_id FROM conversation "
    "WHERE account_id IS NOT NULL)";

#define N_ACCOUNTS "SELECT count(*) FROM account"
#define N_VALUES "SELECT count(*) FROM facet_value"

static int purge_rows(struct vault *vault, struct vault_purge *purge, struct err *err)
{
    struct sql *db = vault_sql(vault);
    int64_t n_accounts = 0, n_values = 0;
    int rc = select_rows(vault, purge, err);
    if (!rc)
        rc = sql_get_i64(db, "SELECT count(*) FROM temp.doomed", &purge->n_conversations, err);
    if (!rc)
        rc = sql_get_i64(db, N_ACCOUNTS, &purge->n_accounts, err);
    if (!rc)
        rc = sql_get_i64(db, N_VALUES, &purge->n_values, err);
    if (!rc)
        rc = sql_exec(db, "PRAGMA defer_foreign_keys = ON", err);
    if (!rc)
        rc = vault_trees_exec(vault, forget_titles, err);
    if (!rc)
        rc = sql_exec(db, hand_over, err);
    if (!rc)
        rc = vault_trees_exec(vault, hand_over_past, err);
    if (!rc)
        rc = sql_exec(db, delete_rows, err);
    if (!rc)
        rc = sql_get_i64(db, N_ACCOUNTS, &n_accounts, err);
    if (!rc)
        rc = sql_get_i64(db, N_VALUES, &n_values, err);
    purge->n_accounts -= n_accounts;
    purge->n_values -= n_values;
    return rc;
}

int vault_purge_rows(struct vault *vault, struct vault_purge *purge, struct err *err)
{
    int rc = sql_exec(vault_sql(vault), "PRAGMA secure_delete = ON", err);
    if (!rc)
        rc = vault_begin(vault, err);
    if (!rc)
        rc = vault_make_indexes(vault, err); // reading may have been interrupted
    if (!rc)
        rc = purge_rows(vault, purge, err);
    if (!rc)
        rc = vault_set_setting(vault, PENDING, STR_LIT("1"), err);
    if (!rc)
        rc = vault_ask_redraw(vault, !purge->unasked, err);
    if (!rc)
        rc = vault_commit(vault, err);
    if (rc)
        vault_rollback(vault);
    return rc;
}

int vault_count_purge(struct vault *vault, const struct vault_purge *purge, int64_t *n,
                      struct err *err)
{
    int rc = select_rows(vault, purge, err);
    return rc ? rc : sql_get_i64(vault_sql(vault), "SELECT count(*) FROM temp.doomed", n, err);
}

int vault_count_timeless(struct vault *vault, int64_t *n, struct err *err)
{
    return sql_get_i64(vault_sql(vault), "SELECT count(*) FROM conversation WHERE time IS NULL", n,
                       err);
}

int vault_count_before(struct vault *vault, int64_t before, int64_t *n, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    int rc =
        sql_prepare(vault_sql(vault), "SELECT count(*) FROM conversation WHERE time < ?1", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, before);
    rc = sql_step(q, &row, err);
    *n = !rc && row ? sql_i64(q, 0) : 0;
    sql_finish(q);
    return rc;
}

int vault_is_unasked_before(struct vault *vault, int64_t before, int64_t first_seq, bool *yes,
                            struct err *err)
{
    struct sql_query *q;
    bool asked = true;
    *yes = false;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT 1 FROM conversation c WHERE c.time < ?1 AND (c.seq < ?2 OR EXISTS "
                         "(SELECT 1 FROM facet_value f WHERE f.facet = 'turns' AND f.seq = c.seq)) "
                         "LIMIT 1",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, before);
    sql_bind_i64(q, 2, first_seq);
    rc = sql_step(q, &asked, err);
    *yes = !rc && !asked;
    sql_finish(q);
    return rc;
}

int vault_purge_is_pending(struct vault *vault, bool *pending, struct err *err)
{
    struct arena a = { 0 };
    struct str value;
    int rc = vault_get_setting(vault, PENDING, &a, &value, err);
    *pending = !rc && str_equal(value, STR_LIT("1"));
    arena_release(&a);
    return rc;
}

int vault_purge_file(struct vault *vault, struct err *err)
{
    int rc = sql_rewrite(vault_sql(vault), "the vault", err);
    return rc ? rc : vault_set_setting(vault, PENDING, STR_LIT("0"), err);
}

static struct str hash_of(const struct vault *vault, struct str id, struct arena *a)
{
    return arena_printf(a, "%016llx", (unsigned long long)hash_bytes(vault_key(vault), id));
}

// What tells a record apart that came under an id of others: id, account and transcript, as hashes.
static struct str hash_of_record(const struct vault *vault, int64_t id, const int64_t *account,
                                 int64_t transcript, struct arena *a)
{
    struct str owner = account ? arena_printf(a, "%lld", (long long)*account) : STR_LIT("nobody");
    return hash_of(
        vault,
        arena_printf(a, "%lld %.*s %lld", (long long)id, STR_ARG(owner), (long long)transcript), a);
}

static void add_hash(const struct vault_purged *purged, enum vault_purge_by by, struct str hash,
                     struct arena *a, struct str *value)
{
    if (map_find(&purged->ids[by], hash) == SIZE_MAX)
        *value = arena_printf(a, "%.*s%.*s ", STR_ARG(*value), STR_ARG(hash));
}

// Where the id is one that ingest made ("ID#2"): the input does not have it, and another reading
// may number its records in another way.
static int add_renamed(struct vault *vault, const struct vault_purged *purged, struct str id,
                       struct arena *a, struct str *value, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT r.given_id, c.account_id, c.transcript_hash FROM renamed r "
                         "JOIN conversation c ON c.id = r.id WHERE r.id = ?1",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, (int64_t)hash_bytes(vault_key(vault), id));
    rc = sql_step(q, &row, err);
    if (!rc && row) {
        int64_t account = sql_i64(q, 1);
        add_hash(purged, PURGE_CONVERSATION,
                 hash_of_record(vault, sql_i64(q, 0), sql_is_null(q, 1) ? NULL : &account,
                                sql_i64(q, 2), a),
                 a, value);
    }
    sql_finish(q);
    return rc;
}

int vault_remember_purged(struct vault *vault, const struct vault_purge *purge, struct err *err)
{
    struct arena a = { 0 };
    struct vault_purged purged = { 0 };
    struct str value = { 0 };
    int rc = vault_get_setting(vault, kept_as[purge->by], &a, &value, err);
    if (!rc)
        rc = vault_read_purged(vault, &purged, err);
    if (purge->by == PURGE_BEFORE) {
        int64_t latest =
            purged.has_before && purged.before > purge->before ? purged.before : purge->before;
        value = arena_printf(&a, "%lld", (long long)latest);
    } else {
        add_hash(&purged, purge->by, hash_of(vault, purge->id, &a), &a, &value);
    }
    if (!rc && purge->by == PURGE_CONVERSATION)
        rc = add_renamed(vault, &purged, purge->id, &a, &value, err);
    if (!rc)
        rc = vault_set_setting(vault, kept_as[purge->by], value, err);
    vault_purged_release(&purged);
    arena_release(&a);
    return rc;
}

int vault_read_purged(struct vault *vault, struct vault_purged *purged, struct err *err)
{
    struct arena a = { 0 };
    struct str value = { 0 }, id;
    int rc = vault_get_setting(vault, kept_as[PURGE_BEFORE], &a, &value, err);
    *purged = (struct vault_purged){ 0 };
    purged->has_before = !rc && value.ptr && str_to_i64(value, &purged->before);
    for (size_t by = 0; !rc && by < COUNT_OF(purged->ids); by++) {
        rc = vault_get_setting(vault, kept_as[by], &a, &value, err);
        while (!rc && str_cut(&value, ' ', &id))
            if (id.len)
                map_add(&purged->ids[by], id, 0, NULL);
    }
    arena_release(&a);
    return rc;
}

void vault_purged_release(struct vault_purged *purged)
{
    for (size_t by = 0; by < COUNT_OF(purged->ids); by++)
        map_release(&purged->ids[by]);
}

bool vault_is_purged(const struct vault *vault, const struct vault_purged *purged,
                     struct str account, struct str conversation, const int64_t *time)
{
    const struct str ids[] = { [PURGE_ACCOUNT] = account, [PURGE_CONVERSATION] = conversation };
    bool found = purged->has_before && time && *time < purged->before;
    for (size_t by = 0; !found && by < COUNT_OF(ids); by++) {
        struct arena a = { 0 };
        found = purged->ids[by].n && ids[by].ptr &&
                map_find(&purged->ids[by], hash_of(vault, ids[by], &a)) != SIZE_MAX;
        arena_release(&a);
    }
    return found;
}

bool vault_record_is_purged(const struct vault *vault, const struct vault_purged *purged,
                            struct str account, struct str conversation, struct str turns)
{
    const struct map *records = &purged->ids[PURGE_CONVERSATION];
    if (!records->n)
        return false;
    struct arena a = { 0 };
    int64_t owner = account.ptr ? (int64_t)hash_bytes(vault_key(vault), account) : 0;
    struct str hash =
        hash_of_record(vault, (int64_t)hash_bytes(vault_key(vault), conversation),
                       account.ptr ? &owner : NULL, (int64_t)hash_text_wide(turns), &a);
    bool found = map_find(records, hash) != SIZE_MAX;
    arena_release(&a);
    return found;
}
