// SPDX-License-Identifier: Apache-2.0
#include "store/atlas_rows.h"

#include "base/stop.h"
#include "store/atlas_int.h"
#include "store/schema.h"

#define MOST_TABLES 64

static int list_names(struct atlas *atlas, const char *text, const char *table, struct arena *a,
                      const char **names, size_t most, size_t *n, struct err *err)
{
    struct sql_query *q;
    bool row = false;
    *n = 0;
    int rc = sql_prepare(atlas->sql, text, &q, err);
    if (rc)
        return rc;
    if (table)
        sql_bind_str(q, 1, str_of(table));
    while (!(rc = sql_step(q, &row, err)) && row && *n < most)
        names[(*n)++] = sql_copy(a, q, 0).ptr;
    sql_finish(q);
    return !rc && row ? err_set(err, ERR_DATA,
                                "the atlas was not written by clio: it has more "
                                "tables or columns than any atlas")
                      : rc;
}

static void read_values(struct sql_query *q, size_t n, struct atlas_value *values)
{
    for (size_t i = 0; i < n; i++) {
        int column = (int)i;
        values[i] = (struct atlas_value){ .is_null = sql_is_null(q, column) };
        if (values[i].is_null)
            continue;
        values[i].whole = sql_i64(q, column); // numbers first: reading text may convert
        values[i].real = sql_f64(q, column);
        values[i].text = sql_str(q, column);
    }
}

static int visit_table(struct atlas *atlas, const char *table, struct arena *a, atlas_visit *visit,
                       void *context, struct err *err)
{
    const char *columns[ATLAS_MOST_COLUMNS];
    struct atlas_value values[ATLAS_MOST_COLUMNS] = { { 0 } };
    struct atlas_any_row one = { .table = table, .columns = columns };
    struct sql_query *q = NULL;
    bool row = false;
    int rc = list_names(atlas, "SELECT name FROM pragma_table_info(?1, 'main') ORDER BY cid", table,
                        a, columns, ATLAS_MOST_COLUMNS, &one.n_columns, err);
    if (!rc)
        rc = visit(context, &one, err);
    if (!rc && strchr(table, '"'))
        rc = err_set(err, ERR_DATA, "the atlas was not written by clio: a table has no plain name");
    if (!rc)
        rc = sql_prepare(atlas->sql, arena_printf(a, "SELECT * FROM main.\"%s\"", table).ptr, &q,
                         err);
    one.values = values;
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        read_values(q, one.n_columns, values);
        rc = visit(context, &one, err);
    }
    sql_finish(q);
    return rc ? rc : stop_check(err);
}

int atlas_visit_all(struct atlas *atlas, struct arena *a, atlas_visit *visit, void *context,
                    struct err *err)
{
    const char *tables[MOST_TABLES];
    size_t n;
    int rc =
        list_names(atlas, "SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY name",
                   NULL, a, tables, MOST_TABLES, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        rc = visit_table(atlas, tables[i], a, visit, context, err);
    return rc;
}

static bool is_same_real(double a, double b)
{
    uint64_t left, right;
    memcpy(&left, &a, sizeof left);
    memcpy(&right, &b, sizeof right);
    return left == right;
}

static bool are_same(const struct atlas_value *a, const struct atlas_value *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].is_null != b[i].is_null || a[i].whole != b[i].whole ||
            !is_same_real(a[i].real, b[i].real) || !str_equal(a[i].text, b[i].text))
            return false;
    return true;
}

// The column that names a cluster, SIZE_MAX: none does.
static size_t find_id(const char *table, const char *const *columns, size_t n)
{
    const char *name = strcmp(table, "cluster") == 0 ? "id" : "cluster_id";
    for (size_t i = 0; i < n; i++)
        if (strcmp(columns[i], name) == 0)
            return i;
    return SIZE_MAX;
}

// Steps through both; *differ is true at the first row that one of them does not have.
static int compare_rows(struct sql_query *made, struct sql_query *other, size_t n, size_t i_id,
                        int64_t *n_rows, bool *differ, int64_t *id, struct err *err)
{
    struct atlas_value left[ATLAS_MOST_COLUMNS] = { { 0 } }, right[ATLAS_MOST_COLUMNS] = { { 0 } };
    bool has_left = true, has_right = true;
    int rc = 0;
    while (!rc && !*differ && has_left) {
        rc = sql_step(made, &has_left, err);
        if (!rc)
            rc = sql_step(other, &has_right, err);
        if (rc)
            return rc;
        if (has_left)
            read_values(made, n, left);
        if (has_right)
            read_values(other, n, right);
        *n_rows += has_left;
        *differ = has_left != has_right || (has_left && !are_same(left, right, n));
    }
    if (!*differ || i_id == SIZE_MAX)
        return 0;
    *id = has_left ? left[i_id].whole : right[i_id].whole;
    if (has_left && has_right && right[i_id].whole < *id) // rows come in the order of clusters
        *id = right[i_id].whole;
    return 0;
}

static int compare_table(struct atlas *made, struct atlas *other, const char *table,
                         struct arena *a, int64_t *n_rows, bool *differ, int64_t *id,
                         struct err *err)
{
    static const char text[] = "SELECT name FROM pragma_table_info(?1, 'main') ORDER BY cid";
    const char *left[ATLAS_MOST_COLUMNS], *right[ATLAS_MOST_COLUMNS];
    struct sql_query *q = NULL, *r = NULL;
    size_t n = 0, n_right = 0;
    int rc = list_names(made, text, table, a, left, ATLAS_MOST_COLUMNS, &n, err);
    if (!rc)
        rc = list_names(other, text, table, a, right, ATLAS_MOST_COLUMNS, &n_right, err);
    *differ = n != n_right;
    *id = 0;
    for (size_t i = 0; !rc && !*differ && i < n; i++)
        *differ = strcmp(left[i], right[i]) != 0;
    if (rc || *differ)
        return rc;
    struct str rows = arena_printf(a, "SELECT * FROM main.\"%s\"", table);
    rc = sql_prepare(made->sql, rows.ptr, &q, err);
    if (!rc)
        rc = sql_prepare(other->sql, rows.ptr, &r, err);
    if (!rc)
        rc = compare_rows(q, r, n, find_id(table, left, n), n_rows, differ, id, err);
    sql_finish(q);
    sql_finish(r);
    return rc ? rc : stop_check(err);
}

int atlas_compare(struct atlas *made, struct atlas *other, struct arena *a,
                  struct atlas_difference **list, size_t *n, int64_t *n_rows, struct err *err)
{
    const char *tables[MOST_TABLES];
    size_t n_tables;
    *n = 0;
    *n_rows = 0;
    *list = arena_array(a, MOST_TABLES, sizeof **list);
    int rc =
        list_names(made, "SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY name",
                   NULL, a, tables, MOST_TABLES, &n_tables, err);
    for (size_t i = 0; !rc && i < n_tables; i++) {
        bool differ;
        int64_t id;
        rc = compare_table(made, other, tables[i], a, n_rows, &differ, &id, err);
        if (!rc && differ)
            (*list)[(*n)++] = (struct atlas_difference){ tables[i], id };
    }
    return rc;
}

// SQLite keeps a statement as it was written, comments and all, up to its semicolon.
int atlas_count_others(struct atlas *atlas, int64_t *n_others, struct err *err)
{
    struct str schema = str_of(schema_atlas());
    struct sql_query *q;
    bool row = false;
    int64_t n_ours = 0;
    *n_others = 0;
    int rc = sql_prepare(
        atlas->sql, "SELECT sql || ';' FROM main.sqlite_schema WHERE sql IS NOT NULL", &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        bool ours = str_find(schema, sql_str(q, 0), 0) != SIZE_MAX;
        n_ours += ours;
        *n_others += !ours;
    }
    sql_finish(q);
    for (size_t at = 0; (at = str_find(schema, STR_LIT("\nCREATE "), at)) != SIZE_MAX; at++)
        n_ours--;
    *n_others += n_ours < 0 ? -n_ours : n_ours;
    return rc;
}
