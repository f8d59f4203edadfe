// SPDX-License-Identifier: Apache-2.0
// The facet stage in both profiles, with the real model: every conversation gets every facet;
// killed at any moment and started again the rows are those of an undisturbed run; threads do not
// matter.
#include "base/crypto.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/stop.h"
#include "run/facet_catalog.h"
#include "run/stage.h"
#include "store/sql.h"
#include "store/vault_facet.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define N size_max(LIMIT_MODEL_BATCH + 2, 8) // more than one batch; the seventh says nothing

static struct arena a;
static char root[64] = P_tmpdir "/clio-facet-stage-XXXXXX";

static const char *dir_of(const char *name)
{
    return arena_printf(&a, "%s/%s", root, name).ptr;
}

static int open_run(struct run **run, struct config **config, const char *dir, const char *profile,
                    const char *threads, struct err *err)
{
    int rc = config_open(config, err);
    if (!rc)
        rc = config_set(*config, STR_LIT("profile"), str_of(profile), FROM_FLAG, err);
    if (!rc)
        rc = config_set(*config, STR_LIT("threads"), str_of(threads), FROM_FLAG, err);
    return rc ? rc : run_open(run, dir, *config, true, err);
}

static int fill(struct run *run, size_t n, struct err *err)
{
    static const char *const verbs[] = { "write a poem about", "explain", "make a plan for",
                                         "list ten facts about", "translate a text on" };
    static const char *const things[] = { "the sea", "vaccines", "a garden", "volcanoes", "chess",
                                          "bread",   "trains",   "bees",     "taxes",     "jazz" };
    int rc = sql_exec(vault_sql(run->vault),
                      "INSERT INTO source VALUES (1, 'x', 'x', 0, 0, 0, 1, NULL)", err);
    for (size_t i = 1; !rc && i <= n; i++) {
        const char *turns = arena_printf(&a,
                                         i == 7 ? "[]"
                                                : "[[\"user\",\"%s %s, please, number %zu\"],"
                                                  "[\"assistant\",\"Here it is.\"]]",
                                         verbs[i % 5], things[i % 10], i)
                                .ptr;
        rc = sql_exec(vault_sql(run->vault),
                      arena_printf(&a,
                                   "INSERT INTO conversation VALUES (%zu, %zu, '%zu', NULL, NULL, "
                                   "NULL, NULL, 2, %zu, 1, 0, NULL, '%s')",
                                   i, i, i, i, turns)
                          .ptr,
                      err);
    }
    return rc;
}

static void make_run(const char *dir, const char *profile, size_t n)
{
    struct err err = { 0 };
    struct config *config;
    struct run *run;
    if (open_run(&run, &config, dir, profile, "1", &err) || fill(run, n, &err))
        fail_msg("%s", err.text);
    run_close(run);
    config_close(config);
}

static int work(const char *dir, const char *profile, const char *threads, struct err *err)
{
    struct config *config;
    struct run *run;
    int rc = open_run(&run, &config, dir, profile, threads, err);
    if (rc)
        return rc;
    run->stage = "facet";
    rc = facet_stage.run(run, err);
    run_close(run);
    config_close(config);
    return rc;
}

// All rows that the stage owns, as one text.
static struct str rows_of(const char *dir)
{
    struct err err = { 0 };
    struct vault *vault;
    struct sql_query *q;
    struct str all = { "", 0 };
    bool row = true;
    assert_int_equal(vault_open(&vault, dir, false, &err), 0);
    assert_int_equal(sql_prepare(vault_sql(vault),
                                 "SELECT seq || facet || value FROM facet_value UNION ALL "
                                 "SELECT seq || reason FROM facet_gap UNION ALL "
                                 "SELECT key || value FROM stage_note ORDER BY 1",
                                 &q, &err),
                     0);
    while (!sql_step(q, &row, &err) && row)
        all = arena_printf(&a, "%.*s%.*s\n", STR_ARG(all), STR_ARG(sql_str(q, 0)));
    sql_finish(q);
    vault_close(vault);
    return all;
}

static int64_t count_in(const char *dir, const char *facet)
{
    struct err err = { 0 };
    struct vault *vault;
    int64_t n = 0, last;
    if (vault_open(&vault, dir, false, &err))
        return 0;
    if (vault_last_facet(vault, facet, &last, &n, &err))
        n = 0;
    vault_close(vault);
    return n;
}

static void run_killed(const char *dir, const char *profile, unsigned ms)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct err err = { 0 };
        _exit(work(dir, profile, "2", &err) ? 1 : 0);
    }
    usleep(ms * 1000);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void check_profile(const char *profile, size_t n, const unsigned *kills, size_t n_kills)
{
    const char *calm = dir_of(arena_printf(&a, "%s-calm", profile).ptr);
    const char *killed = dir_of(arena_printf(&a, "%s-killed", profile).ptr);
    struct err err = { 0 };
    make_run(calm, profile, n);
    make_run(killed, profile, n);
    for (size_t i = 0; i < n_kills; i++)
        run_killed(killed, profile, kills[i]);
    // The model is loaded in a process of its own each time: one that llama.cpp ran in may not
    // fork.
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(work(i ? killed : calm, profile, i ? "2" : "1", &err) ? 1 : 0);
        int status = -1;
        waitpid(child, &status, 0);
        assert_int_equal(status, 0);
    }
    for (int i = 0; i < N_FACETS; i++) {
        bool none = i == FACET_OPENING && strcmp(profile, "none") == 0; // it is the request there
        assert_int_equal(count_in(calm, facet_catalog((enum facet_id)i)->name), none ? 0 : n);
    }
    struct str x = rows_of(calm), y = rows_of(killed);
    assert_true(x.len > 100 * n / 2);
    assert_true(str_equal(x, y));
    assert_int_not_equal(str_find(x,
                                  STR_LIT("7request"
                                          "nothing was asked"),
                                  0),
                         SIZE_MAX);
    // A second time there is nothing to do.
    if (strcmp(profile, "none") == 0)
        assert_int_equal(work(calm, profile, "1", &err), 0);
    assert_true(str_equal(rows_of(calm), x));
}

// What a record says of itself counts, but not in the mode dp, where facets are those of the
// transcript alone.
static void test_dp_looks_at_the_transcript_only(void **state)
{
    (void)state;
    for (int dp = 0; dp < 2; dp++) {
        const char *dir = dir_of(dp ? "dp" : "guarded");
        struct err err = { 0 };
        struct config *config;
        struct run *run;
        int64_t n = -1;
        if (open_run(&run, &config, dir, "none", "1", &err) || fill(run, 10, &err) ||
            config_set(config, STR_LIT("privacy"), str_of(dp ? "dp" : "guarded"), FROM_FLAG,
                       &err) ||
            sql_exec(vault_sql(run->vault), "UPDATE conversation SET language = 'French'", &err))
            fail_msg("%s", err.text);
        run->stage = "facet";
        assert_int_equal(facet_stage.run(run, &err), 0);
        assert_int_equal(sql_get_i64(vault_sql(run->vault),
                                     "SELECT count(*) FROM facet_value WHERE facet = 'language' "
                                     "AND value = 'French'",
                                     &n, &err),
                         0);
        assert_int_equal(n, dp ? 0 : 10);
        run_close(run);
        config_close(config);
    }
}

static void test_none(void **state)
{
    static const unsigned kills[] = { 5, 90, 180, 270, 360 };
    (void)state;
    check_profile("none", 1500, kills, COUNT_OF(kills));
}

static void test_embedded(void **state)
{
    static const unsigned kills[] = { 100, 5000 };
    (void)state;
    check_profile("embedded", N, kills, COUNT_OF(kills));
}

static bool told_far; // that others were told how far the stage is

static void stop_now(const char *stage, uint64_t done, uint64_t total)
{
    struct err err = { 0 };
    char words[64];
    int lock;
    (void)stage;
    snprintf(words, sizeof words, "(facet: %zu of 1500, ", LIMIT_STAGE_BATCH);
    told_far = file_lock(dir_of("stopped/lock"), &lock, &err) == ERR_TRY_AGAIN &&
               strstr(err.text, words) && done == LIMIT_STAGE_BATCH && total == 1500;
    stop_request(SIGINT);
}

static bool tells_how_far(void)
{
    struct err err = { 0 };
    struct config *config;
    struct run *run;
    struct stage_record record = { 0 };
    if (open_run(&run, &config, dir_of("stopped"), "none", "1", &err))
        return false;
    run_begin(run, "facet", &record);
    run->progress = stop_now;
    bool good = facet_stage.run(run, &err) == ERR_INTERRUPTED && told_far &&
                run->record.n_in == 1500 && run->record.n_out == LIMIT_STAGE_BATCH;
    good = good && vault_get_stage(run->vault, "facet", &record, &err) == 0 && !record.done &&
           record.n_in == 1500 && record.n_out == LIMIT_STAGE_BATCH;
    run_close(run);
    config_close(config);
    return good;
}

// A run that was stopped, or killed, has kept how far it came; one that works tells it.
static void test_how_far_it_came(void **state)
{
    int status = -1;
    (void)state;
    make_run(dir_of("stopped"), "none", 1500);
    pid_t child = fork(); // who was asked to stop once is not asked again
    if (child == 0)
        _exit(tells_how_far() ? 0 : 1);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
}

static int setup(void **state)
{
    struct err err = { 0 };
    (void)state;
    return mkdtemp(root) ? crypto_start(&err) : -1;
}

static int teardown(void **state)
{
    (void)state;
    int rc = system(arena_printf(&a, "rm -r %s", root).ptr);
    arena_release(&a);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dp_looks_at_the_transcript_only),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_how_far_it_came),
        cmocka_unit_test(test_embedded),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
