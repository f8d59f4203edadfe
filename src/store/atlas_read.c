// SPDX-License-Identifier: Apache-2.0
// Reading an atlas: one file, read-only, no lock and no file beside it.
#include "store/atlas.h"

#include "base/utf8.h"
#include "store/atlas_int.h"

#include <stdlib.h>

struct str atlas_text(struct arena *a, struct sql_query *q, int i)
{
    if (sql_is_null(q, i))
        return str_make(NULL, 0);
    struct str text = utf8_repair(a, sql_str(q, i));
    char *out = arena_array(a, text.len + 1, 1);
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = utf8_next(text, &at);
        len += utf8_put(c < 0x20 || (c >= 0x7F && c < 0xA0) ? ' ' : c, out + len);
    }
    out[len] = 0;
    return str_make(out, len);
}

// What is read by its name is a table, and what is read of it stands in the file: a view may work
// without end, and so may a column that is computed when it is read. A value that stands for many
// rows is short.
static int check_schema(struct atlas *atlas, const char *path, struct err *err)
{
    int64_t n_others = 0;
    int rc = sql_get_i64(atlas->sql,
                         "SELECT (SELECT count(*) FROM sqlite_schema WHERE type NOT IN ('table', "
                         "'index') AND name NOT IN ('tree', 'top_uses', 'languages')) + "
                         "(SELECT count(*) FROM pragma_table_list WHERE type IN ('virtual', "
                         "'shadow')) + (SELECT count(*) FROM sqlite_schema s, "
                         "pragma_table_xinfo(s.name) c WHERE s.type = 'table' AND "
                         "(c.hidden <> 0 OR length(c.dflt_value) > 8))",
                         &n_others, err);
    if (rc || !n_others)
        return rc;
    return err_set(err, ERR_DATA,
                   "%s was not written by clio: it has views, triggers, virtual tables or computed "
                   "columns that no atlas has; ask for a new copy",
                   path);
}

static int check_kind(struct atlas *atlas, const char *path, struct err *err)
{
    struct sql_kind kind;
    int rc = sql_read_kind(atlas->sql, NULL, &kind, err);
    if (rc)
        return rc;
    if (kind.application != ATLAS_APPLICATION)
        return err_set(err, ERR_DATA, "%s is no atlas of clio; name the atlas.db of a run", path);
    if (kind.version > ATLAS_VERSION)
        return err_set(err, ERR_CONFIG,
                       "%s was made by a newer clio (atlas version %lld, this program reads up to "
                       "%d); install that version",
                       path, (long long)kind.version, ATLAS_VERSION);
    rc = check_schema(atlas, path, err);
    if (rc)
        return rc;
    atlas->has_trees = kind.version > 1;
    atlas->tree = 1;
    return atlas->has_trees ? atlas_show_tree(atlas, 1, err) : 0;
}

int atlas_open(struct atlas **out, const char *path, struct err *err)
{
    struct atlas *atlas = calloc(1, sizeof *atlas);
    if (!atlas)
        return err_set(err, ERR_TRY_AGAIN, "out of memory");
    int rc = sql_open(&atlas->sql, path, SQL_READ_ONLY, err);
    if (!rc)
        sql_distrust(atlas->sql);
    if (!rc)
        rc = check_kind(atlas, path, err);
    if (rc) {
        atlas_close(atlas);
        return rc;
    }
    *out = atlas;
    return 0;
}

void atlas_close(struct atlas *atlas)
{
    if (!atlas)
        return;
    sql_close(atlas->sql);
    free(atlas);
}

#define MOST_LEVELS 64

static int by_id(const void *x, const void *y)
{
    const struct atlas_cluster *a = x, *b = y;
    return (a->id > b->id) - (a->id < b->id);
}

// An atlas may be anybody's file. Whatever walks down the tree ends because numbers begin with 1,
// no two are alike and a parent lies higher than its children. Cost: one sort of a copy.
static int check_tree(const struct atlas_cluster *list, size_t n, struct arena *a, struct err *err)
{
    struct arena_mark start = arena_save(a);
    struct atlas_cluster *sorted = arena_array(a, n + 1, sizeof *sorted);
    const struct atlas_cluster *bad = NULL;
    if (n)
        memcpy(sorted, list, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_id);
    for (size_t i = 0; i < n && !bad; i++) {
        const struct atlas_cluster *c = &list[i], wanted = { .id = c->parent_id };
        const struct atlas_cluster *parent =
            c->parent_id ? bsearch(&wanted, sorted, n, sizeof *sorted, by_id) : NULL;
        if (c->id <= 0 || c->level < 0 || c->level >= MOST_LEVELS ||
            (parent && parent->level <= c->level) || (i > 0 && sorted[i - 1].id == sorted[i].id))
            bad = c;
    }
    arena_rewind(a, start);
    return bad ? err_set(err, ERR_DATA,
                         "the atlas was not written by clio: its cluster %lld is no part of a tree",
                         (long long)bad->id)
               : 0;
}

int atlas_clusters(struct atlas *atlas, struct arena *a, struct atlas_cluster **list, size_t *n,
                   struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(atlas->sql,
                         "SELECT id, parent_id, level, withheld, title, summary, n_conversations, "
                         "n_accounts, share, x, y FROM cluster "
                         "ORDER BY level DESC, n_conversations DESC, id",
                         &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct atlas_cluster){
            .id = sql_i64(q, 0),
            .parent_id = sql_i64(q, 1),
            .level = (int)sql_i64(q, 2),
            .withheld = sql_i64(q, 3) != 0,
            .title = atlas_text(a, q, 4),
            .summary = atlas_text(a, q, 5),
            .n_conversations = sql_i64(q, 6),
            .n_accounts = sql_is_null(q, 7) ? -1 : sql_i64(q, 7),
            .share = sql_f64(q, 8),
            .placed = !sql_is_null(q, 9) && !sql_is_null(q, 10),
            .x = sql_f64(q, 9),
            .y = sql_f64(q, 10),
        };
    }
    sql_finish(q);
    return rc ? rc : check_tree(*list, *n, a, err);
}

void atlas_sort_by_id(struct atlas_cluster *list, size_t n)
{
    if (n)
        qsort(list, n, sizeof *list, by_id);
}

static int read_facets(struct sql_query *q, struct arena *a, struct atlas_facet **list, size_t *n,
                       struct err *err)
{
    size_t room = 0;
    bool row = false;
    int rc = 0;
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct atlas_facet){ .facet = atlas_text(a, q, 0),
                                                .value = atlas_text(a, q, 1),
                                                .n_conversations = sql_i64(q, 2),
                                                .share = sql_f64(q, 3) };
    }
    sql_finish(q);
    return rc;
}

int atlas_cluster_facets(struct atlas *atlas, int64_t cluster_id, struct arena *a,
                         struct atlas_facet **list, size_t *n, struct err *err)
{
    struct sql_query *q;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(atlas->sql,
                         "SELECT facet, value, n_conversations, share FROM cluster_facet WHERE "
                         "cluster_id = ?1 ORDER BY facet, n_conversations DESC, value",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, cluster_id);
    return read_facets(q, a, list, n, err);
}

int atlas_corpus_facets(struct atlas *atlas, struct arena *a, struct atlas_facet **list, size_t *n,
                        struct err *err)
{
    struct sql_query *q;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(atlas->sql,
                         "SELECT facet, value, n_conversations, share FROM corpus_facet "
                         "ORDER BY facet, n_conversations DESC, value",
                         &q, err);
    return rc ? rc : read_facets(q, a, list, n, err);
}

int atlas_cluster_phrases(struct atlas *atlas, int64_t cluster_id, struct arena *a,
                          struct str **list, size_t *n, struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(atlas->sql,
                         "SELECT phrase FROM cluster_phrase WHERE cluster_id = ?1 ORDER BY rank",
                         &q, err);
    if (rc)
        return rc;
    sql_bind_i64(q, 1, cluster_id);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = atlas_text(a, q, 0);
    }
    sql_finish(q);
    return rc;
}

int atlas_density(struct atlas *atlas, struct arena *a, struct atlas_cell **list, size_t *n,
                  struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc =
        sql_prepare(atlas->sql, "SELECT i_x, i_y, weight FROM density ORDER BY i_x, i_y", &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] = (struct atlas_cell){ .i_x = (int)sql_i64(q, 0),
                                               .i_y = (int)sql_i64(q, 1),
                                               .weight = sql_f64(q, 2) };
    }
    sql_finish(q);
    return rc;
}

int atlas_run_info(struct atlas *atlas, struct arena *a, struct atlas_info **list, size_t *n,
                   struct err *err)
{
    struct sql_query *q;
    size_t room = 0;
    bool row = false;
    *list = NULL;
    *n = 0;
    int rc = sql_prepare(atlas->sql, "SELECT key, value FROM run_info ORDER BY key", &q, err);
    while (!rc && !(rc = sql_step(q, &row, err)) && row) {
        *list = arena_room(a, *list, *n, &room, sizeof **list);
        (*list)[(*n)++] =
            (struct atlas_info){ .key = atlas_text(a, q, 0), .value = atlas_text(a, q, 1) };
    }
    sql_finish(q);
    return rc;
}
