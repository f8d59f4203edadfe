// SPDX-License-Identifier: Apache-2.0
#include "serve/route.h"

#include "base/gzip.h"
#include "serve/asset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HTML "text/html; charset=utf-8"
#define JSON "application/json"
#define MOST_BYTES ((size_t)1 << 30)

// A row has to say who may have it: without, this does not compile. Every page of the explorer has
// a twin of the same name that ends in .json.
#define ROW(method, path, content, type, roles, page)                                              \
    {                                                                                              \
        method, path, content, type, (roles) + 0 * sizeof(char[(roles) ? 1 : -1]), page            \
    }
#define GET(path, content, type, roles) ROW("GET", path, content, type, roles, PRIVATE_NONE)
#define PAGE(path, page, roles) ROW("GET", path, ROUTE_PRIVATE, HTML, roles, page)
#define POST(path, page, roles) ROW("POST", path, ROUTE_PRIVATE, HTML, roles, page)
static const struct route table[] = {
    GET("/", ROUTE_PAGE, HTML, ROLES_SIGNED_IN),
    GET("/explore", ROUTE_PAGE, HTML, ROLES_SIGNED_IN),
    GET("/facets", ROUTE_PAGE, HTML, ROLES_SIGNED_IN),
    GET("/languages", ROUTE_PAGE, HTML, ROLES_SIGNED_IN),
    GET("/time", ROUTE_PAGE, HTML, ROLES_SIGNED_IN),
    GET("/compare", ROUTE_PAGE, HTML, ROLES_SIGNED_IN),
    GET("/lineage", ROUTE_PAGE, HTML, ROLES_SIGNED_IN),
    GET("/about", ROUTE_PAGE, HTML, ROLES_SIGNED_IN),
    GET("/tree", ROUTE_PAGE, HTML, ROLES_SIGNED_IN),
    GET("/map", ROUTE_PAGE, HTML, ROLES_SIGNED_IN),
    GET("/explorer.js", ROUTE_SCRIPT, "text/javascript; charset=utf-8", ROLES_SIGNED_IN),
    GET("/explorer.css", ROUTE_STYLE, "text/css; charset=utf-8", ROLES_SIGNED_IN),
    GET("/overview.json", ROUTE_INDEX, JSON, ROLES_SIGNED_IN),
    GET("/explore.json", ROUTE_INDEX, JSON, ROLES_SIGNED_IN),
    GET("/about.json", ROUTE_INDEX, JSON, ROLES_SIGNED_IN),
    GET("/lineage.json", ROUTE_INDEX, JSON, ROLES_SIGNED_IN),
    GET("/facets.json", ROUTE_CELLS, JSON, ROLES_SIGNED_IN),
    GET("/languages.json", ROUTE_CELLS, JSON, ROLES_SIGNED_IN),
    GET("/compare.json", ROUTE_CELLS, JSON, ROLES_SIGNED_IN),
    GET("/time.json", ROUTE_TIME, JSON, ROLES_SIGNED_IN),
    GET("/clusters.json", ROUTE_DETAILS, JSON, ROLES_SIGNED_IN),
    GET("/other.json", ROUTE_OTHER, JSON, ROLES_SIGNED_IN),
    GET("/tree.json", ROUTE_TREE, JSON, ROLES_SIGNED_IN),
    GET("/map.json", ROUTE_MAP, JSON, ROLES_SIGNED_IN),
    GET("/atlas.json", ROUTE_DATA, JSON, ROLES_SIGNED_IN),
    GET("/healthz", ROUTE_HEALTH, "text/plain; charset=utf-8", ROLES_ALL),
    GET("/readyz", ROUTE_READY, "text/plain; charset=utf-8", ROLES_ALL),
    GET("/cluster/#.json", ROUTE_CLUSTER, JSON, ROLES_SIGNED_IN),
    GET("/search.json", ROUTE_SEARCH, JSON, ROLES_SIGNED_IN),
    GET("/metrics", ROUTE_METRICS, "text/plain; version=0.0.4", ROLES_ALL),
    GET("/sign-in.css", ROUTE_SIGN_STYLE, "text/css; charset=utf-8", ROLES_ALL),
    GET("/safety.css", ROUTE_PRIVATE_STYLE, "text/css; charset=utf-8", ROLE_SAFETY | ROLE_ADMIN),
    GET("/sign-in", ROUTE_SIGN_IN, HTML, ROLES_ALL),
    ROW("POST", "/sign-in", ROUTE_SIGN_IN, HTML, ROLES_ALL, PRIVATE_NONE),
    ROW("POST", "/sign-out", ROUTE_SIGN_OUT, HTML, ROLES_SIGNED_IN, PRIVATE_NONE),
    PAGE("/safety", PRIVATE_OVERVIEW, ROLE_SAFETY),
    PAGE("/safety/cluster/#", PRIVATE_CLUSTER, ROLE_SAFETY),
    POST("/safety/cluster/#", PRIVATE_ASK, ROLE_SAFETY),
    POST("/safety/look", PRIVATE_LOOK, ROLE_SAFETY),
    PAGE("/safety/classifier", PRIVATE_CLASSIFIER, ROLE_SAFETY),
    PAGE("/safety/coordinated", PRIVATE_COORDINATED, ROLE_SAFETY),
    PAGE("/safety/group/#", PRIVATE_GROUP, ROLE_SAFETY),
    PAGE("/safety/watches", PRIVATE_WATCHES, ROLE_SAFETY),
    PAGE("/safety/permits", PRIVATE_PERMITS, ROLE_SAFETY | ROLE_ADMIN),
    POST("/safety/permit/#", PRIVATE_PERMIT, ROLE_SAFETY | ROLE_ADMIN),
    PAGE("/safety/log", PRIVATE_LOG, ROLE_ADMIN),
};

const struct route *route_table(size_t *n)
{
    *n = COUNT_OF(table);
    return table;
}

// "/cluster/12.json" against "/cluster/#.json"; a number has no sign and no zero in front.
static bool fits_path(const char *pattern, struct str path, int64_t *id)
{
    struct str rest = str_of(pattern), before;
    *id = 0;
    if (str_equal(rest, path))
        return !strchr(pattern, '#');
    if (!strchr(pattern, '#') || !str_cut(&rest, '#', &before) || !str_starts(path, before) ||
        path.len <= before.len + rest.len || !str_ends(path, rest))
        return false;
    struct str number = str_make(path.ptr + before.len, path.len - before.len - rest.len);
    return number.ptr[0] >= '1' && number.ptr[0] <= '9' && str_to_i64(number, id);
}

const struct route *route_find(const char *method, struct str path, int64_t *id)
{
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (strcmp(method, table[i].method) == 0 && fits_path(table[i].path, path, id))
            return &table[i];
    *id = 0;
    return NULL;
}

// What the explorer waits for before it shows anything is packed as small as can be. The rest comes
// later or goes to programs: there the last tenth would take most of the time of a start.
static enum gzip_effort effort_of(enum route_content what)
{
    switch (what) {
    case ROUTE_CELLS:
    case ROUTE_DETAILS:
    case ROUTE_OTHER:
    case ROUTE_TREE:
    case ROUTE_MAP:
    case ROUTE_DATA:
        return GZIP_EFFORT_QUICK;
    default:
        return GZIP_EFFORT_MOST;
    }
}

static int finish(struct content *content, enum gzip_effort effort, struct err *err)
{
    struct digest d;
    char hex[DIGEST_HEX];
    digest_init(&d);
    digest_add(&d, buf_view(&content->plain));
    digest_hex(&d, hex);
    snprintf(content->tag, sizeof content->tag, "%.32s", hex);
    if (content->plain.len < 512)
        return 0;
    int rc = gzip_pack(buf_view(&content->plain), effort, &content->packed, err);
    if (!rc && content->packed.len >= content->plain.len)
        buf_clear(&content->packed);
    return rc;
}

static bool is_of_tree(enum route_content what)
{
    return what >= ROUTE_INDEX && what <= ROUTE_MAP;
}

size_t contents_place(enum route_content what, size_t tree)
{
    return is_of_tree(what) ? tree : 0;
}

size_t contents_tree(const struct contents *c, const char *facet)
{
    for (size_t i = 0; facet && i < c->n_trees; i++)
        if (strcmp(c->trees[i].facet, facet) == 0)
            return i;
    return 0;
}

static int fill_shared(struct content *list, struct err *err)
{
    int rc = page_shell(&list[ROUTE_PAGE].plain, err);
    if (!rc)
        rc = buf_add(&list[ROUTE_SCRIPT].plain, str_of(asset_explorer_js()), err);
    if (!rc)
        rc = buf_add(&list[ROUTE_STYLE].plain, str_of(asset_explorer_css()), err);
    if (!rc)
        rc = buf_add(&list[ROUTE_SIGN_STYLE].plain, str_of(asset_sign_in_css()), err);
    if (!rc)
        rc = buf_add(&list[ROUTE_PRIVATE_STYLE].plain, str_of(asset_private_css()), err);
    return rc ? rc : buf_add(&list[ROUTE_HEALTH].plain, STR_LIT("ok\n"), err);
}

// Of the tree that the atlas shows now.
static int fill_tree(struct atlas *atlas, struct atlas *other, struct tree_contents *tree,
                     struct err *err)
{
    struct content *list = tree->list;
    int rc = page_index(atlas, &list[ROUTE_INDEX].plain, err);
    if (!rc)
        rc = page_cells(atlas, &list[ROUTE_CELLS].plain, err);
    if (!rc)
        rc = page_time(atlas, &list[ROUTE_TIME].plain, err);
    if (!rc)
        rc = page_details(atlas, &list[ROUTE_DETAILS].plain, &tree->clusters, err);
    if (!rc)
        rc = page_other(other, &list[ROUTE_OTHER].plain, err);
    return rc;
}

// What is made late: programs alone ask for it, and for thousands of clusters it would take a third
// of the time of a start. NULL: it is made with the rest.
static page_maker *maker_of(enum route_content what)
{
    switch (what) {
    case ROUTE_DATA:
        return page_data;
    case ROUTE_TREE:
        return page_tree_json;
    case ROUTE_MAP:
        return page_map_json;
    default:
        return NULL;
    }
}

// The trees of the first atlas; of the other one that of the same facet, where it has it.
static int fill(struct atlas *atlas, struct atlas *other, struct contents *c, struct err *err)
{
    struct arena a = { 0 };
    struct atlas_tree *trees;
    size_t n = 0;
    int rc = atlas_trees(atlas, &a, &trees, &n, err);
    n = size_min(n, CONTENTS_MOST_TREES);
    if (!rc)
        c->trees = calloc(n + 1, sizeof *c->trees);
    if (!rc && !c->trees)
        rc = err_set(err, ERR_TRY_AGAIN, "out of memory");
    for (size_t t = 0; !rc && t < n; t++) {
        struct tree_contents *tree = &c->trees[c->n_trees++];
        for (size_t i = 0; i < ROUTE_CONTENTS; i++) {
            buf_init(&tree->list[i].plain, MOST_BYTES, "page");
            buf_init(&tree->list[i].packed, MOST_BYTES, "page");
        }
        snprintf(tree->facet, sizeof tree->facet, "%.*s", STR_ARG(trees[t].facet));
        rc = page_choose(atlas, other, trees[t].facet, err);
        if (!rc && !t)
            rc = fill_shared(tree->list, err);
        if (!rc)
            rc = fill_tree(atlas, other, tree, err);
        c->n_clusters += (int64_t)tree->clusters.n;
        for (size_t i = 0; !rc && i < ROUTE_CONTENTS; i++) {
            enum route_content what = (enum route_content)i;
            if (contents_place(what, t) == t && !maker_of(what))
                rc = finish(&tree->list[i], effort_of(what), err);
        }
    }
    arena_release(&a);
    return rc;
}

static struct content_stamp stamp(const char *path)
{
    struct stat st;
    if (!path || stat(path, &st) != 0)
        return (struct content_stamp){ 0 };
    return (struct content_stamp){ (int64_t)st.st_ino,
                                   st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec,
                                   (int64_t)st.st_size };
}

bool contents_fit(const struct content_stamp stamps[2], const struct content_files *files)
{
    const char *const paths[] = { files->atlas, files->other };
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct content_stamp now = stamp(paths[i]);
        if (now.inode != stamps[i].inode || now.modified_ns != stamps[i].modified_ns ||
            now.size != stamps[i].size)
            return false;
    }
    return true;
}

int contents_make(struct contents *c, const struct content_files *files, struct err *err)
{
    struct atlas *other = NULL;
    c->stamps[0] = stamp(files->atlas);
    c->stamps[1] = stamp(files->other);
    int rc = atlas_open(&c->atlas, files->atlas, err);
    if (rc)
        return rc;
    if (files->other)
        rc = atlas_open(&other, files->other, err);
    if (!rc)
        rc = fill(c->atlas, other, c, err);
    atlas_close(other);
    if (rc)
        contents_release(c);
    return rc;
}

static int make_late(struct contents *c, page_maker *make, enum route_content what, size_t tree,
                     struct err *err)
{
    struct content *content = &c->trees[tree].list[what];
    int rc = page_choose(c->atlas, NULL, str_of(c->trees[tree].facet), err);
    if (!rc)
        rc = make(c->atlas, &content->plain, err);
    if (!rc)
        rc = finish(content, effort_of(what), err);
    if (rc) { // the next one who asks finds nothing begun
        buf_clear(&content->plain);
        buf_clear(&content->packed);
        content->tag[0] = 0;
    }
    return rc;
}

int contents_get(struct contents *c, enum route_content what, size_t tree,
                 const struct content **out, struct err *err)
{
    page_maker *make = maker_of(what);
    int rc = make && !c->trees[tree].list[what].tag[0] ? make_late(c, make, what, tree, err) : 0;
    *out = rc ? NULL : &c->trees[tree].list[what];
    return rc;
}

void contents_release(struct contents *c)
{
    atlas_close(c->atlas);
    c->atlas = NULL;
    for (size_t t = 0; t < c->n_trees; t++) {
        for (size_t i = 0; i < ROUTE_CONTENTS; i++) {
            buf_release(&c->trees[t].list[i].plain);
            buf_release(&c->trees[t].list[i].packed);
        }
        arena_release(&c->trees[t].clusters.arena);
    }
    free(c->trees);
    c->trees = NULL;
    c->n_trees = 0;
}
