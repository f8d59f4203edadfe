// SPDX-License-Identifier: Apache-2.0
// Vector blocks of the vault: what goes in comes out, damage and too little memory are refused,
// and the reading of texts goes on where the last block ended.
#include "base/crypto.h"
#include "base/file.h"
#include "store/sql.h"
#include "store/vault_vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define DIMS ((size_t)3)

struct fixture {
    char dir[64];
    struct vault *vault;
    struct arena arena;
    struct err err;
};

static void add_conversations(struct fixture *f, int n)
{
    char text[512];
    assert_int_equal(sql_exec(vault_sql(f->vault),
                              "INSERT INTO source VALUES (1, 'x', 'x', 0, 0, 0, 1, NULL)", &f->err),
                     0);
    for (int i = 1; i <= n; i++) {
        int seq = i * 2; // seq has holes: duplicates and gaps have no facets
        snprintf(text, sizeof text,
                 "INSERT INTO conversation VALUES (%d, %d, 'c%d', NULL, NULL, NULL, NULL, 1, %d, "
                 "1, 0, NULL, '[]');"
                 "INSERT INTO facet_value VALUES (%d, 'request', 'text %d');"
                 "INSERT INTO facet_value VALUES (%d, 'language', '%s')",
                 seq, seq, seq, seq, seq, seq, seq, i % 3 ? "English" : "German");
        assert_int_equal(sql_exec(vault_sql(f->vault), text, &f->err), 0);
    }
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, P_tmpdir "/clio-vector-XXXXXX");
    if (!mkdtemp(f->dir) || crypto_start(&f->err) || vault_open(&f->vault, f->dir, true, &f->err))
        return -1;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    vault_close(f->vault);
    arena_release(&f->arena);
    snprintf(command, sizeof command, "rm -rf %s", f->dir);
    int rc = system(command);
    free(f);
    return rc;
}

// Row with seq s holds (s, s + 1, s + 2) / 10.
static void add_block(struct fixture *f, int64_t i_block, const int64_t *seq, size_t n)
{
    float *data = arena_array(&f->arena, n * DIMS, sizeof *data);
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < DIMS; d++)
            data[i * DIMS + d] = ((float)seq[i] + (float)d) / 10;
    struct matrix m = matrix_view(data, n, DIMS);
    assert_int_equal(vault_add_vector_block(f->vault, i_block, seq, &m, &f->err), 0);
}

static void test_round_trip(void **state)
{
    struct fixture *f = *state;
    struct vault_vectors all, block;
    assert_int_equal(vault_load_vectors(f->vault, 0, &f->arena, &all, &f->err), 0);
    assert_int_equal(all.vectors.n_rows, 0);

    add_block(f, 0, (const int64_t[]){ 2, 4 }, 2);
    add_block(f, 1, (const int64_t[]){ 7 }, 1);
    assert_int_equal(vault_load_vectors(f->vault, 0, &f->arena, &all, &f->err), 0);
    assert_int_equal(all.vectors.n_rows, 3);
    assert_int_equal(all.vectors.n_cols, DIMS);
    assert_int_equal(all.seq[2], 7);
    assert_true(matrix_row(&all.vectors, 1)[2] == 0.6F);
    assert_true(matrix_row(&all.vectors, 2)[0] == 0.7F);

    assert_int_equal(vault_load_vector_block(f->vault, 1, &f->arena, &block, &f->err), 0);
    assert_int_equal(block.vectors.n_rows, 1);
    assert_int_equal(block.seq[0], 7);
    assert_int_equal(vault_load_vector_block(f->vault, 2, &f->arena, &block, &f->err), 0);
    assert_int_equal(block.vectors.n_rows, 0);
}

static void test_refusals(void **state)
{
    struct fixture *f = *state;
    struct vault_vectors all;
    add_block(f, 0, (const int64_t[]){ 2, 4 }, 2);
    assert_int_equal(vault_load_vectors(f->vault, 39, &f->arena, &all, &f->err), ERR_UNAVAILABLE);
    assert_non_null(strstr(f->err.text, "--memory"));
    assert_int_equal(vault_load_vectors(f->vault, 40, &f->arena, &all, &f->err), 0);

    static const char *const harm[] = {
        "UPDATE vector_block SET vectors = x'00'",
        "UPDATE vector_block SET vectors = zeroblob(0)",
        "UPDATE vector_block SET seqs = zeroblob(9)",
        "UPDATE vector_block SET seqs = zeroblob(0)",
        "UPDATE vector_block SET i_block = 0, seqs = zeroblob(16), vectors = zeroblob(24);"
        "INSERT INTO vector_block VALUES (1, zeroblob(8), zeroblob(24))",
    };
    for (size_t i = 0; i < COUNT_OF(harm); i++) {
        assert_int_equal(sql_exec(vault_sql(f->vault), harm[i], &f->err), 0);
        int rc = vault_load_vectors(f->vault, 0, &f->arena, &all, &f->err);
        if (i == 3) // no rows at all: nothing to read, and nothing read
            assert_true(rc == ERR_DATA || all.vectors.n_rows == 0);
        else
            assert_int_equal(rc, ERR_DATA);
    }
}

static void test_texts_go_on(void **state)
{
    struct fixture *f = *state;
    struct vault_vector_texts texts;
    int64_t n, n_blocks, n_rows, last;
    add_conversations(f, 5);
    assert_int_equal(vault_count_vector_texts(f->vault, "request", INT64_MAX, &n, &f->err), 0);
    assert_int_equal(n, 5);
    assert_int_equal(vault_count_not_english(f->vault, "request", &n, &f->err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(vault_find_vector_end(f->vault, &n_blocks, &n_rows, &last, &f->err), 0);
    assert_true(n_blocks == 0 && n_rows == 0 && last == 0);

    assert_int_equal(vault_read_vector_texts(f->vault, "request", 4, VAULT_VECTOR_ROWS, &f->arena,
                                             &texts, &f->err),
                     0);
    assert_int_equal(texts.n, size_min(3, VAULT_VECTOR_ROWS));
    assert_int_equal(texts.seq[0], 6);
    assert_true(str_equal(texts.texts[1], STR_LIT("text 8")));
    assert_true(str_equal(texts.languages[0], STR_LIT("German")));
    assert_true(str_equal(texts.languages[1], STR_LIT("English")));

    add_block(f, 0, (const int64_t[]){ 2, 4 }, 2);
    add_block(f, 1, (const int64_t[]){ 6 }, 1);
    assert_int_equal(vault_find_vector_end(f->vault, &n_blocks, &n_rows, &last, &f->err), 0);
    assert_true(n_blocks == 2 && n_rows == 3 && last == 6);
    assert_int_equal(
        sql_exec(vault_sql(f->vault), "DELETE FROM vector_block WHERE i_block = 0", &f->err), 0);
    assert_int_equal(vault_find_vector_end(f->vault, &n_blocks, &n_rows, &last, &f->err), ERR_DATA);
}

// A change in the middle takes vectors and subjects from there on, and only its own membership.
static void test_taken_back(void **state)
{
    struct fixture *f = *state;
    struct vault_vectors all;
    int64_t n, n_blocks, n_rows, last;
    add_conversations(f, 8);
    add_block(f, 0, (const int64_t[]){ 2, 4, 6 }, 3);
    add_block(f, 1, (const int64_t[]){ 8, 10, 12 }, 3);
    add_block(f, 2, (const int64_t[]){ 14, 16 }, 2);
    assert_int_equal(sql_exec(vault_sql(f->vault),
                              "INSERT INTO subject SELECT seq, 'x' FROM conversation;"
                              "INSERT INTO base_cluster VALUES (1, 8, zeroblob(12));"
                              "INSERT INTO member SELECT seq, 1, 0.5 FROM conversation;"
                              "INSERT INTO filed VALUES (10, 0.5);"
                              "INSERT INTO batch VALUES (1, 1, 0, 2, 1, ''), (2, 9, 0, 1, 1, '');"
                              "INSERT INTO clustered_batch VALUES (1, 1, 1), (2, 1, 1);"
                              "INSERT INTO stage_run VALUES ('facet', '', 1, 0, 0, 0, 0, 0), "
                              "('embed', '', 1, 0, 0, 0, 0, 0), ('cluster', '', 1, 0, 0, 0, 0, 0)",
                              &f->err),
                     0);
    assert_int_equal(vault_take_back(f->vault, (const int64_t[]){ 10, 14 }, 2, &f->err), 0);
    assert_int_equal(vault_find_vector_end(f->vault, &n_blocks, &n_rows, &last, &f->err), 0);
    assert_true(n_blocks == 2 && n_rows == 4 && last == 8);
    assert_int_equal(vault_load_vectors(f->vault, 0, &f->arena, &all, &f->err), 0);
    assert_true(matrix_row(&all.vectors, 3)[2] == 1.0F);

    static const struct {
        const char *query;
        int64_t n;
    } after[] = {
        { "SELECT count(*) FROM subject", 4 },
        { "SELECT count(*) FROM member", 6 },
        { "SELECT count(*) FROM member WHERE seq IN (10, 14)", 0 },
        { "SELECT count(*) FROM filed", 0 },
        { "SELECT clustered FROM clustered_batch WHERE batch_id = 1", 1 }, // it was released
        { "SELECT clustered FROM clustered_batch WHERE batch_id = 2", 0 },
        { "SELECT done FROM stage_run WHERE stage = 'facet'", 1 },
        { "SELECT sum(done) FROM stage_run WHERE stage IN ('embed', 'cluster')", 0 },
    };
    for (size_t i = 0; i < COUNT_OF(after); i++) {
        assert_int_equal(sql_get_i64(vault_sql(f->vault), after[i].query, &n, &f->err), 0);
        assert_int_equal(n, after[i].n);
    }
    // from the very first on: nothing is left; nothing of one that is behind all
    assert_int_equal(vault_take_back(f->vault, (const int64_t[]){ 18 }, 1, &f->err), 0);
    assert_int_equal(vault_find_vector_end(f->vault, &n_blocks, &n_rows, &last, &f->err), 0);
    assert_int_equal(n_rows, 4);
    assert_int_equal(vault_take_back(f->vault, (const int64_t[]){ 2 }, 1, &f->err), 0);
    assert_int_equal(vault_find_vector_end(f->vault, &n_blocks, &n_rows, &last, &f->err), 0);
    assert_true(n_blocks == 0 && n_rows == 0 && last == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_texts_go_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_taken_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
