// SPDX-License-Identifier: Apache-2.0
// Writes DIR/atlas.db, and nothing else. Every count is made anew from the placed conversations,
// every text goes through release.h. Counts that could be subtracted from one another to single
// out few people are rounded or left out (cells.h).
//
// Steps, in each tree: read nodes (in the order of the atlas) -> begin to look for neighbours ->
// read what is counted of each conversation -> count nodes and facet cells -> hide cells -> write
// clusters, phrases, cells, neighbours, density. Then what is said of the run. No count is made of
// two trees: who is in a cluster of one and in one of another is nowhere.
#include "privacy/publish.h"
#include "privacy/publish_dp.h"
#include "store/vault_past.h"
#include "store/vault_trees.h"

#include <stdlib.h>

static int by_id(const void *x, const void *y)
{
    int64_t a = ((const struct publish_place *)x)->id, b = ((const struct publish_place *)y)->id;
    return (a > b) - (a < b);
}

static void list_places(struct publish *p)
{
    p->places = arena_array(&p->run->scratch, p->n_nodes + 1, sizeof *p->places);
    for (size_t i = 0; i < p->n_nodes; i++)
        p->places[i] = (struct publish_place){ p->nodes[i].id, i + 1 };
    if (p->n_nodes)
        qsort(p->places, p->n_nodes, sizeof *p->places, by_id);
}

static int read_nodes(struct publish *p, struct err *err)
{
    struct arena *a = &p->run->scratch;
    int rc = vault_gate_nodes(p->run->vault, a, &p->nodes, &p->n_nodes, err);
    if (rc)
        return rc;
    p->parent = arena_zero_array(a, p->n_nodes + 1, sizeof *p->parent);
    p->is_retitled = arena_zero_array(a, p->n_nodes + 1, sizeof *p->is_retitled);
    list_places(p);
    for (size_t i = 0; i < p->n_nodes; i++) {
        size_t parent = 0;
        if (p->nodes[i].parent_id)
            parent = publish_find_node(p, p->nodes[i].parent_id);
        if (parent == SIZE_MAX || (parent && parent > i))
            return err_set(err, ERR_DATA, "the tree is damaged; run `clio hierarchy` again");
        p->parent[i + 1] = parent;
    }
    return 0;
}

int64_t publish_id(const struct publish *p, size_t number)
{
    if (!number)
        return 0;
    int64_t kept = p->nodes[number - 1].atlas_id;
    return kept ? kept : (int64_t)number;
}

size_t publish_find_node(const struct publish *p, int64_t id)
{
    struct publish_place key = { .id = id };
    const struct publish_place *place = bsearch(&key, p->places, p->n_nodes, sizeof key, by_id);
    return place ? place->number : SIZE_MAX;
}

static int check_node_floors(const struct publish *p, struct err *err)
{
    for (size_t i = 1; i <= p->n_nodes; i++) {
        const struct cell *cell = cells_at(&p->sizes, i, 0);
        if (!cell_holds(cell->n_conversations, cell->n_accounts, &p->floors))
            return err_set(err, ERR_PRIVACY,
                           "a cluster of %lld conversations and %lld accounts would be published; "
                           "run the line again from `clio threshold`",
                           (long long)cell->n_conversations, (long long)cell->n_accounts);
    }
    return 0;
}

int64_t publish_band(int64_t n)
{
    int64_t least = 1;
    for (int64_t next = 1, i = 0; next <= n; i++) {
        least = next;
        next = i % 3 == 1 ? next / 2 * 5 : next * 2;
    }
    return least;
}

static int write_density(struct publish *p, struct atlas_writer *w, struct err *err)
{
    struct gate_cell *list;
    size_t n;
    double most = 0;
    int rc = vault_gate_density(p->run->vault, &p->run->scratch, &list, &n, err);
    for (size_t i = 0; !rc && i < n; i++)
        most = list[i].n_conversations > most ? list[i].n_conversations : most;
    for (size_t i = 0; !rc && i < n; i++) {
        double weight = (double)(int64_t)(1000.0 * list[i].n_conversations / most + 0.5) / 1000.0;
        if (weight > 0)
            rc = atlas_add_density(w, list[i].i_x, list[i].i_y, weight, err);
    }
    return rc;
}

static int write_tree(struct publish *p, struct atlas_writer *w, struct err *err)
{
    int rc = publish_clusters(p, w, err);
    if (!rc && publish_has_cells(p))
        rc = publish_facets(p, w, err);
    if (!rc)
        rc = publish_pairs(p, w, err);
    if (!rc && publish_has_cells(p))
        rc = publish_periods(p, w, err);
    if (!rc)
        rc = publish_near(p, w, err);
    if (!rc)
        rc = publish_measures(p, w, err);
    if (!rc)
        rc = write_density(p, w, err);
    if (!rc)
        rc = publish_find_lineage(p, err);
    return rc ? rc : publish_sizes(p, w, err);
}

static int count_tree(struct publish *p, struct err *err)
{
    struct run *run = p->run;
    p->floors.min_accounts = config_whole(run->config, "min-accounts");
    p->floors.min_conversations = config_whole(run->config, "min-conversations");
    int rc = vault_has_accounts(run->vault, &p->floors.has_accounts, err);
    if (!rc)
        rc = run_count_noise(run, p->floors.has_accounts, &p->noise, err);
    if (!rc)
        rc = read_nodes(p, err);
    if (!rc)
        rc = publish_near_start(p, err);
    if (!rc)
        rc = publish_count(p, err);
    return rc ? rc : check_node_floors(p, err);
}

// Tree number `tree` of the run, whose numbers follow those of the trees before.
static int publish_tree(struct publish *p, size_t tree, int64_t *last, struct atlas_writer *w,
                        struct err *err)
{
    int rc = run_choose_tree(p->run, tree, err);
    if (!rc && tree && !p->past->grows && !p->past->looks) // else it is done
        rc = vault_trees_number(p->run->vault, *last, last, err);
    if (!rc)
        rc = count_tree(p, err);
    for (size_t i = 1; !rc && !tree && i <= p->n_nodes; i++)
        *last = publish_id(p, i) > *last ? publish_id(p, i) : *last;
    atlas_writer_tree(w, (int64_t)tree + 1);
    if (!rc)
        rc = write_tree(p, w, err);
    publish_near_close(p);
    if (rc && tree)
        err_add(err, "the tree of %s", run_facet(p->run));
    return rc;
}

static int write_all(struct publish *p, size_t n_trees, bool looks, struct atlas_writer *w,
                     struct err *err)
{
    int64_t last = 0, n_texts = 0;
    struct publish_past past = { .looks = looks };
    struct vault_batch batch;
    int rc = vault_get_batch(p->run->vault, &p->run->scratch, &batch, err);
    past.grows = !rc && batch.id;
    for (size_t tree = 0; !rc && tree < n_trees; tree++) {
        struct arena_mark start = arena_save(&p->run->scratch);
        p[tree] = (struct publish){ .run = p->run, .first = tree ? p : NULL, .past = &past };
        rc = publish_tree(&p[tree], tree, &last, w, err);
        n_texts += (int64_t)(p[tree].n_nodes - p[tree].n_withheld);
        if (tree) // of the first, the rest is said at the end
            arena_rewind(&p->run->scratch, start);
    }
    rc = run_leave_tree(p->run, rc, err);
    if (!rc)
        rc = publish_lineage(p, w, err);
    arena_release(&past.arena);
    atlas_writer_tree(w, 1);
    if (!rc)
        rc = publish_info(p, n_texts, w, err);
    return rc ? rc : publish_stages(p, w, err);
}

static int write_atlas(struct publish *p, size_t n_trees, struct err *err)
{
    struct atlas_writer *w = NULL;
    const char *path = path_join(&p->run->scratch, str_of(p->run->dir), "atlas.db").ptr;
    struct atlas *again = p->run->atlas;
    int rc = again ? atlas_writer_again(&w, again, err) : atlas_writer_open(&w, path, err);
    if (!rc)
        rc = write_all(p, n_trees, false, w, err);
    if (rc) {
        atlas_writer_abandon(w);
        return rc;
    }
    return atlas_writer_finish(w, err);
}

int publish_again(struct run *run, const char *path, struct err *err)
{
    struct arena_mark start = arena_save(&run->scratch);
    size_t n_trees = size_max(run->n_trees, 1);
    struct publish *trees = arena_zero_array(&run->scratch, n_trees, sizeof *trees);
    struct atlas_writer *w = NULL;
    trees->run = run;
    int rc = atlas_writer_open(&w, path, err);
    if (!rc)
        rc = write_all(trees, n_trees, true, w, err);
    if (rc)
        atlas_writer_abandon(w);
    else
        rc = atlas_writer_finish(w, err);
    arena_rewind(&run->scratch, start);
    return rc;
}

static int run_publish(struct run *run, struct err *err)
{
    if (run_is_dp(run))
        return publish_dp(run, err);
    struct arena_mark start = arena_save(&run->scratch);
    size_t n_trees = size_max(run->n_trees, 1);
    struct publish *trees = arena_zero_array(&run->scratch, n_trees, sizeof *trees);
    trees->run = run;
    int rc = write_atlas(trees, n_trees, err);
    run->record.n_in = run->record.n_out = 0;
    for (size_t tree = 0; tree < n_trees; tree++)
        run->record.n_in += (int64_t)trees[tree].n_nodes;
    run->record.n_out = run->record.n_in;
    arena_rewind(&run->scratch, start);
    return rc;
}

const struct stage publish_stage = {
    .name = "publish",
    .summary = "writes the atlas out of what passed every gate",
    .reads =
        "bad_record conversation facet_value member kept_cluster placed node node_phrase "
        "verdict position density identity released released_cluster released_word released_cell "
        "released_cost",
    .writes = "",
    .settings = "privacy max-per-account near-copies keep-days profile seed min-accounts "
                "min-conversations classifier flag-from flag-words rule:counted",
    .run = run_publish,
    .product = "atlas.db",
};
