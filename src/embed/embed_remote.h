// SPDX-License-Identifier: Apache-2.0
// Vectors by a server that speaks OpenAI's /v1/embeddings, through the same chain of budget, retry
// and provider as questions to a model (llm/llm_remote.h), many requests in flight. Each vector is
// kept in a file of the run by the digest of model and text, so a text is paid for once, and
// recorded vectors repeat a run.
#ifndef EMBED_EMBED_REMOTE_H
#define EMBED_EMBED_REMOTE_H

#include "embed/embedder.h"
#include "llm/llm_remote.h"

// `options`: the model's name is that of the embedder, `answers` the file of vectors; LLM_REPLAY:
// they come from that file alone. Says which host will receive text; asks
// once, with a word of our own, how long its vectors are. Errors are those of llm_remote.h;
// ERR_UNAVAILABLE when what comes are no vectors: not as many as texts, an index twice or missing,
// of different lengths, a number that is not finite, nothing but zeros. Vectors are scaled to unit
// length.
int embedder_open_remote(struct embedder **e, const struct llm_remote_options *options,
                         struct err *err) MUST_USE;

#endif
