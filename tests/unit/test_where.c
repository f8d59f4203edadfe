// SPDX-License-Identifier: Apache-2.0
// Which records are read: tests on text and columns, and samples drawn by conversation or by
// output.
#include "base/crypto.h"
#include "base/file.h"
#include "base/log.h"
#include "check.h"
#include "ingest/where.h"
#include "run/stage.h"
#include "store/sql.h"
#include "store/vault_ingest.h"

#define N 60 // conversations of the sampled corpus

struct fixture {
    char dir[256];
    struct run run;
};

static void begin(struct fixture *f)
{
    struct err err = { 0 };
    memset(f, 0, sizeof *f);
    make_dir(f->dir);
    assert_ok(crypto_start(&err));
    assert_ok(config_open(&f->run.config, &err));
    assert_ok(vault_open(&f->run.vault, f->dir, true, &err));
    log_set_level(LOG_QUIET);
}

static void end(struct fixture *f)
{
    vault_close(f->run.vault);
    config_close(f->run.config);
    arena_release(&f->run.scratch);
    remove_dir(f->dir);
}

static void set(struct fixture *f, const char *name, const char *value)
{
    struct err err = { 0 };
    assert_ok(config_set(f->run.config, str_of(name), str_of(value), FROM_FLAG, &err));
}

static int ingest(struct fixture *f, struct str content, struct err *err)
{
    struct str path = path_join(&f->run.scratch, str_of(f->dir), "in.jsonl");
    int rc = file_write(path.ptr, content, err);
    if (!rc)
        rc = vault_clear_stage(f->run.vault, "ingest", ingest_stage.writes, err);
    set(f, "input", path.ptr);
    return rc ? rc : ingest_stage.run(&f->run, err);
}

static struct str query(struct fixture *f, const char *text)
{
    struct err err = { 0 };
    struct sql_query *q;
    struct str all = { "", 0 };
    bool row = true;
    assert_ok(sql_prepare(vault_sql(f->run.vault), text, &q, &err));
    while (!sql_step(q, &row, &err) && row)
        all = arena_printf(&f->run.scratch, "%.*s%s%.*s", STR_ARG(all), all.len ? " " : "",
                           STR_ARG(sql_str(q, 0)));
    sql_finish(q);
    return all;
}

static const char records[] =
    "{\"id\":\"a\",\"language\":\"English\",\"plan\":\"free\",\"messages\":["
    "{\"role\":\"user\",\"content\":\"How do I vote by mail?\"},"
    "{\"role\":\"assistant\",\"content\":\"Ask your county.\"}]}\n"
    "{\"id\":\"b\",\"language\":\"German\",\"plan\":\"pro\",\"meta\":{\"tier\":3},\"messages\":["
    "{\"role\":\"user\",\"content\":\"Wie geht die Wahl?\"},"
    "{\"role\":\"assistant\",\"content\":\"You vote on Sunday.\"}]}\n"
    "{\"id\":\"c\",\"model\":\"gpt-x\",\"messages\":["
    "{\"role\":\"system\",\"content\":\"Never talk of VOTES.\"},"
    "{\"role\":\"user\",\"content\":\"Bake a cake && eat it\"}]}\n"
    "{\"id\":\"d\",\"messages\":[]}\n";

static void test_what_is_kept(void **state)
{
    (void)state;
    static const struct {
        const char *where, *kept;
    } cases[] = {
        { "", "a b c d" },
        { "vote", "a b" }, // any turn
        { "(?i)vote", "a b c" },
        { "user~vote", "a" },
        { "assistant ~ vote", "b" },
        { "system~(?i)votes", "c" },
        { "text!~vote", "c d" },
        { "language~^English$", "a" },
        { "language!~^English$", "b c d" },
        { "model~^gpt", "c" },
        { "plan~^(free|pro)$", "a b" },
        { "meta.tier~3", "b" },
        { "plan~pro && user~Wahl", "b" },
        { "plan~pro && user~vote", "" },
        { "plan!~. && language!~.", "c d" },
        { "cake\\s+&", "c" },
        { "^Wie\\b.*\\?$", "b" },
        { "die \\p{Lu}ahl", "b" },
        { "die \\p{Ll}ahl", "" },
        { "(?i)WIE GEHT\\b", "b" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        struct err err = { 0 };
        begin(&f);
        set(&f, "where", cases[i].where);
        int rc = ingest(&f, str_of(records), &err);
        struct str kept = query(&f, "SELECT external_id FROM conversation ORDER BY seq");
        if (!str_equal(kept, str_of(cases[i].kept)))
            print_error("%s\n", cases[i].where);
        assert_text(kept, cases[i].kept);
        assert_int_equal(rc, kept.len ? 0 : ERR_DATA);
        if (rc)
            assert_non_null(strstr(err.text, "none of the 4 conversations in the input fits"));
        end(&f);
    }
}

// The ids that a test keeps of an input, in the order of the input.
static void keeps(const char *input, const char *where, const char *kept)
{
    struct fixture f;
    struct err err = { 0 };
    begin(&f);
    set(&f, "where", where);
    int rc = ingest(&f, str_of(input), &err);
    assert_text(query(&f, "SELECT external_id FROM conversation ORDER BY seq"), kept);
    assert_int_equal(rc, *kept ? 0 : ERR_DATA);
    end(&f);
}

// As --map finds fields: as they are spelled, else the only one that differs by capitals.
static void test_capitals_of_names(void **state)
{
    (void)state;
    static const char json[] =
        "{\"id\":\"a\",\"text\":\"one\",\"Plan\":\"pro\",\"Meta\":{\"Tier\":3}}\n"
        "{\"id\":\"b\",\"text\":\"two\",\"plan\":\"free\",\"Plan\":\"pro\"}\n"
        "{\"id\":\"c\",\"text\":\"three\",\"PLAN\":\"pro\",\"Plan\":\"pro\"}\n";
    static const char table[] = "id,text,User Plan,plan,Plan,Meta\n"
                                "a,one,pro,,pro,\"{\"\"Tier\"\":3}\"\n"
                                "b,two,free,free,pro,\n";
    keeps(json, "plan~pro", "a"); // of c nobody knows which is meant
    keeps(json, "plan~free", "b");
    keeps(json, "plan!~.", "c");
    keeps(json, "meta.tier~3", "a");
    keeps(table, "plan~pro", ""); // where a cell is empty, no other column stands for it
    keeps(table, "plan~free", "b");
    keeps(table, "user_plan~pro", "a");
    keeps(table, "PLAN~pro", ""); // two differ by capitals alone
    keeps(table, "meta~3", "a");
}

static void test_what_was_filtered_is_counted(void **state)
{
    (void)state;
    struct fixture f;
    struct err err = { 0 };
    int64_t n = 0;
    begin(&f);
    set(&f, "where", "user~vote");
    assert_ok(ingest(&f, str_of(records), &err));
    assert_ok(vault_get_note(f.run.vault, "ingest", "filtered_out", &n, &err));
    assert_int_equal(n, 3);
    assert_ok(vault_get_note(f.run.vault, "ingest", "conversations_read", &n, &err));
    assert_int_equal(n, 4);
    assert_int_equal(f.run.record.n_out, 1);
    end(&f);
}

static void test_wrong_tests_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *where, *why;
    } cases[] = {
        { "user~(", "regular expression" },
        { "plan~", "without a regular expression" },
        { "a~b &&  && c", "without a regular expression" },
        { "(a)\\1", "regular expression" }, // no back references
        { "a && b && c && d && e && f && g && h && i && j && k && l && m && n && o && p && q",
          "at most 16" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct where *where;
        struct err err = { 0 };
        assert_error(where_open(&where, str_of(cases[i].where), &err), ERR_USAGE);
        assert_non_null(strstr(err.text, cases[i].why));
        assert_non_null(strstr(err.text, "--where"));
    }
}

// Conversation i has i % 7 exchanges behind its first question, and some end in a question.
static struct str sampled_corpus(struct arena *a, bool backwards)
{
    struct str all = { "", 0 };
    for (size_t j = 0; j < N; j++) {
        size_t i = backwards ? N - 1 - j : j;
        all = arena_printf(a,
                           "%.*s{\"id\":\"c%zu\",\"messages\":[{\"role\":\"user\",\"content\":"
                           "\"question %zu\"}",
                           STR_ARG(all), i, i);
        for (size_t t = 0; t < i % 7; t++)
            all = arena_printf(
                a, "%.*s,{\"role\":\"assistant\",\"content\":\"answer %zu\"}%s", STR_ARG(all), t,
                t + 1 < i % 7 || i % 2 ? ",{\"role\":\"user\",\"content\":\"on\"}" : "");
        all = arena_printf(a, "%.*s]}\n", STR_ARG(all));
    }
    return all;
}

static int ascending(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

// The outputs' ranks of conversation i; how many there are.
static size_t ranks_of(struct arena *a, const struct sample *sample, size_t i, int64_t ranks[6])
{
    struct str turns = arena_printf(a, "[[\"user\",\"question %zu\"]", i);
    for (size_t t = 0; t < i % 7; t++)
        turns = arena_printf(a, "%.*s,[\"assistant\",\"answer %zu\"]%s", STR_ARG(turns), t,
                             t + 1 < i % 7 ? ",[\"user\",\"on\"]" : "");
    turns = arena_printf(a, "%.*s]", STR_ARG(turns));
    uint64_t record = sample_record(sample, arena_printf(a, "c%zu", i), str_make(NULL, 0), turns);
    for (size_t t = 0; t < i % 7; t++)
        ranks[t] = sample_rank(sample, record, 2 * t + 2);
    return i % 7;
}

// The same by hand: the ranks of all outputs, the size smallest of them, the latest of each
// conversation.
static struct str expected(struct arena *a, int64_t size, uint64_t seed)
{
    struct sample sample = { .size = size, .key = hash_key_of_seed(seed) };
    int64_t ranks[N * 6], own[6];
    size_t n = 0;
    for (size_t i = 0; i < N; i++)
        n += ranks_of(a, &sample, i, ranks + n);
    qsort(ranks, n, sizeof *ranks, ascending);
    struct str all = { "", 0 };
    for (size_t i = 0; i < N; i++) {
        size_t last = 0;
        n = ranks_of(a, &sample, i, own);
        for (size_t t = 0; t < n; t++)
            if (own[t] <= ranks[size - 1])
                last = 2 * t + 2;
        if (last)
            all = arena_printf(a, "%.*s%sc%zu:%zu", STR_ARG(all), all.len ? " " : "", i, last);
    }
    return all;
}

static void test_sample_by_output(void **state)
{
    (void)state;
    for (int backwards = 0; backwards < 2; backwards++) {
        struct fixture f;
        struct err err = { 0 };
        struct arena a = { 0 };
        begin(&f);
        set(&f, "sample", "40");
        set(&f, "sample-by", "output");
        set(&f, "seed", "7");
        assert_ok(ingest(&f, sampled_corpus(&a, backwards), &err));
        struct str got = query(&f, "SELECT external_id || ':' || n_turns FROM conversation "
                                   "ORDER BY CAST(substr(external_id, 2) AS INTEGER)");
        struct str want = expected(&a, 40, 7);
        assert_text(got, arena_copy(&a, want));
        // what comes behind the latest drawn output is gone from the transcript
        assert_text(query(&f, "SELECT count(*) FROM conversation WHERE json_array_length(turns) != "
                              "n_turns OR turns NOT LIKE '%answer%\"]]'"),
                    "0");
        assert_text(query(&f, "SELECT count(*) FROM sample_rank"), "0");
        arena_release(&a);
        end(&f);
    }
}

static void test_all_outputs(void **state)
{
    (void)state;
    struct fixture f;
    struct err err = { 0 };
    struct arena a = { 0 };
    int64_t n = 0;
    begin(&f);
    set(&f, "sample-by", "output");
    assert_ok(ingest(&f, sampled_corpus(&a, false), &err));
    assert_ok(vault_get_note(f.run.vault, "ingest", "without_output", &n, &err));
    assert_int_equal(n, (N + 6) / 7); // i % 7 = 0: only a question
    assert_text(query(&f, "SELECT count(*) FROM conversation"),
                arena_printf(&a, "%d", N - (N + 6) / 7).ptr);
    assert_text(query(&f, "SELECT count(*) FROM conversation WHERE turns LIKE '%\"on\"]]'"), "0");
    arena_release(&a);
    end(&f);
}

// Long conversations are drawn more often, in proportion to their outputs.
static void test_outputs_weigh_long_conversations(void **state)
{
    (void)state;
    struct arena a = { 0 };
    size_t n_long = 0, n_short = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct str drawn = expected(&a, 1, seed), id;
        assert_true(str_cut(&drawn, ':', &id));
        int64_t i = 0;
        assert_true(str_to_i64(str_from(id, 1), &i));
        n_long += i % 7 == 6;
        n_short += i % 7 == 1;
        arena_release(&a);
    }
    assert_true(n_long > 3 * n_short); // six times in the mean
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_kept),
        cmocka_unit_test(test_capitals_of_names),
        cmocka_unit_test(test_what_was_filtered_is_counted),
        cmocka_unit_test(test_wrong_tests_are_refused),
        cmocka_unit_test(test_sample_by_output),
        cmocka_unit_test(test_all_outputs),
        cmocka_unit_test(test_outputs_weigh_long_conversations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
