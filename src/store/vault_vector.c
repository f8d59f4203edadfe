// SPDX-License-Identifier: Apache-2.0
// Blocks are checked when they are read: the lengths of both blobs must fit each other and the
// blocks before. Numbers are little-endian, as this program runs on such machines only.
#include "store/vault_vector.h"

#include "base/stop.h"
#include "store/sql.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "vector blocks are little-endian");

int vault_count_vectors(struct vault *vault, size_t *n, struct err *err)
{
    int64_t n_bytes = 0;
    int rc =
        sql_get_i64(vault_sql(vault), "SELECT sum(length(seqs)) FROM vector_block", &n_bytes, err);
    *n = n_bytes > 0 ? (size_t)n_bytes / sizeof(int64_t) : 0;
    return rc;
}

static int damaged(int64_t i_block, struct err *err)
{
    return err_set(err, ERR_DATA,
                   "block %lld of the vectors is damaged; run `clio embed` with another "
                   "embedder or start in a new directory",
                   (long long)i_block);
}

// What a block says about itself: rows and width, both at least 1.
static bool measure_block(struct str seqs, struct str vectors, size_t *n_rows, size_t *n_cols)
{
    *n_rows = seqs.len / sizeof(int64_t);
    if (!*n_rows || seqs.len % sizeof(int64_t) || vectors.len % (*n_rows * sizeof(float)))
        return false;
    *n_cols = vectors.len / *n_rows / sizeof(float);
    return *n_cols > 0;
}

static int check_memory(size_t n_rows, size_t n_cols, size_t max_bytes, struct err *err)
{
    double need = (double)n_rows * ((double)n_cols * sizeof(float) + sizeof(int64_t));
    if (max_bytes && need > (double)max_bytes)
        return err_set(err, ERR_UNAVAILABLE,
                       "%zu vectors of %zu need %.1f MiB, --memory allows %.1f; allow more or take "
                       "fewer conversations with --sample",
                       n_rows, n_cols, need / 1048576.0, (double)max_bytes / 1048576.0);
    return 0;
}

static int make_vectors(size_t n_rows, size_t n_cols, struct arena *a, struct vault_vectors *out,
                        struct err *err)
{
    float *data = NULL;
    size_t n;
    if (size_mul(n_rows, n_cols, &n))
        data = arena_try(a, n, sizeof *data, "holding all vectors", err);
    else
        return err_set(err, ERR_UNAVAILABLE, "%zu vectors do not fit into memory", n_rows);
    out->seq = data ? arena_try(a, n_rows, sizeof *out->seq, "holding all vectors", err) : NULL;
    out->vectors = matrix_view(data, n_rows, n_cols);
    return out->seq ? 0 : err->code;
}

static int load_blocks(struct sql_query *q, size_t n_rows, size_t max_bytes, struct arena *a,
                       struct vault_vectors *out, struct err *err)
{
    bool row;
    size_t at = 0, n, n_cols;
    int rc;
    while (!(rc = sql_step(q, &row, err)) && row) {
        struct str seqs = sql_blob(q, 1), vectors = sql_blob(q, 2);
        rc = stop_check(err);
        if (rc)
            return rc;
        if (!measure_block(seqs, vectors, &n, &n_cols))
            return damaged(sql_i64(q, 0), err);
        if (at == 0) {
            rc = check_memory(n_rows, n_cols, max_bytes, err);
            if (!rc)
                rc = make_vectors(n_rows, n_cols, a, out, err);
            if (rc)
                return rc;
        }
        if (n_cols != out->vectors.n_cols || n > n_rows - at)
            return damaged(sql_i64(q, 0), err);
        memcpy(out->seq + at, seqs.ptr, seqs.len);
        memcpy(out->vectors.data + at * n_cols, vectors.ptr, vectors.len);
        at += n;
    }
    if (!rc && at != n_rows)
        return damaged(-1, err);
    return rc;
}

int vault_load_vectors(struct vault *vault, size_t max_bytes, struct arena *a,
                       struct vault_vectors *out, struct err *err)
{
    struct sql_query *q;
    size_t n_rows;
    *out = (struct vault_vectors){ 0 };
    int rc = vault_count_vectors(vault, &n_rows, err);
    if (rc)
        return rc;
    rc = sql_prepare(vault_sql(vault),
                     "SELECT i_block, seqs, vectors FROM vector_block ORDER BY i_block", &q, err);
    if (rc)
        return rc;
    rc = load_blocks(q, n_rows, max_bytes, a, out, err);
    sql_finish(q);
    return rc;
}

int vault_load_vector_block(struct vault *vault, int64_t i_block, struct arena *a,
                            struct vault_vectors *out, struct err *err)
{
    struct sql_query *q;
    *out = (struct vault_vectors){ 0 };
    int rc =
        sql_prepare(vault_sql(vault),
                    "SELECT i_block, seqs, vectors FROM vector_block WHERE i_block = ?1", &q, err);
    if (rc)
        return rc;
    bool row = false;
    size_t n, n_cols;
    sql_bind_i64(q, 1, i_block);
    rc = sql_step(q, &row, err);
    if (!rc && row) {
        struct str seqs = sql_blob(q, 1), vectors = sql_blob(q, 2);
        if (!measure_block(seqs, vectors, &n, &n_cols))
            rc = damaged(i_block, err);
        if (!rc)
            rc = make_vectors(n, n_cols, a, out, err);
        if (!rc) {
            memcpy(out->seq, seqs.ptr, seqs.len);
            memcpy(out->vectors.data, vectors.ptr, vectors.len);
        }
    }
    sql_finish(q);
    return rc;
}

int vault_read_vector_texts(struct vault *vault, const char *facet, int64_t after, size_t max_n,
                            struct arena *a, struct vault_vector_texts *out, struct err *err)
{
    assert(max_n <= VAULT_VECTOR_ROWS);
    struct sql_query *q;
    bool row;
    *out = (struct vault_vector_texts){ 0 };
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT f.seq, f.value, o.value, l.value FROM facet_value f "
                         "LEFT JOIN facet_value o ON o.facet = 'opening' AND o.seq = f.seq "
                         "AND ?1 IN ('request', 'task') "
                         "LEFT JOIN facet_value l ON l.facet = 'language' AND l.seq = f.seq "
                         "WHERE f.facet = ?1 AND f.seq > ?2 ORDER BY f.seq LIMIT ?3",
                         &q, err);
    if (rc)
        return rc;
    out->texts = arena_array(a, VAULT_VECTOR_ROWS, sizeof *out->texts);
    out->openings = arena_array(a, VAULT_VECTOR_ROWS, sizeof *out->openings);
    out->languages = arena_array(a, VAULT_VECTOR_ROWS, sizeof *out->languages);
    out->seq = arena_array(a, VAULT_VECTOR_ROWS, sizeof *out->seq);
    sql_bind_str(q, 1, str_of(facet));
    sql_bind_i64(q, 2, after);
    sql_bind_i64(q, 3, (int64_t)max_n);
    while (!(rc = sql_step(q, &row, err)) && row) {
        out->seq[out->n] = sql_i64(q, 0);
        out->texts[out->n] = arena_str(a, sql_str(q, 1));
        out->openings[out->n] = arena_str(a, sql_str(q, 2));
        out->languages[out->n++] = arena_str(a, sql_str(q, 3));
    }
    sql_finish(q);
    return rc;
}

// One number from a query with the facet as its parameter, and the last seq where there is one.
static int count_facet(struct vault *vault, const char *text, const char *facet,
                       const int64_t *last, int64_t *n, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *n = 0;
    int rc = sql_prepare(vault_sql(vault), text, &q, err);
    if (rc)
        return rc;
    sql_bind_str(q, 1, str_of(facet));
    if (last)
        sql_bind_i64(q, 2, *last);
    rc = sql_step(q, &row, err);
    if (!rc && row)
        *n = sql_i64(q, 0);
    sql_finish(q);
    return rc;
}

int vault_count_vector_texts(struct vault *vault, const char *facet, int64_t last, int64_t *n,
                             struct err *err)
{
    return count_facet(vault, "SELECT count(*) FROM facet_value WHERE facet = ?1 AND seq <= ?2",
                       facet, &last, n, err);
}

int vault_count_not_english(struct vault *vault, const char *facet, int64_t *n, struct err *err)
{
    return count_facet(vault,
                       "SELECT count(*) FROM facet_value l JOIN facet_value v ON v.seq = l.seq "
                       "WHERE l.facet = 'language' AND v.facet = ?1 "
                       "AND lower(l.value) NOT IN ('english', 'en', 'unknown', '')",
                       facet, NULL, n, err);
}

int vault_find_vector_end(struct vault *vault, int64_t *n_blocks, int64_t *n_rows,
                          int64_t *last_seq, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *n_blocks = *n_rows = *last_seq = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT count(*), coalesce(max(i_block), -1), "
                         "coalesce(sum(length(seqs)), 0) FROM vector_block",
                         &q, err);
    if (rc)
        return rc;
    rc = sql_step(q, &row, err);
    if (!rc && row) {
        *n_blocks = sql_i64(q, 0);
        *n_rows = sql_i64(q, 2) / (int64_t)sizeof(int64_t);
        if (sql_i64(q, 1) != *n_blocks - 1)
            rc = damaged(sql_i64(q, 1), err);
    }
    sql_finish(q);
    if (rc || !*n_blocks)
        return rc;
    rc = sql_prepare(vault_sql(vault),
                     "SELECT seqs FROM vector_block ORDER BY i_block DESC LIMIT 1", &q, err);
    if (rc)
        return rc;
    rc = sql_step(q, &row, err);
    if (!rc && row) {
        struct str seqs = sql_blob(q, 0);
        if (seqs.len < sizeof *last_seq || seqs.len % sizeof *last_seq)
            rc = damaged(*n_blocks - 1, err);
        else
            memcpy(last_seq, seqs.ptr + seqs.len - sizeof *last_seq, sizeof *last_seq);
    }
    sql_finish(q);
    return rc;
}

int vault_add_vector_block(struct vault *vault, int64_t i_block, const int64_t *seq,
                           const struct matrix *vectors, struct err *err)
{
    struct sql_query *q;
    assert(vectors->n_rows > 0 && vectors->stride == vectors->n_cols);
    int rc = sql_prepare(vault_sql(vault),
                         "INSERT OR REPLACE INTO vector_block VALUES (?1, ?2, ?3)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, i_block);
    sql_bind_blob(q, 2, seq, vectors->n_rows * sizeof *seq);
    sql_bind_blob(q, 3, vectors->data, vectors->n_rows * vectors->n_cols * sizeof *vectors->data);
    return sql_run(q, err);
}

int vault_drop_vectors(struct vault *vault, struct err *err)
{
    return sql_exec(vault_sql(vault), "DELETE FROM vector_block; DELETE FROM subject", err);
}

// Of the last block: its number (-1: there is none), its rows, and how many are before `seq`.
static int read_last_block(struct vault *vault, int64_t seq, int64_t *i_block, size_t *n_rows,
                           size_t *n_before, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *i_block = -1;
    *n_rows = *n_before = 0;
    int rc = sql_prepare(vault_sql(vault),
                         "SELECT i_block, seqs FROM vector_block ORDER BY i_block DESC LIMIT 1", &q,
                         err);
    if (!rc)
        rc = sql_step(q, &row, err);
    if (!rc && row) {
        struct str seqs = sql_blob(q, 1);
        int64_t one = 0;
        *i_block = sql_i64(q, 0);
        *n_rows = seqs.len / sizeof one;
        for (; *n_before < *n_rows; (*n_before)++) {
            memcpy(&one, seqs.ptr + *n_before * sizeof one, sizeof one);
            if (one >= seq)
                break;
        }
    }
    sql_finish(q);
    return rc;
}

static int cut_block(struct vault *vault, int64_t i_block, size_t n_rows, struct err *err)
{
    struct sql_query *q;
    int rc = sql_prepare(vault_sql(vault),
                         "UPDATE vector_block SET vectors = substr(vectors, 1, "
                         "length(vectors) / (length(seqs) / 8) * ?2), "
                         "seqs = substr(seqs, 1, 8 * ?2) WHERE i_block = ?1",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, i_block);
    sql_bind_i64(q, 2, (int64_t)n_rows);
    return sql_run(q, err);
}

static int cut_vectors(struct vault *vault, int64_t seq, struct err *err)
{
    int64_t i_block = 0;
    size_t n_rows = 0, n_before = 0;
    int rc = read_last_block(vault, seq, &i_block, &n_rows, &n_before, err);
    while (!rc && i_block >= 0 && !n_before) {
        rc = sql_run_with(vault_sql(vault), "DELETE FROM vector_block WHERE i_block = ?1", i_block,
                          err);
        if (!rc)
            rc = read_last_block(vault, seq, &i_block, &n_rows, &n_before, err);
    }
    return rc || n_before == n_rows ? rc : cut_block(vault, i_block, n_before, err);
}

int vault_take_back(struct vault *vault, const int64_t *seqs, size_t n, struct err *err)
{
    int rc = vault_begin(vault, err);
    if (!rc)
        rc = cut_vectors(vault, seqs[0], err);
    if (!rc)
        rc = sql_run_with(vault_sql(vault), "DELETE FROM subject WHERE seq >= ?1", seqs[0], err);
    for (size_t i = 0; !rc && i < n; i++) {
        rc = sql_run_with(vault_sql(vault), "DELETE FROM member WHERE seq = ?1", seqs[i], err);
        if (!rc)
            rc = sql_run_with(vault_sql(vault), "DELETE FROM filed WHERE seq = ?1", seqs[i], err);
    }
    if (!rc) // a batch of an append (state 1) that cluster was through with comes to it again
        rc = sql_exec(vault_sql(vault),
                      "UPDATE stage_run SET done = 0 WHERE stage IN ('embed', 'cluster');"
                      "UPDATE clustered_batch SET clustered = 0 WHERE batch_id IN "
                      "(SELECT id FROM batch WHERE state = 1)",
                      err);
    if (!rc)
        rc = vault_commit(vault, err);
    if (rc)
        vault_rollback(vault);
    return rc;
}

int vault_put_subject(struct vault *vault, int64_t seq, struct str value, struct err *err)
{
    struct sql_query *q;
    int rc =
        sql_prepare(vault_sql(vault), "INSERT OR REPLACE INTO subject VALUES (?1, ?2)", &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, seq);
    sql_bind_str(q, 2, value);
    return sql_run(q, err);
}
