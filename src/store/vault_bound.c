// SPDX-License-Identifier: Apache-2.0
#include "store/vault_bound.h"

#include "store/sql.h"

int vault_clear_left_out(struct vault *vault, struct err *err)
{
    return sql_exec(vault_sql(vault), "DELETE FROM left_out", err);
}

int vault_put_left_out(struct vault *vault, int64_t seq, int64_t first_seq, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault), "INSERT INTO left_out VALUES (?1, ?2)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, seq);
    if (first_seq)
        sql_bind_i64(q, 2, first_seq);
    else
        sql_bind_null(q, 2);
    return sql_run(q, err);
}
