// SPDX-License-Identifier: Apache-2.0
// A GGUF file as a model of llama.cpp, its weights in the form that this CPU multiplies fastest:
// converted once, kept in $XDG_CACHE_HOME/clio/models (docs/llm.md).
#ifndef LLM_GGUF_OPEN_H
#define LLM_GGUF_OPEN_H

#include "base/err.h"

struct llama_model;

// The file is hostile input: it is checked (gguf_check.h) before llama.cpp sees it. The model is
// the caller's, who frees it with llama_model_free. ERR_DATA when it is no model that generates
// text, ERR_NO_INPUT when it is not there.
int gguf_open(struct llama_model **model, const char *path, struct err *err) MUST_USE;

#endif
