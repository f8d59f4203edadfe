// SPDX-License-Identifier: Apache-2.0
// Settings: what each kind takes and refuses, which origin wins, variables.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "run/config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct config *fresh(void)
{
    struct config *config = NULL;
    struct err err = { 0 };
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    assert_int_equal(config_open(&config, &err), 0);
    return config;
}

static int set(struct config *config, const char *name, const char *value,
               enum setting_origin origin)
{
    struct err err = { 0 };
    int rc = config_set(config, str_of(name), str_of(value), origin, &err);
    assert_true((rc == 0) == (err.text[0] == 0));
    return rc;
}

static void kinds_take_what_they_should(void **state)
{
    (void)state;
    struct config *config = fresh();
    assert_int_equal(set(config, "min-accounts", "7", FROM_FLAG), 0);
    assert_int_equal(config_whole(config, "min-accounts"), 7);
    assert_int_equal(set(config, "min-accounts", "0", FROM_FLAG), ERR_USAGE);
    assert_int_equal(set(config, "min-accounts", "7x", FROM_FLAG), ERR_USAGE);
    assert_int_equal(set(config, "profile", "magic", FROM_VARIABLE), ERR_CONFIG);
    assert_int_equal(set(config, "strict", "maybe", FROM_FLAG), ERR_USAGE);
    assert_int_equal(set(config, "nothing", "1", FROM_FLAG), ERR_USAGE);
    assert_int_equal(config_whole(config, "min-accounts"), 7);
    config_close(config);
}

static void sizes(void **state)
{
    (void)state;
    struct config *config = fresh();
    assert_int_equal(config_bytes(config, "memory"), 0);
    assert_int_equal(set(config, "memory", "500M", FROM_FLAG), 0);
    assert_int_equal(config_bytes(config, "memory"), (size_t)500 << 20);
    assert_int_equal(set(config, "memory", "2g", FROM_FLAG), 0);
    assert_int_equal(config_bytes(config, "memory"), (size_t)2 << 30);
    assert_int_equal(set(config, "memory", "4096", FROM_FLAG), 0);
    assert_int_equal(config_bytes(config, "memory"), 4096);
    const char *const wrong[] = { "", "M", "-1", "1.5G", "9999999999T" };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(set(config, "memory", wrong[i], FROM_FLAG), ERR_USAGE);
    config_close(config);
}

// What is allowed is said as it is, also where it is no whole number.
static void bounds_are_said(void **state)
{
    (void)state;
    struct config *config = fresh();
    struct err err = { 0 };
    const struct setting *delta = config_find(STR_LIT("delta"));
    double low = -1, high = -1;
    assert_int_equal(config_set(config, STR_LIT("delta"), STR_LIT("5"), FROM_FLAG, &err),
                     ERR_USAGE);
    const char *said = strstr(err.text, "from ");
    assert_non_null(said);
    assert_int_equal(sscanf(said, "from %lf to %lf, not \"5\"", &low, &high), 2);
    assert_true(fabs(low - delta->low) <= 1e-9 * delta->low);
    assert_true(fabs(high - delta->high) <= 1e-9 * delta->high);
    config_close(config);
}

static void stronger_origin_wins(void **state)
{
    (void)state;
    setenv("CLIO_MIN_ACCOUNTS", "9", 1);
    struct config *config = fresh();
    unsetenv("CLIO_MIN_ACCOUNTS");
    assert_int_equal(config_whole(config, "min-accounts"), 9);
    assert_int_equal(set(config, "min-accounts", "3", FROM_FILE), 0);
    assert_int_equal(config_whole(config, "min-accounts"), 9);
    assert_int_equal(set(config, "min-accounts", "4", FROM_RUN), 0);
    assert_int_equal(config_whole(config, "min-accounts"), 4);
    assert_int_equal(set(config, "min-accounts", "5", FROM_FLAG), 0);
    assert_int_equal(set(config, "min-accounts", "6", FROM_RUN), 0);
    assert_int_equal(config_whole(config, "min-accounts"), 5);
    assert_int_equal(config_origin(config, "min-accounts"), FROM_FLAG);
    config_close(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(kinds_take_what_they_should),
                                        cmocka_unit_test(sizes), cmocka_unit_test(bounds_are_said),
                                        cmocka_unit_test(stronger_origin_wins) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
