// SPDX-License-Identifier: Apache-2.0
// Everything that is in an atlas, table by table as the file itself names them, so that nobody who
// must see all of it can forget a table. For the gate before a release (privacy/gate_column.h).
#ifndef STORE_ATLAS_ROWS_H
#define STORE_ATLAS_ROWS_H

#include "store/atlas.h"

#define ATLAS_MOST_COLUMNS 32
// What an audit makes once more beside atlas.db, for a moment, in the run's directory. One that was
// killed leaves it to the next command that opens the run.
#define ATLAS_AGAIN "atlas.db.again"

struct atlas_value { // of a column; what it holds both as text and as numbers
    bool is_null;
    struct str text; // as it stands there, unmended
    int64_t whole;
    double real;
};
// A table with the names of its columns; values: of one row, valid until the visit returns, NULL
// for the visit that comes before the first row, also where a table is empty.
struct atlas_any_row {
    const char *table;
    const char *const *columns;
    const struct atlas_value *values;
    size_t n_columns;
};
typedef int atlas_visit(void *context, const struct atlas_any_row *row, struct err *err);
// All tables by name, of all trees whichever is chosen, their rows in the order of the file. Stops
// with what `visit` returns when that is not 0. ERR_DATA: more columns than an atlas can have.
int atlas_visit_all(struct atlas *atlas, struct arena *a, atlas_visit *visit, void *context,
                    struct err *err) MUST_USE;
// A table of `made` whose rows are not, in their order, those of `other`; cluster_id: what the
// first row is of in which they differ, 0 where the table is of no clusters.
struct atlas_difference {
    const char *table;
    int64_t cluster_id;
};
// All such tables, in the arena, and how many rows `made` has. Tables that `other` alone has are
// left out (atlas_count_others).
int atlas_compare(struct atlas *made, struct atlas *other, struct arena *a,
                  struct atlas_difference **list, size_t *n, int64_t *n_rows,
                  struct err *err) MUST_USE;
// Whether tables, views and indexes are word for word those of atlas.sql: *n_others counts those
// that are not, and those that are missing.
int atlas_count_others(struct atlas *atlas, int64_t *n_others, struct err *err) MUST_USE;

#endif
