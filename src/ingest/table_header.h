// SPDX-License-Identifier: Apache-2.0
// The first row of a table: which columns there are, and which of them what --map names, or what a
// conversation is known to be made of, stands in. Names are matched as they are spelled; where no
// column is spelled so, but for case (ASCII), blanks, '_' and '-', when exactly one fits.
#ifndef INGEST_TABLE_HEADER_H
#define INGEST_TABLE_HEADER_H

#include "ingest/reader.h"
#include "ingest/records.h"

struct table_header {
    struct str *columns; // by place; NULL: they are named 1, 2, 3 …
    size_t n_columns;
    struct field_map map; // the user's, with the columns as this file spells them
};

// Reads the first row of a table when it is a header; of any other stream the map is `own`. All
// lives in `a`. ERR_USAGE: a column that --map names is not there. ERR_DATA: no column has the
// text, or two have the name of one that is read.
int table_header_read(struct records *records, const struct field_map *own, struct str path,
                      struct arena *a, struct table_header *out, struct err *err) MUST_USE;

// The column of that name, or the path that begins with one, as the header spells it; what it
// lacks, and anything of a stream without a header, as it is.
struct str table_header_spell(const struct table_header *header, struct str path, struct arena *a);

// A row as a map from column to text; empty cells are left out. ERR_DATA when there are fewer cells
// than columns, or more and they are not empty, or the row has zero bytes.
int table_row(const struct record *row, char delimiter, const struct table_header *header,
              struct arena *a, struct value **out, struct err *err) MUST_USE;

#endif
