// SPDX-License-Identifier: Apache-2.0
// A remote model's answer: the facets of one question as one JSON object. Pure.
#ifndef FACET_FACET_JSON_H
#define FACET_FACET_JSON_H

#include "facet/facet_question.h"

// Takes the question's facets out of the answer into the set. Accepts prose or a code fence around
// the object, more members than asked for, and a number written as text. NULL, or one of our words
// for why it cannot be used; the set is then as it was.
const char *facet_json_parse(struct str reply, const struct facet_list *list,
                             const struct facet_question *question, struct arena *a,
                             struct facet_set *set);

#endif
