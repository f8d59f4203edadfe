// SPDX-License-Identifier: Apache-2.0
#include "store/vault_screen.h"

#include "store/sql.h"

// One statement with a seq or a text as its parameters.
static int run_one(struct vault *vault, const char *text, int64_t seq, const char *answer,
                   struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault), text, &q, err);
    if (rc)
        return rc;
    if (seq)
        sql_bind_i64(q, 1, seq);
    if (answer)
        sql_bind_str(q, seq ? 2 : 1, str_of(answer));
    return sql_run(q, err);
}

int vault_put_screen(struct vault *vault, int64_t seq, const char *answer, struct err *err)
{
    int rc =
        run_one(vault, "INSERT OR REPLACE INTO screen_answer VALUES (?1, ?2)", seq, answer, err);
    if (!rc && strcmp(answer, "yes") != 0)
        rc = run_one(vault, "INSERT OR IGNORE INTO screened_out VALUES (?1)", seq, NULL, err);
    return rc;
}

int vault_last_screen(struct vault *vault, int64_t *seq, int64_t *n, struct err *err)
{
    // A purge moves rows to a seq behind conversations that were not reached yet.
    int rc = sql_get_i64(vault_sql(vault),
                         "SELECT coalesce((SELECT c.seq - 1 FROM conversation c WHERE "
                         "c.seq NOT IN (SELECT seq FROM copy) AND "
                         "c.seq NOT IN (SELECT seq FROM screen_answer) AND "
                         "c.seq NOT IN (SELECT seq FROM left_out) "
                         "ORDER BY c.seq LIMIT 1), (SELECT max(seq) FROM conversation), 0)",
                         seq, err);
    return rc ? rc : sql_get_i64(vault_sql(vault), "SELECT count(*) FROM screen_answer", n, err);
}

int vault_count_screen(struct vault *vault, const char *answer, int64_t *n, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *n = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT count(*) FROM screen_answer WHERE answer = ?1 OR "
                         "(?1 = '' AND answer NOT IN ('yes', 'no'))",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(answer));
    rc = sql_step(q, &row, err);
    *n = !rc && row ? sql_i64(q, 0) : 0;
    sql_finish(q);
    return rc;
}

int vault_forget_screen(struct vault *vault, const char *answer, struct err *err)
{
    int rc = run_one(vault,
                     "DELETE FROM screened_out WHERE seq >= "
                     "(SELECT min(seq) FROM screen_answer WHERE answer = ?1)",
                     0, answer, err);
    if (!rc)
        rc = run_one(vault,
                     "DELETE FROM screen_answer WHERE seq >= "
                     "(SELECT min(seq) FROM screen_answer WHERE answer = ?1)",
                     0, answer, err);
    return rc;
}
