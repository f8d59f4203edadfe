// SPDX-License-Identifier: Apache-2.0
#include "run/model_path.h"

#include "base/file.h"

#include <stdlib.h>
#include <sys/stat.h>

// Puts the first place that has `name` in *path; false when none has.
static bool look(struct arena *a, const char *name, struct str *path)
{
    const char *own = getenv("CLIO_MODELS"), *data = getenv("XDG_DATA_HOME"),
               *home = getenv("HOME");
    struct str places[] = {
        own ? str_of(own) : str_make(NULL, 0),
        data && *data ? arena_printf(a, "%s/clio/models", data)
                      : arena_printf(a, "%s/.local/share/clio/models", home ? home : ""),
        STR_LIT("/usr/local/share/clio/models"),
        STR_LIT("/usr/share/clio/models"),
    };
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        if (!places[i].len)
            continue;
        *path = path_join(a, places[i], name);
        if (file_exists(path->ptr))
            return true;
    }
    return false;
}

// Where the programs of Hugging Face keep what they fetched.
static struct str shared_cache(struct arena *a)
{
    const char *hub = getenv("HF_HUB_CACHE"), *own = getenv("HF_HOME"),
               *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (hub && *hub)
        return arena_str(a, str_of(hub));
    if (own && *own)
        return arena_printf(a, "%s/hub", own);
    if (cache && *cache)
        return arena_printf(a, "%s/huggingface/hub", cache);
    return arena_printf(a, "%s/.cache/huggingface/hub", home ? home : "");
}

// The name of a revision, which becomes part of a path.
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!(s.ptr[i] >= '0' && s.ptr[i] <= '9') && !(s.ptr[i] >= 'a' && s.ptr[i] <= 'z'))
            return false;
    return s.len > 0;
}

// ORG/NAME or ORG/NAME/FILE: models--ORG--NAME/snapshots/REVISION, and the file in it. False when
// it is not there.
static bool look_in_cache(struct arena *a, struct str given, struct str *path)
{
    struct str cache = shared_cache(a), rest = given, organisation, name, revision;
    struct err none = { 0 };
    if (!str_cut(&rest, '/', &organisation) || !str_cut(&rest, '/', &name) || !organisation.len ||
        !name.len || *organisation.ptr == '.')
        return false;
    struct str model = arena_printf(a, "%.*s/models--%.*s--%.*s", STR_ARG(cache),
                                    STR_ARG(organisation), STR_ARG(name));
    if (file_read(a, path_join(a, model, "refs/main").ptr, 4096, &revision, &none))
        return false;
    revision = str_trim(revision);
    *path = arena_printf(a, "%.*s/snapshots/%.*s%s%.*s", STR_ARG(model), STR_ARG(revision),
                         rest.len ? "/" : "", STR_ARG(rest));
    return is_plain(revision) && file_exists(path->ptr);
}

static int resolve(struct arena *a, const struct config *config, const char *setting,
                   const char *name, struct str *path, struct err *err)
{
    const char *given = config_text(config, setting);
    if (*given) {
        *path = arena_str(a, str_of(given));
        if (file_exists(path->ptr) || look_in_cache(a, str_of(given), path))
            return 0;
        return err_set(err, ERR_CONFIG, "--%s %s is not there", setting, given);
    }
    if (look(a, name, path))
        return 0;
    return err_set(err, ERR_CONFIG,
                   "the model %s is not installed; run tools/setup, or name one with --%s%s", name,
                   setting, strcmp(setting, "model") == 0 ? ", or use --profile none" : "");
}

int model_path_llm(struct arena *a, const struct config *config, struct str *path, struct err *err)
{
    struct stat info;
    int rc = resolve(a, config, "model", "smollm2-135m-instruct-q4_1.gguf", path, err);
    if (!rc && file_is_dir(path->ptr))
        rc = err_set(err, ERR_CONFIG, "--model %s is a folder; name the GGUF file in it",
                     config_text(config, "model"));
    else if (!rc && (stat(path->ptr, &info) != 0 || !S_ISREG(info.st_mode))) // a pipe would hang
        rc = err_set(err, ERR_CONFIG, "--model %s is no file", config_text(config, "model"));
    return rc;
}

int model_path_embedder(struct arena *a, const struct config *config, struct str *path,
                        struct err *err)
{
    return resolve(a, config, "embedder", "all-minilm-l6-v2", path, err);
}

// The last part of a path, which is shortened by it.
static struct str cut_last(struct str *path)
{
    while (path->len > 1 && path->ptr[path->len - 1] == '/')
        path->len--;
    size_t at = path->len;
    while (at > 0 && path->ptr[at - 1] != '/')
        at--;
    struct str last = str_from(*path, at);
    path->len = at;
    return last;
}

struct str model_path_name(struct str path)
{
    struct str name = cut_last(&path), folder = cut_last(&path), model = cut_last(&path);
    if (!str_equal(folder, STR_LIT("snapshots")) || !str_starts(model, STR_LIT("models--")))
        return name;
    for (size_t i = model.len - 1; i > 1; i--)
        if (model.ptr[i - 1] == '-' && model.ptr[i - 2] == '-')
            return str_from(model, i);
    return name;
}
