// SPDX-License-Identifier: Apache-2.0
#include "run/model_path.h"

#include "base/file.h"

#include <stdlib.h>

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

static int resolve(struct arena *a, const struct config *config, const char *setting,
                   const char *name, struct str *path, struct err *err)
{
    const char *given = config_text(config, setting);
    if (*given) {
        *path = arena_str(a, str_of(given));
        if (file_exists(path->ptr))
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
    return resolve(a, config, "model", "smollm2-135m-instruct-q4_1.gguf", path, err);
}

int model_path_embedder(struct arena *a, const struct config *config, struct str *path,
                        struct err *err)
{
    return resolve(a, config, "embedder", "all-minilm-l6-v2", path, err);
}
