// SPDX-License-Identifier: Apache-2.0
#include "hierarchy/grow.h"

#include "base/log.h"
#include "embed/embedder.h"
#include "hierarchy/assign_parent.h"
#include "hierarchy/rename.h"

#include <stdlib.h>
#include <string.h>

#define LARGEST_TOP 1.5 // of the wanted number, as the lists of titles

struct work {
    struct parent_text *t;
    struct run *run;
    struct tree *tree;
    struct grown *out;
    uint64_t seed;
};

// One level below the next, with what the steps give.
struct step {
    size_t l, n_wanted;     // level of the children; parents wanted
    struct matrix children; // vectors of their texts
    struct titles titles;   // of the parents
    struct matrix parents;  // vectors of the titles
    struct assigned assigned;
};

static int embed_children(struct work *w, struct step *s, struct err *err)
{
    struct arena *a = &w->run->scratch;
    size_t n = w->tree->size[s->l];
    const struct name *names = w->t->level[s->l].names;
    struct str *texts = arena_array(a, n, sizeof *texts);
    for (size_t i = 0; i < n; i++)
        texts[i] =
            arena_printf(a, "%.*s. %.*s", STR_ARG(names[i].title), STR_ARG(names[i].summary));
    return run_encode(w->run, texts, n, "vectors of titles", &s->children, err);
}

static int find_titles(struct work *w, struct step *s, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct proposer proposer = {
        w->run->llm, w->t->level[s->l].names, w->tree->size[s->l],
        s->n_wanted, &w->out->counts,         config_text(w->run->config, "language-of-titles")
    };
    struct neighborhoods places;
    struct titles proposed;
    int rc = neighborhood_find(&s->children, w->seed + s->l, w->run->pool, a, &places, err);
    if (!rc)
        rc = propose_titles(&proposer, &places, a, &proposed, err);
    if (!rc && proposed.n)
        rc = propose_merge(&proposer, &proposed, a, &s->titles, err);
    if (!rc && s->titles.n)
        rc =
            run_encode(w->run, s->titles.items, s->titles.n, "vectors of titles", &s->parents, err);
    return rc;
}

static int assign_children(struct work *w, struct step *s, struct err *err)
{
    struct assigner assigner = {
        .llm = w->run->llm,
        .children = w->t->level[s->l].names,
        .n_children = w->tree->size[s->l],
        .parents = s->titles.items,
        .n_parents = s->titles.n,
        .child_vectors = s->children,
        .parent_vectors = s->parents,
        .seed = w->seed + s->l,
        .counts = &w->out->counts,
    };
    int rc = assign_parents(&assigner, &w->run->scratch, &s->assigned, err);
    w->out->n_invented += s->assigned.n_invented;
    return rc;
}

struct heavy {
    double weight; // conversations
    uint32_t title;
};

static int by_weight(const void *x, const void *y)
{
    const struct heavy *a = x, *b = y;
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    return (a->title > b->title) - (a->title < b->title);
}

static double weight_of(const struct work *w, size_t l, size_t node)
{
    return l ? (double)w->t->level[l].n_conversations[node]
             : (double)w->t->kept->n_conversations[node];
}

// Numbers the parents that have children, the heaviest first; *number is theirs by title.
static size_t number_parents(struct work *w, const struct step *s, uint32_t **number,
                             struct str **proposed)
{
    struct arena *a = &w->run->scratch;
    struct heavy *heavy = arena_zero_array(a, s->titles.n + 1, sizeof *heavy);
    size_t n = 0;
    for (size_t p = 0; p < s->titles.n; p++)
        heavy[p].title = (uint32_t)p;
    for (size_t i = 0; i < w->tree->size[s->l]; i++)
        if (s->assigned.parent[i] != TREE_APART)
            heavy[s->assigned.parent[i]].weight += weight_of(w, s->l, i);
    qsort(heavy, s->titles.n, sizeof *heavy, by_weight);
    *number = arena_array(a, s->titles.n + 1, sizeof **number);
    *proposed = arena_array(a, s->titles.n + 1, sizeof **proposed);
    for (size_t p = 0; p < s->titles.n && heavy[p].weight > 0; p++) {
        (*number)[heavy[p].title] = (uint32_t)n;
        (*proposed)[n++] = s->titles.items[heavy[p].title];
    }
    return n;
}

// Writes the level into the tree.
static void add_level(struct work *w, const struct step *s, const uint32_t *number, size_t n)
{
    struct tree *tree = w->tree;
    struct arena *a = &w->run->scratch;
    size_t l = s->l, n_base = w->t->kept->n;
    tree->parent[l] = arena_array(a, tree->size[l] + 1, sizeof *tree->parent[l]);
    tree->label[l + 1] = arena_array(a, n_base + 1, sizeof *tree->label[l + 1]);
    for (size_t i = 0; i < tree->size[l]; i++) {
        uint32_t title = s->assigned.parent[i];
        tree->parent[l][i] = title == TREE_APART ? TREE_APART : number[title];
    }
    for (size_t i = 0; i < n_base; i++) {
        uint32_t node = tree->label[l][i];
        tree->label[l + 1][i] = node == TREE_APART ? TREE_APART : tree->parent[l][node];
    }
    tree->size[l + 1] = n;
    tree->n_levels = l + 2;
}

// Makes level l + 1 out of level l, unless there would not be two parents.
static int grow_level(struct work *w, size_t l, size_t n_wanted, bool *made, struct err *err)
{
    struct step s = { .l = l, .n_wanted = n_wanted };
    struct renamed renamed = { .counts = &w->out->counts };
    uint32_t *number;
    struct str *proposed;
    int rc = embed_children(w, &s, err);
    if (!rc)
        rc = find_titles(w, &s, err);
    if (rc == ERR_BUDGET) // titles without vectors are no parents
        s.titles.n = 0;
    rc = ask_pass_ceiling(&w->out->counts, rc, err);
    if (!rc && s.titles.n > 1)
        rc = assign_children(w, &s, err);
    size_t n = rc || s.titles.n < 2 ? 0 : number_parents(w, &s, &number, &proposed);
    *made = n > 1;
    if (rc || !*made)
        return rc;
    w->out->n_nearest += s.assigned.n_nearest;
    w->out->n_apart += s.assigned.n_apart;
    add_level(w, &s, number, n);
    rc = parent_text_level(w->t, w->tree, l + 1, err);
    if (!rc && run_titles(w->run) == RUN_TITLES_MODEL)
        rc = rename_level(w->t, w->tree, l + 1, proposed, &renamed, err);
    w->out->n_by_phrases += renamed.n_by_phrases;
    log_detail("hierarchy: %zu clusters under %zu parents, %zu apart", w->tree->size[l], n,
               s.assigned.n_apart);
    return rc;
}

// Centres of the nodes of the top level, and conversations in each.
static int find_centres(struct work *w, struct matrix *centres, double *weights, struct err *err)
{
    const struct matrix *x = &w->t->kept->centroids;
    size_t top = w->tree->n_levels - 1, n = w->tree->size[top];
    int rc = matrix_make(centres, n, x->n_cols, &w->run->scratch, "parts of the tree", err);
    if (rc)
        return rc;
    memset(centres->data, 0, n * x->n_cols * sizeof(float));
    for (size_t i = 0; i < x->n_rows; i++) {
        uint32_t node = w->tree->label[top][i];
        double weight = (double)w->t->kept->n_conversations[i];
        for (size_t j = 0; node != TREE_APART && j < x->n_cols; j++)
            matrix_row(centres, node)[j] += (float)(weight * (double)matrix_row(x, i)[j]);
    }
    matrix_normalize(centres);
    for (size_t i = 0; i < n; i++)
        weights[i] = weight_of(w, top, i);
    return 0;
}

// Levels of `upper` on top of the tree; its base is the tree's top.
static void add_upper(struct tree *tree, const struct tree *upper, size_t n_base, struct arena *a)
{
    size_t top = tree->n_levels - 1;
    for (size_t l = 0; l + 1 < upper->n_levels && top + l + 1 < TREE_LEVELS; l++) {
        uint32_t *label = arena_array(a, n_base + 1, sizeof *label);
        for (size_t i = 0; i < n_base; i++) {
            uint32_t node = tree->label[top][i];
            label[i] = node == TREE_APART ? TREE_APART : upper->label[l + 1][node];
        }
        tree->parent[top + l] = upper->parent[l];
        tree->label[top + l + 1] = label;
        tree->size[top + l + 1] = upper->size[l + 1];
        tree->n_levels = top + l + 2;
    }
}

// Where the model stopped giving parents and the top is still too wide, linkage goes on.
static int finish_by_linkage(struct work *w, size_t n_top, struct err *err)
{
    struct arena *a = &w->run->scratch;
    struct renamed renamed = { .counts = &w->out->counts };
    struct matrix centres;
    struct tree upper;
    size_t first = w->tree->n_levels;
    double *weights = arena_array(a, w->tree->size[first - 1] + 1, sizeof *weights);
    int rc = find_centres(w, &centres, weights, err);
    if (!rc)
        rc = tree_build(&centres, weights, n_top, a, &upper, err);
    if (!rc)
        add_upper(w->tree, &upper, w->t->kept->n, a);
    for (size_t l = first; !rc && l < w->tree->n_levels; l++) {
        rc = parent_text_level(w->t, w->tree, l, err);
        if (!rc && run_titles(w->run) == RUN_TITLES_MODEL)
            rc = rename_level(w->t, w->tree, l, NULL, &renamed, err);
    }
    w->out->n_by_phrases += renamed.n_by_phrases;
    w->out->n_by_linkage = w->tree->n_levels - first;
    return rc;
}

static void start_tree(struct work *w)
{
    struct tree *tree = w->tree;
    size_t n = w->t->kept->n;
    *tree = (struct tree){ .n_levels = n ? 1 : 0, .size = { n } };
    tree->label[0] = arena_array(&w->run->scratch, n + 1, sizeof *tree->label[0]);
    for (size_t i = 0; i < n; i++)
        tree->label[0][i] = (uint32_t)i;
}

int grow_tree(struct parent_text *t, size_t n_top, struct tree *tree, struct grown *out,
              struct err *err)
{
    struct work w = { .t = t, .run = t->run, .tree = tree, .out = out };
    struct tree_sizes plan = tree_plan(t->kept->n, n_top);
    w.seed = (uint64_t)config_whole(t->run->config, "seed");
    *out = (struct grown){ 0 };
    start_tree(&w);
    size_t top = plan.n_levels ? plan.size[plan.n_levels - 1] : 0;
    bool made = plan.n_levels > 1;
    int rc = made ? run_open_llm(t->run, err) : 0;
    for (size_t l = 0; !rc && made && l + 1 < TREE_LEVELS; l++) {
        if (l && tree->size[l] <= top)
            break; // fewer than the plan has, and enough: more levels would join what is apart
        if (l + 1 >= plan.n_levels && (double)tree->size[l] <= LARGEST_TOP * (double)top)
            break;
        rc = grow_level(&w, l, l + 1 < plan.n_levels ? plan.size[l + 1] : top, &made, err);
        out->failed = !made && l == 0;
    }
    if (!rc && !made && !out->failed &&
        (double)tree->size[tree->n_levels - 1] > LARGEST_TOP * (double)top)
        rc = finish_by_linkage(&w, n_top, err);
    return rc;
}
