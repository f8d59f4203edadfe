// SPDX-License-Identifier: Apache-2.0
// The table of stages holds together: what a stage reads was written by one before it, its tables
// are in the vault, its settings are in the table of settings, and names are verbs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ask/prompt.h"
#include "pipeline/pipeline.h"
#include "store/schema.h"

#include <stdio.h>

static bool has_word(const char *list, struct str word)
{
    struct str rest = str_of(list), piece;
    while (str_cut(&rest, ' ', &piece))
        if (str_equal(piece, word))
            return true;
    return false;
}

static bool written_before(size_t i, struct str table)
{
    size_t n;
    const struct stage *const *line = pipeline_line(&n);
    for (size_t j = 0; j < i; j++)
        if (has_word(line[j]->writes, table))
            return true;
    return false;
}

static void reads_what_was_written(void **state)
{
    size_t n;
    const struct stage *const *line = pipeline_line(&n);
    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct str rest = str_of(line[i]->reads), table;
        while (str_cut(&rest, ' ', &table))
            if (table.len && !written_before(i, table))
                fail_msg("%s reads %.*s, which no stage before it writes", line[i]->name,
                         STR_ARG(table));
    }
}

static void tables_are_in_the_vault(void **state)
{
    size_t n;
    const struct stage *const *line = pipeline_line(&n);
    struct str schema = str_of(schema_vault());
    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct str rest = str_of(line[i]->writes), table;
        while (str_cut(&rest, ' ', &table)) {
            char wanted[80];
            snprintf(wanted, sizeof wanted, "CREATE TABLE %.*s (", STR_ARG(table));
            if (table.len && str_find(schema, str_of(wanted), 0) == SIZE_MAX)
                fail_msg("%s writes %.*s, which is no table", line[i]->name, STR_ARG(table));
        }
    }
}

// A setting, "dp" (whether it is that mode), "n-trees" (how many there are), a rule, or a file of
// prompts/: were that not there, prompt_text would end the program.
static void check_name(const struct stage *stage, struct str name)
{
    struct str prompt = STR_LIT("prompt:");
    if (str_starts(name, prompt)) {
        char file[80];
        snprintf(file, sizeof file, "%.*s", STR_ARG(str_from(name, prompt.len)));
        assert_true(prompt_text(file).len > 100);
    } else if (name.len && !str_starts(name, STR_LIT("rule:")) && !str_equal(name, STR_LIT("dp")) &&
               !str_equal(name, STR_LIT("n-trees")) && !config_find(name)) {
        fail_msg("%s names the setting %.*s, which is not there", stage->name, STR_ARG(name));
    }
}

static void settings_exist(void **state)
{
    size_t n;
    const struct stage *const *line = pipeline_line(&n);
    (void)state;
    for (size_t i = 0; i < n; i++) {
        struct str rest = str_of(line[i]->settings), name;
        while (str_cut(&rest, ' ', &name))
            check_name(line[i], name);
        assert_ptr_equal(pipeline_find(str_of(line[i]->name)), line[i]);
        assert_true(strlen(line[i]->summary) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(reads_what_was_written),
                                        cmocka_unit_test(tables_are_in_the_vault),
                                        cmocka_unit_test(settings_exist) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
