// SPDX-License-Identifier: Apache-2.0
// Where the models are: what the setting names, else $CLIO_MODELS, else $XDG_DATA_HOME/clio/models
// (~/.local/share), else /usr/local/share/clio/models, else /usr/share/clio/models. A setting that
// is no path may be ORG/NAME or ORG/NAME/FILE of the cache that Hugging Face's programs share: its
// branch main, in $HF_HUB_CACHE, $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub or
// ~/.cache/huggingface/hub. Nothing is fetched.
#ifndef RUN_MODEL_PATH_H
#define RUN_MODEL_PATH_H

#include "run/config.h"

// ERR_CONFIG with the places looked at and what to do when nothing is there.
int model_path_llm(struct arena *a, const struct config *config, struct str *path,
                   struct err *err) MUST_USE;
int model_path_embedder(struct arena *a, const struct config *config, struct str *path,
                        struct err *err) MUST_USE;
// What a path is called: its file or folder; a revision in that cache by its model's name.
struct str model_path_name(struct str path);

#endif
