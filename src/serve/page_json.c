// SPDX-License-Identifier: Apache-2.0
// The atlas as JSON for the page and for programs. Everything here was released into the atlas.
#include "serve/page.h"

#include "base/json.h"

#include <stdlib.h>

static int put_key(struct buf *out, const char *key, struct err *err)
{
    int rc = buf_add_char(out, '"', err);
    if (!rc)
        rc = buf_add(out, str_of(key), err);
    return rc ? rc : buf_add(out, STR_LIT("\":"), err);
}

static int put_i64(struct buf *out, const char *key, int64_t v, struct err *err)
{
    int rc = put_key(out, key, err);
    return rc ? rc : buf_add_i64(out, v, err);
}

static int put_f64(struct buf *out, const char *key, double v, struct err *err)
{
    int rc = put_key(out, key, err);
    return rc ? rc : json_put_number(out, v, err);
}

static int put_text(struct buf *out, const char *key, struct str s, bool there, struct err *err)
{
    int rc = put_key(out, key, err);
    if (rc)
        return rc;
    return there ? json_put_str(out, s, err) : buf_add(out, STR_LIT("null"), err);
}

static int put_comma(struct buf *out, size_t i, struct err *err)
{
    return i ? buf_add_char(out, ',', err) : 0;
}

static int put_run(struct atlas *atlas, struct arena *a, struct buf *out, struct err *err)
{
    struct atlas_info *info;
    size_t n = 0;
    int rc = atlas_run_info(atlas, a, &info, &n, err);
    if (!rc)
        rc = buf_add(out, STR_LIT("\"run\":{"), err);
    for (size_t i = 0; !rc && i < n; i++) {
        rc = put_comma(out, i, err);
        if (!rc)
            rc = json_put_str(out, info[i].key, err);
        if (!rc)
            rc = buf_add_char(out, ':', err);
        if (!rc)
            rc = json_put_str(out, info[i].value, err);
    }
    return rc ? rc : buf_add_char(out, '}', err);
}

// ["English",120,0.8]
static int put_cell(const struct atlas_facet *cell, struct buf *out, struct err *err)
{
    int rc = buf_add_char(out, '[', err);
    if (!rc)
        rc = json_put_str(out, cell->value, err);
    if (!rc)
        rc = buf_add_char(out, ',', err);
    if (!rc)
        rc = buf_add_i64(out, cell->n_conversations, err);
    if (!rc)
        rc = buf_add_char(out, ',', err);
    if (!rc)
        rc = json_put_number(out, cell->share, err);
    return rc ? rc : buf_add_char(out, ']', err);
}

// "facets":{"language":[["English",120,0.8],…],…}
static int put_facets(const struct atlas_facet *facets, size_t n, struct buf *out, struct err *err)
{
    int rc = buf_add(out, STR_LIT("\"facets\":{"), err);
    for (size_t i = 0; !rc && i < n; i++) {
        bool first = i == 0 || !str_equal(facets[i].facet, facets[i - 1].facet);
        if (first && i)
            rc = buf_add(out, STR_LIT("],"), err);
        else if (i)
            rc = buf_add_char(out, ',', err);
        if (!rc && first)
            rc = json_put_str(out, facets[i].facet, err);
        if (!rc && first)
            rc = buf_add(out, STR_LIT(":["), err);
        if (!rc)
            rc = put_cell(&facets[i], out, err);
    }
    if (!rc && n)
        rc = buf_add_char(out, ']', err);
    return rc ? rc : buf_add_char(out, '}', err);
}

// Rows of a whole table by cluster, and those of one cluster among them.
struct rows {
    struct atlas_row *list;
    size_t n;
};

static struct rows rows_of(const struct rows *all, int64_t cluster_id)
{
    size_t first = page_first_from(all->list, all->n, sizeof *all->list, cluster_id);
    struct rows some = { all->list + first, 0 };
    while (first + some.n < all->n && some.list[some.n].cluster_id == cluster_id)
        some.n++;
    return some;
}

static int put_phrases(struct rows rows, struct buf *out, struct err *err)
{
    int rc = buf_add(out, STR_LIT("\"phrases\":["), err);
    for (size_t i = 0; !rc && i < rows.n; i++) {
        rc = put_comma(out, i, err);
        if (!rc)
            rc = json_put_str(out, rows.list[i].a, err);
    }
    return rc ? rc : buf_add_char(out, ']', err);
}

static int put_cells(struct rows rows, struct arena *a, struct buf *out, struct err *err)
{
    struct arena_mark start = arena_save(a);
    struct atlas_facet *facets = arena_array(a, rows.n + 1, sizeof *facets);
    for (size_t i = 0; i < rows.n; i++) {
        const struct atlas_row *row = &rows.list[i];
        facets[i] = (struct atlas_facet){ row->a, row->b, row->n_conversations, row->share };
    }
    int rc = put_facets(facets, rows.n, out, err);
    arena_rewind(a, start);
    return rc;
}

static int put_place(const struct atlas_cluster *c, struct buf *out, struct err *err)
{
    if (!c->placed)
        return buf_add(out, STR_LIT("\"x\":null,\"y\":null"), err);
    int rc = put_f64(out, "x", c->x, err);
    if (!rc)
        rc = buf_add_char(out, ',', err);
    return rc ? rc : put_f64(out, "y", c->y, err);
}

// What every view of a cluster begins with: id, level, title, share, n_conversations.
static int put_head(const struct atlas_cluster *c, struct buf *out, struct err *err)
{
    int rc = buf_printf(out, err, "{\"id\":%lld,\"level\":%d,", (long long)c->id, c->level);
    if (!rc)
        rc = put_text(out, "title", c->title, !c->withheld, err);
    if (!rc)
        rc = buf_add_char(out, ',', err);
    if (!rc)
        rc = put_f64(out, "share", c->share, err);
    if (!rc)
        rc = buf_add_char(out, ',', err);
    return rc ? rc : put_i64(out, "n_conversations", c->n_conversations, err);
}

static int put_cluster(const struct atlas_cluster *c, const struct rows *phrases,
                       const struct rows *cells, struct arena *a, struct buf *out, struct err *err)
{
    int rc = put_head(c, out, err);
    if (!rc)
        rc = buf_printf(out, err, ",\"withheld\":%s,", c->withheld ? "true" : "false");
    if (!rc)
        rc = c->parent_id ? put_i64(out, "parent", c->parent_id, err)
                          : buf_add(out, STR_LIT("\"parent\":null"), err);
    if (!rc)
        rc = c->n_accounts >= 0 ? buf_printf(out, err, ",\"n_accounts\":%lld,",
                                             (long long)c->n_accounts)
                                : buf_add(out, STR_LIT(",\"n_accounts\":null,"), err);
    if (!rc)
        rc = put_text(out, "summary", c->summary, !c->withheld, err);
    if (!rc)
        rc = buf_add_char(out, ',', err);
    if (!rc)
        rc = put_place(c, out, err);
    if (!rc)
        rc = buf_add_char(out, ',', err);
    if (!rc)
        rc = put_phrases(rows_of(phrases, c->id), out, err);
    if (!rc)
        rc = buf_add_char(out, ',', err);
    if (!rc)
        rc = put_cells(rows_of(cells, c->id), a, out, err);
    return rc ? rc : buf_add_char(out, '}', err);
}

static int put_density(struct atlas *atlas, struct arena *a, struct buf *out, struct err *err)
{
    struct atlas_cell *cells;
    size_t n = 0;
    int rc = atlas_density(atlas, a, &cells, &n, err);
    if (!rc)
        rc = buf_add(out, STR_LIT("\"density\":["), err);
    for (size_t i = 0; !rc && i < n; i++)
        rc = buf_printf(out, err, "%s[%d,%d,%.4g]", i ? "," : "", cells[i].i_x, cells[i].i_y,
                        cells[i].weight);
    return rc ? rc : buf_add_char(out, ']', err);
}

static int put_clusters(struct atlas *atlas, struct arena *a, struct buf *out, struct err *err)
{
    struct atlas_cluster *list;
    struct rows phrases, cells;
    size_t n = 0;
    int rc = atlas_clusters(atlas, a, &list, &n, err);
    if (!rc)
        rc = atlas_rows(atlas, ATLAS_PHRASE_ROWS, a, &phrases.list, &phrases.n, err);
    if (!rc)
        rc = atlas_rows(atlas, ATLAS_DETAIL_ROWS, a, &cells.list, &cells.n, err);
    if (!rc)
        rc = buf_add(out, STR_LIT("\"clusters\":["), err);
    for (size_t i = 0; !rc && i < n; i++) {
        rc = put_comma(out, i, err);
        if (!rc)
            rc = put_cluster(&list[i], &phrases, &cells, a, out, err);
    }
    return rc ? rc : buf_add_char(out, ']', err);
}

int page_data(struct atlas *atlas, struct buf *out, struct err *err)
{
    struct arena a = { 0 };
    struct atlas_facet *facets;
    size_t n = 0;
    int rc = buf_add_char(out, '{', err);
    if (!rc)
        rc = put_run(atlas, &a, out, err);
    if (!rc)
        rc = buf_add_char(out, ',', err);
    if (!rc)
        rc = put_clusters(atlas, &a, out, err);
    if (!rc)
        rc = buf_add_char(out, ',', err);
    if (!rc)
        rc = atlas_corpus_facets(atlas, &a, &facets, &n, err);
    if (!rc)
        rc = put_facets(facets, n, out, err);
    if (!rc)
        rc = buf_add_char(out, ',', err);
    if (!rc)
        rc = put_density(atlas, &a, out, err);
    arena_release(&a);
    return rc ? rc : buf_add_char(out, '}', err);
}

// A cluster and where it stands in the list; sorted, the children of one parent lie together, in
// the order of the list.
struct child {
    int64_t parent_id;
    size_t i;
};

static int by_parent(const void *x, const void *y)
{
    const struct child *a = x, *b = y;
    if (a->parent_id != b->parent_id)
        return a->parent_id < b->parent_id ? -1 : 1;
    return (a->i > b->i) - (a->i < b->i);
}

// Depth is that of the tree, a handful of levels.
static int put_branch(const struct atlas_cluster *list, const struct child *children, size_t n,
                      int64_t parent, struct buf *out, struct err *err)
{
    size_t first = page_first_from(children, n, sizeof *children, parent);
    int rc = buf_add_char(out, '[', err);
    for (size_t i = first; !rc && i < n && children[i].parent_id == parent; i++) {
        const struct atlas_cluster *c = &list[children[i].i];
        rc = put_comma(out, i - first, err);
        if (!rc)
            rc = put_head(c, out, err);
        if (!rc)
            rc = buf_add(out, STR_LIT(",\"children\":"), err);
        if (!rc)
            rc = put_branch(list, children, n, c->id, out, err);
        if (!rc)
            rc = buf_add_char(out, '}', err);
    }
    return rc ? rc : buf_add_char(out, ']', err);
}

static int put_forest(const struct atlas_cluster *list, size_t n, struct arena *a, struct buf *out,
                      struct err *err)
{
    struct child *children = arena_array(a, n + 1, sizeof *children);
    for (size_t i = 0; i < n; i++)
        children[i] = (struct child){ list[i].parent_id, i };
    qsort(children, n, sizeof *children, by_parent);
    return put_branch(list, children, n, 0, out, err);
}

int page_tree_json(struct atlas *atlas, struct buf *out, struct err *err)
{
    struct arena a = { 0 };
    struct atlas_cluster *list;
    size_t n = 0;
    int rc = atlas_clusters(atlas, &a, &list, &n, err);
    if (!rc)
        rc = buf_add_char(out, '{', err);
    if (!rc)
        rc = put_run(atlas, &a, out, err);
    if (!rc)
        rc = buf_add(out, STR_LIT(",\"clusters\":"), err);
    if (!rc)
        rc = put_forest(list, n, &a, out, err);
    arena_release(&a);
    return rc ? rc : buf_add_char(out, '}', err);
}

int page_map_json(struct atlas *atlas, struct buf *out, struct err *err)
{
    struct arena a = { 0 };
    struct atlas_cluster *list;
    size_t n = 0, n_put = 0;
    int rc = atlas_clusters(atlas, &a, &list, &n, err);
    if (!rc)
        rc = buf_add(out, STR_LIT("{\"clusters\":["), err);
    for (size_t i = 0; !rc && i < n; i++) {
        if (!list[i].placed)
            continue;
        rc = put_comma(out, n_put++, err);
        if (!rc)
            rc = put_head(&list[i], out, err);
        if (!rc)
            rc = buf_add_char(out, ',', err);
        if (!rc)
            rc = put_place(&list[i], out, err);
        if (!rc)
            rc = buf_add_char(out, '}', err);
    }
    if (!rc)
        rc = buf_add(out, STR_LIT("],"), err);
    if (!rc)
        rc = put_density(atlas, &a, out, err);
    arena_release(&a);
    return rc ? rc : buf_add_char(out, '}', err);
}
