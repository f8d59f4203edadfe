// SPDX-License-Identifier: Apache-2.0
// A remote model's answer: all facets of one conversation as one JSON object. Pure.
#ifndef FACET_FACET_JSON_H
#define FACET_FACET_JSON_H

#include "facet/facet_set.h"

// What a server that bounds answers is given; one that does not is told in the prompt.
extern const char facet_json_schema[];

// Takes request, task, language and concern out of the answer into the set. Accepts prose or a code
// fence around the object, more members than asked for, and a number written as text. NULL, or one
// of our words for why it cannot be used; the set is then as it was.
const char *facet_json_parse(struct str reply, struct arena *a, struct facet_set *set);

#endif
