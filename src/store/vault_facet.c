// SPDX-License-Identifier: Apache-2.0
#include "store/vault_facet.h"

#include "store/sql.h"

int vault_put_facet(struct vault *vault, int64_t seq, const char *facet, struct raw value,
                    struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT OR REPLACE INTO facet_value (seq, facet, value) "
                         "VALUES (?1, ?2, ?3)",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, seq);
    sql_bind_str(q, 2, str_of(facet));
    sql_bind_str(q, 3, value.s.ptr ? value.s : STR_LIT(""));
    return sql_run(q, err);
}

int vault_put_facet_gap(struct vault *vault, int64_t seq, const char *reason, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT OR REPLACE INTO facet_gap (seq, reason) VALUES (?1, ?2)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, seq);
    sql_bind_str(q, 2, str_of(reason));
    return sql_run(q, err);
}

int vault_drop_facet_gap(struct vault *vault, int64_t seq, struct err *err)
{
    return sql_run_with(vault_sql(vault), "DELETE FROM facet_gap WHERE seq = ?1", seq, err);
}

int vault_read_facet_gaps(struct vault *vault, const char *reason, int64_t after, size_t max,
                          struct arena *a, int64_t **seqs, size_t *n, struct err *err)
{
    struct sql_query *q;
    bool row = true;
    *seqs = arena_array(a, max, sizeof **seqs);
    *n = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT seq FROM facet_gap WHERE reason = ?1 AND seq > ?2 ORDER BY seq "
                         "LIMIT ?3",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(reason));
    sql_bind_i64(q, 2, after);
    sql_bind_i64(q, 3, (int64_t)max);
    while (!(rc = sql_step(q, &row, err)) && row)
        (*seqs)[(*n)++] = sql_i64(q, 0);
    sql_finish(q);
    return rc;
}

int vault_count_facet_gaps(struct vault *vault, int64_t *n, struct err *err)
{
    return sql_get_i64(vault_sql(vault), "SELECT count(*) FROM facet_gap", n, err);
}

int facet_walk_open(struct facet_walk *walk, struct vault *vault, const char *facet, int64_t after,
                    struct err *err)
{
    *walk = (struct facet_walk){ 0 };
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT seq, value FROM facet_value WHERE facet = ?1 AND seq > ?2 "
                         "ORDER BY seq",
                         &walk->query, err);
    if (rc)
        return rc;
    sql_bind_str(walk->query, 1, str_of(facet));
    sql_bind_i64(walk->query, 2, after);
    return 0;
}

int facet_walk_next(struct facet_walk *walk, bool *found, struct err *err)
{
    int rc = sql_step(walk->query, found, err);
    if (rc || !*found)
        return rc;
    walk->seq = sql_i64(walk->query, 0);
    walk->value = raw_of(sql_str(walk->query, 1));
    return 0;
}

void facet_walk_close(struct facet_walk *walk)
{
    sql_finish(walk->query);
    walk->query = NULL;
}

int vault_get_facet(struct vault *vault, int64_t seq, const char *facet, struct arena *a,
                    struct raw *value, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *value = raw_of(str_make(NULL, 0));
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT value FROM facet_value WHERE facet = ?1 AND seq = ?2", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(facet));
    sql_bind_i64(q, 2, seq);
    rc = sql_step(q, &row, err);
    if (!rc && row)
        *value = raw_of(arena_str(a, sql_str(q, 0)));
    sql_finish(q);
    return rc;
}

int vault_last_facet(struct vault *vault, const char *facet, int64_t *seq, int64_t *n,
                     struct err *err)
{
    struct sql_query *q;
    bool row = false;
    // A purge moves rows to a seq behind conversations that were not reached yet.
    int rc = sql_prepare(
        vault_sql(vault),
        "WITH last (seq) AS (SELECT coalesce((SELECT c.seq - 1 FROM conversation c WHERE "
        "c.seq NOT IN (SELECT seq FROM copy) AND c.seq NOT IN (SELECT seq FROM screened_out) AND "
        "c.seq NOT IN "
        "(SELECT seq FROM left_out) AND NOT EXISTS (SELECT 1 FROM facet_value f WHERE f.seq = "
        "c.seq AND f.facet = ?1) ORDER BY c.seq LIMIT 1), "
        "(SELECT max(seq) FROM conversation), 0)) "
        "SELECT last.seq, (SELECT count(*) FROM facet_value f WHERE f.facet = ?1 AND f.seq <= "
        "last.seq) FROM last",
        &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(facet));
    rc = sql_step(q, &row, err);
    if (!rc)
        *seq = row ? sql_i64(q, 0) : 0;
    if (!rc)
        *n = row ? sql_i64(q, 1) : 0;
    sql_finish(q);
    return rc;
}

// Reads rows of a value and a number.
static int read_counts(struct sql_query *q, struct arena *a, struct facet_counts *counts,
                       struct err *err)
{
    bool row = true;
    size_t n_room = 0;
    int rc = 0;
    *counts = (struct facet_counts){ 0 };
    while (!(rc = sql_step(q, &row, err)) && row) {
        counts->items = arena_room(a, counts->items, counts->n, &n_room, sizeof *counts->items);
        counts->items[counts->n].value = raw_of(arena_str(a, sql_str(q, 0)));
        counts->items[counts->n++].n = sql_i64(q, 1);
    }
    sql_finish(q);
    return rc;
}

int vault_count_facet_values(struct vault *vault, const char *facet, struct arena *a,
                             struct facet_counts *counts, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT f.value, sum(1 + (SELECT count(*) FROM copy WHERE first_seq = "
                         "f.seq)) AS n FROM facet_value f WHERE f.facet = ?1 "
                         "GROUP BY f.value ORDER BY n DESC, f.value",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(facet));
    return read_counts(q, a, counts, err);
}

int vault_count_gap_reasons(struct vault *vault, struct arena *a, struct facet_counts *counts,
                            struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT reason, count(*) AS n FROM facet_gap GROUP BY reason "
                         "ORDER BY n DESC, reason",
                         &q, err);
    return rc ? rc : read_counts(q, a, counts, err);
}

int vault_count_screen_gaps(struct vault *vault, struct arena *a, struct facet_counts *counts,
                            struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT answer, count(*) AS n FROM screen_answer "
                         "WHERE answer NOT IN ('yes', 'no') GROUP BY answer "
                         "ORDER BY n DESC, answer",
                         &q, err);
    return rc ? rc : read_counts(q, a, counts, err);
}

struct str facet_counts_text(const struct facet_counts *counts, struct arena *a)
{
    struct str text = STR_LIT("");
    for (size_t i = 0; i < counts->n; i++)
        text = arena_printf(a, "%.*s%s%.*s %lld", STR_ARG(text), i ? ", " : "",
                            STR_ARG(counts->items[i].value.s), (long long)counts->items[i].n);
    return text;
}

int64_t facet_counts_sum(const struct facet_counts *counts)
{
    int64_t sum = 0;
    for (size_t i = 0; i < counts->n; i++)
        sum += counts->items[i].n;
    return sum;
}

int64_t facet_counts_of(const struct facet_counts *counts, const char *value)
{
    for (size_t i = 0; i < counts->n; i++)
        if (str_equal(counts->items[i].value.s, str_of(value)))
            return counts->items[i].n;
    return 0;
}
