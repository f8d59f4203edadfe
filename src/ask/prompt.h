// SPDX-License-Identifier: Apache-2.0
// Prompts are files in prompts/, prose with {places}. Everything before the first place is the same
// for all requests and goes first, so that a provider can compute it once. What is put into a place
// is never looked at for places again, and text of conversations goes through prompt_fence: one
// line, no tag of its own, so it cannot end the element that marks it as data.
#ifndef ASK_PROMPT_H
#define ASK_PROMPT_H

#include "base/arena.h"

// The file prompts/<name>.txt as it was at build time. A name that is not there is a fault of ours.
struct str prompt_text(const char *name);

struct prompt {
    struct str prefix; // up to the first place
    struct str body;   // from there to the end
};
struct prompt_value {
    const char *place; // without braces
    struct str text;
};
struct prompt prompt_of(const char *name);
// The body with its places filled, in the arena. A place without a value is a fault of ours.
struct str prompt_fill(const struct prompt *prompt, const struct prompt_value *values, size_t n,
                       struct arena *a);

// A text as data: control characters and runs of white space become one space, < and > become
// ‹ and ›, at most max_bytes. In the arena.
struct str prompt_fence(struct str text, size_t max_bytes, struct arena *a);

// What stands between <tag> and </tag> in a reply, the last such pair, trimmed; ptr NULL when there
// is none.
struct str prompt_answer(struct str reply, const char *tag);
// Lines of a list without their numbers and bullets, empty ones left out; at most `most`. Borrowed.
size_t prompt_list(struct str text, struct str *lines, size_t most);

#endif
