// SPDX-License-Identifier: Apache-2.0
#include "store/vault_released.h"

#include "base/crypto.h"
#include "store/sql.h"

int vault_read_owned(struct vault *vault, struct arena *a, struct vault_owned **list, size_t *n,
                     struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT c.seq, coalesce(d.first_seq, c.seq), account_id, "
                         "transcript_hash, (SELECT max(id) FROM batch WHERE first_seq <= c.seq) "
                         "FROM conversation c LEFT JOIN copy d ON d.seq = c.seq WHERE "
                         "coalesce(d.first_seq, c.seq) NOT IN (SELECT seq FROM screened_out) "
                         "ORDER BY c.seq",
                         &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct vault_owned){ sql_i64(q, 0),      sql_i64(q, 1), sql_i64(q, 2),
                                                !sql_is_null(q, 2), sql_i64(q, 3), 0,
                                                sql_i64(q, 4) };
    }
    sql_finish(q);
    return rc;
}

// Writing
// ------------------------------------------------------------------------------------------

static int put_head(struct vault *vault, const struct released *r, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT INTO released VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, r->release);
    sql_bind_i64(q, 2, r->seeded);
    sql_bind_f64(q, 3, r->epsilon);
    sql_bind_f64(q, 4, r->delta);
    sql_bind_i64(q, 5, r->max_per_account);
    sql_bind_i64(q, 6, r->n_rest);
    sql_bind_i64(q, 7, r->has_accounts);
    return sql_run(q, err);
}

static int put_cluster(struct vault *vault, const struct released *r, size_t i, struct err *err)
{
    struct sql_query *q;
    const struct released_cluster *c = &r->clusters[i];
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT INTO released_cluster VALUES (?1, ?2, ?3, ?4, ?5)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, (int64_t)i);
    sql_bind_i64(q, 2, c->n_conversations);
    sql_bind_i64(q, 3, c->n_accounts);
    sql_bind_str(q, 4, c->subject);
    sql_bind_blob(q, 5, c->centre, r->n_dims * sizeof *c->centre);
    return sql_run(q, err);
}

static int put_word(struct vault *vault, const struct released_word *w, struct err *err)
{
    struct sql_query *q;
    int rc =
        sql_prepare(vault_sql(vault), "INSERT INTO released_word VALUES (?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, w->cluster);
    sql_bind_str(q, 2, w->word);
    sql_bind_i64(q, 3, w->n_accounts);
    return sql_run(q, err);
}

static int put_cell(struct vault *vault, const struct released_cell *c, struct err *err)
{
    struct sql_query *q;
    int rc =
        sql_prepare(vault_sql(vault), "INSERT INTO released_cell VALUES (?1, ?2, ?3, ?4)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, c->cluster);
    sql_bind_str(q, 2, c->facet);
    sql_bind_str(q, 3, c->value);
    sql_bind_i64(q, 4, c->n_conversations);
    return sql_run(q, err);
}

static int put_cost(struct vault *vault, const struct released_cost *c, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT INTO released_cost VALUES (?1, ?2, ?3, ?4, ?5, ?6)", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, c->what);
    sql_bind_i64(q, 2, c->square);
    sql_bind_i64(q, 3, c->num);
    sql_bind_i64(q, 4, c->den);
    sql_bind_i64(q, 5, c->rho);
    sql_bind_i64(q, 6, c->delta);
    return sql_run(q, err);
}

int vault_put_released(struct vault *vault, const struct released *r, struct err *err)
{
    int rc = put_head(vault, r, err);
    for (size_t i = 0; !rc && i < r->n_clusters; i++)
        rc = put_cluster(vault, r, i, err);
    for (size_t i = 0; !rc && i < r->n_words; i++)
        rc = put_word(vault, &r->words[i], err);
    for (size_t i = 0; !rc && i < r->n_cells; i++)
        rc = put_cell(vault, &r->cells[i], err);
    for (size_t i = 0; !rc && i < r->n_costs; i++)
        rc = put_cost(vault, &r->costs[i], err);
    return rc;
}

// Reading
// ------------------------------------------------------------------------------------------

static int read_head(struct vault *vault, struct arena *a, struct released *r, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT release, seeded, epsilon, delta, max_per_account, n_rest, "
                         "has_accounts FROM released",
                         &q, err);
    if (!rc && !(rc = sql_step(q, &row, err)) && !row)
        rc = err_set(err, ERR_DATA, "nothing was released yet; run `clio noise` first");
    if (!rc) {
        r->release = arena_str(a, sql_str(q, 0));
        r->seeded = sql_i64(q, 1) != 0;
        r->epsilon = sql_f64(q, 2);
        r->delta = sql_f64(q, 3);
        r->max_per_account = sql_i64(q, 4);
        r->n_rest = sql_i64(q, 5);
        r->has_accounts = sql_i64(q, 6) != 0;
    }
    sql_finish(q);
    return rc;
}

static int read_clusters(struct vault *vault, struct arena *a, struct released *r, struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT n_conversations, n_accounts, subject, centre FROM "
                         "released_cluster ORDER BY id",
                         &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        struct str centre = sql_blob(q, 3);
        float *copy = arena_array(a, centre.len / sizeof *copy + 1, sizeof *copy);
        if (centre.len)
            memcpy(copy, centre.ptr, centre.len);
        r->clusters = arena_room(a, r->clusters, r->n_clusters, &room, sizeof *r->clusters);
        r->n_dims = centre.len / sizeof *copy;
        r->clusters[r->n_clusters++] =
            (struct released_cluster){ sql_i64(q, 0), sql_i64(q, 1), arena_str(a, sql_str(q, 2)),
                                       copy };
    }
    sql_finish(q);
    return rc;
}

static int read_words(struct vault *vault, struct arena *a, struct released *r, struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT cluster, word, n_accounts FROM released_word "
                         "ORDER BY cluster, n_accounts DESC, word",
                         &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        r->words = arena_room(a, r->words, r->n_words, &room, sizeof *r->words);
        r->words[r->n_words++] =
            (struct released_word){ sql_i64(q, 0), arena_str(a, sql_str(q, 1)), sql_i64(q, 2) };
    }
    sql_finish(q);
    return rc;
}

static int read_cells(struct vault *vault, struct arena *a, struct released *r, struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT cluster, facet, value, n_conversations FROM released_cell "
                         "ORDER BY cluster, facet, value",
                         &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        r->cells = arena_room(a, r->cells, r->n_cells, &room, sizeof *r->cells);
        r->cells[r->n_cells++] =
            (struct released_cell){ sql_i64(q, 0), arena_str(a, sql_str(q, 1)),
                                    arena_str(a, sql_str(q, 2)), sql_i64(q, 3) };
    }
    sql_finish(q);
    return rc;
}

static int read_costs(struct vault *vault, struct arena *a, struct released *r, struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT what, square, num, den, rho, delta FROM released_cost "
                         "ORDER BY what",
                         &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        r->costs = arena_room(a, r->costs, r->n_costs, &room, sizeof *r->costs);
        r->costs[r->n_costs++] = (struct released_cost){ arena_str(a, sql_str(q, 0)),
                                                         sql_i64(q, 1),
                                                         sql_i64(q, 2),
                                                         sql_i64(q, 3),
                                                         sql_i64(q, 4),
                                                         sql_i64(q, 5) };
    }
    sql_finish(q);
    return rc;
}

int vault_read_released(struct vault *vault, struct arena *a, struct released *out, struct err *err)
{
    *out = (struct released){ 0 };
    int rc = read_head(vault, a, out, err);
    if (!rc)
        rc = read_clusters(vault, a, out, err);
    if (!rc)
        rc = read_words(vault, a, out, err);
    if (!rc)
        rc = read_cells(vault, a, out, err);
    return rc ? rc : read_costs(vault, a, out, err);
}

// The secret and the ledger --------------------------------------------------------------------

static int find_key(struct vault *vault, struct str release, struct hash_key *key, bool *found,
                    struct err *err)
{
    struct sql_query *q;
    *found = false;
    int rc =
        sql_prepare(vault_sql(vault), "SELECT key FROM release_key WHERE release = ?1", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, release);
    rc = sql_step(q, found, err);
    if (!rc && *found) {
        struct str blob = sql_blob(q, 0);
        if (blob.len == sizeof key->bytes)
            memcpy(key->bytes, blob.ptr, blob.len);
        else
            rc = err_set(err, ERR_DATA,
                         "the secret of a release is damaged; start in a new "
                         "directory");
    }
    sql_finish(q);
    return rc;
}

int vault_release_key(struct vault *vault, struct str release, struct hash_key *key,
                      struct err *err)
{
    struct sql_query *q;
    bool found;
    int rc = find_key(vault, release, key, &found, err);
    if (rc || found)
        return rc;
    crypto_random(key->bytes, sizeof key->bytes);
    rc = sql_prepare(vault_sql(vault), "INSERT INTO release_key VALUES (?1, ?2)", &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, release);
    sql_bind_blob(q, 2, key->bytes, sizeof key->bytes);
    return sql_run(q, err);
}

static bool is_of(struct str release, const struct released *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(release, list[i].release))
            return true;
    return false;
}

int vault_ledger_sum(struct vault *vault, const struct released *mine, size_t n,
                     struct ledger_sum *sum, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    size_t n_mine = 0;
    *sum = (struct ledger_sum){ 0 };
    int rc = sql_prepare(vault_sql(vault), "SELECT release, rho, delta, what FROM ledger", &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        bool one = str_equal(sql_str(q, 3), STR_LIT("sizes")); // every release has one
        if (is_of(sql_str(q, 0), mine, n)) {
            n_mine += one;
            continue;
        }
        int64_t rho = sql_i64(q, 1), delta = sql_i64(q, 2);
        sum->n_releases += one;
        sum->rho = rho > INT64_MAX - sum->rho ? INT64_MAX : sum->rho + rho;
        sum->delta = delta > INT64_MAX - sum->delta ? INT64_MAX : sum->delta + delta;
    }
    sql_finish(q);
    sum->has_mine = n > 0 && n_mine == n;
    return rc;
}

int vault_ledger_add(struct vault *vault, const struct released *r, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < r->n_costs; i++) {
        struct sql_query *q;
        const struct released_cost *c = &r->costs[i];
        rc = sql_prepare(vault_sql(vault),
                         "INSERT OR IGNORE INTO ledger VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", &q,
                         err);
        if (rc)
            return rc;
        sql_bind_str(q, 1, r->release);
        sql_bind_str(q, 2, c->what);
        sql_bind_i64(q, 3, c->square);
        sql_bind_i64(q, 4, c->num);
        sql_bind_i64(q, 5, c->den);
        sql_bind_i64(q, 6, c->rho);
        sql_bind_i64(q, 7, c->delta);
        rc = sql_run(q, err);
    }
    return rc;
}
