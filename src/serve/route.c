// SPDX-License-Identifier: Apache-2.0
#include "serve/route.h"

#include "base/gzip.h"
#include "serve/asset.h"

#include <stdio.h>
#include <sys/stat.h>

#define HTML "text/html; charset=utf-8"
#define JSON "application/json"
#define MOST_BYTES ((size_t)1 << 30)

// Every page of the explorer has a twin of the same name that ends in .json.
static const struct route table[] = {
    { "/", ROUTE_PAGE, HTML },
    { "/explore", ROUTE_PAGE, HTML },
    { "/facets", ROUTE_PAGE, HTML },
    { "/languages", ROUTE_PAGE, HTML },
    { "/time", ROUTE_PAGE, HTML },
    { "/compare", ROUTE_PAGE, HTML },
    { "/about", ROUTE_PAGE, HTML },
    { "/tree", ROUTE_PAGE, HTML },
    { "/map", ROUTE_PAGE, HTML },
    { "/explorer.js", ROUTE_SCRIPT, "text/javascript; charset=utf-8" },
    { "/explorer.css", ROUTE_STYLE, "text/css; charset=utf-8" },
    { "/overview.json", ROUTE_INDEX, JSON },
    { "/explore.json", ROUTE_INDEX, JSON },
    { "/about.json", ROUTE_INDEX, JSON },
    { "/facets.json", ROUTE_CELLS, JSON },
    { "/languages.json", ROUTE_CELLS, JSON },
    { "/compare.json", ROUTE_CELLS, JSON },
    { "/time.json", ROUTE_TIME, JSON },
    { "/clusters.json", ROUTE_DETAILS, JSON },
    { "/other.json", ROUTE_OTHER, JSON },
    { "/tree.json", ROUTE_TREE, JSON },
    { "/map.json", ROUTE_MAP, JSON },
    { "/atlas.json", ROUTE_DATA, JSON },
    { "/healthz", ROUTE_HEALTH, "text/plain; charset=utf-8" },
    { "/readyz", ROUTE_HEALTH, "text/plain; charset=utf-8" },
};

const struct route *route_table(size_t *n)
{
    *n = COUNT_OF(table);
    return table;
}

const struct route *route_find(struct str path)
{
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (str_equal(path, str_of(table[i].path)))
            return &table[i];
    return NULL;
}

int64_t route_cluster(struct str path)
{
    const struct str before = STR_LIT("/cluster/"), after = STR_LIT(".json");
    int64_t id = 0;
    if (path.len <= before.len + after.len || !str_starts(path, before) || !str_ends(path, after))
        return 0;
    struct str number = str_make(path.ptr + before.len, path.len - before.len - after.len);
    return str_to_i64(number, &id) && id > 0 ? id : 0;
}

static int finish(struct content *content, struct err *err)
{
    struct digest d;
    char hex[DIGEST_HEX];
    digest_init(&d);
    digest_add(&d, buf_view(&content->plain));
    digest_hex(&d, hex);
    snprintf(content->tag, sizeof content->tag, "%.32s", hex);
    if (content->plain.len < 512)
        return 0;
    int rc = gzip_pack(buf_view(&content->plain), &content->packed, err);
    if (!rc && content->packed.len >= content->plain.len)
        buf_clear(&content->packed);
    return rc;
}

static int fill(struct atlas *atlas, struct atlas *other, struct contents *c, struct err *err)
{
    struct content *list = c->list;
    int rc = page_shell(&list[ROUTE_PAGE].plain, err);
    if (!rc)
        rc = buf_add(&list[ROUTE_SCRIPT].plain, str_of(asset_explorer_js()), err);
    if (!rc)
        rc = buf_add(&list[ROUTE_STYLE].plain, str_of(asset_explorer_css()), err);
    if (!rc)
        rc = page_index(atlas, &list[ROUTE_INDEX].plain, err);
    if (!rc)
        rc = page_cells(atlas, &list[ROUTE_CELLS].plain, err);
    if (!rc)
        rc = page_time(atlas, &list[ROUTE_TIME].plain, err);
    if (!rc)
        rc = page_details(atlas, &list[ROUTE_DETAILS].plain, &c->clusters, err);
    if (!rc)
        rc = page_other(other, &list[ROUTE_OTHER].plain, err);
    if (!rc)
        rc = page_data(atlas, &list[ROUTE_DATA].plain, err);
    if (!rc)
        rc = page_tree_json(atlas, &list[ROUTE_TREE].plain, err);
    if (!rc)
        rc = page_map_json(atlas, &list[ROUTE_MAP].plain, err);
    if (!rc)
        rc = buf_add(&list[ROUTE_HEALTH].plain, STR_LIT("ok\n"), err);
    for (size_t i = 0; !rc && i < ROUTE_CONTENTS; i++)
        rc = finish(&list[i], err);
    return rc;
}

static void stamp(const char *path, int64_t *inode, int64_t *modified_ns)
{
    struct stat st;
    *inode = *modified_ns = 0;
    if (!path || stat(path, &st) != 0)
        return;
    *inode = (int64_t)st.st_ino;
    *modified_ns = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
}

bool contents_fit(const struct contents *c, const struct content_files *files)
{
    const char *const paths[] = { files->atlas, files->other };
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        int64_t inode, modified_ns;
        stamp(paths[i], &inode, &modified_ns);
        if (inode != c->inode[i] || modified_ns != c->modified_ns[i])
            return false;
    }
    return true;
}

int contents_make(struct contents *c, const struct content_files *files, struct err *err)
{
    struct atlas *atlas, *other = NULL;
    for (size_t i = 0; i < ROUTE_CONTENTS; i++) {
        buf_init(&c->list[i].plain, MOST_BYTES, "page");
        buf_init(&c->list[i].packed, MOST_BYTES, "page");
    }
    stamp(files->atlas, &c->inode[0], &c->modified_ns[0]);
    stamp(files->other, &c->inode[1], &c->modified_ns[1]);
    int rc = atlas_open(&atlas, files->atlas, err);
    if (rc)
        return rc;
    if (files->other)
        rc = atlas_open(&other, files->other, err);
    if (!rc)
        rc = fill(atlas, other, c, err);
    atlas_close(other);
    atlas_close(atlas);
    c->n_clusters = (int64_t)c->clusters.n;
    if (rc)
        contents_release(c);
    return rc;
}

void contents_release(struct contents *c)
{
    for (size_t i = 0; i < ROUTE_CONTENTS; i++) {
        buf_release(&c->list[i].plain);
        buf_release(&c->list[i].packed);
    }
    arena_release(&c->clusters.arena);
    c->clusters = (struct page_slices){ 0 };
}
