// SPDX-License-Identifier: Apache-2.0
// Where tests find the real models, and the recorded data beside them.
#ifndef TESTS_EMBED_MODELS_H
#define TESTS_EMBED_MODELS_H

#include "base/file.h"
#include "base/json.h"
#include "run/model_path.h"

#include <stdio.h>

#define DATA_DIR "tests/unit/data/"

// Directory of the installed MiniLM, or of mpnet beside it; NULL and a word on stderr when it is
// not there: the set-up installs the first, and the second where it is wanted.
static inline const char *installed_model(struct arena *a, bool mpnet)
{
    struct config *config = NULL;
    struct err err = { 0 };
    struct str path = str_make(NULL, 0);
    int rc = config_open(&config, &err);
    if (!rc)
        rc = model_path_embedder(a, config, &path, &err);
    config_close(config);
    if (!rc && mpnet)
        path = arena_printf(a, "%.*s/../all-mpnet-base-v2", STR_ARG(path));
    if (rc || !file_exists(path_join(a, path, "model.safetensors").ptr)) {
        fprintf(stderr, "SKIPPED: %s is not installed here\n",
                mpnet ? "all-mpnet-base-v2" : "all-MiniLM-L6-v2");
        return NULL;
    }
    return arena_copy(a, path);
}

// A JSON file of tests/unit/data; the caller closes it.
static inline struct json *read_test_json(struct arena *a, const char *name)
{
    struct err err = { 0 };
    struct str text;
    struct json *root = NULL;
    int rc = file_read(a, path_join(a, str_of(DATA_DIR), name).ptr, (size_t)16 << 20, &text, &err);
    if (!rc)
        rc = json_open(&root, text, &err);
    if (rc)
        fprintf(stderr, "%s\n", err.text);
    return root;
}

#endif
