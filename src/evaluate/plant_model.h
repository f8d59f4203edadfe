// SPDX-License-Identifier: Apache-2.0
// Planted corpora whose messages a model writes (prompts/plant.txt), one question each: what the
// grammar says in English goes in, a message in the language of the conversation is to come out.
// Nothing checks the language: `clio evaluate facets` scores it. What is no message, is another's
// or is the question itself is asked for again, and left out in the end.
#ifndef EVALUATE_PLANT_MODEL_H
#define EVALUATE_PLANT_MODEL_H

#include "base/err.h"
#include "run/run.h"

// Into `dir` as plant_files; `run` has the model and its answers. ERR_GAPS, ERR_BUDGET: the files
// are there, without as many conversations as the sentence says.
int plant_by_model(struct run *run, const char *dir, size_t n, uint64_t seed,
                   struct err *err) MUST_USE;

#endif
