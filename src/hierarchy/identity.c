// SPDX-License-Identifier: Apache-2.0
#include "hierarchy/identity.h"

#include "base/map.h"
#include "base/sorted.h"
#include "vec/dot.h"

#include <stdlib.h>
#include <string.h>

struct claim {
    double alike;
    size_t past, now;
};

static int by_alike(const void *x, const void *y)
{
    const struct claim *a = x, *b = y;
    if (a->alike != b->alike)
        return a->alike > b->alike ? -1 : 1;
    if (a->past != b->past)
        return a->past < b->past ? -1 : 1;
    return (a->now > b->now) - (a->now < b->now);
}

static int by_places(const void *x, const void *y)
{
    const struct identity_pair *a = x, *b = y;
    if (a->past != b->past)
        return a->past < b->past ? -1 : 1;
    return (a->now > b->now) - (a->now < b->now);
}

// Sums pairs of the same two; returns how many are left.
static size_t sum_pairs(struct identity_pair *pairs, size_t n)
{
    size_t n_left = 0;
    if (n)
        qsort(pairs, n, sizeof *pairs, by_places);
    for (size_t i = 0; i < n; i++)
        if (i && by_places(&pairs[n_left - 1], &pairs[i]) == 0)
            pairs[n_left - 1].n += pairs[i].n;
        else
            pairs[n_left++] = pairs[i];
    return n_left;
}

void identity_match(struct identity_pair *pairs, size_t n_pairs, const int64_t *past_sizes,
                    const int64_t *now_sizes, size_t n_now, struct arena *scratch, size_t *now)
{
    struct arena_mark start = arena_save(scratch);
    struct map taken = { 0 };
    size_t n = sum_pairs(pairs, n_pairs), n_claims = 0;
    struct claim *claims = arena_array(scratch, n + 1, sizeof *claims);
    for (size_t i = 0; i < n_now; i++)
        now[i] = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        int64_t either = past_sizes[pairs[i].past] + now_sizes[pairs[i].now] - pairs[i].n;
        double alike = either > 0 ? (double)pairs[i].n / (double)either : 0;
        if (alike >= IDENTITY_LEAST)
            claims[n_claims++] = (struct claim){ alike, pairs[i].past, pairs[i].now };
    }
    if (n_claims)
        qsort(claims, n_claims, sizeof *claims, by_alike);
    for (size_t i = 0; i < n_claims; i++) {
        bool is_new = false;
        if (now[claims[i].now] != SIZE_MAX)
            continue;
        map_add(&taken, str_make((const char *)&claims[i].past, sizeof claims[i].past), 0, &is_new);
        if (is_new)
            now[claims[i].now] = claims[i].past;
    }
    map_release(&taken);
    arena_rewind(scratch, start);
}

static size_t find_past(const struct identity *id, int64_t atlas_id)
{
    return atlas_id > 0 && (size_t)atlas_id < id->n_ids ? id->place_of[atlas_id] : SIZE_MAX;
}

// Place of the past cluster above `i` at level l; SIZE_MAX: none.
static size_t past_at(const struct identity *id, size_t i, int l)
{
    while (i != SIZE_MAX && id->past[i].level < l)
        i = id->past[i].parent_id ? find_past(id, id->past[i].parent_id) : SIZE_MAX;
    return i != SIZE_MAX && id->past[i].level == l ? i : SIZE_MAX;
}

// Who the nodes of level l are: `node` says under which one a base cluster is.
static void match_level(struct identity *id, int l, const uint32_t *node, size_t n_nodes,
                        struct arena *a)
{
    struct identity_pair *pairs = arena_array(a, id->n_overlaps + 1, sizeof *pairs);
    int64_t *past_sizes = arena_zero_array(a, id->n_past + 1, sizeof *past_sizes);
    int64_t *now_sizes = arena_zero_array(a, n_nodes + 1, sizeof *now_sizes);
    size_t *found = arena_array(a, n_nodes + 1, sizeof *found), n = 0;
    id->ids[l] = arena_zero_array(a, n_nodes + 1, sizeof *id->ids[l]);
    for (size_t i = 0; i < id->n_overlaps; i++) {
        const struct past_overlap *o = &id->overlaps[i];
        size_t past = past_at(id, find_past(id, o->past_id), l);
        uint32_t now = o->base_id ? node[o->base_id - 1] : TREE_APART;
        if (past != SIZE_MAX)
            past_sizes[past] += o->n;
        if (now != TREE_APART)
            now_sizes[now] += o->n;
        if (past != SIZE_MAX && now != TREE_APART)
            pairs[n++] = (struct identity_pair){ past, now, o->n };
    }
    identity_match(pairs, n, past_sizes, now_sizes, n_nodes, a, found);
    for (size_t i = 0; i < n_nodes; i++)
        id->ids[l][i] = found[i] == SIZE_MAX ? 0 : id->past[found[i]].id;
}

// Place in `kept`, which is in the order of ids, + 1; 0: it is not kept.
static int64_t kept_place(const struct kept_clusters *kept, int64_t base_id)
{
    size_t at = sorted_find(kept->id, kept->n, base_id);
    return at == SIZE_MAX ? 0 : (int64_t)at + 1;
}

static void index_past(struct identity *id, struct arena *a)
{
    for (size_t i = 0; i < id->n_past; i++)
        id->n_ids = size_max(id->n_ids, (size_t)id->past[i].id + 1);
    id->place_of = arena_array(a, id->n_ids + 1, sizeof *id->place_of);
    memset(id->place_of, 0xFF, (id->n_ids + 1) * sizeof *id->place_of);
    for (size_t i = 0; i < id->n_past; i++)
        id->place_of[id->past[i].id] = i;
}

// A tree that is one level wide has no parents to keep: when as many clusters as a fresh run would
// put under parents are there, they get their first.
static bool is_outgrown(const struct identity *id, const struct run *run)
{
    size_t n_top = (size_t)config_whole(run->config, "top-level");
    for (size_t p = 0; p < id->n_past; p++)
        if (id->past[p].level)
            return false;
    return tree_plan(id->kept->n, n_top).n_levels > 1;
}

int identity_open(struct identity *id, struct run *run, const struct kept_clusters *kept,
                  struct err *err)
{
    struct arena *a = &run->scratch;
    struct vault_batch batch;
    *id = (struct identity){ .kept = kept };
    int rc = vault_get_batch(run->vault, a, &batch, err);
    if (rc || !batch.id)
        return rc;
    rc = vault_read_past(run->vault, a, &id->past, &id->n_past, err);
    if (!rc)
        rc = vault_read_overlaps(run->vault, a, &id->overlaps, &id->n_overlaps, err);
    if (rc || (!id->n_past && run->n_trees < 2)) // beside others, ids by place would be theirs
        return rc;
    index_past(id, a);
    uint32_t *self = arena_array(a, kept->n + 1, sizeof *self);
    for (size_t i = 0; i < kept->n; i++)
        self[i] = (uint32_t)i;
    for (size_t i = 0; i < id->n_overlaps; i++)
        id->overlaps[i].base_id = kept_place(kept, id->overlaps[i].base_id);
    match_level(id, 0, self, kept->n, a);
    id->grows = true;
    id->is_frozen = batch.state == BATCH_WORKING && !batch.recluster && !is_outgrown(id, run);
    return 0;
}

// Sum of the centroids below each parent of the base, by place in `past`, weighted by
// conversations.
static int sum_parents(const struct identity *id, const size_t *above, struct arena *a,
                       struct matrix *sums, struct err *err)
{
    const struct matrix *x = &id->kept->centroids;
    int rc = matrix_make(sums, id->n_past, x->n_cols, a, "centres of parents", err);
    if (rc)
        return rc;
    memset(sums->data, 0, sums->n_rows * sums->n_cols * sizeof(float));
    for (size_t i = 0; i < id->kept->n; i++)
        for (size_t j = 0; above[i] != SIZE_MAX && j < x->n_cols; j++)
            matrix_row(sums, above[i])[j] +=
                (float)id->kept->n_conversations[i] * matrix_row(x, i)[j];
    matrix_normalize(sums);
    return 0;
}

// The parent of each base cluster, by place in `past`; SIZE_MAX: it stands apart, as it did.
static int find_parents(const struct identity *id, struct arena *a, size_t *above, struct err *err)
{
    struct matrix sums;
    const struct matrix *x = &id->kept->centroids;
    for (size_t i = 0; i < id->kept->n; i++)
        above[i] = id->ids[0][i] ? past_at(id, find_past(id, id->ids[0][i]), 1) : SIZE_MAX;
    int rc = sum_parents(id, above, a, &sums, err);
    for (size_t i = 0; !rc && i < id->kept->n; i++) {
        double most = -2;
        for (size_t p = 0; !id->ids[0][i] && p < id->n_past; p++) {
            double alike = id->past[p].level == 1
                               ? dot_floats(matrix_row(x, i), matrix_row(&sums, p), x->n_cols)
                               : -2;
            if (alike > most) {
                most = alike;
                above[i] = p;
            }
        }
    }
    return rc;
}

// Level l: nodes are the past clusters that any base cluster is under, in the order of `past`.
static void add_level(struct identity *id, int l, const size_t *above, struct arena *a,
                      struct tree *tree)
{
    size_t n_base = id->kept->n, n = 0;
    uint32_t *node_of = arena_array(a, id->n_past + 1, sizeof *node_of);
    bool *used = arena_zero_array(a, id->n_past + 1, sizeof *used);
    tree->label[l] = arena_array(a, n_base + 1, sizeof *tree->label[l]);
    id->ids[l] = arena_zero_array(a, id->n_past + 1, sizeof *id->ids[l]);
    for (size_t i = 0; i < n_base; i++)
        if (above[i] != SIZE_MAX && past_at(id, above[i], l) != SIZE_MAX)
            used[past_at(id, above[i], l)] = true;
    for (size_t p = 0; p < id->n_past; p++)
        if (used[p]) {
            id->ids[l][n] = id->past[p].id;
            node_of[p] = (uint32_t)n++;
        }
    for (size_t i = 0; i < n_base; i++) {
        size_t p = above[i] == SIZE_MAX ? SIZE_MAX : past_at(id, above[i], l);
        tree->label[l][i] = p == SIZE_MAX ? TREE_APART : node_of[p];
    }
    tree->size[l] = n;
    tree->parent[l - 1] = arena_array(a, tree->size[l - 1] + 1, sizeof *tree->parent[l - 1]);
    for (size_t i = 0; i < tree->size[l - 1]; i++)
        tree->parent[l - 1][i] = TREE_APART;
    for (size_t i = 0; i < n_base; i++)
        if (tree->label[l - 1][i] != TREE_APART)
            tree->parent[l - 1][tree->label[l - 1][i]] = tree->label[l][i];
    tree->n_levels = (size_t)l + (n > 0);
}

int identity_tree(struct identity *id, struct arena *a, struct tree *tree, struct err *err)
{
    size_t n = id->kept->n, *above = arena_array(a, n + 1, sizeof *above);
    int top = 0;
    *tree = (struct tree){ .n_levels = n ? 1 : 0, .size = { n } };
    tree->label[0] = arena_array(a, n + 1, sizeof *tree->label[0]);
    for (size_t i = 0; i < n; i++)
        tree->label[0][i] = (uint32_t)i;
    for (size_t p = 0; p < id->n_past; p++)
        top = id->past[p].level > top ? id->past[p].level : top;
    if (top >= TREE_LEVELS)
        return err_set(err, ERR_DATA,
                       "the tree of the release before is damaged; run `clio append "
                       "--recluster`");
    int rc = n && top ? find_parents(id, a, above, err) : 0;
    for (int l = 1; !rc && n && l <= top && tree->n_levels == (size_t)l; l++)
        add_level(id, l, above, a, tree);
    return rc;
}

int identity_number(struct identity *id, struct run *run, const struct tree *tree, struct err *err)
{
    int64_t last = 0;
    int rc = vault_last_atlas_id(run->vault, &last, err);
    for (size_t l = 1; !rc && !id->is_frozen && l < tree->n_levels; l++)
        match_level(id, (int)l, tree->label[l], tree->size[l], &run->scratch);
    for (size_t l = tree->n_levels; !rc && l-- > 0;)
        for (size_t i = 0; i < tree->size[l]; i++)
            if (!id->ids[l][i])
                id->ids[l][i] = ++last;
    return rc;
}
