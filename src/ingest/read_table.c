// SPDX-License-Identifier: Apache-2.0
// Rows of CSV and TSV as maps, so that everything behind is the same as for JSON.
#include "base/utf8.h"
#include "ingest/reader.h"
#include "ingest/records.h"

static struct str column_name(const struct str *columns, size_t n_columns, size_t i,
                              struct arena *a)
{
    return n_columns ? columns[i] : arena_printf(a, "%zu", i + 1);
}

int table_row(const struct record *row, char delimiter, const struct str *columns, size_t n_columns,
              struct arena *a, struct value **out, struct err *err)
{
    struct str *cells = arena_array(a, LIMIT_COLUMNS, sizeof *cells);
    size_t n = records_split_row(row, delimiter, a, cells, LIMIT_COLUMNS);
    if (n > LIMIT_COLUMNS)
        return err_set(err, ERR_DATA, "a row has more than %zu cells", LIMIT_COLUMNS);
    if (n_columns && n != n_columns)
        return err_set(err, ERR_DATA, "the row has %zu cells, the header has %zu", n, n_columns);
    struct value *map = arena_zero(a, sizeof *map), **link = &map->first;
    map->kind = VALUE_MAP;
    for (size_t i = 0; i < n; i++) {
        if (!cells[i].len)
            continue;
        struct value *cell = arena_zero(a, sizeof *cell);
        cell->kind = VALUE_TEXT;
        cell->key = column_name(columns, n_columns, i, a);
        cell->text = utf8_repair(a, cells[i]);
        *link = cell;
        link = &cell->next;
        map->n++;
    }
    *out = map;
    return 0;
}
