// SPDX-License-Identifier: Apache-2.0
// The export contract (docs/atlas-format.md) as one JSON document.
#include "store/atlas.h"

#include "base/json.h"

static int put_key(struct buf *b, const char *before, const char *key, struct err *err)
{
    int rc = buf_add(b, str_of(before), err);
    if (!rc)
        rc = json_put_str(b, str_of(key), err);
    return rc ? rc : buf_add_char(b, ':', err);
}

static int put_text(struct buf *b, const char *key, struct str value, struct err *err)
{
    int rc = put_key(b, ",", key, err);
    if (rc)
        return rc;
    return value.ptr ? json_put_str(b, value, err) : buf_add(b, STR_LIT("null"), err);
}

static int put_number(struct buf *b, const char *key, bool known, double value, struct err *err)
{
    int rc = put_key(b, ",", key, err);
    if (rc)
        return rc;
    return known ? json_put_number(b, value, err) : buf_add(b, STR_LIT("null"), err);
}

static int put_run(struct atlas *atlas, struct arena *a, struct buf *out, struct err *err)
{
    struct atlas_info *info;
    size_t n;
    int rc = atlas_run_info(atlas, a, &info, &n, err);
    if (!rc)
        rc = buf_add(out, STR_LIT("{\"run\":{"), err);
    for (size_t i = 0; i < n && !rc; i++) {
        rc = put_key(out, i ? "," : "", arena_copy(a, info[i].key), err);
        if (!rc)
            rc = json_put_str(out, info[i].value, err);
    }
    return rc ? rc : buf_add(out, STR_LIT("},\"clusters\":["), err);
}

// {"language":{"en":{"n_conversations":40,"share":0.8},…},…}
static int put_facets(struct atlas *atlas, int64_t id, struct arena *a, struct buf *out,
                      struct err *err)
{
    struct atlas_facet *facets;
    size_t n;
    int rc = atlas_cluster_facets(atlas, id, a, &facets, &n, err);
    if (!rc)
        rc = put_key(out, ",", "facets", err);
    if (!rc)
        rc = buf_add_char(out, '{', err);
    for (size_t i = 0; i < n && !rc; i++) {
        bool first = i == 0 || !str_equal(facets[i].facet, facets[i - 1].facet);
        if (first) {
            rc = put_key(out, i ? "}," : "", arena_copy(a, facets[i].facet), err);
            if (!rc)
                rc = buf_add_char(out, '{', err);
        }
        if (!rc)
            rc = put_key(out, first ? "" : ",", arena_copy(a, facets[i].value), err);
        if (!rc)
            rc = buf_printf(out, err, "{\"n_conversations\":%lld",
                            (long long)facets[i].n_conversations);
        if (!rc)
            rc = put_number(out, "share", true, facets[i].share, err);
        if (!rc)
            rc = buf_add_char(out, '}', err);
    }
    if (!rc)
        rc = buf_add(out, str_of(n ? "}}" : "}"), err);
    return rc;
}

static int put_cluster(struct atlas *atlas, const struct atlas_cluster *c, struct arena *a,
                       struct buf *out, struct err *err)
{
    int rc = buf_printf(out, err, "{\"id\":%lld", (long long)c->id);
    if (!rc)
        rc = put_number(out, "parent", c->parent_id != 0, (double)c->parent_id, err);
    if (!rc)
        rc = put_number(out, "level", true, c->level, err);
    if (!rc)
        rc = put_text(out, "title", c->title, err);
    if (!rc)
        rc = put_text(out, "summary", c->summary, err);
    if (!rc)
        rc = put_number(out, "n_conversations", true, (double)c->n_conversations, err);
    if (!rc)
        rc = put_number(out, "n_accounts", c->n_accounts >= 0, (double)c->n_accounts, err);
    if (!rc)
        rc = put_number(out, "share", true, c->share, err);
    if (!rc)
        rc = put_number(out, "x", c->placed, c->x, err);
    if (!rc)
        rc = put_number(out, "y", c->placed, c->y, err);
    if (!rc)
        rc = put_facets(atlas, c->id, a, out, err);
    return rc ? rc : buf_add_char(out, '}', err);
}

int atlas_export_json(struct atlas *atlas, struct buf *out, struct err *err)
{
    struct arena arena = { 0 };
    struct atlas_cluster *clusters;
    size_t n;
    int rc = put_run(atlas, &arena, out, err);
    if (!rc)
        rc = atlas_clusters(atlas, &arena, &clusters, &n, err);
    for (size_t i = 0; !rc && i < n; i++) {
        struct arena_mark start = arena_save(&arena);
        rc = buf_add(out, str_of(i ? ",\n" : "\n"), err);
        if (!rc)
            rc = put_cluster(atlas, &clusters[i], &arena, out, err);
        arena_rewind(&arena, start);
    }
    if (!rc)
        rc = buf_add(out, STR_LIT("\n]}\n"), err);
    arena_release(&arena);
    return rc;
}
