// SPDX-License-Identifier: Apache-2.0
#include "facet/facet_catalog.h"

static const struct facet catalog[N_FACETS] = {
    [FACET_REQUEST] = { "request", FACET_TEXT, "what the person wants",
                        "The user asks the assistant to", "facet_request", 28, true },
    [FACET_TASK] = { "task", FACET_TEXT, "the task as a short verb phrase", "", NULL, 0, false },
    [FACET_OPENING] = { "opening", FACET_TEXT,
                        "the request as the rule cuts it, beside a small model's answer", "", NULL,
                        0, false },
    [FACET_LANGUAGE] = { "language", FACET_LIST, "human language of the person's turns", "", NULL,
                         0, false },
    [FACET_CONCERN] = { "concern", FACET_SCALE, "safety concern, 1 (none) to 5 (severe)", "", NULL,
                        0, false },
    [FACET_TURNS] = { "turns", FACET_COUNT, "messages of the person and the assistant", "", NULL, 0,
                      false },
};

const struct facet *facet_catalog(enum facet_id id)
{
    return &catalog[id];
}
