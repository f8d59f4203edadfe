// SPDX-License-Identifier: Apache-2.0
#include "privacy/label.h"

#include "privacy/release.h"
#include "run/model_path.h"

#include <math.h>

int label_number(struct label *label, const char *key, double value, struct err *err)
{
    struct clean clean;
    int rc = release_number(value, &label->run->scratch, &clean, err);
    return rc ? rc : atlas_add_info(label->w, key, clean, err);
}

int label_word(struct label *label, const char *key, const char *value, struct err *err)
{
    struct clean clean;
    int rc = release_setting(value, &label->run->scratch, &clean, err);
    return rc ? rc : atlas_add_info(label->w, key, clean, err);
}

int label_small(struct label *label, const char *key, double value, struct err *err)
{
    return label_word(label, key, arena_printf(&label->run->scratch, "%.6g", value).ptr, err);
}

// The file's name when it is a plain one, and no path in any case.
static struct clean model_name(struct run *run, struct str path)
{
    struct clean clean;
    struct err refused = { 0 };
    const char *name = arena_copy(&run->scratch, model_path_name(path));
    bool plain = path.len && release_setting(name, &run->scratch, &clean, &refused) == 0;
    if (!plain && release_setting("custom", &run->scratch, &clean, &refused) != 0)
        BUG("a plain word is refused");
    return clean;
}

struct clean label_model(struct run *run)
{
    struct err missing = { 0 };
    struct str path = STR_LIT("");
    if (run_has_profile(run, "remote"))
        path = str_of(config_text(run->config, "model"));
    else if (model_path_llm(&run->scratch, run->config, &path, &missing) != 0)
        path = STR_LIT("");
    return model_name(run, path);
}

struct clean label_embedder(struct run *run)
{
    struct err missing = { 0 };
    struct str path = STR_LIT("");
    if (run_embeds_remote(run))
        path = str_of(config_text(run->config, "embedder"));
    else if (model_path_embedder(&run->scratch, run->config, &path, &missing) != 0)
        path = STR_LIT("");
    return model_name(run, path);
}

static int add_models(struct label *label, struct err *err)
{
    int rc = 0;
    if (!run_has_profile(label->run, "none"))
        rc = atlas_add_info(label->w, "model", label_model(label->run), err);
    return rc ? rc : atlas_add_info(label->w, "embedder", label_embedder(label->run), err);
}

// What stood in this very run: bound and cap need accounts, and settings can turn two gates off.
static const char *gates_of(const struct config *config, const char *mode, bool has_accounts,
                            struct arena *a)
{
    bool dp = strcmp(mode, "dp") == 0, guarded = strcmp(mode, "guarded") == 0;
    bool bound = has_accounts && config_whole(config, "max-per-account") > 0;
    if (dp)
        return bound ? "bound.noise.selection.scanner" : "noise.selection.scanner";
    bool asked = strcmp(config_text(config, "profile"), "none") != 0;
    bool once = strcmp(config_text(config, "near-copies"), "once") == 0;
    return arena_printf(a, "scanner%s%s%s%s.floors.support.auditor.cells%s",
                        asked ? ".own-words" : "", guarded && bound ? ".bound" : "",
                        once ? ".near-copies" : "", guarded && has_accounts ? ".cap" : "",
                        guarded ? ".noise" : "")
        .ptr;
}

static int add_gates(struct label *label, const char *mode, bool has_accounts, int64_t n_audited,
                     struct err *err)
{
    struct run *run = label->run;
    const char *gates = gates_of(run->config, mode, has_accounts, &run->scratch);
    int rc = label_word(label, "unit", has_accounts ? "account" : "conversation", err);
    if (!rc)
        rc = label_word(label, "gates", gates, err);
    if (!rc)
        rc = label_number(label, "n_audited", (double)n_audited, err);
    // None of n texts was seen to leak: with 95 % confidence no larger share does.
    if (!rc && n_audited > 0)
        rc = label_small(label, "leak_bound_95", 1 - pow(0.05, 1 / (double)n_audited), err);
    return rc;
}

int label_write(struct label *label, bool has_accounts, int64_t n_audited, struct err *err)
{
    const struct config *config = label->run->config;
    const char *mode = config_text(config, "privacy");
    int rc = label_word(label, "profile", config_text(config, "profile"), err);
    if (!rc)
        rc = label_word(label, "privacy", mode, err);
    if (!rc && has_accounts && strcmp(mode, "local") != 0)
        rc = label_number(label, "max_per_account", (double)config_whole(config, "max-per-account"),
                          err);
    if (!rc)
        rc = label_word(label, "near_copies",
                        strcmp(mode, "dp") == 0 ? "all" : config_text(config, "near-copies"), err);
    if (!rc)
        rc = label_number(label, "keep_days", (double)config_whole(config, "keep-days"), err);
    if (!rc)
        rc = label_word(label, "version", CLIO_VERSION, err);
    if (!rc)
        rc = label_word(label, "has_accounts", has_accounts ? "yes" : "no", err);
    if (!rc)
        rc = label_number(label, "seed", (double)config_whole(config, "seed"), err);
    if (!rc)
        rc = label_number(label, "min_accounts", (double)config_whole(config, "min-accounts"), err);
    if (!rc)
        rc = label_number(label, "min_conversations",
                          (double)config_whole(config, "min-conversations"), err);
    if (!rc)
        rc = add_gates(label, mode, has_accounts, n_audited, err);
    return rc ? rc : add_models(label, err);
}
