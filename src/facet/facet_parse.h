// SPDX-License-Identifier: Apache-2.0
// A model's answer -> a facet value. Answers are hostile input: they may hold anything that a
// conversation holds. Pure.
#ifndef FACET_FACET_PARSE_H
#define FACET_FACET_PARSE_H

#include "base/arena.h"
#include "run/facet_catalog.h"

// The value of a free-text facet: first line and first sentence, without the stem, quotes, tags and
// end marks; white space folded; loops cut off. `cut`: the answer had no end, so it goes back to
// its last whole word. NULL, or why there is no value: "empty", "short", "control", "refused"
// (static).
const char *facet_parse(const struct facet *facet, struct str reply, bool cut, struct arena *a,
                        struct str *value) MUST_USE;
// Two values that differ in case, punctuation and spaces only.
bool facet_same(struct str a, struct str b);

#endif
