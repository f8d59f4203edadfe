// SPDX-License-Identifier: Apache-2.0
// A GGUF file looked at before llama.cpp sees it: such files come from anywhere, and the loader
// behind may abort the program on a wrong one. Checked: magic, version 2 or 3, every key, array and
// tensor within the file, sums that do not overflow, alignment, tensor types and shapes, and that
// keys and values of what is read at once fit in memory: each number may be plausible and their
// product hundreds of gigabytes. The tensor data itself is only numbers. Format: ggml's gguf.md.
#ifndef LLM_GGUF_CHECK_H
#define LLM_GGUF_CHECK_H

#include "base/err.h"
#include "base/text.h"

// Tokens that a thread reads at once at the least: 16 conversations of 512.
#define GGUF_TOKENS 8192
// `memory`: bytes that keys and values of GGUF_TOKENS may take. `name` is for the sentence.
// ERR_DATA says what is wrong and at which byte.
int gguf_check(struct str content, double memory, const char *name, struct err *err) MUST_USE;
// Opens the file at `path` and checks it, with the memory of this machine.
int gguf_check_file(const char *path, struct err *err) MUST_USE;

#endif
