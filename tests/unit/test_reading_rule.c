// SPDX-License-Identifier: Apache-2.0
// What becomes of a run that an earlier version of this program read by fewer rules: it is read
// anew where its input is there, and stays as it is where it is not.
#include "base/crypto.h"
#include "base/file.h"
#include "base/log.h"
#include "check.h"
#include "pipeline/fingerprint.h"
#include "pipeline/pipeline.h"
#include "run/stage.h"
#include "store/sql.h"
#include "store/vault_ingest.h"

#define CORPUS                                                                                     \
    "{\"id\":\"a\",\"text\":\"How are beans sown?\"}\n"                                            \
    "{\"id\":\"b\",\"text\":\"How are peas sown?\"}\n"

struct fixture {
    char dir[256];
    struct config *config;
    struct run *run;
    const char *path;
    struct arena arena;
};

static void set(struct fixture *f, const char *name, const char *value)
{
    struct err err = { 0 };
    assert_ok(config_set(f->config, str_of(name), str_of(value), FROM_FLAG, &err));
}

static int64_t count(struct fixture *f)
{
    struct err err = { 0 };
    int64_t n = -1;
    assert_ok(vault_count_conversations(f->run->vault, &n, &err));
    return n;
}

static int read_it(struct fixture *f, struct err *err)
{
    return pipeline_run(f->run, &ingest_stage, err);
}

// A run that was read by the first `n_rules` rules: of two conversations it has one.
static void begin(struct fixture *f, size_t n_rules)
{
    struct err err = { 0 };
    struct stage_record record;
    bool fewer;
    memset(f, 0, sizeof *f);
    make_dir(f->dir);
    f->path = path_join(&f->arena, str_of(f->dir), "in.jsonl").ptr;
    assert_ok(crypto_start(&err));
    assert_ok(config_open(&f->config, &err));
    log_set_level(LOG_QUIET);
    assert_ok(file_write(f->path, STR_LIT(CORPUS), &err));
    set(f, "input", f->path);
    assert_ok(run_open(&f->run, f->dir, f->config, true, &err));
    assert_ok(run_open_facets(f->run, &err));
    assert_ok(read_it(f, &err));
    assert_int_equal(count(f), 2);
    assert_ok(sql_exec(vault_sql(f->run->vault), "DELETE FROM conversation WHERE seq = 2", &err));
    assert_ok(vault_get_stage(f->run->vault, "ingest", &record, &err));
    assert_ok(fingerprint_with_rules(f->run, &ingest_stage, "", n_rules, record.fingerprint, &fewer,
                                     &err));
    assert_true(fewer);
    assert_ok(vault_put_stage(f->run->vault, "ingest", &record, &err));
}

static void end(struct fixture *f)
{
    run_close(f->run);
    config_close(f->config);
    arena_release(&f->arena);
    remove_dir(f->dir);
}

static void test_it_is_read_anew(void **state)
{
    (void)state;
    for (size_t n_rules = 0; n_rules < 2; n_rules++) {
        struct fixture f;
        struct err err = { 0 };
        begin(&f, n_rules);
        assert_ok(read_it(&f, &err));
        assert_int_equal(count(&f), 2);
        end(&f);
    }
}

static void test_it_stays_where_its_input_is_gone(void **state)
{
    (void)state;
    for (size_t n_rules = 0; n_rules < 2; n_rules++) {
        struct fixture f;
        struct err err = { 0 };
        begin(&f, n_rules);
        assert_int_equal(unlink(f.path), 0);
        for (int i = 0; i < 2; i++) {
            assert_ok(read_it(&f, &err));
            assert_int_equal(count(&f), 1);
        }
        assert_ok(pipeline_run(f.run, &bound_stage, &err)); // one can go on with it
        // what was asked for by hand cannot be had
        set(&f, "replace", "yes");
        assert_error(read_it(&f, &err), ERR_NO_INPUT);
        assert_int_equal(count(&f), 1);
        // the file again: it is read
        assert_ok(file_write(f.path, STR_LIT(CORPUS), &err));
        assert_ok(read_it(&f, &err));
        assert_int_equal(count(&f), 2);
        end(&f);
    }
}

// Other settings are no matter of an earlier version.
static void test_other_settings_are_told(void **state)
{
    (void)state;
    struct fixture f;
    struct err err = { 0 };
    begin(&f, 0);
    assert_int_equal(unlink(f.path), 0);
    set(&f, "where", "beans");
    assert_error(read_it(&f, &err), ERR_NO_INPUT);
    assert_non_null(strstr(err.text, "the run is as it was"));
    assert_int_equal(count(&f), 1);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_it_is_read_anew),
                                        cmocka_unit_test(test_it_stays_where_its_input_is_gone),
                                        cmocka_unit_test(test_other_settings_are_told) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
