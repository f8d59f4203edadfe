// SPDX-License-Identifier: Apache-2.0
// The façade of an atlas: reading it, comparing two, writing one into a file.
#include "clio_int.h"

#include "base/file.h"
#include "evaluate/diff.h"
#include "serve/serve.h"
#include "store/atlas.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct clio_atlas {
    struct arena arena;
    struct atlas *atlas;
    struct clio_cluster *clusters;
    size_t n_clusters;
    struct atlas_info *info;
    size_t n_info;
    const char **trees; // NULL: not asked for yet
    size_t n_trees;
};

struct str facade_atlas_path(struct arena *a, const char *path)
{
    return file_is_dir(path) ? path_join(a, str_of(path), "atlas.db") : arena_str(a, str_of(path));
}

int facade_has_atlas(const char *path, struct err *err)
{
    struct arena a = { 0 };
    int rc = 0;
    if (!file_is_dir(path) || file_exists(facade_atlas_path(&a, path).ptr))
        rc = 0;
    else if (file_exists(path_join(&a, str_of(path), "vault.db").ptr))
        rc = err_set(err, ERR_NO_INPUT,
                     "%.200s holds no atlas.db: its run is not done; `clio run --out %.200s` goes "
                     "on with it",
                     path, path);
    else
        rc = err_set(err, ERR_NO_INPUT,
                     "%.200s holds no atlas.db, so it is no run directory; name one that `clio run "
                     "FILE --out DIR` made",
                     path);
    arena_release(&a);
    return rc;
}

static int open_at(struct atlas **atlas, struct arena *a, const char *path, struct err *err)
{
    int rc = facade_has_atlas(path, err);
    return rc ? rc : atlas_open(atlas, facade_atlas_path(a, path).ptr, err);
}

static const char *text_of(struct clio_atlas *atlas, struct str s)
{
    return arena_copy(&atlas->arena, s);
}

static int load_facets(struct clio_atlas *atlas, struct clio_cluster *to, struct err *err)
{
    struct atlas_facet *facets;
    size_t n;
    int rc = atlas_cluster_facets(atlas->atlas, to->id, &atlas->arena, &facets, &n, err);
    if (rc)
        return rc;
    struct clio_facet *list = arena_array(&atlas->arena, n, sizeof *list);
    for (size_t i = 0; i < n; i++)
        list[i] =
            (struct clio_facet){ text_of(atlas, facets[i].facet), text_of(atlas, facets[i].value),
                                 facets[i].n_conversations, facets[i].share };
    to->facets = list;
    to->n_facets = n;
    return 0;
}

static int load_clusters(struct clio_atlas *atlas, struct err *err)
{
    struct atlas_cluster *list;
    int rc = atlas_clusters(atlas->atlas, &atlas->arena, &list, &atlas->n_clusters, err);
    if (rc)
        return rc;
    atlas->clusters = arena_array(&atlas->arena, atlas->n_clusters, sizeof *atlas->clusters);
    for (size_t i = 0; !rc && i < atlas->n_clusters; i++) {
        const struct atlas_cluster *c = &list[i];
        atlas->clusters[i] = (struct clio_cluster){ c->id,
                                                    c->parent_id,
                                                    c->level,
                                                    c->withheld,
                                                    text_of(atlas, c->title),
                                                    text_of(atlas, c->summary),
                                                    c->n_conversations,
                                                    c->n_accounts,
                                                    c->share,
                                                    c->placed ? c->x : (double)NAN,
                                                    c->placed ? c->y : (double)NAN,
                                                    NULL,
                                                    0 };
        rc = load_facets(atlas, &atlas->clusters[i], err);
    }
    return rc;
}

static int load_tree(struct clio_atlas *atlas, struct err *err)
{
    int rc = atlas_run_info(atlas->atlas, &atlas->arena, &atlas->info, &atlas->n_info, err);
    return rc ? rc : load_clusters(atlas, err);
}

int clio_atlas_open(struct clio_atlas **out, const char *path, struct clio_error *error)
{
    struct err err = { 0 };
    struct clio_atlas *atlas = calloc(1, sizeof *atlas);
    int rc = atlas ? 0 : err_set(&err, ERR_TRY_AGAIN, "out of memory");
    if (!rc)
        rc = open_at(&atlas->atlas, &atlas->arena, path, &err);
    if (!rc)
        rc = load_tree(atlas, &err);
    if (rc) {
        clio_atlas_close(atlas);
        return facade_give(&err, error);
    }
    *out = atlas;
    return 0;
}

void clio_atlas_close(struct clio_atlas *atlas)
{
    if (!atlas)
        return;
    atlas_close(atlas->atlas);
    arena_release(&atlas->arena);
    free(atlas);
}

int clio_atlas_trees(struct clio_atlas *atlas, const char *const **facets, size_t *n,
                     struct clio_error *error)
{
    struct err err = { 0 };
    struct atlas_tree *list;
    int rc =
        atlas->trees ? 0 : atlas_trees(atlas->atlas, &atlas->arena, &list, &atlas->n_trees, &err);
    if (!rc && !atlas->trees) {
        atlas->trees = arena_array(&atlas->arena, atlas->n_trees, sizeof *atlas->trees);
        for (size_t i = 0; i < atlas->n_trees; i++)
            atlas->trees[i] = text_of(atlas, list[i].facet);
    }
    *facets = atlas->trees;
    *n = atlas->n_trees;
    return rc ? facade_give(&err, error) : 0;
}

int clio_atlas_choose_tree(struct clio_atlas *atlas, const char *facet, struct clio_error *error)
{
    struct err err = { 0 };
    int rc = atlas_choose_tree(atlas->atlas, str_of(facet), &err);
    if (!rc)
        rc = load_tree(atlas, &err);
    return rc ? facade_give(&err, error) : 0;
}

int clio_atlas_clusters(struct clio_atlas *atlas, const struct clio_cluster **list, size_t *n,
                        struct clio_error *error)
{
    (void)error;
    *list = atlas->clusters;
    *n = atlas->n_clusters;
    return 0;
}

const char *clio_atlas_info(struct clio_atlas *atlas, const char *key)
{
    for (size_t i = 0; i < atlas->n_info; i++)
        if (str_equal(atlas->info[i].key, str_of(key)))
            return text_of(atlas, atlas->info[i].value);
    return NULL;
}

bool clio_atlas_info_at(struct clio_atlas *atlas, const char *start, size_t i, const char **rest,
                        const char **value)
{
    for (size_t at = 0; at < atlas->n_info; at++)
        if (str_starts(atlas->info[at].key, str_of(start)) && i-- == 0) {
            *rest = text_of(atlas, atlas->info[at].key) + strlen(start);
            *value = text_of(atlas, atlas->info[at].value);
            return true;
        }
    return false;
}

#define MOST_OUTPUT ((size_t)1 << 31)

int clio_diff(struct clio *session, const char *before, const char *after, const char *of,
              FILE *out, struct clio_error *error)
{
    struct err err = { 0 };
    struct arena a = { 0 };
    struct atlas *sides[2] = { NULL, NULL };
    struct buf text;
    buf_init(&text, MOST_OUTPUT, "comparison");
    int rc = open_at(&sides[0], &a, before, &err);
    if (!rc)
        rc = open_at(&sides[1], &a, after, &err);
    if (!rc)
        rc = evaluate_diff(sides[0], sides[1], of, config_on(session->config, "json"), &text, &err);
    if (!rc)
        fwrite(buf_view(&text).ptr, 1, text.len, out);
    buf_release(&text);
    atlas_close(sides[0]);
    atlas_close(sides[1]);
    arena_release(&a);
    return rc ? facade_give(&err, error) : 0;
}

int clio_atlas_export_json(struct clio_atlas *atlas, FILE *out, struct clio_error *error)
{
    struct err err = { 0 };
    struct buf text;
    buf_init(&text, MOST_OUTPUT, "export");
    int rc = atlas_export_json(atlas->atlas, &text, &err);
    if (!rc && (fwrite(buf_view(&text).ptr, 1, text.len, out) != text.len || fflush(out) != 0))
        rc = err_set_errno(&err, ERR_IO, errno, "the export cannot be written");
    buf_release(&text);
    return rc ? facade_give(&err, error) : 0;
}

int clio_atlas_report(struct clio_atlas *atlas, struct clio_atlas *other, const char *file,
                      struct clio_error *error)
{
    struct err err = { 0 };
    struct buf page;
    buf_init(&page, MOST_OUTPUT, "report");
    int rc = report_write(atlas->atlas, other ? other->atlas : NULL, &page, &err);
    if (!rc)
        rc = file_write_named(file, buf_view(&page), &err);
    buf_release(&page);
    return rc ? facade_give(&err, error) : 0;
}
