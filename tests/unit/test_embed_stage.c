// SPDX-License-Identifier: Apache-2.0
// The stage embed over a tiny model: fixed blocks, going on after an interruption, another
// embedder, languages that are not covered.
#include "base/crypto.h"
#include "base/stop.h"
#include "embed/embedder.h"
#include "run/stage.h"
#include "store/sql.h"
#include "store/vault_vector.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define N_TEXTS (VAULT_VECTOR_ROWS * 2 + VAULT_VECTOR_ROWS / 2)

struct fixture {
    char dir[64];
    struct config *config;
    struct run *run;
    struct err err;
};

static void execute(struct fixture *f, const char *statements)
{
    assert_int_equal(sql_exec(vault_sql(f->run->vault), statements, &f->err), 0);
}

static void add_texts(struct fixture *f)
{
    char text[1200];
    snprintf(text, sizeof text,
             "INSERT INTO source VALUES (1, 'x', 'x', 0, 0, 0, 1, NULL);"
             "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %zu) "
             "INSERT INTO conversation SELECT i * 3, i, 'c' || i, NULL, NULL, NULL, NULL, 1, "
             "i, 1, 0, NULL, '[]' FROM n;"
             "INSERT INTO facet_value SELECT seq, 'request', 'plan ' || (seq * 7919 %% 1000) || "
             "' trips' FROM conversation;"
             "INSERT INTO facet_value SELECT seq, 'language', CASE seq %% 4 WHEN 1 THEN 'German' "
             "WHEN 2 THEN 'Unknown' ELSE 'English' END FROM conversation;",
             N_TEXTS);
    execute(f, text);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    snprintf(f->dir, sizeof f->dir, P_tmpdir "/clio-embed-XXXXXX");
    if (!mkdtemp(f->dir) || crypto_start(&f->err) || config_open(&f->config, &f->err) ||
        config_set(f->config, STR_LIT("embedder"), STR_LIT("tests/unit/data/tiny-bert"), FROM_FLAG,
                   &f->err) ||
        run_open(&f->run, f->dir, f->config, true, &f->err)) {
        fprintf(stderr, "%s\n", f->err.text);
        return -1;
    }
    add_texts(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    run_close(f->run);
    config_close(f->config);
    snprintf(command, sizeof command, "rm -rf %s", f->dir);
    int rc = system(command);
    free(f);
    return rc;
}

static void run_stage(struct fixture *f)
{
    int rc = embed_stage.run(f->run, &f->err);
    if (rc)
        print_error("%s\n", f->err.text);
    assert_int_equal(rc, 0);
    assert_int_equal(f->run->record.n_in, N_TEXTS);
    assert_int_equal(f->run->record.n_out, N_TEXTS);
}

static void load(struct fixture *f, struct vault_vectors *all)
{
    assert_int_equal(vault_load_vectors(f->run->vault, 0, &f->run->scratch, all, &f->err), 0);
    assert_int_equal(all->vectors.n_rows, N_TEXTS);
}

static void assert_same(const struct vault_vectors *a, const struct vault_vectors *b)
{
    size_t n = a->vectors.n_rows;
    assert_memory_equal(a->seq, b->seq, n * sizeof *a->seq);
    assert_memory_equal(a->vectors.data, b->vectors.data, n * a->vectors.n_cols * sizeof(float));
}

static void test_blocks_and_resume(void **state)
{
    struct fixture *f = *state;
    struct vault_vectors first, second, third;
    int64_t n_blocks, n_rows, last;
    run_stage(f);
    load(f, &first);
    assert_int_equal(first.seq[0], 3);
    assert_int_equal(first.seq[N_TEXTS - 1], N_TEXTS * 3);
    assert_int_equal(vault_find_vector_end(f->run->vault, &n_blocks, &n_rows, &last, &f->err), 0);
    assert_int_equal(n_blocks, 3);

    execute(f, "DELETE FROM vector_block WHERE i_block >= 1");
    run_stage(f);
    load(f, &second);
    assert_same(&first, &second);

    // Vectors of another embedder are not mixed with ours.
    execute(f, "DELETE FROM vector_block WHERE i_block >= 2;"
               "UPDATE vector_block SET vectors = zeroblob(length(vectors));"
               "UPDATE setting SET value = 'another' WHERE key LIKE 'embed:%'");
    run_stage(f);
    load(f, &third);
    assert_same(&first, &third);
}

static int64_t count(struct fixture *f, const char *query)
{
    int64_t n = -1;
    assert_int_equal(sql_get_i64(vault_sql(f->run->vault), query, &n, &f->err), 0);
    return n;
}

// What the person wrote decides, not what a model made of it.
static void test_no_subject_in_another_script(void **state)
{
    struct fixture *f = *state;
    execute(f, "UPDATE facet_value SET value = '\xD0\xBF\xD0\xBB\xD0\xB0\xD0\xBD' WHERE facet = "
               "'request' AND seq % 4 = 0;"
               "INSERT INTO facet_value SELECT seq, 'opening', '\xD0\xBF\xD0\xBB\xD0\xB0\xD0\xBD' "
               "FROM conversation WHERE seq % 8 = 3");
    run_stage(f);
    assert_int_equal(count(f, "SELECT count(*) FROM subject WHERE seq % 4 = 0 OR seq % 8 = 3"), 0);
    assert_true(count(f, "SELECT count(*) FROM subject WHERE seq % 8 = 7") > 0);
}

// An opening changes the vector of its own conversation and nobody else's bit.
static void test_openings_leave_others_alone(void **state)
{
    struct fixture *f = *state;
    struct vault_vectors before, after;
    run_stage(f);
    load(f, &before);
    execute(f, "DELETE FROM vector_block; INSERT INTO facet_value SELECT seq, 'opening', 'walk to "
               "the sea' FROM conversation WHERE seq % 9 = 0");
    run_stage(f);
    load(f, &after);
    size_t d = before.vectors.n_cols;
    for (size_t i = 0; i < N_TEXTS; i++)
        assert_int_equal(memcmp(matrix_row(&before.vectors, i), matrix_row(&after.vectors, i),
                                d * sizeof(float)) == 0,
                         before.seq[i] % 9 != 0);
}

static void stop_after_one(const char *stage, uint64_t done, uint64_t total)
{
    (void)stage;
    (void)total;
    if (done >= VAULT_VECTOR_ROWS)
        stop_request(SIGTERM);
}

static void test_stop_keeps_blocks(void **state)
{
    struct fixture *f = *state;
    struct vault_vectors first, second;
    size_t n;
    run_stage(f);
    load(f, &first);
    execute(f, "DELETE FROM vector_block");
    f->run->progress = stop_after_one;
    assert_int_equal(embed_stage.run(f->run, &f->err), ERR_TERMINATED);
    f->run->progress = NULL;
    stop_request(0);
    assert_int_equal(vault_count_vectors(f->run->vault, &n, &f->err), 0);
    assert_int_equal(n, VAULT_VECTOR_ROWS);
    run_stage(f);
    load(f, &second);
    assert_same(&first, &second);
}

static void test_done_does_nothing(void **state)
{
    struct fixture *f = *state;
    struct vault_vectors all;
    run_stage(f);
    execute(f, "UPDATE vector_block SET vectors = zeroblob(length(vectors))");
    run_stage(f); // finds all rows there and leaves them
    load(f, &all);
    assert_true(all.vectors.data[0] == 0);
}

static void test_uncovered_languages(void **state)
{
    struct fixture *f = *state;
    int64_t n, expected = 0;
    run_stage(f);
    for (size_t i = 1; i <= N_TEXTS; i++)
        expected += i * 3 % 4 == 1;
    assert_int_equal(vault_get_note(f->run->vault, "embed", "uncovered_language", &n, &f->err), 0);
    assert_int_equal(n, expected);
}

static void test_foreign_blocks_are_refused(void **state)
{
    struct fixture *f = *state;
    run_stage(f);
    execute(f, "DELETE FROM facet_value WHERE seq = 3 AND facet = 'request'");
    assert_int_equal(embed_stage.run(f->run, &f->err), ERR_DATA);
}

static void test_missing_model(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(config_set(f->config, STR_LIT("embedder"), STR_LIT("tests/unit/data/none"),
                                FROM_FLAG, &f->err),
                     0);
    assert_int_not_equal(embed_stage.run(f->run, &f->err), 0);
    assert_non_null(strstr(f->err.text, "tests/unit/data/none"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_blocks_and_resume, setup, teardown),
        cmocka_unit_test_setup_teardown(test_openings_leave_others_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_subject_in_another_script, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stop_keeps_blocks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_done_does_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_uncovered_languages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_blocks_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_model, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
