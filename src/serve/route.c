// SPDX-License-Identifier: Apache-2.0
#include "serve/route.h"

#include <stdio.h>
#include <sys/stat.h>

#define HTML "text/html; charset=utf-8"
#define JSON "application/json"

static const struct route table[] = {
    { "/", ROUTE_PAGE, HTML },          { "/tree", ROUTE_PAGE, HTML },
    { "/map", ROUTE_PAGE, HTML },       { "/tree.json", ROUTE_TREE, JSON },
    { "/map.json", ROUTE_MAP, JSON },   { "/atlas.json", ROUTE_DATA, JSON },
    { "/healthz", ROUTE_HEALTH, "text/plain; charset=utf-8" },
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

static int fill(struct atlas *atlas, struct contents *c, struct err *err)
{
    int rc = page_data(atlas, &c->texts[ROUTE_DATA], err);
    if (!rc)
        rc = page_html(buf_view(&c->texts[ROUTE_DATA]), &c->texts[ROUTE_PAGE], c->policy, err);
    if (!rc)
        rc = page_tree_json(atlas, &c->texts[ROUTE_TREE], err);
    if (!rc)
        rc = page_map_json(atlas, &c->texts[ROUTE_MAP], err);
    if (!rc)
        rc = buf_add(&c->texts[ROUTE_HEALTH], STR_LIT("ok\n"), err);
    for (size_t i = 0; !rc && i < ROUTE_CONTENTS; i++) {
        struct digest d;
        char hex[DIGEST_HEX];
        digest_init(&d);
        digest_add(&d, buf_view(&c->texts[i]));
        digest_hex(&d, hex);
        snprintf(c->tags[i], sizeof c->tags[i], "\"%.32s\"", hex);
    }
    return rc;
}

int contents_refresh(struct contents *c, struct err *err)
{
    struct stat st;
    struct atlas *atlas;
    bool there = stat(c->atlas_path, &st) == 0;
    int64_t modified = there ? st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec : 0;
    if (there && c->inode == (int64_t)st.st_ino && c->modified_ns == modified)
        return 0;
    struct contents made = { .atlas_path = c->atlas_path };
    for (size_t i = 0; i < ROUTE_CONTENTS; i++)
        buf_init(&made.texts[i], (size_t)1 << 30, "page");
    int rc = atlas_open(&atlas, c->atlas_path, err);
    if (rc)
        return rc;
    rc = fill(atlas, &made, err);
    atlas_close(atlas);
    if (rc) {
        contents_release(&made);
        return rc;
    }
    made.inode = (int64_t)st.st_ino;
    made.modified_ns = modified;
    contents_release(c);
    *c = made;
    return 0;
}

void contents_release(struct contents *c)
{
    for (size_t i = 0; i < ROUTE_CONTENTS; i++)
        buf_release(&c->texts[i]);
}
