// SPDX-License-Identifier: Apache-2.0
// One tree of an atlas with several (docs/atlas-format.md, docs/decisions/0013): temporary views of
// this connection, named as the tables that they stand before, show what is of the tree. So no
// query has to say which tree it means, and none can forget to.
#include "store/atlas.h"

#include "store/atlas_int.h"

#include <stdio.h>

#define MOST_STATEMENT 512

// The columns are those of the tables, so that a query sees no difference.
static int show(struct atlas *atlas, const char *table, const char *query, int64_t id,
                struct err *err)
{
    char statement[MOST_STATEMENT];
    int n = snprintf(statement, sizeof statement,
                     "DROP VIEW IF EXISTS temp.%s; CREATE TEMP VIEW %s AS ", table, table);
    assert(n > 0 && (size_t)n < sizeof statement);
    int m = snprintf(statement + n, sizeof statement - (size_t)n, "%s%lld", query, (long long)id);
    assert(m > 0 && (size_t)(n + m) < sizeof statement);
    return sql_exec(atlas->sql, statement, err);
}

static int show_cells(struct atlas *atlas, int64_t id, struct err *err)
{
    static const char *const tables[] = { "cluster_phrase", "cluster_facet", "cluster_period",
                                          "cluster_near", "cluster_measure" };
    char query[MOST_STATEMENT / 2];
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(tables); i++) {
        snprintf(query, sizeof query,
                 "SELECT t.* FROM main.%s t JOIN main.cluster c ON c.id = t.cluster_id "
                 "WHERE c.tree_id = ",
                 tables[i]);
        rc = show(atlas, tables[i], query, id, err);
    }
    return rc;
}

// An atlas made before runs with several trees could grow has no lineage, and no such column.
static int show_lineage(struct atlas *atlas, int64_t id, struct err *err)
{
    int64_t n = 0;
    int rc = sql_get_i64(atlas->sql,
                         "SELECT count(*) FROM pragma_table_info('lineage') WHERE name = 'tree_id'",
                         &n, err);
    return rc || !n
               ? rc
               : show(atlas, "lineage", "SELECT * FROM main.lineage WHERE tree_id = ", id, err);
}

int atlas_show_tree(struct atlas *atlas, int64_t id, struct err *err)
{
    sql_distrust(atlas->sql); // each tree is read anew
    int rc = show(atlas, "cluster", "SELECT * FROM main.cluster WHERE tree_id = ", id, err);
    if (!rc)
        rc = show(atlas, "density",
                  "SELECT i_x, i_y, weight FROM main.density WHERE tree_id = ", id, err);
    if (!rc)
        rc = show(atlas, "run_info",
                  "SELECT r.key, coalesce(t.value, r.value) AS value FROM main.run_info r "
                  "LEFT JOIN main.tree_info t ON t.key = r.key AND t.tree_id = ",
                  id, err);
    if (!rc)
        rc = show_cells(atlas, id, err);
    if (!rc)
        rc = show_lineage(atlas, id, err);
    if (!rc)
        atlas->tree = id;
    return rc;
}

// At most this many are looked at: an atlas may be anybody's file.
#define MOST_TREES 64

static const char facets[] = "SELECT 1, value FROM main.run_info WHERE key = 'clustered_facet' "
                             "UNION ALL SELECT tree_id, value FROM main.tree_info "
                             "WHERE key = 'clustered_facet' ORDER BY 1";

int atlas_trees(struct atlas *atlas, struct arena *a, struct atlas_tree **list, size_t *n,
                struct err *err)
{
    struct sql_query *q = NULL;
    bool row = false;
    *list = arena_zero_array(a, MOST_TREES, sizeof **list);
    *n = 0;
    int rc = sql_prepare(
        atlas->sql,
        atlas->has_trees ? facets : "SELECT 1, value FROM run_info WHERE key = 'clustered_facet'",
        &q, err);
    while (!rc && *n < MOST_TREES && !(rc = sql_step(q, &row, err)) && row)
        (*list)[(*n)++] = (struct atlas_tree){ sql_i64(q, 0), atlas_text(a, q, 1) };
    sql_finish(q);
    if (!rc && !*n)
        (*list)[(*n)++] = (struct atlas_tree){ 1, STR_LIT("") };
    return rc;
}

int atlas_choose_tree(struct atlas *atlas, struct str facet, struct err *err)
{
    struct arena a = { 0 };
    struct atlas_tree *list;
    struct str names = STR_LIT("");
    int64_t id = 0;
    size_t n;
    int rc = atlas_trees(atlas, &a, &list, &n, err);
    for (size_t i = 0; !rc && i < n; i++) {
        if (str_equal(list[i].facet, facet) && !id)
            id = list[i].id;
        names =
            arena_printf(&a, "%.*s%s%.*s", STR_ARG(names), i ? ", " : "", STR_ARG(list[i].facet));
    }
    if (!rc && !id)
        rc = err_set(err, ERR_USAGE, "the atlas has no tree of the facet \"%.*s\"; it has %.*s",
                     STR_ARG(str_head(facet, 40)), STR_ARG(str_head(names, 200)));
    if (!rc && atlas->has_trees && id != atlas->tree)
        rc = atlas_show_tree(atlas, id, err);
    arena_release(&a);
    return rc;
}

struct str atlas_tree_facet(struct atlas *atlas, struct arena *a)
{
    struct atlas_tree *list;
    struct err ignored = { 0 };
    size_t n = 0;
    int rc = atlas_trees(atlas, a, &list, &n, &ignored);
    for (size_t i = 0; !rc && i < n; i++)
        if (list[i].id == atlas->tree)
            return list[i].facet;
    return STR_LIT("");
}
