// SPDX-License-Identifier: Apache-2.0
#include "pipeline/fingerprint.h"

#include "ask/prompt.h"
#include "base/file.h"
#include "base/yaml.h"
#include "pipeline/inputs.h"
#include "run/model_path.h"
#include "store/vault_past.h"

#include <errno.h>
#include <sys/stat.h>

// Hashing 100 MB of weights takes a moment, so the hash is kept in the vault beside path and state
// of the file, and is taken again when one of these is another.
static int add_file(struct run *run, struct digest *d, const char *path, struct err *err)
{
    char hex[DIGEST_HEX], state[FILE_STATE];
    struct arena *a = &run->scratch;
    struct str known;
    struct stat st;
    if (stat(path, &st) != 0)
        return err_set_errno(err, ERR_NO_INPUT, errno, "%s cannot be looked at", path);
    file_state(&st, state);
    struct str name = arena_printf(a, "digest of %s, %s", path, state);
    int rc = vault_get_setting(run->vault, name.ptr, a, &known, err);
    if (!rc && !known.ptr) {
        rc = file_digest(path, hex, err);
        known = str_of(hex);
        if (!rc)
            rc = vault_set_setting(run->vault, name.ptr, known, err);
    }
    if (!rc)
        digest_add(d, known);
    return rc;
}

// A run that grows has read what it was given: files may go or grow, and are not read again.
static int add_inputs(struct run *run, struct digest *d, const char *paths, struct err *err)
{
    struct str rest = str_of(paths), path;
    struct vault_batch batch;
    int rc = vault_get_batch(run->vault, &run->scratch, &batch, err);
    if (rc || batch.id) {
        digest_add(d, rest);
        return rc;
    }
    while (!rc && str_cut(&rest, '\n', &path))
        rc = inputs_fingerprint(run, d, path, err);
    return rc;
}

// A model that is not installed gives no fingerprint of its own: the stage that needs it says so
// when it runs, and `clio status` works without it.
static int add_model(struct run *run, struct digest *d, bool llm, struct err *err)
{
    struct str path;
    struct err missing = { 0 };
    int rc = llm ? model_path_llm(&run->scratch, run->config, &path, &missing)
                 : model_path_embedder(&run->scratch, run->config, &path, &missing);
    if (rc) {
        digest_add(d, STR_LIT("missing"));
        return 0;
    }
    if (llm)
        return file_exists(path.ptr) ? add_file(run, d, path.ptr, err) : 0;
    // Another vocabulary or another pooling gives other vectors of the same weights.
    static const char *const files[] = { "model.safetensors", "vocab.txt", "config.json",
                                         "sentence_bert_config.json", "1_Pooling/config.json" };
    for (size_t i = 0; !rc && i < COUNT_OF(files); i++) {
        struct str file = path_join(&run->scratch, path, files[i]);
        digest_add(d, str_of(files[i]));
        rc = file_exists(file.ptr) ? add_file(run, d, file.ptr, err) : 0;
    }
    return rc;
}

// What the catalogue says, wherever its file lies.
static int add_catalog(struct run *run, struct digest *d, const char *path, struct err *err)
{
    struct str text = STR_LIT("");
    int rc = *path ? file_read(&run->scratch, path, YAML_MOST_BYTES, &text, err) : 0;
    digest_add(d, str_of(facets_default()));
    digest_add(d, text);
    return rc;
}

// What a stage of an earlier version did not hold.
static bool is_rule(struct str name)
{
    return str_starts(name, STR_LIT("rule:"));
}

static int add_setting(struct run *run, struct digest *d, struct str name, struct err *err)
{
    static const struct str prompt = { "prompt:", 7 };
    char *key = arena_copy(&run->scratch, name);
    if (str_starts(name, prompt)) {
        digest_add(d, prompt_text(key + prompt.len));
        return 0;
    }
    if (is_rule(name)) {
        digest_add(d, name);
        return 0;
    }
    if (str_equal(name, STR_LIT("input")))
        return add_inputs(run, d, config_text(run->config, key), err);
    if (str_equal(name, STR_LIT("facets")))
        return add_catalog(run, d, config_text(run->config, key), err);
    if (str_equal(name, STR_LIT("cluster-facet"))) { // of the tree that is worked on
        digest_add(d, name);
        digest_add(d, str_of(run_facet(run)));
        return 0;
    }
    if (str_equal(name, STR_LIT("n-trees"))) { // among how many a budget is divided
        digest_add(d, arena_printf(&run->scratch, "%zu trees", run->n_trees));
        return 0;
    }
    if (str_equal(name, STR_LIT("dp"))) { // whether it is that mode; the others are alike
        if (run_is_dp(run))
            digest_add(d, name);
        return 0;
    }
    if (str_equal(name, STR_LIT("model")) && run_has_profile(run, "none"))
        return 0;
    if (str_equal(name, STR_LIT("model")) && !run_has_profile(run, "remote"))
        return add_model(run, d, true, err);
    if (str_equal(name, STR_LIT("embedder")) && !run_embeds_remote(run))
        return add_model(run, d, false, err);
    digest_add(d, name);
    digest_add(d, str_of(config_text(run->config, key)));
    if (str_equal(name, STR_LIT("model")) &&
        strcmp(config_text(run->config, "effort"), "default") != 0)
        digest_add(d, str_of(config_text(run->config, "effort")));
    return 0;
}

int fingerprint_with_rules(struct run *run, const struct stage *stage, const char *before,
                           size_t n_rules, char hex[DIGEST_HEX], bool *fewer, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    struct digest d;
    struct str rest = str_of(stage->settings), name;
    size_t i_rule = 0;
    int rc = 0;
    digest_init(&d);
    digest_add(&d, STR_LIT(CLIO_VERSION));
    digest_add(&d, str_of(stage->name));
    digest_add(&d, str_of(before));
    while (!rc && str_cut(&rest, ' ', &name))
        if (name.len && (!is_rule(name) || i_rule++ < n_rules))
            rc = add_setting(run, &d, name, err);
    *fewer = i_rule > n_rules;
    digest_hex(&d, hex);
    arena_rewind(&run->scratch, start);
    return rc;
}

int fingerprint_stage(struct run *run, const struct stage *stage, const char *before,
                      char hex[DIGEST_HEX], struct err *err)
{
    bool fewer;
    return fingerprint_with_rules(run, stage, before, SIZE_MAX, hex, &fewer, err);
}
