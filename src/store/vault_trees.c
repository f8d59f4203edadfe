// SPDX-License-Identifier: Apache-2.0
// Which set of tables is in place is a row of `setting`. Renaming a table takes its indexes and the
// references of the other tables with it; views would follow the table, too, and are made anew.
#include "store/vault_trees.h"

#include "store/sql.h"

#include <stdio.h>

#define IN_PLACE "tree in place"
#define MOST_NAME ((size_t)64)

// What the stages from embed to map write, with the record of the stages, and what a run that grows
// keeps of them. Who refers to another stands behind it.
static const char *const tables[] = {
    "stage_run",     "stage_note", "vector_block",     "subject",         "base_cluster",
    "member",        "filed",      "kept_cluster",     "placed",          "phrase",
    "description",   "node",       "node_phrase",      "node_word",       "identity",
    "verdict",       "position",   "density",          "clustered_batch", "past_cluster",
    "past_member",   "released",   "released_cluster", "released_word",   "released_cell",
    "released_cost",
};

static int64_t to_number(struct str text)
{
    int64_t n = 0;
    return text.ptr && str_to_i64(text, &n) && n > 0 ? n : 0;
}

static int get_in_place(struct vault *vault, struct arena *a, size_t *tree, struct err *err)
{
    struct str value;
    int rc = vault_get_setting(vault, IN_PLACE, a, &value, err);
    *tree = rc ? 0 : (size_t)to_number(value);
    return rc;
}

int vault_trees_count(struct vault *vault, size_t *n, struct err *err)
{
    int64_t parked = 0;
    int rc = sql_get_i64(vault_sql(vault),
                         "SELECT count(*) FROM sqlite_schema WHERE type = 'table' "
                         "AND name GLOB 'tree_[0-9]*_stage_run'",
                         &parked, err);
    *n = (size_t)parked + 1;
    return rc;
}

// All rows of the first column, in the arena.
static int read_texts(struct sql *db, const char *query, struct arena *a, struct str **list,
                      size_t *n, struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(db, query, &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = sql_copy(a, q, 0);
    }
    sql_finish(q);
    return rc;
}

// What the names of a set's tables begin with, the set in place ("") first.
static int read_prefixes(struct vault *vault, struct arena *a, struct str **list, size_t *n,
                         struct err *err)
{
    return read_texts(vault_sql(vault),
                      "SELECT '' UNION ALL SELECT substr(name, 1, length(name) - 9) FROM "
                      "sqlite_schema WHERE type = 'table' AND name GLOB 'tree_[0-9]*_stage_run' "
                      "ORDER BY 1",
                      a, list, n, err);
}

// The text with the prefix in place of each @.
static const char *for_set(const char *text, struct str prefix, struct arena *a)
{
    struct str rest = str_of(text), piece, whole = STR_LIT("");
    while (str_cut(&rest, '@', &piece))
        whole = arena_printf(a, "%.*s%.*s%.*s", STR_ARG(whole), STR_ARG(piece),
                             rest.ptr ? (int)prefix.len : 0, prefix.ptr);
    return whole.ptr;
}

int vault_trees_exec(struct vault *vault, const char *text, struct err *err)
{
    struct arena a = { 0 };
    struct str *prefixes;
    size_t n = 0;
    int rc = read_prefixes(vault, &a, &prefixes, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        rc = sql_exec(vault_sql(vault), for_set(text, prefixes[i], &a), err);
    arena_release(&a);
    return rc;
}

int vault_trees_most(struct vault *vault, const char *query, int64_t *most, struct err *err)
{
    struct arena a = { 0 };
    struct str *prefixes;
    size_t n = 0;
    int rc = read_prefixes(vault, &a, &prefixes, &n, err);
    *most = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        int64_t one = 0;
        rc = sql_get_i64(vault_sql(vault), for_set(query, prefixes[i], &a), &one, err);
        *most = one > *most ? one : *most;
    }
    arena_release(&a);
    return rc;
}

struct schema {
    struct str made[COUNT_OF(tables)]; // the statement that makes each table
    struct str *indexes, *views;       // with their names before them, and a space
    size_t n_indexes, n_views;
};

static int read_schema(struct sql *db, struct arena *a, struct schema *schema, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(tables); i++) {
        struct str *list;
        size_t n;
        rc = read_texts(
            db, arena_printf(a, "SELECT sql FROM sqlite_schema WHERE name = '%s'", tables[i]).ptr,
            a, &list, &n, err);
        if (!rc && n != 1)
            rc = err_set(err, ERR_DATA, "the vault lacks the table %s; run into a new directory",
                         tables[i]);
        if (!rc)
            schema->made[i] = list[0];
    }
    if (!rc)
        rc = read_texts(db,
                        "SELECT tbl_name || ' ' || substr(sql, instr(sql, ' ON ')) FROM "
                        "sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
                        a, &schema->indexes, &schema->n_indexes, err);
    return rc ? rc
              : read_texts(db,
                           "SELECT name || ' ' || sql FROM sqlite_schema WHERE type = 'view' "
                           "ORDER BY rowid",
                           a, &schema->views, &schema->n_views, err);
}

static int rename_set(struct sql *db, size_t tree, bool park, struct err *err)
{
    char statement[3 * MOST_NAME];
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(tables); i++) {
        if (park)
            snprintf(statement, sizeof statement, "ALTER TABLE %s RENAME TO tree_%zu_%s", tables[i],
                     tree + 1, tables[i]);
        else
            snprintf(statement, sizeof statement, "ALTER TABLE tree_%zu_%s RENAME TO %s", tree + 1,
                     tables[i], tables[i]);
        rc = sql_exec(db, statement, err);
    }
    return rc;
}

// A set that was parked before there were tables of its own for all that a tree writes gets those
// it lacks, empty.
static int complete_set(struct sql *db, const struct schema *schema, size_t tree, struct arena *a,
                        struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(tables); i++) {
        struct str parked = arena_printf(a, "tree_%zu_%s", tree + 1, tables[i]);
        int64_t n = 0;
        rc = sql_get_i64(db,
                         arena_printf(a,
                                      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' "
                                      "AND name = '%.*s'",
                                      STR_ARG(parked))
                             .ptr,
                         &n, err);
        if (!rc && !n) {
            rc = sql_exec(db, schema->made[i].ptr, err);
            if (!rc)
                rc = sql_exec(
                    db,
                    arena_printf(a, "ALTER TABLE %s RENAME TO %.*s", tables[i], STR_ARG(parked))
                        .ptr,
                    err);
        }
    }
    return rc;
}

static bool is_of_set(struct str table)
{
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        if (str_equal(table, str_of(tables[i])))
            return true;
    return false;
}

// The same tables once more, empty. Names of indexes are one for the whole file.
static int make_set(struct sql *db, const struct schema *schema, size_t tree, struct arena *a,
                    struct err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < COUNT_OF(tables); i++)
        rc = sql_exec(db, schema->made[i].ptr, err);
    for (size_t i = 0; !rc && i < schema->n_indexes; i++) {
        struct str rest = schema->indexes[i], table;
        if (!str_cut(&rest, ' ', &table) || !is_of_set(table))
            continue;
        rc = sql_exec(db,
                      arena_printf(a, "CREATE INDEX tree_%zu_%.*s_%zu %.*s", tree + 1,
                                   STR_ARG(table), i, STR_ARG(rest))
                          .ptr,
                      err);
    }
    return rc;
}

static int swap(struct vault *vault, size_t from, size_t to, struct arena *a, struct err *err)
{
    struct sql *db = vault_sql(vault);
    struct schema schema = { 0 };
    size_t n = 0;
    int rc = vault_trees_count(vault, &n, err);
    assert(rc || (to <= n && !(from && to))); // by way of the first; a new one is made like it
    if (!rc)
        rc = read_schema(db, a, &schema, err);
    for (size_t i = 0; !rc && i < schema.n_views; i++) {
        struct str rest = schema.views[i], name;
        str_cut(&rest, ' ', &name);
        rc = sql_exec(db, arena_printf(a, "DROP VIEW %.*s", STR_ARG(name)).ptr, err);
    }
    if (!rc)
        rc = rename_set(db, from, true, err);
    if (!rc && to < n)
        rc = complete_set(db, &schema, to, a, err);
    if (!rc)
        rc = to < n ? rename_set(db, to, false, err) : make_set(db, &schema, to, a, err);
    for (size_t i = 0; !rc && i < schema.n_views; i++) {
        struct str rest = schema.views[i], name;
        str_cut(&rest, ' ', &name);
        rc = sql_exec(db, arena_copy(a, rest), err);
    }
    return rc ? rc : vault_set_setting(vault, IN_PLACE, arena_printf(a, "%zu", to), err);
}

// The version says whether there are parked sets.
static int mark(struct vault *vault, struct err *err)
{
    char statement[MOST_NAME];
    int64_t version = 0;
    size_t n = 1;
    int rc = vault_trees_count(vault, &n, err);
    if (!rc)
        rc = sql_get_i64(vault_sql(vault), "PRAGMA user_version", &version, err);
    version = version % VAULT_MORE_TREES + (n > 1 ? VAULT_MORE_TREES : 0);
    snprintf(statement, sizeof statement, "PRAGMA user_version = %lld", (long long)version);
    return rc ? rc : sql_exec(vault_sql(vault), statement, err);
}

static int in_transaction(struct vault *vault, int rc, struct err *err)
{
    if (!rc)
        rc = mark(vault, err);
    if (!rc)
        rc = vault_commit(vault, err);
    if (rc)
        vault_rollback(vault);
    return rc;
}

int vault_trees_choose(struct vault *vault, size_t tree, struct err *err)
{
    struct arena a = { 0 };
    size_t now = 0;
    int rc = get_in_place(vault, &a, &now, err);
    if (!rc && now != tree) {
        rc = vault_begin(vault, err);
        if (!rc && now)
            rc = swap(vault, now, 0, &a, err);
        if (!rc && tree)
            rc = swap(vault, 0, tree, &a, err);
        rc = in_transaction(vault, rc, err);
    }
    arena_release(&a);
    return rc;
}

int vault_trees_drop(struct vault *vault, size_t n, struct err *err)
{
    char statement[2 * MOST_NAME];
    size_t n_now = 0;
    int rc = vault_trees_count(vault, &n_now, err);
    if (rc || n_now <= n)
        return rc;
    rc = vault_begin(vault, err);
    if (!rc)
        rc = sql_exec(vault_sql(vault), "PRAGMA defer_foreign_keys = ON", err);
    for (size_t tree = n_now; tree-- > n;)
        for (size_t i = COUNT_OF(tables); !rc && i-- > 0;) {
            snprintf(statement, sizeof statement, "DROP TABLE IF EXISTS tree_%zu_%s", tree + 1,
                     tables[i]);
            rc = sql_exec(vault_sql(vault), statement, err);
        }
    return in_transaction(vault, rc, err);
}

int vault_trees_number(struct vault *vault, int64_t before, int64_t *last, struct err *err)
{
    struct sql *db = vault_sql(vault);
    struct sql_query *q;
    int rc = vault_begin(vault, err);
    if (!rc)
        rc = sql_exec(db, "DELETE FROM identity", err);
    if (!rc)
        rc = sql_prepare(db,
                         "INSERT INTO identity SELECT id, ?1 + row_number() OVER "
                         "(ORDER BY level DESC, n_conversations DESC, id) FROM node",
                         &q, err);
    if (!rc) {
        sql_bind_i64(q, 1, before);
        rc = sql_run(q, err);
    }
    if (!rc)
        rc = sql_get_i64(db, "SELECT max(atlas_id) FROM identity", last, err);
    if (!rc)
        rc = vault_commit(vault, err);
    if (rc)
        vault_rollback(vault);
    *last = *last > before ? *last : before;
    return rc;
}
