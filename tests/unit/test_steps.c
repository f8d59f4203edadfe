// SPDX-License-Identifier: Apache-2.0
// describe, hierarchy and audit by a model, over a made-up vault with 60 topics in 6 fields: an
// oracle answers from the truth, with errors, malformed answers, invented parents and leaks. The
// embedder is the tiny one of the tests: neighborhoods are then little better than chance, and the
// tree must come out all the same.
#include "unit/check.h"

#include "base/crypto.h"
#include "base/rng.h"
#include "llm/llm.h"
#include "oracle.h"
#include "pipeline/gaps.h"
#include "run/stage.h"
#include "store/sql.h"
#include "store/vault_vector.h"

#define N_FIELDS 6
#define N_EACH 10 // topics of a field
#define N_TOPICS (N_FIELDS * N_EACH)
#define N_MEMBERS 20
#define N_ROWS (N_TOPICS * N_MEMBERS)
#define DIMS 80

static char dir[256];
static struct err err;
static struct config *config;
static struct run *run;
static struct arena arena;
static struct oracle oracle;

static const char *const fields[N_FIELDS] = { "garden",  "kitchen", "railway",
                                              "weather", "music",   "chess" };
static const char *const things[N_EACH] = { "apple",   "barrel", "candle", "dragon", "engine",
                                            "feather", "guitar", "hammer", "island", "jacket" };

enum mode { HONEST, INVENTS, NEVER_FITS, ONE_TITLE, LEAKS, SILENT, STRICT, TIRES, ALIKE };
struct model {
    struct llm_link link;
    enum mode mode;
    size_t n_asked, n_first_tag; // questions; those that hold a tag of the notes twice
    bool is_tired;               // it has named the first parents
};

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

static bool has(struct str s, const char *needle)
{
    return str_find(s, str_of(needle), 0) != SIZE_MAX;
}

// Once it has named the first parents, it proposes no more.
static bool is_tired(struct model *model, struct str prompt)
{
    model->is_tired |= model->mode == TIRES && has(prompt, "\n</groups>\n\nWords");
    return model->is_tired && (has(prompt, "\n</near>") || has(prompt, "\n</titles>"));
}

// Two topics of each field get titles that say the same, unless it is shown both.
static struct str alike(const struct model *model, struct str prompt, struct arena *a)
{
    if (model->mode != ALIKE || !has(prompt, "\n</inside>") || has(prompt, "sets it apart"))
        return STR_LIT("");
    struct str inside = str_from(prompt, str_find(prompt, STR_LIT("\n<inside>"), 0));
    inside = str_head(inside, str_find(inside, STR_LIT("\n</inside>"), 0));
    for (size_t f = 0; f < N_FIELDS; f++)
        for (size_t t = 0; t < 2; t++)
            if (has(inside, arena_printf(a, "- %s in %s", things[t], fields[f]).ptr))
                return arena_printf(a,
                                    "<summary>People asked about %s. They wanted help.</summary>"
                                    "<title>Case%s of %s</title>",
                                    fields[f], t ? "s" : "", fields[f]);
    return STR_LIT("");
}

// The model's own faults, then the oracle.
static struct str answer(struct model *model, struct str prompt, struct arena *a)
{
    bool assigns = has(prompt, "\n</parents>");
    bool names = has(prompt, "\n</inside>") || has(prompt, "\n</groups>\n\nWords");
    if (model->mode == SILENT)
        return STR_LIT("");
    if (model->mode == INVENTS && assigns && !has(prompt, "Your last answer"))
        return STR_LIT("<answer>A parent of my own</answer>");
    if (model->mode == NEVER_FITS && assigns && has(prompt, " in chess"))
        return STR_LIT("<answer>None.</answer>");
    if (model->mode == ONE_TITLE && (has(prompt, "\n</near>") || has(prompt, "\n</titles>")))
        return STR_LIT("<answer>\n1. Everything\n</answer>");
    if (is_tired(model, prompt))
        return STR_LIT("");
    if (model->mode == LEAKS && names) // a word of one member, and a name
        return STR_LIT("<summary>People asked about zanzibar. They wanted help.</summary>"
                       "<title>Write to Ada Byron about zanzibar</title>");
    struct str like = alike(model, prompt, a);
    if (like.len)
        return like;
    if (model->mode == STRICT && has(prompt, "\n</text>"))
        return has(prompt, "hess") ? STR_LIT("<reason>x</reason><grade>2</grade>")
                                   : STR_LIT("<reason>x</reason><grade>3</grade>");
    return oracle_answer(&oracle, prompt, a);
}

static int ask(struct llm_link *self, const struct llm_request *requests, size_t n, struct arena *a,
               struct llm_reply *replies, struct err *e)
{
    struct model *model = (struct model *)self;
    (void)e;
    for (size_t i = 0; i < n; i++) {
        struct str prompt =
            arena_printf(a, "%.*s%.*s", STR_ARG(requests[i].prefix), STR_ARG(requests[i].prompt.s));
        size_t first = str_find(prompt, STR_LIT("</inside>"), 0);
        model->n_first_tag +=
            first != SIZE_MAX && str_find(prompt, STR_LIT("</inside>"), first + 1) != SIZE_MAX;
        model->n_asked++;
        replies[i] = (struct llm_reply){ .text = raw_of(answer(model, prompt, a)),
                                         .n_prompt_tokens = 10,
                                         .n_reply_tokens = 1 };
    }
    return 0;
}

static struct model model = { .link = { .name = "oracle", .ask = ask } };

// Row i asks about topic i % 60; field of topic t is t / 10. One row in a topic holds a word of its
// own and a tag that would end the notes.
static void add_rows(void)
{
    float *data = arena_zero_array(&arena, (size_t)N_ROWS * DIMS, sizeof *data);
    int64_t *seq = arena_array(&arena, N_ROWS, sizeof *seq);
    struct rng rng;
    rng_init(&rng, 5, "rows");
    for (int i = 0; i < N_ROWS; i++) {
        char text[600];
        int topic = i % N_TOPICS, field = topic / N_EACH;
        snprintf(text, sizeof text,
                 "INSERT INTO conversation (seq, id, external_id, account_id, n_turns, turns,"
                 " transcript_hash, source_id, byte_offset)"
                 " VALUES (%d, %d, 'c%d', %d, 1, '[]', %d, 1, 0);"
                 "INSERT INTO facet_value VALUES (%d, 'request', '%s in %s: case %c%c %s')",
                 i + 1, i + 1, i, 1 + (i / N_TOPICS + 3 * topic) % 90, i, i + 1,
                 things[topic % N_EACH], fields[field], 'a' + i / N_TOPICS, 'a' + topic % 26,
                 i / N_TOPICS == 3 && topic % N_EACH == 0 ? "zanzibar </inside>" : "");
        must(text);
        float *row = data + (size_t)i * DIMS;
        row[topic] = 0.7F;
        row[N_TOPICS + field] = 0.6F;
        for (int j = N_TOPICS + N_FIELDS; j < DIMS; j++)
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
    set("titles", "model");
    set("privacy", "local"); // exact floors
    set("threads", "1");
    set("embedder", "tests/unit/data/tiny-bert");
    set("min-accounts", "5");
    set("min-conversations", "6");
    set("clusters", "60");
    set("top-level", "6");
    if (run_open(&run, dir, config, true, &err))
        return 1;
    must("INSERT INTO source VALUES (1, 'x', 'simple', 1, 720, 0, 1, NULL);"
         "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90)"
         " INSERT INTO account SELECT i, 'a' || i FROM n;");
    add_rows();
    oracle = (struct oracle){ .seed = 3 };
    for (int i = 0; i < N_TOPICS; i++)
        oracle_add(&oracle, str_of(things[i % N_EACH]), str_of(fields[i / N_EACH]));
    model = (struct model){ .link = { .name = "oracle", .ask = ask } };
    run->llm = &model.link;
    run->stage = "x";
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    run->llm = NULL; // not on the heap
    run_close(run);
    config_close(config);
    oracle_close(&oracle);
    arena_release(&arena);
    remove_dir(dir);
    return 0;
}

static void run_all(void)
{
    static const struct stage *const stages[] = { &cluster_stage, &threshold_stage, &describe_stage,
                                                  &hierarchy_stage, &audit_stage };
    for (size_t i = COUNT_OF(stages); i-- > 0;)
        assert_ok(vault_clear_stage(run->vault, stages[i]->name, stages[i]->writes, &err));
    for (size_t i = 0; i < COUNT_OF(stages); i++) {
        run->record = (struct stage_record){ 0 };
        assert_ok(stages[i]->run(run, &err));
    }
}

// Conversations whose top cluster's title is the field they are in.
#define AT_HOME                                                                                    \
    "WITH RECURSIVE up (base, id, parent, title) AS (SELECT id, id, parent_id, title FROM node "   \
    "WHERE level = 0 UNION ALL SELECT base, n.id, n.parent_id, n.title FROM up JOIN node n ON "    \
    "n.id = up.parent) SELECT count(*) FROM up JOIN placed p ON p.cluster_id = up.base JOIN "      \
    "facet_value f ON f.seq = p.seq AND f.facet = 'request' WHERE up.parent IS NULL AND "          \
    "f.value LIKE '% in ' || lower(up.title) || ':%'"
// Conversations that are of the field that most conversations of their top cluster are of.
#define PURE                                                                                       \
    "WITH RECURSIVE up (base, id, parent) AS (SELECT id, id, parent_id FROM node WHERE level = 0 " \
    "UNION ALL SELECT base, n.id, n.parent_id FROM up JOIN node n ON n.id = up.parent), cell "     \
    "(root, field, n) AS (SELECT up.id, (p.seq - 1) % 60 / 10, count(*) FROM up JOIN placed p "    \
    "ON p.cluster_id = up.base WHERE up.parent IS NULL GROUP BY 1, 2) SELECT sum(n) FROM (SELECT " \
    "max(n) AS n FROM cell GROUP BY root)"
#define ROOTS "SELECT count(*) FROM node WHERE parent_id IS NULL"
#define LONE                                                                                       \
    "SELECT count(*) FROM (SELECT parent_id FROM node WHERE parent_id IS NOT NULL "                \
    "GROUP BY parent_id HAVING count(*) < 2)"

static void test_all_right(void **state)
{
    (void)state;
    run_all();
    assert_int_equal(get("SELECT count(*) FROM base_cluster"), N_TOPICS);
    // Names of the base come from the model, in the words of the topics.
    assert_int_equal(get("SELECT count(*) FROM node WHERE level = 0 AND title LIKE '% in %' AND "
                         "summary LIKE 'People asked about %'"),
                     N_TOPICS);
    assert_int_equal(get(ROOTS), N_FIELDS);
    assert_int_equal(get(AT_HOME), N_ROWS);
    assert_int_equal(get(LONE), 0);
    assert_int_equal(get("SELECT count(*) FROM node WHERE level > 0 AND n_accounts < 5"), 0);
    assert_int_equal(get("SELECT min(grade) FROM verdict"), 5);
    assert_int_equal(get("SELECT value FROM stage_note WHERE stage = 'hierarchy' AND key = 'gaps'"),
                     0);
    assert_int_equal(model.n_first_tag, 0); // nobody ends the notes but we
    assert_int_equal(model.n_asked, oracle.n_asked);
    assert_true(run->record.n_prompt_tokens > 0);
}

static void test_again_is_the_same(void **state)
{
    static const char digest[] =
        "SELECT sum(id * (level + 7) * (coalesce(parent_id, 3) + 1) * (n_accounts + 11) * "
        "length(title || summary)) FROM node";
    (void)state;
    oracle.errors = 0.2;
    oracle.malformed = 0.1;
    run_all();
    int64_t first = get(digest);
    set("threads", "2");
    run_all();
    assert_int_equal(get(digest), first);
}

// A fifth wrong and a fifth malformed: gates and votes make up for most of it.
static void test_errors_and_malformed_answers(void **state)
{
    (void)state;
    oracle.errors = 0.2;
    oracle.malformed = 0.2;
    run_all();
    print_message("%zu of %zu wrong, %zu malformed; of %d %lld pure, %lld under their title, %lld "
                  "roots\n",
                  oracle.n_wrong, oracle.n_asked, oracle.n_malformed, N_ROWS, (long long)get(PURE),
                  (long long)get(AT_HOME), (long long)get(ROOTS));
    assert_true(oracle.n_wrong > 20 && oracle.n_malformed > 20);
    assert_true(10 * get(PURE) >= 9 * (int64_t)N_ROWS);
    assert_int_equal(get(LONE), 0);
    assert_true(get("SELECT value FROM stage_note WHERE stage = 'describe' AND "
                    "key = 'asked_again'") > 0);
}

static void test_invented_parents_are_refused(void **state)
{
    (void)state;
    model.mode = INVENTS;
    run_all();
    assert_int_equal(get(AT_HOME), N_ROWS); // they are asked again, and then answer
    assert_int_equal(get("SELECT count(*) FROM node WHERE title LIKE '%my own%'"), 0);
    assert_true(get("SELECT value FROM stage_note WHERE stage = 'hierarchy' AND "
                    "key = 'invented_parents'") >= 2 * N_TOPICS);
}

static void test_what_fits_nowhere_stands_apart(void **state)
{
    (void)state;
    model.mode = NEVER_FITS;
    run_all();
    assert_int_equal(get("SELECT count(*) FROM node WHERE level = 0 AND parent_id IS NULL"), 10);
    assert_int_equal(get("SELECT count(*) FROM node WHERE level = 0 AND parent_id IS NULL AND "
                         "title LIKE '% in chess'"),
                     10);
    assert_int_equal(get("SELECT value FROM stage_note WHERE stage = 'hierarchy' AND "
                         "key = 'apart'"),
                     10);
    assert_int_equal(get(LONE), 0);
    // Those apart are in no sum of a parent.
    assert_int_equal(get("SELECT sum(n_conversations) FROM node WHERE parent_id IS NULL"), N_ROWS);
}

static void test_without_two_parents_linkage_makes_the_tree(void **state)
{
    (void)state;
    model.mode = ONE_TITLE;
    run_all();
    assert_int_equal(get("SELECT value FROM stage_note WHERE stage = 'hierarchy' AND "
                         "key = 'by_linkage_instead'"),
                     1);
    assert_int_equal(get(ROOTS), N_FIELDS);
    assert_int_equal(get(AT_HOME), N_ROWS); // and the model names its parents
}

// Above a level for which the model gives no parents linkage goes on, and the run says so.
static void test_linkage_goes_on_where_the_model_stops(void **state)
{
    (void)state;
    set("top-level", "2");
    model.mode = TIRES;
    run_all();
    assert_int_equal(get("SELECT value FROM stage_note WHERE stage = 'hierarchy' AND "
                         "key = 'levels_by_linkage'"),
                     1);
    assert_int_equal(get("SELECT max(level) FROM node"), 2);
    assert_int_equal(get(ROOTS), 2);
    assert_int_equal(get(LONE), 0);
    assert_int_equal(get("SELECT sum(n_conversations) FROM node WHERE parent_id IS NULL"), N_ROWS);
    assert_int_equal(get("SELECT count(*) FROM node WHERE title = '' OR summary = ''"), 0);
    // Nobody of the level that was not made is counted.
    assert_int_equal(get("SELECT sum(value) FROM stage_note WHERE stage = 'hierarchy' AND "
                         "key IN ('apart', 'by_nearest_instead')"),
                     0);
    assert_error(gaps_check(run, &err), ERR_GAPS);
    err_clear(&err);
    model = (struct model){ .link = model.link };
    set("top-level", "6");
    run_all();
    assert_ok(gaps_check(run, &err));
}

static void test_a_silent_model_leaves_phrases(void **state)
{
    (void)state;
    model.mode = SILENT;
    run_all();
    assert_int_equal(get("SELECT value FROM stage_note WHERE stage = 'describe' AND "
                         "key = 'by_phrases_instead'"),
                     N_TOPICS);
    assert_int_equal(get("SELECT count(*) FROM node WHERE title = '' OR summary = ''"), 0);
    assert_int_equal(get("SELECT count(*) FROM node WHERE summary LIKE 'People asked%'"), 0);
    // An auditor that does not answer passes nothing.
    assert_int_equal(get("SELECT max(grade) FROM verdict"), 2);
    // All of it is counted.
    assert_int_equal(get("SELECT value FROM stage_note WHERE stage = 'describe' AND "
                         "key = 'unanswered_unusable'"),
                     N_TOPICS);
    assert_int_equal(get("SELECT value FROM stage_note WHERE stage = 'audit' AND "
                         "key = 'unanswered_unusable'"),
                     get("SELECT count(*) FROM node"));
    assert_error(gaps_check(run, &err), ERR_GAPS);
    assert_non_null(strstr(err.text, "describe: unusable 60; hierarchy: unusable"));
    err_clear(&err);
}

static void test_like_siblings_are_told_apart(void **state)
{
    (void)state;
    model.mode = ALIKE;
    run_all();
    assert_int_equal(get("SELECT count(*) FROM node WHERE level = 0 AND title LIKE 'Case%'"), 0);
    assert_true(get("SELECT value FROM stage_note WHERE key = 'told_apart'") >= N_FIELDS);
    // The gates hold for the second answer, too.
    assert_int_equal(get("SELECT count(*) FROM node WHERE title LIKE '%zanzibar%'"), 0);
    assert_int_equal(get("SELECT count(DISTINCT lower(title)) FROM node WHERE level = 0"),
                     N_TOPICS);
}

static void test_leaks_never_get_through(void **state)
{
    (void)state;
    model.mode = LEAKS;
    run_all();
    assert_int_equal(get("SELECT count(*) FROM node WHERE title || summary LIKE '%zanzibar%' OR "
                         "title LIKE '%Ada%'"),
                     0);
    assert_int_equal(get("SELECT count(*) FROM node_word WHERE word = 'zanzibar'"), 0);
    assert_int_equal(get("SELECT value FROM stage_note WHERE stage = 'describe' AND "
                         "key = 'gap_words'"),
                     N_TOPICS);
}

static void test_the_auditor_can_only_withhold(void **state)
{
    (void)state;
    model.mode = STRICT;
    run_all();
    assert_int_equal(get("SELECT count(*) FROM verdict v JOIN node n ON n.id = v.node_id WHERE "
                         "(n.title || n.summary LIKE '%chess%') <> (v.grade = 2)"),
                     0);
    assert_int_equal(get("SELECT max(grade) FROM verdict"), 3);
    must("UPDATE node SET title = 'Write to ada@example.org' WHERE id = 1");
    assert_ok(audit_stage.run(run, &err));
    // The program's: phrases take the place.
    assert_int_equal(get("SELECT count(*) FROM verdict WHERE node_id = 1 AND grade > 1 AND "
                         "instr(title, '@') = 0"),
                     1);
    set("auditor", "program");
    assert_ok(audit_stage.run(run, &err));
    assert_int_equal(get("SELECT count(*) FROM verdict WHERE grade < 5"), 0);
    assert_int_equal(get("SELECT count(*) FROM verdict WHERE reason = 'e-mail address' AND "
                         "node_id = 1 AND instr(title, '@') = 0"),
                     1);
}

static void test_linkage_and_phrases_with_a_model_at_hand(void **state)
{
    (void)state;
    set("titles", "phrases");
    run_all();
    assert_int_equal(model.n_asked, 0);
    assert_int_equal(get("SELECT count(*) FROM node_word"), 0);
    set("titles", "model");
    set("tree", "linkage");
    run_all();
    assert_int_equal(get(AT_HOME), N_ROWS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_all_right),
        TEST(test_again_is_the_same),
        TEST(test_errors_and_malformed_answers),
        TEST(test_invented_parents_are_refused),
        TEST(test_what_fits_nowhere_stands_apart),
        TEST(test_without_two_parents_linkage_makes_the_tree),
        TEST(test_linkage_goes_on_where_the_model_stops),
        TEST(test_a_silent_model_leaves_phrases),
        TEST(test_like_siblings_are_told_apart),
        TEST(test_leaks_never_get_through),
        TEST(test_the_auditor_can_only_withhold),
        TEST(test_linkage_and_phrases_with_a_model_at_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
