// SPDX-License-Identifier: Apache-2.0
// Cost: a text takes some milliseconds to embed, once; a question one text and n × dims
// multiplications (10,000 groups: 4 ms). Memory: 4 bytes × dims × groups (10,000: 15 MiB).
#include "serve/search.h"

#include "base/utf8.h"
#include "serve/page.h"

#include <stdlib.h>
#include <sys/stat.h>

#define AT_ONCE 16 // texts embedded before questions are looked at again
#define MOST_HITS 20
#define MOST_TEXT 400 // bytes of a group's words that count
// Of 60 made-up words ("zzzzqqqq") 5 come as near to one of 293 groups of real conversations as
// this, 28 come to 0.25; of 30 real questions 28 and 29.
#define LEAST_COSINE 0.3F

struct hit {
    int64_t id;
    unsigned char tree;
    float cosine;
};

static int by_cosine(const void *x, const void *y)
{
    const struct hit *a = x, *b = y;
    if (a->cosine != b->cosine)
        return a->cosine > b->cosine ? -1 : 1;
    return (a->id > b->id) - (a->id < b->id);
}

// "Title. phrase, phrase", as much as counts.
static int join_words(struct search *search, const struct atlas_cluster *c,
                      const struct atlas_row *phrases, size_t n, struct str *text, struct err *err)
{
    struct buf words;
    buf_init(&words, 1 << 20, "words of a group");
    int rc = buf_add(&words, c->title, err);
    for (size_t i = 0; !rc && i < n; i++) {
        rc = buf_add(&words, i ? STR_LIT(", ") : STR_LIT(". "), err);
        if (!rc)
            rc = buf_add(&words, phrases[i].a, err);
    }
    struct str all = buf_view(&words);
    *text = arena_str(&search->arena, utf8_clip(all, MOST_TEXT));
    buf_release(&words);
    return rc;
}

// Of the tree that the atlas shows now; behind those that are there.
static int read_tree(struct search *search, struct atlas *atlas, unsigned char tree,
                     struct err *err)
{
    struct atlas_cluster *list;
    struct atlas_row *phrases;
    size_t n, n_phrases, at = 0;
    struct arena a = { 0 };
    int rc = atlas_clusters(atlas, &a, &list, &n, err);
    if (!rc)
        rc = atlas_rows(atlas, ATLAS_PHRASE_ROWS, &a, &phrases, &n_phrases, err);
    if (!rc)
        atlas_sort_by_id(list, n);
    for (size_t i = 0; !rc && i < n; i++) {
        while (at < n_phrases && phrases[at].cluster_id < list[i].id)
            at++;
        size_t from = at;
        while (at < n_phrases && phrases[at].cluster_id == list[i].id)
            at++;
        if (list[i].withheld)
            continue;
        search->id[search->n] = list[i].id;
        search->tree[search->n] = tree;
        rc =
            join_words(search, &list[i], phrases + from, at - from, &search->texts[search->n], err);
        search->n += !rc;
    }
    arena_release(&a);
    return rc;
}

static int make_room(struct search *search, size_t n, struct err *err)
{
    search->id = arena_array(&search->arena, n + 1, sizeof *search->id);
    search->tree = arena_array(&search->arena, n + 1, sizeof *search->tree);
    search->texts = arena_array(&search->arena, n + 1, sizeof *search->texts);
    search->vectors =
        arena_try(&search->arena, n + 1, search->meaning->n_dims * sizeof *search->vectors,
                  "the vectors of the groups", err);
    return search->vectors ? 0 : (int)err->code;
}

static int read_texts(struct search *search, struct atlas *atlas, struct err *err)
{
    struct atlas_tree *trees;
    struct arena a = { 0 };
    size_t n_trees = 0, n = 0;
    int rc = atlas_trees(atlas, &a, &trees, &n_trees, err);
    n_trees = size_min(n_trees, SEARCH_MOST_TREES);
    for (size_t t = 0; !rc && t < n_trees; t++) {
        struct atlas_cluster *list;
        size_t n_here = 0;
        rc = page_choose(atlas, NULL, trees[t].facet, err);
        if (!rc)
            rc = atlas_clusters(atlas, &a, &list, &n_here, err);
        n += n_here;
    }
    if (!rc)
        rc = make_room(search, n, err);
    for (size_t t = 0; !rc && t < n_trees; t++) {
        rc = page_choose(atlas, NULL, trees[t].facet, err);
        if (!rc)
            rc = read_tree(search, atlas, (unsigned char)t, err);
    }
    arena_release(&a);
    return rc;
}

static void forget(struct search *search)
{
    arena_release(&search->arena);
    search->n = search->n_done = 0;
    search->broken = false;
}

static int start(struct search *search, struct err *err)
{
    struct atlas *atlas;
    forget(search);
    int rc = atlas_open(&atlas, search->atlas_path, err);
    if (rc)
        return rc;
    rc = read_texts(search, atlas, err);
    atlas_close(atlas);
    return rc;
}

int search_prepare(struct search *search, bool *busy, struct err *err)
{
    struct stat st;
    *busy = false;
    if (!search->meaning || stat(search->atlas_path, &st) != 0)
        return 0;
    int64_t modified = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
    int rc = 0;
    if (search->inode != (int64_t)st.st_ino || search->modified_ns != modified) {
        search->inode = (int64_t)st.st_ino;
        search->modified_ns = modified;
        rc = start(search, err);
    } else if (!search->broken && search->n_done < search->n) {
        size_t n = size_min(AT_ONCE, search->n - search->n_done);
        rc = search->meaning->encode(search->meaning->context, search->texts + search->n_done, n,
                                     search->vectors + search->n_done * search->meaning->n_dims,
                                     err);
        search->n_done += n;
    }
    if (rc) {
        forget(search);
        search->broken = true;
    }
    *busy = search->n_done < search->n;
    return rc;
}

static float dot(const float *a, const float *b, size_t n)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static int put_hits(struct search *search, const float *asked, struct buf *out, struct err *err)
{
    size_t n_dims = search->meaning->n_dims, n = 0, n_put = 0, n_of[SEARCH_MOST_TREES] = { 0 };
    struct arena a = { 0 };
    struct hit *hits = arena_array(&a, search->n + 1, sizeof *hits);
    for (size_t i = 0; i < search->n; i++) {
        float cosine = dot(asked, search->vectors + i * n_dims, n_dims);
        if (cosine >= LEAST_COSINE)
            hits[n++] = (struct hit){ search->id[i], search->tree[i], cosine };
    }
    qsort(hits, n, sizeof *hits, by_cosine);
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++)
        if (n_of[hits[i].tree]++ < MOST_HITS)
            rc = buf_printf(out, err, "%s[%lld,%.3f]", n_put++ ? "," : "", (long long)hits[i].id,
                            (double)hits[i].cosine);
    arena_release(&a);
    return rc;
}

int search_answer(struct search *search, struct str query, struct buf *out, struct err *err)
{
    bool able = search->meaning && !search->broken;
    bool ready = able && search->n && search->n_done == search->n;
    int rc = buf_printf(out, err, "{\"able\":%s,\"ready\":%s,\"hits\":[", able ? "true" : "false",
                        ready ? "true" : "false");
    if (!rc && ready && query.len) {
        struct arena a = { 0 };
        float *asked = arena_array(&a, search->meaning->n_dims, sizeof *asked);
        query = utf8_clip(utf8_repair(&a, query), SEARCH_MOST_QUERY);
        rc = search->meaning->encode(search->meaning->context, &query, 1, asked, err);
        if (!rc)
            rc = put_hits(search, asked, out, err);
        arena_release(&a);
    }
    return rc ? rc : buf_add(out, STR_LIT("]}"), err);
}

void search_release(struct search *search)
{
    forget(search);
}
