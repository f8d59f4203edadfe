// SPDX-License-Identifier: Apache-2.0
// cluster and hierarchy on a made-up vault: 24 subjects of 30 conversations, four subjects to each
// of six fields. Base clusters are the subjects, parents the fields; an account that asks about
// several subjects is one account of their field; run again, nothing changes.
#include "unit/check.h"

#include "base/crypto.h"
#include "base/rng.h"
#include "run/stage.h"
#include "store/sql.h"
#include "store/vault_vector.h"

#define N_SUBJECTS 24
#define N_EACH 30
#define N_ROWS (N_SUBJECTS * N_EACH)
#define DIMS 48

static char dir[256];
static struct err err;
static struct config *config;
static struct run *run;
static struct arena arena;

static const char *const fields[] = { "garden", "kitchen", "railway", "weather", "music", "chess" };
static const char *const things[] = { "apple",  "barrel", "candle", "dragon", "engine", "feather",
                                      "guitar", "hammer", "island", "jacket", "kettle", "ladder",
                                      "mirror", "needle", "orange", "pencil", "quilt",  "rocket",
                                      "saddle", "tunnel", "urchin", "velvet", "window", "yogurt" };

static void must(const char *statements)
{
    if (sql_exec(vault_sql(run->vault), statements, &err))
        fail_msg("%s", err.text);
}

static int64_t get(const char *query)
{
    int64_t n = -1;
    assert_ok(sql_get_i64(vault_sql(run->vault), query, &n, &err));
    return n;
}

static void set(const char *name, const char *value)
{
    assert_ok(config_set(config, str_of(name), str_of(value), FROM_FLAG, &err));
}

// Row i asks about subject i % 24, of field i % 6; its vector lies near both directions.
static void add_rows(void)
{
    float *data = arena_zero_array(&arena, (size_t)N_ROWS * DIMS, sizeof *data);
    int64_t *seq = arena_array(&arena, N_ROWS, sizeof *seq);
    struct rng rng;
    rng_init(&rng, 5, "rows");
    for (int i = 0; i < N_ROWS; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "INSERT INTO conversation (seq, id, external_id, account_id, n_turns, turns,"
                 " transcript_hash, source_id, byte_offset)"
                 " VALUES (%d, %d, 'c%d', %d, 1, '[]', %d, 1, 0);"
                 "INSERT INTO facet_value VALUES (%d, 'request', '%s %s')",
                 i + 1, i + 1, i, 1 + i * 7 % 90, i, i + 1, things[i % N_SUBJECTS], fields[i % 6]);
        must(text);
        float *row = data + (size_t)i * DIMS;
        row[i % N_SUBJECTS] = 0.6F;
        row[24 + i % 6] = 0.7F;
        for (int j = 30; j < DIMS; j++)
            row[j] = 0.07F * (float)rng_normal(&rng);
        seq[i] = i + 1;
    }
    struct matrix all = matrix_view(data, N_ROWS, DIMS);
    matrix_normalize(&all);
    for (size_t first = 0, block = 0; first < N_ROWS; first += VAULT_VECTOR_ROWS, block++) {
        struct matrix rows = matrix_rows(&all, first, size_min(VAULT_VECTOR_ROWS, N_ROWS - first));
        assert_ok(vault_add_vector_block(run->vault, (int64_t)block, seq + first, &rows, &err));
    }
}

static int setup(void **state)
{
    (void)state;
    err_clear(&err);
    make_dir(dir);
    if (crypto_start(&err) || config_open(&config, &err))
        return 1;
    set("profile", "none");
    set("privacy", "local"); // exact floors
    set("threads", "1");
    set("min-conversations", "6");
    set("top-level", "6");
    if (run_open(&run, dir, config, true, &err))
        return 1;
    must("INSERT INTO source VALUES (1, 'x', 'simple', 1, 720, 0, 1, NULL);"
         "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90)"
         " INSERT INTO account SELECT i, 'a' || i FROM n;");
    add_rows();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    run_close(run);
    config_close(config);
    arena_release(&arena);
    remove_dir(dir);
    return 0;
}

// As the pipeline does: rows are taken away from the end of the line to its start.
static void run_all(void)
{
    static const struct stage *const stages[] = { &hierarchy_stage, &describe_stage,
                                                  &threshold_stage, &cluster_stage };
    for (size_t i = 0; i < COUNT_OF(stages); i++)
        assert_ok(vault_clear_stage(run->vault, stages[i]->name, stages[i]->writes, &err));
    assert_ok(cluster_stage.run(run, &err));
    assert_ok(threshold_stage.run(run, &err));
    assert_ok(describe_stage.run(run, &err));
    assert_ok(hierarchy_stage.run(run, &err));
}

static void test_subjects_and_fields(void **state)
{
    (void)state;
    run_all();
    assert_int_equal(get("SELECT count(*) FROM base_cluster"), N_SUBJECTS);
    assert_int_equal(get("SELECT count(*) FROM base_cluster WHERE n_members = 30"), N_SUBJECTS);
    assert_int_equal(get("SELECT count(*) FROM member"), N_ROWS);
    // The same subject, the same cluster.
    assert_int_equal(get("SELECT count(DISTINCT cluster_id || ' ' || (seq - 1) % 24) FROM member"),
                     N_SUBJECTS);
    assert_int_equal(get("SELECT count(*) FROM node WHERE level = 1"), 6);
    assert_int_equal(get("SELECT min(id) FROM node WHERE level = 1"), 25);
    assert_int_equal(get("SELECT max(id) FROM node"), 30);
    assert_int_equal(get("SELECT count(*) FROM node WHERE level = 0 AND parent_id IS NULL"), 0);
    assert_int_equal(get("SELECT count(DISTINCT parent_id || ' ' || (m.seq - 1) % 6) FROM node n "
                         "JOIN member m ON m.cluster_id = n.id"),
                     6);
    assert_int_equal(get("SELECT count(DISTINCT title) FROM node"), 30);
    // Without a model there is no gap of the tree: linkage is what was asked for.
    assert_int_equal(get("SELECT count(*) FROM stage_note WHERE stage = 'hierarchy' AND (key LIKE "
                         "'gaps%' OR key = 'by_linkage_instead')"),
                     0);
}

static void test_parents_are_counted_from_conversations(void **state)
{
    (void)state;
    run_all();
    assert_int_equal(get("SELECT count(*) FROM node p WHERE level = 1 AND n_conversations = 120"),
                     6);
    assert_int_equal(get("SELECT count(*) FROM node p WHERE level = 1 AND n_accounts <> (SELECT "
                         "count(DISTINCT c.account_id) FROM node n JOIN placed d ON d.cluster_id = "
                         "n.id JOIN conversation c USING (seq) WHERE n.parent_id = p.id)"),
                     0);
    // Accounts ask about several subjects: their sum over the children would be too large.
    assert_true(get("SELECT sum(n_accounts) FROM node WHERE level = 0") >
                get("SELECT sum(n_accounts) FROM node WHERE level = 1"));
    // Each field's word is in its parent's title.
    assert_int_equal(get("SELECT count(*) FROM node WHERE level = 1 AND (title LIKE '%garden%' OR "
                         "title LIKE '%kitchen%' OR title LIKE '%railway%' OR title LIKE "
                         "'%weather%' OR title LIKE '%music%' OR title LIKE '%chess%')"),
                     6);
    assert_int_equal(get("SELECT count(*) FROM node_phrase p JOIN node n ON n.id = p.node_id "
                         "WHERE p.n_accounts < 5"),
                     0);
}

static void test_again_is_the_same(void **state)
{
    static const char digest[] =
        "SELECT sum(id * (level + 7) * (coalesce(parent_id, 3) + 1) * (n_accounts + 11) * "
        "length(title)) FROM node";
    (void)state;
    run_all();
    int64_t first = get(digest), n_phrases = get("SELECT count(*) FROM node_phrase");
    assert_ok(hierarchy_stage.run(run, &err)); // over what is there
    assert_int_equal(get(digest), first);
    run_all();
    assert_int_equal(get(digest), first);
    assert_int_equal(get("SELECT count(*) FROM node_phrase"), n_phrases);
}

static void test_given_number_and_nothing_kept(void **state)
{
    (void)state;
    set("clusters", "3");
    run_all();
    assert_int_equal(get("SELECT count(*) FROM base_cluster"), 3);
    assert_int_equal(get("SELECT count(*) FROM node"), 3);
    assert_int_equal(get("SELECT count(*) FROM node WHERE parent_id IS NOT NULL"), 0);
    set("min-accounts", "1000");
    run_all();
    assert_int_equal(get("SELECT count(*) FROM node"), 0);
    set("clusters", "some");
    assert_error(cluster_stage.run(run, &err), ERR_USAGE);
    assert_non_null(strstr(err.text, "some"));
}

static void test_no_vectors(void **state)
{
    (void)state;
    must("DELETE FROM vector_block");
    assert_ok(cluster_stage.run(run, &err));
    assert_int_equal(get("SELECT count(*) FROM base_cluster"), 0);
    assert_ok(hierarchy_stage.run(run, &err));
    assert_int_equal(get("SELECT count(*) FROM node"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_subjects_and_fields), TEST(test_parents_are_counted_from_conversations),
        TEST(test_again_is_the_same),   TEST(test_given_number_and_nothing_kept),
        TEST(test_no_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
