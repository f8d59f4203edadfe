// SPDX-License-Identifier: Apache-2.0
#include "store/vault_bound.h"

#include "store/sql.h"

#define NOISE_KEY "noise key" // settings of the vault
#define REDRAW "bound to be drawn"

int vault_put_noise_key(struct vault *vault, const struct hash_key *key, struct err *err)
{
    char hex[2 * sizeof key->bytes + 1];
    for (size_t i = 0; i < sizeof key->bytes; i++) {
        hex[2 * i] = "0123456789abcdef"[key->bytes[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[key->bytes[i] & 15];
    }
    return vault_set_setting(vault, NOISE_KEY, str_make(hex, 2 * sizeof key->bytes), err);
}

int vault_get_noise_key(struct vault *vault, struct hash_key *key, struct err *err)
{
    struct arena a = { 0 };
    struct str hex;
    int rc = vault_get_setting(vault, NOISE_KEY, &a, &hex, err);
    if (!rc && hex.len != 2 * sizeof key->bytes)
        rc = err_set(err, ERR_DATA, "the vault has no key for noise; run `clio bound` again");
    for (size_t i = 0; !rc && i < 2 * sizeof key->bytes; i++) {
        unsigned char digit =
            (unsigned char)(hex.ptr[i] <= '9' ? hex.ptr[i] - '0' : hex.ptr[i] - 'a' + 10);
        key->bytes[i / 2] = (unsigned char)(key->bytes[i / 2] << 4 | (digit & 15));
    }
    arena_release(&a);
    return rc;
}

int vault_clear_left_out(struct vault *vault, int64_t first_seq, struct err *err)
{
    return sql_run_with(vault_sql(vault), "DELETE FROM left_out WHERE seq >= ?1", first_seq, err);
}

int vault_count_left_out(struct vault *vault, int64_t *n_near, int64_t *n_over, struct err *err)
{
    int rc = sql_get_i64(vault_sql(vault),
                         "SELECT count(*) FROM left_out WHERE first_seq IS NOT NULL", n_near, err);
    return rc ? rc
              : sql_get_i64(vault_sql(vault),
                            "SELECT count(*) FROM left_out WHERE first_seq IS NULL", n_over, err);
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

int vault_ask_redraw(struct vault *vault, bool all, struct err *err)
{
    int rc = sql_exec(vault_sql(vault), "UPDATE stage_run SET done = 0 WHERE stage = 'bound'", err);
    return rc || !all ? rc : vault_set_setting(vault, REDRAW, STR_LIT("1"), err);
}

int vault_redraw_is_asked(struct vault *vault, bool *yes, struct err *err)
{
    struct arena a = { 0 };
    struct str value;
    int rc = vault_get_setting(vault, REDRAW, &a, &value, err);
    *yes = !rc && str_equal(value, STR_LIT("1"));
    arena_release(&a);
    return rc;
}

#define THAT_COUNT                                                                                 \
    " FROM conversation WHERE seq NOT IN (SELECT seq FROM copy) AND seq NOT IN (SELECT seq FROM "  \
    "screened_out) AND seq NOT IN (SELECT seq FROM left_out)"

int vault_end_redraw(struct vault *vault, struct err *err)
{
    static const char end[] =
        "DELETE FROM facet_value WHERE seq IN (SELECT seq FROM left_out);"
        "DELETE FROM facet_gap WHERE seq IN (SELECT seq FROM left_out);"
        "UPDATE stage_run SET n_in = (SELECT count(*)" THAT_COUNT
        "), n_out = (SELECT count(*)" THAT_COUNT
        "), done = done AND NOT EXISTS (SELECT 1" THAT_COUNT
        " AND seq NOT IN (SELECT seq FROM facet_value WHERE facet = 'turns')) "
        "WHERE stage = 'facet'";
    int rc = sql_exec(vault_sql(vault), end, err);
    return rc ? rc : vault_set_setting(vault, REDRAW, STR_LIT("0"), err);
}
