// SPDX-License-Identifier: Apache-2.0
// Shared by the reader and the writer of the atlas; private to store/.
#ifndef STORE_ATLAS_INT_H
#define STORE_ATLAS_INT_H

#include "base/arena.h"
#include "store/sql.h"

#define ATLAS_APPLICATION 1129072961 // 'CLIA', as in atlas.sql
#define ATLAS_VERSION 2              // the highest that is read: more than one tree; one tree has 1

struct atlas {
    struct sql *sql;
    bool has_trees; // more than one: queries then see views of the one that is chosen
    int64_t tree;   // its id
};

// A copy of a text column without control characters, in valid UTF-8: an atlas may be anybody's
// file, and what it says goes to terminals and pages. NULL stays an empty str.
struct str atlas_text(struct arena *a, struct sql_query *q, int i);
// Makes the views through which all queries see one tree (atlas_tree.c); for an atlas with several.
int atlas_show_tree(struct atlas *atlas, int64_t id, struct err *err) MUST_USE;

#endif
