// SPDX-License-Identifier: Apache-2.0
// The settings that a run keeps in its vault: those that change results.
#include "pipeline/pipeline.h"

static bool is_kept(const struct setting *setting)
{
    static const char *const passing[] = {
        "out",       "threads",       "memory",   "quiet",      "verbose",
        "json",      "offline",       "max-cost", "max-time",   "prices",
        "in-flight", "tries",         "timeout",  "retry-wait", "alert-file",
        "webhook",   "webhook-hosts", "measure",  "vault-key",  "vault-passphrase-from",
        "budget",    "recluster",     "replace"
    };
    for (size_t i = 0; i < COUNT_OF(passing); i++)
        if (strcmp(setting->name, passing[i]) == 0)
            return false;
    return true;
}

int pipeline_keep_settings(struct run *run, struct err *err)
{
    size_t n;
    const struct setting *settings = config_settings(&n);
    int rc = vault_begin(run->vault, err);
    for (size_t i = 0; !rc && i < n; i++)
        if (is_kept(&settings[i]))
            rc = vault_set_setting(run->vault, settings[i].name,
                                   str_of(config_text(run->config, settings[i].name)), err);
    if (!rc)
        rc = vault_commit(run->vault, err);
    if (rc)
        vault_rollback(run->vault);
    return rc;
}

// A run that was not told where to ask leaves that to the variables of the day; one that was told
// goes on asking there.
static bool is_left_open(const struct setting *setting, struct str value)
{
    return (strcmp(setting->name, "provider") == 0 || strcmp(setting->name, "base-url") == 0) &&
           str_equal(value, str_of(setting->initial));
}

static int take_setting(struct run *run, const struct setting *setting, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct str value;
    int rc = vault_get_setting(run->vault, setting->name, &run->scratch, &value, err);
    if (!rc && value.ptr && !is_left_open(setting, value))
        rc = config_set(run->config, str_of(setting->name), value, FROM_RUN, err);
    arena_rewind(&run->scratch, start);
    return rc;
}

int pipeline_take_settings(struct run *run, struct err *err)
{
    size_t n;
    const struct setting *settings = config_settings(&n);
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++)
        if (is_kept(&settings[i]))
            rc = take_setting(run, &settings[i], err);
    return rc ? rc : run_open_facets(run, err);
}

int pipeline_take_retention(struct run *run, struct err *err)
{
    struct str value;
    int rc = vault_get_setting(run->vault, "keep-days", &run->scratch, &value, err);
    if (rc || !value.ptr || str_equal(value, STR_LIT("0")))
        return rc;
    return config_set(run->config, STR_LIT("keep-days"), value, FROM_RUN, err);
}
