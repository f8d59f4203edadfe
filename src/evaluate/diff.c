// SPDX-License-Identifier: Apache-2.0
#include "evaluate/diff.h"

#include "base/json.h"
#include "base/map.h"
#include "base/utf8.h"

#include <stdlib.h>

#define NO_MATCH SIZE_MAX
#define LEAST_COMMON 3 // one in so many of all phrases of two clusters
#define MOST_LEVELS 64

struct side {
    struct atlas_cluster *clusters;
    struct map *phrases; // of each, lower case
    size_t *match;       // of each: its place on the other side
    size_t n;
    size_t at_level[MOST_LEVELS];
    struct str mode; // of privacy; "": made by an older clio
};
struct diff {
    struct arena arena;
    struct side before, after;
    size_t n_same, n_resized, n_born, n_gone, n_renamed, n_moved; // resized: of the same
};
struct pair {
    size_t n_common, n_all, before, after;
};

static int read_mode(struct atlas *atlas, struct arena *a, struct str *mode, struct err *err)
{
    struct atlas_info *info;
    size_t n = 0;
    int rc = atlas_run_info(atlas, a, &info, &n, err);
    *mode = STR_LIT("");
    for (size_t i = 0; !rc && i < n; i++)
        if (str_equal(info[i].key, STR_LIT("privacy")))
            *mode = info[i].value;
    return rc;
}

static int read_side(struct atlas *atlas, struct arena *a, struct side *side, struct err *err)
{
    int rc = read_mode(atlas, a, &side->mode, err);
    if (!rc)
        rc = atlas_clusters(atlas, a, &side->clusters, &side->n, err);
    if (rc)
        return rc;
    side->phrases = arena_zero_array(a, side->n + 1, sizeof *side->phrases);
    side->match = arena_array(a, side->n + 1, sizeof *side->match);
    for (size_t i = 0; !rc && i < side->n; i++) {
        struct str *list;
        size_t n, level = (size_t)side->clusters[i].level;
        side->match[i] = NO_MATCH;
        side->at_level[size_min(level, MOST_LEVELS - 1)]++;
        rc = atlas_cluster_phrases(atlas, side->clusters[i].id, a, &list, &n, err);
        for (size_t j = 0; !rc && j < n; j++)
            map_add(&side->phrases[i], utf8_lower(a, list[j]), 0, NULL);
    }
    return rc;
}

static void put_match(struct diff *d, size_t before, size_t after)
{
    d->before.match[before] = after;
    d->after.match[after] = before;
}

// Titles are unique in an atlas; withheld ones are empty.
static void match_titles(struct diff *d)
{
    struct map titles = { 0 };
    size_t *of = arena_array(&d->arena, d->before.n + 1, sizeof *of);
    for (size_t i = 0; i < d->before.n; i++)
        if (d->before.clusters[i].title.len)
            of[map_add(&titles, utf8_lower(&d->arena, d->before.clusters[i].title), 0, NULL)] = i;
    for (size_t i = 0; i < d->after.n; i++) {
        struct str title = utf8_lower(&d->arena, d->after.clusters[i].title);
        size_t found = title.len ? map_find(&titles, title) : SIZE_MAX;
        if (found != SIZE_MAX && d->before.match[of[found]] == NO_MATCH)
            put_match(d, of[found], i);
    }
    map_release(&titles);
}

static size_t count_common(const struct map *a, const struct map *b)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++)
        n += map_find(b, a->entries[i].key) != SIZE_MAX;
    return n;
}

// Most in common first: a / b > c / d.
static int by_common(const void *x, const void *y)
{
    const struct pair *a = x, *b = y;
    size_t left = a->n_common * b->n_all, right = b->n_common * a->n_all;
    if (left != right)
        return left > right ? -1 : 1;
    if (a->before != b->before)
        return a->before < b->before ? -1 : 1;
    return (a->after > b->after) - (a->after < b->after);
}

static void add_pair(struct diff *d, struct pair **list, size_t *n, size_t *room,
                     const struct pair *pair)
{
    if (*n == *room) {
        size_t more = 2 * *room + 256;
        *list = arena_grow(&d->arena, *list, *room * sizeof **list, more * sizeof **list);
        *room = more;
    }
    (*list)[(*n)++] = *pair;
}

static void match_phrases(struct diff *d)
{
    struct pair *list = NULL;
    size_t n = 0, room = 0;
    for (size_t i = 0; i < d->before.n; i++)
        for (size_t j = 0; j < d->after.n; j++) {
            const struct map *a = &d->before.phrases[i], *b = &d->after.phrases[j];
            if (d->before.match[i] != NO_MATCH || d->after.match[j] != NO_MATCH ||
                d->before.clusters[i].level != d->after.clusters[j].level)
                continue;
            struct pair pair = { count_common(a, b), 0, i, j };
            pair.n_all = a->n + b->n - pair.n_common;
            if (pair.n_common && LEAST_COMMON * pair.n_common >= pair.n_all)
                add_pair(d, &list, &n, &room, &pair);
        }
    if (n)
        qsort(list, n, sizeof *list, by_common);
    for (size_t i = 0; i < n; i++)
        if (d->before.match[list[i].before] == NO_MATCH &&
            d->after.match[list[i].after] == NO_MATCH)
            put_match(d, list[i].before, list[i].after);
}

static size_t place_of(const struct side *side, int64_t id)
{
    for (size_t i = 0; i < side->n; i++)
        if (side->clusters[i].id == id)
            return i;
    return NO_MATCH; // the top
}

static bool is_under_the_same(const struct diff *d, size_t before, size_t after)
{
    size_t old = place_of(&d->before, d->before.clusters[before].parent_id);
    size_t parent = place_of(&d->after, d->after.clusters[after].parent_id);
    return old == NO_MATCH || parent == NO_MATCH ? old == parent : d->after.match[parent] == old;
}

static bool is_untitled(const struct side *side, size_t i, int level)
{
    return side->match[i] == NO_MATCH && !side->clusters[i].title.len &&
           side->clusters[i].level == level;
}

// What is withheld on both sides has neither title nor phrases: it is the same where level, parent
// and size are. From the top down, as parents are matched first.
static void match_untitled(struct diff *d)
{
    for (int level = MOST_LEVELS - 1; level >= 0; level--)
        for (size_t i = 0; i < d->before.n; i++)
            for (size_t j = 0; j < d->after.n && is_untitled(&d->before, i, level); j++)
                if (is_untitled(&d->after, j, level) && is_under_the_same(d, i, j) &&
                    d->before.clusters[i].n_conversations == d->after.clusters[j].n_conversations)
                    put_match(d, i, j);
}

static bool is_moved(const struct diff *d, size_t after)
{
    return !is_under_the_same(d, d->after.match[after], after);
}

static bool is_renamed(const struct diff *d, size_t after)
{
    return !str_equal(d->after.clusters[after].title,
                      d->before.clusters[d->after.match[after]].title);
}

// Neither renamed nor moved, and of another size.
static bool is_resized(const struct diff *d, size_t after)
{
    return !is_renamed(d, after) && !is_moved(d, after) &&
           d->after.clusters[after].n_conversations !=
               d->before.clusters[d->after.match[after]].n_conversations;
}

static int put_line(struct buf *out, const char *what, const struct atlas_cluster *before,
                    const struct atlas_cluster *after, struct err *err)
{
    const struct atlas_cluster *one = after ? after : before;
    assert(one);
    int rc = buf_printf(out, err, "%-8s level %d %9lld", what, one->level,
                        (long long)one->n_conversations);
    if (!rc && before && one != before) {
        rc = buf_printf(out, err, " (%lld before)", (long long)before->n_conversations);
        if (!rc && !str_equal(before->title, one->title))
            rc = buf_printf(out, err, "  %.*s ->", STR_ARG(before->title));
    }
    return rc ? rc : buf_printf(out, err, "  %.*s\n", STR_ARG(one->title));
}

static int put_json(struct buf *out, const char *what, const struct atlas_cluster *before,
                    const struct atlas_cluster *after, struct err *err)
{
    const struct atlas_cluster *const sides[] = { before, after };
    static const char *const names[] = { "before", "after" };
    bool first = out->len && out->ptr[out->len - 1] == '[';
    int rc = buf_printf(out, err, "%s{\"what\":\"%s\"", first ? "" : ",", what);
    for (int i = 0; !rc && i < 2; i++) {
        if (!sides[i])
            continue;
        rc = buf_printf(out, err,
                        ",\"%s\":{\"id\":%lld,\"level\":%d,\"n_conversations\":%lld,"
                        "\"title\":",
                        names[i], (long long)sides[i]->id, sides[i]->level,
                        (long long)sides[i]->n_conversations);
        if (!rc)
            rc = json_put_str(out, sides[i]->title, err);
        if (!rc)
            rc = buf_add_char(out, '}', err);
    }
    return rc ? rc : buf_add_char(out, '}', err);
}

static int put_change(struct buf *out, bool json, const char *what,
                      const struct atlas_cluster *before, const struct atlas_cluster *after,
                      struct err *err)
{
    return json ? put_json(out, what, before, after, err) : put_line(out, what, before, after, err);
}

static void count_changes(struct diff *d)
{
    for (size_t i = 0; i < d->before.n; i++)
        d->n_gone += d->before.match[i] == NO_MATCH;
    for (size_t i = 0; i < d->after.n; i++) {
        if (d->after.match[i] == NO_MATCH) {
            d->n_born++;
            continue;
        }
        bool renamed = is_renamed(d, i), moved = is_moved(d, i);
        d->n_renamed += renamed;
        d->n_moved += moved;
        d->n_same += !renamed && !moved;
        d->n_resized += is_resized(d, i);
    }
}

static int put_levels(const struct side *side, bool json, const char *name, struct buf *out,
                      struct err *err)
{
    size_t n = MOST_LEVELS;
    while (n && !side->at_level[n - 1])
        n--;
    struct str mode = side->mode.len ? side->mode : STR_LIT("not told");
    int rc = json ? buf_printf(out, err, "\"privacy_%s\":", name) : 0;
    if (!rc && json)
        rc = json_put_str(out, side->mode, err);
    if (!rc)
        rc = json ? buf_printf(out, err, ",\"%s\":[", name)
                  : buf_printf(out, err, "%-7s privacy: %.*s; clusters from the base up:", name,
                               STR_ARG(mode));
    for (size_t l = 0; !rc && l < n; l++)
        rc = buf_printf(out, err, "%s%zu", !json ? " " : l ? "," : "", side->at_level[l]);
    return rc ? rc : buf_add(out, json ? STR_LIT("],") : STR_LIT("\n"), err);
}

static int put_head(const struct diff *d, bool json, struct buf *out, struct err *err)
{
    int rc = 0;
    if (!rc)
        rc = put_levels(&d->before, json, "before", out, err);
    if (!rc)
        rc = put_levels(&d->after, json, "after", out, err);
    if (rc)
        return rc;
    if (json)
        return buf_printf(out, err,
                          "\"same\":%zu,\"resized\":%zu,\"renamed\":%zu,\"moved\":%zu,"
                          "\"born\":%zu,\"gone\":%zu,\"changes\":[",
                          d->n_same, d->n_resized, d->n_renamed, d->n_moved, d->n_born, d->n_gone);
    return buf_printf(out, err,
                      "%zu as before (%zu of another size), %zu renamed, %zu moved, %zu born, "
                      "%zu gone\n",
                      d->n_same, d->n_resized, d->n_renamed, d->n_moved, d->n_born, d->n_gone);
}

static int put_changes(struct diff *d, bool json, struct buf *out, struct err *err)
{
    int rc = put_head(d, json, out, err);
    for (size_t i = 0; !rc && i < d->before.n; i++)
        if (d->before.match[i] == NO_MATCH)
            rc = put_change(out, json, "gone", &d->before.clusters[i], NULL, err);
    for (size_t i = 0; !rc && i < d->after.n; i++) {
        const struct atlas_cluster *after = &d->after.clusters[i];
        if (d->after.match[i] == NO_MATCH) {
            rc = put_change(out, json, "born", NULL, after, err);
            continue;
        }
        const struct atlas_cluster *before = &d->before.clusters[d->after.match[i]];
        if (is_renamed(d, i))
            rc = put_change(out, json, "renamed", before, after, err);
        if (!rc && is_moved(d, i))
            rc = put_change(out, json, "moved", before, after, err);
        if (!rc && is_resized(d, i))
            rc = put_change(out, json, "resized", before, after, err);
    }
    return rc || !json ? rc : buf_add(out, STR_LIT("]}"), err);
}

static void release_side(struct side *side)
{
    for (size_t i = 0; side->phrases && i < side->n; i++)
        map_release(&side->phrases[i]);
}

// Both atlases as they are shown now. JSON: the members of an object and its end.
static int compare(struct atlas *before, struct atlas *after, bool json, struct buf *out,
                   struct err *err)
{
    struct diff d = { 0 };
    int rc = read_side(before, &d.arena, &d.before, err);
    if (!rc)
        rc = read_side(after, &d.arena, &d.after, err);
    if (!rc) {
        match_titles(&d);
        match_phrases(&d);
        match_untitled(&d);
        count_changes(&d);
        rc = put_changes(&d, json, out, err);
    }
    release_side(&d.before);
    release_side(&d.after);
    arena_release(&d.arena);
    return rc;
}

// Trees
// --------------------------------------------------------------------------------------------

struct trees {
    struct atlas_tree *list;
    size_t n;
};

// An atlas of an older program does not say whose its tree is.
static bool has_tree(const struct trees *trees, struct str facet)
{
    for (size_t i = 0; i < trees->n; i++)
        if (str_equal(trees->list[i].facet, facet) || !trees->list[i].facet.len)
            return true;
    return !facet.len;
}

static int choose(struct atlas *atlas, const char *side, struct str facet, struct err *err)
{
    int rc = atlas_choose_tree(atlas, facet, err);
    return rc ? err_add(err, "the atlas of %s", side) : 0;
}

// JSON: an object, with the facet's name where there are several.
static int put_tree(struct atlas *const sides[2], const struct trees trees[2], struct str facet,
                    bool several, bool json, struct buf *out, struct err *err)
{
    int rc = 0;
    for (int i = 0; !rc && i < 2; i++)
        if (facet.len && trees[i].list[0].facet.len)
            rc = choose(sides[i], i ? "after" : "before", facet, err);
    if (!rc && json)
        rc = buf_add_char(out, '{', err);
    if (!rc && several && json)
        rc = buf_add(out, STR_LIT("\"facet\":"), err);
    if (!rc && several)
        rc = json ? json_put_str(out, facet, err)
                  : buf_printf(out, err, "Tree of the facet %.*s\n", STR_ARG(facet));
    if (!rc && several && json)
        rc = buf_add_char(out, ',', err);
    return rc ? rc : compare(sides[0], sides[1], json, out, err);
}

// The facets of a that b has no tree of.
static int put_only(const struct trees *a, const struct trees *b, const char *name, bool json,
                    struct buf *out, struct err *err)
{
    size_t n = 0;
    int rc = json ? buf_printf(out, err, ",\"only_%s\":[", name) : 0;
    for (size_t i = 0; !rc && i < a->n; i++) {
        if (has_tree(b, a->list[i].facet))
            continue;
        if (n++)
            rc = buf_add_char(out, ',', err);
        else if (!json)
            rc = buf_printf(out, err, "Only %s has a tree of", name);
        if (!rc)
            rc = json ? json_put_str(out, a->list[i].facet, err)
                      : buf_printf(out, err, " %.*s", STR_ARG(a->list[i].facet));
    }
    if (!rc && json)
        rc = buf_add_char(out, ']', err);
    return rc || json || !n ? rc : buf_add(out, STR_LIT(".\n"), err);
}

// Every tree that both have; *n: how many.
static int put_shared(struct atlas *const sides[2], const struct trees trees[2], bool several,
                      bool json, size_t *n, struct buf *out, struct err *err)
{
    int rc = 0;
    *n = 0;
    for (size_t i = 0; !rc && i < trees[0].n; i++) {
        if (!has_tree(&trees[1], trees[0].list[i].facet))
            continue;
        if ((*n)++)
            rc = buf_add_char(out, json ? ',' : '\n', err);
        if (!rc)
            rc = put_tree(sides, trees, trees[0].list[i].facet, several, json, out, err);
    }
    return rc;
}

static int put_all(struct atlas *const sides[2], const struct trees trees[2], bool json,
                   struct buf *out, struct err *err)
{
    bool several = trees[0].n > 1 || trees[1].n > 1;
    size_t n = 0;
    int rc = several && json ? buf_add(out, STR_LIT("{\"trees\":["), err) : 0;
    if (!rc)
        rc = put_shared(sides, trees, several, json, &n, out, err);
    if (!rc && !n)
        return err_set(err, ERR_USAGE,
                       "the two have no tree of one facet: the first is of %.*s, the second of "
                       "%.*s; compare runs of the same --cluster-facet",
                       STR_ARG(trees[0].list[0].facet), STR_ARG(trees[1].list[0].facet));
    if (rc || !several)
        return rc;
    rc = json ? buf_add_char(out, ']', err) : 0;
    for (int i = 0; !rc && i < 2; i++)
        rc = put_only(&trees[i], &trees[1 - i], i ? "after" : "before", json, out, err);
    return rc || !json ? rc : buf_add_char(out, '}', err);
}

int evaluate_diff(struct atlas *before, struct atlas *after, const char *of, bool json,
                  struct buf *out, struct err *err)
{
    struct arena a = { 0 };
    struct atlas *const sides[2] = { before, after };
    struct trees trees[2];
    int rc = 0;
    for (int i = 0; !rc && i < 2; i++)
        rc = atlas_trees(sides[i], &a, &trees[i].list, &trees[i].n, err);
    for (int i = 0; !rc && of && i < 2; i++)
        rc = choose(sides[i], i ? "after" : "before", str_of(of), err);
    if (!rc && of && json)
        rc = buf_add_char(out, '{', err);
    if (!rc)
        rc = of ? compare(before, after, json, out, err) : put_all(sides, trees, json, out, err);
    arena_release(&a);
    return rc || !json ? rc : buf_add_char(out, '\n', err);
}
