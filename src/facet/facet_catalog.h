// SPDX-License-Identifier: Apache-2.0
// The facets, one row each: what is asked of every conversation (Clio paper, B.1 and table 7).
#ifndef FACET_FACET_CATALOG_H
#define FACET_FACET_CATALOG_H

#include "base/prelude.h"

enum facet_kind {
    FACET_TEXT,  // free text of one person's conversation
    FACET_LIST,  // a name out of a closed list
    FACET_SCALE, // 1 … 5
    FACET_COUNT, // counted by program
};
enum facet_id {
    FACET_REQUEST,
    FACET_TASK,
    FACET_OPENING,
    FACET_LANGUAGE,
    FACET_CONCERN,
    FACET_TURNS,
    N_FACETS
};

struct facet {
    const char *name;
    enum facet_kind kind;
    const char *summary;
    const char *stem;   // the beginning of a model's answer; not part of the value
    const char *prompt; // name of the file in prompts/, NULL = never asked of a model
    int max_tokens;     // of a model's answer
    bool clustered;     // its values are embedded and clustered; else a breakdown or an overlay
};

const struct facet *facet_catalog(enum facet_id id);

#endif
